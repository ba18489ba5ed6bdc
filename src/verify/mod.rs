//! Proves on a container engine that a hardened image does what the original did.
//!
//! [`Verifier::original`] builds and runs the original once; [`Verifier::hardened`] holds any number of hardened texts against it.

pub mod bake;
mod behaviour;
pub mod bisect;
mod company;
mod compare;
pub mod compose;
mod confined;
mod files;
pub(crate) mod log;
mod report;
mod run;
pub mod scan;
#[cfg(test)]
mod tests;
mod trial;
mod volumes;
mod watch;
mod writes;

use std::cell::OnceCell;
use std::collections::BTreeSet;
use std::fmt;

pub use behaviour::{Failure, Phase};
pub use compare::{Bisected, Comparison, Judgement, Row};
pub use confined::{Confined, Setting, Survival};
pub use files::{Files, User};
pub use report::{json, markdown, text};
pub use run::{Checked, Question, Reply, Run, Started};
pub use trial::{Needs, Trial};
pub(crate) use volumes::FreshVolumes;
pub use writes::Writes;
pub(crate) use writes::is_fleeting;

use crate::container::{self, Recipe, Session};
use crate::templates::Verify;
use compare::{build_error, compare};
use scan::Scanner;
use trial::{Bench, Subject};

/// Compares images on one engine.
pub struct Verifier<'s, 'n> {
    bench: Bench<'s, 'n>,
    scanner: Option<Scanner>,
    tell: &'n dyn Fn(Step<'_>),
}

/// What is being done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step<'t> {
    /// The original is built.
    BuildOriginal,
    /// The original runs.
    RunOriginal,
    /// The original runs once more: what differs between its own runs is no difference.
    RunOriginalAgain,
    /// The hardened file is built.
    BuildHardened,
    /// The hardened image runs.
    RunHardened,
    /// The hardened image runs with less and less.
    Confine,
    /// Both images are scanned.
    Scan,
    /// The hardened file is tried without these transforms.
    Without(&'t BTreeSet<&'static str>),
}

/// How many transforms are named at most.
const NAMES: usize = 3;

impl fmt::Display for Step<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Without(transforms) => return write!(f, "trying without {}", few(transforms)),
            Self::BuildOriginal => "building the original",
            Self::RunOriginal => "running the original",
            Self::RunOriginalAgain => "running the original again",
            Self::BuildHardened => "building the hardened file",
            Self::RunHardened => "running the hardened image",
            Self::Confine => "confining the hardened image",
            Self::Scan => "looking for known vulnerabilities",
        })
    }
}

/// `drop_root, own_copies, add_labels and 4 others`
fn few(transforms: &BTreeSet<&'static str>) -> String {
    let names: Vec<&str> = transforms.iter().copied().take(NAMES).collect();
    match transforms.len().saturating_sub(NAMES) {
        0 => names.join(", "),
        1 => format!("{} and another", names.join(", ")),
        others => format!("{} and {others} others", names.join(", ")),
    }
}

/// An original that was built and seen at work.
pub struct Original<'s> {
    subject: Subject<'s>,
    trial: Trial,
    again: OnceCell<Trial>,
}

impl Original<'_> {
    /// What it is and does.
    #[must_use]
    pub const fn trial(&self) -> &Trial {
        &self.trial
    }
}

/// Why nothing could be compared.
#[derive(Debug)]
pub enum Error {
    /// The engine, or the person.
    Container(container::Error),
    /// The original itself fails: there is nothing to compare with.
    Original(Failure),
}

impl From<container::Error> for Error {
    fn from(error: container::Error) -> Self {
        Self::Container(error)
    }
}

impl<'s, 'n> Verifier<'s, 'n> {
    /// A verifier of programs that need `needs`; `tell` hears what is being done.
    pub const fn new(session: &'s Session, needs: &'n Needs, known: &'n Verify, tell: &'n dyn Fn(Step<'_>)) -> Self {
        Self { bench: Bench { session, needs, known }, scanner: None, tell }
    }

    /// The same, which has `scanner` look for known vulnerabilities.
    #[must_use]
    pub const fn with_scanner(mut self, scanner: Option<Scanner>) -> Self {
        self.scanner = scanner;
        self
    }

    /// Builds and runs the original.
    ///
    /// # Errors
    /// If it can't be built or started, or if the engine fails.
    pub fn original(&self, recipe: &Recipe) -> Result<Original<'s>, Error> {
        (self.tell)(Step::BuildOriginal);
        let subject = self.bench.build("original", recipe)?.map_err(|log| {
            let what = format!("the original can't be built: {}", build_error(&log));
            Error::Original(Failure { phase: Phase::Build, what, log: log::tail(&log) })
        })?;
        (self.tell)(Step::RunOriginal);
        let run = self.bench.run(&subject, None)?;
        let what = match &run.started {
            Started::Refused(why) => format!("the original can't be started: {why}"),
            Started::Exited(code @ (..0 | 1..)) => format!("the original ends with exit code {code}"),
            Started::Exited(0) | Started::Running => {
                let trial = subject.trial(run);
                return Ok(Original { subject, trial, again: OnceCell::new() });
            }
        };
        Err(Error::Original(Failure { phase: Phase::Start, what, log: log::tail(&run.log) }))
    }

