//! The whole program on a naive file: whichever way the result comes, it is the same.

use std::fs;
use std::path::Path;

use crate::git_apply::git;
use crate::process::harden;

const NAIVE: &str = "FROM python:3.12-slim\nWORKDIR /app\nCOPY . .\nRUN pip install flask\nCMD python app.py\n";

fn naive() -> tempfile::TempDir {
    let root = tempfile::tempdir().unwrap();
    fs::write(root.path().join("Dockerfile"), NAIVE).unwrap();
    fs::write(root.path().join("app.py"), "print('hello')\n").unwrap();
    root
}

/// Exit code and standard output.
fn run(folder: &Path, args: &[&str]) -> (Option<i32>, String) {
    let output = harden(folder, args).output().unwrap();
    (output.status.code(), String::from_utf8(output.stdout).unwrap())
}

fn dockerfile(folder: &Path) -> String {
    fs::read_to_string(folder.join("Dockerfile")).unwrap()
}

#[test]
fn printing_comparing_and_writing_give_the_same_file() {
    let root = naive();
    let (code, printed) = run(root.path(), &[]);
    assert_eq!(code, Some(0));
    assert!(printed.contains("\nUSER "), "{printed}");
    assert_eq!(dockerfile(root.path()), NAIVE);

    assert_eq!(run(root.path(), &["-o", "written"]), (Some(0), String::new()));
    assert_eq!(fs::read_to_string(root.path().join("written")).unwrap(), printed);

    let (code, diff) = run(root.path(), &["--diff"]);
    assert_eq!(code, Some(0));
    let (applied, complaint) = git(root.path(), &["apply", "-"], diff.as_bytes());
    assert!(applied, "{complaint}");
    assert_eq!(dockerfile(root.path()), printed);

    fs::write(root.path().join("Dockerfile"), NAIVE).unwrap();
    assert_eq!(run(root.path(), &["--write"]), (Some(0), String::new()));
    assert_eq!(dockerfile(root.path()), printed);
}

#[test]
fn a_check_finds_a_naive_file_and_no_hardened_one() {
    let root = naive();
    assert_eq!(run(root.path(), &["--check"]), (Some(1), "Dockerfile\n".to_owned()));
    run(root.path(), &["-w"]);
    assert_eq!(run(root.path(), &["--check"]), (Some(0), String::new()));
}

#[cfg(unix)]
#[test]
fn a_hardened_file_is_not_touched_again() {
    use std::os::unix::fs::MetadataExt;
    let root = naive();
    let inode = || fs::metadata(root.path().join("Dockerfile")).unwrap().ino();
    let naive = inode();
    run(root.path(), &["-w"]);
    let hardened = inode();
    assert_ne!(naive, hardened);
    run(root.path(), &["-w"]);
    assert_eq!(inode(), hardened);
}

#[test]
fn transforms_are_chosen_on_the_command_line_and_in_the_configuration() {
    let root = naive();
    let (_, alone) = run(root.path(), &["--only", "exec_form"]);
    assert_eq!(alone, NAIVE.replace("CMD python app.py", "CMD [\"python\", \"app.py\"]"));
    assert_eq!(run(root.path(), &["--only", "exec_form", "--skip", "exec_form"]), (Some(0), NAIVE.to_owned()));
    fs::write(root.path().join("harden.toml"), "only = [\"exec_form\"]\n").unwrap();
    assert_eq!(run(root.path(), &[]), (Some(0), alone));
}

#[test]
fn json_tells_what_was_applied() {
    let root = naive();
    let (code, report) = run(root.path(), &["--check", "--report", "json", "--only", "exec_form"]);
    let report: serde_json::Value = serde_json::from_str(&report).unwrap();
    assert_eq!(code, Some(1));
    assert_eq!(report[0]["file"], "Dockerfile");
    assert_eq!(report[0]["changed"], true);
    assert_eq!(report[0]["applied"][0]["transform"], "exec_form");
    assert_eq!(report[0]["applied"][0]["line"], 5);
    let rules = report[0]["applied"][0]["rules"].as_array().unwrap();
    assert!(rules.contains(&"JSONArgsRecommended".into()), "{rules:?}");
}

#[test]
fn line_endings_stay_the_files_own() {
    let root = naive();
    fs::write(root.path().join("Dockerfile"), NAIVE.replace('\n', "\r\n")).unwrap();
    let (_, printed) = run(root.path(), &[]);
    assert!(printed.contains("\r\nUSER "), "{printed}");
    assert!(!printed.replace("\r\n", "").contains('\n'), "{printed:?}");
}

#[test]
fn the_users_own_templates_are_laid_over_the_built_in_ones() {
    let root = naive();
    fs::create_dir(root.path().join("knowledge")).unwrap();
    fs::write(root.path().join("knowledge/imagse.toml"), "").unwrap();
    fs::write(root.path().join("harden.toml"), "templates = \"knowledge\"\n").unwrap();
    let output = harden(root.path(), &[]).output().unwrap();
    let words = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(words.starts_with("error: ") && words.contains("imagse.toml") && words.contains("images.toml"), "{words}");
    fs::rename(root.path().join("knowledge/imagse.toml"), root.path().join("knowledge/images.toml")).unwrap();
    assert_eq!(run(root.path(), &[]).0, Some(0));
}

#[test]
fn the_users_own_rules_are_explained() {
    let root = naive();
    fs::create_dir_all(root.path().join("knowledge/rules")).unwrap();
    let rules = "name = \"Example\"\n[rule.EX-1]\ntitle = \"a line is wrong\"\nwhy-not = \"it is right\"\n";
    fs::write(root.path().join("knowledge/rules/example.toml"), rules).unwrap();
    fs::write(root.path().join("harden.toml"), "templates = \"knowledge\"\n").unwrap();
    let explained = "EX-1 (Example): a line is wrong\n\nLeft as it is: it is right.\n";
    assert_eq!(run(root.path(), &["explain", "ex1"]).0, Some(2));
    assert_eq!(run(root.path(), &["explain", "ex", "1"]), (Some(0), explained.to_owned()));
}
