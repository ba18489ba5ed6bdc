//! `packages.toml`: operating system packages that only a build needs.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::distros::Family;
use super::glob;
use super::table::Table;

/// All packages that are known.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Packages {
    #[serde(default)]
    class: BTreeMap<Class, ClassEntry>,
    #[serde(default)]
    debian: BTreeMap<String, PackageEntry>,
    #[serde(default)]
    alpine: BTreeMap<String, PackageEntry>,
    #[serde(default)]
    rpm: BTreeMap<String, PackageEntry>,
}

/// Why a package is listed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Class {
    /// It compiles code.
    Compiler,
    /// It drives a build.
    BuildTool,
    /// It pulls in or builds packages.
    Packaging,
    /// It holds headers: at most the library behind them is needed (see `Templates::runtime_packages`).
    Headers,
    /// It holds the headers of an interpreter.
    LanguageHeaders,
    /// It is a language's tool chain.
    ToolChain,
    /// It fetches sources.
    Vcs,
    /// It downloads files.
    Fetcher,
    /// It unpacks archives.
    Archiver,
    /// It adds package repositories.
    RepositorySetup,
    /// It serves a person at a terminal.
    Debug,
    /// It is needed when the program runs.
    Runtime,
}

/// What becomes of a package in an image that only runs the program.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Fate {
    /// It goes, unless one of its commands is called.
    Drop,
    /// It goes only where nothing may call one of its commands.
    DropIfUnused,
    /// It stays.
    Keep,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct ClassEntry {
    fate: Fate,
    because: String,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct PackageEntry {
    class: Class,
    #[serde(default)]
    commands: Vec<String>,
    #[serde(default)]
    serves: Vec<String>,
}

/// What is known about a package.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Package<'a> {
    /// Why it is listed.
    pub class: Class,
    /// What becomes of it.
    pub fate: Fate,
    /// Why, for the reader: goes after the package's name.
    pub because: &'a str,
    /// The commands that it brings; first its own name.
    pub commands: Vec<&'a str>,
    /// Tools that only a build calls and that call its commands.
    pub serves: &'a [String],
}

impl Packages {
    /// What is known about the package `name` of `family`; `None` is unknown, so that it is kept.
    ///
    /// `name` has no version and no architecture.
    pub fn package<'a>(&'a self, family: Family, name: &'a str) -> Option<Package<'a>> {
        let entry = glob::most_exact(self.packages_of(family)?, name)?;
        let class = self.class.get(&entry.class)?;
        let commands = std::iter::once(name).chain(entry.commands.iter().map(String::as_str)).collect();
        let (fate, because) = (class.fate, class.because.as_str());
        Some(Package { class: entry.class, fate, because, commands, serves: &entry.serves })
    }

    fn packages_of(&self, family: Family) -> Option<&BTreeMap<String, PackageEntry>> {
        match family {
            Family::Debian | Family::Ubuntu => Some(&self.debian),
            Family::Alpine => Some(&self.alpine),
            Family::Rhel | Family::RhelMinimal | Family::Amazon | Family::OpenEuler => Some(&self.rpm),
            Family::Suse | Family::Wolfi | Family::Busybox | Family::None | Family::Windows => None,
        }
    }
}

impl Table for Packages {
    const FILE: &'static str = "packages.toml";
    const TEXT: &'static str = include_str!("../../templates/packages.toml");

    fn merge(&mut self, later: Self) {
        self.class.extend(later.class);
        self.debian.extend(later.debian);
        self.alpine.extend(later.alpine);
        self.rpm.extend(later.rpm);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn class(family: Family, name: &str) -> Option<Class> {
        Packages::builtin().package(family, name).map(|package| package.class)
    }

    #[test]
    fn every_listed_package_has_a_described_class() {
        let packages = Packages::builtin();
        for entry in packages.debian.values().chain(packages.alpine.values()).chain(packages.rpm.values()) {
            assert!(packages.class.contains_key(&entry.class), "{:?}", entry.class);
        }
    }

    #[test]
    fn only_what_builds_alone_need_is_dropped_without_a_look_at_its_use() {
        let packages = Packages::builtin();
        let fate = |name| packages.package(Family::Debian, name).map(|package| package.fate);
        for name in ["gcc", "g++-12", "make", "build-essential", "libpq-dev", "python3-dev"] {
            assert_eq!(fate(name), Some(Fate::Drop), "{name}");
        }
        for name in ["git", "curl", "unzip", "gnupg", "procps", "openjdk-17-jdk"] {
            assert_eq!(fate(name), Some(Fate::DropIfUnused), "{name}");
        }
        assert_eq!(fate("gettext-base"), Some(Fate::Keep));
    }

    #[test]
    fn what_runs_is_unknown_and_so_kept() {
        for name in ["libpq5", "python3", "ffmpeg", "ca-certificates", "nginx", "tzdata", "openjdk-17-jre-headless"] {
            assert_eq!(class(Family::Debian, name), None, "{name}");
        }
    }

    #[test]
    fn a_package_brings_its_own_name_and_its_commands() {
        let packages = Packages::builtin();
        let commands = |name| packages.package(Family::Ubuntu, name).unwrap().commands;
        assert_eq!(commands("gcc"), ["gcc", "cc"]);
        assert_eq!(commands("gcc-12"), ["gcc-12"]);
        assert!(commands("build-essential").contains(&"make"));
    }

    #[test]
    fn each_family_has_its_own_names() {
        assert_eq!(class(Family::Alpine, "build-base"), Some(Class::Packaging));
        assert_eq!(class(Family::Rhel, "libpq-devel"), Some(Class::Headers));
        assert_eq!(class(Family::Amazon, "gcc-c++"), Some(Class::Compiler));
        assert_eq!(class(Family::Debian, "build-base"), None);
        assert_eq!(class(Family::None, "gcc"), None);
    }

    #[test]
    fn an_overlay_can_keep_one_package() {
        let mut packages = Packages::builtin();
        packages.overlay("[debian]\nmake = { class = \"runtime\" }\n").unwrap();
        assert_eq!(packages.package(Family::Debian, "make").unwrap().fate, Fate::Keep);
        assert_eq!(packages.package(Family::Debian, "gcc").unwrap().fate, Fate::Drop);
    }

    #[test]
    fn an_overlay_with_an_unknown_class_is_an_error() {
        let error = Packages::builtin().overlay("[debian]\nmake = { class = \"compilr\" }\n").unwrap_err();
        assert_eq!(error.to_string(), "packages.toml:2: unknown variant `compilr`; did you mean `compiler`?");
    }
}
