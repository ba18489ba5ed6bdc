//! The trees: the directories that hold what was built and what it was built from.

use super::commands;
use crate::decision::Held;
use crate::engine::View;
use crate::facts::Step;
use crate::facts::scope::is_at_or_below;
use crate::templates::{Ecosystem, ToolCall};

/// Directories that the image shares with the program.
const SHARED: [&str; 22] = [
    "/",
    "/home",
    "/media",
    "/mnt",
    "/opt",
    "/root",
    "/usr",
    "/usr/local",
    "/usr/local/lib",
    "/usr/local/share",
    "/usr/local/src",
    "/usr/share",
    "/usr/src",
    "/var",
    "/var/lib",
    "/var/opt",
    "/var/www",
    "/var/cache",
    "/var/log",
    "/var/spool",
    "/var/tmp",
    "/usr/local/etc",
];

/// Directories in which nothing is a program's own.
const SYSTEM: [&str; 15] = [
    "/bin",
    "/boot",
    "/dev",
    "/etc",
    "/lib",
    "/lib64",
    "/proc",
    "/run",
    "/sbin",
    "/sys",
    "/tmp",
    "/usr/bin",
    "/usr/lib",
    "/usr/sbin",
    "/usr/local/bin",
];

/// The directories that the builds of `until` fill.
pub(super) fn trees(view: &View, until: &[Step], ecosystems: &[&Ecosystem]) -> Result<Vec<String>, Held> {
    let places = places(view, until);
    let mut trees: Vec<String> = Vec::new();
    for step in until {
        for (command, _, dir) in commands(view, step) {
            if view.facts.tool_call(command) != Some(ToolCall::Build) {
                continue;
            }
            let blocked = |reason: String| Held::blocked_at(reason, step.instruction.span);
            let dir = dir.ok_or_else(|| blocked("it is not known in which directory this line builds".into()))?;
            let root = own_root(&dir).or_else(|| kept_for_it(&dir, ecosystems)).ok_or_else(|| {
                blocked(format!(
                    "this line builds in {dir}, which is no directory of the program's own; give it a WORKDIR"
                ))
            })?;
            let neighbours = places.iter().filter(|place| is_at_or_below(place, root));
            trees.push(neighbours.fold(dir.clone(), |tree, place| common(&tree, place)));
        }
    }
    trees.extend(ecosystems.iter().flat_map(|ecosystem| ecosystem.trees.iter().cloned()));
    trees.sort();
    trees.dedup();
    let is_plain = |ch: char| ch.is_ascii_alphanumeric() || "/._-+@".contains(ch);
    match trees.iter().find(|tree| !tree.chars().all(is_plain)) {
        Some(tree) => Err(Held::blocked(format!("the directory {tree} has an unusual name"))),
        None => Ok(trees),
    }
}

/// Where the program's files may lie: every working directory, and everything that the context is copied to.
fn places(view: &View, until: &[Step]) -> Vec<String> {
    let steps = view.facts.steps();
    let scopes = steps.own().iter().map(|step| &step.scope).chain([&steps.end]);
    let working = scopes.filter_map(|scope| scope.workdir.as_deref().map(str::to_owned));
    working.chain(until.iter().filter(|step| step.copies_context()).filter_map(Step::destination)).collect()
}

/// The uppermost directory on the way to `dir` that is the program's own.
fn own_root(dir: &str) -> Option<&str> {
    if SYSTEM.iter().any(|system| is_at_or_below(dir, system)) {
        return None;
    }
    let ends = dir.match_indices('/').map(|(at, _)| at).skip(1).chain([dir.len()]);
    let is_home = |path: &str| path.strip_prefix("/home/").is_some_and(|name| !name.contains('/'));
    let mut parents = ends.filter_map(|end| dir.get(..end));
    parents.find(|path| !SHARED.contains(path) && !is_home(path))
}

/// The directory, if the images of `ecosystems` keep it for the program.
fn kept_for_it<'d>(dir: &'d str, ecosystems: &[&Ecosystem]) -> Option<&'d str> {
    ecosystems.iter().any(|ecosystem| ecosystem.roots.iter().any(|root| root == dir)).then_some(dir)
}

fn common(left: &str, right: &str) -> String {
    let parts = left.split('/').zip(right.split('/')).take_while(|(left, right)| left == right);
    parts.map(|(part, _)| part).collect::<Vec<_>>().join("/")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_directory_is_the_programs_own_below_those_that_are_shared() {
        for (dir, root) in [
            ("/app", Some("/app")),
            ("/app/client", Some("/app")),
            ("/usr/src/app/web", Some("/usr/src/app")),
            ("/home/node/app", Some("/home/node/app")),
            ("/srv", Some("/srv")),
            ("/", None),
            ("/home/node", None),
            ("/usr/src", None),
            ("/tmp/build", None),
        ] {
            assert_eq!(own_root(dir), root, "{dir}");
        }
    }

    #[test]
    fn what_two_paths_have_in_common_ends_with_a_whole_name() {
        assert_eq!(common("/app/client", "/app/clients/x"), "/app");
        assert_eq!(common("/app", "/app"), "/app");
    }
}
