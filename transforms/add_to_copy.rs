//! `ADD` of plain files and folders becomes `COPY`, which does nothing but copy.

use super::{Transform, place};
use crate::decision::{Announced, Change, Decision, Evidence, Held, Safety};
use crate::dockerfile::Keyword;
use crate::edit::{Edit, Span};
use crate::engine::View;
use crate::facts::Step;

pub(super) static TRANSFORM: Transform = Transform {
    name: "add_to_copy",
    page: include_str!("add_to_copy.md"),
    announced: Announced { touches: &[Keyword::Add, Keyword::Copy], meaning: &[], stages: 0 },
    plan,
};

/// Endings of what ADD unpacks. It looks at the content, so that a file with no ending at all is asked for as well.
const ARCHIVES: [&str; 10] = [".tar", ".gz", ".tgz", ".bz2", ".tbz", ".tbz2", ".xz", ".txz", ".zst", ".lz"];

/// Flags that COPY does not have.
const ADD_ONLY: [&str; 3] = ["--checksum", "--keep-git-dir", "--unpack"];

fn plan(view: &View) -> Result<Vec<Decision>, Held> {
    let mut decisions = Vec::new();
    for index in view.facts.needed_stages() {
        let steps = view.facts.steps_of(index);
        let adds = steps.own().iter().filter(|step| step.is(Keyword::Add));
        decisions.extend(adds.map(|step| decide(view, step)));
    }
    if decisions.is_empty() {
        return Err(Held::satisfied("there is no ADD"));
    }
    Ok(decisions)
}

fn decide(view: &View, step: &Step) -> Decision {
    let instruction = step.instruction;
    if let Some(flag) = instruction.parts.flags.iter().find(|flag| ADD_ONLY.contains(&flag.name.as_str())) {
        return Err(Held::blocked_at(format!("COPY has no {}", flag.name), instruction.span));
    }
    if let Some(reason) = step.sources().into_iter().find_map(|source| does_more(view, source)) {
        return Err(Held::blocked_at(reason, instruction.span));
    }
    let keyword = instruction.to_file(Span::new(0, instruction.parts.name.len()));
    Ok(Change {
        at: instruction.span,
        edits: vec![Edit::replace(keyword, place::in_case_of(instruction, Keyword::Copy))],
        safety: Safety::Safe,
        reason: "COPY does nothing but copy: no download, no unpacking".into(),
        because: vec![Evidence::dockerfile("no source is an address or an archive", instruction.span)],
        notes: Vec::new(),
    })
}

/// Why ADD of `source` may do more than copy.
fn does_more(view: &View, source: &str) -> Option<String> {
    if source.contains("://") || is_of_ssh(source) {
        return Some(format!("{source} is fetched, which COPY can't do"));
    }
    if source.contains('$') {
        return Some(format!("{source} is a variable: it may be an address or an archive"));
    }
    let lower = source.to_ascii_lowercase();
    if ARCHIVES.iter().any(|ending| lower.ends_with(ending)) {
        return Some(format!("{source} is an archive, which COPY would not unpack"));
    }
    let context = view.facts.input.context;
    let is_folder = source.ends_with('/') || source == "." || context.below(source).next().is_some();
    let name = lower.rsplit('/').next().unwrap_or_default();
    let tells_nothing = source.contains(['*', '?', '[']) && !name.contains('.');
    (tells_nothing && !is_folder).then(|| format!("{source} may stand for an archive"))
}

/// Whether git would fetch `source` by ssh, as `git@github.com:example/tool.git`.
fn is_of_ssh(source: &str) -> bool {
    let is_word = |text: &str, marks: [char; 2]| {
        !text.is_empty() && text.chars().all(|ch| ch.is_ascii_alphanumeric() || marks.contains(&ch))
    };
    let parts = source.split_once('@').and_then(|(user, rest)| Some((user, rest.split_once(':')?.0)));
    parts.is_some_and(|(user, host)| is_word(user, ['-', '_']) && is_word(host, ['-', '.']))
}
