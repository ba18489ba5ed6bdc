//! `package-lock.json` of npm 7 and later: every package that is installed, and what it is installed for.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::range::satisfies;
use super::{Manifest, table};

/// A lock file of version 2 or 3.
#[derive(Debug, Clone, Default)]
pub struct Lock {
    packages: Map<String, Value>,
}

/// Where the packages of a folder lie.
const MODULES: &str = "node_modules/";

impl Lock {
    pub(super) fn read(text: &str) -> Option<Self> {
        let document: Value = serde_json::from_str(text).ok()?;
        let is_known = matches!(document.get("lockfileVersion").and_then(Value::as_u64), Some(2 | 3));
        let packages = document.get("packages").and_then(Value::as_object).filter(|_| is_known)?;
        Some(Self { packages: packages.clone() })
    }

    /// Whether `package` lies in the project's own `node_modules`, and is there for development alone.
    #[must_use]
    pub fn is_for_development(&self, package: &str) -> Option<bool> {
        self.packages.get(&format!("{MODULES}{package}")).map(is_dev)
    }

    /// The programs of the packages in the project's own `node_modules`, and their packages.
    #[must_use]
    pub fn programs(&self) -> BTreeMap<&str, &str> {
        let mut found = BTreeMap::new();
        for (path, entry) in &self.packages {
            let Some(package) = path.strip_prefix(MODULES).filter(|rest| !rest.contains(MODULES)) else { continue };
            let programs = entry.get("bin").and_then(Value::as_object).into_iter().flat_map(Map::keys);
            found.extend(programs.map(|program| (program.as_str(), package)));
        }
        found
    }

    /// Whether a package that stays without those for development runs a script when it is installed.
    #[must_use]
    pub fn needs_scripts(&self) -> bool {
        let runs = |entry: &Value| entry.get("hasInstallScript").and_then(Value::as_bool) == Some(true);
        self.packages.iter().any(|(path, entry)| !path.is_empty() && runs(entry) && !is_dev(entry))
    }

    /// Why `npm ci` might refuse this file for the project; `None` where it certainly takes it.
    #[must_use]
    pub fn disagreement(&self, manifest: &Manifest, checks_peers: bool) -> Option<String> {
        let Some(root) = self.packages.get("") else { return Some("it says nothing of the project itself".into()) };
        let tables = [
            ("dependencies", &manifest.dependencies),
            ("devDependencies", &manifest.development),
            ("optionalDependencies", &manifest.optional),
            ("peerDependencies", &manifest.peers),
        ];
        if let Some((name, _)) = tables.iter().find(|(name, own)| table(root.get(*name)) != **own) {
            return Some(format!("its {name} are not those of package.json"));
        }
        self.packages.iter().find_map(|(path, entry)| self.misses(path, entry, checks_peers))
    }

    /// What an installed package needs and the file does not have.
    fn misses(&self, path: &str, entry: &Value, checks_peers: bool) -> Option<String> {
        let own = if path.is_empty() { "devDependencies" } else { "dependencies" };
        for name in ["dependencies", own].iter().flat_map(|key| table(entry.get(*key)).into_keys()) {
            if self.found_from(path, &name).is_none() {
                return Some(format!("it lacks {name}"));
            }
        }
        let is_optional = |name: &str| {
            entry.get("peerDependenciesMeta").and_then(|meta| meta.get(name)).and_then(|it| it.get("optional"))
        };
        let peers = table(entry.get("peerDependencies"));
        peers.into_iter().filter(|_| checks_peers).find_map(|(name, range)| match self.found_from(path, &name) {
            Some(peer) => {
                let version = peer.get("version").and_then(Value::as_str).unwrap_or_default();
                (satisfies(version, &range) != Some(true))
                    .then(|| format!("its {name} may not be what another package wants"))
            }
            None => is_optional(&name).is_none().then(|| format!("it lacks {name}")),
        })
    }

    /// The package that `name` leads to from the package at `path`, as Node looks for it.
    fn found_from(&self, path: &str, name: &str) -> Option<&Value> {
        let mut folder = path;
        loop {
            let at = if folder.is_empty() { format!("{MODULES}{name}") } else { format!("{folder}/{MODULES}{name}") };
            if let Some(entry) = self.packages.get(&at) {
                return Some(entry);
            }
            if folder.is_empty() {
                return None;
            }
            folder = folder.rfind(MODULES).and_then(|at| folder.get(..at)).unwrap_or_default().trim_end_matches('/');
        }
    }
}

fn is_dev(entry: &Value) -> bool {
    entry.get("dev").and_then(Value::as_bool) == Some(true)
}

#[cfg(test)]
mod tests {
    use super::*;

    const LOCK: &str = r#"{"lockfileVersion": 3, "packages": {
        "": {"dependencies": {"a": "^1.0.0"}, "devDependencies": {"d": "1"}},
        "node_modules/a": {"version": "1.2.0", "dependencies": {"b": "2"}},
        "node_modules/a/node_modules/b": {"version": "2.0.0", "peerDependencies": {"a": "^1 || ^2"}},
        "node_modules/d": {"version": "1.0.0", "dev": true, "bin": {"dd": "d.js"}, "hasInstallScript": true}}}"#;

    fn manifest(text: &str) -> Manifest {
        Manifest::read(text).unwrap()
    }

    #[test]
    fn a_lock_file_agrees_with_the_manifest_that_it_was_made_for() {
        let lock = Lock::read(LOCK).unwrap();
        let own = manifest(r#"{"dependencies": {"a": "^1.0.0"}, "devDependencies": {"d": "1"}}"#);
        assert_eq!(lock.disagreement(&own, true), None);
        let newer = manifest(r#"{"dependencies": {"a": "^2.0.0"}, "devDependencies": {"d": "1"}}"#);
        assert_eq!(lock.disagreement(&newer, true).as_deref(), Some("its dependencies are not those of package.json"));
    }

    #[test]
    fn a_lock_file_that_lacks_something_is_refused() {
        let own = manifest(r#"{"dependencies": {"a": "^1.0.0"}, "devDependencies": {"d": "1"}}"#);
        for (from, to, why) in [
            ("node_modules/a/node_modules/b", "node_modules/x", "it lacks b"),
            (r#"{"a": "^1 || ^2"}"#, r#"{"a": "^3"}"#, "its a may not be what another package wants"),
            (r#"{"a": "^1 || ^2"}"#, r#"{"z": "*"}"#, "it lacks z"),
        ] {
            let lock = Lock::read(&LOCK.replace(from, to)).unwrap();
            assert_eq!(lock.disagreement(&own, true).as_deref(), Some(why));
        }
    }

    #[test]
    fn what_development_alone_needs_is_told() {
        let lock = Lock::read(LOCK).unwrap();
        assert_eq!([lock.is_for_development("a"), lock.is_for_development("d")], [Some(false), Some(true)]);
        assert_eq!(lock.is_for_development("b"), None);
        assert_eq!(lock.programs().get("dd"), Some(&"d"));
        assert!(!lock.needs_scripts());
    }

    #[test]
    fn an_older_lock_file_is_not_read() {
        assert!(Lock::read(r#"{"lockfileVersion": 1, "dependencies": {}}"#).is_none());
    }
}
