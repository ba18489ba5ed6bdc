//! What a run did: plain data, in the coordinates of the user's own file.

use serde::Serialize;

use crate::decision::Safety;

/// The result of a run.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Outcome {
    /// The file as it came.
    #[serde(skip)]
    pub before: String,
    /// The file as it is now.
    #[serde(skip)]
    pub after: String,
    /// What was changed, in the order of the pipeline.
    pub applied: Vec<Applied>,
    /// What is advised but never changed.
    pub advice: Vec<Applied>,
    /// What was not changed, and why.
    pub held: Vec<HeldBack>,
}

impl Outcome {
    /// Whether the text differs.
    #[must_use]
    pub fn is_changed(&self) -> bool {
        self.before != self.after
    }

    /// What a person could unblock.
    pub fn blocked(&self) -> impl Iterator<Item = &HeldBack> {
        self.held.iter().filter(|held| held.kind == HeldKind::Blocked)
    }
}

/// One change that was made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Applied {
    /// The transform's name.
    pub transform: &'static str,
    /// The line of the user's file that it is about, from 1.
    pub line: usize,
    /// How much it wants to be looked at.
    pub safety: Safety,
    /// What it did and why.
    pub reason: String,
    /// What it rests on.
    pub because: Vec<Reason>,
    /// What a person should do or know beside the file.
    pub notes: Vec<String>,
}

/// A fact and the place where it was read, for people.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Reason {
    /// What was seen.
    pub what: String,
    /// `line 12`, `app/main.py:3`, `templates/images.toml`.
    pub place: String,
}

/// One change that was not made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct HeldBack {
    /// The transform's name.
    pub transform: &'static str,
    /// Why, in one word.
    pub kind: HeldKind,
    /// The line of the user's file that is in the way, from 1.
    pub line: Option<usize>,
    /// Why, in a sentence.
    pub reason: String,
}

/// Why a transform changed nothing, in one word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum HeldKind {
    /// There was nothing to do.
    Satisfied,
    /// Something is in the way.
    Blocked,
    /// It was switched off.
    Off,
}
