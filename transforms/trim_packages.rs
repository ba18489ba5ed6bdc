//! Takes build-only packages out of the final stage, and puts run-time libraries in the place of `-dev` packages.

use super::{Transform, place};
use crate::context::mentions;
use crate::decision::{Announced, Change, Decision, Evidence, Held, Safety};
use crate::dockerfile::Keyword;
use crate::edit::Edit;
use crate::engine::View;
use crate::facts::packages::{PackageCommand, PackageWord, Verb};
use crate::facts::{Effect, Run, Step};
use crate::templates::{Class, Family, Fate};

pub(super) static TRANSFORM: Transform = Transform {
    name: "trim_packages",
    page: include_str!("trim_packages.md"),
    announced: Announced { touches: &[Keyword::Run], meaning: &[], stages: 0 },
    plan,
};

fn plan(view: &View) -> Result<Vec<Decision>, Held> {
    let steps = view.facts.steps().own();
    let family = view.facts.family();
    let build_only: Vec<&Step> =
        steps.iter().filter(|step| family.is_some_and(|family| installs_build_only(view, step, family))).collect();
    let Some(family) = family.filter(|_| !build_only.is_empty()) else {
        return Err(Held::satisfied("the final stage installs nothing that only a build needs"));
    };
    refuse_builds(view, steps)?;
    if view.facts.stages.len() < 2 {
        let at = build_only.first().map(|step| step.instruction.span);
        return Err(Held::Blocked {
            reason: "there is no builder stage that could keep the build packages".into(),
            at,
        });
    }
    Ok(build_only.into_iter().map(|step| trim(view, step, family)).collect())
}

fn installs(view: &View, step: &Step) -> Vec<PackageCommand> {
    let installs = view.facts.effects(step).iter().filter_map(|effect| match effect {
        Effect::Packages(command) if command.verb == Verb::Install => Some(command.clone()),
        _ => None,
    });
    installs.collect()
}

fn installs_build_only(view: &View, step: &Step, family: Family) -> bool {
    installs(view, step)
        .iter()
        .flat_map(|command| &command.packages)
        .any(|word| fate(view, family, &word.name) == Some(Fate::Drop))
}

fn fate(view: &View, family: Family, name: &str) -> Option<Fate> {
    view.facts.input.templates.packages.package(family, name).map(|package| package.fate)
}

/// A stage that still builds keeps its tools.
fn refuse_builds(view: &View, steps: &[Step]) -> Result<(), Held> {
    for step in steps {
        let odd = view.facts.effects(step).iter().find_map(|effect| match effect {
            Effect::Pip(_) => Some("pip may compile what it installs here".to_owned()),
            Effect::Build(program) => Some(format!("`{program}` is called here")),
            Effect::Unknown(why) => Some(format!("this line may need a compiler: {why}")),
            _ => None,
        });
        if let Some(reason) = odd {
            return Err(Held::blocked_at(reason, step.instruction.span));
        }
    }
    Ok(())
}

/// What becomes of a package word.
enum Fortune {
    Goes,
    Becomes(Vec<String>),
    Stays,
}

fn trim(view: &View, step: &Step, family: Family) -> Decision {
    let blocked = |reason: &str| Held::blocked_at(reason, step.instruction.span);
    let run = step.script().ok_or_else(|| blocked("the line can't be read"))?;
    let mut installed: Vec<String> = Vec::new();
    let (mut edits, mut gone, mut new) = (Vec::new(), Vec::new(), Vec::new());
    let mut emptied = Vec::new();
    for command in installs(view, step) {
        let fortunes = fortunes(view, step, family, &command)?;
        let stays = |fortune: &Fortune| !matches!(fortune, Fortune::Goes);
        if !fortunes.iter().any(|(_, fortune)| stays(fortune)) && !command.has_unknown {
            gone.extend(fortunes.into_iter().map(|(word, _)| word.name));
            emptied.push(command.span);
            continue;
        }
        let kept = fortunes.iter().filter(|(_, fortune)| matches!(fortune, Fortune::Stays));
        installed.extend(kept.map(|(word, _)| word.name.clone()));
        for (word, fortune) in fortunes {
            let libraries = match fortune {
                Fortune::Stays => continue,
                Fortune::Goes => Vec::new(),
                Fortune::Becomes(libraries) => libraries,
            };
            let missing: Vec<String> = libraries.into_iter().filter(|library| !installed.contains(library)).collect();
            edits.push(word_edit(run, &word, &missing));
            installed.extend(missing.iter().cloned());
            new.extend(missing);
            gone.push(word.name);
        }
    }
    if !emptied.is_empty() {
        edits.extend(without_installs(view, step, run, &emptied)?);
    }
    if gone.is_empty() {
        return Err(Held::satisfied("its build packages are used by what stays"));
    }
    if edits.iter().any(|edit| edit.span.is_empty() && edit.text.is_empty()) {
        return Err(blocked("the line can't be taken apart"));
    }
    Ok(Change {
        at: step.instruction.span,
        edits,
        safety: Safety::Review,
        reason: reason(&gone, &new),
        because: vec![Evidence::template(
            "what only a build needs, and which library a -dev package is for",
            "packages.toml",
        )],
        notes: Vec::new(),
    })
}

