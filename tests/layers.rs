//! Keeps the layers: who may use whom, and who may touch the disk, a process, the environment or the network.
//!
//! The network is for the commands alone, whether by `std` or by a crate.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// What each layer may use of this crate, beside itself. `engine::View` means that item alone.
const KNOWS: [(&str, &[&str]); 16] = [
    ("edit", &[]),
    ("container", &[]),
    ("evidence", &["toml_text"]),
    ("toml_text", &[]),
    ("config", &["toml_text"]),
    ("context", &[]),
    ("templates", &["toml_text"]),
    ("dockerfile", &["edit"]),
    ("lock", &["dockerfile", "toml_text"]),
    ("shell", &["edit"]),
    ("compose", &["edit"]),
    ("decision", &["edit", "dockerfile"]),
    ("facts", &["dockerfile", "shell", "edit", "decision", "context", "templates", "config", "lock", "evidence"]),
    ("transforms", &TRANSFORMS_KNOW),
    ("engine", &["facts", "transforms", "edit", "decision", "dockerfile", "config"]),
    ("report", &["engine", "decision", "dockerfile"]),
];

const TRANSFORMS_KNOW: [&str; 33] = [
    "facts",
    "edit",
    "decision",
    "dockerfile",
    "shell",
    "engine::View",
    // The values that facts answer with, item by item: a transform never reads the knowledge or the context itself.
    "config::Config",
    "config::Ownership",
    "context::calls",
    "context::package_of",
    "lock::Lock",
    "lock::Tagged",
    "templates::CachingTool",
    "templates::Class",
    "templates::Distro",
    "templates::Ecosystem",
    "templates::Family",
    "templates::Fate",
    "templates::Home",
    "templates::ImageUser",
    "templates::LabelSource",
    "templates::Linked",
    "templates::Manager",
    "templates::Origin",
    "templates::ProbeTarget",
    "templates::Program",
    "templates::Purpose",
    "templates::PythonPackage",
    "templates::Sources",
    "templates::SystemInstalls",
    "templates::Timing",
    "templates::ToolCall",
    "templates::ToolChain",
];

/// What stands above the layers and may use all of them.
const ABOVE: [&str; 6] = ["lib", "main", "cli", "commands", "observe", "verify"];

/// What may touch the world outside.
const OUTSIDE: [&str; 7] = [
    "src/main.rs",
    "src/cli.rs",
    "src/commands/",
    "src/container/",
    "src/observe/",
    "src/verify/",
    "src/context/load.rs",
];

const WORLD: [&str; 4] = ["fs", "process", "env", "net"];

/// Crates that speak with the network.
const NETWORK: [&str; 3] = ["ureq", "rustls", "rustls_native_certs"];

/// Who may use them: to harden a file nobody is asked.
const NETWORKED: [&str; 2] = ["src/commands/registry/", "src/container/probe.rs"];

#[test]
fn no_layer_uses_one_that_it_should_not_know() {
    let violations: Vec<String> = sources().iter().flat_map(|(path, text)| forbidden_layers(path, text)).collect();
    assert!(violations.is_empty(), "{}", violations.join("\n"));
}

#[test]
fn the_core_touches_nothing_outside() {
    let violations: Vec<String> = sources().iter().flat_map(|(path, text)| forbidden_world(path, text)).collect();
    assert!(violations.is_empty(), "{}", violations.join("\n"));
}

#[test]
fn only_the_clients_of_registries_and_of_containers_know_the_network() {
    let roots = |text: &str| paths(text).into_iter().filter_map(|path| path.into_iter().next());
    let of_network = |text: &str| roots(text).find(|root| NETWORK.contains(&root.as_str()));
    let others = sources().into_iter().filter(|(path, _)| !NETWORKED.iter().any(|prefix| path.starts_with(prefix)));
    let violations: Vec<_> = others.filter_map(|(path, text)| Some((path, of_network(&text)?))).collect();
    assert!(violations.is_empty(), "{violations:?}");
    let client = sources().into_iter().find(|(path, _)| path == "src/commands/registry/mod.rs").unwrap();
    assert!(of_network(&client.1).is_some(), "the client was not found");
}

