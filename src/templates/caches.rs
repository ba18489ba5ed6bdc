//! `caches.toml`: where package managers of languages keep what they downloaded.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::table::Table;

/// All tools whose caches are known.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Caches {
    #[serde(default)]
    tool: BTreeMap<String, CachingTool>,
}

/// A tool that keeps what it downloads.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct CachingTool {
    installs: Vec<String>,
    #[serde(default)]
    bare: bool,
    folder: String,
    #[serde(default)]
    moved_by: Vec<String>,
    /// Options by which it keeps no cache.
    #[serde(default)]
    pub off: Vec<String>,
    /// Options by which it takes what the cache has and nothing newer.
    #[serde(default)]
    pub offline: Vec<String>,
    /// Whether what is in it fits one base image alone.
    #[serde(default)]
    pub of_one_image: bool,
    /// How builds share it, where not at the same time: `locked`.
    pub sharing: Option<String>,
    #[serde(default)]
    empties: Vec<Vec<String>>,
}

impl Caches {
    /// The tool of this name, and its entry.
    #[must_use]
    pub fn tool(&self, name: &str) -> Option<(&str, &CachingTool)> {
        self.tool.get_key_value(name).map(|(name, tool)| (name.as_str(), tool))
    }
}

impl CachingTool {
    /// The cache of a user whose home is `home`.
    #[must_use]
    pub fn folder(&self, home: &str) -> String {
        self.folder.replace("{home}", home)
    }

    /// The variables that hold another folder, each with the path from there to the cache.
    pub fn moved_by(&self) -> impl Iterator<Item = (&str, &str)> {
        self.moved_by.iter().map(|entry| entry.split_at(entry.find('/').unwrap_or(entry.len())))
    }

    /// Whether a call with these words, options left out, fills the cache.
    #[must_use]
    pub fn installs(&self, words: &[&str]) -> bool {
        words.first().map_or(self.bare, |verb| self.installs.iter().any(|own| own == verb))
    }

    /// Whether a call with these words, options left out, empties the cache.
    #[must_use]
    pub fn empties(&self, words: &[&str]) -> bool {
        self.empties.iter().any(|call| words.iter().take(call.len()).eq(call))
    }
}

impl Table for Caches {
    const FILE: &'static str = "caches.toml";
    const TEXT: &'static str = include_str!("../../templates/caches.toml");

    fn merge(&mut self, later: Self) {
        self.tool.extend(later.tool);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_call_without_a_verb_installs_where_the_tool_says_so() {
        let caches = Caches::builtin();
        let installs = |name: &str, words: &[&str]| caches.tool(name).is_some_and(|(_, tool)| tool.installs(words));
        assert!(installs("yarn", &[]) && installs("npm", &["ci"]));
        assert!(!installs("npm", &[]) && !installs("npm", &["run", "install"]));
        assert!(caches.tool("npm").unwrap().1.empties(&["cache", "clean"]));
        assert!(!caches.tool("npm").unwrap().1.empties(&["cache"]));
    }

    #[test]
    fn a_variable_holds_the_cache_or_a_folder_above_it() {
        let caches = Caches::builtin();
        let moved: Vec<_> = caches.tool("composer").unwrap().1.moved_by().collect();
        assert_eq!(moved, [("COMPOSER_CACHE_DIR", ""), ("COMPOSER_HOME", "/cache")]);
    }
}
