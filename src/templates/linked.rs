//! `[module]` of `ecosystems/*.toml`: what the modules of a project are linked with.

use std::collections::BTreeMap;

use serde::Deserialize;

/// The modules that are known, by their paths.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(transparent)]
pub(super) struct Modules(BTreeMap<String, Module>);

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
struct Module {
    headers: Vec<String>,
    brought_by: Vec<String>,
    hold: Option<String>,
}

/// What a module of the project is linked with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Linked<'t> {
    /// Nothing of the system that is not everywhere.
    Nothing,
    /// The libraries behind these packages of headers.
    Headers(&'t [String]),
    /// Nobody can tell; why.
    Unknown(&'t str),
}

impl Modules {
    /// What the module at `path` is linked with, which needs the modules `needs` itself; `None` where it is not known.
    pub(super) fn linked(&self, path: &str, needs: &[&str]) -> Option<Linked<'_>> {
        let is_version = |rest: &str| rest.is_empty() || rest.starts_with(['/', '.']);
        let is_of = |known: &str| path.strip_prefix(known).is_some_and(is_version);
        let (_, module) = self.0.iter().find(|(known, _)| is_of(known))?;
        Some(module.linked(needs))
    }

    pub(super) fn merge(&mut self, later: Self) {
        self.0.extend(later.0);
    }
}

impl Module {
    fn linked(&self, needs: &[&str]) -> Linked<'_> {
        if self.brought_by.iter().any(|name| needs.contains(&name.as_str())) {
            return Linked::Nothing;
        }
        match &self.hold {
            Some(why) => Linked::Unknown(why),
            None => Linked::Headers(&self.headers),
        }
    }
}
