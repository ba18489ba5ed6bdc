//! `git apply` takes our diffs and makes the same bytes.

use std::fs;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

use harden::dockerfile::bytes;
use harden::report::diff;

/// Runs git on `input`, apart from any configuration and repository around.
pub fn git(folder: &Path, args: &[&str], input: &[u8]) -> (bool, String) {
    let mut child = Command::new("git")
        .args(args)
        .current_dir(folder)
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .env("GIT_CONFIG_NOSYSTEM", "1")
        .env("GIT_CEILING_DIRECTORIES", folder.parent().unwrap())
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(input).unwrap();
    let output = child.wait_with_output().unwrap();
    (output.status.success(), String::from_utf8_lossy(&output.stderr).into_owned())
}

/// Applies our diff from `before` to `after` to a file called `name` in `folder`.
fn applies(folder: &Path, name: &str, before: &[u8], after: &[u8]) {
    let path = folder.join(name);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(&path, before).unwrap();
    let diff = diff::unified(name.as_bytes(), &bytes::decode(before), &bytes::decode(after));
    let diff = bytes::encode(&diff);
    let (applied, complaint) = git(folder, &["apply", "--whitespace=nowarn", "-"], &diff);
    let told = || format!("{name}: {complaint}\n{}", String::from_utf8_lossy(&diff));
    assert!(applied, "{}", told());
    assert_eq!(fs::read(&path).unwrap(), after, "{}", told());
}

#[test]
fn git_applies_a_diff_whatever_the_bytes() {
    let root = tempfile::tempdir().unwrap();
    let cases: [(&[u8], &[u8]); 9] = [
        (b"FROM a\nRUN b\n", b"FROM a\nRUN c\n"),
        (b"FROM a\nRUN b", b"FROM a\nRUN c"),
        (b"FROM a\nRUN b", b"FROM a\nRUN b\nUSER 1000\n"),
        (b"FROM a\n", b"FROM a\nUSER 1000"),
        (b"FROM a\r\nRUN b\r\n\r\nCMD c\r\n", b"FROM a\r\nRUN b\r\n\r\nUSER 1000\r\nCMD c\r\n"),
        (b"FROM a\rb\nRUN c\r", b"FROM a\rb\nRUN d\r"),
        (b"# caf\xe9\nFROM a\n", b"# caf\xe9\nFROM a\nLABEL \xff=\x80\n"),
        (b"\xef\xbb\xbfFROM a\n\n\n\nRUN \x0c\x0b b\n", b"\xef\xbb\xbfFROM b\n\n\n\nRUN \x0c\x0b c\n"),
        ("FROM a\u{2028}b\n".as_bytes(), "FROM a\u{2028}c\u{85}\n".as_bytes()),
    ];
    for (before, after) in cases {
        applies(root.path(), "Dockerfile", before, after);
        applies(root.path(), "Dockerfile", after, before);
    }
}

#[test]
fn git_applies_a_diff_whatever_the_name() {
    let root = tempfile::tempdir().unwrap();
    for name in ["my app/Docker file", "a/é/Dockerfile", "a\"b\\c/Dockerfile\t.x", "-"] {
        applies(root.path(), name, b"FROM a\n", b"FROM b\n");
    }
}

#[test]
fn inside_a_repository_names_are_relative_to_the_current_folder() {
    let root = tempfile::tempdir().unwrap();
    let (made, complaint) = git(root.path(), &["init"], b"");
    assert!(made, "{complaint}");
    let folder = root.path().join("app");
    fs::create_dir(&folder).unwrap();
    applies(&folder, "Dockerfile", b"FROM a\n", b"FROM b\n");
}

/// Hunks far apart and close together, at both ends, by a fixed sequence of edits.
#[test]
fn git_applies_many_hunks() {
    let root = tempfile::tempdir().unwrap();
    let mut seed = 7_u32;
    let mut next = |below: u32| {
        seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (seed >> 16) % below
    };
    for _ in 0..60 {
        let before: Vec<String> = (0..next(40) + 1).map(|_| format!("RUN {}\n", next(9))).collect();
        let after: Vec<String> = before
            .iter()
            .flat_map(|line| match next(8) {
                0 => vec![],
                1 => vec![line.clone(), "USER 1000\n".to_owned()],
                2 => vec!["ENV A=b\n".to_owned()],
                _ => vec![line.clone()],
            })
            .chain(["CMD x".to_owned()])
            .collect();
        applies(root.path(), "Dockerfile", before.concat().as_bytes(), after.concat().as_bytes());
    }
}
