//! What the builder of a Python environment has beside the original's lines.

use super::builder::{self, Recipe};
use super::installers::{Installers, is_called_later};
use super::{ENVIRONMENT, pip, place};
use crate::dockerfile::Keyword;
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
}

impl<'s> Environment<'s> {
    /// `calls` are the indexes of the steps that fill the environment or bring the tools that do.
    pub(super) fn of(view: &View, steps: &[Step], calls: &[usize], installers: &'s Installers<'s>) -> Self {
        let fills = |step: &Step| pip::calls(view, step).any(|call| !installers.prepare_by(call));
        let first_fill = calls.iter().copied().find(|&at| steps.get(at).is_some_and(fills));
        let first_fill = first_fill.or(calls.first().copied()).unwrap_or_default();
        Self { installers, first_input: first_input(steps, first_fill), first_fill }
    }
}

impl Recipe for Environment<'_> {
    fn before(&self, view: &View, at: usize, step: &Step) -> String {
        match at == self.first_input {
            true => place::spelled(view, &self.lines(view, step)),
            false => String::new(),
        }
    }

    fn line(&self, view: &View, at: usize, step: &Step, block: String) -> String {
        if at < self.first_fill { block } else { with_tools_outside(view, step, self.installers, block) }
    }

    fn last(&self, view: &View, step: &Step, block: String) -> String {
        without_pip_itself(view, step, block)
    }
}

/// Where the environment is made: before the COPY that feeds the first line that fills it, so that the cache lasts
/// longest.
fn first_input(steps: &[Step], first_fill: usize) -> usize {
    let copies =
        steps.get(..first_fill).unwrap_or_default().iter().rev().take_while(|step| step.copies_context()).count();
    first_fill - copies
}

impl Environment<'_> {
    /// The lines that make it. The ENV stands between two RUN lines where it can: two in a row want to be one.
    fn lines(&self, view: &View, next: &Step) -> String {
        let start = view.facts.block(next.instruction.span).start;
        let gap = if builder::starts_paragraph(view, start) { "\n" } else { "" };
        let why = "# A virtual environment, which the runtime stage copies as a whole\n";
        let env = self.installers.builder_env(ENVIRONMENT);
        let run = format!("RUN python3 -m venv {ENVIRONMENT} && rm {ENVIRONMENT}/bin/[Aa]ctivate*\n");
        let follows_run = view.facts.steps().own().iter().take_while(|step| step.instruction.span.start < start).last();
        let comes_first = next.is(Keyword::Run) && !follows_run.is_some_and(|step| step.is(Keyword::Run));
        if comes_first { format!("{gap}{why}{run}{env}") } else { format!("{gap}{why}{env}{run}") }
    }
}

/// The pip of the image installs the tools: they are not for the environment, whose pip is found first by now.
fn with_tools_outside(view: &View, step: &Step, installers: &Installers, mut block: String) -> String {
    let Some(run) = step.script() else { return block };
    let start = view.facts.block(step.instruction.span).start;
    let calls = pip::with_effects(view, step).filter(|(_, effect)| {
        effect.install().is_some_and(|call| call.pip.as_ref().is_some_and(|pip| installers.are_installed_by(pip)))
    });
    let programs = calls.filter_map(|(command, _)| command.program()).filter(|call| call.program.is(call.name));
    let places: Vec<usize> = programs.map(|call| run.to_file(call.program.span).start.saturating_sub(start)).collect();
    for at in places.into_iter().rev() {
        if block.is_char_boundary(at) {
            block.insert_str(at, "/usr/local/bin/");
        }
    }
    block
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
