//! The `pip` lines: which can move to a builder, and how they leave the runtime stage.

use super::super::{chain, place};
use super::{installers, refusals, sources};
use crate::decision::Held;
use crate::edit::Edit;
use crate::engine::View;
use crate::facts::installs::SETUP;
use crate::facts::python::PipCommand;
use crate::facts::{Effect, InstallCall, Step};
use crate::shell::{Command, Redirect};

/// Variables that let pip install elsewhere.
const ELSEWHERE: [&str; 5] = ["PIP_TARGET", "PIP_PREFIX", "PIP_ROOT", "PIP_USER", "PYTHONUSERBASE"];

/// The calls of a step that fill the environment.
pub(super) fn calls<'s>(view: &View, step: &'s Step) -> impl Iterator<Item = &'s InstallCall> {
    step.effects(view.facts.family(), view.facts.input).iter().filter_map(Effect::install)
}

/// The commands of a step and their effects.
pub(super) fn with_effects<'s>(view: &View, step: &'s Step) -> impl Iterator<Item = (&'s Command, &'s Effect)> {
    let effects = step.effects(view.facts.family(), view.facts.input);
    step.script().into_iter().flat_map(|run| &run.script.commands).zip(effects)
}

/// Holds the split for calls whose result is not an environment that can be copied.
pub(super) fn refuse(view: &View, step: &Step) -> Result<(), Held> {
    for call in calls(view, step) {
        refusals::not_as_root(step, &call.installer)?;
        refuse_variables(view, step, call)?;
        call.pip.as_ref().map_or(Ok(()), |pip| refuse_words(step, pip))?;
        if call.installer == SETUP {
            let reason = "setup.py installs in a way that setuptools has given up, and past pip; write `pip install .`";
            return Err(Held::blocked_at(reason, step.instruction.span));
        }
        sources::refuse(view, step, call)?;
    }
    let mut called = with_effects(view, step).filter(|(_, effect)| effect.install().is_some_and(|call| call.installs));
    if called.any(|(command, _)| command.redirects.iter().any(Redirect::writes_file)) {
        let reason = "what pip prints goes into a file, which would stay behind in the builder";
        return Err(Held::blocked_at(reason, step.instruction.span));
    }
    refuse_use_of_exports(view, step)
}

/// A variable that leads a call elsewhere.
fn refuse_variables(view: &View, step: &Step, call: &InstallCall) -> Result<(), Held> {
    let of_tool = installers::system(view, &call.installer).map(|system| system.found_by.as_str());
    let of_pip = step.scope.all_env().map(|(name, _)| name).find(|name| ELSEWHERE.contains(name));
    let found = of_pip.map(|name| (name, "pip")).or_else(|| {
        let variable = of_tool.filter(|variable| step.scope.lookup(variable).is_some())?;
        Some((variable, call.installer.as_str()))
    });
    match found {
        Some((variable, installer)) => {
            let reason = format!("{variable} lets {installer} install outside of an environment");
            Err(Held::blocked_at(reason, step.instruction.span))
        }
        None => Ok(()),
    }
}

/// A word of pip's command line that leads elsewhere, or whose meaning is not known.
fn refuse_words(step: &Step, pip: &PipCommand) -> Result<(), Held> {
    let reason = if let Some(option) = pip.elsewhere() {
        format!("`{option}` installs outside of an environment")
    } else if matches!(pip.verb.as_str(), "wheel" | "download") {
        format!("`pip {}` leaves files outside of an environment", pip.verb)
    } else if pip.packages.iter().any(|package| package.starts_with('$')) {
        "what pip installs is in a variable; name it in a requirements file".to_owned()
    } else {
        return Ok(());
    };
    Err(Held::blocked_at(reason, step.instruction.span))
}

/// A requirement file that a tool writes is in the builder alone: nothing but pip may read it.
fn refuse_use_of_exports(view: &View, step: &Step) -> Result<(), Held> {
    let exports = with_effects(view, step).filter(|(_, effect)| effect.install().is_some_and(|call| !call.installs));
    let written = exports.flat_map(|(command, _)| {
        let redirects =
            command.redirects.iter().filter(|redirect| redirect.writes_file()).map(|redirect| &redirect.target);
        command.words.iter().chain(redirects).filter_map(|word| word.value.as_deref())
    });
    let names: Vec<&str> =
        written.filter_map(|word| word.rsplit(['/', '=']).next()).filter(|name| name.ends_with(".txt")).collect();
    for later in view.facts.steps().own() {
        let uses = |(command, effect): (&Command, &Effect)| {
            let is_named = |word: &str| names.iter().any(|name| word.ends_with(name));
            effect.install().is_none() && command.words.iter().any(|word| is_named(word.literal_start()))
        };
        if with_effects(view, later).any(uses) {
            let reason = "this line names a requirement file that is written in the builder alone; leave that to pip";
            return Err(Held::blocked_at(reason, later.instruction.span));
        }
    }
    Ok(())
}

/// Takes the pip commands out of the runtime stage; `replacement`, whole lines, stands in their place.
pub(super) fn removal(view: &View, step: &Step, replacement: &str) -> Result<Vec<Edit>, Held> {
    if leaves_nothing(view, step) {
        let block = place::whole(view, step.instruction);
        // The blank line behind the block stays where something else comes in its place.
        let span = if replacement.is_empty() { block } else { view.facts.block(step.instruction.span) };
        return Ok(vec![Edit::replace(span, place::spelled(view, replacement))]);
    }
    let mut edits = without_commands(view, step)?;
    if !replacement.is_empty() {
        // What stays of the line may call what pip installed.
        let runs_program = with_effects(view, step).any(|(_, effect)| matches!(effect, Effect::Program(_)));
        let place = if runs_program { place::before } else { place::behind };
        edits.push(place(view, step.instruction, replacement));
    }
    Ok(edits)
}

/// Whether what is left of a step without pip needs no file that was copied: it handles packages and cleans up.
pub(super) fn reads_no_files(view: &View, step: &Step) -> bool {
    const CACHES: [&str; 3] = ["/root/.cache", "/var/lib/apt/lists", "/var/cache"];
    step.script().is_some()
        && with_effects(view, step).all(|(command, effect)| {
            matches!(effect, Effect::Install(_) | Effect::Packages(_))
                || chain::only_serves_others(command)
                || chain::only_empties(command, CACHES.into_iter())
        })
}

/// Whether a step does nothing but call pip, and clean up after it.
fn leaves_nothing(view: &View, step: &Step) -> bool {
    const CACHES: [&str; 2] = ["/root/.cache", "/tmp/pip"];
    step.script().is_some()
        && with_effects(view, step).all(|(command, effect)| {
            effect.install().is_some()
                || chain::only_serves_others(command)
                || chain::only_empties(command, CACHES.into_iter())
        })
}

/// Removes the commands one by one from a chain of `&&`.
fn without_commands(view: &View, step: &Step) -> Result<Vec<Edit>, Held> {
    let installer = calls(view, step).next().map_or("pip", |call| call.installer.as_str());
    let blocked = || chain::not_apart(step, &format!("{installer} stands"));
    let run = step.script().ok_or_else(blocked)?;
    let effects = view.facts.effects(step);
    let is_pip = |at: usize| effects.get(at).is_some_and(|effect| effect.install().is_some());
    let goes: Vec<bool> = run.script.items.iter().map(|item| item.command.is_some_and(is_pip)).collect();
    let found = goes.iter().filter(|goes| **goes).count();
    // A call within `$( … )` is no member of the chain.
    if found != calls(view, step).count() {
        return Err(blocked());
    }
    chain::without(run, &goes).ok_or_else(blocked)
}
