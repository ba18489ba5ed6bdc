//! `ecosystems/*.toml`: what the tools of a language make in the working directory.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::table::{Files, OneOfMany, replace_list};

/// A program and words.
type Call = Vec<String>;

/// All ecosystems that are known.
#[derive(Debug, Clone)]
pub struct Ecosystems {
    pub(super) files: Files<Ecosystem>,
}

/// A language's tools, which build in the working directory.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Ecosystem {
    images: Vec<String>,
    tools: Vec<String>,
    /// Why nothing that its tools build is split.
    pub hold: Option<String>,
    development: Vec<Call>,
    leaves: Vec<String>,
    leaving: Vec<String>,
    /// Directories outside of the working directory that the tools fill.
    pub trees: Vec<String>,
    /// Directories that its images keep for the program, although others may share them.
    pub roots: Vec<String>,
    build_only: Vec<String>,
    /// Files of the context in which packages are named.
    pub manifests: Vec<String>,
    plain: Vec<String>,
    settings: Vec<Call>,
    caches: Vec<Call>,
    global: Vec<Call>,
    into_trees: Vec<Call>,
    outside: Vec<Call>,
    older_managers: Vec<String>,
    git_hooks: Vec<String>,
    build_packages: BTreeMap<String, Vec<String>>,
    compiles: Vec<Call>,
    package: BTreeMap<String, EcosystemPackage>,
    program: BTreeMap<String, Program>,
}

/// A program of a package that may run when the container starts.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Program {
    /// Its package, where that has another name.
    pub package: Option<String>,
    /// The words behind it that start what was built; without any, all do.
    #[serde(default)]
    pub starts: Vec<String>,
    /// How the names of the files begin that it reads then.
    #[serde(default)]
    pub settings: Vec<String>,
    /// What it takes to read settings in TypeScript.
    pub typed_settings: Option<String>,
    /// A package without which it does not run, although it does not ask for it.
    pub needs: Option<String>,
}

impl Program {
    /// Whether it starts what was built when it is called with `words`.
    #[must_use]
    pub fn is_start(&self, words: &[&str]) -> bool {
        self.starts.is_empty() || words.first().is_some_and(|word| self.starts.iter().any(|start| start == word))
    }
}

/// A package that needs something of the operating system.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct EcosystemPackage {
    /// Debian -dev packages whose run-time libraries it needs.
    #[serde(default)]
    pub headers: Vec<String>,
    /// Other Debian packages that it needs when it runs.
    #[serde(default)]
    pub runtime: Vec<String>,
    /// Alpine packages that it needs when it runs, and that come along with a compiler.
    #[serde(default)]
    pub alpine: Vec<String>,
    /// Why what it needs of a full image can't be told.
    pub hold: Option<String>,
    /// Why what it installs can't be copied.
    pub outside: Option<String>,
    /// Whether a build puts files of it into `node_modules`.
    #[serde(default)]
    pub generates: bool,
}

/// What a call of a tool is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ToolCall {
    /// It builds in the working directory.
    Build,
    /// It fills the tool's own directories alone.
    IntoTrees,
    /// It fills the tool's own directories alone, whatever files of the system its words name.
    Compiles,
    /// It installs for the whole image, and nothing says that it needs no compiler.
    Global,
    /// It installs for the whole image, without a compiler.
    PlainGlobal,
    /// It leaves files elsewhere.
    Outside,
    /// It sets something for the calls behind it.
    Setting,
    /// It only empties caches.
    Cache,
}

impl ToolCall {
    /// Whether it makes files of the program.
    #[must_use]
    pub const fn builds(self) -> bool {
        matches!(self, Self::Build | Self::IntoTrees | Self::Compiles | Self::Outside)
    }
}

impl Ecosystems {
    pub(super) fn builtin() -> Self {
        Self { files: Files::builtin() }
    }

    /// The ecosystem that is at home in images named `name`.
    #[must_use]
    pub fn of_image(&self, name: &str) -> Option<&Ecosystem> {
        self.files.iter().find(|ecosystem| ecosystem.has_image(name))
    }

    /// Whether a call of `program` with `words` serves a developer, and no deployment.
    #[must_use]
    pub fn is_development(&self, program: &str, words: &[&str]) -> bool {
        let calls = self.files.iter().flat_map(|ecosystem| &ecosystem.development);
        calls.filter_map(|call| call.split_first()).any(|(name, expected)| {
            name == program && expected.iter().all(|expected| words.contains(&expected.as_str()))
        })
    }

