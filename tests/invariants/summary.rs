//! What the pipeline did to a set, in figures.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use harden::engine::HeldKind;
use harden::transforms;

use crate::run::Run;

/// Reasons shown of each kind.
const TOP: usize = 6;

#[derive(Default)]
pub struct Summary {
    files: usize,
    rejected: usize,
    changed: usize,
    blocked: usize,
    took: Duration,
    slowest: Option<(Duration, String)>,
    transforms: BTreeMap<&'static str, Row>,
}

/// What a transform did; each figure counts files.
#[derive(Default)]
struct Row {
    applied: usize,
    satisfied: usize,
    blocked: usize,
    off: usize,
    reasons: BTreeMap<String, usize>,
}

impl Summary {
    pub fn add(&mut self, name: &str, run: &Run, took: Duration) {
        self.files += 1;
        self.took += took;
        if self.slowest.as_ref().is_none_or(|(slowest, _)| took > *slowest) {
            self.slowest = Some((took, name.to_owned()));
        }
        if run.is_rejected() {
            self.rejected += 1;
            return;
        }
        self.changed += usize::from(run.outcome.is_changed());
        self.blocked += usize::from(run.outcome.blocked().next().is_some());
        for transform in &transforms::ALL {
            self.transforms.entry(transform.name).or_default().add(transform.name, run);
        }
    }
}

impl Row {
    fn add(&mut self, transform: &str, run: &Run) {
        let outcome = &run.outcome;
        let held = |kind| outcome.held.iter().any(|held| held.transform == transform && held.kind == kind);
        self.applied += usize::from(outcome.applied.iter().any(|applied| applied.transform == transform));
        self.satisfied += usize::from(held(HeldKind::Satisfied));
        self.blocked += usize::from(held(HeldKind::Blocked));
        self.off += usize::from(held(HeldKind::Off));
        for held in outcome.blocked().filter(|held| held.transform == transform) {
            *self.reasons.entry(without_names(&held.reason)).or_default() += 1;
        }
    }
}

/// A reason with what differs from file to file taken out: quoted text, and words that are no plain words.
fn without_names(reason: &str) -> String {
    let mut plain = String::new();
    for (index, part) in reason.split('`').enumerate() {
        plain.push_str(if index % 2 == 1 { "`…`" } else { part });
    }
    let is_plain = |word: &str| {
        let word = word.trim_matches([',', '.', ':', ';', '(', ')']);
        word.chars().all(|ch| ch.is_alphabetic() || "'-`…[]".contains(ch)) || matches!(word, "CMD" | "ENTRYPOINT")
    };
    let words = plain.split_whitespace().map(|word| if is_plain(word) { word } else { "…" });
    words.collect::<Vec<_>>().join(" ")
}

impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { files, rejected, changed, blocked, .. } = self;
        let left = files - rejected - changed;
        writeln!(
            f,
            "{files} files: {rejected} rejected, {changed} changed, {left} left; {blocked} have something held"
        )?;
        let each = self.took.checked_div(u32::try_from(*files).unwrap_or(u32::MAX)).unwrap_or_default();
        writeln!(f, "two runs take {each:?} on average; the slowest: {:?}", self.slowest)?;
        writeln!(f, "{:22}{:>9}{:>11}{:>9}{:>6}", "", "applied", "satisfied", "blocked", "off")?;
        for transform in &transforms::ALL {
            let Some(row) = self.transforms.get(transform.name) else { continue };
            let Row { applied, satisfied, blocked, off, .. } = row;
            writeln!(f, "{:22}{applied:9}{satisfied:11}{blocked:9}{off:6}", transform.name)?;
        }
        for transform in &transforms::ALL {
            let Some(row) = self.transforms.get(transform.name) else { continue };
            let mut reasons: Vec<(&String, &usize)> = row.reasons.iter().collect();
            reasons.sort_by_key(|&(reason, count)| (std::cmp::Reverse(count), reason));
            for (reason, count) in reasons.into_iter().take(TOP) {
                writeln!(f, "  {:20}{count:6}  {reason}", transform.name)?;
            }
        }
        Ok(())
    }
}
