//! Directories that a variable or a setting names, for programs that make a directory which they are given.

use super::paths::Path;
use super::{Kind, Write, write};
use crate::context::Context;
use crate::context::environment::variables;
use crate::context::role::{Role, role};
use crate::context::scan::sources;

/// What directories of data are called. A folder of the context that has another name is no place to write.
const DATA: [&str; 12] =
    ["data", "db", "database", "upload", "media", "storage", "cache", "log", "state", "output", "journal", "spool"];

/// What directories are called that a program reads, wherever they lie.
const READ: [&str; 14] = [
    "template", "static", "public", "asset", "dist", "build", "config", "conf", "cert", "secret", "src", "source",
    "home", "bin",
];

/// Settings whose lines are `key = value` or `key: value`.
const SETTINGS: [&str; 6] = [".properties", ".yml", ".yaml", ".toml", ".ini", ".cfg"];

/// All sources are searched for each of so many settings.
const MAX_SETTINGS: usize = 32;

/// The directories that the variables and settings of the context name.
pub(super) fn directories(context: &Context) -> Vec<Write> {
    let mut found = Vec::new();
    for source in sources(context) {
        let defaults = variables(&source).into_iter().filter_map(|variable| Some((variable, variable.default?)));
        found.extend(
            defaults.filter_map(|(variable, default)| {
                directory(context, variable.name, default, source.path, variable.line)
            }),
        );
    }
    found.extend(
        of_settings(context).take(MAX_SETTINGS).filter(|(key, _)| is_read(context, key)).map(|(_, write)| write),
    );
    found
}

/// The settings that could name a directory, with their keys.
fn of_settings(context: &Context) -> impl Iterator<Item = (&str, Write)> {
    context.texts().filter(|(file, _)| is_settings(file)).flat_map(move |(file, text)| {
        text.lines().enumerate().filter_map(move |(before, line)| {
            let (key, value) = setting(line)?;
            Some((key, directory(context, key, value, file, before + 1)?))
        })
    })
}

fn directory(context: &Context, name: &str, value: &str, file: &str, line: usize) -> Option<Write> {
    let name = name.to_ascii_lowercase();
    let says = |words: &[&str]| name.split(['_', '-', '.']).any(|part| words.iter().any(|word| part.starts_with(word)));
    let is_directory = ["dir", "directory", "folder"].iter().any(|ending| name.ends_with(ending));
    if !is_directory || says(&READ) {
        return None;
    }
    let found = write(file, line, Kind::Directory, Path::literal(value))?;
    (says(&DATA) || !context.exists(&found.path)).then_some(found)
}

fn is_settings(file: &str) -> bool {
    role(file) == Role::Config && SETTINGS.iter().any(|extension| file.ends_with(extension))
}

fn setting(line: &str) -> Option<(&str, &str)> {
    let (key, value) = line.split_once(['=', ':'])?;
    let (key, value) = (key.trim(), value.trim().trim_matches(['"', '\'']));
    let is_key = !key.is_empty() && key.chars().all(|ch| ch.is_ascii_alphanumeric() || "._-".contains(ch));
    is_key.then_some((key, value))
}

/// Whether a source names the setting: `"key"` or `${key}`.
fn is_read(context: &Context, key: &str) -> bool {
    let forms = [format!("\"{key}\""), format!("'{key}'"), format!("${{{key}")];
    let mut texts = context.texts().filter(|(file, _)| matches!(role(file), Role::Source(_)));
    texts.any(|(_, text)| forms.iter().any(|form| text.contains(form)))
}