#[test]
fn every_module_has_its_place() {
    let known: BTreeSet<&str> = KNOWS.iter().map(|(layer, _)| *layer).chain(ABOVE).collect();
    for (path, _) in sources() {
        let module = module(&path);
        let layer = module.first().map_or("lib", String::as_str);
        assert!(known.contains(layer), "{path}: say in KNOWS what the layer `{layer}` may use");
    }
}

#[test]
fn a_layer_that_knows_too_much_is_found() {
    let text = "use std::fmt;\nuse crate::{edit::Span, engine::{self, Outcome}};\n// crate::report\n";
    assert_eq!(
        forbidden_layers("src/shell/mod.rs", text),
        ["src/shell/mod.rs: shell may not use engine", "src/shell/mod.rs: shell may not use engine::Outcome"]
    );
    assert_eq!(
        forbidden_layers("src/shell/word.rs", "fn f() { super::super::facts::x(); super::quote(); }"),
        ["src/shell/word.rs: shell may not use facts::x"]
    );
}

#[test]
fn a_transform_may_look_at_the_view_alone() {
    let text = "use crate::engine::View;\nuse super::Transform;\nuse crate::engine::Viewer;";
    assert_eq!(
        forbidden_layers("transforms/user.rs", text),
        ["transforms/user.rs: transforms may not use engine::Viewer"]
    );
}

#[test]
fn a_core_that_touches_the_disk_is_found() {
    let text = "use std::{collections::BTreeMap, fs::{self, File}};\nfn f() { std::env::var(\"HOME\"); }";
    assert_eq!(
        forbidden_world("src/facts/base.rs", text),
        [
            "src/facts/base.rs: uses std::fs",
            "src/facts/base.rs: uses std::fs::File",
            "src/facts/base.rs: uses std::env::var"
        ]
    );
    assert_eq!(forbidden_world("src/context/load.rs", text), [] as [&str; 0]);
}

#[test]
fn what_only_tests_use_is_no_violation() {
    let text = "#[cfg(test)]\nmod tests {\n    use crate::facts::Facts;\n}\n";
    assert_eq!(forbidden_layers("src/shell/mod.rs", text), [] as [&str; 0]);
}

/// The sources of the machine and of the decisions: path below the crate's root, and text.
fn sources() -> Vec<(String, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut files = Vec::new();
    for folder in ["src", "transforms"] {
        rust_files(&root.join(folder), &mut files);
    }
    assert!(files.len() > 10, "the sources were not found");
    let name = |path: &Path| path.strip_prefix(root).unwrap().to_str().unwrap().replace('\\', "/");
    files.iter().map(|path| (name(path), fs::read_to_string(path).unwrap())).collect()
}

fn rust_files(folder: &Path, into: &mut Vec<PathBuf>) {
    let Ok(entries) = fs::read_dir(folder) else { return };
    for entry in entries {
        let path = entry.unwrap().path();
        if path.is_dir() {
            rust_files(&path, into);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            into.push(path);
        }
    }
}

fn forbidden_layers(path: &str, text: &str) -> Vec<String> {
    let module = module(path);
    let Some(layer) = module.first() else { return Vec::new() };
    let Some((_, known)) = KNOWS.iter().find(|(name, _)| name == layer) else { return Vec::new() };
    let allowed = |used: &String| {
        let is_below =
            |root: &str| used.strip_prefix(root).is_some_and(|rest| rest.is_empty() || rest.starts_with("::"));
        is_below(layer) || known.iter().any(|known| is_below(known))
    };
    let used = paths(text).into_iter().filter_map(|path| absolute(&path, &module));
    used.filter(|used| !allowed(used)).map(|used| format!("{path}: {layer} may not use {used}")).collect()
}

