//! `commands.toml`: what the commands of a RUN are for.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;

use super::table::Table;

/// All commands that are known.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Commands {
    #[serde(default)]
    command: BTreeMap<String, Purpose>,
    #[serde(default)]
    installs_nothing: BTreeSet<String>,
}

/// What a command is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Purpose {
    /// It prepares the image that runs, and needs no tool chain.
    Runtime,
    /// It brings files from elsewhere.
    Fetch,
    /// It runs the program's own code.
    Program,
    /// It is part of a tool chain, or calls one.
    Build,
}

impl Commands {
    /// What the program `name` is for, called by its name or by a path of a system directory; `None` is unknown.
    pub fn purpose(&self, name: &str) -> Option<Purpose> {
        self.command.get(name).or_else(|| self.command.get(by_path(name)?)).copied()
    }

    /// Whether the program `name`, of which nothing else is known, certainly installs no package of the system.
    pub fn installs_nothing(&self, name: &str) -> bool {
        self.installs_nothing.contains(name) || by_path(name).is_some_and(|name| self.installs_nothing.contains(name))
    }

    /// Whether the program `name` is part of a tool chain or calls one.
    pub fn needs_tool_chain(&self, name: &str) -> bool {
        self.purpose(name) == Some(Purpose::Build)
    }
}

/// The name behind the path of a system directory.
fn by_path(path: &str) -> Option<&str> {
    let (folder, name) = path.rsplit_once('/')?;
    (folder.ends_with("/bin") || folder.ends_with("/sbin")).then_some(name)
}

impl Table for Commands {
    const FILE: &'static str = "commands.toml";
    const TEXT: &'static str = include_str!("../../templates/commands.toml");

    fn merge(&mut self, later: Self) {
        self.command.extend(later.command);
        self.installs_nothing.extend(later.installs_nothing);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_is_known_by_its_name_or_its_path() {
        let commands = Commands::builtin();
        assert_eq!(commands.purpose("mkdir"), Some(Purpose::Runtime));
        assert_eq!(commands.purpose("/bin/mkdir"), Some(Purpose::Runtime));
        assert_eq!(commands.purpose("curl"), Some(Purpose::Fetch));
        assert_eq!(commands.purpose("/usr/bin/make"), Some(Purpose::Build));
        assert_eq!(commands.purpose("./configure"), Some(Purpose::Build));
    }

    #[test]
    fn a_file_of_the_project_is_unknown_whatever_its_name() {
        let commands = Commands::builtin();
        assert_eq!(commands.purpose("./mkdir"), None);
        assert_eq!(commands.purpose("/app/make"), None);
        assert_eq!(commands.purpose("frobnicate"), None);
    }

    #[test]
    fn an_overlay_replaces_and_adds_single_commands() {
        let mut commands = Commands::builtin();
        commands.overlay("[command]\nmkdir = \"build\"\nfrobnicate = \"runtime\"\n").unwrap();
        assert!(commands.needs_tool_chain("mkdir"));
        assert_eq!(commands.purpose("frobnicate"), Some(Purpose::Runtime));
        assert_eq!(commands.purpose("rm"), Some(Purpose::Runtime));
    }
}
