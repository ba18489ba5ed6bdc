//! The sources of a program that is built: what a copy brings beside them, and what they need when they run.

use super::products::go;
use super::steps::Step;
use super::{copies, scope::normalized};
use serde::Deserialize;

use crate::context::Context;
use crate::context::ignore::Ignore;
use crate::decision::Evidence;
use crate::dockerfile::Keyword;
use crate::templates::{Origin, ToolChain};

/// What a COPY or ADD from the context brings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Brought {
    /// Whether a source of the program is among it.
    pub has_sources: bool,
    /// What is no source, by its place in the image.
    pub data: Vec<Datum>,
}

/// A file or folder that may be read when the program runs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Datum {
    /// Its place in the image.
    pub path: String,
    /// Whether it is a folder.
    pub is_folder: bool,
}

/// What `step` brings; `None` where that is not known.
pub(super) fn brought(step: &Step, context: &Context, chain: &ToolChain) -> Option<Brought> {
    let destination = step.destination()?;
    let sources = step.sources();
    let raw = step.instruction.words().last().map_or("", |word| word.text.as_str());
    let is_into = raw.ends_with(['/', '.']) || sources.len() > 1 || step.scope.workdir.as_deref() == Some(&destination);
    let mut brought = Brought { has_sources: false, data: Vec::new() };
    for source in sources {
        for entry in entries(source, context)? {
            let is_folder = context.names().binary_search(&entry.path).is_err();
            if entry.is_source(context, chain, is_folder) {
                brought.has_sources = true;
                continue;
            }
            let name = entry.path.rsplit('/').next().unwrap_or_default();
            let within = entry.is_inside || is_into;
            let path = if within { normalized(&format!("{destination}/{name}")) } else { destination.clone() };
            brought.data.push(Datum { path, is_folder });
        }
    }
    Some(brought)
}

/// What lies in a source folder, or a source file.
struct Entry {
    path: String,
    /// Whether its folder was named, not itself.
    is_inside: bool,
}

impl Entry {
    fn is_source(&self, context: &Context, chain: &ToolChain, is_folder: bool) -> bool {
        let (folders, name) = self.path.rsplit_once('/').unwrap_or(("", &self.path));
        let lies_in_sources = self.is_inside && folders.split('/').any(|folder| chain.is_source(folder));
        if chain.is_source(name) || lies_in_sources {
            let as_read = if is_folder { format!("\"{name}/") } else { name.to_owned() };
            let names = |text: &str| text.contains(&as_read) || (is_folder && text.contains(&format!("\"./{name}/")));
            let is_named = context.texts().any(|(path, text)| chain.is_code(path) && names(text));
            return chain.is_code(name) || !is_named;
        }
        let only_sources = || context.below(&self.path).all(|path| path.split('/').any(|part| chain.is_source(part)));
        is_folder && only_sources()
    }
}

/// The entries that a source of a COPY names: those of a folder, the file itself, what a pattern describes.
fn entries(source: &str, context: &Context) -> Option<Vec<Entry>> {
    if source.contains(['$', ':']) {
        return None;
    }
    if source.contains(['*', '?', '[']) {
        let pattern = Ignore::parse(source.trim_start_matches("./"));
        let mut found: Vec<Entry> = Vec::new();
        for name in context.names().iter().filter(|name| pattern.excludes(name)) {
            // A folder that the pattern describes would be copied without its own name.
            if name.matches('/').count() != source.trim_start_matches("./").matches('/').count() {
                return None;
            }
            found.push(Entry { path: name.clone(), is_inside: false });
        }
        return Some(found);
    }
    let path = copies::relative(source)?;
    let start = if path.is_empty() { 0 } else { path.len() + 1 };
    let mut children: Vec<&str> = context
        .below(&path)
        .filter_map(|name| Some(name.get(start..)?.split('/').next().unwrap_or_default()))
        .collect();
    children.dedup();
    if children.is_empty() {
        return context.exists(&path).then(|| vec![Entry { path, is_inside: false }]);
    }
    let child = |name: &str| if path.is_empty() { name.to_owned() } else { format!("{path}/{name}") };
    Some(children.into_iter().map(|name| Entry { path: child(name), is_inside: true }).collect())
}

/// The texts of the program itself, without its tests.
fn own_texts<'c>(context: &'c Context, chain: &'c ToolChain) -> impl Iterator<Item = (&'c str, &'c str)> {
    context.texts().filter(|(path, _)| chain.is_code(path) && !chain.is_test(path))
}

/// Programs that the sources start by name.
pub(super) fn started(context: &Context, chain: &ToolChain) -> Vec<(String, Evidence)> {
    let mut found = Vec::new();
    for (path, text) in own_texts(context, chain) {
        for (number, line) in text.lines().enumerate().filter(|(_, line)| !line.trim_start().starts_with("//")) {
            let place = |name: &str| Evidence::context(format!("starts {name}"), path, number + 1);
            found.extend(programs_of(line, &chain.starts).into_iter().map(|name| (name.clone(), place(&name))));
        }
    }
    found
}

