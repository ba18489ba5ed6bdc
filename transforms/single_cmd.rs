//! Of several `CMD`, `ENTRYPOINT` or `HEALTHCHECK` lines of a stage the last one counts: the others go.

use super::{Transform, place};
use crate::decision::{Announced, Change, Decision, Evidence, Held, Safety};
use crate::dockerfile::{Instruction, Keyword};
use crate::edit::Edit;
use crate::engine::View;

/// What BuildKit's `dispatchCmd`, `dispatchEntrypoint` and `dispatchHealthcheck` set as a whole, whatever was set before.
/// Beside itself an ENTRYPOINT clears but a CMD of the base image, and so does the last one.
const COUNTS_ONCE: [Keyword; 3] = [Keyword::Cmd, Keyword::Entrypoint, Keyword::Healthcheck];

pub(super) static TRANSFORM: Transform = Transform {
    name: "single_cmd",
    page: include_str!("single_cmd.md"),
    announced: Announced { touches: &COUNTS_ONCE, meaning: &[], stages: 0 },
    plan,
};

fn plan(view: &View) -> Result<Vec<Decision>, Held> {
    let needed = view.facts.needed_stages();
    let stages = needed.iter().filter_map(|&index| view.facts.stages.get(index));
    let decisions: Vec<Decision> = stages.flat_map(|facts| of_stage(view, &facts.stage.body)).collect();
    if decisions.is_empty() {
        return Err(Held::satisfied("no stage has two CMD, ENTRYPOINT or HEALTHCHECK lines"));
    }
    Ok(decisions)
}

fn of_stage(view: &View, body: &[&Instruction]) -> Vec<Decision> {
    let overridden = COUNTS_ONCE.iter().flat_map(|&keyword| {
        let last = body.iter().rposition(|instruction| instruction.is(keyword)).unwrap_or_default();
        let (earlier, last) = (body.get(..last).unwrap_or_default(), body.get(last));
        let lines = earlier.iter().filter(move |instruction| instruction.is(keyword));
        lines.filter_map(move |line| Some((*line, *last?)))
    });
    overridden.map(|(line, last)| remove(view, line, last)).collect()
}

fn remove(view: &View, line: &Instruction, last: &Instruction) -> Decision {
    let keyword = line.keyword().as_str();
    let mut lines = line.span.of(view.dockerfile.text()).lines();
    if lines.any(|line| line.trim_start().starts_with('#')) {
        let reason = "there are comments between its lines, so take it out by hand";
        return Err(Held::blocked_at(format!("only the last {keyword} counts; {reason}"), line.span));
    }
    Ok(Change {
        at: line.span,
        edits: vec![Edit::delete(place::whole(view, line))],
        safety: Safety::Safe,
        reason: format!("only the last {keyword} of a stage counts"),
        because: vec![Evidence::dockerfile(format!("the {keyword} that counts"), last.span)],
        notes: Vec::new(),
    })
}
