//! Removes the package lists in the RUN that fetched them: a later RUN can't take them out of the layer.

use super::{Transform, place};
use crate::decision::{Announced, Change, Decision, Evidence, Held, Safety};
use crate::dockerfile::Keyword;
use crate::edit::Span;
use crate::engine::View;
use crate::facts::packages::{PackageCommand, Verb};
use crate::facts::{Effect, StageBase, Step};
use crate::shell::{Command, Scope};
use crate::templates::Manager;

pub(super) static TRANSFORM: Transform = Transform {
    name: "clean_package_cache",
    page: include_str!("clean_package_cache.md"),
    announced: Announced { touches: &[Keyword::Run], meaning: &[], stages: 0 },
    plan,
};

fn plan(view: &View) -> Result<Vec<Decision>, Held> {
    let stages = &view.facts.stages;
    let needed = view.facts.needed_stages();
    let mut decisions = Vec::new();
    // For each stage, the first line of the stages built on it that may need the lists that it left.
    let mut needy_above: Vec<Option<Span>> = vec![None; stages.len()];
    // Backwards: what comes later says whether a RUN may clean up.
    for (index, stage) in stages.iter().enumerate().rev() {
        let steps = view.facts.steps_of(index);
        let mut needy = needy_above.get(index).copied().flatten();
        for step in steps.own().iter().rev() {
            let effects = view.facts.effects_in(index, step);
            let fetched = fetches_lists(step, effects).filter(|_| needed.contains(&index));
            if let Some(fetch) = fetched.filter(|fetch| !cleans(view, step, effects, fetch.manager)) {
                let needy = needy.filter(|_| fetch.manager == Manager::Apt);
                decisions.push(clean(view, step, &fetch, needy));
            }
            needy = match earlier_lists(view, step, effects) {
                EarlierLists::Needed => Some(step.instruction.span),
                EarlierLists::Replaced => None,
                EarlierLists::Ignored => needy,
            };
        }
        if let (StageBase::Stage(lower), Some(_)) = (&stage.base, needy)
            && let Some(above) = needy_above.get_mut(*lower)
        {
            *above = needy;
        }
    }
    if decisions.is_empty() {
        return Err(Held::satisfied("no RUN leaves package lists behind"));
    }
    decisions.reverse();
    Ok(decisions)
}

/// A call that fetches package lists.
struct Fetch<'s> {
    manager: Manager,
    /// The program that the manager is called by.
    program: &'s str,
    /// Whether it needs sudo, and what removes the lists as well.
    by_sudo: bool,
}

/// The first command of a RUN that fetches lists. Those of the RPM family do so for every install; apk has a flag for it.
fn fetches_lists<'s>(step: &'s Step, effects: &[Effect]) -> Option<Fetch<'s>> {
    step.script()?.script.commands.iter().zip(effects).find_map(|(command, effect)| {
        let packages = effect.packages()?;
        let fetches = match packages.manager {
            Manager::Apt => packages.verb == Verb::Update,
            Manager::Dnf | Manager::Microdnf | Manager::Zypper => {
                matches!(packages.verb, Verb::Install | Verb::Update)
            }
            Manager::Apk => false,
        };
        let elsewhere = packages.flags.iter().any(|flag| flag.starts_with("--installroot"));
        let by_sudo = command.words.first()?.is("sudo");
        (fetches && !elsewhere).then_some(Fetch {
            manager: packages.manager,
            program: command.program()?.name,
            by_sudo,
        })
    })
}

/// Whether a RUN empties what `manager` leaves, or a cache mount keeps that out of the layer.
fn cleans(view: &View, step: &Step, effects: &[Effect], manager: Manager) -> bool {
    let Some(known) = view.facts.input.templates.distros.manager(manager) else { return true };
    let is_clean = |command: &PackageCommand| command.manager == manager && command.verb == Verb::Clean;
    if known.cleans_itself() && effects.iter().filter_map(Effect::packages).any(is_clean) {
        return true;
    }
    // `apt-get clean` leaves the lists where they are: they are the first of its caches.
    let counted = if known.cleans_itself() { known.caches.len() } else { 1 };
    let text = step.instruction.logical.text();
    known.caches.iter().take(counted).any(|cache| text.contains(cache.as_str()) || step.keeps_out(cache))
}

fn clean(view: &View, step: &Step, fetch: &Fetch, needy: Option<Span>) -> Decision {
    if let Some(needy) = needy {
        return Err(Held::blocked_at(
            "a later RUN may install from the lists that this one fetched; give it an `apt-get update` of its own",
            needy,
        ));
    }
    let manager = view.facts.input.templates.distros.manager(fetch.manager);
    let command = manager.and_then(|manager| manager.clean(fetch.program));
    let command = command.ok_or_else(|| Held::satisfied("its manager leaves nothing behind"))?;
    let command = if fetch.by_sudo { format!("sudo {command}") } else { command };
    if !place::takes_another(step) {
        return Err(Held::blocked_at(
            format!(
                "`{command}` belongs at the end of this RUN; let a plain command end it, no comment, `;` or here-document"
            ),
            step.instruction.span,
        ));
    }
    Ok(Change {
        at: step.instruction.span,
        edits: vec![place::and_then(view, step, &command)],
        safety: Safety::Safe,
        reason: "the package lists leave the layer in the RUN that fetched them".into(),
        because: vec![Evidence::template(command, "distros.toml")],
        notes: Vec::new(),
    })
}

/// What a RUN does with the lists that an earlier one left.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum EarlierLists {
    /// It may install from them.
    Needed,
    /// It fetches its own before anything could need them, so that nobody behind it sees them either.
    Replaced,
    Ignored,
}

fn earlier_lists(view: &View, step: &Step, effects: &[Effect]) -> EarlierLists {
    let Some(run) = step.script() else {
        return if effects.is_empty() { EarlierLists::Ignored } else { EarlierLists::Needed };
    };
    let mut updated = false;
    for (command, effect) in run.script.commands.iter().zip(effects) {
        let needs = match effect {
            Effect::Packages(packages) if packages.verb == Verb::Update => {
                if replaces_lists(command, packages) {
                    return EarlierLists::Replaced;
                }
                updated = true;
                false
            }
            Effect::Packages(packages) => matches!(packages.verb, Verb::Install | Verb::FromLists) && !updated,
            Effect::Unknown(_) => !view.facts.installs_nothing(command),
            _ => false,
        };
        if needs {
            return EarlierLists::Needed;
        }
    }
    EarlierLists::Ignored
}

/// Whether `apt-get update` certainly runs and fetches every list: an option could name other sources.
fn replaces_lists(command: &Command, packages: &PackageCommand) -> bool {
    let certain = command.scope == Scope::TopLevel && !command.conditional;
    let settings = ["-o", "--option", "-c", "--config-file"];
    let elsewhere = |flag: &String| settings.iter().any(|option| flag.starts_with(option));
    certain && packages.manager == Manager::Apt && !packages.has_unknown && !packages.flags.iter().any(elsewhere)
}
