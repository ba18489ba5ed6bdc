//! `harden verify` where there is no engine, or one that a test plays.

#![cfg(unix)]

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use tempfile::TempDir;

use super::process::harden;

/// The exit code and what is said on standard error, where `programs` are all that is installed.
fn run(programs: &[(&str, &str)], args: &[&str]) -> (Option<i32>, String) {
    let root = project(programs);
    let command = [&["verify"], args].concat();
    let output = harden(root.path(), &command).env("PATH", root.path().join("bin")).output().unwrap();
    (output.status.code(), String::from_utf8(output.stderr).unwrap())
}

fn project(programs: &[(&str, &str)]) -> TempDir {
    let root = tempfile::tempdir().unwrap();
    fs::write(root.path().join("Dockerfile"), "FROM python:3.12-slim\nCMD [\"python\"]\n").unwrap();
    fs::create_dir(root.path().join("bin")).unwrap();
    for (name, script) in programs {
        install(&root.path().join("bin").join(name), script);
    }
    root
}

fn install(path: &Path, script: &str) {
    fs::write(path, format!("#!/bin/sh\n{script}")).unwrap();
    fs::set_permissions(path, fs::Permissions::from_mode(0o755)).unwrap();
}

#[test]
fn without_an_engine_nothing_can_be_proved() {
    let (code, words) = run(&[], &[]);
    assert_eq!(code, Some(2));
    assert_eq!(
        words,
        "error: no container engine is installed: docker, podman, nerdctl\n\
         hint: install one of them, or name another with --engine\n"
    );
    let (code, words) = run(&[("docker", "exit 0\n")], &["--engine", "podman"]);
    assert_eq!(code, Some(2));
    assert!(words.starts_with("error: no container engine is installed: podman\n"), "{words}");
}

#[test]
fn an_engine_that_does_not_run_is_said_in_a_line() {
    let silent = "echo 'Cannot connect to the Docker daemon at tcp://127.0.0.1:1' >&2\nexit 1\n";
    let (code, words) = run(&[("docker", silent)], &[]);
    assert_eq!(code, Some(2));
    assert_eq!(
        words,
        "error: docker does not reach its engine: Cannot connect to the Docker daemon at tcp://127.0.0.1:1\n\
         hint: start the engine, and see that you may use it: `docker info` has to work\n"
    );
}

#[test]
fn an_original_that_does_not_build_is_shown_with_the_end_of_its_log() {
    let builds = "case $1 in\nbuild) echo 'RUN exit 3' >&2; echo 'ERROR: exit code: 3' >&2; exit 1 ;;\nesac\n";
    let (code, words) = run(&[("docker", builds)], &["--quiet"]);
    assert_eq!(code, Some(2));
    let expected =
        "  RUN exit 3\n  ERROR: exit code: 3\nerror: the original can't be built: ERROR: exit code: 3\nhint: ";
    assert!(words.starts_with(expected), "{words}");
}

#[test]
fn what_can_not_be_removed_is_said() {
    let stays = "case $1 in\nbuild) exit 1 ;;\nimage) echo 'conflict: it is in use' >&2; exit 1 ;;\nesac\n";
    let (code, words) = run(&[("docker", stays)], &["--quiet"]);
    assert_eq!(code, Some(2));
    assert!(words.contains("image rm --force harden-"), "{words}");
    assert!(words.contains("conflict: it is in use\n"), "{words}");
}

#[test]
fn a_step_is_a_line_where_there_is_no_terminal() {
    let (_, words) = run(&[("docker", "case $1 in\nbuild) exit 1 ;;\nesac\n")], &["--volume", "./data:/data"]);
    let note = "note: both images may write to ./data; mount it with `:ro`, or give a volume with a name\n";
    assert!(words.starts_with(&format!("{note}building the original\n")), "{words}");
}

#[test]
fn an_engine_that_answers_takes_the_place_of_one_that_does_not() {
    let podman = "[ \"$1\" = info ] && exit\necho 'no space left' >&2\nexit 1\n";
    let (code, words) = run(&[("docker", "exit 1\n"), ("podman", podman)], &[]);
    assert_eq!(code, Some(2));
    assert!(words.contains("error: the original can't be built: no space left\n"), "{words}");
}

#[test]
fn a_bake_file_tells_of_an_ignore_file_that_it_can_not_name() {
    let root = project(&[]);
    fs::write(root.path().join("Dockerfile.dockerignore"), "*.log\n").unwrap();
    let output = harden(root.path(), &["verify", "--bake"]).output().unwrap();
    let words = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(0), "{words}");
    assert!(words.contains("Dockerfile.dockerignore is not read for the hardened target"), "{words}");
}
