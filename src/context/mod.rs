//! The build context as a value: its names, the texts that matter, and what the sources say.
//!
//! The value is pure. Only [`load`] touches the disk.

mod calls;
mod code;
mod compose;
mod environment;
mod gather;
pub mod ignore;
mod listens;
pub mod load;
mod packages;
pub mod ports;
pub mod project;
mod role;
pub mod routes;
mod scan;
pub mod writes;

pub use calls::calls;
pub use code::code_lines;
pub use compose::built_services;
pub use listens::{Listen, listens};
pub use packages::{Named, named, named_in_settings, package_of};
pub use ports::{EnvPort, ports};
pub use project::{NameSource, Project, project};
pub use routes::{Found, makes_application, routes};
pub use writes::{Kind, Write, writes};

use std::collections::{BTreeMap, BTreeSet};

use gather::Gathering;
use ignore::Ignore;

/// The files that a build can copy, and the texts of those that matter.
///
/// A file that `.dockerignore` excludes is not here. The texts and the number of names are bounded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Context {
    names: Vec<String>,
    folders: BTreeSet<String>,
    unlisted: BTreeSet<String>,
    texts: BTreeMap<String, String>,
    excluded: BTreeMap<String, String>,
    known: bool,
    complete: bool,
    has_ignore_file: bool,
}

impl Context {
    /// No context at all, as for a Dockerfile on standard input: nothing may be concluded from absence.
    #[must_use]
    pub const fn empty() -> Self {
        Self::new(false)
    }

    const fn new(known: bool) -> Self {
        Self {
            names: Vec::new(),
            folders: BTreeSet::new(),
            unlisted: BTreeSet::new(),
            texts: BTreeMap::new(),
            excluded: BTreeMap::new(),
            known,
            complete: known,
            has_ignore_file: false,
        }
    }

    /// The context that these files make; a `.dockerignore` among them applies.
    pub fn from_files<P, T>(files: impl IntoIterator<Item = (P, T)>) -> Self
    where
        P: Into<String>,
        T: Into<String>,
    {
        let files: BTreeMap<String, String> =
            files.into_iter().map(|(path, text)| (path.into(), text.into())).collect();
        let ignore = files.get(".dockerignore").map(|text| Ignore::parse(text));
        let mut gathering = Gathering::new(ignore);
        for (path, text) in files {
            if gathering.name(&path) {
                gathering.text(&path, text.into_bytes());
            }
        }
        gathering.finish()
    }

    /// Whether there is a context.
    #[must_use]
    pub const fn is_known(&self) -> bool {
        self.known
    }

    /// Whether everything was read: no bound was hit and no file failed.
    #[must_use]
    pub const fn is_complete(&self) -> bool {
        self.complete
    }

    /// Whether a `.dockerignore` applies to it, an empty one too.
    #[must_use]
    pub const fn has_ignore_file(&self) -> bool {
        self.has_ignore_file
    }

    /// The paths of the files, with `/`, in order.
    #[must_use]
    pub fn names(&self) -> &[String] {
        &self.names
    }

    /// The paths below a folder, in order; `""` and `"."` are the context itself.
    pub fn below(&self, folder: &str) -> impl Iterator<Item = &str> {
        let prefix = match plain(folder) {
            "" => String::new(),
            folder => format!("{folder}/"),
        };
        let start = self.names.partition_point(|name| *name < prefix);
        self.names.iter().skip(start).map(String::as_str).take_while(move |name| name.starts_with(&prefix))
    }

    /// Whether a file or a folder is in the context for certain.
    #[must_use]
    pub fn exists(&self, path: &str) -> bool {
        let path = plain(path);
        self.folders.contains(path)
            || self.names.binary_search_by(|name| name.as_str().cmp(path)).is_ok()
            || self.below(path).next().is_some()
    }

    /// Whether a file or a folder could be in the context: only `false` says that it is absent.
    #[must_use]
    pub fn may_exist(&self, path: &str) -> bool {
        let path = plain(path);
        let below = |folder: &String| path.strip_prefix(folder.as_str()).is_some_and(|rest| rest.starts_with('/'));
        !self.complete || self.exists(path) || self.unlisted.iter().any(below)
    }

    /// The text of a file, where it was read.
    #[must_use]
    pub fn text(&self, path: &str) -> Option<&str> {
        self.texts.get(plain(path)).map(String::as_str)
    }

