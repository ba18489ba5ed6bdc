//! The directories in which a program wrote.

use std::collections::BTreeSet;

use crate::container::{Change, ChangeKind};

/// What is written to without meaning anything: the engine's own files, and what does not outlive the container.
const FLEETING: [&str; 8] = ["/tmp", "/var/tmp", "/run", "/var/run", "/dev", "/proc", "/sys", "/etc/mtab"];

/// Files that the engine puts into every container, and the directory that Podman says it changes for them.
const OF_ENGINE: [&str; 5] = ["/etc", "/etc/hosts", "/etc/hostname", "/etc/resolv.conf", "/.dockerenv"];

/// The files and the empty directories that a program made or changed; what is below its home begins with `~`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Writes {
    paths: BTreeSet<String>,
    /// What was mounted: volumes, folders, tmpfs.
    mounts: BTreeSet<String>,
}

impl Writes {
    /// `home` is the home of the program's user, `mounts` are the paths that the engine made for what it mounted.
    pub(super) fn of(changes: &[Change], home: Option<&str>, mounts: BTreeSet<String>) -> Self {
        let kept: Vec<&Change> = changes.iter().filter(|change| counts(change)).collect();
        let parents: BTreeSet<&str> = changes.iter().filter_map(|change| parent(&change.path)).collect();
        let is_leaf = |path: &str| !parents.contains(path) && !mounts.contains(path);
        let leaves = kept.iter().filter(|change| is_leaf(&change.path));
        let paths = leaves.map(|leaf| from_home(&leaf.path, home)).filter(|path| !is_cache(path));
        Self { paths: paths.collect(), mounts: mounts.iter().map(|mount| from_home(mount, home)).collect() }
    }

    /// The directories in which it wrote.
    #[must_use]
    pub fn directories(&self) -> BTreeSet<&str> {
        self.paths.iter().filter_map(|path| parent(path)).collect()
    }

    /// The directories in which it wrote, but for those of mounts.
    pub(super) fn unmounted(&self) -> impl Iterator<Item = &str> {
        let is_mounted = |directory: &str| self.mounts.iter().any(|mount| is_at_or_below(directory, mount));
        self.directories().into_iter().filter(move |directory| !is_mounted(directory))
    }

    /// The directories in which `self` wrote and `other` did not, apart from directories that the image of `other` has already.
    pub(super) fn missing_in(&self, other: &Self, has: impl Fn(&str) -> bool) -> BTreeSet<&str> {
        let missing = self.paths.iter().filter(|path| !has(path)).filter_map(|path| parent(path));
        missing.filter(|directory| !other.wrote_below(directory)).collect()
    }

    fn wrote_below(&self, directory: &str) -> bool {
        self.paths.iter().any(|path| path != directory && is_at_or_below(path, directory))
    }

    /// What lies in a directory in which `other` wrote as well.
    pub(super) fn in_common(&self, other: &Self) -> Self {
        let directories = other.directories();
        let is_common = |path: &&String| parent(path).is_some_and(|directory| directories.contains(directory));
        let paths = self.paths.iter().filter(is_common).cloned().collect();
        Self { paths, mounts: self.mounts.clone() }
    }
}

fn counts(change: &Change) -> bool {
    change.kind != ChangeKind::Deleted && !is_fleeting(&change.path)
}

/// Whether what is written at `path` means nothing.
pub(crate) fn is_fleeting(path: &str) -> bool {
    let is_code = path.contains("/__pycache__") || path.ends_with(".pyc");
    let is_fleeting = FLEETING.iter().any(|fleeting| is_at_or_below(path, fleeting));
    is_code || is_fleeting || OF_ENGINE.contains(&path)
}

fn is_cache(directory: &str) -> bool {
    ["~/.cache", "~/.npm", "~/.config"].iter().any(|cache| is_at_or_below(directory, cache))
}

/// What is in the home of one user is in that of another for them.
fn from_home(path: &str, home: Option<&str>) -> String {
    let homes = home.into_iter().chain(["/root"]).filter(|home| *home != "/");
    let below = homes.into_iter().find(|home| is_at_or_below(path, home));
    below.and_then(|home| path.strip_prefix(home)).map_or_else(|| path.to_owned(), |rest| format!("~{rest}"))
}

