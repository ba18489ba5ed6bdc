//! Finds and reads `harden.toml` and the templates that it names.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use harden::config::Config;
use harden::templates::Templates;
use ignore::WalkBuilder;

use super::failure::Failure;
use super::names;
use crate::cli::Choices;

/// The name of the file.
pub const FILE: &str = "harden.toml";

/// A user's template file.
pub struct Overlay {
    /// Its name below the templates' folder, with `/` between its parts.
    pub name: String,
    /// Where it lies.
    pub path: PathBuf,
    /// What it says.
    pub text: String,
}

/// The choices of the configuration file and of the command line, which wins.
pub fn load(args: &Choices) -> Result<(Config, Vec<Overlay>), Failure> {
    let (mut config, overlays) = match &args.config {
        Some(path) => read(path)?,
        None => at_hand()?,
    };
    if !args.only.is_empty() {
        config.only.clone_from(&args.only);
    }
    config.skip.extend_from_slice(&args.skip);
    if args.target.is_some() {
        config.target.clone_from(&args.target);
    }
    config.with.extend_from_slice(&args.with);
    for name in [&config.only, &config.with, &config.skip].into_iter().flatten() {
        names::find(name)?;
    }
    Ok((config, overlays))
}

/// The built-in templates, and over them those of the nearest configuration file.
pub fn templates_at_hand() -> Result<Templates, Failure> {
    let (_, overlays) = at_hand()?;
    templates(&overlays)
}

/// Lays `overlays` over the built-in templates.
pub fn templates(overlays: &[Overlay]) -> Result<Templates, Failure> {
    let mut templates = Templates::builtin().clone();
    for overlay in overlays {
        templates = templates.overlay(&overlay.name, &overlay.text).map_err(|error| {
            anyhow::Error::new(error).context(format!("cannot use the template {}", overlay.path.display()))
        })?;
    }
    Ok(templates)
}

/// What the nearest configuration file says, from the current folder upwards.
fn at_hand() -> Result<(Config, Vec<Overlay>), Failure> {
    match nearest(FILE, &env::current_dir().context("cannot tell the current folder")?) {
        Some(path) => read(&path),
        None => Ok((Config::default(), Vec::new())),
    }
}

/// The file called `name` in `folder`, an absolute path, or the first one above it.
pub fn nearest(name: &str, folder: &Path) -> Option<PathBuf> {
    folder.ancestors().map(|folder| folder.join(name)).find(|path| path.is_file())
}

fn read(path: &Path) -> Result<(Config, Vec<Overlay>), Failure> {
    let text = fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
    let config = Config::parse(&text).map_err(|reason| Failure::new(format!("{}: {reason}", path.display())))?;
    let overlays = match &config.templates {
        Some(folder) => overlays(&path.parent().unwrap_or(Path::new("")).join(folder))?,
        None => Vec::new(),
    };
    Ok((config, overlays))
}

/// Every TOML file below `folder`, in the order of their names.
fn overlays(folder: &Path) -> Result<Vec<Overlay>, Failure> {
    if !folder.is_dir() {
        return Err(Failure::new(format!("there is no folder {}", folder.display()))
            .hint("`templates` in harden.toml names a folder, relative to that file"));
    }
    let mut overlays = Vec::new();
    for entry in WalkBuilder::new(folder).standard_filters(false).sort_by_file_path(Path::cmp).build() {
        let entry = entry.context("cannot read the templates")?;
        let path = entry.path();
        if path.extension().is_some_and(|extension| extension == "toml") && path.is_file() {
            let text = fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
            overlays.push(Overlay { name: name_below(folder, path), path: path.to_owned(), text });
        }
    }
    Ok(overlays)
}

fn name_below(folder: &Path, path: &Path) -> String {
    let below = path.strip_prefix(folder).unwrap_or(path);
    let parts: Vec<_> = below.components().map(|part| part.as_os_str().to_string_lossy()).collect();
    parts.join("/")
}
