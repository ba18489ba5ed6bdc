//! From the paths that a person names to the files that are worked on.

use std::collections::HashSet;
use std::env;
use std::ffi::OsStr;
use std::fs;
use std::io::{self, IsTerminal};
use std::path::{Component, Path, PathBuf};

use ignore::{DirEntry, WalkBuilder};

use super::failure::Failure;

/// Where a Dockerfile comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Input {
    /// Standard input.
    Stdin,
    /// A file.
    File(PathBuf),
}

impl Input {
    /// Its name in reports.
    pub fn name(&self) -> String {
        match self {
            Self::Stdin => "<stdin>".to_owned(),
            Self::File(path) => path.display().to_string(),
        }
    }

    /// The bytes of that name: a path need not be UTF-8.
    pub fn name_bytes(&self) -> &[u8] {
        match self {
            Self::Stdin => b"<stdin>",
            Self::File(path) => path.as_os_str().as_encoded_bytes(),
        }
    }

    /// Its path below the current folder, where a diff is going to be applied; what is piped in is taken for `Dockerfile`.
    pub fn path_for_git(&self) -> Vec<u8> {
        let Self::File(path) = self else { return b"Dockerfile".to_vec() };
        let here = env::current_dir().unwrap_or_default();
        let below = path.strip_prefix(here).unwrap_or(path);
        let names = below.components().filter(|part| matches!(part, Component::Normal(_) | Component::ParentDir));
        let names: Vec<&[u8]> = names.map(|name| name.as_os_str().as_encoded_bytes()).collect();
        names.join(&b'/')
    }
}

/// An input, or why there is none, and its name in reports.
#[derive(Debug)]
pub struct Found {
    pub name: String,
    pub input: Result<Input, Failure>,
}

impl From<Input> for Found {
    fn from(input: Input) -> Self {
        Self { name: input.name(), input: Ok(input) }
    }
}

/// The input of a run without a path: what is piped in, else the Dockerfile of the current folder.
pub fn default(may_be_stdin: bool) -> Result<Input, Failure> {
    if may_be_stdin && is_piped() {
        return Ok(Input::Stdin);
    }
    match of_folder(Path::new("")) {
        Some(input) => Ok(input),
        None => Err(Failure::new("no Dockerfile in the current folder")
            .hint("name a file or a folder: `harden path/to/Dockerfile`; `harden --help` shows more")),
    }
}

/// The Dockerfile that lies in `folder` itself.
pub fn of_folder(folder: &Path) -> Option<Input> {
    ["Dockerfile", "Containerfile"]
        .map(|name| folder.join(name))
        .into_iter()
        .find(|path| path.is_file())
        .map(Input::File)
}

/// Whether someone sends a file: neither a terminal nor a device such as `/dev/null`, which many CI systems give.
#[cfg(unix)]
fn is_piped() -> bool {
    use std::os::fd::AsFd;
    use std::os::unix::fs::FileTypeExt;

    let stdin = io::stdin();
    let metadata = stdin.as_fd().try_clone_to_owned().and_then(|fd| fs::File::from(fd).metadata());
    !stdin.is_terminal()
        && metadata.is_ok_and(|metadata| {
            let kind = metadata.file_type();
            kind.is_file() || kind.is_fifo()
        })
}

#[cfg(not(unix))]
fn is_piped() -> bool {
    !io::stdin().is_terminal()
}

/// The inputs that `paths` name, each once and in that order; a folder stands for the Dockerfiles below it.
pub fn collect(paths: &[PathBuf]) -> Vec<Found> {
    let mut all: Vec<Found> = paths.iter().flat_map(|path| named(path)).collect();
    let mut seen = HashSet::new();
    all.retain(|found| match &found.input {
        Ok(Input::File(path)) => seen.insert(fs::canonicalize(path).unwrap_or_else(|_| path.clone())),
        Ok(Input::Stdin) => seen.insert(PathBuf::from("-")),
        Err(_) => true,
    });
    all
}