    /// The ecosystem whose tool `program` is.
    #[must_use]
    pub fn of_tool(&self, program: &str) -> Option<&Ecosystem> {
        self.files.iter().find(|ecosystem| ecosystem.tools.iter().any(|tool| tool == program))
    }
}

impl Ecosystem {
    /// Whether its images compile what its tools build, with compilers of their own.
    pub fn compiles(&self) -> bool {
        !self.compiles.is_empty()
    }

    /// Whether it is at home in images of this name.
    #[must_use]
    pub fn has_image(&self, name: &str) -> bool {
        self.images.iter().any(|image| image == name)
    }

    /// The images that it is at home in.
    pub fn images(&self) -> impl Iterator<Item = &str> {
        self.images.iter().map(String::as_str)
    }

    /// What is known of the program `name`.
    #[must_use]
    pub fn program(&self, name: &str) -> Option<&Program> {
        self.program.get(name)
    }

    /// Whether an image of this tag brings a package manager of the generation before.
    #[must_use]
    pub fn has_older_manager(&self, tag: &str) -> bool {
        let version = tag.split(['.', '-']).next().unwrap_or_default();
        self.older_managers.iter().any(|older| older == version)
    }

    /// The programs of a distribution's package that builds call beside a compiler; `None` of any other package.
    #[must_use]
    pub fn build_package(&self, name: &str) -> Option<&[String]> {
        self.build_packages.get(name).map(Vec::as_slice)
    }

    /// Whether `program` does nothing but set up the hooks of a git repository.
    #[must_use]
    pub fn sets_up_git_hooks(&self, program: &str) -> bool {
        self.git_hooks.iter().any(|known| known == program)
    }

    /// Whether `program` is one of its tools that no program calls when it runs.
    #[must_use]
    pub fn is_build_only(&self, program: &str) -> bool {
        self.build_only.iter().any(|tool| tool == program)
    }

    /// The directories of the program in which `program` leaves files.
    #[must_use]
    pub fn left_by(&self, program: &str) -> &[String] {
        if self.leaving.iter().any(|known| known == program) { &self.leaves } else { &[] }
    }

    /// What is known of the package `name`.
    #[must_use]
    pub fn package(&self, name: &str) -> Option<&EcosystemPackage> {
        self.package.get(name)
    }

    /// What a call of the tool `program` with `words` is for; a word that is not literal is empty.
    #[must_use]
    pub fn call(&self, program: &str, words: &[&str]) -> ToolCall {
        let is = |calls: &[Call]| calls.iter().any(|call| is_call(call, program, words));
        match () {
            () if is(&self.settings) => ToolCall::Setting,
            () if is(&self.caches) => ToolCall::Cache,
            () if is(&self.outside) => ToolCall::Outside,
            () if is(&self.global) && self.installs_plain_packages(words) => ToolCall::PlainGlobal,
            () if is(&self.global) => ToolCall::Global,
            () if is(&self.into_trees) => ToolCall::IntoTrees,
            () if is(&self.compiles) => ToolCall::Compiles,
            () => ToolCall::Build,
        }
    }

    /// Whether all packages behind the sub-commands are known to need no compiler.
    fn installs_plain_packages(&self, words: &[&str]) -> bool {
        const VERBS: [&str; 7] = ["install", "i", "add", "global", "update", "upgrade", "in"];
        let mut packages = words.iter().filter(|word| !word.starts_with('-') && !VERBS.contains(word));
        packages.all(|word| {
            let version = word.get(1..).and_then(|rest| rest.find('@')).map_or(word.len(), |at| at + 1);
            self.plain.iter().any(|plain| Some(plain.as_str()) == word.get(..version))
        })
    }
}

