//! A relative `WORKDIR` becomes absolute, where what it builds on is certain.

use super::Transform;
use crate::decision::{Announced, Change, Decision, Evidence, Held, Meaning, Safety};
use crate::dockerfile::Keyword;
use crate::edit::Edit;
use crate::engine::View;
use crate::facts::scope::normalized;
use crate::facts::{StageBase, Step};

pub(super) static TRANSFORM: Transform = Transform {
    name: "absolute_workdir",
    page: include_str!("absolute_workdir.md"),
    announced: Announced { touches: &[Keyword::Workdir], meaning: &[Meaning::Workdir], stages: 0 },
    plan,
};

fn plan(view: &View) -> Result<Vec<Decision>, Held> {
    let decisions: Vec<Decision> = view.facts.needed_stages().iter().flat_map(|&stage| of_stage(view, stage)).collect();
    if decisions.is_empty() {
        return Err(Held::satisfied("every WORKDIR is absolute"));
    }
    Ok(decisions)
}

/// The relative lines of a stage. Those of the stages below it only say where it starts.
fn of_stage(view: &View, stage: usize) -> Vec<Decision> {
    let lineage: Vec<usize> = view.facts.lineage(stage).collect();
    let mut folder = lineage.last().and_then(|&lowest| of_image(view, lowest));
    let mut decisions = Vec::new();
    for &index in lineage.iter().rev() {
        for step in view.facts.steps_of(index).own().iter().filter(|step| step.is(Keyword::Workdir)) {
            let absolute = absolute(step, folder.as_deref());
            if index == stage && is_relative(step) {
                decisions.push(absolute.clone().map(|path| change(step, path)));
            }
            folder = absolute.ok();
        }
    }
    decisions
}

/// WORKDIR of the image that a stage starts from, where it is known.
fn of_image(view: &View, stage: usize) -> Option<String> {
    match &view.facts.stages.get(stage)?.base {
        StageBase::Image(base) => base.image()?.workdir.clone(),
        StageBase::Stage(_) | StageBase::Unresolved(_) => None,
    }
}

/// Whether a path is relative as written. One that a variable begins is what its writer made it.
fn is_relative(step: &Step) -> bool {
    let path = step.instruction.rest().trim_start_matches(['"', '\'']);
    let is_of_windows = path.contains('\\') || path.get(1..2) == Some(":");
    !path.starts_with(['/', '$']) && !is_of_windows
}

/// The path of a WORKDIR from `/` on, variables as written, where the line before it left `folder`.
fn absolute(step: &Step, folder: Option<&str>) -> Result<String, Held> {
    let instruction = step.instruction;
    let written = instruction.rest();
    let blocked = |reason: &str| Held::blocked_at(reason, instruction.span);
    let is_full = |path: &str| step.scope.expand(instruction, path).is_some_and(|path| path.starts_with('/'));
    if is_full(written) {
        return Ok(written.to_owned());
    }
    let folder = folder
        .filter(|_| is_relative(step))
        .ok_or_else(|| blocked("the folder that this builds on is not certain; begin it with `/`"))?;
    let joined = format!("{}/{written}", folder.trim_end_matches('/'));
    let path = if joined.contains('$') { joined } else { normalized(&joined) };
    if path.contains(['"', '\'', '\\', '`']) || path.split('/').any(|part| matches!(part, "." | "..")) {
        return Err(blocked("quotes, or `..` beside a variable, are in the way; write the path in full"));
    }
    // A variable of the line before may mean something else by now, or nothing: an ARG ends with its stage.
    let now = step.scope.expand(instruction, folder);
    if folder.contains('$') && (now.is_none() || now.as_deref() != step.scope.workdir.as_deref()) {
        return Err(blocked(
            "the folder that this builds on holds a variable that is not known here; write it in full",
        ));
    }
    Ok(path)
}

fn change(step: &Step, path: String) -> Change {
    let instruction = step.instruction;
    Change {
        at: instruction.span,
        edits: vec![Edit::replace(instruction.rest_in_file(), path)],
        safety: Safety::Safe,
        reason: "the working directory does not hang on what a line above it or the base image says".into(),
        because: vec![Evidence::dockerfile("what it builds on is known", instruction.span)],
        notes: Vec::new(),
    }
}
