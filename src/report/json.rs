//! The report for programs.

use std::collections::BTreeMap;

use serde::Serialize;

use super::printable;
use crate::engine::{Applied, HeldBack, Outcome};

/// The ids of the rules that each transform answers, by the transform's name.
pub type RulesOf<'a> = BTreeMap<&'a str, Vec<&'a str>>;

/// What is told of one file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum Entry<'a> {
    /// It was read and understood.
    Outcome {
        /// The file's name, as it was given.
        file: String,
        /// Whether its text differs.
        changed: bool,
        /// What was changed.
        applied: Vec<Change<'a>>,
        /// What is advised but never changed.
        advice: Vec<Change<'a>>,
        /// What was not changed, and why.
        held: &'a [HeldBack],
    },
    /// It could not be worked on.
    Error {
        /// The file's name, as it was given.
        file: String,
        /// Why.
        error: String,
    },
}

/// What was done, and the rules that its transform answers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Change<'a> {
    #[serde(flatten)]
    applied: &'a Applied,
    rules: &'a [&'a str],
}

impl<'a> Entry<'a> {
    /// The entry of a file with an outcome.
    #[must_use]
    pub fn outcome(file: &str, outcome: &'a Outcome, rules: &'a RulesOf) -> Self {
        let change = |applied: &'a Applied| Change {
            applied,
            rules: rules.get(applied.transform).map(Vec::as_slice).unwrap_or_default(),
        };
        Self::Outcome {
            file: file.to_owned(),
            changed: outcome.is_changed(),
            applied: outcome.applied.iter().map(change).collect(),
            advice: outcome.advice.iter().map(change).collect(),
            held: &outcome.held,
        }
    }

    /// The entry of a file without one.
    #[must_use]
    pub fn error(file: &str, error: &str) -> Self {
        Self::Error { file: file.to_owned(), error: printable(error) }
    }
}

/// The array of `entries`.
#[must_use]
pub fn array(entries: &[Entry]) -> String {
    // Plain data with string keys always has a JSON form.
    serde_json::to_string_pretty(entries).unwrap_or_default() + "\n"
}
