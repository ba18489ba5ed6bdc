//! OCI labels whose values are known for certain, and one that says that the image is hardened.

use super::{Transform, label, owner, place};
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
    let known = known(view);
    let of_project = known.len();
    let marker = marker(view);
    let unproven = marker.as_ref().err().cloned();
    let wanted: Vec<(String, String)> =
        known.into_iter().chain(marker.unwrap_or_default()).filter(|(key, _)| !present(key)).collect();
    if wanted.is_empty() {
        return Err(unproven.unwrap_or_else(|| nothing_to_add(view, of_project)));
    }
    let escape = view.dockerfile.escape();
    let lines: Vec<String> =
        wanted.iter().map(|(key, value)| format!("{key}={}", label::quoted(&shortened(value), escape))).collect();
    let separator = format!(" {escape}\n      ");
    let text = format!("LABEL {}\n", lines.join(&separator));
    let edit = place::before_the_epilogue(view, &text)?;
    let keys: Vec<&str> = wanted.iter().map(|(key, _)| key.trim_start_matches("org.opencontainers.image.")).collect();
    let change = Change {
        at: owner::stage_span(view),
        edits: vec![edit],
        safety: Safety::Safe,
        reason: format!("the image says of itself: {}", keys.join(", ")),
        because: vec![Evidence::template("what the project's own files say", "labels.toml")],
        notes: Vec::new(),
    };
    Ok(std::iter::once(Ok(change)).chain(unproven.map(Err)).collect())
}

fn nothing_to_add(view: &View, of_project: usize) -> Held {
    match (of_project, view.facts.input.context.is_known()) {
        (0, false) => Held::blocked("nothing is known of the project; give its folder with --context"),
        (0, true) => Held::blocked(
            "nothing in the project says what it is: no name in a manifest, no licence, no origin in git; add one",
        ),
        _ => Held::satisfied("every label that is known is set"),
    }
}

/// The labels whose values are known, sorted by key.
fn known(view: &View) -> Vec<(String, String)> {
    let project = view.facts.input.project();
    let labels = &view.facts.input.templates.labels;
    labels
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
        .collect()
}

/// The marker, where it is true: nothing where the container runs as root.
fn marker(view: &View) -> Result<Vec<(String, String)>, Held> {
    let labels = view.facts.input.templates.labels.marker();
    match view.facts.user() {
        User::Root | User::ExplicitRoot => Ok(Vec::new()),
        User::Other(name) if name.contains('$') => {
            let line = view.facts.steps().all.iter().rev().find(|step| step.is(Keyword::User));
            let reason =
                format!("nothing proves that {name} is not root, so the image is not called hardened; name an id");
            Err(Held::Blocked { reason, at: line.map(|step| step.instruction.span) })
        }
        User::Other(_) => Ok(labels.map(|(key, value)| (key.to_owned(), value.to_owned())).collect()),
    }
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
