//! What becomes of the steps up to the last one that fills the environment.

use super::super::super::chain;
use super::super::tree::reach::{Reach, reach};
use super::super::tree::{self, Fate, Lot};
use super::super::{copies, pip};
use super::{Calls, builds, copied_tool, goes};
use crate::decision::Held;
use crate::dockerfile::Keyword;
use crate::engine::View;
use crate::facts::{Effect, EnvironmentCall, Step};
use crate::shell::Command;

/// One fate for each of `steps`, the final stage's own up to the last that builds.
pub(super) fn of(view: &View, steps: &[Step], calls: &[Calls], places: &[String]) -> Result<Vec<Fate>, Held> {
    let is_filled = |call: &EnvironmentCall| matches!(call, EnvironmentCall::Makes(_) | EnvironmentCall::Fills(_));
    let mut is_made = false;
    let mut fates = Vec::new();
    for (step, calls) in steps.iter().zip(calls) {
        fates.push(match step.is(Keyword::Run) {
            true => Fate::of_lots(&lots(view, step, calls, places, is_made)?),
            false => Fate::Stays,
        });
        is_made |= calls.iter().flatten().any(is_filled);
    }
    let goes_or_reads_nothing = |step: &Step| {
        let at = steps.iter().position(|other| other.instruction.span == step.instruction.span);
        at.is_some_and(|at| matches!(fates.get(at), Some(Fate::Goes))) || pip::reads_no_files(view, step)
    };
    let is_unneeded = |at: usize, step: &Step| {
        let later = view.facts.steps().own().get(at + 1..).unwrap_or_default();
        copied_tool(view, step).is_some() || copies::is_brought_again(step, later, &goes_or_reads_nothing)
    };
    let unneeded: Vec<bool> = steps.iter().enumerate().map(|(at, step)| is_unneeded(at, step)).collect();
    Ok(fates.into_iter().zip(unneeded).map(|(fate, unneeded)| if unneeded { Fate::Goes } else { fate }).collect())
}

fn lots(view: &View, step: &Step, calls: &Calls, places: &[String], is_made: bool) -> Result<Vec<Lot>, Held> {
    let blocked = |reason: String| Err(Held::blocked_at(reason, step.instruction.span));
    let mut lots = Vec::new();
    for ((command, effect, dir), call) in tree::commands(view, step).zip(calls) {
        lots.push(match (call, effect) {
            (Some(call), _) if goes(call) => Lot::Goes,
            // The environment is not there yet where the rest of the line would run.
            (Some(EnvironmentCall::Activates), _) => Lot::Goes,
            (None, _) if chain::only_serves_others(command) => Lot::Serves,
            (None, _) if builds(calls) && empties_caches(step, command) => Lot::Goes,
            (None, Effect::Packages(_)) => Lot::Stays,
            (None, Effect::Program(_)) if !is_made && !builds(calls) => Lot::Stays,
            (Some(_), _) | (None, Effect::Program(_)) => {
                return blocked(
                    "a program is run here before everything is installed; run it behind the last install".into(),
                );
            }
            (None, _) => match reach(step, command, effect, dir.as_deref(), places, &[]) {
                Reach::Inside => Lot::Goes,
                Reach::Outside => Lot::Stays,
                Reach::Both => {
                    let places = places.join(", ");
                    return blocked(format!(
                        "this line handles files of {places} and others; give each a line of its own"
                    ));
                }
            },
        });
    }
    Ok(lots)
}

/// Whether a command removes nothing but caches.
fn empties_caches(step: &Step, command: &Command) -> bool {
    const CACHES: [&str; 5] = ["/root/.cache", "~/.cache", "$HOME/.cache", "/tmp", "/var/tmp"];
    let Some((run, invocation)) = step.script().zip(command.program()) else { return false };
    let is_cache = |path: &str| path.starts_with('-') || CACHES.iter().any(|cache| path.starts_with(cache));
    invocation.name == "rm" && invocation.words.iter().all(|word| is_cache(word.span.of(run.text())))
}
