//! `apt-get install`, `dnf install` and their kin get `-y`: nobody is there to answer.

use super::commands::Site;
use super::{Transform, commands};
use crate::decision::{Announced, Change, Decision, Evidence, Held, Safety};
use crate::dockerfile::Keyword;
use crate::edit::Edit;
use crate::engine::View;
use crate::facts::packages::Verb;
use crate::shell::Word;

pub(super) static TRANSFORM: Transform = Transform {
    name: "assume_yes",
    page: include_str!("assume_yes.md"),
    announced: Announced { touches: &[Keyword::Run], meaning: &[], stages: 0 },
    plan,
};

fn plan(view: &View) -> Result<Vec<Decision>, Held> {
    commands::each(view, "no install waits for an answer", |site| {
        let command = site.effect.packages().filter(|command| command.verb == Verb::Install)?;
        let manager = view.facts.input.templates.distros.manager(command.manager)?;
        let option = manager.yes.first()?;
        let says = |flag: &String| manager.yes.contains(flag) || clusters(flag, &manager.yes);
        if command.flags.iter().any(says) || is_configured(site) {
            return None;
        }
        Some(decide(site, &manager.install, option))
    })
}

/// Whether `flag` is several short options in one, as `-yq`, with one of `options` among them.
fn clusters(flag: &str, options: &[String]) -> bool {
    let Some(letters) = flag.strip_prefix('-').filter(|letters| !letters.starts_with('-')) else { return false };
    let is_short = |option: &&str| option.len() == 1;
    options.iter().filter_map(|option| option.strip_prefix('-')).filter(is_short).any(|option| letters.contains(option))
}

/// Whether the line sets `APT::Get::Assume-Yes`, or `assumeyes` of dnf.
fn is_configured(site: &Site) -> bool {
    let line = site.step.instruction.logical.text().to_ascii_lowercase();
    line.contains("assume-yes") || line.contains("assumeyes")
}

fn decide(site: &Site, verbs: &[String], option: &str) -> Decision {
    let at = site.step.instruction.span;
    // `php$VERSION` is no option, whatever the variable holds.
    let may_be_option = |word: &Word| word.literal_start().is_empty() && word.value.is_none();
    if site.command.words.iter().any(may_be_option) {
        return Err(Held::blocked_at(format!("a variable may hold {option} already; write it beside the install"), at));
    }
    let is_verb = |word: &str| verbs.iter().any(|verb| verb == word);
    let verb = site.end_of(|word| word.value.as_deref().is_some_and(is_verb));
    let verb = verb.ok_or_else(|| Held::blocked_at("the command can't be taken apart", at))?;
    Ok(Change {
        at,
        edits: vec![Edit::insert(verb, format!(" {option}"))],
        safety: Safety::Safe,
        reason: "nobody is there to answer: without it the build ends as soon as more than the named packages comes"
            .into(),
        because: vec![Evidence::template(format!("{option} answers for you"), "distros.toml")],
        notes: Vec::new(),
    })
}
