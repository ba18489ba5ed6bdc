//! Promises of the report: it is complete, and it is true.

use std::collections::BTreeSet;

use harden::engine::HeldKind;
use harden::transforms;

use crate::run::{Held, Run};

/// The words by which the engine reports a check of its own.
const BUG: &str = "this is a bug of harden";

pub fn no_check_fails(run: &Run) -> Held {
    match run.outcome.blocked().find(|held| held.reason.contains(BUG)) {
        Some(held) => Err(format!("{}: {}", held.transform, held.reason)),
        None => Ok(()),
    }
}

pub fn are_complete(run: &Run) -> Held {
    if run.is_rejected() {
        return Ok(());
    }
    let outcome = &run.outcome;
    let changes = outcome.applied.iter().chain(&outcome.advice).map(|applied| applied.transform);
    let heard: BTreeSet<&str> = changes.chain(outcome.held.iter().map(|held| held.transform)).collect();
    match transforms::ALL.iter().find(|transform| !heard.contains(transform.name)) {
        Some(silent) => Err(format!("{} says nothing", silent.name)),
        None => Ok(()),
    }
}

pub fn have_reasons(run: &Run) -> Held {
    let outcome = &run.outcome;
    let last = 1 + outcome.before.matches('\n').count();
    let applied = outcome.applied.iter().chain(&outcome.advice);
    let applied = applied.map(|applied| (applied.transform, &applied.reason, Some(applied.line)));
    let held = outcome.held.iter().map(|held| (held.transform, &held.reason, held.line));
    for (transform, reason, line) in applied.chain(held) {
        if reason.trim().is_empty() {
            return Err(format!("{transform} gives no reason"));
        }
        if line.is_some_and(|line| line == 0 || line > last) {
            return Err(format!("{transform} speaks of line {line:?} of {last}"));
        }
    }
    Ok(())
}

pub fn are_true(run: &Run) -> Held {
    let outcome = &run.outcome;
    let off = outcome.held.iter().find(|held| held.kind == HeldKind::Off);
    match (outcome.is_changed(), outcome.applied.is_empty(), off) {
        (true, true, _) => Err("the file changed and nobody says so".into()),
        (false, false, _) => Err("changes are reported and the file is the same".into()),
        (_, _, Some(held)) => Err(format!("{} is off, and nobody switched it off", held.transform)),
        _ => Ok(()),
    }
}
