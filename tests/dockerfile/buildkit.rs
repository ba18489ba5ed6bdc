//! BuildKit's own parser, in the Python package `dockerfile`: every word of it is compared.

use std::ffi::OsStr;
use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use harden::dockerfile::{Dockerfile, Heredoc, Instruction, Item, ItemKind, Keyword};
use libtest_mimic::Failed;
use serde::Deserialize;

use crate::as_buildkit;
use crate::differential::{Cause, Difference, Peer, Verdict, explain, item_on};

/// The parser as a process that answers line by line.
pub struct BuildKit {
    process: Child,
    questions: ChildStdin,
    answers: BufReader<ChildStdout>,
}

#[derive(Deserialize)]
#[serde(rename_all = "lowercase")]
enum Answer {
    Rejected(String),
    Commands(Vec<Node>),
    /// BuildKit, which looks at some texts byte by byte, has split one in the middle of a character.
    Torn(()),
}

/// An instruction as the package gives it.
#[derive(Deserialize, Debug, PartialEq)]
struct Node {
    keyword: String,
    onbuild: Option<String>,
    json: bool,
    original: String,
    lines: (usize, usize),
    flags: Vec<String>,
    words: Vec<String>,
    heredocs: Vec<Body>,
}

#[derive(Deserialize, Debug, PartialEq)]
struct Body {
    name: String,
    fd: u64,
    content: String,
}

impl BuildKit {
    /// Starts the parser with a Python that has it.
    pub fn start(python: &OsStr) -> Result<Self, Failed> {
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/dockerfile/reference.py");
        let mut process = Command::new(python).arg(script).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
        let questions = process.stdin.take().ok_or("no way in")?;
        let answers = BufReader::new(process.stdout.take().ok_or("no way out")?);
        Ok(Self { process, questions, answers })
    }

    fn ask(&mut self, text: &str) -> Result<Answer, Box<dyn std::error::Error>> {
        writeln!(self.questions, "{}", serde_json::to_string(text)?)?;
        let mut answer = String::new();
        self.answers.read_line(&mut answer)?;
        Ok(serde_json::from_str(&answer)?)
    }
}

impl Drop for BuildKit {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

impl Peer for BuildKit {
    fn name(&self) -> &'static str {
        "BuildKit"
    }

    fn judge(&mut self, text: &str) -> Verdict {
        match self.ask(text) {
            Ok(answer) => judge(text, answer),
            Err(error) => Verdict::Unexplained(format!("no answer: {error}")),
        }
    }
}

/// Most are the age of the package, which holds BuildKit's parser of early 2023.
const CAUSES: &[Cause] = &[
    Cause {
        name: "the package knows no `# check`, and so no directive behind it",
        explains: |difference| {
            difference
                .file
                .items()
                .iter()
                .any(|item| matches!(&item.kind, ItemKind::Directive { name, .. } if name == "check"))
        },
    },
    Cause {
        name: "the package takes a JSON array with something behind it as a JSON array",
        explains: |difference| {
            let is_of_json = difference.refusal.is_none_or(|reason| reason.starts_with("when using JSON array syntax"));
            is_of_json && difference.lines().any(goes_on_behind_json)
        },
    },
    Cause {
        name: "the package wants no blank between `<<` and its word",
        explains: |difference| {
            difference
                .lines()
                .any(|line| line.split("<<").skip(1).any(|behind| behind.starts_with(char::is_whitespace)))
        },
    },
    Cause {
        name: "the package's lexer knows no `${x/a/b}`, and so sees no here-document beside it",
        explains: |difference| difference.lines().any(|line| line.contains("<<") && line.contains("${x/")),
    },
    Cause {
        name: "we quote unprintable characters in a reason as Rust does, BuildKit as Go does",
        explains: |difference| {
            let is_unprintable = |ch: char| ch.is_control() && ch != '\t' || !ch.is_ascii();
            difference.refused_with("can't find = in") && difference.file.text().contains(is_unprintable)
        },
    },
    Cause {
        name: "the package reads the backslash in flags, whatever `# escape` says",
        explains: |difference| {
            difference.file.escape() == '`' && has_flag_with(difference, |ch| matches!(ch, '\\' | '`'))
        },
    },
    Cause {
        name: "BuildKit looks for HEALTHCHECK's type byte by byte",
        explains: |difference| {
            let is_health = difference.instruction().is_some_and(|it| it.is(Keyword::Healthcheck));
            is_health && !difference.source().is_ascii()
        },
    },
    Cause {
        name: "BuildKit reads flags byte by byte",
        explains: |difference| has_flag_with(difference, |ch| !ch.is_ascii()),
    },
];

fn has_flag_with(difference: &Difference<'_>, wanted: fn(char) -> bool) -> bool {
    difference.lines().filter(|line| line.contains("--")).any(|line| line.contains(wanted))
}

