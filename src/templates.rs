//! The knowledge: what images, distributions, packages, servers and labels are like, as TOML.
//!
//! The files of `templates/` are part of the program. Their comments are the reference of every key. A user's files of
//! the same names are laid over them: a later entry replaces the entry of its name or is added. Nothing here does IO;
//! whoever reads a folder hands over names and texts.
//!
//! ```
//! use harden::templates::Templates;
//!
//! let mine = Templates::builtin().clone().overlay("commands.toml", "[command]\nmytool = \"build\"")?;
//! assert!(mine.commands.needs_tool_chain("mytool"));
//! # Ok::<(), harden::templates::TemplateError>(())
//! ```

mod caches;
mod commands;
mod compiled;
mod dev_packages;
mod distros;
mod dockerignore;
mod ecosystems;
mod error;
mod full_tags;
mod glob;
mod health;
mod images;
mod labels;
mod linked;
mod packages;
mod placeholders;
mod python;
mod recommends;
mod root;
mod rule_ids;
mod rules;
mod runtimes;
mod table;
mod verify;

use std::sync::OnceLock;

pub use caches::{Caches, CachingTool};
pub use commands::{Commands, Purpose};
pub use compiled::{Origin, ToolChain, ToolChains, Verbs};
pub use distros::{Distro, Distros, Family, Manager, PackageManager};
pub use dockerignore::{IgnoreGroup, IgnoreLines};
pub use ecosystems::{Ecosystem, EcosystemPackage, Ecosystems, Program, ToolCall};
pub use error::TemplateError;
pub use full_tags::FullTags;
pub use health::{Health, ProbeTarget, Timing};
pub use images::{Image, ImageUser, Images, TagWord};
pub use labels::{Label, LabelSource, Labels};
pub use linked::Linked;
pub use packages::{Class, Fate, Package, Packages};
pub use python::{
    Installer, Pip, ProjectInstalls, PythonPackage, PythonTools, Server, Sources, SystemInstalls, Wheel, Worker,
};
pub use recommends::Recommends;
pub use root::{Home, Root};
pub use rules::{Answer, Rule, Rules};
pub use verify::{Kind, Verify};

use dev_packages::DevPackages;
use table::{Files, Table};

/// Everything that `templates/` says.
#[derive(Debug, Clone)]
pub struct Templates {
    /// `images.toml`: base images.
    pub images: Images,
    /// `distros.toml`: package managers and how users are created.
    pub distros: Distros,
    /// `packages.toml`: packages that only a build needs.
    pub packages: Packages,
    /// `python.toml`: packages of PyPI, pip, servers and workers.
    pub python: PythonTools,
    /// `health.toml`: health checks.
    pub health: Health,
    /// `labels.toml`: labels and licences.
    pub labels: Labels,
    /// `root.toml`: signs that a container must start as root.
    pub root: Root,
    /// `commands.toml`: what the commands of a RUN are for.
    pub commands: Commands,
    /// `recommends.toml`: what installing without Recommends leaves out.
    pub recommends: Recommends,
    /// `dockerignore.toml`: what a build context need not hold.
    pub ignore_lines: IgnoreLines,
    /// `full-tags.toml`: what full tags carry and slim ones do not.
    pub full_tags: FullTags,
    /// `verify.toml`: what is looked for in images and in logs.
    pub verify: Verify,
    /// `ecosystems/{c,go,java,rust,dotnet}.toml`: tool chains whose product is files.
    pub chains: ToolChains,
    /// `ecosystems/NAME.toml`: what the tools of a language make in the working directory.
    pub ecosystems: Ecosystems,
    /// `rules/SET.toml`: the rules of scanners and standards.
    pub rules: Rules,
    /// `caches.toml`: where package managers of languages keep what they downloaded.
    pub caches: Caches,
    dev_packages: DevPackages,
}

