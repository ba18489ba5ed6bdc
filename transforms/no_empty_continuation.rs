//! Empty lines within a continued instruction go.

use super::Transform;
use crate::decision::{Announced, Change, Decision, Evidence, Held, Safety};
use crate::dockerfile::{Instruction, Keyword};
use crate::edit::{Edit, Span};
use crate::engine::View;

pub(super) static TRANSFORM: Transform = Transform {
    name: "no_empty_continuation",
    page: include_str!("no_empty_continuation.md"),
    announced: Announced { touches: &[], meaning: &[], stages: 0 },
    plan,
};

fn plan(view: &View) -> Result<Vec<Decision>, Held> {
    let text = view.dockerfile.text();
    let decisions: Vec<Decision> =
        view.dockerfile.instructions().filter_map(|instruction| decide(text, instruction)).collect();
    if decisions.is_empty() {
        Err(Held::satisfied("no instruction goes on behind an empty line"))
    } else {
        Ok(decisions)
    }
}

fn decide(text: &str, instruction: &Instruction) -> Option<Decision> {
    // A here-document starts behind the last line that is continued.
    let mut at = instruction.span.start;
    let (mut edits, mut swallowed) = (Vec::new(), None);
    for line in Span::new(at, instruction.end_of_line()).of(text).split_inclusive('\n') {
        let span = Span::new(at, at + line.len());
        if line.trim().is_empty() {
            edits.push(Edit::delete(span));
        } else if !edits.is_empty() {
            swallowed = swallowed.or_else(|| keyword(line).map(|keyword| (keyword, span)));
        }
        at = span.end;
    }
    let first = edits.first()?.span;
    if let Some((keyword, line)) = swallowed {
        let reason = format!("this {keyword} is part of the line above; take the last continuation of that one out");
        return Some(Err(Held::blocked_at(reason, line)));
    }
    Some(Ok(Change {
        at: first,
        edits,
        safety: Safety::Safe,
        reason: "BuildKit skips an empty line behind a continuation, and says that it will be an error one day".into(),
        because: vec![Evidence::dockerfile("the instruction goes on behind it", instruction.span)],
        notes: Vec::new(),
    }))
}

/// The instruction that a line would be if it stood alone.
fn keyword(line: &str) -> Option<&'static str> {
    let word = line.split_whitespace().next()?;
    Keyword::ALL.iter().map(|(name, _)| *name).find(|name| *name == word)
}
