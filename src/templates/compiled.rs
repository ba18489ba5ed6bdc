//! `ecosystems/{c,go,java,rust,dotnet}.toml`: tool chains whose product is files at known places.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::distros::Family;
use super::glob;
use super::linked::{Linked, Modules};
use super::runtimes::Runtime;
use super::table::{Files, OneOfMany, replace_list};

/// All tool chains that are known.
#[derive(Debug, Clone)]
pub struct ToolChains {
    pub(super) files: Files<ToolChain>,
}

impl ToolChains {
    pub(super) fn builtin() -> Self {
        Self { files: Files::builtin() }
    }

    /// The tool chain that images named `name` carry.
    pub fn of_image(&self, name: &str) -> Option<&ToolChain> {
        self.files.iter().find(|chain| chain.comes_in(name))
    }

    /// The tool chain that a file may install on plain images named `name`.
    pub fn installed_on(&self, name: &str) -> Option<&ToolChain> {
        self.files.iter().find(|chain| chain.is_installed_on(name))
    }
}

/// A tool chain, and what is left of a project when it has run.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct ToolChain {
    /// Its name in a sentence: `the Go image`.
    pub name: String,
    /// What stays behind in a builder, beside the sources.
    pub keeps: String,
    /// The calls that make a program, for a reason.
    pub makers: Vec<String>,
    /// Images that a program can be built on, for a reason.
    pub examples: Vec<String>,
    /// What to start, where the tool chain is.
    pub advice: String,
    /// Variables that its images set and the runtime image does not.
    pub variables: Vec<String>,
    /// Folders that the PATH of its images has, and that of the runtime image has not.
    pub folders: Vec<String>,
    /// Texts in a source behind which the name of a program stands that is started.
    pub starts: Vec<String>,
    /// Texts in a source that ask for a time zone by name.
    pub zones: Vec<String>,
    /// Texts of a source that bring the time zones with the program.
    pub brings_zones: Vec<String>,
    /// Lines of a source that call C.
    pub calls_c: Vec<String>,
    /// Texts of a source that need the tool chain when the program runs.
    pub compiles: Vec<String>,
    /// Texts of a manifest whose build packs into a program what it needs.
    pub packs: Vec<String>,
    /// Texts of a manifest that let a program look for others beside itself.
    pub refers: Vec<String>,
    /// Texts of a manifest that name what a program needs.
    pub depends: Vec<String>,
    /// Texts of a source or of its settings that say where the program listens.
    pub listens: Vec<String>,
    /// Texts of a source that load a library when the program runs.
    pub loads: Vec<String>,
    /// Whether its programs read the certificate authorities of the system.
    pub certificates: bool,
    /// Whether its products bring along what the program reads in the working directory.
    pub complete: bool,
    /// Whether its images also run what was built elsewhere.
    pub runs_too: bool,
    images: Vec<String>,
    installed_on: Vec<String>,
    library_of_compiler: Vec<String>,
    library_of_image: Vec<String>,
    library_of_project: Vec<String>,
    tools: Vec<String>,
    development: Vec<String>,
    code: Vec<String>,
    tests: Vec<String>,
    sources: Vec<String>,
    manifests: Vec<String>,
    programs: Vec<String>,
    programs_alpine: Vec<String>,
    carries: Vec<String>,
    plain: Vec<String>,
    verbs: BTreeMap<String, Verbs>,
    runtime: Vec<Runtime>,
    module: Modules,
}

/// The words of a tool's command line.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Verbs {
    /// Options that take the next word.
    pub valued: Vec<String>,
    makes: Vec<String>,
    plain: Vec<String>,
}

impl Verbs {
    /// Whether the word makes a product in the tool's own folder.
    pub fn makes(&self, word: &str) -> bool {
        self.makes.iter().any(|verb| glob::matches(verb, word))
    }

