//! Snippets with the golden answers of BuildKit's own parser, or of the step behind it: `tests/data/probes.json`.
//! The last ten are read off BuildKit's source.
//!
//! A byte that is not UTF-8 stands there as the character that [`bytes::decode`] makes of it.

use std::fmt::Debug;

use harden::dockerfile::{Arguments, Dockerfile, Heredoc, Instruction, Parts, Stage, bytes};
use libtest_mimic::{Failed, Trial};
use serde::Deserialize;

use crate::as_buildkit;

const FILE: &str = include_str!("../data/probes.json");

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Probe {
    title: String,
    text: String,
    rejected: Option<String>,
    escape: Option<char>,
    #[serde(default)]
    instructions: Vec<Expected>,
    #[serde(default)]
    stages: Vec<ExpectedStage>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Expected {
    keyword: String,
    #[serde(default)]
    lines: (usize, usize),
    text: String,
    #[serde(default)]
    flags: Vec<String>,
    #[serde(default)]
    args: Vec<String>,
    #[serde(default)]
    legacy: bool,
    #[serde(default)]
    json: bool,
    #[serde(default)]
    heredocs: Vec<ExpectedHeredoc>,
    onbuild: Option<Box<Expected>>,
}

#[derive(Deserialize, Debug, PartialEq)]
#[serde(deny_unknown_fields)]
struct ExpectedHeredoc {
    name: String,
    fd: u64,
    expand: bool,
    chomp: bool,
    content: String,
}

#[derive(Deserialize, Debug, PartialEq)]
#[serde(deny_unknown_fields)]
struct ExpectedStage {
    name: Option<String>,
    base: String,
    lines: (usize, usize),
}

/// The probes' texts with their titles.
pub fn texts() -> Vec<(String, String)> {
    read().into_iter().map(|probe| (probe.title, probe.text)).collect()
}

/// One test a probe.
pub fn trials() -> Vec<Trial> {
    read()
        .into_iter()
        .map(|probe| {
            let name = format!("probe: {}", probe.title);
            Trial::test(name, move || probe.check())
        })
        .collect()
}

fn read() -> Vec<Probe> {
    serde_json::from_str(FILE).expect("the probes are written in our structure")
}

impl Probe {
    fn check(&self) -> Result<(), Failed> {
        let text = bytes::decode(&bytes::encode(&self.text));
        let file = Dockerfile::parse(&text);
        let reasons: Vec<String> = file.rejections().into_iter().map(|rejection| rejection.reason).collect();
        same("reasons", &reasons, &self.rejected.iter().cloned().collect::<Vec<_>>())?;
        if self.rejected.is_some() {
            return Ok(());
        }
        same("escape", &file.escape(), &self.escape.unwrap_or('\\'))?;
        let instructions: Vec<&Instruction> = file.instructions().collect();
        same("instructions", &instructions.len(), &self.instructions.len())?;
        for (instruction, expected) in instructions.into_iter().zip(&self.instructions) {
            expected.check(&file, instruction)?;
        }
        let stages: Vec<ExpectedStage> = file.stages().iter().map(|stage| stage_of(&file, stage)).collect();
        same("stages", &stages, &self.stages)
    }
}

impl Expected {
    fn check(&self, file: &Dockerfile, instruction: &Instruction) -> Result<(), Failed> {
        same("lines", &lines(file, instruction), &self.lines)?;
        same("text", &instruction.logical.text(), &self.text.as_str())?;
        let heredocs: Vec<ExpectedHeredoc> =
            instruction.heredocs.iter().map(|heredoc| heredoc_of(file, heredoc)).collect();
        same("heredocs", &heredocs, &self.heredocs)?;
        self.check_parts(&instruction.parts)
    }

    fn check_parts(&self, parts: &Parts) -> Result<(), Failed> {
        same("keyword", &parts.keyword.as_str(), &self.keyword.as_str())?;
        same("flags", &as_buildkit::flags(parts), &self.flags)?;
        let inner = as_buildkit::inner(parts);
        same("onbuild", &inner.is_some(), &self.onbuild.is_some())?;
        if let (Some(inner), Some(expected)) = (inner, &self.onbuild) {
            return expected.check_parts(inner);
        }
        same("args", &as_buildkit::words(parts), &self.args)?;
        same("legacy", &matches!(parts.arguments, Arguments::Pairs { legacy: true, .. }), &self.legacy)?;
        same("json", &as_buildkit::is_json(parts), &self.json)
    }
}

fn lines(file: &Dockerfile, instruction: &Instruction) -> (usize, usize) {
    (file.line(instruction.span.start), file.line(instruction.span.end - 1))
}

fn heredoc_of(file: &Dockerfile, heredoc: &Heredoc) -> ExpectedHeredoc {
    ExpectedHeredoc {
        name: heredoc.name.clone(),
        fd: heredoc.fd,
        expand: heredoc.expand,
        chomp: heredoc.chomp,
        content: heredoc.body.of(file.text()).to_owned(),
    }
}

fn stage_of(file: &Dockerfile, stage: &Stage<'_>) -> ExpectedStage {
    ExpectedStage { name: stage.name(), base: stage.base().to_owned(), lines: lines(file, stage.from) }
}

fn same<T: PartialEq + Debug>(what: &str, ours: &T, buildkit: &T) -> Result<(), Failed> {
    if ours == buildkit {
        return Ok(());
    }
    Err(format!("{what}\n  ours:     {ours:?}\n  BuildKit: {buildkit:?}").into())
}
