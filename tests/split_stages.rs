//! What the page of `split_stages` can't show: line endings, a file's last line, names that are taken.

use harden::config::Config;
use harden::context::Context;
use harden::engine;
use harden::facts::Input;
use harden::templates::Templates;
use harden::transforms;

const FILE: &str = "\
FROM python:3.12-slim

RUN apt-get update && \\
    apt-get install -y gcc

# Requirements
RUN pip install flask
";

fn split(text: &str) -> String {
    let transform = transforms::named("split_stages").expect("a transform of this name");
    let (context, config) = (Context::empty(), Config::default());
    engine::run(text, &[transform], &Input::new(&context, Templates::builtin(), &config)).after
}

#[test]
fn a_file_with_crlf_is_split_as_one_without() {
    let after = split(&FILE.replace('\n', "\r\n"));
    assert_eq!(after, split(FILE).replace('\n', "\r\n"));
    assert!(after.contains("AS builder"), "{after}");
}

#[test]
fn a_last_line_without_an_end_is_split_as_one_with() {
    let after = split(FILE.trim_end());
    assert_eq!(after, split(FILE));
    assert!(after.contains("pip uninstall --yes pip\n\nFROM python:3.12-slim\n"), "{after}");
}

#[test]
fn the_builder_takes_no_name_that_is_taken() {
    let stage = "FROM node:22 AS builder\nRUN npm ci\n\n";
    assert!(split(&format!("{stage}{FILE}")).contains("FROM python:3.12-slim AS builder-1\n"));
    let context = FILE.replace("# Requirements\n", "COPY --from=builder /x /x\n");
    assert!(split(&context).contains("FROM python:3.12-slim AS builder-1\n"));
}
