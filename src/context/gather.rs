//! Builds a [`Context`] name by name, within its bounds.

use super::Context;
use super::ignore::Ignore;
use super::role::{self, Language, Role};

const MAX_NAMES: usize = 20_000;
const MAX_TEXTS: usize = 2_000;
/// The largest text that is kept.
pub(super) const MAX_TEXT: usize = 256 * 1024;
/// Package managers write long files, and of those there are few.
const MAX_LOCK: usize = 2 * 1024 * 1024;
const MAX_TEXT_BYTES: usize = 4 * 1024 * 1024;
const MAX_LOCK_BYTES: usize = 2 * MAX_LOCK;

/// Folders of tools and of what they generate: nobody wrote their texts for this project.
const GENERATED: [&str; 27] = [
    ".git",
    ".hg",
    ".svn",
    ".tox",
    ".nox",
    ".venv",
    "venv",
    "__pycache__",
    "site-packages",
    ".mypy_cache",
    ".pytest_cache",
    ".ruff_cache",
    ".eggs",
    "node_modules",
    "bower_components",
    ".next",
    ".nuxt",
    ".svelte-kit",
    ".yarn",
    "dist",
    "build",
    "out",
    "target",
    "vendor",
    ".gradle",
    ".terraform",
    "coverage",
];

/// How a folder is to be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reading {
    /// Everything below it.
    Whole,
    /// The names of its own entries.
    Names,
    /// Not at all: it is excluded.
    Nothing,
}

pub(super) struct Gathering {
    ignore: Ignore,
    context: Context,
    texts: usize,
    bytes: usize,
    lock_bytes: usize,
}

impl Gathering {
    pub(super) fn new(ignore: Option<Ignore>) -> Self {
        let context = Context { has_ignore_file: ignore.is_some(), ..Context::new(true) };
        Self { ignore: ignore.unwrap_or_default(), context, texts: 0, bytes: 0, lock_bytes: 0 }
    }

    /// Records a file's name and says whether its text is wanted.
    pub(super) fn name(&mut self, path: &str) -> bool {
        if self.ignore.excludes(path) {
            return describes_the_project(path);
        }
        if self.context.names.len() == MAX_NAMES {
            self.fall_short();
            return false;
        }
        self.context.names.push(path.to_owned());
        if let Some(folder) = generated_folder(path) {
            self.context.unlisted.insert(folder.to_owned());
            return describes_the_project(path);
        }
        if role::role(path) == Role::Data {
            return false;
        }
        let affordable = self.texts < MAX_TEXTS && self.bytes < MAX_TEXT_BYTES;
        if !affordable {
            self.fall_short();
        }
        affordable
    }

    /// Records a folder and says how to read it.
    pub(super) fn folder(&mut self, path: &str) -> Reading {
        let excluded = self.ignore.excludes(path);
        if excluded && !self.ignore.may_include_below(path) {
            return Reading::Nothing;
        }
        if !excluded {
            self.context.folders.insert(path.to_owned());
        }
        if generated_folder(path).is_some() || is_generated(path) {
            self.context.unlisted.insert(path.to_owned());
            return Reading::Names;
        }
        Reading::Whole
    }

    pub(super) fn excludes(&self, path: &str) -> bool {
        self.ignore.excludes(path)
    }

    /// Keeps the content of a file whose text is wanted, if it is a text.
    pub(super) fn text(&mut self, path: &str, content: Vec<u8>) {
        self.texts += 1;
        if content.contains(&0) || (role::role(path) == Role::Source(Language::JavaScript) && is_minified(&content)) {
            return;
        }
        if role::role(path) == Role::Lock {
            if content.len() > MAX_LOCK || self.lock_bytes + content.len() > MAX_LOCK_BYTES {
                return;
            }
            self.lock_bytes += content.len();
        } else {
            if content.len() > MAX_TEXT || self.bytes + content.len() > MAX_TEXT_BYTES {
                return self.fall_short();
            }
            self.bytes += content.len();
        }
        let text =
            String::from_utf8(content).unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned());
        let texts = if self.ignore.excludes(path) { &mut self.context.excluded } else { &mut self.context.texts };
        texts.insert(path.to_owned(), text);
    }

    /// Something could not be read.
    pub(super) const fn fall_short(&mut self) {
        self.context.complete = false;
    }

    pub(super) fn finish(mut self) -> Context {
        self.context.names.sort_unstable();
        self.context
    }
}

/// How much of a file is worth reading.
pub(super) fn longest(path: &str) -> usize {
    if role::role(path) == Role::Lock { MAX_LOCK } else { MAX_TEXT }
}

/// Whether the file says what the project is, so that it is read even where `.dockerignore` excludes it.
pub(super) fn describes_the_project(path: &str) -> bool {
    let lower = path.to_ascii_lowercase();
    let named = ["license", "licence", "copying", "unlicense", "readme"].iter().any(|name| lower.starts_with(name));
    let manifest = matches!(path, "pyproject.toml" | "package.json" | "Cargo.toml" | "go.mod" | ".git/config");
    manifest || (named && !path.contains('/'))
}

/// A bundle of other people's code has lines that nobody wrote.
fn is_minified(content: &[u8]) -> bool {
    let lines = 1 + content.iter().filter(|&&byte| byte == b'\n').count();
    content.len() > 4 * 1024 && content.len() / lines > 300
}

fn is_generated(path: &str) -> bool {
    let name = path.rsplit_once('/').map_or(path, |(_, name)| name);
    GENERATED.contains(&name)
}

/// The outermost generated folder above `path`.
fn generated_folder(path: &str) -> Option<&str> {
    path.match_indices('/').filter_map(|(at, _)| path.get(..at)).find(|folder| is_generated(folder))
}
