//! `CMD program args` becomes `CMD ["program", "args"]`, where the shell has nothing to do.

use super::Transform;
use crate::decision::{Announced, Change, Decision, Evidence, Held, Meaning, Safety};
use crate::dockerfile::{Arguments, Instruction, Keyword};
use crate::edit::Edit;
use crate::engine::View;
use crate::facts::Step;
use crate::shell;

pub(super) static TRANSFORM: Transform = Transform {
    name: "exec_form",
    page: include_str!("exec_form.md"),
    announced: Announced { touches: &[Keyword::Cmd, Keyword::Entrypoint], meaning: &[Meaning::ExecForm], stages: 0 },
    plan,
};

/// Words that only a shell can run.
const BUILTINS: [&str; 18] = [
    ".", ":", "alias", "cd", "eval", "exec", "exit", "export", "false", "read", "set", "shift", "source", "test",
    "trap", "true", "ulimit", "umask",
];

fn plan(view: &View) -> Result<Vec<Decision>, Held> {
    let steps = view.facts.steps().own();
    let last = |keyword| steps.iter().rev().find(|step| step.is(keyword));
    let shell_form = |step: &&Step| matches!(step.instruction.parts.arguments, Arguments::Text(_));
    let found: Vec<&Step> =
        [last(Keyword::Entrypoint), last(Keyword::Cmd)].into_iter().flatten().filter(shell_form).collect();
    if found.is_empty() {
        return Err(Held::satisfied("no command is in shell form"));
    }
    Ok(found.into_iter().map(|step| decide(view, step)).collect())
}

fn decide(view: &View, step: &Step) -> Decision {
    let instruction = step.instruction;
    let blocked = |reason: String| Held::blocked_at(reason, instruction.span);
    if step.scope.shell.is_some() {
        return Err(blocked("a SHELL line chose the shell that runs this command".into()));
    }
    keeps_its_partner(view, instruction)?;
    let words = literal_words(instruction).map_err(blocked)?;
    runs_without_a_shell(view, &words).map_err(blocked)?;
    let json = serde_json::to_string(&words).unwrap_or_default().replace("\",\"", "\", \"");
    let keyword = instruction.keyword().as_str();
    Ok(Change {
        at: instruction.span,
        edits: vec![Edit::replace(instruction.rest_in_file(), json)],
        safety: Safety::Safe,
        reason: format!("{keyword} starts its program without a shell between, so that signals reach it"),
        because: vec![Evidence::dockerfile("the command uses nothing of the shell", instruction.span)],
        notes: Vec::new(),
    })
}

/// ENTRYPOINT in shell form ignores CMD; CMD in shell form reaches an ENTRYPOINT as `/bin/sh -c`.
fn keeps_its_partner(view: &View, instruction: &Instruction) -> Result<(), Held> {
    let partner = if instruction.is(Keyword::Cmd) { Keyword::Entrypoint } else { Keyword::Cmd };
    if let Some(step) = view.facts.steps().all.iter().find(|step| step.is(partner)) {
        let reason = format!("{} stands beside it and would see other words", partner.as_str());
        return Err(Held::blocked_at(reason, step.instruction.span));
    }
    let image = view.facts.base().and_then(|base| base.image());
    if instruction.is(Keyword::Cmd) && image.is_none_or(|image| !image.entrypoint.is_empty()) {
        let reason = "the base image may have an ENTRYPOINT, which would see other words";
        return Err(Held::blocked_at(reason, instruction.span));
    }
    Ok(())
}

fn literal_words(instruction: &Instruction) -> Result<Vec<String>, String> {
    let script = shell::parse(instruction.rest()).map_err(|opaque| opaque.to_string())?;
    let [command] = script.commands.as_slice() else {
        return Err("the shell runs more than one command".into());
    };
    if !script.is_simple_chain() || !command.redirects.is_empty() || !command.assignments.is_empty() {
        return Err("the shell redirects, assigns or pipes".into());
    }
    let words: Option<Vec<String>> = command.words.iter().map(|word| word.value.clone()).collect();
    words.filter(|words| !words.is_empty()).ok_or_else(|| "the shell fills in variables or patterns".into())
}

/// The kernel runs no builtin, and no script without `#!`.
fn runs_without_a_shell(view: &View, words: &[String]) -> Result<(), String> {
    let program = words.first().map_or("", String::as_str);
    if BUILTINS.contains(&program) {
        return Err(format!("`{program}` is part of the shell"));
    }
    let looks_like_script = program.contains('/') || program.ends_with(".sh");
    match view.facts.start().scripts.first() {
        Some(script) if script.text.starts_with("#!") => Ok(()),
        Some(script) => Err(format!("{} has no `#!` line, so only a shell can run it", script.path)),
        None if looks_like_script => Err(format!("{program} is not at hand: it may have no `#!` line")),
        None => Ok(()),
    }
}
