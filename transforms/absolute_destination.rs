//! The destination of a COPY or ADD becomes absolute, where no WORKDIR says what it is relative to.

use super::Transform;
use crate::decision::{Announced, Change, Decision, Evidence, Held, Safety};
use crate::dockerfile::{Argument, Arguments, Keyword};
use crate::edit::{Edit, Span};
use crate::engine::View;
use crate::facts::Step;

pub(super) static TRANSFORM: Transform = Transform {
    name: "absolute_destination",
    page: include_str!("absolute_destination.md"),
    announced: Announced { touches: &[Keyword::Copy, Keyword::Add], meaning: &[], stages: 0 },
    plan,
};

fn plan(view: &View) -> Result<Vec<Decision>, Held> {
    let mut decisions = Vec::new();
    for stage in view.facts.needed_stages() {
        let steps = view.facts.steps_with_below(stage);
        let own: Vec<Span> = view.facts.steps_of(stage).own().iter().map(|step| step.instruction.span).collect();
        let before_workdir = steps.all.iter().take_while(|step| !step.is(Keyword::Workdir));
        let copies = before_workdir.filter(|step| step.is(Keyword::Copy) || step.is(Keyword::Add));
        let copies = copies.filter(|step| own.contains(&step.instruction.span));
        decisions.extend(copies.filter_map(|step| decide(view, stage, step)));
    }
    if decisions.is_empty() { Err(Held::satisfied("every COPY says where it goes to")) } else { Ok(decisions) }
}

fn decide(view: &View, stage: usize, step: &Step) -> Option<Decision> {
    let instruction = step.instruction;
    let Arguments::Words(words) = &instruction.parts.arguments else { return None };
    let destination = words.last().filter(|word| is_relative(word))?;
    let base = view.facts.image_below(stage);
    let Some((image, workdir)) = base.and_then(|base| Some((base, base.image()?.workdir.as_deref()?))) else {
        let reason = "no WORKDIR says where it goes to, and that of the base image is not known; write one";
        return Some(Err(Held::blocked_at(reason, instruction.span)));
    };
    let path = absolute(workdir, &destination.text)?;
    Some(Ok(Change {
        at: instruction.span,
        edits: vec![Edit::replace(instruction.to_file(destination.span), path.clone())],
        safety: Safety::Safe,
        reason: format!("it goes to {path}: no WORKDIR stands above it"),
        because: vec![Evidence::template(format!("{workdir} is the WORKDIR of {}", image.name), "images.toml")],
        notes: Vec::new(),
    }))
}

/// Whether it is a plain path from no certain place. What has quotes, variables or drives is left to its writer.
fn is_relative(destination: &Argument) -> bool {
    !destination.text.starts_with('/') && !destination.text.contains(['$', '"', '\'', '\\', '`', ':'])
}

/// `path` below `workdir`; a slash at its end stays, which makes it a folder. `None` where it leads out.
fn absolute(workdir: &str, path: &str) -> Option<String> {
    let parts: Vec<&str> = path.split('/').filter(|part| !part.is_empty() && *part != ".").collect();
    if parts.contains(&"..") {
        return None;
    }
    let folder = if path.ends_with('/') || path.ends_with("/.") { "/" } else { "" };
    let workdir = workdir.trim_end_matches('/');
    match parts.is_empty() {
        true => Some(format!("{workdir}/")),
        false => Some(format!("{workdir}/{}{folder}", parts.join("/"))),
    }
}
