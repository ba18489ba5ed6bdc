//! Three other parsers, the same files: where they differ from us, a listed cause says why, or the test fails.

use std::collections::BTreeMap;

use harden::dockerfile::{Dockerfile, Instruction, Item};
use libtest_mimic::{Failed, Trial};
use proptest::strategy::{Strategy, ValueTree};
use proptest::test_runner::TestRunner;

use crate::buildkit::BuildKit;
use crate::corpus::{self, File};
use crate::dockerfile_parser::DockerfileParser;
use crate::generator::dockerfile_like;
use crate::parse_dockerfile::ParseDockerfile;
use crate::{probes, properties};

const GENERATED: usize = 5_000;

/// Another parser.
pub trait Peer {
    /// What it is called.
    fn name(&self) -> &'static str;

    /// Compares its reading of `text` with ours.
    fn judge(&mut self, text: &str) -> Verdict;
}

/// What came of a comparison.
pub enum Verdict {
    /// Both read the same.
    SameStructure,
    /// Both reject.
    BothReject,
    /// They differ, for a listed cause.
    Explained(&'static str),
    /// They differ, and nobody knows why.
    Unexplained(String),
}

/// An instruction as the smallest of the parsers knows it: a keyword in capitals and the line that it stands on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    pub keyword: String,
    pub line: usize,
}

/// A rejection, and where it is known, its line.
#[derive(Debug)]
pub struct Refusal {
    pub line: Option<usize>,
    pub reason: String,
}

/// A known difference of another parser.
pub struct Cause {
    pub name: &'static str,
    pub explains: fn(&Difference<'_>) -> bool,
}

/// The place where another parser first differs from us.
pub struct Difference<'a> {
    pub file: &'a Dockerfile,
    /// Our item there; nothing if the other parser does not say where.
    pub item: Option<&'a Item>,
    /// The other parser's reason, if it rejects the file.
    pub refusal: Option<&'a str>,
}

impl<'a> Difference<'a> {
    /// The instruction at the place.
    pub fn instruction(&self) -> Option<&'a Instruction> {
        self.item.and_then(Item::instruction)
    }

    /// The physical lines at the place; nothing, if the place is not known.
    pub fn source(&self) -> &'a str {
        self.item.map_or("", |item| item.span.of(self.file.text()))
    }

    /// The logical line at the place (of what we reject, the physical ones); if it is not known, those of every item.
    pub fn lines(&self) -> impl Iterator<Item = &'a str> {
        let items = match self.item {
            Some(item) => std::slice::from_ref(item),
            None => self.file.items(),
        };
        items.iter().map(|item| match item.instruction() {
            Some(instruction) => instruction.logical.text(),
            None => item.span.of(self.file.text()),
        })
    }

    /// Whether the line above the place ends in `end`, blanks aside.
    pub fn follows(&self, end: &str) -> bool {
        self.item.is_some_and(|item| self.file.text()[..item.span.start].trim_end().ends_with(end))
    }

    /// Whether the other parser rejects the file, giving a reason with these words.
    pub fn refused_with(&self, words: &str) -> bool {
        self.refusal.is_some_and(|reason| reason.contains(words))
    }
}

/// Our own steps.
pub fn steps(file: &Dockerfile) -> Vec<Step> {
    file.instructions()
        .map(|instruction| Step {
            keyword: instruction.keyword().as_str().to_owned(),
            line: file.line(instruction.to_file(harden::edit::Span::new(0, 1)).start),
        })
        .collect()
}

/// Compares the steps of a parser that knows no more than those.
pub fn judge_steps(text: &str, theirs: Result<Vec<Step>, Refusal>, causes: &[Cause]) -> Verdict {
    let file = Dockerfile::parse(text);
    let rejections = file.rejections();
    match (rejections.first(), theirs) {
        (Some(_), Err(_)) => Verdict::BothReject,
        (Some(_), Ok(_)) => Verdict::Explained("takes what BuildKit rejects"),
        (None, Err(refusal)) => {
            let item = refusal.line.and_then(|line| item_on(&file, line));
            let difference = Difference { file: &file, item, refusal: Some(&refusal.reason) };
            explain(causes, &difference, || format!("refuses line {:?}: {}", refusal.line, refusal.reason))
        }
        (None, Ok(theirs)) => match first_difference(&steps(&file), &theirs) {
            None => Verdict::SameStructure,
            Some((line, what)) => {
                let difference = Difference { file: &file, item: item_on(&file, line), refusal: None };
                explain(causes, &difference, || what)
            }
        },
    }
}

fn first_difference(ours: &[Step], theirs: &[Step]) -> Option<(usize, String)> {
    let same = ours.iter().zip(theirs).take_while(|(our, their)| our == their).count();
    let line = match (ours.get(same), theirs.get(same)) {
        (None, None) => return None,
        (Some(step), None) | (None, Some(step)) => step.line,
        (Some(our), Some(their)) => our.line.min(their.line),
    };
    Some((line, format!("ours {:?}, theirs {:?}", ours.get(same), theirs.get(same))))
}

