//! The README keeps its promises: its diff is what comes out, its configuration is the default one.

use harden::config::Config;
use harden::context::Context;
use harden::engine;
use harden::facts::Input;
use harden::templates::Templates;
use harden::transforms::{ALL, named};

const README: &str = include_str!("../README.md");

fn fence(language: &str) -> &'static str {
    let start = README.split_once(&format!("```{language}\n")).expect("a fence of this language").1;
    start.split_once("```").expect("the fence ends").0
}

/// The lines of one side of a diff.
fn side(diff: &str, other: char) -> String {
    diff.lines()
        .filter(|line| !line.starts_with(other))
        .map(|line| format!("{}\n", line.get(1..).unwrap_or_default()))
        .collect()
}

#[test]
fn the_diff_is_what_comes_out() {
    let diff = fence("diff");
    let (context, config) = (Context::empty(), Config::default());
    let input = Input::new(&context, Templates::builtin(), &config);
    let outcome = engine::run(&side(diff, '+'), &ALL, &input);
    assert_eq!(outcome.after, side(diff, '-'), "{:#?}", outcome.held);
}

#[test]
fn the_command_of_the_main_job_shows_a_diff_that_splits_and_drops_root() {
    let command = fence("sh").trim().strip_prefix("cargo run --quiet -- ").expect("it runs the program");
    let run = std::process::Command::new(env!("CARGO_BIN_EXE_harden"))
        .args(command.split_whitespace())
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .expect("the program starts");
    let diff = String::from_utf8_lossy(&run.stdout);
    assert!(run.status.success(), "{}", String::from_utf8_lossy(&run.stderr));
    for line in ["+FROM python:3.12-slim AS builder", "+USER 1000:1000"] {
        assert!(diff.lines().any(|shown| shown == line), "{line}: {diff}");
    }
}

#[test]
fn the_configuration_shown_is_the_default() {
    assert_eq!(Config::parse(fence("toml")), Ok(Config::default()));
}

#[test]
fn every_transform_is_listed_with_its_page() {
    for transform in ALL {
        let row = format!("| [{0}](transforms/{0}.md) |", transform.name);
        assert!(README.contains(&row), "{}", transform.name);
    }
    for line in README.lines().filter(|line| line.contains("](transforms/")) {
        let name = line.split(['[', ']']).nth(1).unwrap_or_default();
        assert!(named(name).is_some(), "{name} is no transform");
    }
}