fn forbidden_world(path: &str, text: &str) -> Vec<String> {
    if OUTSIDE.iter().any(|outside| path.starts_with(outside)) {
        return Vec::new();
    }
    let touches = |path: &Vec<String>| matches!(&path[..], [std, part, ..] if std == "std" && WORLD.contains(&&**part));
    paths(text).iter().filter(|path| touches(path)).map(|used| format!("{path}: uses {}", used.join("::"))).collect()
}

/// `["facts", "base"]` for `src/facts/base.rs`; the transforms are a module of the same crate.
fn module(path: &str) -> Vec<String> {
    let path = path.strip_prefix("src/").unwrap_or(path);
    let path = path.strip_suffix(".rs").unwrap_or(path);
    let path = path.strip_suffix("/mod").unwrap_or(path);
    path.split('/').filter(|part| *part != "lib").map(str::to_owned).collect()
}

/// A path from the crate's root, if it is one of this crate.
fn absolute(path: &[String], module: &[String]) -> Option<String> {
    let supers = path.iter().take_while(|part| *part == "super").count();
    let full = match path.first()?.as_str() {
        "crate" => path.get(1..)?.to_vec(),
        "super" => [module.get(..module.len().checked_sub(supers)?)?, path.get(supers..)?].concat(),
        _ => return None,
    };
    (!full.is_empty()).then(|| full.join("::"))
}

/// Every path that begins with `crate`, `super`, `std` or a crate of the network, groups spelt out; comments and tests are not read.
fn paths(text: &str) -> Vec<Vec<String>> {
    let code: Vec<&str> = text
        .lines()
        .take_while(|line| !line.starts_with("mod tests {"))
        .map(|line| line.split("//").next().unwrap_or_default())
        .collect();
    let code = code.join("\n");
    let roots = ["crate", "super", "std"].into_iter().chain(NETWORK).map(|root| format!("{root}::"));
    let starts = roots.flat_map(|root| code.match_indices(&root).map(|(at, _)| at).collect::<Vec<_>>());
    let mut starts: Vec<usize> = starts.collect();
    starts.sort_unstable();
    let mut paths = Vec::new();
    for at in starts.into_iter().filter(|&at| begins_a_path(&code[..at])) {
        tree(&code[at..], &[], &mut paths);
    }
    paths
}

fn begins_a_path(before: &str) -> bool {
    !before.ends_with(|ch: char| ch.is_alphanumeric() || ch == '_' || ch == ':')
}

/// Reads `a::b`, `a::{b, c::d}` or `a::*` at the start of `code` and returns what follows it.
fn tree<'a>(code: &'a str, prefix: &[String], into: &mut Vec<Vec<String>>) -> &'a str {
    let code = code.trim_start();
    if let Some(mut rest) = code.strip_prefix('{') {
        loop {
            rest = rest.trim_start_matches(|ch: char| ch.is_whitespace() || ch == ',');
            match rest.strip_prefix('}') {
                Some(after) => return after,
                None if rest.is_empty() => return rest,
                None => rest = after_alias(tree(rest, prefix, into)),
            }
        }
    }
    let end = code.find(|ch: char| !ch.is_alphanumeric() && ch != '_').unwrap_or(code.len());
    let (word, rest) = code.split_at(end);
    let mut path = prefix.to_vec();
    if !word.is_empty() && word != "self" {
        path.push(word.to_owned());
    }
    match rest.strip_prefix("::") {
        Some(rest) if !rest.starts_with('<') => tree(rest, &path, into),
        _ => {
            into.push(path);
            rest.strip_prefix('*').unwrap_or(rest)
        }
    }
}

/// What follows `as name` in a group.
fn after_alias(code: &str) -> &str {
    let end = code.find([',', '}']).unwrap_or(code.len());
    &code[end..]
}
