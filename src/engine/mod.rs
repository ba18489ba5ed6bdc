//! Runs the pipeline: plans each transform on the current text, applies its edits, checks the result, records what happened.

mod checks;
mod meaning;
mod outcome;

pub use checks::Check;
pub use outcome::{Applied, HeldBack, HeldKind, Outcome, Reason};

use crate::decision::{Change, Decision, Held, Place, Safety};
use crate::dockerfile::Dockerfile;
use crate::edit::{Edit, Edits};
use crate::facts::{Facts, Input};
use crate::transforms::{ON_REQUEST, Transform};

/// What a transform sees: the text as it stands now, and everything known about it.
pub struct View<'a> {
    /// The parsed text.
    pub dockerfile: &'a Dockerfile,
    /// Questions about it.
    pub facts: Facts<'a>,
}

impl<'a> View<'a> {
    /// A view of `dockerfile`.
    #[must_use]
    pub fn new(dockerfile: &'a Dockerfile, input: &'a Input<'a>) -> Self {
        Self { dockerfile, facts: Facts::new(dockerfile, input) }
    }
}

/// Runs `pipeline` over `text`.
///
/// A file that BuildKit would reject, or that is a template of one, is not touched: ask [`Dockerfile::rejections`] and
/// [`Dockerfile::template`] first.
#[must_use]
pub fn run(text: &str, pipeline: &[&Transform], input: &Input) -> Outcome {
    let mut engine = Engine {
        input,
        current: Dockerfile::parse(text),
        line_ends: text.match_indices('\n').map(|(at, _)| at).collect(),
        history: Vec::new(),
        outcome: Outcome { before: text.to_owned(), ..Outcome::default() },
    };
    if engine.current.rejections().is_empty() && engine.current.template().is_none() {
        for transform in pipeline {
            engine.step(transform);
        }
    }
    engine.outcome.after = engine.current.text().to_owned();
    engine.outcome
}

struct Engine<'a> {
    input: &'a Input<'a>,
    current: Dockerfile,
    /// Where the lines of the user's own file end.
    line_ends: Vec<usize>,
    /// The edits of every applied transform, oldest first.
    history: Vec<Edits>,
    outcome: Outcome,
}

/// A transform's plan, split into what changes and what does not.
#[derive(Default)]
struct Plan {
    changes: Vec<Change>,
    held: Vec<Held>,
}

fn plan(transform: &Transform, view: &View) -> Plan {
    let decisions: Vec<Decision> = (transform.plan)(view).unwrap_or_else(|held| vec![Err(held)]);
    let mut plan = Plan::default();
    for decision in decisions {
        match decision {
            Ok(change) => plan.changes.push(change),
            Err(held) => plan.held.push(held),
        }
    }
    plan
}

impl Engine<'_> {
    fn step(&mut self, transform: &Transform) {
        if let Some(off) = self.input.config.off(transform.name, ON_REQUEST.contains(&transform.name)) {
            self.record_held(transform, Held::Off(off));
            return;
        }
        let plan = plan(transform, &View::new(&self.current, self.input));
        for held in plan.held {
            self.record_held(transform, held);
        }
        let (advice, changes): (Vec<Change>, Vec<Change>) =
            plan.changes.into_iter().partition(|change| change.safety == Safety::Advice);
        for change in &advice {
            self.record_applied(transform, change);
        }
        if changes.is_empty() {
            return;
        }
        match self.apply(transform, &changes) {
            Ok((edits, after)) => {
                for change in &changes {
                    self.record_applied(transform, change);
                }
                self.history.push(edits);
                self.current = after;
            }
            Err(failed) => {
                let at = changes.first().map(|change| change.at);
                let reason = format!(
                    "its own check “{}” failed and the change was taken back; this is a bug of harden: {}",
                    failed.check.name(),
                    failed.what
                );
                self.record_held(transform, Held::Blocked { reason, at });
            }
        }
    }

    /// Applies the edits of `changes` and checks the result.
    fn apply(&self, transform: &Transform, changes: &[Change]) -> Result<(Edits, Dockerfile), checks::Failed> {
        let newline = self.current.newline();
        let edits = changes.iter().flat_map(|change| &change.edits).map(|edit| with_newlines(edit, newline)).collect();
        let edits = Edits::new(edits).map_err(|overlap| checks::Failed::new(Check::Disjoint, overlap.to_string()))?;
        checks::boundaries(&self.current, &edits)?;
        let after = Dockerfile::parse(&edits.apply(self.current.text()));
        checks::parses(&self.current, &after, &transform.announced)?;
        checks::touched(&self.current, &after, &transform.announced)?;
        let target = self.input.config.target.as_deref();
        checks::meaning(&self.current, &after, target, &transform.announced)?;
        let again = plan(transform, &View::new(&after, self.input));
        checks::settled(&again.changes)?;
        Ok((edits, after))
    }

    /// The line of the user's own file that byte `at` of the current text came from.
    fn user_line(&self, at: usize) -> usize {
        let at = self.history.iter().rev().fold(at, |at, edits| edits.map_back(at));
        1 + self.line_ends.partition_point(|&end| end < at)
    }

    fn record_held(&mut self, transform: &Transform, held: Held) {
        let (kind, line) = match &held {
            Held::Satisfied(_) => (HeldKind::Satisfied, None),
            Held::Blocked { at, .. } => (HeldKind::Blocked, at.map(|at| self.user_line(at.start))),
            Held::Off(_) => (HeldKind::Off, None),
        };
        self.outcome.held.push(HeldBack { transform: transform.name, kind, line, reason: held.reason().to_owned() });
    }

    fn record_applied(&mut self, transform: &Transform, change: &Change) {
        let because = change.because.iter().map(|evidence| Reason {
            what: evidence.what.clone(),
            place: match &evidence.place {
                Place::Dockerfile(span) => format!("line {}", self.user_line(span.start)),
                Place::Context { path, line } => format!("{path}:{line}"),
                Place::Template(file) => format!("templates/{file}"),
                Place::Config => "configuration".to_owned(),
                Place::Lock => "harden.lock".to_owned(),
                Place::Evidence => "harden.evidence.toml".to_owned(),
            },
        });
        let applied = Applied {
            transform: transform.name,
            line: self.user_line(change.at.start),
            safety: change.safety,
            reason: change.reason.clone(),
            because: because.collect(),
            notes: change.notes.clone(),
        };
        match change.safety {
            Safety::Advice => self.outcome.advice.push(applied),
            Safety::Review | Safety::Safe => self.outcome.applied.push(applied),
        }
    }
}

/// Transforms write `\n`; the file's own line ending replaces it.
fn with_newlines(edit: &Edit, newline: &str) -> Edit {
    match newline {
        "\n" => edit.clone(),
        _ => Edit { span: edit.span, text: edit.text.replace("\r\n", "\n").replace('\n', newline) },
    }
}
