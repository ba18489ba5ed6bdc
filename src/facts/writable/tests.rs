use super::super::asking::ask;
use super::{Writable, is_systems_own};

fn writable(dockerfile: &str, files: &[(&str, &str)]) -> Writable {
    ask(dockerfile, files, |facts| facts.writable().clone())
}

fn directories(dockerfile: &str, files: &[(&str, &str)]) -> Vec<String> {
    writable(dockerfile, files).directories.into_iter().map(|known| known.value).collect()
}

#[test]
fn volumes_of_both_forms_count() {
    let text = "FROM a\nENV D=/state\nWORKDIR /app\nVOLUME [\"/data\", \"cache\"]\nVOLUME /logs $D\n";
    assert_eq!(directories(text, &[]), ["/data", "/app/cache", "/logs", "/state"]);
}

#[test]
fn mkdir_counts_where_its_place_is_certain() {
    let made = |run: &str| directories(&format!("FROM python:3.12-slim\nWORKDIR /app\nRUN {run}\n"), &[]);
    assert_eq!(made("mkdir -p /data/a b && mkdir -m 700 /c"), ["/data/a", "/app/b", "/c"]);
    assert_eq!(made("cd /x && mkdir y && mkdir /z"), ["/z"]);
    assert_eq!(made("mkdir /x /y && rm -rf /x"), ["/y"]);
    assert_eq!(made("mkdir $X {a,b} /usr/src/x /tmp/x"), [""; 0]);
}

#[test]
fn a_directory_that_a_later_run_removes_is_not_there() {
    let text = "FROM python:3.12-slim\nRUN mkdir -p /build/x /data\nRUN make\nRUN rm -rf /build\n";
    assert_eq!(directories(text, &[]), ["/data"]);
}

#[test]
fn settings_name_databases_and_directories() {
    let set = |env: &str| directories(&format!("FROM a\nENV {env}\n"), &[]);
    assert_eq!(set("DB_PATH=/data/app.db"), ["/data"]);
    assert_eq!(set("DATABASE_URL=sqlite:////data/x.db"), ["/data"]);
    assert_eq!(set("UPLOAD_DIR=/uploads"), ["/uploads"]);
    assert_eq!(set("PATH=/opt/bin:/bin PYTHONPATH=/lib DATABASE_URL=postgres://h/x"), [""; 0]);
}

#[test]
fn start_scripts_make_and_write() {
    let text = "FROM python:3.12-slim\nENV DATA=/data\nWORKDIR /app\nCOPY start.sh /\nCMD [\"/start.sh\"]\n";
    let script = "#!/bin/sh\nmkdir -p \"$DATA/a\" ${CACHE:-/cache} $(x)\necho 1 > /var/app/pid\necho 2 > /dev/null\n";
    assert_eq!(directories(text, &[("start.sh", script)]), ["/data/a", "/cache", "/var/app"]);
}

#[test]
fn what_lies_next_to_the_code_follows_the_copies() {
    let write = "import os\nHERE = os.path.dirname(os.path.abspath(__file__))\nos.makedirs(os.path.join(HERE, 'up'))\n";
    let whole = "FROM python:3.12-slim\nWORKDIR /app\nCOPY . .\n";
    assert_eq!(directories(whole, &[("app.py", write)]), ["/app/up"]);
    let below = "FROM python:3.12-slim\nCOPY src /srv/x\n";
    assert_eq!(directories(below, &[("src/app.py", write)]), ["/srv/x/up"]);
}

#[test]
fn what_belongs_to_the_system_is_told_apart() {
    let text = "FROM a\nVOLUME /etc/app\nVOLUME /var/lib/app\n";
    let writable = writable(text, &[]);
    assert_eq!(writable.directories.len(), 1);
    assert_eq!(writable.systems_own.len(), 1);
    for (path, is_system) in
        [("/", true), ("/srv", true), ("/srv/app", false), ("/root/x", true), ("/usr/local/app", false)]
    {
        assert_eq!(is_systems_own(path), is_system, "{path}");
    }
}

#[test]
fn a_working_directory_of_the_system_is_none_to_give() {
    assert!(writable("FROM a\nWORKDIR /\n", &[]).workdir.is_none());
    assert!(writable("FROM a\nARG X\nWORKDIR /srv/$X\n", &[]).workdir.is_none());
    assert_eq!(
        writable("FROM a\nWORKDIR /srv\nWORKDIR x\n", &[]).workdir.map(|it| it.value).as_deref(),
        Some("/srv/x")
    );
}

#[test]
fn a_directory_of_the_environment_lies_below_the_working_directory() {
    let text = "FROM node:22-slim\nWORKDIR /app\nCOPY . .\nCMD [\"node\", \"main.js\"]\n";
    let store = ("store.js", "export const open = async (directory) => { await mkdir(directory); };\n");
    let main = |default: &str| format!("await open(process.env.DATA_DIR ?? '{default}');\n");
    assert_eq!(directories(text, &[store, ("main.js", &main("data"))]), ["/app/data"]);
    assert_eq!(directories(text, &[store, ("main.js", &main("/var/lib/store"))]), ["/var/lib/store"]);
}
