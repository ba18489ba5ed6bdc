//! Tools that build in the working directory: which are called, and what their manifests name.

use serde_json::Value;

use super::effects::tool_call;
use super::packages::PackageWord;
use super::{Effect, Facts, Started, Step};
use crate::shell::Command;
use crate::templates::{Class, Ecosystem, Fate, Package, ToolCall};

/// What a package is that tells a build beside it.
const DRIVING: [Class; 3] = [Class::Compiler, Class::BuildTool, Class::Packaging];

impl<'a> Facts<'a> {
    /// What a command of a RUN calls such a tool for; `None` for any other program.
    #[must_use]
    pub fn tool_call(&self, command: &Command) -> Option<ToolCall> {
        tool_call(&command.program()?, self.input.templates)
    }

    /// The ecosystems whose tools `steps` call to build, each once.
    #[must_use]
    pub fn ecosystems(&self, steps: &[Step]) -> Vec<&'a Ecosystem> {
        let mut found: Vec<&Ecosystem> = Vec::new();
        for command in steps.iter().filter_map(Step::script).flat_map(|run| &run.script.commands) {
            let builds = self.tool_call(command).is_some_and(ToolCall::builds);
            let Some(invocation) = command.program().filter(|_| builds) else { continue };
            let ecosystem = self.input.templates.ecosystems.of_tool(invocation.name);
            found.extend(ecosystem.filter(|ecosystem| !found.iter().any(|known| std::ptr::eq(*known, *ecosystem))));
        }
        found
    }

    /// What is known of the operating system's package `name` that `step` installs.
    #[must_use]
    pub fn package<'n>(&self, step: &Step, name: &'n str) -> Option<Package<'n>>
    where
        'a: 'n,
    {
        let family = self.family()?;
        let known = &self.input.templates.packages;
        known.package(family, name).or_else(|| {
            let commands = self.ecosystem_of_base()?.build_package(name)?;
            let drives_builds = |word: &PackageWord| {
                known.package(family, &word.name).is_some_and(|package| DRIVING.contains(&package.class))
            };
            let mut words =
                self.effects(step).iter().filter_map(Effect::packages).flat_map(|command| &command.packages);
            (words.any(drives_builds) && self.is_for_builds(name)).then(|| Package {
                class: Class::BuildTool,
                fate: Fate::Drop,
                because: "is there for builds",
                commands: commands.iter().map(String::as_str).collect(),
                serves: &[],
            })
        })
    }

    fn ecosystem_of_base(&self) -> Option<&'a Ecosystem> {
        self.input.templates.ecosystems.of_image(&self.base()?.name)
    }

    /// Whether no package of the project asks for the operating system's package `name`, and no source is in its language.
    fn is_for_builds(&self, name: &str) -> bool {
        let context = self.input.context;
        let asks = |ecosystem: &Ecosystem| {
            let named = self.manifest_packages(ecosystem).unwrap_or_default();
            named
                .iter()
                .filter_map(|package| ecosystem.package(package))
                .any(|it| it.hold.is_some() || it.runtime.iter().any(|it| it == name))
        };
        let is_script = |path: &String| path.ends_with(".py");
        context.is_known()
            && context.is_complete()
            && !context.names().iter().any(is_script)
            && !self.ecosystem_of_base().is_some_and(asks)
    }

    /// The packages that the manifests of `ecosystem` name for the running program; `None` where none is at hand.
    #[must_use]
    pub fn manifest_packages(&self, ecosystem: &Ecosystem) -> Option<Vec<String>> {
        let name = |path: &str| path.rsplit('/').next().unwrap_or_default().to_owned();
        let texts = self.input.context.texts();
        let manifests: Vec<(&str, &str)> =
            texts.filter(|(path, _)| ecosystem.manifests.contains(&name(path))).collect();
        if manifests.is_empty() {
            return None;
        }
        let named = |(path, text): (&str, &str)| if path.ends_with(".json") { in_json(text) } else { in_gemfile(text) };
        Some(manifests.into_iter().flat_map(named).collect())
    }

    /// The steps that call corepack, which brings package managers.
    #[must_use]
    pub fn corepack_calls(&self) -> Vec<&Step<'a>> {
        let calls = |step: &&Step| {
            let mut commands = step.script().into_iter().flat_map(|run| &run.script.commands);
            commands.any(|command| command.program().is_some_and(|invocation| invocation.name == "corepack"))
        };
        self.steps().all.iter().filter(calls).collect()
    }

    /// The package manager that starts and that corepack brings.
    #[must_use]
    pub fn manager_of_corepack(&self) -> Option<&Started> {
        const BROUGHT: [&str; 4] = ["pnpm", "pnpx", "yarn", "yarnpkg"];
        let started = self.start().commands.iter().find(|started| BROUGHT.contains(&started.name.as_str()));
        started.filter(|_| !self.corepack_calls().is_empty())
    }

    /// Where a `composer.json` lets Composer install outside of the project.
    #[must_use]
    pub fn composer_installs_elsewhere(&self) -> Option<String> {
        let mut manifests =
            self.input.context.texts().filter(|(path, _)| path.rsplit('/').next() == Some("composer.json"));
        manifests.find_map(|(_, text)| outside_of_project(text))
    }

    /// Whether Yarn keeps what it installs in the cache of whoever calls it: what it does from its fourth version on,
    /// unless its settings or another linker put the files below the project.
    #[must_use]
    pub fn yarn_installs_into_its_cache(&self) -> bool {
        let settings = self.input.context.text(".yarnrc.yml").unwrap_or_default();
        let stays = ["nodeLinker: node-modules", "nodeLinker: pnpm", "enableGlobalCache: false"];
        self.uses_modern_yarn() && !stays.iter().any(|setting| settings.contains(setting))
    }

    /// Whether the project is one of Yarn 2 or later.
    #[must_use]
    pub fn uses_modern_yarn(&self) -> bool {
        let context = self.input.context;
        context.exists(".yarnrc.yml") || context.text("package.json").is_some_and(asks_for_modern_yarn)
    }
}

