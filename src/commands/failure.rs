//! An error for people: one line with its causes, and what to do about it.

use anyhow::Error;

/// What went wrong, and a hint.
#[derive(Debug)]
pub struct Failure {
    error: Error,
    hint: Option<String>,
}

impl Failure {
    /// A failure without a cause below it.
    pub fn new(message: impl Into<String>) -> Self {
        Error::msg(message.into()).into()
    }

    /// What a container engine said, with its hint.
    pub fn of_engine(error: harden::container::Error) -> Self {
        let hint = error.hint().map(str::to_owned);
        Self { hint, ..Self::from(error) }
    }

    /// Adds what to do about it.
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// The message and its causes in one line.
    pub fn message(&self) -> String {
        format!("{:#}", self.error)
    }

    /// What to do about it.
    pub fn advice(&self) -> Option<&str> {
        self.hint.as_deref()
    }
}

impl<E: Into<Error>> From<E> for Failure {
    fn from(error: E) -> Self {
        Self { error: error.into(), hint: None }
    }
}
