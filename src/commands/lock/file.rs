//! Where `harden.lock` lies, and what stands in it.

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use harden::lock::Lock;

use crate::commands::config::{self, nearest};
use crate::commands::failure::Failure;
use crate::commands::files;
use crate::commands::input::{self, Input};

const FILE: &str = "harden.lock";

/// A lock and its place.
pub struct LockFile {
    path: PathBuf,
    /// What it says; nothing where the file is not there yet.
    pub lock: Lock,
}

/// The lock that `input` is hardened with: the nearest one, from its folder upwards.
pub fn of(input: &Input) -> Result<Option<Lock>, Failure> {
    match nearest(FILE, &folder_of(input)?) {
        Some(path) => Ok(Some(LockFile::read(path)?.lock)),
        None => Ok(None),
    }
}

/// Where the lock of `input` lies, or is going to: beside its configuration, else beside itself.
pub fn path_of(input: &Input) -> Result<PathBuf, Failure> {
    let folder = folder_of(input)?;
    let beside_config = || nearest(config::FILE, &folder).map(|config| config.with_file_name(FILE));
    Ok(nearest(FILE, &folder).or_else(beside_config).unwrap_or_else(|| folder.join(FILE)))
}

/// The folder of `input`, from the root and without links; what is piped in lies in the current one.
fn folder_of(input: &Input) -> Result<PathBuf, Failure> {
    let folder = match input {
        Input::File(path) => files::folder_of(path),
        Input::Stdin => Path::new("."),
    };
    Ok(fs::canonicalize(folder).with_context(|| format!("cannot tell where {} lies", folder.display()))?)
}

impl LockFile {
    /// Reads the lock at `path`, if it is there.
    pub fn read(path: PathBuf) -> Result<Self, Failure> {
        let text = match fs::read_to_string(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == ErrorKind::NotFound => String::new(),
            Err(error) => {
                return Err(anyhow::Error::new(error).context(format!("cannot read {}", path.display())).into());
            }
        };
        let lock = Lock::parse(&text).map_err(|reason| {
            Failure::new(format!("{}: {reason}", path.display()))
                .hint("`harden lock` writes this file; to have it written anew, remove it first")
        })?;
        Ok(Self { path, lock })
    }

    /// Its path, from the current folder if it lies below it.
    pub fn name(&self) -> String {
        let here = fs::canonicalize(".").unwrap_or_default();
        self.path.strip_prefix(here).unwrap_or(&self.path).display().to_string()
    }

    /// Writes what it says now.
    pub fn write(&self) -> Result<(), Failure> {
        files::replace(&self.path, self.lock.print().as_bytes())
    }

    /// Whether no other Dockerfile than `files` belongs to this lock.
    pub fn is_of_these_alone(&self, files: &[PathBuf]) -> bool {
        let known: Vec<PathBuf> = files.iter().filter_map(|file| fs::canonicalize(file).ok()).collect();
        let below = input::collect(&[files::folder_of(&self.path).to_owned()]);
        below.iter().all(|found| match &found.input {
            Ok(input @ Input::File(path)) => {
                let is_of_another = path_of(input).is_ok_and(|lock| lock != self.path);
                is_of_another || fs::canonicalize(path).is_ok_and(|path| known.contains(&path))
            }
            Ok(Input::Stdin) | Err(_) => false,
        })
    }
}
