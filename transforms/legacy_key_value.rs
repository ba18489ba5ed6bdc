//! `ENV key value` becomes `ENV key=value`: the old form takes one pair, and BuildKit warns of it.

use super::Transform;
use crate::decision::{Announced, Change, Decision, Evidence, Held, Safety};
use crate::dockerfile::{Arguments, Instruction, Keyword, Pair};
use crate::edit::{Edit, Span};
use crate::engine::View;

pub(super) static TRANSFORM: Transform = Transform {
    name: "legacy_key_value",
    page: include_str!("legacy_key_value.md"),
    announced: Announced { touches: &[Keyword::Env, Keyword::Label], meaning: &[], stages: 0 },
    plan,
};

fn plan(view: &View) -> Result<Vec<Decision>, Held> {
    let stages = view.facts.needed_stages().into_iter().filter_map(|index| view.facts.stages.get(index));
    let lines = stages.flat_map(|stage| stage.stage.body.iter().copied());
    let decisions: Vec<Decision> = lines.filter_map(|line| Some(decide(view, line, legacy_pair(line)?))).collect();
    match decisions.as_slice() {
        [] => Err(Held::satisfied("every ENV and LABEL is written with `=`")),
        _ => Ok(decisions),
    }
}

fn legacy_pair(line: &Instruction) -> Option<&Pair> {
    match &line.parts.arguments {
        Arguments::Pairs { pairs, legacy: true } => pairs.first(),
        _ => None,
    }
}

fn decide(view: &View, line: &Instruction, pair: &Pair) -> Decision {
    let value = pair.value.as_deref().unwrap_or_default();
    let blocked = |reason: &str| Held::blocked_at(reason, line.span);
    if !pair.key.chars().all(|ch| ch.is_ascii_alphanumeric() || "_.-/".contains(ch)) {
        return Err(blocked("the key is no plain word"));
    }
    let quote = quote_for(line, value).ok_or_else(|| {
        blocked("the value has blanks, and quotes or escapes of its own; write it between one pair of quotes")
    })?;
    let gap = line.to_file(Span::new(pair.span.start + pair.key.len(), pair.span.end - value.len()));
    if gap.of(view.dockerfile.text()).contains('#') {
        return Err(blocked("a comment stands between the key and the value"));
    }
    let end = line.to_file(Span::at(pair.span.end)).start;
    let mut edits = vec![Edit::replace(gap, format!("={quote}"))];
    edits.extend((!quote.is_empty()).then(|| Edit::insert(end, quote)));
    Ok(Change {
        at: line.span,
        edits,
        safety: Safety::Safe,
        reason: format!("{} is set with `=`: the form without it takes all of the line for the value", pair.key),
        because: vec![Evidence::dockerfile(line.rest(), line.span)],
        notes: Vec::new(),
    })
}

/// What has to stand around a value, which reaches to the end of the line in the old form and to a blank in the new one.
fn quote_for(line: &Instruction, value: &str) -> Option<&'static str> {
    let has_blanks = value.contains(char::is_whitespace);
    let protects = |ch: char| matches!(ch, '"' | '\'') || ch == line.escape;
    match value.contains(protects) {
        _ if !has_blanks => Some(""),
        true if is_quoted_as_a_whole(value, line.escape) => Some(""),
        true => None,
        false => Some("\""),
    }
}

fn is_quoted_as_a_whole(value: &str, escape: char) -> bool {
    let inner = |quote: char| value.strip_prefix(quote).and_then(|rest| rest.strip_suffix(quote));
    let is_plain = |inner: &str, quote: char| !inner.contains([quote, escape]);
    ['"', '\''].into_iter().any(|quote| inner(quote).is_some_and(|inner| is_plain(inner, quote)))
}
