//! `verify.toml`: what is looked for in images and in what programs print.

use serde::Deserialize;

use super::table::{Table, replace_list};

/// Names of programs, and texts of errors.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default, rename_all = "kebab-case")]
pub struct Verify {
    build_tools: Vec<String>,
    shells: Vec<String>,
    package_managers: Vec<String>,
    complaints: Vec<String>,
}

/// What a program is, where it is one that an image is better without.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// It makes programs.
    BuildTool,
    /// It runs what it is told.
    Shell,
    /// It installs packages.
    PackageManager,
}

impl Verify {
    /// What the program called `name` is, and its name without its version.
    pub fn kind<'n>(&self, name: &'n str) -> Option<(Kind, &'n str)> {
        let lists = [
            (Kind::BuildTool, &self.build_tools),
            (Kind::Shell, &self.shells),
            (Kind::PackageManager, &self.package_managers),
        ];
        let name = without_version(name);
        lists.into_iter().find(|(_, list)| list.iter().any(|known| known == name)).map(|(kind, _)| (kind, name))
    }

    /// `names` in the order of the lists, which tells the most first; others follow.
    pub fn in_order<'n>(&self, names: impl Iterator<Item = &'n str>) -> Vec<&'n str> {
        let known: Vec<&String> =
            [&self.build_tools, &self.shells, &self.package_managers].into_iter().flatten().collect();
        let mut names: Vec<&str> = names.collect();
        names.sort_by_key(|name| known.iter().position(|known| known == name).unwrap_or(usize::MAX));
        names
    }

    /// Whether `line` of a log tells of an error.
    pub fn is_complaint(&self, line: &str) -> bool {
        self.complaints.iter().any(|text| line.contains(text.as_str()))
    }
}

/// `gcc` of `gcc-12`, `pip` of `pip3.12`.
fn without_version(name: &str) -> &str {
    let stem = name.trim_end_matches(|ch: char| ch.is_ascii_digit() || ch == '.');
    let stem = stem.strip_suffix('-').unwrap_or(stem);
    if stem.is_empty() { name } else { stem }
}

impl Table for Verify {
    const FILE: &'static str = "verify.toml";
    const TEXT: &'static str = include_str!("../../templates/verify.toml");

    fn merge(&mut self, later: Self) {
        replace_list(&mut self.build_tools, later.build_tools);
        replace_list(&mut self.shells, later.shells);
        replace_list(&mut self.package_managers, later.package_managers);
        replace_list(&mut self.complaints, later.complaints);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_is_no_other_program() {
        let verify = Verify::builtin();
        assert_eq!(verify.kind("gcc-12"), Some((Kind::BuildTool, "gcc")));
        assert_eq!(verify.kind("pip3.12"), Some((Kind::PackageManager, "pip")));
        assert_eq!(verify.kind("dash"), Some((Kind::Shell, "dash")));
        assert_eq!(verify.kind("makeself"), None);
        assert_eq!(verify.kind("7"), None);
    }

    #[test]
    fn what_tells_the_most_is_named_first() {
        assert_eq!(Verify::builtin().in_order(["as", "gcc", "x"].into_iter()), ["gcc", "as", "x"]);
    }

    #[test]
    fn an_overlay_replaces_a_list_and_leaves_the_others() {
        let mut verify = Verify::builtin();
        verify.overlay("shells = [\"rc\"]\n").unwrap();
        assert_eq!(verify.kind("rc"), Some((Kind::Shell, "rc")));
        assert_eq!(verify.kind("bash"), None);
        assert!(verify.is_complaint("open: Permission denied"));
    }
}