/// A folder of `vendor-dir` or `bin-dir` in a `composer.json` that lies outside of the project.
fn outside_of_project(manifest: &str) -> Option<String> {
    let manifest: Value = serde_json::from_str(manifest).unwrap_or_default();
    let folder = |setting: &&str| manifest.get("config")?.get(setting)?.as_str().map(str::to_owned);
    let mut folders = ["vendor-dir", "bin-dir"].iter().filter_map(folder);
    folders.find(|folder| folder.starts_with(['/', '~', '$']) || folder.split('/').any(|part| part == ".."))
}

fn asks_for_modern_yarn(manifest: &str) -> bool {
    let manifest: Value = serde_json::from_str(manifest).unwrap_or_default();
    let manager = manifest.get("packageManager").and_then(Value::as_str).unwrap_or_default();
    manager.strip_prefix("yarn@").is_some_and(|version| !version.starts_with("1."))
}

/// The dependencies of a `package.json`, without those that only development needs.
fn in_json(text: &str) -> Vec<String> {
    let manifest: Value = serde_json::from_str(text).unwrap_or_default();
    let tables = ["dependencies", "optionalDependencies", "peerDependencies"];
    let tables = tables.iter().filter_map(|table| manifest.get(table)?.as_object());
    tables.flat_map(|table| table.keys().cloned()).collect()
}

/// The gems of a `Gemfile` (`gem "pg"`) or of its lock file (`    pg (1.5.4)`).
fn in_gemfile(text: &str) -> Vec<String> {
    let gem = |line: &str| {
        let line = line.trim();
        let declared = line.strip_prefix("gem ").and_then(|rest| rest.trim().split(['"', '\'']).nth(1));
        let locked = line.split_once(" (").map(|(name, _)| name).filter(|name| !name.contains(' '));
        declared.or(locked).map(str::to_owned)
    };
    text.lines().filter_map(gem).collect()
}

#[cfg(test)]
mod tests {
    use super::super::asking::ask;

    fn packages(tool: &str, files: &[(&str, &str)]) -> Option<Vec<String>> {
        ask("FROM a\n", files, |facts| {
            facts.manifest_packages(facts.input.templates.ecosystems.of_tool(tool).expect("an ecosystem"))
        })
    }

    #[test]
    fn a_package_json_names_what_the_program_needs() {
        let manifest =
            r#"{"dependencies": {"a": "1"}, "devDependencies": {"b": "1"}, "optionalDependencies": {"c": "1"}}"#;
        assert_eq!(packages("npm", &[("web/package.json", manifest)]), Some(vec!["a".into(), "c".into()]));
        assert_eq!(packages("npm", &[("a.js", "")]), None);
        assert_eq!(packages("npm", &[("package.json", "{")]), Some(vec![]));
    }

    #[test]
    fn a_gemfile_and_its_lock_file_name_gems() {
        let gemfile = "source 'https://x'\ngem \"pg\", '~> 1'\n# gem 'no'\n";
        let lock = "GEM\n  specs:\n    ffi (1.16)\n    rails (7)\n      psych (>= 4)\n\nBUNDLED WITH\n   2.5\n";
        let expected = ["pg", "ffi", "rails", "psych"].map(str::to_owned).to_vec();
        assert_eq!(packages("bundle", &[("Gemfile", gemfile), ("Gemfile.lock", lock)]), Some(expected));
    }

    #[test]
    fn composer_may_be_told_to_install_outside_of_its_project() {
        let elsewhere = |config: &str| {
            let manifest = format!(r#"{{"config": {{{config}}}}}"#);
            ask("FROM a\n", &[("composer.json", &manifest)], |facts| facts.composer_installs_elsewhere())
        };
        assert_eq!(elsewhere(r#""vendor-dir": "/opt/vendor""#).as_deref(), Some("/opt/vendor"));
        assert_eq!(elsewhere(r#""bin-dir": "../bin""#).as_deref(), Some("../bin"));
        assert_eq!(elsewhere(r#""vendor-dir": "lib/vendor""#), None);
    }

    #[test]
    fn a_modern_yarn_without_settings_installs_into_its_cache() {
        let into_cache = |files: &[(&str, &str)]| ask("FROM a\n", files, |facts| facts.yarn_installs_into_its_cache());
        assert!(into_cache(&[("package.json", r#"{"packageManager": "yarn@4.1.0"}"#)]));
        assert!(into_cache(&[(".yarnrc.yml", "nodeLinker: pnp")]));
        assert!(!into_cache(&[("package.json", r#"{"packageManager": "yarn@1.22.22"}"#)]));
        assert!(!into_cache(&[(".yarnrc.yml", "enableGlobalCache: false")]));
    }
}