    /// Builds and runs a hardened text, and holds it against the original.
    ///
    /// # Errors
    /// If the engine fails, or the person asks to stop. An image that is worse is no error.
    pub fn hardened(&self, original: &Original, recipe: &Recipe) -> Result<Comparison, container::Error> {
        let (mut comparison, built) = self.compared(original, recipe, self.tell)?;
        let Some((subject, trial)) = built.filter(|_| comparison.is_proved()) else { return Ok(comparison) };
        (self.tell)(Step::Confine);
        comparison.confined = Some(self.bench.confine((&original.subject, &original.trial), (&subject, &trial))?);
        match self.vulnerabilities(&original.subject, &subject) {
            Ok(row) => comparison.rows.extend(row),
            Err(container::Error::Interrupted) => return Err(container::Error::Interrupted),
            // What was proved until then stays proved.
            Err(error) => comparison.unscanned = Some(error.to_string()),
        }
        Ok(comparison)
    }

    /// The comparison alone, and the image where it could be built.
    fn compared(
        &self,
        original: &Original,
        recipe: &Recipe,
        tell: &dyn Fn(Step<'_>),
    ) -> Result<(Comparison, Option<(Subject<'s>, Trial)>), container::Error> {
        tell(Step::BuildHardened);
        let subject = match self.bench.build("hardened", recipe)? {
            Ok(subject) => subject,
            Err(log) => return Ok((Comparison::not_built(&log), None)),
        };
        tell(Step::RunHardened);
        let run = self.bench.run(&subject, Some(&original.trial.run.ports()))?;
        let mut trial = subject.trial(run);
        let mut comparison = compare(&original.trial, &trial, self.bench.known);
        if comparison.failures.iter().any(|failure| may_be_chance(failure.phase)) {
            let again = self.again(original)?;
            comparison = compare(again, &trial, self.bench.known);
            trial.run.no_surer_than(&again.run);
        }
        Ok((comparison, Some((subject, trial))))
    }

    /// Finds which of the transforms `applied` make the image of `recipe` worse, as `worse` says it is. `without` makes the
    /// text that all transforms but some of them make.
    ///
    /// # Errors
    /// As [`Verifier::hardened`], and those of `without`.
    pub fn bisect<E: From<container::Error>>(
        &self,
        (original, worse): (&Original, &Comparison),
        recipe: &Recipe,
        applied: &[&'static str],
        mut without: impl FnMut(&BTreeSet<&'static str>) -> Result<String, E>,
    ) -> Result<Option<Bisected>, E> {
        let Some(failure) = worse.failures.first() else { return Ok(None) };
        let mut passes = false;
        let culprits = bisect::bisect(applied, failure.clone(), |skipped| {
            (self.tell)(Step::Without(skipped));
            let dockerfile = without(skipped)?;
            let recipe = Recipe { dockerfile: &dockerfile, ..*recipe };
            let (comparison, _) = self.compared(original, &recipe, &|_| {})?;
            passes = comparison.is_proved();
            Ok::<_, E>(comparison.failures.into_iter().next())
        })?;
        Ok(Some(Bisected { culprits, passes }))
    }

    fn vulnerabilities(&self, original: &Subject, hardened: &Subject) -> Result<Option<Row>, container::Error> {
        let Some(scanner) = self.scanner else { return Ok(None) };
        (self.tell)(Step::Scan);
        let interrupt = self.bench.session.interrupt();
        let before = scanner.count(original.image.tag(), interrupt)?;
        let after = scanner.count(hardened.image.tag(), interrupt)?;
        Ok(Some(Row::vulnerabilities(scanner, &before, &after)))
    }

    /// What two runs of the original have in common.
    fn again<'o>(&self, original: &'o Original) -> Result<&'o Trial, container::Error> {
        if let Some(again) = original.again.get() {
            return Ok(again);
        }
        (self.tell)(Step::RunOriginalAgain);
        let first = &original.trial.run;
        let second = self.bench.run(&original.subject, Some(&first.ports()))?;
        Ok(original.again.get_or_init(|| original.subject.trial(first.in_common(&second))))
    }
}

impl Run {
    /// The ports on which somebody listens.
    fn ports(&self) -> BTreeSet<u16> {
        self.answers.keys().map(|question| question.port).collect()
    }
}

/// What a program says and writes may differ from run to run.
const fn may_be_chance(phase: Phase) -> bool {
    matches!(phase, Phase::Answer | Phase::Logs | Phase::Writes)
}
