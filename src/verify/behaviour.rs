//! Whether a program does what another one did.

use std::collections::BTreeSet;

use serde::Serialize;

use super::log;
use super::run::{Checked, Question, Reply, Run, Started};
use crate::container::Answer;
use crate::templates::Verify;

/// What a hardened image does worse than its original.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Failure {
    /// When it shows.
    pub phase: Phase,
    /// What it is, in a sentence.
    pub what: String,
    /// The end of what was printed.
    pub log: Vec<String>,
}

/// When something shows, in this order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Phase {
    /// The image is made.
    Build,
    /// What it may do is looked at.
    Rights,
    /// The program starts.
    Start,
    /// It is asked.
    Answer,
    /// Its own check is made.
    Health,
    /// What it printed is read.
    Logs,
    /// What it wrote is looked at.
    Writes,
}

/// How much of two bodies is shown.
const QUOTE: usize = 48;

/// What `hardened` does worse than `original`; `has` tells which directories its image has.
pub(super) fn failures(original: &Run, hardened: &Run, has: impl Fn(&str) -> bool, known: &Verify) -> Vec<Failure> {
    let failure = |phase, what: String, log: &str| Failure { phase, what, log: log::tail(log) };
    if let Some(what) = start(original, hardened, known) {
        return vec![failure(Phase::Start, what, &hardened.log)];
    }
    let answer = answers(original, hardened).map(|what| failure(Phase::Answer, what, &hardened.log));
    let said = if let Checked::Unhealthy(said) = &hardened.health { said } else { "" };
    let health = health(original, hardened).map(|what| failure(Phase::Health, what, said));
    let logs = logs(original, hardened, known).map(|what| failure(Phase::Logs, what, &hardened.log));
    let writes = writes(original, hardened, has).map(|what| failure(Phase::Writes, what, ""));
    [answer, health, logs, writes].into_iter().flatten().collect()
}

fn start(original: &Run, hardened: &Run, known: &Verify) -> Option<String> {
    let ended = |code: i32| {
        let complaints = log::complaints(&hardened.log, known);
        let said = log::telling(&complaints).or_else(|| hardened.log.lines().next_back());
        let said = said.map(|line| format!(": {line}")).unwrap_or_default();
        format!("the program ends with exit code {code}{said}")
    };
    match (&original.started, &hardened.started) {
        (before, after) if before == after => None,
        (_, Started::Refused(why)) => Some(format!("the program can't be started: {why}")),
        (Started::Exited(before), Started::Exited(after)) => {
            Some(format!("the original ends with exit code {before}, but {}", ended(*after)))
        }
        (_, Started::Exited(code)) => Some(ended(*code)),
        (Started::Exited(code), Started::Running) => {
            Some(format!("the program runs on, and the original's ends with {code}"))
        }
        (_, Started::Running) => None,
    }
}

fn answers(original: &Run, hardened: &Run) -> Option<String> {
    original.answers.iter().find_map(|(question, reply)| match hardened.answers.get(question) {
        Some(other) => answer(question, reply, other),
        None => Some(format!("nobody listens on port {}", question.port)),
    })
}

fn answer(question: &Question, original: &Reply, hardened: &Reply) -> Option<String> {
    let before = original.answer.as_ref()?;
    let Some(after) = &hardened.answer else { return Some(format!("{question} is not answered")) };
    if before.status != after.status {
        let is_better = before.status >= 500 && after.status < 500;
        return (!is_better).then(|| format!("{question} is answered with {}, not {}", after.status, before.status));
    }
    if before.content_type != after.content_type {
        return Some(format!("{question} is answered in {:?}, not {:?}", after.content_type, before.content_type));
    }
    let differs = original.is_stable && before.body != after.body;
    differs.then(|| {
        let (before, after) = difference(before, after);
        format!("{question} is answered with {after:?}, not {before:?}")
    })
}

/// From a little before the first byte that differs.
fn difference(before: &Answer, after: &Answer) -> (String, String) {
    let same = before.body.iter().zip(&after.body).take_while(|(before, after)| before == after).count();
    let quote = |body: &[u8]| {
        let from = same.saturating_sub(QUOTE / 4);
        let part: Vec<u8> = body.iter().skip(from).take(QUOTE).copied().collect();
        String::from_utf8_lossy(&part).into_owned()
    };
    (quote(&before.body), quote(&after.body))
}

fn health(original: &Run, hardened: &Run) -> Option<String> {
    match (&original.health, &hardened.health) {
        (Checked::Unhealthy(_), Checked::Unhealthy(_)) => None,
        (_, Checked::Unhealthy(said)) if said.trim().is_empty() => {
            Some("the health check fails, and prints nothing".to_owned())
        }
        (_, Checked::Unhealthy(said)) => Some(format!("the health check fails: {}", last_line(said))),
        (Checked::Healthy, Checked::No) => Some("there is no health check any more".to_owned()),
        (_, Checked::Healthy | Checked::No) => None,
    }
}

fn last_line(text: &str) -> &str {
    text.lines().map(str::trim).rfind(|line| !line.is_empty()).unwrap_or_default()
}

/// A program that ended has nothing but its output to be judged by.
fn logs(original: &Run, hardened: &Run, known: &Verify) -> Option<String> {
    if let Some(line) = log::telling(&log::new_complaints(&original.log, &hardened.log, known)) {
        return Some(format!("it prints an error that the original does not: {line}"));
    }
    let is_compared = original.prints_the_same && matches!(original.started, Started::Exited(_));
    let (before, after) = log::first_difference(&original.log, &hardened.log).filter(|_| is_compared)?;
    Some(format!("it prints {after:?}, not {before:?}"))
}

fn writes(original: &Run, hardened: &Run, has: impl Fn(&str) -> bool) -> Option<String> {
    let missing: Vec<&str> = original.writes.missing_in(&hardened.writes, has).into_iter().collect();
    if missing.is_empty() {
        return None;
    }
    let new: BTreeSet<&str> = &hardened.writes.directories() - &original.writes.directories();
    let elsewhere = new.into_iter().collect::<Vec<_>>().join(", ");
    let elsewhere = if elsewhere.is_empty() { elsewhere } else { format!("; it writes to {elsewhere} instead") };
    Some(format!("it does not write to {} any more{elsewhere}", missing.join(", ")))
}
