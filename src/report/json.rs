//! The report for programs.

use serde::Serialize;

use super::printable;
use crate::engine::{Applied, HeldBack, Outcome};

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
        applied: &'a [Applied],
        /// What is advised but never changed.
        advice: &'a [Applied],
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

impl<'a> Entry<'a> {
    /// The entry of a file with an outcome.
    #[must_use]
    pub fn outcome(file: &str, outcome: &'a Outcome) -> Self {
        Self::Outcome {
            file: file.to_owned(),
            changed: outcome.is_changed(),
            applied: &outcome.applied,
            advice: &outcome.advice,
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
