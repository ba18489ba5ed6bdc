//! Reads TOML that people write: an error says the line, and the name that was probably meant.

use std::fmt;

use serde::de::DeserializeOwned;

/// What is wrong with a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// The line, counted from 1.
    pub line: usize,
    /// What is wrong there.
    pub message: String,
    /// The key or value that was probably meant.
    pub nearest: Option<String>,
}

/// Reads `text`.
///
/// # Errors
/// The first thing that is no TOML, or not what `T` is.
pub fn read<T: DeserializeOwned>(text: &str) -> Result<T, Problem> {
    toml::from_str(text).map_err(|error: toml::de::Error| {
        let (message, nearest) = suggest(error.message());
        Problem { line: line_at(text, error.span().map(|span| span.start)), message, nearest }
    })
}

/// The line of `offset`, counted from 1.
#[must_use]
pub fn line_at(text: &str, offset: Option<usize>) -> usize {
    let before = offset.and_then(|offset| text.get(..offset)).unwrap_or_default();
    before.matches('\n').count() + 1
}

/// Replaces serde's list of all that was expected by the nearest name of that list, where one is near.
fn suggest(message: &str) -> (String, Option<String>) {
    let mut quoted = message.split('`').skip(1).step_by(2);
    let first = message.lines().next().unwrap_or_default().to_owned();
    let (Some(unknown), true) = (quoted.next(), message.starts_with("unknown ")) else {
        return (first, None);
    };
    let nearest = nearest(unknown, quoted);
    match (&nearest, message.split_once(", expected ")) {
        (Some(_), Some((what, _))) => (what.to_owned(), nearest),
        _ => (first, None),
    }
}

/// The name of `known` that is most like `name`, if one is like it at all.
pub fn nearest<'k>(name: &str, known: impl IntoIterator<Item = &'k str>) -> Option<String> {
    const NEAR: f64 = 0.6;
    known
        .into_iter()
        .map(|candidate| (strsim::normalized_damerau_levenshtein(name, candidate), candidate))
        .filter(|(likeness, _)| *likeness >= NEAR)
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, candidate)| candidate.to_owned())
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}: {}", self.line, self.message)?;
        match &self.nearest {
            Some(nearest) => write!(f, "; did you mean `{nearest}`?"),
            None => Ok(()),
        }
    }
}

impl std::error::Error for Problem {}