/// The programs that a line starts; those of a shell's text, too.
fn programs_of(line: &str, starts: &[String]) -> Vec<String> {
    let Some((_, arguments)) = starts.iter().find_map(|call| line.split_once(call.as_str())) else { return Vec::new() };
    let literals: Vec<&str> = arguments.split('"').skip(1).step_by(2).collect();
    match literals.as_slice() {
        ["sh" | "bash" | "/bin/sh" | "/bin/bash", texts @ ..] => {
            let words = texts.iter().flat_map(|text| text.split(|ch: char| !ch.is_ascii_alphanumeric() && ch != '-'));
            words.filter(|word| !word.is_empty() && !word.starts_with('-')).map(str::to_owned).collect()
        }
        [command, ..] => {
            let program = command.split_whitespace().next().unwrap_or_default();
            vec![program.rsplit('/').next().unwrap_or(program).to_owned()]
        }
        [] => Vec::new(),
    }
}

/// Where a line of the program holds one of `texts`, or is one where `whole`.
fn line_with(context: &Context, chain: &ToolChain, texts: &[String], whole: bool) -> Option<Evidence> {
    own_texts(context, chain).find_map(|(path, text)| {
        let holds = |line: &str, what: &str| if whole { line.trim() == what } else { line.contains(what) };
        let found = |line: &str| texts.iter().find(|what| holds(line, what)).cloned();
        let (number, what) = text.lines().enumerate().find_map(|(number, line)| Some((number, found(line)?)))?;
        Some(Evidence::context(what.trim_end_matches(['(', '.']), path, number + 1))
    })
}

/// Where the program calls C.
pub(super) fn uses_c(context: &Context, chain: &ToolChain) -> Option<Evidence> {
    line_with(context, chain, &chain.calls_c, true)
}

/// Where the program asks for a time zone by name, and brings none itself.
pub(super) fn uses_time_zones(context: &Context, chain: &ToolChain) -> Option<Evidence> {
    let brings = |text: &str| chain.brings_zones.iter().any(|what| text.contains(what.as_str()));
    if own_texts(context, chain).any(|(_, text)| brings(text)) {
        return None;
    }
    line_with(context, chain, &chain.zones, false)
}

/// Where the program needs the tool chain itself.
pub(super) fn uses_tool_chain(context: &Context, chain: &ToolChain) -> Option<Evidence> {
    line_with(context, chain, &chain.compiles, false)
}

/// Where the program loads a library when it runs.
pub(super) fn loads(context: &Context, chain: &ToolChain) -> Option<Evidence> {
    line_with(context, chain, &chain.loads, false)
}

/// The words of a build that link with a library, with where that comes from and the number of their line.
pub(super) fn libraries<'t>(text: &'t str, chain: &ToolChain) -> Vec<(Origin, &'t str, usize)> {
    let is_apart = |letter: char| letter.is_whitespace() || "\"'()=;,".contains(letter);
    let lines = text.lines().enumerate().map(|(number, line)| (number + 1, line.split('#').next().unwrap_or(line)));
    let words = lines.flat_map(|(number, line)| line.split(is_apart).map(move |word| (number, word)));
    words.filter_map(|(number, word)| Some((chain.origin_of_library(word)?, word, number))).collect()
}

/// Whether a text of the program itself is at hand.
pub(super) fn has_code(context: &Context, chain: &ToolChain) -> bool {
    own_texts(context, chain).next().is_some()
}

/// The files that say what the project needs.
pub(super) fn manifests<'c>(context: &'c Context, chain: &'c ToolChain) -> impl Iterator<Item = (&'c str, &'c str)> {
    context.texts().filter(|(path, _)| chain.is_manifest(path.rsplit('/').next().unwrap_or(path)))
}

/// A module that the project requires, and the modules that it requires itself.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Module {
    /// Its name or path.
    pub name: String,
    /// What it requires itself, where that is told.
    #[serde(default)]
    pub dependencies: Vec<String>,
}

/// The packages of a Cargo.lock.
#[derive(Deserialize)]
struct Lock {
    #[serde(default)]
    package: Vec<Module>,
}

/// The modules that the project requires; `None` where the file that names them is not at hand.
pub(super) fn modules(context: &Context, chain: &ToolChain) -> Option<Vec<Module>> {
    let named = |name: &'static str| {
        context.texts().filter(move |(path, _)| path.rsplit('/').next() == Some(name)).map(|(_, text)| text)
    };
    if chain.is_manifest("go.mod") {
        return Some(named("go.mod").flat_map(modules_of_go).collect());
    }
    if chain.is_manifest("Cargo.lock") {
        let locks = named("Cargo.lock").map(|text| toml::from_str::<Lock>(text).ok());
        let locks = locks.collect::<Option<Vec<Lock>>>().filter(|locks| !locks.is_empty())?;
        return Some(locks.into_iter().flat_map(|lock| lock.package).collect());
    }
    Some(Vec::new())
}

fn modules_of_go(text: &str) -> Vec<Module> {
    let own = go::module_path(text);
    let words = text.lines().filter_map(|line| line.trim().trim_start_matches("require ").split(' ').next());
    let required = words.filter(|word| word.contains('/') && Some(*word) != own);
    required.map(|name| Module { name: name.to_owned(), dependencies: Vec::new() }).collect()
}

