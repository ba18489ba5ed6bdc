use super::*;

fn found(path: &str, text: &str) -> Vec<(Place, String, Kind, usize)> {
    let writes = writes(&Context::from_files([(path, text)]));
    writes.into_iter().map(|write| (write.place, write.path, write.kind, write.line)).collect()
}

fn absolute(path: &str, kind: Kind, line: usize) -> (Place, String, Kind, usize) {
    (Place::Absolute, path.into(), kind, line)
}

fn relative(path: &str, kind: Kind, line: usize) -> (Place, String, Kind, usize) {
    (Place::WorkingDirectory, path.into(), kind, line)
}

fn code(path: &str, kind: Kind, line: usize) -> (Place, String, Kind, usize) {
    (Place::Code, path.into(), kind, line)
}

#[test]
fn a_sqlite_url_has_three_slashes_where_relative_and_four_where_absolute() {
    let text = "A = 'sqlite:///./app.db'\nB = 'sqlite+aiosqlite:////data/a.db?x=1'\nC = 'sqlite://'\nD = 'sqlite:///:memory:'\nE = f'sqlite:///{x}'";
    assert_eq!(found("a.py", text), [relative("app.db", Kind::Sqlite, 1), absolute("/data/a.db", Kind::Sqlite, 2)]);
    assert_eq!(found("a.rs", "let a = \"sqlite:///app.db\";"), []);
}

#[test]
fn an_absolute_database_counts_wherever_it_stands() {
    let expected = |line| vec![absolute("/data/app.db", Kind::Sqlite, line)];
    assert_eq!(found("a.py", "class S:\n    db_path: str = \"/data/app.db\""), expected(2));
    assert_eq!(found("a.go", "x := f(`/data/app.db`)"), expected(1));
    assert_eq!(found("a.java", "x(\"jdbc:sqlite:/data/app.db\")"), expected(1));
    assert_eq!(found(".env", "# X=/data/x.db\nDB=/data/app.db"), expected(2));
    assert_eq!(found("alembic.ini", "sqlalchemy.url = sqlite:////data/app.db"), expected(1));
    assert_eq!(found("a.py", "# '/data/app.db'"), []);
    assert_eq!(found("a.py", "x = '/*.db', '/.db', 'a.db?'"), []);
}

#[test]
fn tests_and_docs_write_nothing() {
    assert_eq!(found("tests/a.py", "open('/data/x', 'w')"), []);
    assert_eq!(found("README.md", "/data/app.db"), []);
}

#[test]
fn python_makes_folders_files_and_databases() {
    let text = "os.makedirs('/data/up', exist_ok=True)\nPath('logs').mkdir()\nopen('/var/log/x.log', mode='a')\nopen('/etc/x')\nsqlite3.connect('app.db')\nlogging.FileHandler('logs/app.log')\nopen('y', 'rb')\nPath('/tmp/x').write_text('y')";
    let expected = [
        absolute("/data/up", Kind::Directory, 1),
        relative("logs", Kind::Directory, 2),
        absolute("/var/log/x.log", Kind::File, 3),
        relative("app.db", Kind::Sqlite, 5),
        relative("logs/app.log", Kind::File, 6),
        absolute("/tmp/x", Kind::File, 8),
    ];
    assert_eq!(found("a.py", text), expected);
}

#[test]
fn a_default_of_the_environment_is_the_path() {
    let text = "DATABASE_PATH = os.environ.get(\n  \"DATABASE_PATH\", \"/data/db.sqlite3\")\nDATA = Path(os.getenv('DATA', '/data'))\n(DATA / 'x').mkdir(parents=True)\nDATA.mkdir()";
    let expected = [
        absolute("/data/db.sqlite3", Kind::Sqlite, 1),
        absolute("/data/db.sqlite3", Kind::Sqlite, 2),
        absolute("/data/x", Kind::Directory, 4),
        absolute("/data", Kind::Directory, 5),
    ];
    assert_eq!(found("a.py", text), expected);
    let text = "const dir = process.env.DATA_DIR || '/data';\nfs.mkdirSync(dir, { recursive: true })";
    assert_eq!(found("a.js", text), [absolute("/data", Kind::Directory, 2)]);
}

#[test]
fn every_language_has_its_own_defaults_of_the_environment() {
    let cases = [
        ("a.js", "import { mkdir } from 'node:fs/promises';\nawait mkdir(process.env.DATA_DIR ?? 'data')", 2),
        ("a.js", "const dir = process.env['DATA_DIR'] || 'data';\nawait fs.promises.mkdir(dir)", 2),
        ("a.js", "fs.mkdirSync(path.join(process.cwd(), 'data'))", 1),
        ("a.py", "d = Path(os.environ.get('DATA_DIR', 'data'))\nd.mkdir()", 2),
        ("a.py", "d = os.environ.get('DATA_DIR') or 'data'\nos.makedirs(d)", 2),
        ("a.py", "(Path.cwd() / 'data').mkdir()", 1),
        ("A.java", "Path d = Path.of(System.getenv().getOrDefault(\"D\", \"data\"));\nFiles.createDirectories(d);", 2),
        ("A.java", "Files.createDirectories(Path.of(\"data\"));", 1),
        ("A.java", "new File(\"data\").mkdirs();", 1),
        ("a.go", "dir := os.Getenv(\"D\")\nif dir == \"\" {\ndir = \"data\"\n}\nos.MkdirAll(dir, 0o755)", 5),
        ("a.go", "dir := cmp.Or(os.Getenv(\"D\"), \"data\")\nos.MkdirAll(dir, 0o755)", 2),
        ("a.rb", "dir = ENV.fetch('D', 'data')\nFileUtils.mkdir_p(dir)", 2),
    ];
    for (path, text, line) in cases {
        assert_eq!(found(path, text), [relative("data", Kind::Directory, line)], "{text}");
    }
}

