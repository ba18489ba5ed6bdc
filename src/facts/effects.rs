//! What a command of a RUN does to the image.

use super::packages::PackageCommand;
use super::python::{self, PipCommand};
use super::run::Run;
use crate::dockerfile::Instruction;
use crate::shell::{Command, Invocation};
use crate::templates::{Family, Purpose, Templates, ToolCall};

/// The effect of one command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Effect {
    /// It handles packages of the operating system.
    Packages(PackageCommand),
    /// It is pip.
    Pip(PipCommand),
    /// It prepares files, users or settings of the image and needs no tool chain.
    Files,
    /// It brings files from elsewhere.
    Fetch,
    /// It runs the program or its interpreter: it may read and write whatever the program does.
    Program(String),
    /// It is part of a tool chain or calls one.
    Build(String),
    /// Nobody knows; why.
    Unknown(String),
}

impl Effect {
    /// The call of a package manager, if it is one.
    #[must_use]
    pub const fn packages(&self) -> Option<&PackageCommand> {
        match self {
            Self::Packages(command) => Some(command),
            _ => None,
        }
    }

    /// The call of pip, if it is one.
    #[must_use]
    pub const fn pip(&self) -> Option<&PipCommand> {
        match self {
            Self::Pip(command) => Some(command),
            _ => None,
        }
    }
}

/// One effect for each command of the script, in order.
pub(super) fn of_run(run: &Run, family: Option<Family>, templates: &Templates) -> Vec<Effect> {
    run.script.commands.iter().map(|command| of_command(command, run.text(), family, templates)).collect()
}

/// The effect of a RUN in exec form.
pub(super) fn of_exec(instruction: &Instruction) -> Effect {
    let words = instruction.exec().unwrap_or_default();
    Effect::Unknown(format!("`{}` is not run by a shell", words.join(" ")))
}

fn of_command(command: &Command, text: &str, family: Option<Family>, templates: &Templates) -> Effect {
    if command.words.is_empty() {
        return Effect::Files;
    }
    let Some(invocation) = command.program() else {
        return Effect::Unknown(format!("the program of `{}` is not literal", command.span.of(text)));
    };
    if let Some(packages) = PackageCommand::of(command, &invocation, templates) {
        return Effect::Packages(packages);
    }
    if let Some(pip) = python::pip_command(command, &invocation, templates) {
        return Effect::Pip(pip);
    }
    if makes_environment(&invocation) {
        return Effect::Files;
    }
    if is_program(&invocation, family) {
        return Effect::Program(invocation.name.to_owned());
    }
    if let Some(call) = tool_call(&invocation, templates) {
        return of_tool(call, invocation.name);
    }
    match templates.commands.purpose(invocation.name) {
        Some(Purpose::Runtime) => Effect::Files,
        Some(Purpose::Fetch) => Effect::Fetch,
        Some(Purpose::Program) => Effect::Program(invocation.name.to_owned()),
        Some(Purpose::Build) => Effect::Build(invocation.name.to_owned()),
        None => Effect::Unknown(format!("`{}` is not known", invocation.program.span.of(text))),
    }
}

/// What a tool that builds in the working directory is called for.
pub(super) fn tool_call(invocation: &Invocation, templates: &Templates) -> Option<ToolCall> {
    let words: Vec<&str> = invocation.words.iter().map(|word| word.value.as_deref().unwrap_or_default()).collect();
    templates.ecosystems.of_tool(invocation.name).map(|ecosystem| ecosystem.call(invocation.name, &words))
}

fn of_tool(call: ToolCall, name: &str) -> Effect {
    match call {
        ToolCall::Setting | ToolCall::Cache => Effect::Files,
        ToolCall::PlainGlobal => Effect::Fetch,
        ToolCall::Build | ToolCall::IntoTrees | ToolCall::Global | ToolCall::Outside => Effect::Build(name.to_owned()),
    }
}

/// `python -m venv` copies files and starts nothing of the program; its `activate` only sets variables.
fn makes_environment(invocation: &Invocation) -> bool {
    let is_module = matches!(invocation.words, [option, module, ..] if option.is("-m") && module.is("venv"));
    let activates = matches!(invocation.words, [script] if script.value.as_deref().is_some_and(|path| path.ends_with("/bin/activate")));
    (is_module && python::is_python(invocation.name)) || (activates && matches!(invocation.name, "." | "source"))
}

/// A Python that runs the program's own code, and does not build it.
fn is_program(invocation: &Invocation, family: Option<Family>) -> bool {
    let on_unix = family != Some(Family::Windows);
    let builds = invocation.words.iter().any(|word| word.is("setup.py") || word.is("build"));
    on_unix && !builds && python::is_python(invocation.name)
}
