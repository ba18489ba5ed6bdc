//! What a build context need not hold: the lines of a `.dockerignore`, and what copies the whole context.

use std::collections::BTreeSet;

use super::{Facts, Step};
use crate::context::ignore::Ignore;
use crate::dockerfile::{Instruction, Keyword};
use crate::templates::IgnoreGroup;

/// Instructions that say what runs, and where: a folder that they name is in use.
const IN_USE: [Keyword; 5] = [Keyword::Cmd, Keyword::Entrypoint, Keyword::Env, Keyword::Healthcheck, Keyword::Workdir];

impl<'a> Facts<'a> {
    /// The first line of a stage in use that copies the whole context.
    #[must_use]
    pub fn whole_copy(&self) -> Option<&'a Instruction> {
        let stages = self.needed_stages().into_iter();
        stages.flat_map(|stage| own_whole_copies(self, stage)).map(|(instruction, _)| instruction).next()
    }

    /// The text of a `.dockerignore`, line by line, that leaves out what no line of the file and nothing in the context
    /// needs of it.
    #[must_use]
    pub fn ignore_lines(&self) -> Vec<String> {
        let mut lines: Vec<String> = Vec::new();
        for line in Proposal::new(self).lines() {
            if !lines.contains(&line) {
                lines.push(line);
            }
        }
        lines
    }
}

/// The lines of a stage that copy the whole context, each with the directory that it copies to.
fn own_whole_copies<'a>(facts: &Facts<'a>, stage: usize) -> Vec<(&'a Instruction, Option<String>)> {
    let steps = facts.steps_of(stage);
    let whole = steps.own().iter().filter(|step| step.copies_context() && step.sources().into_iter().any(is_whole));
    whole.map(|step| (step.instruction, step.destination())).collect()
}

fn is_whole(source: &str) -> bool {
    matches!(source, "." | "./" | "/" | "./." | "*" | "./*")
}

/// What the file would say.
struct Proposal<'v, 'a> {
    facts: &'v Facts<'a>,
    /// The paths of the context that lines of the file name.
    named: BTreeSet<String>,
}

impl<'v, 'a> Proposal<'v, 'a> {
    fn new(facts: &'v Facts<'a>) -> Self {
        let stages = 0..facts.stages.len();
        let named = stages.flat_map(|stage| facts.steps_of(stage).own().iter().flat_map(named).collect::<Vec<_>>());
        Self { facts, named: named.collect() }
    }

    fn lines(&self) -> Vec<String> {
        let groups = self.facts.input.templates.ignore_lines.groups();
        groups
            .filter(|group| self.has_project(group) && self.is_made_anew(group))
            .flat_map(|group| self.of(group))
            .collect()
    }

    fn of(&self, group: &IgnoreGroup) -> Vec<String> {
        let stays = |line: &str| self.is_named(line) || (group.made_by.is_empty() && self.is_in_use(line));
        let lines: Vec<String> = group.lines.iter().filter(|line| !stays(line)).cloned().collect();
        match (self.reader(group), lines.first()) {
            (_, None) => Vec::new(),
            (Some(reader), Some(line)) => vec![format!("# {line} stays: {reader}")],
            (None, Some(line)) => {
                let present = self.facts.input.context.exists(line);
                let instead = group.instead.as_ref().filter(|_| present).map(|instead| format!("# instead: {instead}"));
                instead.into_iter().chain(lines).collect()
            }
        }
    }

    fn has_project(&self, group: &IgnoreGroup) -> bool {
        self.facts.input.context.names().iter().any(|name| group.is_beside(name))
    }

    /// Whether every stage that copies the whole context makes anew, at the same place, what the lines leave out.
    fn is_made_anew(&self, group: &IgnoreGroup) -> bool {
        group.made_by.is_empty()
            || self.facts.needed_stages().into_iter().all(|stage| {
                let steps = self.facts.steps_of(stage);
                own_whole_copies(self.facts, stage).iter().all(|(_, place)| {
                    steps.all.iter().any(|step| step.scope.absolute(".") == *place && makes(step, group))
                })
            })
    }

    /// Who may read what the lines leave out.
    fn reader(&self, group: &IgnoreGroup) -> Option<String> {
        let says = |text: &str| group.read_by.iter().find(|word| text.contains(word.as_str()));
        let context = self.facts.input.context;
        if let Some(word) = says(self.facts.dockerfile.text()) {
            return Some(format!("the Dockerfile has `{word}`"));
        }
        let texts = context.texts().filter(|(path, _)| !path.ends_with(".md") && !path.ends_with(".rst"));
        let found = texts.filter_map(|(path, text)| Some(format!("{path} has `{}`", says(text)?))).next();
        let unread = || (!group.read_by.is_empty() && !context.is_complete()).then(|| "not all was read".to_owned());
        found.or_else(unread)
    }

    /// Whether a COPY, an ADD or a mount names what `line` leaves out.
    fn is_named(&self, line: &str) -> bool {
        let ignore = Ignore::parse(line);
        let meets = |path: &String| ignore.excludes(path) || Ignore::parse(path).excludes(line);
        self.named.iter().any(meets)
    }

    /// Whether what runs names it.
    fn is_in_use(&self, line: &str) -> bool {
        let name = line.rsplit('/').next().unwrap_or(line);
        let instructions = self.facts.dockerfile.instructions();
        let texts = instructions.filter(|it| IN_USE.iter().any(|keyword| it.is(*keyword))).map(Instruction::rest);
        let is_part = |ch: char| !ch.is_alphanumeric() && !matches!(ch, '.' | '_' | '-');
        texts.into_iter().any(|text| text.split(is_part).any(|part| part == name))
    }
}

/// The paths of the context that a step names by themselves.
fn named(step: &Step) -> Vec<String> {
    let sources = if step.copies_context() { step.sources() } else { Vec::new() };
    let mounted = step.mounts().filter(|mount| !mount.contains("from=")).filter_map(|mount| {
        mount.split(',').find_map(|field| field.strip_prefix("source=").or_else(|| field.strip_prefix("src=")))
    });
    let paths = sources.into_iter().filter(|source| !is_whole(source)).chain(mounted);
    let filled_in = |path: &str| step.scope.expand(step.instruction, path).unwrap_or_else(|| path.to_owned());
    paths.map(|path| filled_in(path).trim_start_matches("./").trim_matches('/').to_owned()).collect()
}

/// Whether a RUN makes the group's files in its working directory.
fn makes(step: &Step, group: &IgnoreGroup) -> bool {
    let commands = step.script().into_iter().flat_map(|run| &run.script.commands);
    let calls = commands.filter_map(|command| command.program());
    calls.take_while(|invocation| invocation.name != "cd").any(|invocation| {
        let words: Vec<&str> = invocation.words.iter().map(|word| word.value.as_deref().unwrap_or_default()).collect();
        group.is_made_by(invocation.name, &words)
    })
}
