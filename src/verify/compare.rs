//! Two images, row by row.

use std::collections::BTreeSet;

use serde::Serialize;

use super::behaviour::{self, Failure, Phase};
use super::bisect::Culprit;
use super::confined::Confined;
use super::log;
use super::run::{Checked, Run, Started};
use super::scan::{Counts, Scanner};
use super::trial::Trial;
use crate::templates::Verify;

/// A size that differs by less is the same, in per cent.
const SAME_SIZE: f64 = 1.0;

/// How many names a list shows.
const NAMES: usize = 3;

/// What came of a comparison.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Comparison {
    /// The rows of the table.
    pub rows: Vec<Row>,
    /// What is worse; nothing is the proof.
    pub failures: Vec<Failure>,
    /// What the hardened image does without; none if it is worse.
    pub confined: Option<Confined>,
    /// Why known vulnerabilities could not be counted, where that was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unscanned: Option<String>,
    /// Which transforms are to blame, where that was looked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bisected: Option<Bisected>,
}

/// What was found out about a hardened file that is worse.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Bisected {
    /// The transforms that break it, in the order in which they were found.
    pub culprits: Vec<Culprit<Failure>>,
    /// Whether the file without them passes.
    pub passes: bool,
}

/// A row of the table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Row {
    /// What is compared.
    pub what: &'static str,
    /// How the original is.
    pub original: String,
    /// How the hardened image is.
    pub hardened: String,
    /// Which is better.
    pub judgement: Judgement,
    /// Why, where the values don't say.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
}

/// How the hardened image is, beside the original.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Judgement {
    /// Better.
    Better,
    /// The same.
    Same,
    /// Worse.
    Worse,
}

impl Judgement {
    /// Less is better.
    fn of<T: PartialOrd>(original: &T, hardened: &T) -> Self {
        if hardened < original {
            Self::Better
        } else if hardened > original {
            Self::Worse
        } else {
            Self::Same
        }
    }

    const fn fails(fails: bool) -> Self {
        if fails { Self::Worse } else { Self::Same }
    }
}

impl Comparison {
    /// Whether the hardened image does what the original does, and may do no more.
    #[must_use]
    pub fn is_proved(&self) -> bool {
        self.failures.is_empty()
    }

    /// A hardened file that can't be built.
    pub(super) fn not_built(log: &str) -> Self {
        let failure = Failure {
            phase: Phase::Build,
            what: format!("the hardened file can't be built: {}", build_error(log)),
            log: log::tail(log),
        };
        let row = Row::new("builds", "yes", "no", Judgement::Worse);
        Self { rows: vec![row], failures: vec![failure], confined: None, unscanned: None, bisected: None }
    }
}

/// What a build says last of what went wrong.
pub(super) fn build_error(log: &str) -> &str {
    let lines: Vec<&str> = log.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    lines
        .iter()
        .rfind(|line| line.starts_with("ERROR") || line.starts_with("Error"))
        .or(lines.last())
        .map_or("", |line| *line)
}

impl Row {
    fn new(what: &'static str, original: impl Into<String>, hardened: impl Into<String>, judgement: Judgement) -> Self {
        Self { what, original: original.into(), hardened: hardened.into(), judgement, why: None }
    }

    /// What a scanner knows of both.
    pub(super) fn vulnerabilities(scanner: Scanner, original: &Counts, hardened: &Counts) -> Self {
        let judgement = Judgement::of(&original.total(), &hardened.total());
        let row = Self::new("vulnerabilities", original.to_string(), hardened.to_string(), judgement);
        row.because(Some(format!("by {}", scanner.name())))
    }

    fn because(mut self, why: Option<String>) -> Self {
        self.why = why;
        self
    }
}

