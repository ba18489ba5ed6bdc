//! What a transform decides: a change with its reasons, or why there is none.

use std::fmt;

use serde::Serialize;

use crate::dockerfile::Keyword;
use crate::edit::{Edit, Span};

/// Where a fact was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// In the Dockerfile, at this span of the text that the transform saw.
    Dockerfile(Span),
    /// In a file of the build context.
    Context {
        /// Path below the context's root.
        path: String,
        /// Line, from 1.
        line: usize,
    },
    /// In `templates/`.
    Template(&'static str),
    /// In the user's configuration.
    Config,
    /// In `harden.lock`.
    Lock,
    /// In `harden.evidence.toml`.
    Evidence,
}

/// A fact in a few words, and where it was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Evidence {
    /// What was seen: `EXPOSE 8080`, `route /health`.
    pub what: String,
    /// Where.
    pub place: Place,
}

impl Evidence {
    /// Something that the Dockerfile says at `span`.
    pub fn dockerfile(what: impl Into<String>, span: Span) -> Self {
        Self { what: what.into(), place: Place::Dockerfile(span) }
    }

    /// Something that a file of the context says.
    pub fn context(what: impl Into<String>, path: impl Into<String>, line: usize) -> Self {
        Self { what: what.into(), place: Place::Context { path: path.into(), line } }
    }

    /// Something that is known of an image, a package or a program.
    pub fn template(what: impl Into<String>, file: &'static str) -> Self {
        Self { what: what.into(), place: Place::Template(file) }
    }
}

/// A fact and why we believe it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Known<T> {
    /// The fact.
    pub value: T,
    /// What it was read from.
    pub because: Vec<Evidence>,
}

impl<T> Known<T> {
    /// A fact with one piece of evidence.
    pub fn new(value: T, because: Evidence) -> Self {
        Self { value, because: vec![because] }
    }
}

/// How much a person has to look at a change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Safety {
    /// Never applied: printed for a person to take or leave.
    Advice,
    /// Applied; worth a look, since it rests on what the program is believed to do.
    Review,
    /// Applied; the image behaves as before.
    Safe,
}

impl Safety {
    /// The word of the command line, of JSON and of the pages.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Advice => "advice",
            Self::Review => "review",
            Self::Safe => "safe",
        }
    }
}

impl fmt::Display for Safety {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A planned change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// What the change is about, in the text that was planned on.
    pub at: Span,
    /// The edits; lines in them end in `\n`, whatever the file's own ending is.
    pub edits: Vec<Edit>,
    /// How sure we are.
    pub safety: Safety,
    /// What it does and why, one sentence for people.
    pub reason: String,
    /// What it rests on.
    pub because: Vec<Evidence>,
    /// What a person should do or know beside the file: one line each.
    pub notes: Vec<String>,
}

/// Why a transform changed nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Held {
    /// The file is already as it should be, or there is nothing that the transform is about.
    Satisfied(String),
    /// It could matter, but something is in the way; the reason says what, and what would unblock it.
    Blocked {
        /// One sentence for people.
        reason: String,
        /// The line that is in the way.
        at: Option<Span>,
    },
    /// Switched off.
    Off(String),
}

impl Held {
    /// Nothing to do here.
    pub fn satisfied(reason: impl Into<String>) -> Self {
        Self::Satisfied(reason.into())
    }

    /// Something in no particular line is in the way.
    pub fn blocked(reason: impl Into<String>) -> Self {
        Self::Blocked { reason: reason.into(), at: None }
    }

    /// The line at `at` is in the way.
    pub fn blocked_at(reason: impl Into<String>, at: Span) -> Self {
        Self::Blocked { reason: reason.into(), at: Some(at) }
    }

    /// The sentence for people.
    #[must_use]
    pub fn reason(&self) -> &str {
        match self {
            Self::Satisfied(reason) | Self::Blocked { reason, .. } | Self::Off(reason) => reason,
        }
    }
}

/// A change, or why not: `?` refuses with a reason.
pub type Decision = Result<Change, Held>;

/// A part of the final image's configuration that a transform may alter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Meaning {
    /// This environment variable.
    Env(&'static str),
    /// Labels may be added.
    Labels,
    /// The user.
    User,
    /// The working directory's spelling: absolute where it was relative.
    Workdir,
    /// The health check.
    Healthcheck,
    /// CMD and ENTRYPOINT may start the same program without the tool that found it.
    Runner,
    /// The form of CMD and ENTRYPOINT, from a shell's words to the same words.
    ExecForm,
}

/// What the engine has to know of a transform.
#[derive(Debug, Clone, Copy)]
pub struct Announced {
    /// Instructions that it may add, remove or alter.
    pub touches: &'static [Keyword],
    /// What may differ in the final image's configuration.
    pub meaning: &'static [Meaning],
    /// How many stages it may add.
    pub stages: usize,
}