impl OneOfMany for Ecosystem {
    const BUILTIN: &'static [(&'static str, &'static str)] = &[
        ("ecosystems/composer.toml", include_str!("../../templates/ecosystems/composer.toml")),
        ("ecosystems/elixir.toml", include_str!("../../templates/ecosystems/elixir.toml")),
        ("ecosystems/node.toml", include_str!("../../templates/ecosystems/node.toml")),
        ("ecosystems/php.toml", include_str!("../../templates/ecosystems/php.toml")),
        ("ecosystems/ruby.toml", include_str!("../../templates/ecosystems/ruby.toml")),
    ];

    fn merge(&mut self, later: Self) {
        replace_list(&mut self.images, later.images);
        replace_list(&mut self.tools, later.tools);
        self.hold = later.hold.or(self.hold.take());
        replace_list(&mut self.development, later.development);
        replace_list(&mut self.leaves, later.leaves);
        replace_list(&mut self.leaving, later.leaving);
        replace_list(&mut self.trees, later.trees);
        replace_list(&mut self.roots, later.roots);
        replace_list(&mut self.build_only, later.build_only);
        replace_list(&mut self.manifests, later.manifests);
        replace_list(&mut self.plain, later.plain);
        replace_list(&mut self.settings, later.settings);
        replace_list(&mut self.caches, later.caches);
        replace_list(&mut self.global, later.global);
        replace_list(&mut self.into_trees, later.into_trees);
        replace_list(&mut self.outside, later.outside);
        replace_list(&mut self.older_managers, later.older_managers);
        replace_list(&mut self.git_hooks, later.git_hooks);
        self.build_packages.extend(later.build_packages);
        self.program.extend(later.program);
        replace_list(&mut self.compiles, later.compiles);
        self.package.extend(later.package);
    }
}

/// Options may stand anywhere, the other words come first and in order.
fn is_call(call: &Call, program: &str, words: &[&str]) -> bool {
    let Some((name, pattern)) = call.split_first() else { return false };
    let mut plain = words.iter().filter(|word| !word.starts_with('-'));
    name == program
        && pattern.iter().all(|expected| match expected.starts_with('-') {
            true => words.contains(&expected.as_str()),
            false => plain.next().is_some_and(|word| expected == "*" || word == expected),
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn call(words: &[&str]) -> ToolCall {
        let ecosystems = Ecosystems::builtin();
        ecosystems.of_tool(words[0]).expect("a tool").call(words[0], &words[1..])
    }

    #[test]
    fn a_call_is_told_by_its_words() {
        for (words, expected) in [
            (&["npm", "ci"][..], ToolCall::Build),
            (&["npm", "run", "config"], ToolCall::Build),
            (&["npm", "--silent", "config", "set", "x"], ToolCall::Setting),
            (&["corepack", "enable"], ToolCall::Setting),
            (&["corepack", "prepare", "pnpm@9", "--activate"], ToolCall::Setting),
            (&["corepack", "prepare", "--activate"], ToolCall::Outside),
            (&["yarn", "cache", "clean"], ToolCall::Cache),
            (&["npm", "install", "-g", "sqlite3"], ToolCall::Global),
            (&["npm", "link"], ToolCall::Outside),
            (&["gem", "install", "bundler"], ToolCall::IntoTrees),
            (&["bundle", "install"], ToolCall::Build),
            (&["composer", "install", "--no-dev"], ToolCall::Build),
            (&["composer", "config", "-g", "x", "y"], ToolCall::IntoTrees),
            (&["docker-php-ext-configure", "gd", "--with-jpeg=/usr/include"], ToolCall::Compiles),
        ] {
            assert_eq!(call(words), expected, "{words:?}");
        }
    }

    #[test]
    fn packages_without_machine_code_are_plain_whatever_their_version() {
        assert_eq!(call(&["npm", "i", "-g", "pm2@5", "@angular/cli@^17"]), ToolCall::PlainGlobal);
        assert_eq!(call(&["npm", "i", "-g", "pm2", "sqlite3"]), ToolCall::Global);
        assert_eq!(call(&["npm", "i", "-g", ""]), ToolCall::Global);
    }

    #[test]
    fn a_server_for_developers_is_told_by_its_words() {
        let ecosystems = Ecosystems::builtin();
        assert!(ecosystems.is_development("jekyll", &["serve", "--host", "0.0.0.0"]));
        assert!(ecosystems.is_development("rails", &["server", "-b", "0.0.0.0", "-e", "development"]));
        assert!(!ecosystems.is_development("rails", &["server", "-b", "0.0.0.0"]));
        assert!(!ecosystems.is_development("jekyll", &["build"]));
    }

    #[test]
    fn an_overlay_replaces_lists_and_adds_packages() {
        let mut ecosystems = Ecosystems::builtin();
        ecosystems.files.overlay("ecosystems/node.toml", "plain = [\"mine\"]\n[package.mine]\nhold = \"why\"").unwrap();
        let node = ecosystems.of_tool("npm").unwrap();
        assert_eq!(node.call("npm", &["-g", "mine"]), ToolCall::PlainGlobal);
        assert_eq!(node.call("npm", &["-g", "pm2"]), ToolCall::Global);
        assert!(node.package("mine").is_some() && node.package("canvas").is_some());
    }
}
