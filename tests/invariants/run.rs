//! One Dockerfile, and what two runs of the pipeline made of it.

use std::collections::BTreeSet;
use std::panic;

use harden::config::Config;
use harden::context::Context;
use harden::dockerfile::{Dockerfile, Instruction, Keyword};
use harden::engine::{self, Outcome};
use harden::evidence::Observed;
use harden::facts::Input;
use harden::templates::Templates;
use harden::transforms::{self, ON_REQUEST, Transform};

/// A Dockerfile with its build context, and what its image was observed to do.
pub struct Case {
    pub name: String,
    pub text: String,
    pub context: Context,
    pub evidence: Option<Observed>,
}

/// Something that holds of every run, or an account of the breach.
pub struct Promise {
    pub name: &'static str,
    pub holds: fn(&Run) -> Held,
}

pub type Held = Result<(), String>;

pub struct Run {
    pub before: Dockerfile,
    pub after: Dockerfile,
    pub outcome: Outcome,
    /// What the same pipeline does to the result.
    pub again: Outcome,
    /// Whether something was observed of the image.
    pub is_observed: bool,
}

impl Run {
    /// Nothing where it panics.
    pub fn of(case: &Case) -> Option<Self> {
        panic::catch_unwind(|| {
            let config = Config { with: ON_REQUEST.map(str::to_owned).to_vec(), ..Config::default() };
            let pipeline = |text: &str| {
                let input =
                    Input::new(&case.context, Templates::builtin(), &config).with_evidence(case.evidence.as_ref());
                engine::run(text, &transforms::ALL, &input)
            };
            let outcome = pipeline(&case.text);
            let again = pipeline(&outcome.after);
            let (before, after) = (Dockerfile::parse(&outcome.before), Dockerfile::parse(&outcome.after));
            Self { before, after, outcome, again, is_observed: case.evidence.is_some() }
        })
        .ok()
    }

    /// Whether it is no Dockerfile: BuildKit rejects it, or it is a template of one.
    pub fn is_rejected(&self) -> bool {
        !self.before.rejections().is_empty() || self.before.template().is_some()
    }

    /// The transforms that changed something.
    pub fn applied(&self) -> Vec<&'static Transform> {
        let names: BTreeSet<&str> = self.outcome.applied.iter().map(|applied| applied.transform).collect();
        transforms::ALL.iter().copied().filter(|transform| names.contains(transform.name)).collect()
    }

    /// What they announced to touch.
    pub fn touched(&self) -> BTreeSet<Keyword> {
        self.applied().iter().flat_map(|transform| transform.announced.touches).copied().collect()
    }
}

/// An instruction's bytes, line breaks at its end aside: the last line of a file may lack one.
pub fn bytes<'a>(file: &'a Dockerfile, instruction: &Instruction) -> &'a str {
    instruction.span.of(file.text()).trim_end_matches(['\r', '\n'])
}

/// `text` in a report: its start, on one line.
pub fn quoted(text: &str) -> String {
    let start: String = text.chars().take(120).collect();
    format!("{start:?}")
}
