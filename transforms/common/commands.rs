//! Decisions about single commands, wherever they stand.

use crate::decision::{Decision, Held};
use crate::engine::View;
use crate::facts::{Effect, Run, Step};
use crate::shell::{Command, Word};

/// A command of a RUN.
pub(in crate::transforms) struct Site<'s> {
    /// The stage that it stands in.
    pub(in crate::transforms) stage: usize,
    pub(in crate::transforms) step: &'s Step<'s>,
    pub(in crate::transforms) run: &'s Run<'s>,
    pub(in crate::transforms) command: &'s Command,
    pub(in crate::transforms) effect: &'s Effect,
}

impl Site<'_> {
    /// Where in the file the first word ends of which `is` holds.
    pub(in crate::transforms) fn end_of(&self, is: impl Fn(&Word) -> bool) -> Option<usize> {
        let word = self.command.words.iter().find(|word| is(word))?;
        Some(self.run.to_file(word.span).end)
    }
}

/// Asks `decide` about every command of the RUN lines that the final image rests on; `satisfied` where it has nothing to say.
pub(in crate::transforms) fn each(
    view: &View,
    satisfied: &str,
    decide: impl Fn(&Site) -> Option<Decision>,
) -> Result<Vec<Decision>, Held> {
    let mut decisions = Vec::new();
    for stage in view.facts.needed_stages() {
        for step in view.facts.steps_of(stage).own() {
            let Some(run) = step.script() else { continue };
            let commands = run.script.commands.iter().zip(view.facts.effects_in(stage, step));
            decisions
                .extend(commands.filter_map(|(command, effect)| decide(&Site { stage, step, run, command, effect })));
        }
    }
    // What holds one command of a line holds the others for the same reason: it is said once.
    decisions.dedup_by(|later, earlier| later.is_err() && later == earlier);
    if decisions.is_empty() { Err(Held::satisfied(satisfied)) } else { Ok(decisions) }
}

/// Whether a call with these words only asks the program about itself.
pub(in crate::transforms) fn asks_about_itself(words: &[Word]) -> bool {
    words.iter().any(|word| word.is("--version") || word.is("-v") || word.is("--help"))
}
