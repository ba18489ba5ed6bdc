//! What the program writes at run time, by the literals in its sources and settings.

mod named;
mod paths;
mod sinks;

use super::Context;
use super::role::{Language, Role, role};
use super::scan::{Source, Token, sources};
use paths::{Path, Paths};

/// What is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// A SQLite database: its folder is written too, for the journal.
    Sqlite,
    /// A folder that is made, and files in it.
    Directory,
    /// A file.
    File,
}

/// Where a written path starts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Place {
    /// At `/`.
    Absolute,
    /// At the working directory of the process.
    WorkingDirectory,
    /// At the context's root: the program writes next to its own code, wherever that was copied.
    Code,
}

/// A path that the program writes, and where that was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Write {
    /// The literal path.
    pub path: String,
    /// Where the path starts.
    pub place: Place,
    /// What is written.
    pub kind: Kind,
    /// The file that says so.
    pub file: String,
    /// Its line, from 1.
    pub line: usize,
}

/// What the program writes, in the order of files and lines.
#[must_use]
pub fn writes(context: &Context) -> Vec<Write> {
    let mut found = Vec::new();
    let mut makes_what_it_is_given = false;
    for source in sources(context) {
        makes_what_it_is_given |= in_source(context, &source, &mut found);
    }
    if makes_what_it_is_given {
        found.extend(named::directories(context));
    }
    for (file, text) in context.texts() {
        if matches!(role(file), Role::Config | Role::Script) {
            in_settings(file, text, &mut found);
        }
    }
    let key = |write: &Write| (write.file.clone(), write.line, write.place, write.path.clone(), write.kind);
    found.sort_by_cached_key(key);
    found.dedup_by(|a, b| (&a.file, a.line, a.place, &a.path) == (&b.file, b.line, b.place, &b.path));
    found
}

/// Adds what the source writes, and says whether it makes a directory of which it doesn't say where it lies.
fn in_source(context: &Context, source: &Source<'_>, found: &mut Vec<Write>) -> bool {
    let mut makes_what_it_is_given = false;
    let paths = Paths::of(context, source);
    let mut add = |at, kind, path: Path| found.extend(write(source.path, source.line(at), kind, path));
    for (at, token) in source.tokens.iter().enumerate() {
        if let Token::Text(text) = token {
            database(text, source.language == Language::Python)
                .into_iter()
                .for_each(|path| add(at, Kind::Sqlite, path));
        }
        match sinks::sink(source, &paths, at) {
            Some((kind, path)) => add(at, kind, path),
            None => makes_what_it_is_given |= sinks::makes_directory(source, at),
        }
    }
    for (at, path) in paths.assigned() {
        // A bare file name may be joined to a folder elsewhere.
        if is_database(&path.path) && path.place != Place::WorkingDirectory {
            add(at, Kind::Sqlite, path.clone());
        }
    }
    makes_what_it_is_given
}

/// Settings have no syntax in common: their words are looked at.
fn in_settings(file: &str, text: &str, found: &mut Vec<Write>) {
    if !text.contains("sqlite") && !text.contains(".db") {
        return;
    }
    for (number, line) in text.lines().enumerate().filter(|(_, line)| !line.trim_start().starts_with(['#', ';'])) {
        for word in line.split(|ch: char| ch.is_whitespace() || "\"'`=,<>()[]{}".contains(ch)) {
            found.extend(database(word, true).and_then(|path| write(file, number + 1, Kind::Sqlite, path)));
        }
    }
}

fn write(file: &str, line: usize, kind: Kind, path: Path) -> Option<Write> {
    let Path { place, path } = path.tidy()?;
    Some(Write { path, place, kind, file: file.to_owned(), line })
}

/// The database that a literal names: a URL of SQLAlchemy's form, or an absolute path that ends as databases do.
fn database(text: &str, is_sqlalchemy: bool) -> Option<Path> {
    if let Some((scheme, rest)) = text.split_once("://")
        && scheme.starts_with("sqlite")
    {
        let path = rest.strip_prefix('/')?;
        let path = path.split_once('?').map_or(path, |(path, _)| path);
        // Other libraries take `sqlite:///x` as absolute, or not at all.
        return (path.starts_with('/') || is_sqlalchemy).then(|| Path::literal(path));
    }
    let schemes = ["jdbc:sqlite:", "sqlite:", "file:"];
    let path = schemes.iter().find_map(|scheme| text.strip_prefix(scheme)).unwrap_or(text);
    (path.starts_with('/') && is_database(path)).then(|| Path::literal(path))
}

fn is_database(path: &str) -> bool {
    let stem = [".db", ".sqlite", ".sqlite3"].iter().find_map(|extension| path.strip_suffix(extension));
    stem.is_some_and(|stem| !stem.is_empty() && !stem.ends_with('/'))
}

#[cfg(test)]
mod tests;
