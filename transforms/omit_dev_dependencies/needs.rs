//! What may need a dependency of development when the container runs.

use super::kept::{Fate, Kept};
use super::started::Judge;
use crate::decision::{Held, Place};
use crate::dockerfile::Keyword;
use crate::engine::View;
use crate::facts::Step;
use crate::facts::node::NodeProject;

/// Refuses unless nothing that runs can need what goes.
pub(super) fn refuse(view: &View, project: &NodeProject, kept: &Kept, install: &Step) -> Result<(), Held> {
    if project.manifest.has_workspaces {
        let reason = "package.json has workspaces; which of their packages run is not known";
        return Err(Held::blocked_at(reason, install.instruction.span));
    }
    starts(view, project, kept)?;
    health_check(view, kept)?;
    sources(view, project, kept)?;
    compose(view, kept)
}

fn starts(view: &View, project: &NodeProject, kept: &Kept) -> Result<(), Held> {
    let start = view.facts.start();
    if let Some(missing) = &start.missing {
        let reason = format!("{missing} runs at start and is not at hand; give its folder with --context");
        return Err(Held::blocked(reason));
    }
    if start.commands.is_empty() {
        return Err(Held::blocked("the file does not say what starts; give it a CMD"));
    }
    let judge = Judge { view, project, kept };
    match start.commands.iter().find_map(|started| Some((judge.objection(started)?, started))) {
        Some((reason, started)) => Err(match started.place {
            Place::Dockerfile(span) => Held::blocked_at(reason, span),
            _ => Held::blocked(reason),
        }),
        None => Ok(()),
    }
}

fn health_check(view: &View, kept: &Kept) -> Result<(), Held> {
    let programs = kept.programs_that_go();
    let checks = view.facts.steps().all.iter().filter(|step| step.is(Keyword::Healthcheck));
    for check in checks {
        let breaks = |ch: char| ch.is_whitespace() || matches!(ch, '"' | ',' | '[' | ']');
        let mut words = check.instruction.rest().split(breaks);
        if let Some(word) = words.find(|word| programs.contains_key(*word)) {
            let reason = format!("the health check calls {word}, which is a development dependency");
            return Err(Held::blocked_at(reason, check.instruction.span));
        }
    }
    Ok(())
}

/// The program may load a package by its name alone, so that every literal counts, not only imports.
fn sources(view: &View, project: &NodeProject, kept: &Kept) -> Result<(), Held> {
    if !view.facts.knows_all_sources() {
        return Err(Held::blocked("not every source could be read, so what they import is not known"));
    }
    let programs = kept.programs_that_go();
    for named in view.facts.named_by_sources(project) {
        let place = format!("{}, line {}", named.file, named.line);
        let reason = match kept.fate(&named.name) {
            Fate::Goes => format!(
                "{place} names {}, which is a development dependency; if it runs, make it a dependency",
                named.name
            ),
            Fate::Unknown if named.is_imported => {
                format!("{place} imports {}, which package.json does not name; add it to the dependencies", named.name)
            }
            _ => match programs.get(&named.name) {
                Some(package) => {
                    format!("{place} names {}, a program of the development dependency {package}", named.name)
                }
                None => continue,
            },
        };
        return Err(Held::blocked(reason));
    }
    Ok(())
}

/// Compose may start something else in the same image, as one does for development.
fn compose(view: &View, kept: &Kept) -> Result<(), Held> {
    const MANAGERS: [&str; 6] = ["npm", "npx", "yarn", "pnpm", "pnpx", "bun"];
    let programs = kept.programs_that_go();
    for (path, line, text) in view.facts.compose_commands() {
        let breaks = |ch: char| ch.is_whitespace() || matches!(ch, '"' | '\'' | ',' | '[' | ']' | '&' | ';');
        let is_other = |word: &str| MANAGERS.contains(&word) || programs.contains_key(word);
        if let Some(word) = text.split(breaks).find(|word| is_other(word)) {
            let reason = format!(
                "{path}, line {line} starts `{word}` in this image, which may need what only development does; \
                 build a stage of its own for that with `target:`"
            );
            return Err(Held::blocked(reason));
        }
    }
    Ok(())
}
