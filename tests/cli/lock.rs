//! `harden lock` against a registry that a test plays.

use std::fs;
use std::path::Path;

use super::process::harden;
use super::server::{Server, response};

fn digest(digit: char) -> String {
    format!("sha256:{}", digit.to_string().repeat(64))
}

/// What a registry says of an image that it has.
fn found(digit: char) -> String {
    response("200 OK", &[&format!("Docker-Content-Digest: {}", digest(digit))], "")
}

fn entry(image: &str, digit: char) -> String {
    format!("[image.\"{image}\"]\ndigest = \"{}\"\n", digest(digit))
}

/// The exit code, and what is said on standard error.
fn run(folder: &Path, args: &[&str]) -> (Option<i32>, String) {
    // The logins of whoever runs the tests are not read.
    let output = harden(folder, args).env("DOCKER_CONFIG", folder).output().unwrap();
    (output.status.code(), String::from_utf8(output.stderr).unwrap())
}

fn write(folder: &Path, file: &str, text: &str) {
    let path = folder.join(file);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, text).unwrap();
}

#[test]
fn the_lock_is_written_beside_the_configuration_and_updated_on_request() {
    let root = tempfile::tempdir().unwrap();
    let registry = Server::new();
    let image = format!("localhost:{}/a/b:1", registry.port);
    write(root.path(), "harden.toml", "uid = 1001\n");
    write(root.path(), "app/Dockerfile", &format!("FROM {image}\n"));
    let lock = || fs::read_to_string(root.path().join("harden.lock")).unwrap();
    let served = registry.answer(vec![found('a'), found('b')]);

    assert_eq!(run(root.path(), &["lock", "app"]), (Some(0), format!("harden.lock: {image} is {}\n", digest('a'))));
    assert!(lock().starts_with("# ") && lock().ends_with(&entry(&image, 'a')), "{}", lock());
    assert_eq!(run(root.path(), &["lock", "app"]), (Some(0), "harden.lock: nothing to change\n".to_owned()));

    let change = format!("harden.lock: {image} is {}, and was {}\n", digest('b'), digest('a'));
    assert_eq!(run(root.path(), &["lock", "--update", "app"]), (Some(0), change));
    assert!(lock().ends_with(&entry(&image, 'b')), "{}", lock());
    served.join().unwrap();
}

#[test]
fn nothing_is_written_where_one_image_of_several_is_unknown() {
    let root = tempfile::tempdir().unwrap();
    let registry = Server::new();
    let host = format!("localhost:{}", registry.port);
    write(root.path(), "Dockerfile", &format!("FROM {host}/a:1 AS a\nFROM {host}/b:1\nCOPY --from=a /a /a\n"));
    let served = registry.answer(vec![found('a'), response("404 Not Found", &[], "")]);
    let (code, words) = run(root.path(), &["lock", "Dockerfile"]);
    served.join().unwrap();
    assert_eq!(code, Some(2));
    assert!(words.starts_with(&format!("error: cannot lock {host}/b:1: {host} does not have it\nhint: ")), "{words}");
    assert_eq!(fs::read_dir(root.path()).unwrap().count(), 1);
}

#[test]
fn what_no_file_names_goes_once_all_files_of_the_lock_were_looked_at() {
    let root = tempfile::tempdir().unwrap();
    write(root.path(), "harden.lock", &(entry("python:3.11", 'a') + &entry("python:3.12-slim", 'b')));
    for folder in ["app", "other"] {
        write(root.path(), &format!("{folder}/Dockerfile"), "FROM python:3.12-slim\n");
    }
    write(root.path(), "apart/harden.lock", &entry("python:3.12-slim", 'c'));
    write(root.path(), "apart/Dockerfile", "FROM python:3.12-slim\n");
    let nothing = (Some(0), "harden.lock: nothing to change\n".to_owned());
    assert_eq!(run(root.path(), &["lock", "app"]), nothing);
    let gone = "harden.lock: python:3.11 is no longer named\n".to_owned();
    assert_eq!(run(root.path(), &["lock", "app", "other"]), (Some(0), gone));
    let lock = fs::read_to_string(root.path().join("harden.lock")).unwrap();
    assert!(!lock.contains("3.11") && lock.ends_with(&entry("python:3.12-slim", 'b')), "{lock}");
}

#[test]
fn the_images_that_the_hardened_file_names_are_locked() {
    let root = tempfile::tempdir().unwrap();
    write(root.path(), "Dockerfile", "FROM python:3.12\nCMD [\"python\", \"-m\", \"http.server\"]\n");
    let (code, words) = run(root.path(), &["lock", "--check", "Dockerfile"]);
    assert_eq!((code, words.as_str()), (Some(1), "harden.lock: python:3.12-slim is missing\n"));
}