/// Holds `hardened` against `original`.
pub(super) fn compare(original: &Trial, hardened: &Trial, known: &Verify) -> Comparison {
    let has = |path: &str| hardened.files.directories.contains(path);
    let mut failures: Vec<Failure> = rights(original, hardened).collect();
    failures.extend(behaviour::failures(&original.run, &hardened.run, has, known));
    let mut rows = of_images(original, hardened, known);
    rows.push(Row::new("builds", "yes", "yes", Judgement::Same));
    rows.extend(of_runs(&original.run, &hardened.run, &failures, known));
    Comparison { rows, failures, confined: None, unscanned: None, bisected: None }
}

/// What an image may do more than before.
fn rights(original: &Trial, hardened: &Trial) -> impl Iterator<Item = Failure> {
    let failure = |what: String| Failure { phase: Phase::Rights, what, log: Vec::new() };
    let becomes_root = is_root(hardened) && !is_root(original);
    let new: Vec<&str> = hardened.files.setuid.difference(&original.files.setuid).map(String::as_str).collect();
    let more = hardened.files.setuid.len() > original.files.setuid.len();
    let user = becomes_root.then(|| failure("it runs as root, and the original does not".to_owned()));
    let setuid = more.then(|| failure(format!("more programs run as their owner: {}", new.join(", "))));
    user.into_iter().chain(setuid)
}

fn is_root(trial: &Trial) -> bool {
    trial.user().is_some_and(|user| user.uid == 0)
}

fn of_images(original: &Trial, hardened: &Trial, known: &Verify) -> Vec<Row> {
    let names = |what, original: &BTreeSet<String>, hardened: &BTreeSet<String>| {
        Row::new(what, list(original, known), list(hardened, known), Judgement::of(&original.len(), &hardened.len()))
    };
    let (before, after) = (&original.files, &hardened.files);
    vec![
        size(original.configuration.size, hardened.configuration.size),
        user(original, hardened),
        names("build tools", &before.build_tools, &after.build_tools),
        names("package managers", &before.package_managers, &after.package_managers),
        names("shells", &before.shells, &after.shells),
        names("setuid files", &before.setuid, &after.setuid),
        ownership(original, hardened),
        packages(before.packages, after.packages),
    ]
}

#[expect(clippy::cast_precision_loss, reason = "a size in per cent needs few digits")]
fn size(original: u64, hardened: u64) -> Row {
    let change = (hardened as f64 / (original as f64).max(1.0) - 1.0) * 100.0;
    let megabytes = |size: u64| format!("{:.1} MB", size as f64 / 1e6);
    let judgement = if change.abs() < SAME_SIZE { Judgement::Same } else { Judgement::of(&original, &hardened) };
    let why = match judgement {
        Judgement::Better => Some(format!("{:.0} % smaller", -change)),
        Judgement::Worse => Some(format!("{change:.0} % larger")),
        Judgement::Same => None,
    };
    Row::new("image size", megabytes(original), megabytes(hardened), judgement).because(why)
}

fn user(original: &Trial, hardened: &Trial) -> Row {
    let judgement = Judgement::of(&is_root(original), &is_root(hardened));
    Row::new("user", user_of(original), user_of(hardened), judgement)
}

fn user_of(trial: &Trial) -> String {
    match trial.user() {
        Some(user) if user.uid == 0 => "root".to_owned(),
        Some(user) => user.name.map_or_else(|| user.uid.to_string(), |name| format!("{name} ({})", user.uid)),
        None => trial.configuration.user.clone(),
    }
}

fn ownership(original: &Trial, hardened: &Trial) -> Row {
    let writable = |trial: &Trial| trial.user().map_or((0, 0), |user| trial.files.writable(&user));
    let ((before, of_before), (after, of_after)) = (writable(original), writable(hardened));
    let value = |writable, all| if all == 0 { "-".to_owned() } else { format!("may write {writable} of {all}") };
    let judgement = if after < before { Judgement::Better } else { Judgement::Same };
    Row::new("file ownership", value(before, of_before), value(after, of_after), judgement)
}

