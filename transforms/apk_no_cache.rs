//! `apk add` gets `--no-cache`; what only served the cache goes.

use super::{Transform, chain};
use crate::decision::{Announced, Change, Decision, Evidence, Held, Safety};
use crate::dockerfile::Keyword;
use crate::edit::Edit;
use crate::engine::View;
use crate::facts::packages::{PackageCommand, Verb};
use crate::facts::{Base, Effect, Run, Step};
use crate::shell::{Command, Word};
use crate::templates::{Family, Manager};

pub(super) static TRANSFORM: Transform = Transform {
    name: "apk_no_cache",
    page: include_str!("apk_no_cache.md"),
    announced: Announced { touches: &[Keyword::Run], meaning: &[], stages: 0 },
    plan,
};

const FLAG: &str = "--no-cache";

/// Options that fetch the lists and keep them.
const UPDATING: [&str; 3] = ["--update", "--update-cache", "-U"];

const CACHE: &str = "/var/cache/apk";

/// The first release whose apk knows the flag.
const KNOWN_SINCE: (u32, u32) = (3, 3);

fn plan(view: &View) -> Result<Vec<Decision>, Held> {
    let mut decisions = Vec::new();
    for stage in view.facts.needed_stages() {
        let base = view.facts.image_below(stage);
        let steps = view.facts.steps_of(stage);
        let mut lists_are_used = is_built_on(view, stage);
        let mut of_stage = Vec::new();
        for step in steps.own().iter().rev() {
            let effects = step.effects(base.and_then(|base| base.family), view.facts.input);
            of_stage.extend(step.script().and_then(|run| decide(view, step, run, effects, base, lists_are_used)));
            lists_are_used |= effects.iter().any(may_use_lists);
        }
        decisions.extend(of_stage.into_iter().rev());
    }
    if decisions.is_empty() { Err(Held::satisfied("apk keeps no cache")) } else { Ok(decisions) }
}

/// Whether another stage starts from this one: it may need whatever this one leaves.
fn is_built_on(view: &View, stage: usize) -> bool {
    (stage + 1..view.facts.stages.len()).any(|other| view.facts.lineage(other).any(|lower| lower == stage))
}

/// Whether something other than `apk add`, which fetches the lists itself, may read them.
fn may_use_lists(effect: &Effect) -> bool {
    match effect {
        Effect::Unknown(_) => true,
        Effect::Packages(command) => {
            command.manager == Manager::Apk && matches!(command.verb, Verb::Other | Verb::Clean)
        }
        _ => false,
    }
}

fn decide(
    view: &View,
    step: &Step,
    run: &Run,
    effects: &[Effect],
    base: Option<&Base>,
    lists_are_used: bool,
) -> Option<Decision> {
    let calls =
        || run.script.commands.iter().zip(effects).filter_map(|(command, effect)| Some((command, apk(effect)?)));
    let adds: Vec<(&Command, &PackageCommand)> = calls().filter(|(_, call)| call.verb == Verb::Install).collect();
    if adds.is_empty() {
        return None;
    }
    let caching = adds.iter().filter(|(_, call)| !call.flags.iter().any(|flag| flag == FLAG));
    let flags: Option<Vec<Edit>> = caching.map(|(command, _)| with_flag(run, command)).collect();
    let served = serving(view, run, effects, lists_are_used).unwrap_or_default();
    if served.is_empty() && flags.as_ref().is_some_and(Vec::is_empty) {
        return None;
    }
    let at = step.instruction.span;
    if let Some(reason) = keeps_cache(step, &adds, base) {
        return Some(Err(Held::blocked_at(reason, at)));
    }
    let Some(flags) = flags else { return Some(Err(Held::blocked_at("the command can't be taken apart", at))) };
    Some(Ok(Change {
        at,
        edits: flags.into_iter().chain(served).collect(),
        safety: Safety::Safe,
        reason: "apk reads the lists from the network and leaves none in the layer".into(),
        because: vec![Evidence::dockerfile("a layer keeps whatever the RUN leaves behind", at)],
        notes: Vec::new(),
    }))
}

fn apk(effect: &Effect) -> Option<&PackageCommand> {
    effect.packages().filter(|command| command.manager == Manager::Apk)
}

/// Why a cache is wanted, or can't be left out.
fn keeps_cache(step: &Step, adds: &[(&Command, &PackageCommand)], base: Option<&Base>) -> Option<&'static str> {
    let has = |name: &str| adds.iter().any(|(_, call)| call.flags.iter().any(|flag| flag.starts_with(name)));
    if step.keeps_out(CACHE) {
        return Some("a mount may hold the cache, which then is of use to the next build");
    }
    if has("--cache-dir") || step.instruction.logical.text().contains("/etc/apk/cache") {
        return Some("the line chose a folder for the cache");
    }
    if has("--no-network") {
        return Some("the line installs without the network, from lists that are there");
    }
    if base.is_some_and(|base| base.family == Some(Family::None)) {
        return Some("the stage brings its own Alpine, which may be older than --no-cache; say it in the line");
    }
    base.is_some_and(|base| release(base).is_some_and(|release| release < KNOWN_SINCE))
        .then_some("the apk of Alpine 3.2 and before has no --no-cache; take a release that is still maintained")
}

/// The release of Alpine that a tag names.
fn release(base: &Base) -> Option<(u32, u32)> {
    let tag = base.tag.as_deref()?;
    let is_alpine = base.name.rsplit('/').next() == Some("alpine");
    let named = if is_alpine { Some(tag) } else { tag.split('-').find_map(|word| word.strip_prefix("alpine")) };
    let mut numbers = named?.split('.').map(|number| number.parse().ok());
    Some((numbers.next()??, numbers.next()??))
}

/// The flag in the place of an option that updates, or behind `add`.
fn with_flag(run: &Run, command: &Command) -> Option<Edit> {
    let find = |is: &dyn Fn(&&Word) -> bool| command.words.iter().find(is);
    if let Some(option) = find(&|word| UPDATING.iter().any(|option| word.is(option))) {
        return Some(Edit::replace(run.to_file(option.span), FLAG));
    }
    let add = find(&|word| word.is("add"))?;
    Some(Edit::insert(run.to_file(add.span).end, format!(" {FLAG}")))
}

/// What takes `apk update` and the removal of its lists out of a RUN, where nothing else needs them.
fn serving(view: &View, run: &Run, effects: &[Effect], lists_are_used: bool) -> Option<Vec<Edit>> {
    if effects.iter().any(may_use_lists) {
        return None;
    }
    let effect_of = |item: &crate::shell::Item| effects.get(item.command?);
    let updates = |item| effect_of(item).and_then(apk).is_some_and(|call| call.verb == Verb::Update);
    let empties = |item| {
        let command = run.script.command_of(item);
        command.is_some_and(|command| chain::only_empties(command, std::iter::once(CACHE)))
    };
    let items = &run.script.items;
    if lists_are_used && items.iter().any(updates) && !items.iter().any(empties) {
        return None;
    }
    let goes: Vec<bool> = items.iter().map(|item| updates(item) || empties(item)).collect();
    if !goes.contains(&true) {
        return None;
    }
    let edits = chain::without(run, &goes)?;
    let has_comment = |edit: &Edit| {
        let mut lines = edit.span.of(view.dockerfile.text()).lines();
        lines.any(|line| line.trim_start().starts_with('#'))
    };
    (!edits.iter().any(has_comment)).then_some(edits)
}
