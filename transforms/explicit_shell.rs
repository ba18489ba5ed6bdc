//! `CMD words` becomes `CMD ["/bin/sh", "-c", "words"]`, which is what the builder stores for it.

use super::Transform;
use crate::decision::{Announced, Change, Decision, Evidence, Held, Meaning, Safety};
use crate::dockerfile::{Arguments, Keyword};
use crate::edit::Edit;
use crate::engine::View;
use crate::facts::Step;
use crate::templates::Family;

pub(super) static TRANSFORM: Transform = Transform {
    name: "explicit_shell",
    page: include_str!("explicit_shell.md"),
    announced: Announced { touches: &[Keyword::Cmd, Keyword::Entrypoint], meaning: &[Meaning::ExecForm], stages: 0 },
    plan,
};

/// The shell of an image that chose none: <https://docs.docker.com/reference/dockerfile/#shell>
const SHELL: [&str; 2] = ["/bin/sh", "-c"];

fn plan(view: &View) -> Result<Vec<Decision>, Held> {
    let mut decisions = Vec::new();
    for stage in 0..view.facts.stages.len() {
        let steps = view.facts.steps_of(stage);
        let commands = steps.own().iter().filter(|step| step.is(Keyword::Cmd) || step.is(Keyword::Entrypoint));
        let in_shell_form = commands.filter(|step| matches!(step.instruction.parts.arguments, Arguments::Text(_)));
        decisions.extend(in_shell_form.map(|step| decide(view, stage, step)));
    }
    if decisions.is_empty() { Err(Held::satisfied("no command leaves its shell unsaid")) } else { Ok(decisions) }
}

fn decide(view: &View, stage: usize, step: &Step) -> Decision {
    let instruction = step.instruction;
    let blocked = |reason| Err(Held::blocked_at(reason, instruction.span));
    let base = view.facts.image_below(stage);
    if base.and_then(|base| base.family) == Some(Family::Windows) || view.dockerfile.escape() != '\\' {
        return blocked("the shell of Windows is another one");
    }
    if !step.scope.has_posix_shell() {
        return blocked("what SHELL names is no shell that is known");
    }
    if !instruction.heredocs.is_empty() {
        return blocked("a here-document stands in the command");
    }
    let mut lines = instruction.span.of(view.dockerfile.text()).lines();
    if lines.any(|line| line.trim_start().starts_with('#')) {
        return blocked("there are comments between its lines, which would be lost");
    }
    let chosen = step.scope.shell.as_deref();
    if chosen.is_none() && base.and_then(|base| base.image()).is_none() {
        return blocked("the base image may have chosen its own SHELL, which runs the command then");
    }
    let shell = chosen.map_or(SHELL.map(str::to_owned).to_vec(), <[String]>::to_vec);
    let words = shell.iter().map(String::as_str).chain([instruction.rest()]);
    let words: Vec<String> = words.map(|word| serde_json::Value::from(word).to_string()).collect();
    Ok(Change {
        at: instruction.span,
        edits: vec![Edit::replace(instruction.rest_in_file(), format!("[{}]", words.join(", ")))],
        safety: Safety::Safe,
        reason: "the shell that runs the command is written out; the image is the same".into(),
        because: vec![Evidence::dockerfile("the command is in shell form", instruction.span)],
        notes: Vec::new(),
    })
}
