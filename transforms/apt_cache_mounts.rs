//! What apt fetches stays in cache mounts: a line that fetches, installs and cleans up need not clean up.

use super::{Transform, chain, runs};
use crate::decision::{Announced, Change, Decision, Evidence, Held, Safety};
use crate::dockerfile::Keyword;
use crate::edit::Edit;
use crate::engine::View;
use crate::facts::packages::{PackageCommand, Verb};
use crate::facts::{Effect, Run, Step};
use crate::shell::{Command, Item, Word};
use crate::templates::Manager;

pub(super) static TRANSFORM: Transform = Transform {
    name: "apt_cache_mounts",
    page: include_str!("apt_cache_mounts.md"),
    announced: Announced { touches: &[Keyword::Run], meaning: &[], stages: 0 },
    plan: |view| {
        runs::each(view, "no line fetches, installs and cleans up by apt", |stage, step, run| {
            decide(view, stage, step, run).into_iter().collect()
        })
    },
};

/// What a cache is for, and the folder.
const FOLDERS: [(&str, &str); 2] = [("apt", "/var/cache/apt"), ("aptlib", "/var/lib/apt")];

/// What the clean-up of such a line empties.
const EMPTIED: [&str; 2] = ["/var/cache/apt", "/var/lib/apt/lists"];

/// Words of a file that reads the marks of what came along, which are kept beside the lists.
const READING_MARKS: [&str; 4] = ["autoremove", "auto-remove", "autopurge", "apt-mark"];

/// The first release of the syntax that knows mounts.
const MOUNTS_SINCE: u32 = 2;

fn decide(view: &View, stage: usize, step: &Step, run: &Run) -> Option<Decision> {
    let family = view.facts.image_below(stage).and_then(|base| base.family);
    let line = Line { run, effects: step.effects(family, view.facts.input) };
    if !line.fetches_and_cleans() || FOLDERS.iter().any(|(_, folder)| step.keeps_out(folder)) {
        return None;
    }
    let at = step.instruction.span;
    let hold = |reason: &str| Some(Err(Held::blocked_at(reason, at)));
    if !runs::syntax_is(view, MOUNTS_SINCE) {
        return hold("the syntax that the file names may not know mounts, which came with 1.2");
    }
    if READING_MARKS.iter().any(|word| view.dockerfile.text().contains(word)) {
        return hold("the file removes what came along with packages, and the marks of that are kept beside the lists");
    }
    let Some(removals) = line.without_clean_up() else {
        return Some(Err(chain::not_apart(step, "the clean-up is")));
    };
    let mount = |(name, folder): &(&str, &str)| {
        let id = runs::cache_id(view, stage, name)?;
        Ok(format!("--mount=type=cache,id={id},target={folder},sharing=locked"))
    };
    let mounts = match FOLDERS.iter().map(mount).collect::<Result<Vec<String>, Held>>() {
        Ok(mounts) => mounts,
        Err(held) => return Some(Err(held)),
    };
    let mut edits = vec![runs::with_mounts(view, step, &mounts)];
    edits.extend(removals);
    Some(Ok(Change {
        at,
        edits,
        safety: Safety::Review,
        reason: "what apt fetches stays for the next build and in no layer".into(),
        because: vec![Evidence::dockerfile("the line fetches its lists itself and leaves none", at)],
        notes: vec!["The marks of what came along with packages stay in the mount, so that `apt-get autoremove` in an image built on this one removes nothing of it.".into()],
    }))
}

/// A RUN.
struct Line<'s> {
    run: &'s Run<'s>,
    effects: &'s [Effect],
}

impl Line<'_> {
    /// Whether it fetches the lists, installs, and leaves no lists behind.
    fn fetches_and_cleans(&self) -> bool {
        let has = |verb: Verb| self.effects.iter().filter_map(apt).any(|call| call.verb == verb);
        has(Verb::Update)
            && has(Verb::Install)
            && self
                .run
                .script
                .commands
                .iter()
                .any(|command| !self.emptied(command).is_empty() && names(command, EMPTIED[1]))
    }

    /// The words of an `rm` that name what a mount keeps.
    fn emptied<'c>(&self, command: &'c Command) -> Vec<&'c Word> {
        let removes = command.program().is_some_and(|invocation| invocation.name == "rm");
        let words =
            command.words.iter().filter(|word| EMPTIED.iter().any(|folder| word.literal_start().starts_with(folder)));
        if removes { words.collect() } else { Vec::new() }
    }

    /// What takes the clean-up out; `None` where the rest would run otherwise, or would still empty the mounts.
    fn without_clean_up(&self) -> Option<Vec<Edit>> {
        let items = &self.run.script.items;
        let goes: Vec<bool> = items.iter().map(|item| self.only_cleans(item)).collect();
        let mut edits = if goes.contains(&true) { chain::without(self.run, &goes)? } else { Vec::new() };
        if goes.first() == Some(&true) {
            return None;
        }
        for command in &self.run.script.commands {
            let item = items.iter().position(|item| item.span == command.span);
            let is_gone = item.is_some_and(|at| goes.get(at) == Some(&true));
            let words = self.emptied(command);
            if !is_gone && !words.is_empty() {
                edits.extend(words.into_iter().map(|word| Edit::delete(self.run.to_file(command.removal_of(word)))));
            }
            if !is_gone
                && (self.is_clean(command)
                    || (self.emptied(command).is_empty() && FOLDERS.iter().any(|(_, folder)| names(command, folder))))
            {
                return None;
            }
        }
        Some(edits)
    }

    fn only_cleans(&self, item: &Item) -> bool {
        let command = self.run.script.command_of(item);
        command.is_some_and(|command| self.is_clean(command) || chain::only_empties(command, EMPTIED.into_iter()))
    }

    /// Whether a command is `apt-get clean` or its like.
    fn is_clean(&self, command: &Command) -> bool {
        let at = self.run.script.commands.iter().position(|other| other.span == command.span);
        at.and_then(|at| self.effects.get(at)).and_then(apt).is_some_and(|call| call.verb == Verb::Clean)
    }
}

fn apt(effect: &Effect) -> Option<&PackageCommand> {
    effect.packages().filter(|call| call.manager == Manager::Apt)
}

fn names(command: &Command, folder: &str) -> bool {
    command.words.iter().any(|word| word.literal_start().starts_with(folder))
}
