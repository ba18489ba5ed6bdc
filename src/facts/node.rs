//! A project of Node: what its `package.json` says, and what its lock file does.

mod lock;
mod range;

use std::collections::BTreeMap;

use serde_json::Value;

use super::scope::normalized;
use super::{Facts, Step, copies};
use crate::context::{Named, named, named_in_settings};
use crate::templates::Program;

pub use lock::Lock;

/// Names of packages and what is asked of them: `^5.3.0`.
type Table = BTreeMap<String, String>;

/// What `package.json` says.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Manifest {
    /// What the program needs when it runs.
    pub dependencies: Table,
    /// What it can do without.
    pub optional: Table,
    /// What it wants to find.
    pub peers: Table,
    /// What only its development needs.
    pub development: Table,
    /// The scripts by their names.
    pub scripts: BTreeMap<String, String>,
    /// `NAME@VERSION`.
    pub package_manager: Option<String>,
    /// Whether other packages of the same folder belong to it.
    pub has_workspaces: bool,
    /// Whether it overrides what packages ask for.
    pub has_overrides: bool,
}

impl Manifest {
    fn read(text: &str) -> Option<Self> {
        let Ok(Value::Object(document)) = serde_json::from_str(text) else { return None };
        let table = |key: &str| table(document.get(key));
        Some(Self {
            dependencies: table("dependencies"),
            optional: table("optionalDependencies"),
            peers: table("peerDependencies"),
            development: table("devDependencies"),
            scripts: table("scripts"),
            package_manager: document.get("packageManager").and_then(Value::as_str).map(str::to_owned),
            has_workspaces: document.contains_key("workspaces"),
            has_overrides: document.contains_key("overrides"),
        })
    }

    /// Whether the program itself asks for `package`.
    #[must_use]
    pub fn needs(&self, package: &str) -> bool {
        [&self.dependencies, &self.optional, &self.peers].iter().any(|table| table.contains_key(package))
    }
}

fn table(value: Option<&Value>) -> Table {
    let entries = value.and_then(Value::as_object).into_iter().flatten();
    entries.filter_map(|(name, value)| Some((name.clone(), value.as_str()?.to_owned()))).collect()
}

/// A project that is copied into a stage.
#[derive(Debug, Clone)]
pub struct NodeProject {
    /// Its folder in the context; empty for the context itself.
    pub folder: String,
    /// What its `package.json` says.
    pub manifest: Manifest,
}

/// The lock files, and the manager that each belongs to.
const LOCKS: [(&str, &str); 6] = [
    ("npm-shrinkwrap.json", "npm"),
    ("package-lock.json", "npm"),
    ("yarn.lock", "yarn"),
    ("pnpm-lock.yaml", "pnpm"),
    ("bun.lock", "bun"),
    ("bun.lockb", "bun"),
];

impl Facts<'_> {
    /// The project whose `package.json` the steps copy to `dir` of the image.
    #[must_use]
    pub fn node_project(&self, steps: &[Step], dir: &str) -> Option<NodeProject> {
        let context = self.input.context;
        let path = copies::source_of(steps, &normalized(&format!("{dir}/package.json")), context)?;
        let manifest = Manifest::read(context.text(&path)?)?;
        let folder = path.strip_suffix("package.json")?.trim_end_matches('/').to_owned();
        let has_workspaces = manifest.has_workspaces || context.exists(&joined(&folder, "pnpm-workspace.yaml"));
        Some(NodeProject { folder, manifest: Manifest { has_workspaces, ..manifest } })
    }

    /// The lock file of `manager` that the steps copy to `dir` of the image, from the project's folder.
    #[must_use]
    pub fn node_lock(&self, steps: &[Step], dir: &str, manager: &str) -> Option<String> {
        let names = LOCKS.iter().filter(|(_, of)| *of == manager).map(|(name, _)| name);
        names
            .filter_map(|name| copies::source_of(steps, &normalized(&format!("{dir}/{name}")), self.input.context))
            .next()
    }

    /// What the lock file of npm at `path` of the context says.
    #[must_use]
    pub fn npm_lock(&self, path: &str) -> Option<Lock> {
        Lock::read(self.input.context.text(path)?)
    }

    /// The text of the lock file at `path` of the context.
    #[must_use]
    pub fn lock_text(&self, path: &str) -> Option<&str> {
        self.input.context.text(path)
    }

    /// The text of a file beside the project's `package.json`.
    #[must_use]
    pub fn beside(&self, project: &NodeProject, name: &str) -> Option<&str> {
        self.input.context.text(&joined(&project.folder, name))
    }

    /// Whether every source was read, so that what none of them names is named nowhere.
    #[must_use]
    pub fn knows_all_sources(&self) -> bool {
        self.input.context.is_complete()
    }

    /// The packages and programs that the project's own sources name.
    #[must_use]
    pub fn named_by_sources(&self, project: &NodeProject) -> Vec<Named> {
        named(self.input.context, &project.folder)
    }

    /// The files beside `package.json` that `program` reads when it starts, and what they name.
    #[must_use]
    pub fn named_by_settings(&self, project: &NodeProject, program: &Program) -> Vec<Named> {
        let settings = program.settings.iter();
        settings.flat_map(|start| named_in_settings(self.input.context, &project.folder, start)).collect()
    }

    /// The lines of compose files that say what runs in place of the image's own command.
    #[must_use]
    pub fn compose_commands(&self) -> Vec<(String, usize, String)> {
        let is_compose = |path: &str| {
            let name = path.rsplit('/').next().unwrap_or(path);
            let is_yaml = name.ends_with(".yml") || name.ends_with(".yaml");
            is_yaml && (name.starts_with("compose") || name.starts_with("docker-compose"))
        };
        let files = self.input.context.texts().filter(|(path, text)| is_compose(path) && !text.contains("target:"));
        let lines =
            files.flat_map(|(path, text)| text.lines().enumerate().map(move |(at, line)| (path, at + 1, line.trim())));
        let commands = lines.filter(|(_, _, line)| line.starts_with("command:") || line.starts_with("entrypoint:"));
        commands.map(|(path, line, text)| (path.to_owned(), line, text.to_owned())).collect()
    }
}

fn joined(folder: &str, name: &str) -> String {
    if folder.is_empty() { name.to_owned() } else { format!("{folder}/{name}") }
}
