//! What the program writes at run time, by the literals in its sources and settings.

mod paths;
mod sinks;

use super::Context;
use super::role::{Language, Role, role};
use super::scan::{Source, Token, sources};
use paths::{Path, Paths};

/// What is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// A SQLite database: its folder is written too, for the journal.
    Sqlite,
    /// A folder that is made, and files in it.
    Directory,
    /// A file.
    File,
}

/// Where a written path starts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Place {
    /// At `/`.
    Absolute,
    /// At the working directory of the process.
    WorkingDirectory,
    /// At the context's root: the program writes next to its own code, wherever that was copied.
    Code,
}

/// A path that the program writes, and where that was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Write {
    /// The literal path.
    pub path: String,
    /// Where the path starts.
    pub place: Place,
    /// What is written.
    pub kind: Kind,
    /// The file that says so.
    pub file: String,
    /// Its line, from 1.
    pub line: usize,
}

/// What the program writes, in the order of files and lines.
#[must_use]
pub fn writes(context: &Context) -> Vec<Write> {
    let mut found = Vec::new();
    for source in sources(context) {
        in_source(context, &source, &mut found);
    }
    for (file, text) in context.texts() {
        if matches!(role(file), Role::Config | Role::Script) {
            in_settings(file, text, &mut found);
        }
    }
    let key = |write: &Write| (write.file.clone(), write.line, write.place, write.path.clone(), write.kind);
    found.sort_by_cached_key(key);
    found.dedup_by(|a, b| (&a.file, a.line, a.place, &a.path) == (&b.file, b.line, b.place, &b.path));
    found
}

fn in_source(context: &Context, source: &Source<'_>, found: &mut Vec<Write>) {
    let paths = Paths::of(context, source);
    let mut add = |at, kind, path: Path| found.extend(write(source.path, source.line(at), kind, path));
    for (at, token) in source.tokens.iter().enumerate() {
        if let Token::Text(text) = token {
            database(text, source.language == Language::Python)
                .into_iter()
                .for_each(|path| add(at, Kind::Sqlite, path));
        }
        sinks::sink(source, &paths, at).into_iter().for_each(|(kind, path)| add(at, kind, path));
    }
    for (at, path) in paths.assigned() {
        // A bare file name may be joined to a folder elsewhere.
        if is_database(&path.path) && path.place != Place::WorkingDirectory {
            add(at, Kind::Sqlite, path.clone());
        }
    }
}

/// Settings have no syntax in common: their words are looked at.
fn in_settings(file: &str, text: &str, found: &mut Vec<Write>) {
    if !text.contains("sqlite") && !text.contains(".db") {
        return;
    }
    for (number, line) in text.lines().enumerate().filter(|(_, line)| !line.trim_start().starts_with(['#', ';'])) {
        for word in line.split(|ch: char| ch.is_whitespace() || "\"'`=,<>()[]{}".contains(ch)) {
            found.extend(database(word, true).and_then(|path| write(file, number + 1, Kind::Sqlite, path)));
        }
    }
}

fn write(file: &str, line: usize, kind: Kind, path: Path) -> Option<Write> {
    let Path { place, path } = path.tidy()?;
    Some(Write { path, place, kind, file: file.to_owned(), line })
}

/// The database that a literal names: a URL of SQLAlchemy's form, or an absolute path that ends as databases do.
fn database(text: &str, is_sqlalchemy: bool) -> Option<Path> {
    if let Some((scheme, rest)) = text.split_once("://")
        && scheme.starts_with("sqlite")
    {
        let path = rest.strip_prefix('/')?;
        let path = path.split_once('?').map_or(path, |(path, _)| path);
        // Other libraries take `sqlite:///x` as absolute, or not at all.
        return (path.starts_with('/') || is_sqlalchemy).then(|| Path::literal(path));
    }
    let schemes = ["jdbc:sqlite:", "sqlite:", "file:"];
    let path = schemes.iter().find_map(|scheme| text.strip_prefix(scheme)).unwrap_or(text);
    (path.starts_with('/') && is_database(path)).then(|| Path::literal(path))
}

fn is_database(path: &str) -> bool {
    let stem = [".db", ".sqlite", ".sqlite3"].iter().find_map(|extension| path.strip_suffix(extension));
    stem.is_some_and(|stem| !stem.is_empty() && !stem.ends_with('/'))
}

#[cfg(test)]
mod tests {
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
}
