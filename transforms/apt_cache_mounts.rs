//! What apt fetches stays in cache mounts: a line that fetches, installs and cleans up need not clean up.

use super::{Transform, chain, mounts, runs};
use crate::decision::{Announced, Change, Decision, Evidence, Held, Safety};
use crate::dockerfile::Keyword;
use crate::edit::{Edit, Span};
use crate::engine::View;
use crate::facts::packages::{PackageCommand, Verb};
use crate::facts::{Effect, Run, Step};
use crate::shell::{Command, Item, Joined, Word};
use crate::templates::Manager;

pub(super) static TRANSFORM: Transform = Transform {
    name: "apt_cache_mounts",
    page: include_str!("apt_cache_mounts.md"),
    announced: Announced { touches: &[Keyword::Run], meaning: &[], stages: 0 },
    plan: |view| {
        let keeping = keeping_packages(view);
        runs::each(view, "no line fetches, installs and cleans up by apt", |stage, step, run| {
            let keeps = keeping.contains(&step.instruction.span);
            decide(view, stage, step, run, keeps).into_iter().collect()
        })
    },
};

/// What a cache is for, and the folder.
const FOLDERS: [(&str, &str); 2] = [("apt", PACKAGES), ("aptlib", "/var/lib/apt")];

/// Where apt keeps the packages that it fetched.
const PACKAGES: &str = "/var/cache/apt";

const LISTS: &str = "/var/lib/apt/lists";

/// What the clean-up of such a line empties.
const EMPTIED: [&str; 2] = [PACKAGES, LISTS];

/// Words of a file that reads the marks of what came along, which are kept beside the lists.
const READING_MARKS: [&str; 4] = ["autoremove", "auto-remove", "autopurge", "apt-mark"];

/// By this file the images of Debian and Ubuntu have apt delete every package that it installed.
const DOCKER_CLEAN: &str = "/etc/apt/apt.conf.d/docker-clean";

/// The lines from which on apt may keep its packages: none, where a line would leave them in a layer.
fn keeping_packages(view: &View) -> Vec<Span> {
    let mut first: Vec<(usize, Span)> = Vec::new();
    if view.dockerfile.text().contains(DOCKER_CLEAN) {
        return Vec::new();
    }
    for stage in 0..view.facts.stages.len() {
        for step in view.facts.steps_of(stage).own() {
            let Some(run) = step.script() else { continue };
            if !Line::new(view, stage, step, run).has(Verb::Install) || step.keeps_out(PACKAGES) {
                continue;
            }
            let mounts = matches!(decide(view, stage, step, run, true), Some(Ok(_)));
            if !mounts || !run.script.is_simple_chain() || !step.instruction.heredocs.is_empty() {
                return Vec::new();
            }
            if !view.facts.lineage(stage).any(|below| first.iter().any(|(of, _)| *of == below)) {
                first.push((stage, step.instruction.span));
            }
        }
    }
    first.into_iter().map(|(_, line)| line).collect()
}

fn decide(view: &View, stage: usize, step: &Step, run: &Run, keeps_packages: bool) -> Option<Decision> {
    let line = Line::new(view, stage, step, run);
    if !line.fetches_and_cleans() || FOLDERS.iter().any(|(_, folder)| step.keeps_out(folder)) {
        return None;
    }
    Some(check(view, &line).and_then(|()| change(view, stage, &line, keeps_packages)))
}

fn check(view: &View, line: &Line) -> Result<(), Held> {
    let at = line.step.instruction.span;
    mounts::check_syntax(view, at)?;
    if READING_MARKS.iter().any(|word| view.dockerfile.text().contains(word)) {
        let reason = "the file removes what came along with packages, and the marks of that are kept beside the lists";
        return Err(Held::blocked_at(reason, at));
    }
    FOLDERS.iter().try_for_each(|(_, folder)| mounts::check_commands(line.step, line.run, folder))
}

fn change(view: &View, stage: usize, line: &Line, keeps_packages: bool) -> Decision {
    let at = line.step.instruction.span;
    let removals = line.without_clean_up().ok_or_else(|| chain::not_apart(line.step, "the clean-up is"))?;
    let mount = |(name, folder): &(&str, &str)| {
        let id = mounts::id(view, stage, name)?;
        Ok(format!("--mount=type=cache,id={id},target={folder},sharing=locked"))
    };
    let mounts = FOLDERS.iter().map(mount).collect::<Result<Vec<String>, Held>>()?;
    let mut head = mounts::lines(view, &mounts);
    let mut notes = vec![
        "The marks of what came along with packages stay in the mount, so that `apt-get autoremove` in an image built on \
         this one removes nothing of it."
            .to_owned(),
    ];
    if keeps_packages {
        head.push_str(&line.without_docker_clean(view));
        notes.push(format!("Without {DOCKER_CLEAN} a line that has no mount leaves its packages in the layer."));
    }
    let mut edits = vec![Edit::insert(line.step.instruction.rest_in_file().start, head)];
    edits.extend(removals);
    Ok(Change {
        at,
        edits,
        safety: Safety::Review,
        reason: "what apt fetches stays for the next build and in no layer".into(),
        because: vec![Evidence::dockerfile("the line fetches its lists itself and leaves none", at)],
        notes,
    })
}

/// A RUN.
struct Line<'s> {
    step: &'s Step<'s>,
    run: &'s Run<'s>,
    effects: &'s [Effect],
}

impl<'s> Line<'s> {
    fn new(view: &View, stage: usize, step: &'s Step, run: &'s Run) -> Self {
        Self { step, run, effects: view.facts.effects_in(stage, step) }
    }

    fn has(&self, verb: Verb) -> bool {
        self.effects.iter().filter_map(apt).any(|call| call.verb == verb)
    }

    /// Whether it fetches the lists, installs, and leaves no lists behind.
    fn fetches_and_cleans(&self) -> bool {
        let removes_lists = |command: &Command| !self.emptied(command).is_empty() && names(command, LISTS);
        self.has(Verb::Update) && self.has(Verb::Install) && self.run.script.commands.iter().any(removes_lists)
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
            let words = self.emptied(command);
            match item {
                Some(item) if goes.get(item) == Some(&true) => {}
                Some(_) if !words.is_empty() => {
                    edits.extend(words.iter().map(|word| Edit::delete(self.run.to_file(command.removal_of(word)))));
                }
                _ if self.is_clean(command) || FOLDERS.iter().any(|(_, folder)| names(command, folder)) => return None,
                _ => {}
            }
        }
        Some(edits)
    }

    /// The command that has apt keep its packages, and what joins it to the others.
    fn without_docker_clean(&self, view: &View) -> String {
        let command = format!("rm -f {DOCKER_CLEAN}");
        let is_list = self.run.script.items.get(1).is_some_and(|item| item.joined == Joined::Semicolon);
        match () {
            () if is_list => mounts::lines(view, &[command + ";"]),
            () if runs::operators_end_lines(view, self.run) => mounts::lines(view, &[command + " &&"]),
            () => mounts::lines(view, &[command]) + "&& ",
        }
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