fn is_at_or_below(path: &str, directory: &str) -> bool {
    path.strip_prefix(directory.trim_end_matches('/')).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

fn parent(path: &str) -> Option<&str> {
    match path.rsplit_once('/')? {
        ("", "") => None,
        ("", _) => Some("/"),
        (parent, _) => Some(parent),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn writes(paths: &[&str], home: &str) -> Writes {
        let change = |path: &&str| match path.strip_prefix('!') {
            Some(path) => Change { kind: ChangeKind::Changed, path: path.to_owned() },
            None => Change { kind: ChangeKind::Added, path: (*path).to_owned() },
        };
        Writes::of(&paths.iter().map(change).collect::<Vec<_>>(), Some(home), ["/mounted".to_owned()].into())
    }

    #[test]
    fn a_file_counts_by_its_directory() {
        let seen =
            writes(&["!/app", "/app/instance", "/app/instance/app.db", "!/tmp", "/tmp/x", "!/etc/hosts"], "/root");
        assert_eq!(seen.directories(), BTreeSet::from(["/app/instance"]));
    }

    #[test]
    fn what_podman_changes_itself_does_not_count() {
        assert_eq!(writes(&["!/etc", "!/tmp", "!/app", "/app/x"], "/root").directories(), BTreeSet::from(["/app"]));
        assert_eq!(writes(&["!/etc", "!/etc/app.conf"], "/root").directories(), BTreeSet::from(["/etc"]));
    }

    #[test]
    fn what_is_written_to_the_root_is_seen_and_the_place_of_a_volume_is_not() {
        let original = writes(&["/state", "/mounted"], "/root");
        assert_eq!(original.missing_in(&writes(&["/mounted"], "/root"), |_| false), BTreeSet::from(["/"]));
        assert_eq!(original.missing_in(&writes(&["/state"], "/root"), |_| false), BTreeSet::new());
    }

    #[test]
    fn what_is_written_to_a_mount_counts_and_may_be_told_apart() {
        let seen = writes(&["/state/x", "/mounted/x", "/mounted/sub/x"], "/root");
        assert_eq!(seen.directories(), BTreeSet::from(["/mounted", "/mounted/sub", "/state"]));
        assert_eq!(seen.unmounted().collect::<Vec<_>>(), ["/state"]);
    }

    #[test]
    fn compiled_code_and_caches_do_not_count() {
        let paths = ["!/app", "/app/__pycache__", "/app/__pycache__/a.pyc", "!/root", "/root/.cache", "/root/.cache/x"];
        assert_eq!(writes(&paths, "/root").directories(), BTreeSet::new());
    }

    #[test]
    fn what_moved_with_the_home_is_not_missing() {
        let original = writes(&["!/root", "/root/.app", "/root/.app/state"], "/root");
        let hardened = writes(&["!/home", "!/home/app", "/home/app/.app", "/home/app/.app/state"], "/home/app");
        assert_eq!(original.missing_in(&hardened, |_| false), BTreeSet::new());
    }

    #[test]
    fn a_directory_that_is_no_longer_written_is_missing() {
        let original = writes(&["!/data", "/data/x"], "/root");
        assert_eq!(original.missing_in(&writes(&[], "/root"), |_| false), BTreeSet::from(["/data"]));
        let deeper = writes(&["!/data", "/data/sub", "/data/sub/x"], "/root");
        assert_eq!(original.missing_in(&deeper, |_| false), BTreeSet::new());
    }

    #[test]
    fn a_directory_that_the_image_has_already_need_not_be_made() {
        let original = writes(&["!/app", "/app/instance"], "/root");
        assert_eq!(original.missing_in(&writes(&[], "/root"), |path| path == "/app/instance"), BTreeSet::new());
        assert_eq!(original.missing_in(&writes(&[], "/root"), |_| false), BTreeSet::from(["/app"]));
    }

    #[test]
    fn a_name_that_is_made_up_is_another_one_each_time() {
        let one = writes(&["!/data", "/data/a1b2", "/data/a1b2/x", "/data/log"], "/root");
        let other = writes(&["!/data", "/data/c3d4", "/data/c3d4/x", "/data/log"], "/root");
        assert_eq!(one.in_common(&other).directories(), BTreeSet::from(["/data"]));
    }
}
