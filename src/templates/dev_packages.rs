//! `dev-packages/*.toml`: the run-time packages behind development packages.

use std::collections::BTreeMap;

use super::{TemplateError, table::read};

type RuntimePackages = BTreeMap<String, Vec<String>>;

const BUILTIN: [(&str, &str); 6] = [
    ("bullseye", include_str!("../../templates/dev-packages/bullseye.toml")),
    ("bookworm", include_str!("../../templates/dev-packages/bookworm.toml")),
    ("trixie", include_str!("../../templates/dev-packages/trixie.toml")),
    ("jammy", include_str!("../../templates/dev-packages/jammy.toml")),
    ("noble", include_str!("../../templates/dev-packages/noble.toml")),
    ("alpine", include_str!("../../templates/dev-packages/alpine.toml")),
];

/// The suite that a file of the folder `dev-packages` is about.
pub(super) fn suite_of(file: &str) -> Option<&str> {
    file.strip_prefix("dev-packages/")?.strip_suffix(".toml")
}

/// The built-in files, of which nothing is read before it is asked for, and the user's.
#[derive(Debug, Clone, Default)]
pub(super) struct DevPackages {
    overlays: BTreeMap<String, RuntimePackages>,
}

impl DevPackages {
    pub(super) fn overlay(&mut self, suite: &str, file: &str, text: &str) -> Result<(), TemplateError> {
        let later: RuntimePackages = read(file, text)?;
        self.overlays.entry(suite.to_owned()).or_default().extend(later);
        Ok(())
    }

    pub(super) fn runtime(&self, suite: &str, dev_package: &str) -> Option<Vec<String>> {
        let overlay = self.overlays.get(suite).and_then(|packages| packages.get(dev_package));
        overlay.cloned().or_else(|| builtin(suite, dev_package))
    }
}

/// Reading a whole file takes longer than all else that the program does, so only the entry's own line is read.
fn builtin(suite: &str, dev_package: &str) -> Option<Vec<String>> {
    let (_, text) = BUILTIN.iter().find(|(name, _)| *name == suite)?;
    let start = text.find(&format!("\n\"{dev_package}\" = "))? + 1;
    let line = text.get(start..)?.lines().next()?;
    toml::from_str::<RuntimePackages>(line).ok()?.remove(dev_package)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn runtime(suite: &str, dev_package: &str) -> Option<Vec<String>> {
        DevPackages::default().runtime(suite, dev_package)
    }

    fn names(names: &[&str]) -> Option<Vec<String>> {
        Some(names.iter().map(|name| (*name).to_owned()).collect())
    }

    #[test]
    fn every_entry_of_every_file_is_found_by_its_line() {
        for (suite, text) in BUILTIN {
            let packages: RuntimePackages = read(suite, text).unwrap();
            assert!(packages.len() > 50, "{suite}");
            let by_line = text.lines().filter(|line| line.starts_with('"')).collect::<Vec<_>>();
            assert_eq!(by_line.len(), packages.len(), "{suite}");
            for (line, (name, value)) in by_line.iter().zip(&packages) {
                assert_eq!(toml::from_str::<RuntimePackages>(line).unwrap().get(name), Some(value), "{suite}: {line}");
            }
        }
    }

    #[test]
    fn a_library_has_the_name_that_its_suite_gives_it() {
        assert_eq!(runtime("bullseye", "libssl-dev"), names(&["libssl1.1"]));
        assert_eq!(runtime("bookworm", "libssl-dev"), names(&["libssl3"]));
        assert_eq!(runtime("trixie", "libssl-dev"), names(&["libssl3t64"]));
        assert_eq!(runtime("jammy", "libjpeg-dev"), names(&["libjpeg-turbo8"]));
        assert_eq!(runtime("noble", "libicu-dev"), names(&["libicu74"]));
        assert_eq!(runtime("alpine", "postgresql-dev"), names(&["libpq"]));
    }

    #[test]
    fn headers_need_nothing_and_an_unknown_package_is_unknown() {
        assert_eq!(runtime("bookworm", "libboost-dev"), names(&[]));
        assert_eq!(runtime("bookworm", "python3-dev"), names(&[]));
        assert_eq!(runtime("bookworm", "libnowhere-dev"), None);
        assert_eq!(runtime("bookworm", ""), None);
        assert_eq!(runtime("sid", "libpq-dev"), None);
    }

    #[test]
    fn an_overlay_replaces_single_entries_and_adds_suites() {
        let mut packages = DevPackages::default();
        packages.overlay("bookworm", "dev-packages/bookworm.toml", "libpq-dev = [\"mine\"]").unwrap();
        packages.overlay("sid", "dev-packages/sid.toml", "libpq-dev = [\"libpq6\"]").unwrap();
        assert_eq!(packages.runtime("bookworm", "libpq-dev"), names(&["mine"]));
        assert_eq!(packages.runtime("bookworm", "zlib1g-dev"), names(&["zlib1g"]));
        assert_eq!(packages.runtime("sid", "libpq-dev"), names(&["libpq6"]));
    }
}
