//! Reads a [`Context`] from a directory.
//!
//! Plain `std::fs`: `.gitignore` says nothing about what a build sends, so a walker that knows it would be no help.

use std::collections::VecDeque;
use std::fs::{self, DirEntry, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::{error, fmt};

use super::Context;
use super::gather::{Gathering, Reading, longest};
use super::ignore::Ignore;

/// More entries than this are not looked at, so that the walk ends soon wherever it starts.
const MAX_ENTRIES: usize = 100_000;
/// A NUL byte in this first part tells a binary file before the whole of it is read.
const HEAD: u64 = 8 * 1024;

/// A directory that cannot be read.
#[derive(Debug)]
pub struct LoadError {
    path: PathBuf,
    source: io::Error,
}

impl fmt::Display for LoadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "cannot read the build context {}", self.path.display())
    }
}

impl error::Error for LoadError {
    fn source(&self) -> Option<&(dyn error::Error + 'static)> {
        Some(&self.source)
    }
}

/// Reads the context in `directory`; `dockerfile` is the path of the Dockerfile, whose own `<dockerfile>.dockerignore`
/// takes precedence over the directory's `.dockerignore`.
///
/// Symbolic links are names, never followed. A file or a folder that can't be read makes the context incomplete.
///
/// # Errors
/// [`LoadError`] if the directory itself can't be read.
pub fn load(directory: &Path, dockerfile: Option<&Path>) -> Result<Context, LoadError> {
    let mut walk = Walk {
        root: directory,
        gathering: Gathering::new(ignore_text(directory, dockerfile).as_deref().map(Ignore::parse)),
        folders: VecDeque::new(),
        entries: 0,
    };
    let failed = |source| LoadError { path: directory.to_owned(), source };
    walk.folder("", Reading::Whole).map_err(failed)?;
    while let Some((folder, reading)) = walk.folders.pop_front() {
        if walk.folder(&folder, reading).is_err() {
            walk.gathering.fall_short();
        }
    }
    walk.git_config();
    Ok(walk.gathering.finish())
}

fn ignore_text(directory: &Path, dockerfile: Option<&Path>) -> Option<String> {
    let own = dockerfile.map(|path| {
        let mut path = path.as_os_str().to_owned();
        path.push(".dockerignore");
        PathBuf::from(path)
    });
    let text = own.and_then(|path| fs::read(path).ok()).or_else(|| fs::read(directory.join(".dockerignore")).ok())?;
    Some(String::from_utf8_lossy(&text).into_owned())
}

struct Walk<'a> {
    root: &'a Path,
    gathering: Gathering,
    /// Breadth first, so that a bound cuts what lies deep.
    folders: VecDeque<(String, Reading)>,
    entries: usize,
}

impl Walk<'_> {
    fn folder(&mut self, folder: &str, reading: Reading) -> io::Result<()> {
        let left = MAX_ENTRIES.saturating_sub(self.entries);
        let mut listing = fs::read_dir(self.root.join(folder))?;
        let mut entries: Vec<DirEntry> = listing.by_ref().take(left).filter_map(|entry| self.readable(entry)).collect();
        if listing.next().is_some() {
            self.gathering.fall_short();
        }
        self.entries += entries.len();
        entries.sort_unstable_by_key(DirEntry::file_name);
        for entry in entries {
            let name = entry.file_name();
            match name.to_str() {
                Some(name) if folder.is_empty() => self.entry(&entry, name.to_owned(), reading),
                Some(name) => self.entry(&entry, format!("{folder}/{name}"), reading),
                None => self.gathering.fall_short(),
            }
        }
        Ok(())
    }

    fn entry(&mut self, entry: &DirEntry, path: String, within: Reading) {
        let Some(kind) = self.readable(entry.file_type()) else { return };
        if kind.is_dir() {
            let reading = self.gathering.folder(&path);
            if within == Reading::Whole && reading != Reading::Nothing {
                self.folders.push_back((path, reading));
            }
        } else if self.gathering.name(&path) && kind.is_file() {
            self.text(&path);
        }
    }

    fn text(&mut self, path: &str) {
        if let Some(content) = self.readable(read(&self.root.join(path), longest(path))) {
            self.gathering.text(path, content);
        }
    }

    /// `.git` is often excluded, yet its `config` says where the project comes from.
    fn git_config(&mut self) {
        let is = |path: &str, is: fn(&fs::Metadata) -> bool| {
            fs::symlink_metadata(self.root.join(path)).is_ok_and(|metadata| is(&metadata))
        };
        let unread = self.gathering.excludes(".git/config");
        if unread && is(".git", fs::Metadata::is_dir) && is(".git/config", fs::Metadata::is_file) {
            self.text(".git/config");
        }
    }

    fn readable<T>(&mut self, result: io::Result<T>) -> Option<T> {
        if result.is_err() {
            self.gathering.fall_short();
        }
        result.ok()
    }
}

