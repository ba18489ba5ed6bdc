//! `dockerignore.toml`: what a build context need not hold.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::glob;
use super::table::Table;

/// All groups of lines that are known.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct IgnoreLines {
    #[serde(default)]
    group: BTreeMap<String, IgnoreGroup>,
}

/// Lines of a `.dockerignore` that stand and fall together.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct IgnoreGroup {
    /// The lines.
    pub lines: Vec<String>,
    #[serde(default)]
    beside: Vec<String>,
    /// Calls of which one makes anew what the lines leave out; without any, nothing that runs needs it.
    #[serde(default)]
    pub made_by: Vec<Vec<String>>,
    /// Texts that may read what the lines leave out.
    #[serde(default)]
    pub read_by: Vec<String>,
    /// How the container gets what the file `.env` says.
    pub instead: Option<String>,
}

impl IgnoreLines {
    /// Every group, in order.
    pub fn groups(&self) -> impl Iterator<Item = &IgnoreGroup> {
        self.group.values()
    }
}

impl IgnoreGroup {
    /// Whether the group is about a project that has a file at `path`.
    pub fn is_beside(&self, path: &str) -> bool {
        let name = path.rsplit('/').next().unwrap_or(path);
        self.beside.is_empty() || self.beside.iter().any(|pattern| glob::matches(pattern, name))
    }

    /// Whether a call of `program` with `words` makes anew what the lines leave out.
    pub fn is_made_by(&self, program: &str, words: &[&str]) -> bool {
        let mut calls = self.made_by.iter().filter_map(|call| call.split_first());
        calls.any(|(name, first)| name == program && words.iter().take(first.len()).eq(first))
    }
}

impl Table for IgnoreLines {
    const FILE: &'static str = "dockerignore.toml";
    const TEXT: &'static str = include_str!("../../templates/dockerignore.toml");

    fn merge(&mut self, later: Self) {
        self.group.extend(later.group);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_call_is_known_by_its_first_words() {
        let lines = IgnoreLines::builtin();
        let made = |program, words: &[&str]| lines.groups().any(|group| group.is_made_by(program, words));
        assert!(made("npm", &["ci", "--omit=dev"]) && made("mvn", &["package"]) && made("yarn", &[]));
        assert!(!made("npm", &["run"]) && !made("npm", &[]) && !made("pip", &["list"]));
    }

    #[test]
    fn a_project_is_known_by_a_file_in_any_folder() {
        let lines = IgnoreLines::builtin();
        let group = lines.groups().find(|group| group.lines.iter().any(|line| line == "**/obj")).unwrap();
        assert!(group.is_beside("src/App/App.csproj") && !group.is_beside("src/App/App.cs"));
    }
}
