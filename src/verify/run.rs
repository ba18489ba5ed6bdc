//! What a program was seen to do.

use std::collections::BTreeMap;
use std::fmt;

use super::log;
use super::writes::Writes;
use crate::container::Answer;

/// What a program did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Run {
    /// Whether it started, and how it ended.
    pub started: Started,
    /// What was answered; what nobody listened for is not there.
    pub answers: BTreeMap<Question, Reply>,
    /// What its own check said.
    pub health: Checked,
    /// What it printed.
    pub log: String,
    /// Whether it prints the same each time, as far as is known.
    pub prints_the_same: bool,
    /// What it wrote.
    pub writes: Writes,
}

/// Whether a program started, and how it ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Started {
    /// The engine could not start it, for a reason.
    Refused(String),
    /// It runs.
    Running,
    /// It ended with this code.
    Exited(i32),
}

/// What the check of an image said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Checked {
    /// There is no check, or nothing to be checked: the program ended.
    No,
    /// All is well.
    Healthy,
    /// It failed, and printed this.
    Unhealthy(String),
}

/// What a program is asked.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Question {
    /// The port in the container.
    pub port: u16,
    /// The path.
    pub path: String,
}

impl fmt::Display for Question {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "GET :{}{}", self.port, self.path)
    }
}

/// What was heard.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reply {
    /// The answer; none where something listens that does not speak HTTP.
    pub answer: Option<Answer>,
    /// Whether the body is the same each time, as far as is known.
    pub is_stable: bool,
}

impl Run {
    /// A program that the engine could not start.
    pub(super) fn refused(said: &str) -> Self {
        Self::of(Started::Refused(reason(said)), String::new())
    }

    pub(super) fn of(started: Started, log: String) -> Self {
        Self {
            started,
            answers: BTreeMap::new(),
            health: Checked::No,
            log,
            prints_the_same: true,
            writes: Writes::default(),
        }
    }

    /// What this run and `other`, of the same image, have in common: the rest is chance.
    #[must_use]
    pub(super) fn in_common(&self, other: &Self) -> Self {
        let answers = self.answers.iter().map(|(question, reply)| {
            let again = other.answers.get(question).and_then(|again| again.answer.as_ref());
            let status = |answer: &Answer| answer.status;
            let is_same = reply.answer.as_ref() == again;
            let is_as_well = reply.answer.as_ref().map(status) == again.map(status);
            let answer = reply.answer.clone().filter(|_| is_as_well);
            (question.clone(), Reply { answer, is_stable: reply.is_stable && is_same })
        });
        Self {
            started: self.started.clone(),
            answers: answers.collect(),
            health: self.health.clone(),
            prints_the_same: log::is_same(&self.log, &other.log),
            log: log::union(&self.log, &other.log),
            writes: self.writes.in_common(&other.writes),
        }
    }

    /// What is chance for `other`, a run of an image that does the same, is chance here.
    pub(super) fn no_surer_than(&mut self, other: &Self) {
        for (question, reply) in &mut self.answers {
            reply.is_stable &= other.answers.get(question).is_some_and(|other| other.is_stable);
        }
        self.prints_the_same &= other.prints_the_same;
    }
}

/// `exec: "app": executable file not found in $PATH` of what an engine says around it.
fn reason(said: &str) -> String {
    let line = said.lines().find(|line| !line.trim().is_empty()).unwrap_or_default();
    let line = line.rsplit_once("container process: ").map_or(line, |(_, reason)| reason);
    let line = line.rsplit_once("container init: ").map_or(line, |(_, reason)| reason);
    let line = line.trim_start_matches("Error response from daemon: ");
    line.strip_suffix(": unknown").unwrap_or(line).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_what_an_engine_says_the_reason_stays() {
        let said = "Error response from daemon: failed to create task for container: failed to create shim task: OCI runtime \
            create failed: runc create failed: unable to start container process: error during container init: exec: \
            \"serve\": executable file not found in $PATH: unknown\nfailed to start containers: x\n";
        assert_eq!(reason(said), "exec: \"serve\": executable file not found in $PATH");
        let said = "Error response from daemon: unable to find user app: no matching entries in passwd file\n";
        assert_eq!(reason(said), "unable to find user app: no matching entries in passwd file");
    }

    #[test]
    fn what_two_runs_answer_differently_is_chance() {
        let question = Question { port: 80, path: "/".to_owned() };
        let run = |body: &str| {
            let answer = Answer { status: 200, content_type: String::new(), body: body.into() };
            let mut run = Run::of(Started::Running, String::new());
            run.answers.insert(question.clone(), Reply { answer: Some(answer), is_stable: true });
            run
        };
        assert!(run("a").in_common(&run("a")).answers[&question].is_stable);
        let mut early = run("a");
        early.answers.get_mut(&question).unwrap().answer.as_mut().unwrap().status = 404;
        assert_eq!(early.in_common(&run("a")).answers[&question].answer, None);
        let chance = run("a").in_common(&run("b"));
        assert!(!chance.answers[&question].is_stable);
        let mut hardened = run("c");
        hardened.no_surer_than(&chance);
        assert!(!hardened.answers[&question].is_stable);
    }
}
