//! Calls of programs by a tool that stays behind: `uv run x` becomes `x`, which PATH finds in the environment.
//!
//! Such a tool installs whatever is missing before it starts the program, and writes a cache in the home directory: a user
//! without one can't start it at all.

use super::{Calls, EnvironmentCall};
use crate::context::Context;
use crate::decision::{Held, Place};
use crate::dockerfile::{Arguments, Instruction, Keyword};
use crate::edit::{Edit, Span};
use crate::engine::View;
use crate::facts::Step;
use crate::shell::{self, Command};
use toml::{Table, Value};

/// Takes the tools out of what the stage calls behind `until` and when it starts.
pub(super) fn edits(view: &View, until: usize, calls: &[Calls]) -> Result<Vec<Edit>, Held> {
    let steps = view.facts.steps().own();
    let project = Project::of(view, calls);
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
    let target = Target::of(project, tool, rest).map_err(blocked)?;
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
    let run = Target::of(project, invocation.name, &words)?;
    let target = invocation.words.get(run.skipped).ok_or_else(unknown)?;
    let before: String = run.before.iter().map(|word| format!("{word} ")).collect();
    Ok((Span::new(invocation.program.span.start, target.span.start), before))
}

/// The program that a tool would run.
#[derive(Debug, PartialEq, Eq)]
struct Target {
    /// How many words behind the tool stand before the program's name.
    skipped: usize,
    /// What must stand before it instead.
    before: &'static [&'static str],
}

impl Target {
    /// # Errors
    /// Why the program by itself may be another one.
    fn of(project: &Project, tool: &str, words: &[&str]) -> Result<Self, String> {
        const PLAIN: [&str; 7] = ["--no-sync", "--frozen", "--locked", "--no-dev", "--offline", "--no-cache", "--"];
        let other = |why: &str| Err(format!("`{tool} {}` {why}; call the program itself", words.join(" ")));
        if words.first() != Some(&"run") {
            return other("needs the tool, which would stay in the builder");
        }
        let skipped = 1 + words.iter().skip(1).take_while(|word| tool == "uv" && PLAIN.contains(word)).count();
        let name = words.get(skipped).copied().unwrap_or_default();
        let is_module = tool == "uv" && name == "-m";
        if name.is_empty() || (name.starts_with('-') && !is_module) {
            return other("runs a program in a way that is not known");
        }
        if let Some(why) = project.makes(tool, name) {
            return other(&why);
        }
        let is_script = tool == "uv" && name.ends_with(".py");
        Ok(Self { skipped, before: if is_module || is_script { &["python"] } else { &[] } })
    }
}

/// What the project's files say of the programs that a tool runs.
struct Project<'v> {
    context: &'v Context,
    /// Whether the builder installs the project itself, and not what it needs alone.
    is_installed: bool,
}

impl<'v> Project<'v> {
    fn of(view: &'v View, calls: &[Calls]) -> Self {
        const WITHOUT: [&str; 4] = ["--no-install-project", "--no-root", "--no-self", "--no-install-workspace"];
        let commands = view
            .facts
            .steps()
            .own()
            .iter()
            .zip(calls)
            .flat_map(|(step, calls)| step.script().into_iter().flat_map(|run| &run.script.commands).zip(calls));
        let fills = commands.filter(|(_, call)| matches!(call, Some(EnvironmentCall::Fills(_))));
        let last = fills.last().map(|(command, _)| command);
        let is_without = last.is_some_and(|it| it.words.iter().any(|word| WITHOUT.contains(&word.literal_start())));
        Self { context: view.facts.input.context, is_installed: !is_without }
    }

