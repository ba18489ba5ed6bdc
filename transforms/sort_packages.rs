//! The packages that one command installs stand in the order of their names.

use super::commands::Site;
use super::{Transform, commands, runs};
use crate::decision::{Announced, Decision, Held};
use crate::dockerfile::Keyword;
use crate::edit::{Edit, Span};
use crate::engine::View;
use crate::facts::packages::{PackageCommand, PackageWord, Verb};
use crate::shell::Word;

pub(super) static TRANSFORM: Transform = Transform {
    name: "sort_packages",
    page: include_str!("sort_packages.md"),
    announced: Announced { touches: &[Keyword::Run], meaning: &[], stages: 0 },
    plan: |view| commands::each(view, "packages stand in the order of their names", |site| decide(view, site)),
};

fn decide(view: &View, site: &Site) -> Option<Decision> {
    let call = site.effect.packages().filter(|call| call.verb == Verb::Install)?;
    let (first, last) = (call.packages.first()?, call.packages.last()?);
    let text = site.run.text();
    let mut sorted: Vec<&PackageWord> = call.packages.iter().collect();
    sorted.sort_by_key(|package| key(package));
    let places =
        call.packages.iter().zip(sorted).filter(|(place, package)| place.span.of(text) != package.span.of(text));
    let edits: Vec<Edit> =
        places.map(|(place, package)| Edit::replace(site.run.to_file(place.span), package.span.of(text))).collect();
    if edits.is_empty() {
        return None;
    }
    let at = site.step.instruction.span;
    let list = Span::new(site.run.to_file(first.span).start, site.run.to_file(last.span).end);
    let reason = set_apart(list.of(view.dockerfile.text())).or_else(|| why_order_counts(site, call));
    Some(match reason {
        Some(reason) => Err(Held::blocked_at(reason, at)),
        None => Ok(runs::change(
            at,
            edits,
            "packages stand in the order of their names",
            "a package manager orders what it installs itself",
        )),
    })
}

fn key(package: &PackageWord) -> String {
    package.name.to_ascii_lowercase()
}

/// How an author parts the packages of a list.
fn set_apart(list: &str) -> Option<&'static str> {
    let mut lines = list.lines().skip(1).map(str::trim);
    lines.find_map(|line| match line {
        "" | "\\" => Some("an empty line parts the packages into groups"),
        _ if line.starts_with('#') => Some("a comment stands among the packages, and says nothing of where it belongs"),
        _ => None,
    })
}

/// Why the order of the words may mean something.
fn why_order_counts(site: &Site, call: &PackageCommand) -> Option<&'static str> {
    let is_package = |span: Span| call.packages.iter().any(|package| package.span == span);
    let list = Span::new(call.packages.first()?.span.start, call.packages.last()?.span.end);
    let words = || site.command.words.iter().filter(|word| list.contains(word.span));
    match () {
        () if call.has_unknown || words().any(|word| word.value.is_none() && !word.literal_start().contains('=')) => {
            Some("a variable or a pattern stands among the packages")
        }
        () if !words().all(|word| is_package(word.span)) => Some("options stand among the packages"),
        () if words().any(is_file) || call.packages.iter().any(|package| package.name.ends_with('-')) => {
            Some("a file or a package that is removed stands among the packages")
        }
        () if words().any(|word| !site.step.instruction.logical.is_contiguous(in_line(site, word.span))) => {
            Some("the name of a package is broken over two lines")
        }
        () => None,
    }
}

/// Whether a word is a file or an address and no package.
fn is_file(word: &Word) -> bool {
    let start = word.literal_start();
    start.starts_with(['.', '/']) || start.contains("://")
}

/// `span` of a script that stands in the line, in that line.
fn in_line(site: &Site, span: Span) -> Span {
    let start = site.step.instruction.parts.rest.start;
    Span::new(start + span.start, start + span.end)
}
