//! `full-tags.toml`: what full tags carry and slim ones do not.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::table::Table;

/// All programs of full tags that are known.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct FullTags {
    #[serde(default)]
    program: BTreeMap<String, Vec<String>>,
}

impl FullTags {
    /// The Debian packages that bring `program` back to a slim tag: empty for a tool chain's own, `None` for a program that
    /// slim tags have as well, or that neither has.
    pub fn packages_for(&self, program: &str) -> Option<&[String]> {
        self.program.get(program).map(Vec::as_slice)
    }

    /// The programs, in order.
    pub fn programs(&self) -> impl Iterator<Item = &str> {
        self.program.keys().map(String::as_str)
    }
}

impl Table for FullTags {
    const FILE: &'static str = "full-tags.toml";
    const TEXT: &'static str = include_str!("../../templates/full-tags.toml");

    fn merge(&mut self, later: Self) {
        self.program.extend(later.program);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_names_its_packages_and_a_compiler_none() {
        let full = FullTags::builtin();
        assert_eq!(full.packages_for("git"), Some(&["git".to_owned(), "ca-certificates".to_owned()][..]));
        assert_eq!(full.packages_for("gcc"), Some(&[][..]));
        assert_eq!(full.packages_for("sh"), None);
    }
}