    /// Whether the word leaves nothing that the program reads.
    pub fn is_plain(&self, word: &str) -> bool {
        self.plain.iter().any(|verb| glob::matches(verb, word))
    }
}

/// Where a library comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    /// With the compiler.
    Compiler,
    /// With the image that builds.
    Image,
    /// From the build itself.
    Project,
}

impl ToolChain {
    /// Whether the image named `name` has it.
    pub fn comes_in(&self, name: &str) -> bool {
        self.images.iter().any(|image| glob::matches(image, name))
    }

    /// Whether a file may install it on the plain image named `name`.
    pub fn is_installed_on(&self, name: &str) -> bool {
        self.installed_on.iter().any(|image| image == name)
    }

    /// Whether its programs are linked with libraries that the words of a build name.
    pub fn links(&self) -> bool {
        !self.library_of_image.is_empty()
    }

    /// Where a library comes from that a word of a build links with.
    pub fn origin_of_library(&self, word: &str) -> Option<Origin> {
        let is = |patterns: &[String]| patterns.iter().any(|pattern| glob::matches(pattern, word));
        match () {
            () if is(&self.plain) => None,
            () if is(&self.library_of_compiler) => Some(Origin::Compiler),
            () if is(&self.library_of_project) => Some(Origin::Project),
            () if is(&self.library_of_image) => Some(Origin::Image),
            () => None,
        }
    }

    /// Whether the command `name` is part of it.
    pub fn has_tool(&self, name: &str) -> bool {
        self.tools.iter().any(|tool| tool == name)
    }

    /// What is known of the words of the tool `name`.
    pub fn verbs(&self, name: &str) -> Option<&Verbs> {
        self.verbs.get(name)
    }

    /// Whether the program `name` builds anew whenever a source changes.
    pub fn is_for_development(&self, name: &str) -> bool {
        self.development.iter().any(|program| program == name)
    }

    /// Whether only a build or a person reads the file or folder `name`.
    pub fn is_source(&self, name: &str) -> bool {
        self.sources.iter().any(|pattern| glob::matches(pattern, name))
    }

    /// Whether the file at `path` is a text of the program.
    pub fn is_code(&self, path: &str) -> bool {
        self.code.iter().any(|end| path.ends_with(end))
    }

    /// Whether the file at `path` is a text of its tests.
    pub fn is_test(&self, path: &str) -> bool {
        self.tests.iter().any(|part| path.contains(part))
    }

    /// Whether the file named `name` says what the project needs.
    pub fn is_manifest(&self, name: &str) -> bool {
        self.manifests.iter().any(|pattern| glob::matches(pattern, name))
    }

    /// Whether its images have the program `name`, and the runtime image lacks it.
    pub fn leaves_behind(&self, name: &str, family: Option<Family>) -> bool {
        let on_alpine = if family == Some(Family::Alpine) { self.programs_alpine.as_slice() } else { &[] };
        self.programs.iter().chain(on_alpine).any(|program| program == name)
    }

    /// The programs that its images have and the runtime image lacks.
    pub fn programs(&self) -> impl Iterator<Item = &str> {
        self.programs.iter().map(String::as_str)
    }

    /// Whether its full images carry the package of headers `name`.
    pub fn carries(&self, name: &str) -> bool {
        self.carries.iter().any(|package| package == name)
    }

    /// The image that runs what `image:tag` builds, where the tool chain has one of its own.
    pub fn runtime(&self, image: &str, tag: &str) -> Option<String> {
        self.runtime.iter().find_map(|runtime| runtime.of(image, tag))
    }

    /// Whether there are images that run its products and nothing else.
    pub fn has_runtimes(&self) -> bool {
        !self.runtime.is_empty()
    }

