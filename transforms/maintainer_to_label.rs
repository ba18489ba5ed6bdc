//! `MAINTAINER` becomes the OCI label that took its place.

use super::{Transform, label, place};
use crate::decision::{Announced, Change, Decision, Evidence, Held, Meaning, Safety};
use crate::dockerfile::{Arguments, Instruction, Keyword};
use crate::edit::{Edit, Span};
use crate::engine::View;

pub(super) static TRANSFORM: Transform = Transform {
    name: "maintainer_to_label",
    page: include_str!("maintainer_to_label.md"),
    announced: Announced { touches: &[Keyword::Maintainer, Keyword::Label], meaning: &[Meaning::Labels], stages: 0 },
    plan,
};

const LABEL: &str = "org.opencontainers.image.authors";

fn plan(view: &View) -> Result<Vec<Decision>, Held> {
    let decisions: Vec<Decision> = view.facts.needed_stages().iter().flat_map(|&stage| of_stage(view, stage)).collect();
    if decisions.is_empty() {
        return Err(Held::satisfied("there is no MAINTAINER"));
    }
    Ok(decisions)
}

fn of_stage(view: &View, stage: usize) -> Vec<Decision> {
    let Some(facts) = view.facts.stages.get(stage) else { return Vec::new() };
    let maintainers = facts.stage.body.iter().filter(|instruction| instruction.is(Keyword::Maintainer));
    let maintainers: Vec<&Instruction> = maintainers.copied().collect();
    match maintainers.as_slice() {
        [maintainer] => vec![decide(view, stage, maintainer)],
        [overridden @ .., _] => overridden
            .iter()
            .map(|line| Err(Held::blocked_at("a later MAINTAINER takes its place; name everybody in one", line.span)))
            .collect(),
        [] => Vec::new(),
    }
}

fn decide(view: &View, stage: usize, maintainer: &Instruction) -> Decision {
    let at = maintainer.span;
    if names_authors(view, stage) {
        return Err(Held::blocked_at(format!("a LABEL sets {LABEL} already; take this line out"), at));
    }
    let line = maintainer.to_file(Span::new(0, maintainer.logical.text().trim_end().len()));
    if line.of(view.dockerfile.text()).contains('\n') {
        return Err(Held::blocked_at("it goes over several lines; write it in one", at));
    }
    let keyword = place::in_case_of(maintainer, Keyword::Label);
    let authors = label::quoted(unquoted(maintainer.rest()), maintainer.escape);
    let label = format!("{keyword} {LABEL}={authors}");
    let edits = match label_below(view, maintainer) {
        Some(below) => joined(view, maintainer, &label, below),
        None => vec![Edit::replace(line, label)],
    };
    Ok(Change {
        at,
        edits,
        safety: Safety::Safe,
        reason: "MAINTAINER is deprecated; a label says the same where tools look for it".into(),
        because: vec![Evidence::dockerfile("the only one of its stage", at)],
        notes: vec!["`docker inspect` shows it under Labels, and Author stays empty".into()],
    })
}

/// The LABEL that stands in the next line.
fn label_below<'v>(view: &View<'v>, maintainer: &Instruction) -> Option<&'v Instruction> {
    let below = view.dockerfile.instructions().find(|instruction| instruction.span.start == maintainer.span.end)?;
    let is_legacy = matches!(below.parts.arguments, Arguments::Pairs { legacy: true, .. });
    (below.is(Keyword::Label) && !below.pairs().is_empty() && !is_legacy).then_some(below)
}

/// `label` as the first line of the LABEL below it.
fn joined(view: &View, maintainer: &Instruction, label: &str, below: &Instruction) -> Vec<Edit> {
    let text = view.dockerfile.text();
    let content = maintainer.span.of(text).trim_end_matches(['\n', '\r']).len();
    let line = Span::new(maintainer.span.start, maintainer.span.start + content);
    let lines = below.span.of(text).lines().skip(1).filter(|line| !line.trim_start().starts_with('#'));
    let indent = |line: &str| line.chars().take_while(|ch| ch.is_whitespace()).collect::<String>();
    let indent = lines.map(indent).next().unwrap_or_else(|| " ".repeat("LABEL ".len()));
    let keyword = Span::new(below.span.start, below.rest_in_file().start);
    vec![Edit::replace(line, format!("{label} {}", view.dockerfile.escape())), Edit::replace(keyword, indent)]
}

/// Whether the stage, or one that it starts from, has the label.
fn names_authors(view: &View, stage: usize) -> bool {
    let stages = view.facts.lineage(stage).filter_map(|index| view.facts.stages.get(index));
    let pairs = stages.flat_map(|facts| &facts.stage.body).filter(|line| line.is(Keyword::Label));
    pairs.flat_map(|line| line.pairs()).any(|pair| pair.key.trim_matches(['"', '\'']) == LABEL)
}

/// MAINTAINER takes quotes for a part of the name; nobody means that.
fn unquoted(text: &str) -> &str {
    let within = |quote: char| text.strip_prefix(quote)?.strip_suffix(quote).filter(|inner| !inner.contains(quote));
    within('"').or_else(|| within('\'')).unwrap_or(text)
}
