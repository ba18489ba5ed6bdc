//! What the Dockerfile says of the program that is looked at.

use std::collections::BTreeSet;

use crate::facts::Facts;
use crate::facts::writable::is_systems_own;
use crate::templates::Fate;

/// What is known before anything runs.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Scene {
    /// The port that the program is believed to listen on.
    pub port: Option<u16>,
    /// The path that says whether it is well.
    pub health_path: Option<String>,
    /// The directories that a user of the program's own would get anyway.
    pub directories: BTreeSet<String>,
    /// The directories whose files would be that user's: they are copied from the context.
    pub copied: BTreeSet<String>,
    /// The image that the program would stand on: its slim variant, where there is one.
    pub base: Option<String>,
    /// The packages of the system that stay.
    pub packages: Vec<String>,
}

impl Scene {
    /// Reads it from the facts.
    #[must_use]
    pub fn of(facts: &Facts) -> Self {
        let writable = facts.writable();
        let known = writable.workdir.iter().chain(&writable.directories);
        let copies = facts.steps().own().iter().filter(|step| step.copies_context());
        let base = facts
            .base()
            .map(|base| base.slim_reference(facts.input.templates).unwrap_or_else(|| base.reference.clone()));
        Self {
            port: facts.port().map(|port| port.value.number),
            health_path: facts.health_path().map(|path| path.value),
            directories: known.map(|known| known.value.clone()).collect(),
            copied: copies.filter_map(|step| step.destination()).filter(|path| !is_systems_own(path)).collect(),
            base,
            packages: facts.installed(&facts.steps().all, |step, name| {
                facts.package(step, name).is_none_or(|package| package.fate != Fate::Drop)
            }),
        }
    }
}