    /// What the module at `path` is linked with, which needs the modules `needs` itself.
    pub fn linked(&self, path: &str, needs: &[&str]) -> Linked<'_> {
        self.module.linked(path, needs).unwrap_or_else(|| self.linked_by_name(path))
    }

    /// A crate whose name ends in `-sys` is linked with a library, by a convention of Cargo.
    fn linked_by_name(&self, path: &str) -> Linked<'_> {
        let is_plain = || self.plain.iter().any(|pattern| glob::matches(pattern, path));
        if (path.ends_with("-sys") || path.ends_with("_sys")) && !is_plain() && !path.contains('/') {
            return Linked::Unknown("it is not known which library that is");
        }
        Linked::Nothing
    }
}

impl OneOfMany for ToolChain {
    const BUILTIN: &'static [(&'static str, &'static str)] = &[
        ("ecosystems/c.toml", include_str!("../../templates/ecosystems/c.toml")),
        ("ecosystems/go.toml", include_str!("../../templates/ecosystems/go.toml")),
        ("ecosystems/java.toml", include_str!("../../templates/ecosystems/java.toml")),
        ("ecosystems/rust.toml", include_str!("../../templates/ecosystems/rust.toml")),
        ("ecosystems/dotnet.toml", include_str!("../../templates/ecosystems/dotnet.toml")),
    ];

    fn merge(&mut self, later: Self) {
        for (earlier, later) in
            [(&mut self.name, later.name), (&mut self.keeps, later.keeps), (&mut self.advice, later.advice)]
        {
            if !later.is_empty() {
                *earlier = later;
            }
        }
        self.certificates |= later.certificates;
        self.complete |= later.complete;
        self.runs_too |= later.runs_too;
        replace_list(&mut self.makers, later.makers);
        replace_list(&mut self.examples, later.examples);
        replace_list(&mut self.listens, later.listens);
        replace_list(&mut self.variables, later.variables);
        replace_list(&mut self.folders, later.folders);
        replace_list(&mut self.starts, later.starts);
        replace_list(&mut self.zones, later.zones);
        replace_list(&mut self.brings_zones, later.brings_zones);
        replace_list(&mut self.calls_c, later.calls_c);
        replace_list(&mut self.compiles, later.compiles);
        replace_list(&mut self.packs, later.packs);
        replace_list(&mut self.refers, later.refers);
        replace_list(&mut self.depends, later.depends);
        replace_list(&mut self.images, later.images);
        replace_list(&mut self.installed_on, later.installed_on);
        replace_list(&mut self.library_of_compiler, later.library_of_compiler);
        replace_list(&mut self.library_of_image, later.library_of_image);
        replace_list(&mut self.library_of_project, later.library_of_project);
        replace_list(&mut self.loads, later.loads);
        replace_list(&mut self.tools, later.tools);
        replace_list(&mut self.development, later.development);
        replace_list(&mut self.code, later.code);
        replace_list(&mut self.tests, later.tests);
        replace_list(&mut self.sources, later.sources);
        replace_list(&mut self.manifests, later.manifests);
        replace_list(&mut self.programs, later.programs);
        replace_list(&mut self.programs_alpine, later.programs_alpine);
        replace_list(&mut self.carries, later.carries);
        replace_list(&mut self.plain, later.plain);
        replace_list(&mut self.runtime, later.runtime);
        self.verbs.extend(later.verbs);
        self.module.merge(later.module);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chain(image: &str) -> ToolChain {
        ToolChains::builtin().of_image(image).unwrap().clone()
    }

    #[test]
    fn names_of_sources_are_told_from_data() {
        let go = chain("golang");
        for source in ["main.go", "go.sum", "vendor", "Dockerfile.prod", "harden.lock", "README.md", "soundex.c"] {
            assert!(go.is_source(source), "{source}");
        }
        for data in ["templates", "config.yml", ".env", "docs", "start.sh"] {
            assert!(!go.is_source(data), "{data}");
        }
    }

    #[test]
    fn a_module_is_known_with_its_version_and_its_packages() {
        let go = chain("golang");
        let headers = |path: &str| match go.linked(path, &[]) {
            Linked::Headers(headers) => headers.join(" "),
            other => format!("{other:?}"),
        };
        assert_eq!(headers("github.com/libgit2/git2go/v34"), "libgit2-dev");
        assert_eq!(headers("gopkg.in/gographics/imagick.v3"), "libmagickwand-dev");
        assert_eq!(headers("github.com/libgit2/git2go-kit"), "Nothing");
    }

    #[test]
    fn a_crate_that_is_linked_brings_its_library_or_needs_that_of_the_system() {
        let rust = chain("rust");
        assert_eq!(rust.linked("openssl-sys", &["cc"]), Linked::Headers(&["libssl-dev".to_owned()]));
        assert_eq!(rust.linked("openssl-sys", &["cc", "openssl-src"]), Linked::Nothing);
        assert_eq!(rust.linked("serde", &[]), Linked::Nothing);
        assert_eq!(rust.linked("windows-sys", &[]), Linked::Nothing);
        assert!(matches!(rust.linked("gadget-sys", &[]), Linked::Unknown(_)));
    }

    #[test]
    fn what_runs_is_of_the_vendor_version_and_variant_that_built_it() {
        let runtime = |reference: &str| {
            let (image, tag) = reference.rsplit_once(':').unwrap();
            chain(image).runtime(image, tag)
        };
        for (build, runs) in [
            ("eclipse-temurin:17-jdk", "eclipse-temurin:17-jre"),
            ("eclipse-temurin:21", "eclipse-temurin:21-jre"),
            ("eclipse-temurin:21.0.9_10-jdk-noble", "eclipse-temurin:21.0.9_10-jre-noble"),
            ("eclipse-temurin:17-jdk-alpine", "eclipse-temurin:17-jre-alpine"),
            ("maven:3.9-eclipse-temurin-17", "eclipse-temurin:17-jre"),
            ("maven:3.9.11-eclipse-temurin-25-noble", "eclipse-temurin:25-jre-noble"),
            ("maven:3-jdk-8-slim", "openjdk:8-jre-slim"),
            ("gradle:8.7.0-jdk21", "eclipse-temurin:21-jre"),
            ("eclipse-temurin:${JAVA}-jdk", "eclipse-temurin:${JAVA}-jre"),
            ("gradle:jdk21-alpine", "eclipse-temurin:21-jre-alpine"),
            ("openjdk:8", "openjdk:8-jre"),
            ("openjdk:8u131-jdk-alpine", "openjdk:8u131-jre-alpine"),
            ("openjdk:11-jdk-slim-buster", "openjdk:11-jre-slim-buster"),
            ("mcr.microsoft.com/dotnet/sdk:8.0.403-alpine3.20", "mcr.microsoft.com/dotnet/aspnet:8.0-alpine3.20"),
        ] {
            assert_eq!(runtime(build).as_deref(), Some(runs), "{build}");
        }
        for build in [
            "openjdk:17",
            "openjdk:11-jdk-alpine",
            "openjdk:8-jre",
            "eclipse-temurin:17-jre",
            "eclipse-temurin:latest",
            "maven:3",
            "maven:3.9-amazoncorretto-17",
            "maven:3-openjdk-17",
            "gradle:8-jdk21-graal",
            "amazoncorretto:17",
        ] {
            assert_eq!(runtime(build), None, "{build}");
        }
    }

    #[test]
    fn an_overlay_adds_a_module_and_replaces_a_list() {
        let mut chains = ToolChains::builtin();
        let text = "tools = [\"go\"]\n[module.\"example.com/x\"]\nheaders = [\"libx-dev\"]\n";
        chains.files.overlay("ecosystems/go.toml", text).unwrap();
        let go = chains.of_image("golang").unwrap();
        assert!(!go.has_tool("gofmt") && go.has_tool("go"));
        assert_eq!(go.linked("example.com/x", &[]), Linked::Headers(&["libx-dev".to_owned()]));
    }
}
