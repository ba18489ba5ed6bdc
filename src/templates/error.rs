//! What can be wrong with a template file.

use std::fmt;

/// Why a template file can't be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TemplateError {
    /// No template has this name.
    UnknownFile {
        /// The name as given.
        file: String,
        /// The name that was probably meant.
        nearest: Option<String>,
    },
    /// The text is not TOML, or not what the template's comments describe.
    Invalid {
        /// The file's name.
        file: String,
        /// The line, counted from 1.
        line: usize,
        /// What is wrong there.
        message: String,
        /// The key or value that was probably meant.
        nearest: Option<String>,
    },
}

impl TemplateError {
    pub(super) fn unknown_file(file: &str, known: &[&str]) -> Self {
        Self::UnknownFile { file: file.to_owned(), nearest: nearest(file, known) }
    }

    pub(super) fn invalid(file: &str, text: &str, error: &toml::de::Error) -> Self {
        let (message, nearest) = suggest(error.message());
        let line = line_at(text, error.span().map(|span| span.start));
        Self::Invalid { file: file.to_owned(), line, message, nearest }
    }

    /// What `text` says of `name` is valid TOML and yet can't be.
    pub(super) fn unsound(file: &str, text: &str, name: &str, message: &str) -> Self {
        let message = format!("{name}: {message}");
        Self::Invalid { file: file.to_owned(), line: line_at(text, text.find(name)), message, nearest: None }
    }
}

/// The line of `offset`, counted from 1.
fn line_at(text: &str, offset: Option<usize>) -> usize {
    let before = offset.and_then(|offset| text.get(..offset)).unwrap_or_default();
    before.matches('\n').count() + 1
}

/// Replaces serde's list of all that was expected by the nearest name of that list, where one is near.
fn suggest(message: &str) -> (String, Option<String>) {
    let mut quoted = message.split('`').skip(1).step_by(2);
    let (Some(unknown), true) = (quoted.next(), message.starts_with("unknown ")) else {
        return (message.to_owned(), None);
    };
    let nearest = nearest(unknown, &quoted.collect::<Vec<_>>());
    match (&nearest, message.split_once(", expected ")) {
        (Some(_), Some((what, _))) => (what.to_owned(), nearest),
        _ => (message.to_owned(), None),
    }
}

fn nearest(name: &str, known: &[&str]) -> Option<String> {
    const NEAR: f64 = 0.6;
    known
        .iter()
        .map(|candidate| (strsim::normalized_damerau_levenshtein(name, candidate), *candidate))
        .filter(|(likeness, _)| *likeness >= NEAR)
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, candidate)| candidate.to_owned())
}

impl fmt::Display for TemplateError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let nearest = match self {
            Self::UnknownFile { file, nearest } => {
                write!(f, "{file}: no template has this name")?;
                nearest
            }
            Self::Invalid { file, line, message, nearest } => {
                write!(f, "{file}:{line}: {message}")?;
                nearest
            }
        };
        match nearest {
            Some(nearest) => write!(f, "; did you mean `{nearest}`?"),
            None => Ok(()),
        }
    }
}

impl std::error::Error for TemplateError {}
