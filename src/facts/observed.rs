//! What was seen of the running container, where that says more than the file does.

use super::Facts;
use crate::decision::{Evidence, Place};
use crate::evidence::Observed;

impl Evidence {
    /// Something that the container was seen to do.
    pub(super) fn observed(what: impl Into<String>) -> Self {
        Self { what: what.into(), place: Place::Evidence }
    }
}

impl Facts<'_> {
    /// Whether the container was seen to run `program`. One that it was not seen to run may run at another time.
    #[must_use]
    pub fn ran(&self, program: &str) -> bool {
        self.programs().any(|(_, name)| name == program)
    }

    /// Whether the container was seen to run `program` from a folder in which every shell looks for programs.
    pub(super) fn ran_from_path(&self, program: &str) -> bool {
        const FOLDERS: [&str; 4] = ["/usr/local/bin", "/usr/local/sbin", "/usr/bin", "/usr/sbin"];
        self.programs().any(|(folder, name)| name == program && FOLDERS.contains(&folder))
    }

    /// The folders and names of the programs that it was seen to run.
    fn programs(&self) -> impl Iterator<Item = (&str, &str)> {
        let programs = self.observed().and_then(|observed| observed.programs.as_ref());
        programs.into_iter().flatten().filter_map(|path| path.rsplit_once('/'))
    }

    /// Whether the container was seen to listen on a port.
    #[must_use]
    pub fn listened(&self) -> bool {
        self.observed().and_then(|observed| observed.ports.as_ref()).is_some_and(|ports| !ports.is_empty())
    }

    /// That the container did the same without root's rights. It says nothing of what it was not seen to do.
    #[must_use]
    pub fn did_without_root(&self) -> Option<Evidence> {
        let observed = self.observed().filter(|observed| observed.root == Some(false))?;
        Some(Evidence::observed(format!("observed for {} s to do the same without root's rights", observed.seconds)))
    }

    /// For what the container was seen to need root.
    #[must_use]
    pub fn needed_root(&self) -> Option<Evidence> {
        let observed = self.observed().filter(|observed| observed.root == Some(true))?;
        let reasons: Vec<&str> = observed.root_for.iter().map(String::as_str).collect();
        let what = if reasons.is_empty() { "it did not do the same".to_owned() } else { reasons.join("; ") };
        Some(Evidence::observed(format!("observed without root's rights: {what}")))
    }

    /// The packages of shared libraries that the container was seen to load, beyond those of its image.
    pub fn loaded_packages(&self) -> impl Iterator<Item = &str> {
        let libraries = self.observed().and_then(|observed| observed.libraries.as_ref());
        libraries.into_iter().flatten().map(String::as_str)
    }

    /// That the container was seen to load libraries of some of `packages`.
    #[must_use]
    pub fn loaded(&self, packages: &[String]) -> Option<Evidence> {
        let names: Vec<&str> = self.loaded_packages().filter(|name| packages.iter().any(|it| it == name)).collect();
        (!names.is_empty()).then(|| Evidence::observed(format!("observed to load libraries of {}", names.join(", "))))
    }

    fn observed(&self) -> Option<&Observed> {
        self.input.evidence
    }
}
