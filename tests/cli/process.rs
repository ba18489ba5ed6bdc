//! Pipes, odd files and links.

use std::fs;
use std::path::Path;
use std::process::{Command, Output, Stdio};

/// The program in `folder`, with nothing on standard input.
pub fn harden(folder: &Path, args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_harden"));
    command.args(args).current_dir(folder).stdin(Stdio::null());
    command
}

fn said(output: &Output) -> (Option<i32>, String) {
    (output.status.code(), String::from_utf8(output.stderr.clone()).unwrap())
}

fn run(folder: &Path, args: &[&str]) -> (Option<i32>, String) {
    said(&harden(folder, args).output().unwrap())
}

#[test]
fn a_reader_that_goes_away_is_no_error() {
    let root = tempfile::tempdir().unwrap();
    fs::write(root.path().join("Dockerfile"), "FROM scratch\n".to_owned() + &"# comment\n".repeat(20_000)).unwrap();
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    let output = harden(root.path(), &["--quiet"]).stdout(writer).stderr(Stdio::piped()).spawn().unwrap();
    assert_eq!(said(&output.wait_with_output().unwrap()), (Some(0), String::new()));
}

#[test]
fn a_file_with_nul_bytes_is_refused() {
    let root = tempfile::tempdir().unwrap();
    fs::write(root.path().join("Dockerfile"), b"F\0R\0O\0M\0").unwrap();
    let (code, words) = run(root.path(), &[]);
    assert_eq!(code, Some(2));
    assert!(words.starts_with("error: Dockerfile holds NUL bytes\nhint: "), "{words}");
}

#[test]
fn a_huge_file_is_refused() {
    let root = tempfile::tempdir().unwrap();
    fs::write(root.path().join("Dockerfile"), "#\n".repeat(1 << 19) + "\n").unwrap();
    let (code, words) = run(root.path(), &[]);
    assert_eq!(code, Some(2));
    assert!(words.starts_with("error: Dockerfile is larger than 1 MiB\nhint: "), "{words}");
}

#[test]
fn bytes_that_are_not_utf_8_come_out_as_they_went_in() {
    let root = tempfile::tempdir().unwrap();
    let comment = b"# caf\xe9\r\n";
    fs::write(root.path().join("Dockerfile"), [comment, b"FROM scratch\r\n" as &[u8]].concat()).unwrap();
    let output = harden(root.path(), &[]).output().unwrap();
    assert!(output.stdout.starts_with(comment), "{:?}", output.stdout);
}

#[cfg(unix)]
#[test]
fn a_symbolic_link_is_read_but_never_written() {
    let root = tempfile::tempdir().unwrap();
    fs::write(root.path().join("real"), "FROM scratch\n").unwrap();
    std::os::unix::fs::symlink("real", root.path().join("link")).unwrap();
    assert_eq!(run(root.path(), &["link"]).0, Some(0));
    for args in [&["-w", "link"] as &[&str], &["-o", "link", "real"]] {
        let (code, words) = run(root.path(), args);
        assert_eq!(code, Some(2));
        assert!(words.contains("error: link is a symbolic link, which is never written\nhint: "), "{words}");
        assert!(words.ends_with("points to: real\n"), "{words}");
    }
    assert_eq!(fs::read_to_string(root.path().join("real")).unwrap(), "FROM scratch\n");
}

#[test]
fn a_full_disk_behind_standard_output_is_an_error() {
    let Ok(full) = fs::OpenOptions::new().write(true).open("/dev/full") else { return };
    let root = tempfile::tempdir().unwrap();
    fs::write(root.path().join("Dockerfile"), "FROM scratch\n").unwrap();
    let output = harden(root.path(), &["--quiet"]).stdout(full).stderr(Stdio::piped()).spawn().unwrap();
    let (code, words) = said(&output.wait_with_output().unwrap());
    assert_eq!(code, Some(2));
    assert!(words.starts_with("error: cannot write to standard output: "), "{words}");
}

#[test]
fn what_is_piped_in_wins_over_the_dockerfile_of_the_folder() {
    let root = tempfile::tempdir().unwrap();
    fs::write(root.path().join("Dockerfile"), "FROM scratch\n").unwrap();
    let (reader, mut writer) = std::io::pipe().unwrap();
    std::io::Write::write_all(&mut writer, b"FORM scratch\n").unwrap();
    drop(writer);
    let (code, words) = said(&harden(root.path(), &[]).stdin(reader).output().unwrap());
    assert_eq!(code, Some(2));
    assert!(words.starts_with("error: <stdin>:1: unknown instruction: FORM"), "{words}");
}

#[test]
fn writing_without_a_path_rewrites_the_dockerfile_of_the_folder_even_behind_a_pipe() {
    let root = tempfile::tempdir().unwrap();
    fs::write(root.path().join("Dockerfile"), "FORM scratch\n").unwrap();
    let (reader, _writer) = std::io::pipe().unwrap();
    let (_, words) = said(&harden(root.path(), &["-w"]).stdin(reader).output().unwrap());
    assert!(words.starts_with("error: Dockerfile:1: "), "{words}");
}

#[test]
fn a_folder_without_a_dockerfile_gives_nothing_to_work_on() {
    let root = tempfile::tempdir().unwrap();
    let (code, words) = run(root.path(), &[]);
    assert_eq!(code, Some(2));
    assert!(words.starts_with("error: no Dockerfile in the current folder\nhint: "), "{words}");
}

#[test]
fn the_nearest_configuration_upwards_is_read() {
    let root = tempfile::tempdir().unwrap();
    let folder = root.path().join("a/b");
    fs::create_dir_all(&folder).unwrap();
    fs::write(folder.join("Dockerfile"), "FROM scratch\n").unwrap();
    fs::write(root.path().join("harden.toml"), "uid = 0\n").unwrap();
    let (code, words) = run(&folder, &[]);
    assert_eq!(code, Some(2));
    assert!(words.contains("harden.toml: 0 is not an id"), "{words}");
    fs::write(root.path().join("a/harden.toml"), "uid = 1001\n").unwrap();
    assert_eq!(run(&folder, &[]).0, Some(0));
}

#[test]
fn a_folder_is_worked_on_in_the_order_of_its_paths() {
    let root = tempfile::tempdir().unwrap();
    for name in ["c", "a", "b"] {
        fs::create_dir(root.path().join(name)).unwrap();
        fs::write(root.path().join(name).join("Dockerfile"), format!("{name}-nonsense\n")).unwrap();
    }
    let (code, words) = run(root.path(), &["--check", "."]);
    let errors: Vec<&str> = words.lines().filter_map(|line| line.strip_prefix("error: ")).collect();
    assert_eq!(code, Some(2));
    assert_eq!(
        errors,
        ["a", "b", "c"].map(|name| format!("{name}/Dockerfile:1: unknown instruction: {name}-nonsense"))
    );
}
