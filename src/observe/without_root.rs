//! Whether the program does the same as a user without rights, who owns what it writes.

use std::collections::{BTreeMap, BTreeSet};

use super::secrets;
use super::watch::{Question, Reply, Seen};
use crate::container::State;
use crate::facts::scope::is_at_or_below;
use crate::facts::writable::is_systems_own;
use crate::templates::Verify;
use crate::verify::log;

/// Texts by which a program says that it may not do something.
const REFUSALS: [&str; 10] = [
    "ermission denied",
    "EACCES",
    "EPERM",
    "peration not permitted",
    "ead-only file system",
    "eadonly database",
    "unable to open database file",
    "must be run as root",
    "must be root",
    "requires root",
];

/// How many reasons are kept, and how much of each.
const MOST: usize = 3;
const LONGEST: usize = 160;

/// What a run without root says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Verdict {
    /// It did the same.
    DidWithout,
    /// It did not, for these reasons.
    Needed(BTreeSet<String>),
    /// It printed errors that may have another cause.
    Unknown(String),
}

/// The text of an image in which `user` owns `directories`, and in those of `trees` also what is in them.
pub(super) fn dockerfile(tag: &str, user: &str, directories: &BTreeSet<&str>, trees: &BTreeSet<&str>) -> String {
    let words = |paths: &BTreeSet<&str>| paths.iter().map(|path| quoted(path)).collect::<Vec<_>>().join(" ");
    let mut script = Vec::new();
    if !directories.is_empty() {
        let all = words(directories);
        script.push(format!("mkdir -p {all} && chown {user} {all}"));
    }
    if !trees.is_empty() {
        script.push(format!("chown -R {user} {}", words(trees)));
    }
    let run = match script.as_slice() {
        [] => String::new(),
        _ => format!("USER 0\nRUN {}\n", serde_json::json!(["/bin/sh", "-c", script.join(" && ")])),
    };
    format!("FROM {tag}\n{run}USER {user}\n")
}

fn quoted(path: &str) -> String {
    format!("'{}'", path.replace('\'', "'\\''"))
}

/// The directories that may be given to a user, and those of them whose files would be the user's too.
pub(super) fn given<'d>(
    directories: impl Iterator<Item = &'d str>,
    copied: &BTreeSet<String>,
) -> (BTreeSet<&'d str>, BTreeSet<&'d str>) {
    let given: BTreeSet<&str> = directories.filter(|directory| !is_systems_own(directory)).collect();
    let is_copied = |directory: &&str| copied.iter().any(|tree| is_at_or_below(directory, tree));
    let trees = given.iter().copied().filter(is_copied).collect();
    (given, trees)
}

/// Holds the run without root against the one with it.
pub(super) fn judge(with: &Seen, without: &Seen, known: &Verify) -> Verdict {
    let complaints = log::new_complaints(&with.log, &without.log, known);
    let refusals: Vec<&str> = complaints.iter().copied().filter(|line| is_refusal(line)).collect();
    let difference = difference(with.state, without.state).or_else(|| other_answer(&with.answers, &without.answers));
    match (difference, refusals.as_slice(), complaints.as_slice()) {
        (None, [], []) => Verdict::DidWithout,
        (_, [_, ..], _) => Verdict::Needed(shortened(&refusals)),
        (Some(difference), [], complaints) => {
            let line = log::telling(complaints).map_or(String::new(), |line| format!(": {line}"));
            Verdict::Needed(shortened(&[&format!("{difference}{line}")]))
        }
        (None, [], [first, ..]) => Verdict::Unknown((*first).to_owned()),
    }
}

fn is_refusal(line: &str) -> bool {
    REFUSALS.iter().any(|text| line.contains(text))
}

fn shortened(lines: &[&str]) -> BTreeSet<String> {
    lines.iter().take(MOST).map(|line| secrets::hidden(line).chars().take(LONGEST).collect()).collect()
}

fn difference(with: State, without: State) -> Option<String> {
    match (with, without) {
        (State::Running, State::Exited(code)) => Some(format!("it ends with {code}")),
        (State::Exited(before), State::Exited(after)) if before != after => Some(format!("it ends with {after}")),
        _ => None,
    }
}

fn other_answer(with: &BTreeMap<Question, Reply>, without: &BTreeMap<Question, Reply>) -> Option<String> {
    let said = |reply: &Reply| reply.as_ref().map_or("nothing".to_owned(), |(status, _)| status.to_string());
    with.iter().find_map(|(question, before)| {
        let (port, path) = question;
        let after = without.get(question);
        (after != Some(before)).then(|| {
            let after = after.map_or("nothing".to_owned(), said);
            format!("port {port} answers {path} with {after}, and with {} as root", said(before))
        })
    })
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::super::look::Look;
    use super::*;
    use crate::templates::Templates;

    fn seen(state: State, status: Option<u16>, log: &str) -> Seen {
        let answers = status.map(|status| ((80, "/".to_owned()), Some((status, String::new()))));
        let answers = answers.into_iter().collect();
        Seen { time: Duration::ZERO, state, look: Look::default(), answers, log: log.to_owned() }
    }

    fn verdict(without: &Seen) -> Verdict {
        judge(&seen(State::Running, Some(200), "ready\n"), without, &Templates::builtin().verify)
    }

    fn needed(reason: &str) -> Verdict {
        Verdict::Needed(BTreeSet::from([reason.to_owned()]))
    }

    #[test]
    fn the_same_answers_without_complaints_need_no_root() {
        assert_eq!(verdict(&seen(State::Running, Some(200), "ready\n")), Verdict::DidWithout);
    }

    #[test]
    fn what_it_may_not_do_is_what_it_needs_root_for() {
        let log = "open /etc/app.conf: permission denied\n";
        assert_eq!(verdict(&seen(State::Running, Some(200), log)), needed("open /etc/app.conf: permission denied"));
        assert_eq!(
            verdict(&seen(State::Exited(1), None, "Error: no home\n")),
            needed("it ends with 1: Error: no home")
        );
        assert_eq!(
            verdict(&seen(State::Running, Some(500), "")),
            needed("port 80 answers / with 500, and with 200 as root")
        );
    }

    #[test]
    fn an_error_of_another_kind_says_nothing_of_root() {
        let log = "Error: the upstream is gone\n";
        assert_eq!(
            verdict(&seen(State::Running, Some(200), log)),
            Verdict::Unknown("Error: the upstream is gone".to_owned())
        );
    }

    #[test]
    fn the_user_is_given_what_a_hardened_image_would_give() {
        let (given, trees) = given(["/app/data", "/etc/x", "/srv/x"].into_iter(), &BTreeSet::from(["/app".to_owned()]));
        assert_eq!((&given, &trees), (&BTreeSet::from(["/app/data", "/srv/x"]), &BTreeSet::from(["/app/data"])));
        assert_eq!(
            dockerfile("a", "1000:1000", &given, &trees),
            "FROM a\nUSER 0\nRUN [\"/bin/sh\",\"-c\",\"mkdir -p '/app/data' '/srv/x' && chown 1000:1000 '/app/data' '/srv/x' \
             && chown -R 1000:1000 '/app/data'\"]\nUSER 1000:1000\n"
        );
        assert_eq!(dockerfile("a", "1:1", &BTreeSet::new(), &BTreeSet::new()), "FROM a\nUSER 1:1\n");
    }
}
