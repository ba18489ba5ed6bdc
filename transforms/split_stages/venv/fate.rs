//! What becomes of the steps up to the last one that fills the environment.

use super::super::super::chain;
use super::super::copies;
use super::super::tree::reach::{Reach, reach};
use super::super::tree::{self, Fate};
use super::{Calls, builds, copied_tool, goes};
use crate::decision::Held;
use crate::dockerfile::Keyword;
use crate::engine::View;
use crate::facts::{Effect, EnvironmentCall, Step};

/// What becomes of a command.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Lot {
    Stays,
    Goes,
    /// It shares the lot of the others.
    Serves,
}

/// One fate for each of `steps`, the final stage's own up to the last that builds.
pub(super) fn of(view: &View, steps: &[Step], calls: &[Calls], places: &[String]) -> Result<Vec<Fate>, Held> {
    let is_filled = |call: &EnvironmentCall| matches!(call, EnvironmentCall::Makes(_) | EnvironmentCall::Fills(_));
    let mut is_made = false;
    let mut fates = Vec::new();
    for (at, (step, calls)) in steps.iter().zip(calls).enumerate() {
        let later = view.facts.steps().own().get(at + 1..).unwrap_or_default();
        fates.push(match step.instruction.keyword() {
            Keyword::Run => of_run(view, step, calls, places, is_made)?,
            Keyword::Copy | Keyword::Add => of_copy(view, step, later),
            _ => Fate::Stays,
        });
        is_made |= calls.iter().flatten().any(is_filled);
    }
    Ok(fates)
}

fn of_run(view: &View, step: &Step, calls: &Calls, places: &[String], is_made: bool) -> Result<Fate, Held> {
    let lots = lots(view, step, calls, places, is_made)?;
    Ok(match (lots.contains(&Lot::Goes), lots.contains(&Lot::Stays)) {
        (false, _) => Fate::Stays,
        (true, false) => Fate::Goes,
        (true, true) => Fate::Partly(lots.iter().map(|lot| *lot == Lot::Goes).collect()),
    })
}

fn lots(view: &View, step: &Step, calls: &Calls, places: &[String], is_made: bool) -> Result<Vec<Lot>, Held> {
    const CACHES: [&str; 4] = ["/root/.cache", "~/.cache", "/tmp", "/var/tmp"];
    let blocked = |reason: String| Err(Held::blocked_at(reason, step.instruction.span));
    let mut lots = Vec::new();
    for ((command, effect, dir), call) in tree::commands(view, step).zip(calls) {
        let reach = || step.script().map(|run| reach(run, command, effect, dir.as_deref(), places));
        lots.push(match (call, effect) {
            (Some(call), _) if goes(call) => Lot::Goes,
            // The environment is not there yet where the rest of the line would run.
            (Some(EnvironmentCall::Activates), _) => Lot::Goes,
            (None, _) if chain::only_serves_others(command) => Lot::Serves,
            (None, _) if builds(calls) && chain::only_empties(command, CACHES.into_iter()) => Lot::Goes,
            (None, Effect::Packages(_)) => Lot::Stays,
            (None, Effect::Program(_)) if !is_made && !builds(calls) => Lot::Stays,
            (Some(_), _) | (None, Effect::Program(_)) => {
                return blocked(
                    "a program is run here before everything is installed; run it behind the last install".into(),
                );
            }
            (None, _) => match reach() {
                Some(Reach::Inside) => Lot::Goes,
                Some(Reach::Outside) => Lot::Stays,
                Some(Reach::Both) | None => {
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

fn of_copy(view: &View, step: &Step, later: &[Step]) -> Fate {
    let calls = view.facts.environment_calls(&view.facts.steps().all);
    let goes_wholly = |step: &Step| {
        let at = view.facts.steps().all.iter().position(|other| other.instruction.span == step.instruction.span);
        let calls = at.and_then(|at| calls.get(at));
        let mut commands =
            step.script().into_iter().flat_map(|run| &run.script.commands).zip(calls.into_iter().flatten());
        commands.all(|(command, call)| call.as_ref().is_some_and(goes) || chain::only_serves_others(command))
    };
    let feeds_nothing_else = copied_tool(view, step).is_some() || copies::is_brought_again(step, later, &goes_wholly);
    if feeds_nothing_else { Fate::Goes } else { Fate::Stays }
}
