//! What the builder of a Python environment has beside the original's lines.

use super::builder::{self, Recipe};
use super::{ENVIRONMENT, pip, place};
use crate::dockerfile::Keyword;
use crate::engine::View;
use crate::facts::{Effect, Step};

/// Makes a virtual environment before the files that feed the first pip line.
pub(super) struct Environment {
    first_input: usize,
}

impl Environment {
    pub(super) fn of(steps: &[Step], first_pip: usize) -> Self {
        Self { first_input: first_input(steps, first_pip) }
    }
}

impl Recipe for Environment {
    fn before(&self, view: &View, at: usize, step: &Step) -> String {
        if at == self.first_input { place::spelled(view, &environment(view, step)) } else { String::new() }
    }

    fn last(&self, view: &View, step: &Step, block: String) -> String {
        without_pip_itself(view, step, block)
    }

    fn feeds_on(&self, _: usize) -> bool {
        false
    }
}

/// Where the environment is made: before the COPY that feeds the first pip line, so that the cache lasts longest.
fn first_input(steps: &[Step], first_pip: usize) -> usize {
    let copies =
        steps.get(..first_pip).unwrap_or_default().iter().rev().take_while(|step| step.copies_context()).count();
    first_pip - copies
}

/// The lines that make it. The ENV stands between two RUN lines where it can: two in a row want to be one.
fn environment(view: &View, next: &Step) -> String {
    let start = view.facts.block(next.instruction.span).start;
    let gap = if builder::starts_paragraph(view, start) { "\n" } else { "" };
    let why = "# A virtual environment, which the runtime stage copies as a whole\n";
    let env = format!("ENV PATH=\"{ENVIRONMENT}/bin:$PATH\"\n");
    let run = format!("RUN python3 -m venv {ENVIRONMENT} && rm {ENVIRONMENT}/bin/[Aa]ctivate*\n");
    let follows_run = view.facts.steps().own().iter().take_while(|step| step.instruction.span.start < start).last();
    let comes_first = next.is(Keyword::Run) && !follows_run.is_some_and(|step| step.is(Keyword::Run));
    if comes_first { format!("{gap}{why}{run}{env}") } else { format!("{gap}{why}{env}{run}") }
}

/// pip goes last: nothing installs anything in the runtime stage.
fn without_pip_itself(view: &View, step: &Step, block: String) -> String {
    let appendable = place::takes_another(step) && !runtime_needs_pip(view);
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

/// Whether something that stays calls pip, or a program that does.
fn runtime_needs_pip(view: &View) -> bool {
    const CALLERS: [&str; 3] = ["pip", "spacy", "ensurepip"];
    let names_caller =
        |text: &str| text.split(|ch: char| !ch.is_ascii_alphanumeric()).any(|word| CALLERS.contains(&word));
    let start = view.facts.start();
    start.scripts.iter().any(|script| names_caller(&script.text))
        || start.commands.iter().any(|started| started.words.iter().any(|word| names_caller(&word.raw)))
        || view.facts.steps().own().iter().any(|step| {
            let mut programs = pip::with_effects(view, step).filter(|(_, effect)| matches!(effect, Effect::Program(_)));
            programs.any(|(command, _)| command.words.iter().any(|word| names_caller(word.literal_start())))
        })
}
