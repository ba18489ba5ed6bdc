//! `COPY` becomes `COPY --chown`: the files are stored once, owned by the user.

use super::Transform;
use super::owner::{self, Owner};
use crate::decision::{Announced, Change, Decision, Evidence, Held, Safety};
use crate::dockerfile::Keyword;
use crate::edit::{Edit, Span};
use crate::engine::View;
use crate::facts::Step;
use crate::facts::scope::is_at_or_below;
use crate::facts::writable::is_systems_own;

pub(super) static TRANSFORM: Transform = Transform {
    name: "own_copies",
    page: include_str!("own_copies.md"),
    announced: Announced { touches: &[Keyword::Copy, Keyword::Add], meaning: &[], stages: 0 },
    plan,
};

fn plan(view: &View) -> Result<Vec<Decision>, Held> {
    let owner = owner::of_files(view)?;
    let steps = view.facts.steps().own();
    let copies: Vec<&Step> =
        steps.iter().filter(|step| matches!(step.instruction.keyword(), Keyword::Copy | Keyword::Add)).collect();
    let decisions: Vec<Decision> = copies.into_iter().filter_map(|step| decide(view, step, &owner)).collect();
    if decisions.is_empty() {
        return Err(Held::satisfied("every file that the program could own is copied with an owner"));
    }
    Ok(decisions)
}

fn decide(view: &View, step: &Step, owner: &Owner) -> Option<Decision> {
    let instruction = step.instruction;
    if instruction.flag("--chown").is_some() {
        return None;
    }
    let Some(destination) = step.destination() else {
        let reason = "the destination holds a variable that is not known, so it may belong to the system";
        return Some(Err(Held::blocked_at(reason, instruction.span)));
    };
    if !belongs_to_the_program(view, step, &destination) {
        return None;
    }
    let keyword_end = instruction.to_file(Span::new(0, instruction.parts.name.len())).end;
    Some(Ok(Change {
        at: instruction.span,
        edits: vec![Edit::insert(keyword_end, format!(" --chown={}", owner.pair()))],
        safety: Safety::Safe,
        reason: format!("{destination} is copied as {}: no second layer changes its owner", owner.pair()),
        because: vec![Evidence::dockerfile("the user in force at the end of the stage", instruction.span)],
        notes: Vec::new(),
    }))
}

/// Files from the context are the program's, unless they go to a place of the system. What comes from another stage is
/// the program's only where its working directory is. An environment stays root's wherever it is.
fn belongs_to_the_program(view: &View, step: &Step, destination: &str) -> bool {
    if view.facts.copies_environment(step) {
        return false;
    }
    let workdir = view.facts.steps().end.workdir.as_deref().filter(|workdir| !is_systems_own(workdir));
    let stays_roots = is_systems_own(destination) || is_file_of_the_system(view, step, destination);
    let holds = |workdir: &str| !stays_roots && is_at_or_below(workdir, destination);
    if workdir.is_some_and(|workdir| is_at_or_below(destination, workdir) || holds(workdir)) {
        return true;
    }
    step.instruction.flag("--from").is_none() && !stays_roots
}

/// `/entrypoint.sh`: a single file in a directory of the system.
fn is_file_of_the_system(view: &View, step: &Step, destination: &str) -> bool {
    let (parent, name) = destination.rsplit_once('/').unwrap_or(("", destination));
    let ends_as_folder = step.instruction.words().last().is_some_and(|word| word.text.ends_with('/'));
    let sources = step.sources();
    let is_file = match sources.as_slice() {
        [source] => view.facts.input.context.text(source.trim_start_matches("./")).is_some() || name.contains('.'),
        [] => true,
        _ => false,
    };
    is_file && !ends_as_folder && is_systems_own(if parent.is_empty() { "/" } else { parent })
}
