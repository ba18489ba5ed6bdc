//! Builds an image from a text and a context.

use std::ffi::OsString;
use std::fs;
use std::path::Path;

use super::session::Made;
use super::{Engine, Error, Image, Session};

/// What is built.
#[derive(Debug, Clone, Copy)]
pub struct Recipe<'a> {
    /// The text of the Dockerfile.
    pub dockerfile: &'a str,
    /// Its build context.
    pub context: &'a Path,
    /// The `.dockerignore` that belongs to this Dockerfile alone.
    pub ignore: Option<&'a Path>,
    /// The stage; none is the last one.
    pub target: Option<&'a str>,
    /// Further options of the build, as the engine takes them.
    pub options: &'a [String],
}

/// What came of a build.
#[derive(Debug)]
pub enum Built<'s> {
    /// An image.
    Image(Image<'s>),
    /// An error, with what the engine printed.
    Failed {
        /// What the engine printed.
        log: String,
    },
}

impl Session {
    /// Builds `recipe`; `name` becomes part of the image's name.
    ///
    /// # Errors
    /// If the build could not begin, or was interrupted. A build that fails is no error of ours.
    pub fn build(&self, name: &str, recipe: &Recipe) -> Result<Built<'_>, Error> {
        // Outside of the context, so that nothing is written there and nothing in it changes.
        let folder = tempfile::Builder::new().prefix("harden-").tempdir()?;
        let file = folder.path().join("Dockerfile");
        fs::write(&file, recipe.dockerfile)?;
        if let Some(ignore) = recipe.ignore {
            fs::copy(ignore, folder.path().join("Dockerfile.dockerignore"))?;
        }
        let tag = self.name(name);
        self.will_make(Made::Image(tag.clone()));
        let output = self.cli.attempt(&arguments(self.cli.engine(), recipe, &file, &tag), &self.interrupt)?;
        if output.is_success() {
            Ok(Built::Image(Image::new(self, tag)))
        } else {
            Ok(Built::Failed { log: output.stdout + &output.stderr })
        }
    }
}

fn arguments(engine: Engine, recipe: &Recipe, file: &Path, tag: &str) -> Vec<OsString> {
    let mut args: Vec<OsString> = ["build", "--tag", tag, "--file"].map(OsString::from).into();
    args.push(file.into());
    // The images of OCI know no health check: https://github.com/opencontainers/image-spec/issues/749
    if engine == Engine::Podman {
        args.extend(["--format", "docker"].map(OsString::from));
    }
    if engine == Engine::Docker {
        args.extend(["--progress", "plain"].map(OsString::from));
    }
    args.extend(recipe.target.into_iter().flat_map(|target| ["--target", target].map(OsString::from)));
    args.extend(recipe.options.iter().map(OsString::from));
    args.push(recipe.context.into());
    args
}