fn named(path: &Path) -> Vec<Found> {
    if path == Path::new("-") {
        vec![Input::Stdin.into()]
    } else if path.is_dir() {
        below(path)
    } else {
        vec![Input::File(path.to_owned()).into()]
    }
}

/// Every Dockerfile below `folder`, sorted by path.
fn below(folder: &Path) -> Vec<Found> {
    let failed = |failure| Found { name: folder.display().to_string(), input: Err(failure) };
    let walk = WalkBuilder::new(folder)
        .hidden(false)
        .require_git(false)
        .filter_entry(|entry| entry.file_name() != ".git")
        .sort_by_file_path(Path::cmp)
        .build();
    let mut found = Vec::new();
    for entry in walk {
        match entry {
            Ok(entry) if is_dockerfile(&entry) => found.push(Input::File(tidy(entry.path())).into()),
            Ok(_) => {}
            Err(error) => found.push(failed(error.into())),
        }
    }
    if found.is_empty() {
        let failure = Failure::new(format!("no Dockerfile below {}", folder.display()));
        found.push(failed(failure.hint("looked for Dockerfile, Dockerfile.*, *.Dockerfile and Containerfile*")));
    }
    found
}

/// A regular file, and no symbolic link, of a Dockerfile's name.
fn is_dockerfile(entry: &DirEntry) -> bool {
    entry.file_type().is_some_and(|kind| kind.is_file()) && is_dockerfile_name(entry.file_name())
}

fn is_dockerfile_name(name: &OsStr) -> bool {
    let Some(name) = name.to_str() else { return false };
    let ignores = name.ends_with(".dockerignore") || name.ends_with(".containerignore");
    let begins = name.starts_with("Dockerfile.") || name.starts_with("Containerfile");
    let ends = name.ends_with(".Dockerfile") || name.ends_with(".dockerfile");
    !ignores && (name.eq_ignore_ascii_case("Dockerfile") || begins || ends)
}

/// `app/Dockerfile` for `./app/Dockerfile`.
pub fn tidy(path: &Path) -> PathBuf {
    path.strip_prefix(".").unwrap_or(path).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dockerfiles_go_by_many_names() {
        let names = ["Dockerfile", "dockerfile", "Dockerfile.dev", "api.Dockerfile", "api.dockerfile", "Containerfile"];
        for name in names {
            assert!(is_dockerfile_name(OsStr::new(name)), "{name}");
        }
    }

    #[test]
    fn an_ignore_file_is_no_dockerfile() {
        for name in ["Dockerfile.dockerignore", "Containerfile.containerignore", "Dockerfiles", "MyDockerfile"] {
            assert!(!is_dockerfile_name(OsStr::new(name)), "{name}");
        }
    }

    #[cfg(unix)]
    #[test]
    fn a_folder_is_walked_in_order_without_links_git_and_what_gitignore_names() {
        let root = tempfile::tempdir().unwrap();
        for folder in ["b", "a", ".git", "node_modules"] {
            fs::create_dir(root.path().join(folder)).unwrap();
            fs::write(root.path().join(folder).join("Dockerfile"), "FROM a\n").unwrap();
        }
        fs::write(root.path().join(".gitignore"), "node_modules\n").unwrap();
        std::os::unix::fs::symlink("a/Dockerfile", root.path().join("Dockerfile")).unwrap();

        let found = collect(&[root.path().to_owned()]);

        let names: Vec<String> = found.iter().map(|found| found.input.as_ref().unwrap().name()).collect();
        let expected = ["a/Dockerfile", "b/Dockerfile"].map(|name| root.path().join(name).display().to_string());
        assert_eq!(names, expected);
    }

    #[test]
    fn a_file_named_twice_is_worked_on_once() {
        let root = tempfile::tempdir().unwrap();
        let file = root.path().join("Dockerfile");
        fs::write(&file, "FROM a\n").unwrap();
        assert_eq!(collect(&[file.clone(), root.path().to_owned(), file]).len(), 1);
    }
}
