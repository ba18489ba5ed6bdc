//! The user that owns the program's files, as the ownership transforms see it.

use crate::config::Ownership;
use crate::decision::Held;
use crate::edit::Span;
use crate::engine::View;
use crate::facts::{Step, User};

/// A numeric user and group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Owner {
    pub(super) uid: u32,
    pub(super) gid: u32,
}

impl Owner {
    /// `uid:gid`.
    pub(super) fn pair(&self) -> String {
        format!("{}:{}", self.uid, self.gid)
    }

    /// Whether `text`, the owner of a `chown` or `--chown`, names this user by number.
    pub(super) fn is(&self, text: &str) -> bool {
        text.split(':').next().is_some_and(|user| user == self.uid.to_string())
    }
}

/// The user that the stage ends with, where it is a numeric pair: whoever wrote a name chose the owners too.
pub(super) fn of_the_end(view: &View) -> Result<Owner, Held> {
    let name = match view.facts.user() {
        User::Root | User::ExplicitRoot => return Err(Held::satisfied("the container runs as root")),
        User::Other(name) => name,
    };
    let pair =
        name.split_once(':').and_then(|(uid, gid)| Some(Owner { uid: uid.parse().ok()?, gid: gid.parse().ok()? }));
    pair.ok_or_else(|| Held::satisfied(format!("the file chose its user {name}, and the owners with it")))
}

/// [`of_the_end`], where files are to be the user's.
pub(super) fn of_files(view: &View) -> Result<Owner, Held> {
    match view.facts.input.config.ownership {
        Ownership::User => of_the_end(view),
        Ownership::Root => Err(Held::Off("ownership = \"root\" keeps the code root's".into())),
    }
}

/// Whether a step runs as root.
pub(super) fn runs_as_root(step: &Step) -> bool {
    step.scope.user.as_deref().is_none_or(|user| matches!(user.split(':').next(), Some("root" | "0" | "")))
}

/// Where the final stage begins, for changes that are about the stage as a whole.
pub(super) fn stage_span(view: &View) -> Span {
    view.facts.final_stage().map_or(Span::at(0), |stage| stage.stage.from.span)
}
