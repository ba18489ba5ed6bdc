//! `apt-get install` gets `--no-install-recommends`, with those Recommends named that a build relies on.

use super::commands::Site;
use super::{Transform, commands};
use crate::decision::{Announced, Change, Decision, Evidence, Held, Safety};
use crate::dockerfile::Keyword;
use crate::edit::Edit;
use crate::engine::View;
use crate::facts::packages::{PackageCommand, PackageWord, Verb};
use crate::templates::Manager;

pub(super) static TRANSFORM: Transform = Transform {
    name: "no_recommends",
    page: include_str!("no_recommends.md"),
    announced: Announced { touches: &[Keyword::Run], meaning: &[], stages: 0 },
    plan,
};

const FLAG: &str = "--no-install-recommends";

fn plan(view: &View) -> Result<Vec<Decision>, Held> {
    commands::each(view, "nothing is installed only because it is recommended", |site| {
        let command = site.effect.packages().filter(|command| installs_recommends(command))?;
        Some(decide(view, site, command))
    })
}

fn installs_recommends(command: &PackageCommand) -> bool {
    let flagged = command.flags.iter().any(|flag| flag == FLAG || flag.contains("Install-Recommends"));
    command.manager == Manager::Apt && command.verb == Verb::Install && !flagged && !command.packages.is_empty()
}

fn decide(view: &View, site: &Site, command: &PackageCommand) -> Decision {
    let step = site.step;
    let blocked = |reason: String| Held::blocked_at(reason, step.instruction.span);
    if step.instruction.logical.text().contains("Install-Recommends") {
        return Err(Held::satisfied("apt is configured to leave Recommends out"));
    }
    if command.has_unknown {
        return Err(blocked("a package is named by a variable: it may rely on what it recommends".into()));
    }
    let mut needed: Vec<String> = Vec::new();
    for package in &command.packages {
        let keep = view.facts.input.templates.recommends.to_keep(&package.name);
        let keep = keep.ok_or_else(|| blocked(format!("{} may rely on what it recommends", package.name)))?;
        needed.extend(keep.iter().cloned());
    }
    let named = |name: &String| command.packages.iter().any(|package| package.name == *name);
    needed.retain(|name| !named(name));
    needed.sort();
    needed.dedup();
    let verb =
        site.end_of(|word| word.is("install")).ok_or_else(|| blocked("the command can't be taken apart".into()))?;
    let mut edits = vec![Edit::insert(verb, format!(" {FLAG}"))];
    for name in &needed {
        let named = named_as_well(view, site, &command.packages, name);
        match edits.iter_mut().find(|edit| edit.span == named.span) {
            Some(edit) => edit.text.push_str(&named.text),
            None => edits.push(named),
        }
    }
    Ok(Change {
        at: step.instruction.span,
        edits,
        safety: Safety::Review,
        reason: reason(&needed),
        because: vec![Evidence::template("what each of these packages recommends", "recommends.toml")],
        notes: Vec::new(),
    })
}

/// `name` among `packages`: where it belongs in a list that is sorted, and on a line of its own where they stand so.
fn named_as_well(view: &View, site: &Site, packages: &[PackageWord], name: &str) -> Edit {
    let text = view.dockerfile.text();
    let in_file = |package: &PackageWord| site.run.to_file(package.span);
    let indent = |package: &PackageWord| {
        let line = text.get(..in_file(package).start).and_then(|before| before.rsplit('\n').next()).unwrap_or_default();
        line.trim().is_empty().then_some(line)
    };
    let is_sorted = packages.is_sorted_by_key(|package| &package.name);
    let behind =
        if is_sorted { packages.partition_point(|package| package.name.as_str() < name) } else { packages.len() };
    let first = packages.first().filter(|first| behind == 0 && indent(first).is_none());
    if let Some(first) = first {
        return Edit::insert(in_file(first).start, format!("{name} "));
    }
    // The first line of a list may have a comment above it, which speaks of nothing else.
    let previous = behind.checked_sub(1).and_then(|index| packages.get(index)).or(packages.last());
    let at = previous.map_or(site.step.instruction.span.end, |previous| in_file(previous).end);
    match previous.and_then(indent).filter(|_| site.step.instruction.heredocs.is_empty()) {
        Some(indent) => Edit::insert(at, format!(" {}\n{indent}{name}", view.dockerfile.escape())),
        None => Edit::insert(at, format!(" {name}")),
    }
}

fn reason(needed: &[String]) -> String {
    match needed {
        [] => "apt installs what is asked for, and not what that recommends".into(),
        [only] => format!("apt installs what is asked for; of what that recommends, {only} is named"),
        needed => format!("apt installs what is asked for; of what that recommends, {} are named", needed.join(", ")),
    }
}