/// Whether a step copies something from the context.
pub(super) fn is_copy(step: &Step) -> bool {
    let from_elsewhere = |source: &&str| source.contains("://") || source.starts_with("git@");
    let is_known = matches!(step.instruction.keyword(), Keyword::Copy | Keyword::Add);
    is_known && step.copies_context() && !step.sources().iter().any(from_elsewhere)
}

#[cfg(test)]
mod tests {
    use super::super::asking::ask;
    use super::*;
    use crate::templates::Templates;

    fn go() -> &'static ToolChain {
        Templates::builtin().chains.of_image("golang").unwrap()
    }

    const FILES: [(&str, &str); 7] = [
        (
            "go.mod",
            "module example.com/shop\n\nrequire (\n\tgithub.com/a/b v1.0.0 // indirect\n)\nrequire x.org/c v2.0.0\n",
        ),
        ("main.go", "package main\n"),
        ("internal/db/db.go", "package db\n"),
        ("web/index.html", ""),
        ("web/web.go", "package web\n"),
        ("settings.yml", ""),
        ("README.md", ""),
    ];

    /// What the lines bring: whether sources are among it, and the rest.
    fn brought_by(line: &str, more: &[(&str, &str)]) -> Option<(bool, Vec<String>)> {
        let files: Vec<(&str, &str)> = FILES.iter().chain(more).copied().collect();
        ask(&format!("FROM golang:1.25\nWORKDIR /src\n{line}\n"), &files, |facts| {
            let brought = facts.brought(facts.steps().own().last()?)?;
            Some((brought.has_sources, brought.data.into_iter().map(|datum| datum.path).collect()))
        })
    }

    #[test]
    fn what_is_no_source_is_data() {
        let everything = brought_by("COPY . .", &[]).unwrap();
        assert_eq!(everything, (true, vec!["/src/settings.yml".into(), "/src/web".into()]));
        assert_eq!(brought_by("COPY internal ./internal", &[]), Some((true, Vec::new())));
        assert_eq!(brought_by("COPY go.mod settings.yml /etc/", &[]), Some((true, vec!["/etc/settings.yml".into()])));
        assert_eq!(brought_by("COPY settings.yml /etc/a.yml", &[]), Some((false, vec!["/etc/a.yml".into()])));
        assert_eq!(brought_by("COPY web /srv", &[]), Some((true, vec!["/srv/index.html".into()])));
    }

    #[test]
    fn a_pattern_names_files_of_one_folder() {
        assert_eq!(brought_by("COPY go.* *.go ./", &[]), Some((true, Vec::new())));
        assert_eq!(brought_by("COPY web* ./", &[]), None);
        assert_eq!(brought_by("COPY $X ./", &[]), None);
    }

    #[test]
    fn a_document_that_the_program_reads_is_data() {
        let reads = [("page.go", "os.ReadFile(\"README.md\")")];
        assert_eq!(brought_by("COPY *.md ./", &reads), Some((false, vec!["/src/README.md".into()])));
    }

    #[test]
    fn started_programs_are_found_with_their_lines() {
        let text = "\n// exec.Command(\"x\")\nexec.CommandContext(ctx, \"git\", \"log\")\nexec.Command(\"sh\", \"-c\", \"curl a|jq\")";
        let context = Context::from_files([("a.go", text), ("a_test.go", "exec.Command(\"make\")")]);
        let names: Vec<String> = started(&context, go()).into_iter().map(|(name, _)| name).collect();
        assert_eq!(names, ["git", "curl", "a", "jq"]);
    }

    #[test]
    fn time_zones_may_come_with_the_program() {
        let asks = ("a.go", "time.LoadLocation(name)");
        assert!(uses_time_zones(&Context::from_files([asks]), go()).is_some());
        assert_eq!(uses_time_zones(&Context::from_files([asks, ("b.go", "import _ \"time/tzdata\"")]), go()), None);
    }

    #[test]
    fn c_and_modules_are_found() {
        let context = Context::from_files([("a.go", "package a\nimport \"C\"\n"), FILES[0]]);
        assert!(uses_c(&context, go()).is_some() && uses_c(&Context::from_files(FILES), go()).is_none());
        let names: Vec<String> = modules(&context, go()).unwrap().into_iter().map(|module| module.name).collect();
        assert_eq!(names, ["github.com/a/b", "x.org/c"]);
    }

    #[test]
    fn crates_are_found_with_what_they_need_or_not_at_all() {
        let rust = Templates::builtin().chains.of_image("rust").unwrap();
        let lock = "version = 4\n[[package]]\nname = \"a-sys\"\nversion = \"1.0.0\"\ndependencies = [\n \"cc\",\n]\n";
        let found = modules(&Context::from_files([("Cargo.lock", lock)]), rust).unwrap();
        assert_eq!(found, [Module { name: "a-sys".into(), dependencies: vec!["cc".into()] }]);
        assert_eq!(modules(&Context::from_files([("Cargo.toml", "")]), rust), None);
    }
}
