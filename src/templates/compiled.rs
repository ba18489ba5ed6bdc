//! `ecosystems/go.toml`: tool chains whose product is files at known places.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::glob;
use super::table::{Table, replace_list};

/// A tool chain, and what is left of a project when it has run.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct ToolChain {
    images: Vec<String>,
    tools: Vec<String>,
    development: Vec<String>,
    sources: Vec<String>,
    programs: Vec<String>,
    module: BTreeMap<String, Module>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct Module {
    headers: Vec<String>,
}

impl ToolChain {
    /// Whether the image named `name` has it.
    pub fn comes_in(&self, name: &str) -> bool {
        self.images.iter().any(|image| glob::matches(image, name))
    }

    /// Whether the command `name` is part of it.
    pub fn has_tool(&self, name: &str) -> bool {
        self.tools.iter().any(|tool| tool == name)
    }

    /// Whether the program `name` builds anew whenever a source changes.
    pub fn is_for_development(&self, name: &str) -> bool {
        self.development.iter().any(|program| program == name)
    }

    /// Whether only a build or a person reads the file or folder `name`.
    pub fn is_source(&self, name: &str) -> bool {
        self.sources.iter().any(|pattern| glob::matches(pattern, name))
    }

    /// Whether its images have the program `name`, and the runtime image lacks it.
    pub fn leaves_behind(&self, name: &str) -> bool {
        self.programs.iter().any(|program| program == name)
    }

    /// The packages with the headers of the libraries that the module at `path` is linked against.
    pub fn headers(&self, path: &str) -> &[String] {
        let is_version = |rest: &str| rest.is_empty() || rest.starts_with(['/', '.']);
        let module = self.module.iter().find(|(module, _)| path.strip_prefix(module.as_str()).is_some_and(is_version));
        module.map_or(&[], |(_, module)| &module.headers)
    }
}

impl Table for ToolChain {
    const FILE: &'static str = "ecosystems/go.toml";
    const TEXT: &'static str = include_str!("../../templates/ecosystems/go.toml");

    fn merge(&mut self, later: Self) {
        replace_list(&mut self.images, later.images);
        replace_list(&mut self.tools, later.tools);
        replace_list(&mut self.development, later.development);
        replace_list(&mut self.sources, later.sources);
        replace_list(&mut self.programs, later.programs);
        self.module.extend(later.module);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_sources_are_told_from_data() {
        let go = ToolChain::builtin();
        for source in ["main.go", "go.sum", "vendor", "Dockerfile.prod", "README.md", "soundex.c"] {
            assert!(go.is_source(source), "{source}");
        }
        for data in ["templates", "config.yml", ".env", "docs", "start.sh"] {
            assert!(!go.is_source(data), "{data}");
        }
    }

    #[test]
    fn a_module_is_known_with_its_version_and_its_packages() {
        let go = ToolChain::builtin();
        assert_eq!(go.headers("github.com/libgit2/git2go/v34"), ["libgit2-dev"]);
        assert_eq!(go.headers("gopkg.in/gographics/imagick.v3"), ["libmagickwand-dev"]);
        assert!(go.headers("github.com/libgit2/git2go-kit").is_empty());
    }

    #[test]
    fn an_overlay_adds_a_module_and_replaces_a_list() {
        let mut go = ToolChain::builtin();
        go.overlay("tools = [\"go\"]\n[module.\"example.com/x\"]\nheaders = [\"libx-dev\"]\n").unwrap();
        assert!(!go.has_tool("gofmt") && go.comes_in("golang"));
        assert_eq!(go.headers("example.com/x"), ["libx-dev"]);
    }
}
