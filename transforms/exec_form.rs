//! `CMD program args` becomes `CMD ["program", "args"]`, where the shell has nothing to do.

use super::Transform;
use crate::decision::{Announced, Change, Decision, Evidence, Held, Meaning, Safety};
use crate::dockerfile::{Arguments, Instruction, Keyword};
use crate::edit::{Edit, Span};
use crate::engine::View;
use crate::facts::start::StartScript;
use crate::facts::{Step, python};
use crate::shell;
use crate::templates::Family;

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
    if view.facts.family() == Some(Family::Windows) || view.dockerfile.escape() != '\\' {
        return Err(blocked("the shell of Windows reads its words in another way".into()));
    }
    keeps_its_partner(view, instruction)?;
    let words = Words::of(instruction)?;
    runs_without_a_shell(view, &words.values).map_err(blocked)?;
    let keyword = instruction.keyword().as_str();
    Ok(Change {
        at: instruction.span,
        edits: words.edits(instruction),
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
        let reason = format!("{} stands beside it, and the two forms pass it other words", partner.as_str());
        return Err(Held::blocked_at(reason, step.instruction.span));
    }
    let image = view.facts.base().and_then(|base| base.image());
    if instruction.is(Keyword::Cmd) && image.is_none_or(|image| !image.entrypoint.is_empty()) {
        let reason = "the base image may have an ENTRYPOINT, which would be given other words";
        return Err(Held::blocked_at(reason, instruction.span));
    }
    Ok(())
}

/// The words of a command that needs no shell.
struct Words {
    values: Vec<String>,
    /// Where they stand in the instruction's arguments.
    spans: Vec<Span>,
}

impl Words {
    fn of(instruction: &Instruction) -> Result<Self, Held> {
        let blocked = |reason: &str| Held::blocked_at(reason, instruction.span);
        let script = shell::parse(instruction.rest())
            .map_err(|opaque| Held::blocked_at(opaque.to_string(), instruction.span))?;
        let [command] = script.commands.as_slice() else {
            return Err(blocked("the shell runs more than one command; put it into a script that ends in `exec`"));
        };
        if !script.is_simple_chain() || !command.redirects.is_empty() || !command.assignments.is_empty() {
            return Err(blocked("the shell redirects, assigns or pipes; put it into a script that ends in `exec`"));
        }
        let (exec, words) = match command.words.as_slice() {
            [exec, words @ ..]
                if exec.is("exec") && words.first().is_some_and(|word| !word.literal_start().starts_with('-')) =>
            {
                (true, words)
            }
            words => (false, words),
        };
        let values: Option<Vec<String>> = words.iter().map(|word| word.value.clone()).collect();
        match values {
            Some(values) => Ok(Self { values, spans: words.iter().map(|word| word.span).collect() }),
            None if exec => {
                Err(Held::satisfied("`exec` puts the program in the place of the shell that fills in its words"))
            }
            None => Err(blocked(
                "the shell fills in variables or patterns; `exec` before the program would let signals reach it",
            )),
        }
    }

    /// Every word in quotes where it stands; what stands around the command goes: `exec`, a comment, a last `;`.
    fn edits(&self, instruction: &Instruction) -> Vec<Edit> {
        let rest = instruction.parts.rest;
        let in_file = |start: usize, end: usize| instruction.to_file(Span::new(rest.start + start, rest.start + end));
        let last = self.values.len().saturating_sub(1);
        let words = self.values.iter().zip(&self.spans).enumerate();
        words
            .map(|(at, (value, span))| {
                let json = serde_json::Value::from(value.as_str());
                let (open, start) = if at == 0 { ("[", 0) } else { ("", span.start) };
                let (close, end) = if at == last { ("]", rest.end - rest.start) } else { (",", span.end) };
                Edit::replace(in_file(start, end), format!("{open}{json}{close}"))
            })
            .collect()
    }
}

/// The kernel runs no builtin, and no script without `#!`.
fn runs_without_a_shell(view: &View, words: &[String]) -> Result<(), String> {
    let program = words.first().map_or("", String::as_str);
    if BUILTINS.contains(&program) {
        return Err(format!("`{program}` is part of the shell"));
    }
    let name = program.rsplit('/').next().unwrap_or(program);
    let is_known = python::is_python(name) || view.facts.base().is_some_and(|base| base.has_program(name));
    let looks_like_script = !is_known && (program.contains('/') || program.ends_with(".sh"));
    let is_started = |script: &&StartScript| script.path.rsplit('/').next() == Some(name);
    match view.facts.start().scripts.iter().find(is_started) {
        Some(script) if script.text.starts_with("#!") => Ok(()),
        Some(script) => Err(format!("{} has no `#!` line, so only a shell can run it; give it one", script.path)),
        None if looks_like_script => {
            Err(format!("{program} is not at hand: it may have no `#!` line; give its folder with --context"))
        }
        None => Ok(()),
    }
}