/// The content, no more of it than shows that it is too large or binary.
fn read(path: &Path, longest: usize) -> io::Result<Vec<u8>> {
    let mut file = File::open(path)?;
    let mut content = Vec::with_capacity(8 * 1024);
    file.by_ref().take(HEAD).read_to_end(&mut content)?;
    if !content.contains(&0) {
        file.take(longest as u64 + 1 - HEAD).read_to_end(&mut content)?;
    }
    Ok(content)
}

#[cfg(test)]
mod tests {
    use super::super::gather::MAX_TEXT;
    use super::*;

    /// A directory of one test, removed at its end.
    struct Scratch(PathBuf);

    impl Scratch {
        fn new(test: &str, files: &[(&str, &[u8])]) -> Self {
            let root = std::env::temp_dir().join(format!("harden-context-{}-{test}", std::process::id()));
            for (path, content) in files {
                let path = root.join(path);
                fs::create_dir_all(path.parent().expect("it is below the root")).expect("it can be made");
                fs::write(path, content).expect("it can be written");
            }
            Self(root)
        }

        fn load(&self) -> Context {
            load(&self.0, Some(&self.0.join("Dockerfile"))).expect("it can be read")
        }
    }

    impl Drop for Scratch {
        fn drop(&mut self) {
            fs::remove_dir_all(&self.0).expect("it can be removed");
        }
    }

    #[test]
    fn a_directory_reads_as_its_files_do() {
        let files = [("b/c.py", "x"), ("a.py", "y"), (".dockerignore", "*.log\ndata"), ("a.log", ""), ("data/x", "")];
        let bytes = files.map(|(path, text)| (path, text.as_bytes()));
        let mut read = Scratch::new("same", &bytes).load();
        assert_eq!(std::mem::take(&mut read.folders).into_iter().collect::<Vec<_>>(), ["b"]);
        assert_eq!(read, Context::from_files(files));
    }

    #[test]
    fn the_ignore_file_of_the_dockerfile_takes_precedence() {
        let scratch = Scratch::new(
            "precedence",
            &[(".dockerignore", b"a"), ("Dockerfile.dockerignore", b"b"), ("a", b""), ("b", b""), (".gitignore", b"a")],
        );
        assert_eq!(scratch.load().names(), [".dockerignore", ".gitignore", "Dockerfile.dockerignore", "a"]);
    }

    #[test]
    fn the_origin_is_read_though_git_is_excluded() {
        let scratch =
            Scratch::new("origin", &[(".dockerignore", b".git"), (".git/config", b"[core]"), (".git/HEAD", b"")]);
        let context = scratch.load();
        assert_eq!((context.names(), context.exists(".git")), (&[".dockerignore".to_owned()][..], false));
        assert_eq!(context.project_text(".git/config"), Some("[core]"));
    }

    #[test]
    fn a_generated_folder_is_named_one_level_deep_and_not_read() {
        let scratch = Scratch::new("generated", &[("node_modules/a.js", b"x"), ("node_modules/b/c.js", b"x")]);
        let context = scratch.load();
        assert_eq!(context.names(), ["node_modules/a.js"]);
        assert!(context.exists("node_modules/b") && context.may_exist("node_modules/b/c.js") && context.is_complete());
        assert_eq!(context.texts().count(), 0);
    }

    #[cfg(unix)]
    #[test]
    fn a_symbolic_link_is_a_name_and_is_not_followed() {
        let scratch = Scratch::new("link", &[("a/x.py", b"x")]);
        for (target, link) in [("a", "folder"), ("a/x.py", "file.py"), (".", "circle")] {
            std::os::unix::fs::symlink(target, scratch.0.join(link)).expect("it can be made");
        }
        let context = scratch.load();
        assert_eq!(context.names(), ["a/x.py", "circle", "file.py", "folder"]);
        assert_eq!(context.text("file.py"), None);
    }

    #[test]
    fn what_is_binary_or_too_large_has_no_text() {
        let large = vec![b'x'; MAX_TEXT + 1];
        let whole = vec![b'x'; MAX_TEXT];
        let scratch = Scratch::new("large", &[("binary", b"a\0b"), ("large.py", &large), ("whole.py", &whole)]);
        let context = scratch.load();
        assert_eq!(
            context.texts().map(|(path, text)| (path, text.len())).collect::<Vec<_>>(),
            [("whole.py", MAX_TEXT)]
        );
        assert!(!context.is_complete());
    }

    #[test]
    fn a_directory_that_is_not_there_is_an_error() {
        let error = load(Path::new("/no/such/directory"), None).expect_err("there is none");
        assert_eq!(error.to_string(), "cannot read the build context /no/such/directory");
    }
}
