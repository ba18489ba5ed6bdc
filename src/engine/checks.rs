//! The checks that every transform's result passes, or is taken back.

use super::meaning::Configuration;
use crate::decision::{Announced, Change, Safety};
use crate::dockerfile::{Dockerfile, Instruction, Keyword};
use crate::edit::Edits;

/// Which check.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Check {
    /// Edits share no byte and lie on token boundaries; line endings stay the file's own.
    Disjoint,
    /// The result parses, with the announced stages.
    Parses,
    /// Only declared instructions changed.
    Touches,
    /// Planning again changes nothing.
    Settled,
    /// The final image's configuration differs only as announced.
    Meaning,
}

impl Check {
    /// Its name in reports.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Disjoint => "disjoint edits on token boundaries",
            Self::Parses => "the result parses",
            Self::Touches => "only declared instructions changed",
            Self::Settled => "settled",
            Self::Meaning => "meaning kept",
        }
    }
}

/// A check that failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Failed {
    pub(super) check: Check,
    pub(super) what: String,
}

impl Failed {
    pub(super) fn new(check: Check, what: impl Into<String>) -> Self {
        Self { check, what: what.into() }
    }
}

type Passed = Result<(), Failed>;

/// Every edit begins and ends between two tokens, and writes the file's own line ending.
pub(super) fn boundaries(before: &Dockerfile, edits: &Edits) -> Passed {
    let text = before.text();
    for edit in edits.as_slice() {
        for at in [edit.span.start, edit.span.end] {
            let inside_word = text
                .get(..at)
                .zip(text.get(at..))
                .is_none_or(|(left, right)| left.ends_with(is_word_char) && right.starts_with(is_word_char));
            if inside_word {
                return Err(Failed::new(Check::Disjoint, format!("byte {at} lies inside a word")));
            }
        }
        let bare = edit.text.replace("\r\n", "").contains('\n');
        if before.newline() == "\r\n" && bare {
            return Err(Failed::new(Check::Disjoint, "an edit would mix line endings"));
        }
    }
    Ok(())
}

fn is_word_char(ch: char) -> bool {
    ch.is_alphanumeric() || ch == '_'
}

/// BuildKit still takes the file, and it has as many stages as announced.
pub(super) fn parses(before: &Dockerfile, after: &Dockerfile, announced: &Announced) -> Passed {
    if let Some(rejection) = after.rejections().first() {
        let line = after.line(rejection.span.start);
        return Err(Failed::new(Check::Parses, format!("line {line} of the result: {}", rejection.reason)));
    }
    let (old, new) = (before.stages().len(), after.stages().len());
    if new < old || new > old + announced.stages {
        return Err(Failed::new(Check::Parses, format!("{old} stages became {new}")));
    }
    Ok(())
}

/// Instructions of undeclared kinds are the same ones in the same order.
pub(super) fn touched(before: &Dockerfile, after: &Dockerfile, announced: &Announced) -> Passed {
    let kept = |instruction: &&Instruction| !announced.touches.contains(&instruction.keyword());
    let old: Vec<_> = before.instructions().filter(kept).map(as_read).collect();
    let new: Vec<_> = after.instructions().filter(kept).map(as_read).collect();
    if old == new {
        return Ok(());
    }
    let odd = old.iter().find(|line| !new.contains(line)).or_else(|| new.iter().find(|line| !old.contains(line)));
    Err(Failed::new(
        Check::Touches,
        odd.map_or("the order changed".to_owned(), |line| format!("{} {}", line.0.as_str(), line.1)),
    ))
}

/// What BuildKit reads of an instruction: the keyword in any case, and what is behind it.
fn as_read(instruction: &Instruction) -> (Keyword, &str) {
    (instruction.keyword(), instruction.behind_keyword())
}

/// A second look finds nothing more to do; advice stays until somebody takes it.
pub(super) fn settled(again: &[Change]) -> Passed {
    match again.iter().find(|change| change.safety != Safety::Advice) {
        Some(change) => Err(Failed::new(Check::Settled, format!("it would change again: {}", change.reason))),
        None => Ok(()),
    }
}

/// The final image is configured as before, but for what was announced.
pub(super) fn meaning(before: &Dockerfile, after: &Dockerfile, target: Option<&str>, announced: &Announced) -> Passed {
    let (old, new) = (Configuration::of(before, target), Configuration::of(after, target));
    match old.difference(&new, announced.meaning) {
        Some(what) => Err(Failed::new(Check::Meaning, what)),
        None => Ok(()),
    }
}

/// Instructions that only configure the image: their loss is a loss of meaning.
pub(super) const CONFIGURING: [Keyword; 4] = [Keyword::Expose, Keyword::Volume, Keyword::Stopsignal, Keyword::Onbuild];