impl Templates {
    /// The built-in templates, read once.
    pub fn builtin() -> &'static Self {
        static BUILTIN: OnceLock<Templates> = OnceLock::new();
        BUILTIN.get_or_init(|| Self {
            images: Images::builtin(),
            distros: Distros::builtin(),
            packages: Packages::builtin(),
            python: PythonTools::builtin(),
            health: Health::builtin(),
            labels: Labels::builtin(),
            root: Root::builtin(),
            commands: Commands::builtin(),
            recommends: Recommends::builtin(),
            ignore_lines: IgnoreLines::builtin(),
            full_tags: FullTags::builtin(),
            verify: Verify::builtin(),
            chains: ToolChains::builtin(),
            ecosystems: Ecosystems::builtin(),
            rules: Rules::default(),
            caches: Caches::builtin(),
            dev_packages: DevPackages::default(),
        })
    }

    /// The file names that [`Templates::overlay`] knows, besides `dev-packages/SUITE.toml` and `rules/SET.toml`.
    pub fn files() -> impl Iterator<Item = &'static str> {
        let alone = [
            Images::FILE,
            Caches::FILE,
            Distros::FILE,
            Packages::FILE,
            PythonTools::FILE,
            Health::FILE,
            Labels::FILE,
            Root::FILE,
            Commands::FILE,
            Recommends::FILE,
            IgnoreLines::FILE,
            FullTags::FILE,
            Verify::FILE,
        ];
        alone.into_iter().chain(Files::<ToolChain>::names()).chain(Files::<Ecosystem>::names())
    }

    /// Lays a user's file over these templates: its entries replace those of the same name, or are added.
    ///
    /// `file` is the name below the templates' folder, with `/` between its parts.
    ///
    /// # Errors
    /// When no template has that name, or when the text is not TOML or has a key that the template does not know.
    pub fn overlay(mut self, file: &str, text: &str) -> Result<Self, TemplateError> {
        match file {
            Images::FILE => self.images.overlay(text)?,
            Caches::FILE => self.caches.overlay(text)?,
            Distros::FILE => self.distros.overlay(text)?,
            Packages::FILE => self.packages.overlay(text)?,
            PythonTools::FILE => self.python.overlay(text)?,
            Health::FILE => self.health.overlay(text)?,
            Labels::FILE => self.labels.overlay(text)?,
            Root::FILE => self.root.overlay(text)?,
            Commands::FILE => self.commands.overlay(text)?,
            Recommends::FILE => self.recommends.overlay(text)?,
            IgnoreLines::FILE => self.ignore_lines.overlay(text)?,
            FullTags::FILE => self.full_tags.overlay(text)?,
            Verify::FILE => self.verify.overlay(text)?,
            _ if self.chains.files.has(file) => self.chains.files.overlay(file, text)?,
            _ if self.ecosystems.files.has(file) => self.ecosystems.files.overlay(file, text)?,
            _ if rules::is_rule_set(file) => self.rules.overlay(file, text)?,
            _ => match dev_packages::suite_of(file) {
                Some(suite) => self.dev_packages.overlay(suite, file, text)?,
                None => return Err(TemplateError::unknown_file(file, Self::files())),
            },
        }
        Ok(self)
    }

    /// The packages that a program built with `dev_package` needs when it runs on `suite` (`bookworm`, `noble`,
    /// `alpine`): empty where it needs none, `None` where it is not known.
    pub fn runtime_packages(&self, suite: &str, dev_package: &str) -> Option<Vec<String>> {
        self.dev_packages.runtime(suite, dev_package)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn overlay(file: &str, text: &str) -> Result<Templates, TemplateError> {
        Templates::builtin().clone().overlay(file, text)
    }

    #[test]
    fn every_file_accepts_an_empty_overlay() {
        for file in Templates::files() {
            assert!(overlay(file, "").is_ok(), "{file}");
        }
    }

    #[test]
    fn an_unknown_key_names_the_file_the_line_and_the_nearest_key() {
        let error = overlay("images.toml", "[image.mine]\n\nfamly = \"debian\"\n").unwrap_err();
        assert_eq!(error.to_string(), "images.toml:3: unknown field `famly`; did you mean `family`?");
    }

    #[test]
    fn an_unknown_value_names_the_nearest_value() {
        let error = overlay("distros.toml", "[family.debain]\n").unwrap_err();
        assert_eq!(error.to_string(), "distros.toml:1: unknown variant `debain`; did you mean `debian`?");
    }

    #[test]
    fn an_unknown_key_with_no_near_one_lists_what_is_known() {
        let error = overlay("recommends.toml", "[zzzzzzzzzz]\n").unwrap_err();
        assert_eq!(error.to_string(), "recommends.toml:1: unknown field `zzzzzzzzzz`, expected `package`");
    }

    #[test]
    fn a_value_of_the_wrong_type_names_the_line() {
        let error = overlay("images.toml", "[image.mine]\nfamily = \"debian\"\nusers = 1\n").unwrap_err();
        assert!(error.to_string().starts_with("images.toml:3: invalid type"), "{error}");
    }

    #[test]
    fn text_that_is_not_toml_names_the_line() {
        let error = overlay("root.toml", "[program]\ngosu = \n").unwrap_err();
        assert!(error.to_string().starts_with("root.toml:2: "), "{error}");
    }

    #[test]
    fn an_unknown_file_names_the_nearest_file() {
        let error = overlay("image.toml", "").unwrap_err();
        assert_eq!(error.to_string(), "image.toml: no template has this name; did you mean `images.toml`?");
        let error = overlay("ecosystems/rubi.toml", "").unwrap_err();
        assert!(error.to_string().ends_with("did you mean `ecosystems/ruby.toml`?"), "{error}");
    }

    #[test]
    fn a_failed_overlay_of_a_suite_names_its_file() {
        let error = overlay("dev-packages/sid.toml", "\"x-dev\" = 1\n").unwrap_err();
        assert!(error.to_string().starts_with("dev-packages/sid.toml:1: "), "{error}");
    }
}
