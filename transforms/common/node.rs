//! The lines that install the packages of a project of Node.

use super::commands::asks_about_itself;
use crate::edit::Span;
use crate::engine::View;
use crate::facts::{Effect, Run, Step};
use crate::shell::{Command, Scope, Word};
use crate::templates::ToolCall;

/// A package manager.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::transforms) enum Manager {
    Npm,
    Yarn,
    Pnpm,
    Bun,
}

impl Manager {
    fn of(name: &str) -> Option<Self> {
        Some(match name {
            "npm" => Self::Npm,
            "yarn" | "yarnpkg" => Self::Yarn,
            "pnpm" => Self::Pnpm,
            "bun" => Self::Bun,
            _ => return None,
        })
    }

    pub(in crate::transforms) const fn name(self) -> &'static str {
        match self {
            Self::Npm => "npm",
            Self::Yarn => "yarn",
            Self::Pnpm => "pnpm",
            Self::Bun => "bun",
        }
    }
}

/// A command that installs what `package.json` names.
pub(in crate::transforms) struct Install<'s, 'a> {
    /// The index of its step.
    pub(in crate::transforms) at: usize,
    pub(in crate::transforms) step: &'s Step<'a>,
    pub(in crate::transforms) run: &'s Run<'a>,
    pub(in crate::transforms) manager: Manager,
    pub(in crate::transforms) verb: &'s str,
    /// The word behind which options go, in the script.
    pub(in crate::transforms) verb_span: Span,
    /// The working directory.
    pub(in crate::transforms) dir: String,
    /// The stage that it stands in, or one that rests on that.
    stage: usize,
    command: &'s Command,
}

impl Install<'_, '_> {
    /// Its options; one that is not literal shows as far as it is.
    pub(in crate::transforms) fn options(&self) -> impl Iterator<Item = &str> {
        self.command.words.iter().map(|word| word.literal_start()).filter(|word| word.starts_with('-'))
    }

    pub(in crate::transforms) fn has(&self, option: &str) -> bool {
        self.options().any(|own| own == option)
    }

    /// Whether it says `--omit dev` in two words.
    pub(in crate::transforms) fn omits_dev(&self) -> bool {
        self.command.words.windows(2).any(|pair| pair.iter().map(Word::literal_start).eq(["--omit", "dev"]))
    }

    /// Whether `NAME=value` stands before it.
    pub(in crate::transforms) fn assigns(&self, assignment: &str) -> bool {
        self.command.assignments.iter().any(|word| word.is(assignment))
    }

    /// Whether another command of its line may build.
    pub(in crate::transforms) fn builds_beside(&self, view: &View) -> bool {
        let others = self.run.script.commands.iter().filter(|other| other.span != self.command.span);
        let is_node = |command: &Command| command.program().is_some_and(|it| it.name == "node");
        others.filter(|other| !is_node(other)).any(|other| view.facts.tool_call(other).is_some_and(ToolCall::builds))
    }

    /// Whether the image's npm is older than 7, or nobody knows.
    pub(in crate::transforms) fn has_older_manager(&self, view: &View) -> bool {
        let base = view.facts.image_below(self.stage);
        let ecosystem = base.and_then(|base| view.facts.input.templates.ecosystems.of_image(&base.name));
        let tag = base.and_then(|base| base.tag.as_deref()).unwrap_or_default();
        ecosystem.is_none_or(|ecosystem| ecosystem.has_older_manager(tag))
    }
}

/// What `steps` install in the stage at `stage`.
pub(in crate::transforms) fn installs<'s, 'a>(
    view: &View,
    stage: usize,
    steps: &'s [Step<'a>],
) -> Vec<Install<'s, 'a>> {
    let mut found = Vec::new();
    for (at, step) in steps.iter().enumerate() {
        let Some(run) = step.script() else { continue };
        for command in &run.script.commands {
            let Some((manager, verb, verb_span)) = install_call(view, command) else { continue };
            let Some(dir) = directory(step, run, command) else { continue };
            found.push(Install { at, step, run, manager, verb, verb_span, dir, stage, command });
        }
    }
    found
}

/// Options by which a manager works in another folder.
const ELSEWHERE: [&str; 9] =
    ["--prefix", "-C", "--cwd", "--dir", "--filter", "-F", "--workspace", "-w", "--workspaces"];

/// The manager, the verb and where that stands, of a command that installs what `package.json` names and nothing else.
fn install_call<'c>(view: &View, command: &'c Command) -> Option<(Manager, &'c str, Span)> {
    let invocation = command.program()?;
    let manager = Manager::of(invocation.name).filter(|_| view.facts.tool_call(command) == Some(ToolCall::Build))?;
    if invocation
        .words
        .iter()
        .any(|word| ELSEWHERE.contains(&word.literal_start().split('=').next().unwrap_or_default()))
    {
        return None;
    }
    let mut plain = invocation.words.iter().filter(|word| !word.literal_start().starts_with('-'));
    let first = plain.next();
    let rest = plain.next();
    match (manager, first, rest) {
        (Manager::Yarn, None, _) if !asks_about_itself(invocation.words) => {
            Some((manager, "", invocation.program.span))
        }
        (_, Some(word), None) => {
            let verb = word.value.as_deref()?;
            let installs = match manager {
                Manager::Npm => matches!(verb, "install" | "i" | "ci" | "clean-install"),
                Manager::Yarn => verb == "install",
                Manager::Pnpm => matches!(verb, "install" | "i"),
                Manager::Bun => verb == "install",
            };
            installs.then_some((manager, verb, word.span))
        }
        _ => None,
    }
}

/// The directory that a command runs in, where no `cd` leaves it in doubt.
fn directory(step: &Step, run: &Run, command: &Command) -> Option<String> {
    let workdir = step.scope.workdir.as_deref()?;
    let before = run.script.commands.iter().take_while(|other| other.span.start < command.span.start);
    let mut moves = before.filter_map(Command::program).filter(|invocation| matches!(invocation.name, "cd" | "pushd"));
    let is_plain = command.scope == Scope::TopLevel && !command.conditional;
    (moves.next().is_none() && is_plain).then(|| workdir.to_owned())
}

/// Whether a step calls a tool that builds, or nobody knows what; `node` runs the program's own code alone.
pub(in crate::transforms) fn may_build(view: &View, stage: usize, step: &Step) -> bool {
    let effects = view.facts.effects_in(stage, step);
    let commands = step.script().map_or(&[] as &[Command], |run| run.script.commands.as_slice());
    let is_node = |at: usize| commands.get(at).and_then(Command::program).is_some_and(|it| it.name == "node");
    effects.iter().enumerate().any(|(at, effect)| match effect {
        Effect::Build(_) => !is_node(at),
        Effect::Unknown(_) => true,
        _ => false,
    })
}

/// Whether one of `steps` may have left packages in `dir`.
pub(in crate::transforms) fn builds_in(view: &View, steps: &[Step], dir: &str) -> bool {
    steps.iter().any(|step| {
        let in_dir = step.scope.workdir.as_deref().is_none_or(|own| own == dir);
        let commands = step.script().into_iter().flat_map(|run| &run.script.commands);
        in_dir && commands.into_iter().any(|command| view.facts.tool_call(command).is_some_and(ToolCall::builds))
    })
}
