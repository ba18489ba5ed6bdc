//! The RUN lines of every stage whose scripts can be read, for what concerns their form alone.

use crate::decision::{Change, Decision, Evidence, Held, Safety};
use crate::edit::{Edit, Span};
use crate::engine::View;
use crate::facts::{Run, Step};
use crate::shell::{Item, Script};

/// Asks `decide` about every RUN that is written for a POSIX shell; `satisfied` where it has nothing to say.
pub(in crate::transforms) fn each(
    view: &View,
    satisfied: &str,
    decide: impl Fn(usize, &Step, &Run) -> Vec<Decision>,
) -> Result<Vec<Decision>, Held> {
    let mut decisions = Vec::new();
    for stage in 0..view.facts.stages.len() {
        for step in view.facts.steps_of(stage).own() {
            let run = step.script().filter(|_| step.scope.has_posix_shell());
            decisions.extend(run.into_iter().flat_map(|run| decide(stage, step, run)));
        }
    }
    if decisions.is_empty() { Err(Held::satisfied(satisfied)) } else { Ok(decisions) }
}

/// A change of a line's form that no shell sees.
pub(in crate::transforms) fn change(at: Span, edits: Vec<Edit>, reason: &str, because: &str) -> Change {
    Change {
        at,
        edits,
        safety: Safety::Safe,
        reason: reason.to_owned(),
        because: vec![Evidence::dockerfile(because, at)],
        notes: Vec::new(),
    }
}

/// What stands between each item of a script's list and the one before it: the operator and blanks, as BuildKit joins them.
pub(in crate::transforms) fn gaps(script: &Script) -> impl Iterator<Item = (&Item, Span, &Item)> {
    let pairs = script.items.iter().zip(script.items.iter().skip(1));
    pairs.map(|(before, item)| (before, Span::new(before.span.end, item.span.start), item))
}

/// The part of the file from the end of `before` to the start of `after`, both in the script.
pub(in crate::transforms) fn between(run: &Run, before: Span, after: Span) -> Span {
    Span::new(run.to_file(before).end, run.to_file(after).start)
}

/// Whether the operators of a chain end its lines, and do not start them.
pub(in crate::transforms) fn operators_end_lines(view: &View, run: &Run) -> bool {
    gaps(&run.script).any(|(before, _, item)| {
        let gap = between(run, before.span, item.span).of(view.dockerfile.text());
        gap.lines().next().is_some_and(|line| line.contains(['&', '|'])) && gap.contains('\n')
    })
}
