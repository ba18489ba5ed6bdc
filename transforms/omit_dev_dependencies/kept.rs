//! Which packages stay in the image without those for development.

use std::collections::BTreeMap;

use super::super::node::{Install, Manager};
use crate::engine::View;
use crate::facts::Step;
use crate::facts::node::{Lock, Manifest, NodeProject};
use crate::templates::Ecosystem;

/// What becomes of a package.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fate {
    Stays,
    Goes,
    /// Neither package.json nor the lock file tells.
    Unknown,
    /// It was never there: a path that looks like a package.
    Foreign,
}

/// What stays, by package.json and the lock file.
pub(super) struct Kept<'k> {
    pub(super) manifest: Manifest,
    lock: Option<Lock>,
    /// The text of the lock file, whatever its manager.
    lock_text: Option<&'k str>,
    pub(super) ecosystem: Option<&'k Ecosystem>,
}

impl<'k> Kept<'k> {
    pub(super) fn of(view: &'k View, steps: &[Step], install: &Install, project: &NodeProject) -> Self {
        let manager = install.manager.name();
        let lock_path = view.facts.node_lock(steps, &install.dir, manager);
        let lock = lock_path.as_deref().filter(|_| install.manager == Manager::Npm);
        Self {
            manifest: project.manifest.clone(),
            lock: lock.and_then(|path| view.facts.npm_lock(path)),
            lock_text: lock_path.as_deref().and_then(|path| view.facts.lock_text(path)),
            ecosystem: view.facts.input.templates.ecosystems.of_image("node"),
        }
    }

    pub(super) fn fate(&self, package: &str) -> Fate {
        if self.manifest.needs(package) {
            return Fate::Stays;
        }
        match self.lock.as_ref().map(|lock| lock.is_for_development(package)) {
            Some(Some(true)) => return Fate::Goes,
            Some(Some(false)) => return Fate::Stays,
            _ if self.manifest.development.contains_key(package) => return Fate::Goes,
            Some(None) => return Fate::Foreign,
            None => {}
        }
        match self.lock_text {
            Some(text) if !text.contains(package) => Fate::Foreign,
            _ => Fate::Unknown,
        }
    }

    /// The package that brings `program`.
    pub(super) fn package_of(&self, program: &str) -> Option<String> {
        let by_lock =
            self.lock.as_ref().and_then(|lock| lock.programs().get(program).map(|package| (*package).to_owned()));
        let known = || self.ecosystem.and_then(|ecosystem| ecosystem.program(program)?.package.clone());
        let tables = [&self.manifest.dependencies, &self.manifest.optional, &self.manifest.development];
        let by_name = || tables.iter().any(|table| table.contains_key(program)).then(|| program.to_owned());
        by_lock.or_else(known).or_else(by_name)
    }

    /// The programs that go, and their packages; without a lock file those named like their packages.
    pub(super) fn programs_that_go(&self) -> BTreeMap<String, String> {
        let locked = self.lock.iter().flat_map(|lock| lock.programs().into_iter());
        let by_lock = locked.map(|(program, package)| (program.to_owned(), package.to_owned()));
        let by_name = self.manifest.development.keys().map(|package| (package.clone(), package.clone()));
        by_name.chain(by_lock).filter(|(_, package)| self.fate(package) == Fate::Goes).collect()
    }

    /// A package of which a build puts files into `node_modules`.
    pub(super) fn generated(&self) -> Option<&String> {
        let generates = |name: &&String| {
            self.ecosystem.and_then(|ecosystem| ecosystem.package(name)).is_some_and(|package| package.generates)
        };
        self.manifest.dependencies.keys().find(generates)
    }

    /// Whether a package that stays runs a script when it is installed, as far as that is known.
    pub(super) fn needs_scripts(&self) -> bool {
        self.lock.as_ref().is_none_or(Lock::needs_scripts)
    }
}
