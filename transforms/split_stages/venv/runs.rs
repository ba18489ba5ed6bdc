//! Calls of programs by a tool that stays behind: `uv run x` becomes `x`, which PATH finds in the environment.
//!
//! Such a tool installs whatever is missing before it starts the program, and writes a cache in the home directory: a user
//! without one can't start it at all.

use super::{Calls, EnvironmentCall};
use crate::decision::{Held, Place};
use crate::dockerfile::{Arguments, Instruction, Keyword};
use crate::edit::{Edit, Span};
use crate::engine::View;
use crate::facts::Step;
use crate::facts::runner::Project;
use crate::shell::{self, Command};

/// Takes the tools out of what the stage calls behind `until` and when it starts.
pub(super) fn edits(view: &View, until: usize, calls: &[Calls]) -> Result<Vec<Edit>, Held> {
    let steps = view.facts.steps().own();
    let project = view.facts.project_run_by_tools(steps, calls);
    let mut edits = Vec::new();
    for (step, calls) in steps.iter().zip(calls).skip(until) {
        edits.extend(in_run(&project, step, calls)?);
    }
    let mut taken = Vec::new();
    for keyword in [Keyword::Entrypoint, Keyword::Cmd] {
        let Some(step) = view.facts.steps().all.iter().rev().find(|step| step.is(keyword)) else { continue };
        let is_own = steps.iter().any(|own| own.instruction.span == step.instruction.span);
        let own = if is_own { at_start(view, &project, step.instruction)? } else { Vec::new() };
        if own.len() < tools(view).map(|tool| mentions(step.instruction.rest(), tool)).sum() {
            let reason = "a tool that would stay in the builder is called at start; call the program itself";
            return Err(Held::blocked_at(reason, step.instruction.span));
        }
        taken.push(Place::Dockerfile(step.instruction.span));
        edits.extend(own);
    }
    let mut started = view.facts.start().commands.iter().filter(|started| !taken.contains(&started.place));
    match started.find(|started| tools(view).any(|tool| tool == started.name)) {
        Some(started) => {
            let what = started.evidence().what;
            let tool = &started.name;
            let reason =
                format!("`{what}` at start needs {tool}, which would stay in the builder; call the program itself");
            Err(Held::blocked(reason))
        }
        None => Ok(edits),
    }
}

/// The programs that install projects.
pub(super) fn tools<'v>(view: &'v View) -> impl Iterator<Item = &'v str> {
    view.facts.input.templates.python.installers().map(|(tool, _)| tool)
}

/// How often `text` names a tool.
pub(super) fn mentions(text: &str, tool: &str) -> usize {
    let breaks = |ch: char| !ch.is_ascii_alphanumeric() && !matches!(ch, '-' | '_' | '.');
    text.split(breaks).filter(|word| *word == tool).count()
}

fn in_run(project: &Project, step: &Step, calls: &Calls) -> Result<Vec<Edit>, Held> {
    let Some(run) = step.script() else { return Ok(Vec::new()) };
    let called = run.script.commands.iter().zip(calls);
    let runs = called.filter(|(_, call)| matches!(call, Some(EnvironmentCall::Runs(_))));
    let edit = |(command, _): (&Command, _)| {
        let (span, text) = of_command(project, command).map_err(|why| Held::blocked_at(why, step.instruction.span))?;
        Ok(Edit::replace(run.to_file(span), text))
    };
    runs.map(edit).collect()
}

/// What CMD or ENTRYPOINT lose.
fn at_start(view: &View, project: &Project, instruction: &Instruction) -> Result<Vec<Edit>, Held> {
    let is_tool = |name: &str| tools(view).any(|tool| tool == name);
    let blocked = |why| Held::blocked_at(why, instruction.span);
    let array = instruction.rest();
    let at = |start: usize, end: usize| {
        let rest = instruction.parts.rest.start;
        instruction.to_file(Span::new(rest + start, rest + end))
    };
    let Arguments::Json(arguments) = &instruction.parts.arguments else {
        return in_script(view, project, array).map_err(blocked).map(|found| {
            found.into_iter().map(|(span, text)| Edit::replace(at(span.start, span.end), text)).collect()
        });
    };
    let words: Vec<&str> = arguments.iter().map(|argument| argument.text.as_str()).collect();
    let starts = literals(array);
    if let (["sh" | "bash" | "/bin/sh" | "/bin/bash", "-c", script], Some(start)) = (words.as_slice(), starts.get(2)) {
        let is_verbatim = array.get(start + 1..).is_some_and(|rest| rest.starts_with(script));
        let found = in_script(view, project, script).map_err(blocked)?;
        let edit = |(span, text): (Span, String)| Edit::replace(at(start + 1 + span.start, start + 1 + span.end), text);
        return Ok(found.into_iter().filter(|_| is_verbatim).map(edit).collect());
    }
    let Some((tool, rest)) = words.split_first().filter(|(tool, _)| is_tool(tool)) else { return Ok(Vec::new()) };
    let target = project.target(tool, rest).map_err(blocked)?;
    let before: String = target.before.iter().map(|word| format!("\"{word}\", ")).collect();
    let ends = starts.first().zip(starts.get(target.skipped + 1));
    Ok(ends.map(|(start, end)| Edit::replace(at(*start, *end), before)).into_iter().collect())
}

/// What the commands of a script lose.
fn in_script(view: &View, project: &Project, text: &str) -> Result<Vec<(Span, String)>, String> {
    let is_tool = |name: &str| tools(view).any(|tool| tool == name);
    let Ok(script) = shell::parse(text) else { return Ok(Vec::new()) };
    let called = script.commands.iter().filter(|command| command.program().is_some_and(|it| is_tool(it.name)));
    called.map(|command| of_command(project, command)).collect()
}

/// What stands before the program in a command, and what is to stand there.
fn of_command(project: &Project, command: &Command) -> Result<(Span, String), String> {
    let unknown = || "it is not known which program is run here".to_owned();
    let invocation = command.program().ok_or_else(unknown)?;
    let words: Vec<&str> = invocation.words.iter().map(|word| word.value.as_deref().unwrap_or_default()).collect();
    let run = project.target(invocation.name, &words)?;
    let target = invocation.words.get(run.skipped).ok_or_else(unknown)?;
    let before: String = run.before.iter().map(|word| format!("{word} ")).collect();
    Ok((Span::new(invocation.program.span.start, target.span.start), before))
}

/// Where the string literals of a JSON array of strings start.
fn literals(array: &str) -> Vec<usize> {
    let (mut starts, mut inside, mut escaped) = (Vec::new(), false, false);
    for (at, ch) in array.char_indices() {
        match ch {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '"' => {
                if !inside {
                    starts.push(at);
                }
                inside = !inside;
            }
            _ => {}
        }
    }
    starts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn literals_are_found_behind_escapes_and_line_breaks() {
        assert_eq!(literals("[\"a\\\"b\",\n \"c\"]"), [1, 10]);
    }
}