fn packages(original: Option<usize>, hardened: Option<usize>) -> Row {
    let value = |count: Option<usize>| count.map_or_else(|| "unknown".to_owned(), |count| count.to_string());
    let judgement = match (original, hardened) {
        (Some(original), Some(hardened)) => Judgement::of(&original, &hardened),
        _ => Judgement::Same,
    };
    Row::new("packages", value(original), value(hardened), judgement)
}

/// How many there are, and the first names.
fn list(names: &BTreeSet<String>, known: &Verify) -> String {
    if names.is_empty() {
        return "none".to_owned();
    }
    let first = known.in_order(names.iter().map(|path| path.rsplit('/').next().unwrap_or(path)));
    let first: Vec<&str> = first.into_iter().take(NAMES).collect();
    let more = if names.len() > NAMES { ", …" } else { "" };
    format!("{}: {}{more}", names.len(), first.join(", "))
}

fn of_runs(original: &Run, hardened: &Run, failures: &[Failure], known: &Verify) -> Vec<Row> {
    let fails = |phase| Judgement::fails(failures.iter().any(|failure| failure.phase == phase));
    let row =
        |what, value: &dyn Fn(&Run) -> String, phase| Row::new(what, value(original), value(hardened), fails(phase));
    let starts = row("starts", &started, Phase::Start);
    if starts.judgement == Judgement::Worse {
        return vec![starts];
    }
    let mut health = row("health check", &checked, Phase::Health);
    if original.health != Checked::Healthy && hardened.health == Checked::Healthy {
        health.judgement = Judgement::Better;
    }
    let errors = |run: &Run| errors(log::complaints(&run.log, known).len());
    let new = log::new_complaints(&original.log, &hardened.log, known).len();
    let mut logs = row("logs", &errors, Phase::Logs);
    logs.why = (new > 0).then(|| format!("{new} new"));
    let mut writes = row("writes", &written, Phase::Writes);
    let is_there = !original.writes.missing_in(&hardened.writes, |_| false).is_empty();
    writes.why = (is_there && writes.judgement == Judgement::Same).then(|| "it is there already".to_owned());
    vec![starts, row("answers", &answers, Phase::Answer), health, logs, writes]
}

fn started(run: &Run) -> String {
    match run.started {
        Started::Refused(_) => "no".to_owned(),
        Started::Running => "yes".to_owned(),
        Started::Exited(code) => format!("exit code {code}"),
    }
}

fn answers(run: &Run) -> String {
    let ports: BTreeSet<u16> = run.answers.keys().map(|question| question.port).collect();
    let of_port = |port: &u16| {
        let replies = run.answers.iter().filter(|(question, _)| question.port == *port);
        let said: Vec<String> = replies
            .filter_map(|(question, reply)| Some(format!("{} {}", question.path, reply.answer.as_ref()?.status)))
            .collect();
        let said = if said.is_empty() { "open".to_owned() } else { said.join(", ") };
        if ports.len() > 1 || said == "open" { format!("port {port} {said}") } else { said }
    };
    let all: Vec<String> = ports.iter().map(of_port).collect();
    match run.started {
        Started::Running if all.is_empty() => "nobody listens".to_owned(),
        _ if all.is_empty() => "-".to_owned(),
        _ => all.join("; "),
    }
}

fn checked(run: &Run) -> String {
    match run.health {
        Checked::No => "none",
        Checked::Healthy => "healthy",
        Checked::Unhealthy(_) => "unhealthy",
    }
    .to_owned()
}

fn errors(count: usize) -> String {
    match count {
        0 => "no error".to_owned(),
        1 => "1 error".to_owned(),
        count => format!("{count} errors"),
    }
}

fn written(run: &Run) -> String {
    let directories: Vec<&str> = run.writes.directories().into_iter().collect();
    match directories.get(..NAMES) {
        _ if directories.is_empty() => "nothing".to_owned(),
        Some(first) if directories.len() > NAMES => format!("{}: {}, …", directories.len(), first.join(", ")),
        _ => directories.join(", "),
    }
}
