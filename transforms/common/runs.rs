//! The RUN lines of every stage whose scripts can be read, for what concerns their form alone.

use crate::decision::{Change, Decision, Evidence, Held, Safety};
use crate::dockerfile::ItemKind;
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

/// Whether a comment stands between continued lines in `text`.
pub(in crate::transforms) fn has_comment(text: &str) -> bool {
    text.lines().skip(1).any(|line| line.trim_start().starts_with('#'))
}

/// Whether the file's syntax is at least 1.`minor` for certain: the one that comes with BuildKit is, where it names none.
pub(in crate::transforms) fn syntax_is(view: &View, minor: u32) -> bool {
    let syntax = view.dockerfile.items().iter().find_map(|item| match &item.kind {
        ItemKind::Directive { name, value } if name == "syntax" => Some(value.trim()),
        _ => None,
    });
    let Some(syntax) = syntax else { return true };
    let Some(tag) = syntax.strip_prefix("docker/dockerfile:") else { return syntax == "docker/dockerfile" };
    let mut numbers = tag.split(['.', '-', '@']).map(str::parse::<u32>);
    match (numbers.next(), numbers.next()) {
        (Some(Ok(1)), Some(Ok(named))) => named >= minor,
        (Some(Ok(1)), _) => true,
        _ => tag == "latest",
    }
}

/// The name of a cache that the builds on one base image share: what is in it fits no other system.
pub(in crate::transforms) fn cache_id(view: &View, stage: usize, name: &str) -> Result<String, Held> {
    let image = view.facts.image_below(stage);
    let image = image.ok_or_else(|| Held::blocked("the base image is not known, and each has a cache of its own"))?;
    let plain = |ch: char| if ch.is_ascii_alphanumeric() || ch == '.' { ch } else { '-' };
    Ok(format!("{name}-{}", image.reference.chars().map(plain).collect::<String>()))
}

/// The mounts, each on a line of its own, before the commands of a RUN.
pub(in crate::transforms) fn with_mounts(view: &View, step: &Step, mounts: &[String]) -> Edit {
    let line_break = format!(" {}{}    ", view.dockerfile.escape(), view.dockerfile.newline());
    let text: String = mounts.iter().flat_map(|mount| [mount.as_str(), line_break.as_str()]).collect();
    Edit::insert(step.instruction.rest_in_file().start, text)
}