    /// Why `name` may be more than a program of the environment.
    fn makes(&self, tool: &str, name: &str) -> Option<String> {
        let file = if tool == "pipenv" { "Pipfile" } else { "pyproject.toml" };
        let needs_no_look = self.is_installed && matches!(tool, "uv" | "poetry");
        if needs_no_look {
            return None;
        }
        let Some(manifest) = self.context.text(file).and_then(|text| text.parse::<Table>().ok()) else {
            return Some(format!("may run a script of {file}, which is not at hand"));
        };
        let scripts: &[&[&str]] = match tool {
            "pdm" => &[&["tool", "pdm", "scripts"]],
            "pipenv" => &[&["scripts"]],
            _ => &[&["project", "scripts"], &["tool", "poetry", "scripts"]],
        };
        if scripts.iter().any(|path| table(&manifest, path).is_some_and(|scripts| scripts.contains_key(name))) {
            return Some(format!("runs a script of {file}"));
        }
        if tool == "uv" && is_package(&manifest) {
            return Some("would install the project itself, which the builder does not".into());
        }
        let reads_settings = tool == "pipenv" && self.context.may_exist(".env");
        reads_settings.then(|| "reads .env before it starts the program".into())
    }
}

/// Whether uv installs the project itself beside what it needs.
fn is_package(manifest: &Table) -> bool {
    let told = table(manifest, &["tool", "uv"]).and_then(|uv| uv.get("package")).and_then(Value::as_bool);
    told.unwrap_or_else(|| manifest.contains_key("build-system"))
}

fn table<'t>(manifest: &'t Table, path: &[&str]) -> Option<&'t Table> {
    path.iter().try_fold(manifest, |table, key| table.get(*key)?.as_table())
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

    fn program(tool: &str, words: &[&str], is_installed: bool, files: &[(&str, &str)]) -> Result<String, String> {
        let context = if files.is_empty() { Context::empty() } else { Context::from_files(files.iter().copied()) };
        let target = Target::of(&Project { context: &context, is_installed }, tool, words)?;
        Ok([target.before, &words[target.skipped..]].concat().join(" "))
    }

    #[test]
    fn a_plain_call_is_that_of_the_program() {
        for (words, expected) in [
            (&["run", "uvicorn", "a:b"][..], "uvicorn a:b"),
            (&["run", "--no-sync", "--", "python", "-m", "x"], "python -m x"),
            (&["run", "main.py", "--port", "1"], "python main.py --port 1"),
            (&["run", "-m", "x"], "python -m x"),
        ] {
            assert_eq!(program("uv", words, true, &[]).as_deref(), Ok(expected));
        }
    }

    #[test]
    fn a_call_in_a_way_of_its_own_is_none() {
        for words in
            [&["run", "--with", "x", "y"][..], &["sync"], &["run"], &["run", "--env-file", ".env", "x"], &["run", ""]]
        {
            assert!(program("uv", words, true, &[]).is_err(), "{words:?}");
        }
        assert!(program("poetry", &["run", "-m", "x"], true, &[]).is_err());
    }

    #[test]
    fn a_script_of_the_project_is_no_program_of_the_environment() {
        let scripts = [
            ("pyproject.toml", "[project.scripts]\nserve = \"a:b\"\n[tool.pdm.scripts]\nstart = \"x\"\n"),
            ("Pipfile", "[scripts]\nweb = \"x\"\n"),
        ];
        assert!(program("poetry", &["run", "serve"], false, &scripts).is_err());
        assert!(program("poetry", &["run", "serve"], true, &scripts).is_ok());
        assert!(program("pdm", &["run", "start"], true, &scripts).is_err());
        assert!(program("pdm", &["run", "gunicorn"], true, &scripts).is_ok());
        assert!(program("pdm", &["run", "gunicorn"], true, &[]).is_err());
        assert!(program("pipenv", &["run", "web"], true, &scripts).is_err());
        assert!(program("pipenv", &["run", "gunicorn"], true, &[scripts[1], (".env", "A=1")]).is_err());
    }

    #[test]
    fn uv_would_install_a_package_that_the_builder_left_out() {
        let package = [("pyproject.toml", "[project]\nname = \"x\"\n[build-system]\nrequires = []\n")];
        assert!(program("uv", &["run", "uvicorn"], false, &package).is_err());
        assert!(program("uv", &["run", "uvicorn"], true, &package).is_ok());
        assert!(program("uv", &["run", "uvicorn"], false, &[("pyproject.toml", "[project]\nname = \"x\"\n")]).is_ok());
    }

    #[test]
    fn literals_are_found_behind_escapes_and_line_breaks() {
        assert_eq!(literals("[\"a\\\"b\",\n \"c\"]"), [1, 10]);
    }
}