#[test]
fn a_directory_that_is_made_elsewhere_is_named_by_a_variable() {
    let store = ("store.js", "export const open = async (directory) => { await mkdir(directory) };");
    let named = |main: &str, more: &[(&str, &str)]| {
        let files = [&[store, ("main.js", main)], more].concat();
        let writes = writes(&Context::from_files(files));
        writes.into_iter().map(|write| (write.place, write.path, write.kind, write.line)).collect::<Vec<_>>()
    };
    let kept = [("data/.gitkeep", ""), ("counts/.gitkeep", "")];
    assert_eq!(named("open(process.env.DATA_DIR ?? 'data')", &kept), [relative("data", Kind::Directory, 1)]);
    assert_eq!(named("open(process.env.COUNTS_DIR ?? 'counts')", &[]), [relative("counts", Kind::Directory, 1)]);
    assert_eq!(named("open(process.env.COUNTS_DIR ?? 'counts')", &kept), []);
    assert_eq!(named("open(process.env.TEMPLATE_DIR ?? 'views')", &[]), []);
    assert_eq!(named("open(process.env.NODE_ENV ?? 'production')", &[]), []);
    assert_eq!(found("main.js", "read(process.env.DATA_DIR ?? 'data')"), []);
}

#[test]
fn a_directory_that_is_made_elsewhere_is_named_by_a_setting() {
    let named = |file: &str, settings: &str, key: &str| {
        let source = format!("Path d = Path.of(properties.getProperty(\"{key}\")); Files.createDirectories(d);");
        let writes = writes(&Context::from_files([("A.java", source.as_str()), (file, settings)]));
        writes.into_iter().map(|write| (write.path, write.line)).collect::<Vec<_>>()
    };
    assert_eq!(named("a.properties", "port = 80\ndata.dir=store\n", "data.dir"), [("store".to_owned(), 2)]);
    assert_eq!(named("config/a.yml", "directory: 'journal'", "directory"), [("journal".to_owned(), 1)]);
    assert_eq!(named("a.properties", "# directory = journal", "directory"), []);
    assert_eq!(named("a.properties", "directory = journal", "folder"), []);
    assert_eq!(named("a.txt", "directory = journal", "directory"), []);
}

#[test]
fn a_path_from_the_source_file_is_next_to_the_code() {
    let text = "BASE_DIR = Path(__file__).resolve().parent.parent\nDATABASES = {'default': {\n'NAME': BASE_DIR / 'db.sqlite3',\n}}\nMEDIA_ROOT = os.path.join(BASE_DIR, 'media')";
    let expected = [code("db.sqlite3", Kind::Sqlite, 3), code("media", Kind::Directory, 5)];
    assert_eq!(found("site/settings.py", text), expected);
    let text = "HERE = os.path.dirname(os.path.abspath(__file__))\nos.makedirs(os.path.join(HERE, '..', 'up'))\nos.makedirs(HERE + '/log')";
    assert_eq!(found("app/x.py", text), [code("up", Kind::Directory, 2), code("app/log", Kind::Directory, 3)]);
    let text = "fs.mkdirSync(path.join(__dirname, '../data'))";
    assert_eq!(found("src/a.js", text), [code("data", Kind::Directory, 1)]);
    assert_eq!(found("a.py", "(Path(__file__).parents[3] / 'x').mkdir()"), []);
}

#[test]
fn flask_settings_and_its_instance_folder_are_known() {
    let text = "app.config['UPLOAD_FOLDER'] = '/uploads'\nos.makedirs(app.instance_path)";
    let expected = [absolute("/uploads", Kind::Directory, 1), code("instance", Kind::Directory, 2)];
    assert_eq!(found("a.py", text), expected);
    let expected = [absolute("/uploads", Kind::Directory, 1), code("instance", Kind::Directory, 2)];
    assert_eq!(found("app/__init__.py", text), expected);
}

#[test]
fn other_languages_write_by_their_own_calls() {
    let cases = [
        ("a.js", "await fs.promises.writeFile('/data/x', y)", absolute("/data/x", Kind::File, 1)),
        ("a.ts", "new Database('data.db')", relative("data.db", Kind::Sqlite, 1)),
        ("a.go", "os.MkdirAll(\"/data\", 0o755)", absolute("/data", Kind::Directory, 1)),
        ("a.go", "sql.Open(\"sqlite3\", \"./x.db\")", relative("x.db", Kind::Sqlite, 1)),
        ("a.rb", "FileUtils.mkdir_p('/data')", absolute("/data", Kind::Directory, 1)),
        ("A.java", "new FileWriter(\"/out/x\")", absolute("/out/x", Kind::File, 1)),
        ("A.java", "Files.createDirectories(Paths.get(\"/out\"))", absolute("/out", Kind::Directory, 1)),
        ("a.php", "file_put_contents('/out/x', $y);", absolute("/out/x", Kind::File, 1)),
        ("a.rs", "fs::create_dir_all(\"/out\")?;", absolute("/out", Kind::Directory, 1)),
    ];
    for (path, text, expected) in cases {
        assert_eq!(found(path, text), [expected], "{text}");
    }
}

#[test]
fn a_path_that_is_not_literal_is_not_reported() {
    let text = "os.makedirs(f'/data/{x}')\nos.makedirs(x)\nN = 'x.db'\nA = '/a'\nA = '/b'\nos.makedirs(A)\nPath.home().mkdir()\nos.makedirs('~/x')";
    assert_eq!(found("a.py", text), []);
    assert_eq!(found("a.js", "fs.mkdirSync(`/x/${y}`); fs.mkdirSync(dir('/x', y))"), []);
}
