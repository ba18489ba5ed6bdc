//! The directories in which a program wrote: those that its user has to own.

use std::collections::BTreeSet;

use tar::Archive;

use crate::container::{Change, ChangeKind, Container, Error, Mount};
use crate::facts::scope::is_at_or_below;
use crate::verify::is_fleeting;

/// What root keeps in its home for the next time.
const CACHES: [&str; 3] = ["/root/.cache", "/root/.npm", "/root/.config"];

/// The directories that a program made, and those in which it made, changed or removed something.
///
/// What it made in a directory of its own is that directory's; what is mounted the engine made. `is_directory` tells of a path that is new and has nothing
/// in it.
pub(super) fn directories(
    changes: &[Change],
    mounts: &[Mount],
    is_directory: impl Fn(&str) -> Result<bool, Error>,
) -> Result<BTreeSet<String>, Error> {
    let is_mounted = |path: &str| mounts.iter().any(|mount| mount.path == path);
    let kept: Vec<&Change> =
        changes.iter().filter(|change| counts(&change.path) && !is_mounted(&change.path)).collect();
    let added: BTreeSet<&str> =
        kept.iter().filter(|change| change.kind == ChangeKind::Added).map(|change| change.path.as_str()).collect();
    let parents: BTreeSet<&str> = changes.iter().filter_map(|change| parent(&change.path)).collect();
    let mut directories = BTreeSet::new();
    for change in kept {
        let Some(parent) = parent(&change.path) else { continue };
        let has_more = parents.contains(change.path.as_str());
        let written = match change.kind {
            ChangeKind::Added if added.contains(parent) => continue,
            ChangeKind::Added if has_more || is_directory(&change.path)? => &change.path,
            ChangeKind::Changed if has_more => continue,
            ChangeKind::Added | ChangeKind::Changed | ChangeKind::Deleted => parent,
        };
        directories.insert(written.to_owned());
    }
    Ok(directories)
}

fn counts(path: &str) -> bool {
    !is_fleeting(path) && !CACHES.iter().any(|cache| is_at_or_below(path, cache))
}

fn parent(path: &str) -> Option<&str> {
    match path.rsplit_once('/')? {
        ("", "") => None,
        ("", _) => Some("/"),
        (parent, _) => Some(parent),
    }
}

/// Whether `path` of a container is a directory.
pub(super) fn is_directory(container: &Container, path: &str) -> Result<bool, Error> {
    container.archive(path, |archive| {
        let mut archive = Archive::new(archive);
        let first = archive.entries()?.next().transpose()?;
        Ok(first.is_some_and(|entry| entry.header().entry_type().is_dir()))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(lines: &str) -> Vec<String> {
        let change = |line: &str| {
            let (kind, path) = line.split_once(' ')?;
            let kind = match kind {
                "A" => ChangeKind::Added,
                "C" => ChangeKind::Changed,
                _ => ChangeKind::Deleted,
            };
            Some(Change { kind, path: path.to_owned() })
        };
        let mounts = [Mount { path: "/mounted/empty".to_owned(), is_volume: true }];
        let changes: Vec<Change> = lines.split(", ").filter_map(change).collect();
        directories(&changes, &mounts, |path| Ok(path.ends_with("empty"))).unwrap().into_iter().collect()
    }

    #[test]
    fn a_file_is_written_in_its_directory() {
        assert_eq!(
            seen("C /app, A /app/app.db, C /srv, C /srv/state.json, C /var, C /var/x, D /var/x/old"),
            ["/app", "/srv", "/var/x"]
        );
    }

    #[test]
    fn a_new_directory_stands_for_all_that_is_made_in_it() {
        assert_eq!(
            seen("C /app, A /app/data, A /app/data/a, A /app/data/a/b.db, A /data, A /data/x"),
            ["/app/data", "/data"]
        );
        assert_eq!(seen("A /empty, C /srv, A /srv/empty"), ["/empty", "/srv/empty"]);
        assert_eq!(seen("C /mounted, A /mounted/empty"), [] as [&str; 0]);
    }

    #[test]
    fn what_does_not_last_is_not_written() {
        let lines = "C /tmp, A /tmp/x, C /run, A /run/app.pid, C /root, A /root/.cache, A /root/.cache/x, C /etc, \
                     C /etc/hosts, C /app, A /app/__pycache__, A /app/__pycache__/a.pyc";
        assert_eq!(seen(lines), [] as [&str; 0]);
    }
}
