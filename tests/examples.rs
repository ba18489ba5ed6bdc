//! The examples are never stale: what `harden` makes of each `before/` is its `after/`.
//!
//! `BLESS=1 cargo test --test examples` rewrites them; the difference is to be read, not waved through.

use std::fs;
use std::path::{Path, PathBuf};

use harden::config::Config;
use harden::context::load;
use harden::dockerfile::Dockerfile;
use harden::engine::{self, Outcome};
use harden::facts::Input;
use harden::report::diff;
use harden::templates::Templates;
use harden::transforms::ALL;

fn folders() -> Vec<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples");
    let mut folders: Vec<PathBuf> = fs::read_dir(root)
        .expect("examples/ can be listed")
        .map(|entry| entry.expect("an entry can be read").path())
        .filter(|path| path.join("after/Dockerfile").is_file())
        .collect();
    folders.sort();
    folders
}

fn harden(folder: &Path, text: &str) -> Outcome {
    let before = folder.join("before");
    let context = load::load(&before, Some(&before.join("Dockerfile"))).expect("the context can be read");
    let config = Config::default();
    engine::run(text, &ALL, &Input::new(&context, Templates::builtin(), &config))
}

/// The file at `path` is `expected`; with BLESS it becomes so.
fn check(path: &Path, expected: &str) {
    if std::env::var_os("BLESS").is_some() {
        fs::write(path, expected).expect("the file can be written");
    }
    let found = fs::read_to_string(path).unwrap_or_default();
    assert_eq!(found, expected, "{} is stale; BLESS=1 rewrites it", path.display());
}

#[test]
fn what_comes_out_is_what_is_shown() {
    let folders = folders();
    assert!(folders.len() >= 3, "the examples are gone");
    for folder in folders {
        let text = fs::read_to_string(folder.join("before/Dockerfile")).expect("the Dockerfile can be read");
        let outcome = harden(&folder, &text);
        fs::create_dir_all(folder.join("after")).expect("the folder can be made");
        check(&folder.join("after/Dockerfile"), &outcome.after);
        check(&folder.join("after.diff"), &diff::unified(b"Dockerfile", &text, &outcome.after));
    }
}

#[test]
fn a_second_run_changes_nothing() {
    for folder in folders() {
        let text = fs::read_to_string(folder.join("before/Dockerfile")).expect("the Dockerfile can be read");
        let first = harden(&folder, &text).after;
        let second = harden(&folder, &first);
        assert_eq!(second.after, first, "{}: {:#?}", folder.display(), second.applied);
    }
}

#[test]
fn every_stage_of_an_example_keeps_its_comments() {
    for folder in folders() {
        let before = fs::read_to_string(folder.join("before/Dockerfile")).expect("the Dockerfile can be read");
        let after = harden(&folder, &before).after;
        assert!(Dockerfile::parse(&after).rejections().is_empty());
        for comment in before.lines().filter(|line| line.starts_with('#')) {
            assert!(after.lines().any(|line| line == comment), "{}: {comment} is lost", folder.display());
        }
    }
}
