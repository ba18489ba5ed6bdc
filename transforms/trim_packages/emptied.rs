//! Package commands of which nothing is left.

use super::super::{chain, place};
use crate::decision::Held;
use crate::edit::{Edit, Span};
use crate::engine::View;
use crate::facts::packages::Verb;
use crate::facts::{Effect, Run, Step};
use crate::shell::Command;

/// Takes them out of the RUN, and what only served them.
pub(super) fn without_commands(
    view: &View,
    step: &Step,
    run: &Run,
    emptied: &[Span],
    installs_nothing: bool,
) -> Result<Vec<Edit>, Held> {
    let effects = view.facts.effects(step);
    let commands = &run.script.commands;
    let upgrades = effects
        .iter()
        .filter_map(Effect::packages)
        .any(|command| matches!(command.verb, Verb::FromLists | Verb::Other));
    let serves_nobody = installs_nothing && !upgrades;
    let goes = |at: usize| match (effects.get(at), commands.get(at)) {
        (Some(Effect::Packages(command)), _) => serves_nobody || emptied.contains(&command.span),
        (_, Some(command)) => serves_nobody && empties_package_caches(view, command),
        _ => false,
    };
    let all_go = (0..commands.len()).all(|at| goes(at) || commands.get(at).is_some_and(chain::only_serves_others));
    if all_go && serves_nobody {
        return Ok(vec![Edit::delete(place::whole(view, step.instruction))]);
    }
    let items: Vec<bool> = run.script.items.iter().map(|item| item.command.is_some_and(goes)).collect();
    let found = items.iter().filter(|goes| **goes).count();
    let all = (0..commands.len()).filter(|&at| goes(at)).count();
    let blocked = || chain::not_apart(step, "the package commands stand");
    if found != all {
        return Err(blocked());
    }
    chain::without(run, &items).ok_or_else(blocked)
}

/// Whether a command only empties the caches of package managers, or the folders for temporary files.
pub(in super::super) fn empties_package_caches(view: &View, command: &Command) -> bool {
    let manager = view.facts.family().and_then(|family| view.facts.input.templates.distros.family(family)?.manager);
    let known = manager.and_then(|manager| view.facts.input.templates.distros.manager(manager));
    let caches = known.into_iter().flat_map(|manager| manager.caches.iter().map(String::as_str));
    chain::only_empties(command, caches.chain(["/tmp/", "/var/tmp/"]))
}