/// The first cause that explains `difference`, or `what` differs.
pub fn explain(causes: &[Cause], difference: &Difference<'_>, what: impl FnOnce() -> String) -> Verdict {
    match causes.iter().find(|cause| (cause.explains)(difference)) {
        Some(cause) => Verdict::Explained(cause.name),
        None => {
            let source = if difference.item.is_some() { difference.source() } else { difference.file.text() };
            let source: String = source.chars().take(300).collect();
            Verdict::Unexplained(format!("{}\n    at {source:?}", what()))
        }
    }
}

/// The item that holds `line`.
pub fn item_on(file: &Dockerfile, line: usize) -> Option<&Item> {
    let start: usize = file.text().split_inclusive('\n').take(line.checked_sub(1)?).map(str::len).sum();
    file.items().iter().find(|item| item.span.start <= start && start < item.span.end)
}

/// A named set of files.
#[derive(Clone, Copy)]
struct Set {
    name: &'static str,
    read: fn() -> Vec<File>,
}

/// One test a parser and set of files. Only BuildKit's own parser reads the generated ones: on such texts the gaps of
/// the others are too many to tell one from another.
pub fn trials() -> Vec<Trial> {
    let real = [
        Set { name: "the probes", read: probes },
        Set { name: "our own nasty files", read: corpus::nasty_files },
        Set { name: corpus::VARIABLE, read: corpus::real_files },
    ];
    let generated = Set { name: "generated files", read: generated };
    let mut trials: Vec<Trial> = real.into_iter().flat_map(trials_of).collect();
    trials.push(buildkit_trial(generated));
    trials
}

fn trials_of(set: Set) -> Vec<Trial> {
    let absent = set.name == corpus::VARIABLE && corpus::is_absent();
    [
        Trial::test(format!("the items tile {}", set.name), move || tile((set.read)())),
        Trial::test(format!("dockerfile-parser agrees on {}", set.name), move || compare(&mut DockerfileParser, set)),
        Trial::test(format!("parse-dockerfile agrees on {}", set.name), move || compare(&mut ParseDockerfile, set)),
        buildkit_trial(set),
    ]
    .into_iter()
    .map(|trial| if absent { trial.with_ignored_flag(true) } else { trial })
    .collect()
}

fn buildkit_trial(set: Set) -> Trial {
    let python = std::env::var_os("HARDEN_REFERENCE_PYTHON");
    let absent = python.is_none();
    Trial::test(format!("BuildKit's own parser agrees on {}", set.name), move || {
        compare(&mut BuildKit::start(&python.unwrap_or_default())?, set)
    })
    .with_ignored_flag(absent)
}

fn compare(peer: &mut dyn Peer, set: Set) -> Result<(), Failed> {
    let mut tally = Tally::default();
    for input in (set.read)() {
        tally.add(&input, peer.judge(&input.text));
    }
    if set.name == corpus::VARIABLE {
        println!("{}: {}", peer.name(), tally.figures());
    }
    tally.result()
}

#[derive(Default)]
struct Tally {
    same: usize,
    rejected: usize,
    explained: BTreeMap<&'static str, usize>,
    unexplained: Vec<String>,
}

impl Tally {
    fn add(&mut self, input: &File, verdict: Verdict) {
        match verdict {
            Verdict::SameStructure => self.same += 1,
            Verdict::BothReject => self.rejected += 1,
            Verdict::Explained(cause) => *self.explained.entry(cause).or_default() += 1,
            Verdict::Unexplained(what) => self.unexplained.push(format!("{}: {what}", input.name)),
        }
    }

    fn figures(&self) -> String {
        let Self { same, rejected, explained, unexplained } = self;
        let causes: String = explained.iter().map(|(cause, count)| format!("\n  {count:6} {cause}")).collect();
        format!("{same} read alike, {rejected} rejected by both, {} differ unexplained{causes}", unexplained.len())
    }

    fn result(&self) -> Result<(), Failed> {
        if self.same == 0 {
            return Err("not one input is read alike: is there any?".into());
        }
        if self.unexplained.is_empty() {
            return Ok(());
        }
        let shown = self.unexplained.iter().take(10).cloned().collect::<Vec<_>>().join("\n  ");
        Err(format!("{} of them differ for no listed cause:\n  {shown}", self.unexplained.len()).into())
    }
}

fn tile(inputs: Vec<File>) -> Result<(), Failed> {
    for input in inputs {
        properties::tiles(&input.text).map_err(|error| format!("{}: {error}", input.name))?;
    }
    Ok(())
}

fn probes() -> Vec<File> {
    probes::texts().into_iter().map(|(name, text)| File { name, text }).collect()
}

fn generated() -> Vec<File> {
    let mut runner = TestRunner::deterministic();
    let strategy = dockerfile_like();
    (0..GENERATED)
        .map(|number| File {
            name: format!("generated {number}"),
            text: strategy.new_tree(&mut runner).expect("no value of this strategy is rejected").current(),
        })
        .collect()
}
