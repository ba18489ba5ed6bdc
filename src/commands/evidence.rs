//! Where `harden.evidence.toml` lies, and what stands in it.

use std::ffi::OsStr;
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use harden::evidence::{Evidence, Observed};

use super::failure::Failure;
use super::files;
use super::input::Input;

const FILE: &str = "harden.evidence.toml";

/// What the image of `input`, built up to `target`, was observed to do; what is piped in has no name to be known by.
pub fn of(input: &Input, target: Option<&str>) -> Result<Option<Observed>, Failure> {
    let Input::File(dockerfile) = input else { return Ok(None) };
    let evidence = read(&path_of(dockerfile))?;
    Ok(name_of(dockerfile).and_then(|name| evidence.of(name, target)).cloned())
}

/// The evidence of the Dockerfiles beside `dockerfile`.
pub fn path_of(dockerfile: &Path) -> PathBuf {
    files::folder_of(dockerfile).join(FILE)
}

/// By what a Dockerfile is known in the evidence.
pub fn name_of(dockerfile: &Path) -> Option<&str> {
    dockerfile.file_name().and_then(OsStr::to_str)
}

/// Reads the evidence at `path`, if it is there.
pub fn read(path: &Path) -> Result<Evidence, Failure> {
    let text = match fs::read_to_string(path) {
        Ok(text) => text,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Evidence::default()),
        Err(error) => return Err(anyhow::Error::new(error).context(format!("cannot read {}", path.display())).into()),
    };
    Evidence::parse(&text).map_err(|reason| {
        Failure::new(format!("{}: {reason}", path.display()))
            .hint("`harden observe` writes this file; to have it written anew, remove it first")
    })
}

/// Writes what the evidence says now.
pub fn write(path: &Path, evidence: &Evidence) -> Result<(), Failure> {
    files::replace(path, text(evidence)?.as_bytes())
}

/// The text of the evidence.
pub fn text(evidence: &Evidence) -> Result<String, Failure> {
    Ok(evidence.print().context("the evidence can't be written as TOML")?)
}
