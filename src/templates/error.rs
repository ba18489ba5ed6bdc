//! What can be wrong with a template file.

use std::fmt;

use crate::toml_text::{Problem, line_at, nearest};

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
    pub(super) fn unknown_file(file: &str, known: impl Iterator<Item = &'static str>) -> Self {
        Self::UnknownFile { file: file.to_owned(), nearest: nearest(file, known) }
    }

    pub(super) fn invalid(file: &str, problem: Problem) -> Self {
        let Problem { line, message, nearest } = problem;
        Self::Invalid { file: file.to_owned(), line, message, nearest }
    }

    /// What `text` says of `name` is valid TOML and yet can't be.
    pub(super) fn unsound(file: &str, text: &str, name: &str, message: &str) -> Self {
        let message = format!("{name}: {message}");
        Self::Invalid { file: file.to_owned(), line: line_at(text, text.find(name)), message, nearest: None }
    }
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
