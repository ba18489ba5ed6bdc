//! `apt` becomes `apt-get`, where both do the same.

use super::commands::Site;
use super::{Transform, commands};
use crate::decision::{Announced, Change, Decision, Evidence, Held, Safety};
use crate::dockerfile::Keyword;
use crate::edit::Edit;
use crate::engine::View;
use crate::shell::Word;
use crate::templates::Manager;

pub(super) static TRANSFORM: Transform = Transform {
    name: "apt_get",
    page: include_str!("apt_get.md"),
    announced: Announced { touches: &[Keyword::Run], meaning: &[], stages: 0 },
    plan,
};

/// Sub-commands that mean the same to both.
const SHARED: [&str; 9] =
    ["install", "update", "remove", "purge", "autoremove", "clean", "autoclean", "build-dep", "source"];

fn plan(view: &View) -> Result<Vec<Decision>, Held> {
    commands::each(view, "no RUN calls apt", |site| {
        let invocation = site.command.program().filter(|invocation| invocation.name == "apt")?;
        Some(decide(view, site, invocation.program, invocation.words))
    })
}

fn decide(view: &View, site: &Site, program: &Word, words: &[Word]) -> Decision {
    let at = site.step.instruction.span;
    let sub_command =
        sub_command(view, words).ok_or_else(|| Held::blocked_at("apt is told nothing for certain", at))?;
    if !SHARED.contains(&sub_command) {
        return Err(Held::blocked_at(format!("apt-get has no `{sub_command}` that does the same"), at));
    }
    let raw = |word: &Word| site.run.text().get(word.span.start..word.span.end).unwrap_or_default();
    if let Some(pattern) = words.iter().map(raw).find(|word| is_pattern(word)) {
        return Err(Held::blocked_at(format!("apt-get reads the pattern {pattern} in another way"), at));
    }
    if program.quoted {
        return Err(Held::blocked_at("the program is in quotes", at));
    }
    Ok(Change {
        at,
        edits: vec![Edit::insert(site.run.to_file(program.span).end, "-get")],
        safety: Safety::Safe,
        reason: "apt is for people, and its interface may change; apt-get is for scripts".into(),
        because: vec![Evidence::dockerfile(format!("`{sub_command}` is the same in both"), at)],
        notes: Vec::new(),
    })
}

/// The first word that is neither an option nor the value of one.
fn sub_command<'w>(view: &View, words: &'w [Word]) -> Option<&'w str> {
    let apt = view.facts.input.templates.distros.manager(Manager::Apt)?;
    let mut words = words.iter();
    while let Some(word) = words.next() {
        let value = word.value.as_deref()?;
        if apt.value_options.iter().any(|option| option == value) {
            words.next();
        } else if !value.starts_with('-') {
            return Some(value);
        }
    }
    None
}

/// Whether a word names packages by a pattern; a path and a version may hold one for both.
fn is_pattern(word: &str) -> bool {
    let name = word.trim_matches(['"', '\'']).split('=').next().unwrap_or_default();
    name.contains(['*', '?', '~']) && !name.contains('/')
}
