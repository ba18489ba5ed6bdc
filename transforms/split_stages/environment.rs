//! What the builder of a Python environment has beside the original's lines.

use super::super::chain;
use super::builder::{self, Recipe};
use super::installers::{Installers, is_called_later};
use super::{ENVIRONMENT, pip, place};
use crate::decision::Held;
use crate::dockerfile::Keyword;
use crate::edit::Span;
use crate::engine::View;
use crate::facts::Step;

/// Programs that need pip when they run.
const PIP: [&str; 3] = ["pip", "spacy", "ensurepip"];

/// Makes a virtual environment before the files that feed the first line that fills it.
pub(super) struct Environment<'s> {
    installers: &'s Installers<'s>,
    first_input: usize,
    /// The first step that fills it.
    pub(super) first_fill: usize,
    /// Where in the first line that fills it the environment is made, behind the tools that live outside of it.
    within: Option<Within>,
}

/// A place between two commands of a chain, in the file.
struct Within {
    at: usize,
    /// What stands between the commands.
    joint: String,
}

impl<'s> Environment<'s> {
    /// `calls` are the indexes of the steps that fill the environment or bring the tools that do.
    pub(super) fn of(
        view: &View,
        steps: &[Step],
        calls: &[usize],
        installers: &'s Installers<'s>,
    ) -> Result<Self, Held> {
        let fills = |step: &Step| pip::calls(view, step).any(|call| !installers.are_brought_by(call));
        let first_fill = calls.iter().copied().find(|&at| steps.get(at).is_some_and(fills));
        let first_fill = first_fill.or(calls.first().copied()).unwrap_or_default();
        let within = match steps.get(first_fill).filter(|step| brings_tools_first(view, step, installers)) {
            Some(step) => {
                let held = || chain::not_apart(step, "a tool is installed and called");
                Some(between(view, step, installers).ok_or_else(held)?)
            }
            None => None,
        };
        Ok(Self { installers, first_input: first_input(steps, first_fill), first_fill, within })
    }
}

impl Recipe for Environment<'_> {
    fn before(&self, view: &View, at: usize, step: &Step) -> String {
        match at == self.first_input {
            true => place::spelled(view, &self.lines(view, step)),
            false => String::new(),
        }
    }

    fn line(&self, view: &View, at: usize, step: &Step, mut block: String) -> String {
        let Some(within) = self.within.as_ref().filter(|_| at == self.first_fill) else { return block };
        let offset = within.at.saturating_sub(view.facts.block(step.instruction.span).start);
        let commands: String = COMMANDS.iter().map(|command| format!("{command}{}", within.joint)).collect();
        if block.is_char_boundary(offset) {
            block.insert_str(offset, &commands);
        }
        block
    }

    fn last(&self, view: &View, step: &Step, block: String) -> String {
        without_pip_itself(view, step, block)
    }

    fn feeds_on(&self, _: usize) -> bool {
        false
    }
}

/// Where the environment is made: before the COPY that feeds the first line that fills it, so that the cache lasts
/// longest.
fn first_input(steps: &[Step], first_fill: usize) -> usize {
    let copies =
        steps.get(..first_fill).unwrap_or_default().iter().rev().take_while(|step| step.copies_context()).count();
    first_fill - copies
}

/// The commands that make it.
const COMMANDS: [&str; 2] = ["python3 -m venv /opt/venv", "rm /opt/venv/bin/[Aa]ctivate*"];

impl Environment<'_> {
    /// The lines that make it. The ENV stands between two RUN lines where it can: two in a row want to be one.
    fn lines(&self, view: &View, next: &Step) -> String {
        let start = view.facts.block(next.instruction.span).start;
        let gap = if builder::starts_paragraph(view, start) { "\n" } else { "" };
        let why = "# A virtual environment, which the runtime stage copies as a whole\n";
        let env = self.installers.builder_env(ENVIRONMENT);
        if self.within.is_some() {
            return format!("{gap}{why}{env}");
        }
        let run = format!("RUN {}\n", COMMANDS.join(" && "));
        let follows_run = view.facts.steps().own().iter().take_while(|step| step.instruction.span.start < start).last();
        let comes_first = next.is(Keyword::Run) && !follows_run.is_some_and(|step| step.is(Keyword::Run));
        if comes_first { format!("{gap}{why}{run}{env}") } else { format!("{gap}{why}{env}{run}") }
    }
}

/// Whether a step installs tools that live outside of the environment before it fills it.
fn brings_tools_first(view: &View, step: &Step, installers: &Installers) -> bool {
    let mut before = pip::calls(view, step).take_while(|call| installers.are_brought_by(call));
    before.any(|call| call.pip.is_some())
}

/// Before the first command of `step` that fills the environment; `None` where the line is no chain.
fn between(view: &View, step: &Step, installers: &Installers) -> Option<Within> {
    let run = step.script().filter(|run| run.script.is_simple_chain())?;
    let effects = view.facts.effects(step);
    let fills = |at: usize| {
        effects.get(at).and_then(|effect| effect.install()).is_some_and(|call| !installers.are_brought_by(call))
    };
    let at = run.script.items.iter().position(|item| item.command.is_some_and(fills))?;
    let (before, fill) = (run.script.items.get(at.checked_sub(1)?)?, run.script.items.get(at)?);
    let joint = Span::new(run.to_file(before.span).end, run.to_file(fill.span).start);
    let is_plain = run.is_editable(fill.span) && !joint.of(view.dockerfile.text()).contains('#');
    is_plain.then(|| Within { at: joint.end, joint: joint.of(view.dockerfile.text()).to_owned() })
}

/// pip goes last: nothing installs anything in the runtime stage.
fn without_pip_itself(view: &View, step: &Step, block: String) -> String {
    let appendable = place::takes_another(step) && !is_called_later(view, &PIP);
    if !appendable {
        return block;
    }
    let edit = place::and_then(view, step, "pip uninstall --yes pip");
    let offset = view.facts.block(step.instruction.span).start;
    let at = edit.span.start.saturating_sub(offset);
    match (block.get(..at), block.get(at..)) {
        (Some(head), Some(tail)) => format!("{head}{}{tail}", edit.text),
        _ => block,
    }
}