/// Whether a JSON array stands in `text` with something behind it on its line.
fn goes_on_behind_json(text: &str) -> bool {
    text.match_indices('[').any(|(at, _)| {
        let array = &text[at..];
        let mut values = serde_json::Deserializer::from_str(array).into_iter::<Vec<serde_json::Value>>();
        matches!(values.next(), Some(Ok(_))) && {
            let behind = &array[values.byte_offset()..];
            !behind.lines().next().unwrap_or_default().trim().is_empty()
        }
    })
}

fn judge(text: &str, answer: Answer) -> Verdict {
    let file = Dockerfile::parse(text);
    let parse_error = file.rejections().into_iter().find(|rejection| !comes_after_parsing(&rejection.reason));
    match (parse_error, answer) {
        (_, Answer::Torn(())) => Verdict::Explained("BuildKit tears a character apart"),
        (Some(ours), Answer::Rejected(theirs)) if ours.reason == theirs => Verdict::BothReject,
        (Some(ours), Answer::Rejected(theirs)) => {
            differ(&file, None, Some(&theirs), || format!("reasons: ours {:?}, theirs {theirs:?}", ours.reason))
        }
        (None, Answer::Rejected(theirs)) => {
            differ(&file, None, Some(&theirs), || format!("only BuildKit rejects: {theirs}"))
        }
        (Some(ours), Answer::Commands(_)) => {
            let item = file.items().iter().find(|item| item.span == ours.span);
            differ(&file, item, None, || format!("only we reject: {}", ours.reason))
        }
        (None, Answer::Commands(theirs)) => compare(&file, theirs),
    }
}

fn differ(file: &Dockerfile, item: Option<&Item>, refusal: Option<&str>, what: impl FnOnce() -> String) -> Verdict {
    explain(CAUSES, &Difference { file, item, refusal }, what)
}

/// The reasons that BuildKit has only in the step behind its parser.
fn comes_after_parsing(reason: &str) -> bool {
    [
        "unknown instruction",
        "unknown flag",
        "no build stage",
        "Unknown type",
        "Missing command",
        "HEALTHCHECK NONE",
        "Chaining ONBUILD",
    ]
    .iter()
    .any(|start| reason.starts_with(start))
        || reason.ends_with("isn't allowed as an ONBUILD trigger")
        || reason.contains(" requires ")
}

fn compare(file: &Dockerfile, theirs: Vec<Node>) -> Verdict {
    let rejected: Vec<usize> = file
        .items()
        .iter()
        .filter(|item| matches!(item.kind, ItemKind::Error(_)))
        .map(|item| file.line(item.span.start))
        .collect();
    let theirs: Vec<Node> = theirs.into_iter().filter(|node| !rejected.contains(&node.lines.0)).collect();
    let ours: Vec<Node> = file.instructions().map(|instruction| node(file, instruction)).collect();
    let same = ours.iter().zip(&theirs).take_while(|(our, their)| our == their).count();
    let line = match (ours.get(same), theirs.get(same)) {
        (None, None) => return Verdict::SameStructure,
        (Some(node), None) | (None, Some(node)) => node.lines.0,
        (Some(our), Some(their)) => our.lines.0.min(their.lines.0),
    };
    differ(file, item_on(file, line), None, || {
        format!("\n    ours {:?}\n  theirs {:?}", ours.get(same), theirs.get(same))
    })
}

fn node(file: &Dockerfile, instruction: &Instruction) -> Node {
    let inner = as_buildkit::inner(&instruction.parts);
    // The package drops the here-documents of an ONBUILD.
    let heredocs = if inner.is_some() { &[][..] } else { &instruction.heredocs };
    let bodies: Vec<Body> = heredocs.iter().map(|heredoc| body(file, heredoc)).collect();
    Node {
        keyword: instruction.keyword().as_str().to_owned(),
        onbuild: inner.map(|inner| inner.keyword.as_str().to_owned()),
        json: as_buildkit::is_json(&instruction.parts),
        original: original(instruction.logical.text(), &bodies),
        lines: (file.line(instruction.span.start), file.line(instruction.span.end - 1)),
        flags: as_buildkit::flags(&instruction.parts),
        words: as_buildkit::words(&instruction.parts),
        heredocs: bodies,
    }
}

fn body(file: &Dockerfile, heredoc: &Heredoc) -> Body {
    Body { name: heredoc.name.clone(), fd: heredoc.fd, content: heredoc.body.of(file.text()).to_owned() }
}

/// The logical line; the package puts the here-documents behind it.
fn original(line: &str, bodies: &[Body]) -> String {
    let bodies: String = bodies.iter().map(|body| format!("{}{}\n", body.content, body.name)).collect();
    if bodies.is_empty() { line.to_owned() } else { format!("{line}\n{bodies}") }
}