    /// Every text that was read, with its path, in order.
    pub fn texts(&self) -> impl Iterator<Item = (&str, &str)> {
        self.texts.iter().map(|(path, text)| (path.as_str(), text.as_str()))
    }

    /// The text of a file that describes the project, such as `LICENSE`, even where `.dockerignore` excludes it.
    #[must_use]
    pub fn project_text(&self, path: &str) -> Option<&str> {
        self.text(path).or_else(|| self.excluded.get(path).map(String::as_str))
    }

    /// The paths of the texts that describe the project, in order.
    fn project_paths(&self) -> impl Iterator<Item = &str> {
        let included = self.texts.keys().filter(|path| gather::describes_the_project(path));
        included.chain(self.excluded.keys()).map(String::as_str)
    }
}

/// The path as names are written: no leading `./` or `/`, no trailing `/`.
fn plain(path: &str) -> &str {
    let path = path.strip_prefix("./").unwrap_or(path).trim_matches('/');
    if path == "." { "" } else { path }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_empty_context_concludes_nothing_from_absence() {
        let context = Context::empty();
        assert!(!context.is_known() && !context.is_complete());
        assert!(!context.exists("app.py") && context.may_exist("app.py"));
    }

    #[test]
    fn names_are_sorted_and_found_with_their_folders() {
        let context = Context::from_files([("b.py", "b"), ("a/x.py", "x"), ("a.py", "a"), ("a/y/z.py", "z")]);
        assert_eq!(context.names(), ["a.py", "a/x.py", "a/y/z.py", "b.py"]);
        assert_eq!(context.below("./a/").collect::<Vec<_>>(), ["a/x.py", "a/y/z.py"]);
        assert_eq!(context.below(".").count(), 4);
        assert!(context.exists("a") && context.exists("/a/y/") && !context.may_exist("y"));
        assert_eq!(context.text("./a.py"), Some("a"));
    }

    #[test]
    fn an_ignored_file_is_not_in_the_context_but_still_describes_the_project() {
        let files = [(".dockerignore", "LICENSE\n*.md"), ("LICENSE", "MIT"), ("README.md", "x"), ("a.md", "y")];
        let context = Context::from_files(files);
        assert_eq!(context.names(), [".dockerignore"]);
        assert_eq!((context.text("LICENSE"), context.project_text("LICENSE")), (None, Some("MIT")));
        assert_eq!(context.project_text("a.md"), None);
    }

    #[test]
    fn what_is_below_an_unlisted_folder_may_exist() {
        let context = Context::from_files([("node_modules/x/index.js", "x"), ("a.js", "")]);
        assert!(context.may_exist("node_modules/y/index.js") && !context.may_exist("node_modules2"));
        assert_eq!(context.text("node_modules/x/index.js"), None);
        assert!(context.is_complete());
    }

    #[test]
    fn a_bound_that_is_hit_makes_the_context_incomplete() {
        let large = Context::from_files([("large.py", "x".repeat(256 * 1024 + 1))]);
        assert_eq!((large.is_complete(), large.exists("large.py"), large.text("large.py")), (false, true, None));
        let many_texts = Context::from_files((0..2_001).map(|n| (format!("{n}.py"), "")));
        assert_eq!((many_texts.is_complete(), many_texts.texts().count()), (false, 2_000));
        let heavy = Context::from_files((0..17).map(|n| (format!("{n}.py"), "x".repeat(256 * 1024))));
        assert_eq!((heavy.is_complete(), heavy.texts().count()), (false, 16));
        let many_names = Context::from_files((0..20_001).map(|n| (format!("{n}.png"), "")));
        assert_eq!((many_names.is_complete(), many_names.names().len()), (false, 20_000));
    }

    #[test]
    fn a_binary_file_a_large_lock_file_or_a_bundle_has_no_text_and_leaves_the_context_complete() {
        let lock = "x".repeat(2 * 1024 * 1024 + 1);
        let files = [("blob", "a\0b"), ("package-lock.json", &lock), ("a.png", "x"), ("assets/index-1a2b.js", &lock)];
        let context = Context::from_files(files);
        assert!(context.is_complete());
        assert_eq!(context.texts().count(), 0);
    }

    #[test]
    fn a_lock_file_may_be_longer_than_a_source() {
        let long = "x".repeat(300 * 1024);
        let context = Context::from_files([("package-lock.json", long.as_str()), ("a.py", "")]);
        assert_eq!(context.text("package-lock.json"), Some(long.as_str()));
        assert!(context.is_complete());
    }
}
