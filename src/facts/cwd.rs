//! The directory in which each command of a RUN runs.

use super::Step;
use super::scope::normalized;
use crate::shell::{Command, Scope, Word};

/// The directory that each command of a step runs in; `None` where it is not known.
#[must_use]
pub fn directories(step: &Step) -> Vec<Option<String>> {
    let mut dir = step.scope.workdir.as_deref().map(str::to_owned);
    let mut dirs = Vec::new();
    for command in step.script().into_iter().flat_map(|run| &run.script.commands) {
        dirs.push(dir.clone());
        if let Some(cd) = command.program().filter(|invocation| invocation.name == "cd") {
            dir = dir.and_then(|dir| changed(&dir, command, cd.words));
        }
    }
    dirs
}

/// The directory after `cd`. Where it may be left again, only one below the present one is certain enough.
fn changed(dir: &str, command: &Command, words: &[Word]) -> Option<String> {
    let [target] = words else { return None };
    let target = target.value.as_deref().filter(|target| *target != "-")?;
    let goes_down = !target.starts_with('/') && !target.split('/').any(|part| part == "..");
    (command.scope == Scope::TopLevel || goes_down).then(|| joined(dir, target))
}

/// `path` as seen from `dir`.
#[must_use]
pub fn joined(dir: &str, path: &str) -> String {
    if path.starts_with('/') { normalized(path) } else { normalized(&format!("{dir}/{path}")) }
}