fn reason(gone: &[String], new: &[String]) -> String {
    let gone = gone.join(", ");
    match new {
        [] => format!("{gone}: only the builder needs it"),
        new => format!("{gone}: only the builder needs it; at run time {} is enough", new.join(", ")),
    }
}

fn word_edit(run: &Run, word: &PackageWord, libraries: &[String]) -> Edit {
    if libraries.is_empty() {
        return Edit::delete(run.to_file(word.removal));
    }
    Edit::replace(run.to_file(word.span), libraries.join(" "))
}

fn fortunes(
    view: &View,
    step: &Step,
    family: Family,
    command: &PackageCommand,
) -> Result<Vec<(PackageWord, Fortune)>, Held> {
    let fortune = |word: &PackageWord| Ok((word.clone(), fortune(view, step, family, &word.name)?));
    command.packages.iter().map(fortune).collect()
}

fn fortune(view: &View, step: &Step, family: Family, name: &str) -> Result<Fortune, Held> {
    let Some(package) = view.facts.input.templates.packages.package(family, name) else { return Ok(Fortune::Stays) };
    if package.fate != Fate::Drop {
        return Ok(Fortune::Stays);
    }
    if package.commands.iter().any(|command| is_called(view, command)) {
        return Ok(Fortune::Stays);
    }
    if !matches!(package.class, Class::Headers | Class::LanguageHeaders) {
        return Ok(Fortune::Goes);
    }
    match runtime_libraries(view, family, name) {
        Some(libraries) if libraries.is_empty() => Ok(Fortune::Goes),
        Some(libraries) => Ok(Fortune::Becomes(libraries)),
        None => Err(Held::blocked_at(
            format!("the run-time library of {name} is not known; name it in a templates overlay"),
            step.instruction.span,
        )),
    }
}

/// The libraries of a `-dev` package on the stage's suite; where that is unknown, what all suites agree on.
fn runtime_libraries(view: &View, family: Family, name: &str) -> Option<Vec<String>> {
    const DEBIAN: [&str; 3] = ["bullseye", "bookworm", "trixie"];
    let templates = view.facts.input.templates;
    if family == Family::Alpine {
        return templates.runtime_packages("alpine", name);
    }
    if let Some(suite) = view.facts.base().and_then(|base| base.suite.as_deref()) {
        return templates.runtime_packages(suite, name);
    }
    let mut answers = DEBIAN.iter().map(|suite| templates.runtime_packages(suite, name));
    let first = answers.next().flatten().filter(|_| family == Family::Debian)?;
    answers.all(|answer| answer.as_ref() == Some(&first)).then_some(first)
}

/// Whether something that stays in the final stage, or the program itself, calls `command`.
fn is_called(view: &View, command: &str) -> bool {
    let in_runs = view.facts.steps().own().iter().filter_map(|step| step.script()).any(|run| {
        run.script.commands.iter().any(|known| known.program().is_some_and(|invocation| invocation.name == command))
    });
    let start = view.facts.start();
    in_runs
        || start.commands.iter().any(|started| started.name == command)
        || start.scripts.iter().any(|script| script.text.split_whitespace().any(|word| word == command))
        || !mentions(view.facts.input.context, command).is_empty()
}

/// Takes whole install commands out, and what only served them.
fn without_installs(view: &View, step: &Step, run: &Run, emptied: &[crate::edit::Span]) -> Result<Vec<Edit>, Held> {
    let effects = view.facts.effects(step);
    let serves_packages = |index: usize| match effects.get(index) {
        Some(Effect::Packages(command)) => command.verb != Verb::Install || emptied.contains(&command.span),
        _ => run.script.commands.get(index).is_some_and(|command| is_clean_up(command.span.of(run.text()))),
    };
    if (0..run.script.commands.len()).all(serves_packages) {
        return Ok(vec![Edit::delete(place::whole(view, step.instruction))]);
    }
    let blocked =
        || Held::blocked_at("the package commands stand in a line that can't be taken apart", step.instruction.span);
    if !run.script.is_simple_chain() {
        return Err(blocked());
    }
    let all_go = installs(view, step).iter().all(|command| emptied.contains(&command.span));
    let mut edits = Vec::new();
    for (index, item) in run.script.items.iter().enumerate() {
        let goes = match item.command.and_then(|at| effects.get(at)) {
            Some(Effect::Packages(command)) => all_go || emptied.contains(&command.span),
            _ => all_go && is_clean_up(item.span.of(run.text())),
        };
        if goes {
            let span =
                run.script.removal_of(run.text(), index).filter(|&span| run.is_editable(span)).ok_or_else(blocked)?;
            edits.push(Edit::delete(run.to_file(span)));
        }
    }
    Ok(edits)
}

/// Whether a command does nothing but empty apt's or another manager's cache.
fn is_clean_up(command: &str) -> bool {
    command.starts_with("rm ") && (command.contains("/var/lib/apt") || command.contains("/var/cache"))
        || command.starts_with("set ")
}
