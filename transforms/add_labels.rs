//! OCI labels whose values are known for certain, and one that says that the image is hardened.

use super::{Transform, owner, place};
use crate::decision::{Announced, Change, Decision, Evidence, Held, Meaning, Safety};
use crate::dockerfile::Keyword;
use crate::engine::View;
use crate::facts::User;
use crate::templates::LabelSource;

pub(super) static TRANSFORM: Transform = Transform {
    name: "add_labels",
    page: include_str!("add_labels.md"),
    announced: Announced { touches: &[Keyword::Label], meaning: &[Meaning::Labels], stages: 0 },
    plan,
};

/// The longest value, in characters.
const MAX_LENGTH: usize = 250;

fn plan(view: &View) -> Result<Vec<Decision>, Held> {
    let present = |key: &str| {
        let labels = view.facts.steps().all.iter().filter(|step| step.is(Keyword::Label));
        labels
            .into_iter()
            .any(|step| step.instruction.pairs().iter().any(|pair| pair.key.trim_matches(['"', '\'']) == key))
    };
    let wanted: Vec<(String, String)> = known(view).into_iter().filter(|(key, _)| !present(key)).collect();
    if wanted.is_empty() {
        return Err(Held::satisfied("every label that is known is set"));
    }
    let escape = view.dockerfile.escape();
    let lines: Vec<String> = wanted.iter().map(|(key, value)| format!("{key}={}", quoted(value, escape))).collect();
    let separator = format!(" {escape}\n      ");
    let text = format!("LABEL {}\n", lines.join(&separator));
    let edit = place::at_the_end(view, &text).ok_or_else(|| Held::satisfied("there is no stage"))?;
    let keys: Vec<&str> = wanted.iter().map(|(key, _)| key.trim_start_matches("org.opencontainers.image.")).collect();
    Ok(vec![Ok(Change {
        at: owner::stage_span(view),
        edits: vec![edit],
        safety: Safety::Safe,
        reason: format!("the image says of itself: {}", keys.join(", ")),
        because: vec![Evidence::template("what the project's own files say", "labels.toml")],
        notes: Vec::new(),
    })])
}

/// The labels whose values are known, sorted by key; the marker only where it is true.
fn known(view: &View) -> Vec<(String, String)> {
    let project = view.facts.input.project();
    let labels = &view.facts.input.templates.labels;
    let mut known: Vec<(String, String)> = labels
        .labels()
        .into_iter()
        .filter_map(|label| {
            let value = match label.from {
                LabelSource::ProjectName => project.name.clone(),
                LabelSource::ProjectDescription => project.description.clone(),
                LabelSource::SourceUrl => project.source_url.clone(),
                LabelSource::Licence => project.license.clone(),
            };
            Some((label.key.clone(), value?))
        })
        .collect();
    if matches!(view.facts.user(), User::Other(name) if !name.contains('$')) {
        known.extend(labels.marker().map(|(key, value)| (key.to_owned(), value.to_owned())));
    }
    known
}

/// A value in double quotes, such that BuildKit reads it as it is.
fn quoted(value: &str, escape: char) -> String {
    let mut text = String::from("\"");
    for ch in shortened(value).chars() {
        if ch == escape || matches!(ch, '"' | '$') {
            text.push(escape);
        }
        text.push(ch);
    }
    text.push('"');
    text
}

/// A label is no page: whole words up to [`MAX_LENGTH`] characters.
fn shortened(value: &str) -> String {
    if value.chars().count() <= MAX_LENGTH {
        return value.to_owned();
    }
    let start: String = value.chars().take(MAX_LENGTH - 1).collect();
    let whole = start.rsplit_once(char::is_whitespace).map_or(start.as_str(), |(whole, _)| whole);
    format!("{}…", whole.trim_end())
}
