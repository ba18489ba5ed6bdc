//! `apk add` gets `--no-cache`; what only served the cache goes.

use super::{Transform, chain};
use crate::decision::{Announced, Change, Decision, Evidence, Held, Safety};
use crate::dockerfile::Keyword;
use crate::edit::Edit;
use crate::engine::View;
use crate::facts::packages::{PackageCommand, Verb};
use crate::facts::{Base, Effect, Run, Step};
use crate::shell::{Command, Item, Word};
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
        // Backwards: what comes later says whether a RUN may leave no lists.
        for step in steps.own().iter().rev() {
            let effects = step.effects(base.and_then(|base| base.family), view.facts.input);
            let line = step.script().map(|run| Line { step, run, effects, base, lists_are_used });
            of_stage.extend(line.and_then(|line| line.decide(view)));
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

fn apk(effect: &Effect) -> Option<&PackageCommand> {
    effect.packages().filter(|command| command.manager == Manager::Apk)
}

/// A RUN, and what its lists are for.
struct Line<'s> {
    step: &'s Step<'s>,
    run: &'s Run<'s>,
    effects: &'s [Effect],
    base: Option<&'s Base>,
    /// Whether something behind it may read the lists that it leaves.
    lists_are_used: bool,
}

impl Line<'_> {
    fn decide(&self, view: &View) -> Option<Decision> {
        let adds = self.adds();
        if adds.is_empty() {
            return None;
        }
        let caching = adds.iter().filter(|(_, call)| !call.flags.iter().any(|flag| flag == FLAG));
        let mut edits: Vec<Edit> = caching.filter_map(|(command, _)| with_flag(self.run, command)).collect();
        edits.extend(self.serving(view).unwrap_or_default());
        if edits.is_empty() {
            return None;
        }
        let at = self.step.instruction.span;
        if let Some(reason) = self.keeps_cache() {
            return Some(Err(Held::blocked_at(reason, at)));
        }
        Some(Ok(Change {
            at,
            edits,
            safety: Safety::Safe,
            reason: "apk reads the lists from the network and leaves none in the layer".into(),
            because: vec![Evidence::dockerfile("a layer keeps whatever the RUN leaves behind", at)],
            notes: Vec::new(),
        }))
    }

    fn adds(&self) -> Vec<(&Command, &PackageCommand)> {
        let calls = self.run.script.commands.iter().zip(self.effects);
        let calls = calls.filter_map(|(command, effect)| Some((command, apk(effect)?)));
        calls.filter(|(_, call)| call.verb == Verb::Install).collect()
    }

    /// Why a cache is wanted, or can't be left out.
    fn keeps_cache(&self) -> Option<&'static str> {
        let calls = || self.effects.iter().filter_map(apk);
        let has = |name: &str| calls().any(|call| call.flags.iter().any(|flag| flag.starts_with(name)));
        let family = self.base.and_then(|base| base.family);
        match () {
            () if self.step.keeps_out(CACHE) => {
                Some("a mount may hold the cache, which then is of use to the next build")
            }
            () if has("--cache-dir") || self.step.instruction.logical.text().contains("/etc/apk/cache") => {
                Some("the line chose a folder for the cache")
            }
            () if has("--no-network") => Some("the line installs without the network, from lists that are there"),
            () if family == Some(Family::None) => {
                Some("the stage brings its own Alpine, which may be older than --no-cache; say it in the line")
            }
            () if self.base.and_then(release).is_some_and(|release| release < KNOWN_SINCE) => {
                Some("the apk of Alpine 3.2 and before has no --no-cache; take a release that is still maintained")
            }
            () => None,
        }
    }

    /// What takes `apk update` and the removal of its lists out of a RUN, where nothing else needs them.
    fn serving(&self, view: &View) -> Option<Vec<Edit>> {
        if self.effects.iter().any(may_use_lists) {
            return None;
        }
        let items = &self.run.script.items;
        let stay = items.iter().any(|item| self.updates(item)) && !items.iter().any(|item| self.empties(item));
        if stay && self.lists_are_used {
            return None;
        }
        let goes: Vec<bool> = items.iter().map(|item| self.updates(item) || self.empties(item)).collect();
        if !goes.contains(&true) {
            return None;
        }
        let edits = chain::without(self.run, &goes)?;
        let has_comment = |edit: &Edit| {
            let mut lines = edit.span.of(view.dockerfile.text()).lines();
            lines.any(|line| line.trim_start().starts_with('#'))
        };
        (!edits.iter().any(has_comment)).then_some(edits)
    }

    fn updates(&self, item: &Item) -> bool {
        let effect = item.command.and_then(|at| self.effects.get(at));
        effect.and_then(apk).is_some_and(|call| call.verb == Verb::Update)
    }

    fn empties(&self, item: &Item) -> bool {
        let command = self.run.script.command_of(item);
        command.is_some_and(|command| chain::only_empties(command, std::iter::once(CACHE)))
    }
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
