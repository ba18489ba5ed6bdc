//! `apt-get install` gets `--no-install-recommends`, with those Recommends named that a build relies on.

use super::commands::Site;
use super::{Transform, commands};
use crate::decision::{Announced, Change, Decision, Evidence, Held, Safety};
use crate::dockerfile::Keyword;
use crate::edit::{Edit, Span};
use crate::engine::View;
use crate::facts::packages::{PackageCommand, Verb};
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
    let last = command.packages.last().map_or(verb, |package| site.run.to_file(package.span).end);
    let mut edits = vec![Edit::insert(verb, format!(" {FLAG}"))];
    if !needed.is_empty() {
        let between = separator(view, site, command).unwrap_or_else(|| " ".to_owned());
        let added: Vec<String> = needed.iter().map(|name| format!("{between}{name}")).collect();
        edits.push(Edit::insert(last, added.concat()));
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

/// What stands between the last two packages where each has a line of its own.
fn separator(view: &View, site: &Site, command: &PackageCommand) -> Option<String> {
    let [.., before, last] = command.packages.as_slice() else { return None };
    let gap = Span::new(site.run.to_file(before.span).end, site.run.to_file(last.span).start);
    let between = view.dockerfile.text().get(gap.start..gap.end)?;
    let continues = between.contains('\n') && between.chars().all(|ch| ch.is_whitespace() || ch == '\\');
    continues.then(|| between.replace("\r\n", "\n"))
}

fn reason(needed: &[String]) -> String {
    match needed {
        [] => "apt installs what is asked for, and not what that recommends".into(),
        needed => format!("apt installs what is asked for; of what that recommends, {} is named", needed.join(", ")),
    }
}
