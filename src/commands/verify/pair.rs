//! The two texts, and what both are built with.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use harden::container::Recipe;
use harden::verify::compose::Setup;

use super::super::failure::Failure;
use super::super::input::Input;
use super::super::pipeline::{Pipeline, Reached};
use super::super::{engine, files};
use crate::cli;

/// A Dockerfile and what becomes of it.
pub(super) struct Pair<'a> {
    args: &'a cli::Verify,
    /// Its name in reports.
    pub name: String,
    /// Where it lies.
    pub path: PathBuf,
    /// Its text.
    pub original: String,
    /// What it is compared with.
    pub hardened: String,
    /// The transforms that made that, once each; none where a person did.
    pub applied: Vec<&'static str>,
    context: PathBuf,
    ignore: Option<PathBuf>,
    target: Option<String>,
    options: Vec<String>,
}

impl<'a> Pair<'a> {
    pub(super) fn read(
        args: &'a cli::Verify,
        path: &Path,
        target: Option<String>,
        setup: &Setup,
        pipeline: &Pipeline,
    ) -> Result<Self, Failure> {
        let build_args = setup.build_args.iter().flat_map(|arg| ["--build-arg".to_owned(), arg.clone()]);
        let input = Input::File(path.to_owned());
        let mut pair = Self {
            args,
            name: input.name(),
            path: path.to_owned(),
            original: files::read(&input)?,
            hardened: String::new(),
            applied: Vec::new(),
            context: args.choices.context.clone().unwrap_or_else(|| files::folder_of(path).to_owned()),
            ignore: engine::ignore_beside(path),
            target,
            options: build_args.chain(args.building.options()).collect(),
        };
        if let Some(path) = &args.hardened {
            pair.hardened = files::read(&Input::File(path.clone()))?;
        } else {
            let outcome = pair.harden(pipeline, &BTreeSet::new())?;
            pair.applied = outcome.applied.iter().map(|applied| applied.transform).collect();
            pair.applied.dedup();
            pair.hardened = outcome.after;
        }
        Ok(pair)
    }

    /// What all transforms but `skipped` make.
    pub(super) fn without(&self, pipeline: &Pipeline, skipped: &BTreeSet<&'static str>) -> Result<String, Failure> {
        Ok(self.harden(pipeline, skipped)?.after)
    }

    /// Where the programs of both are reached.
    pub(super) fn reached(&self, pipeline: &Pipeline) -> Result<Reached, Failure> {
        pipeline.reached(&[&self.original, &self.hardened], &Input::File(self.path.clone()), &self.args.choices)
    }

    pub(super) fn recipe<'p>(&'p self, dockerfile: &'p str) -> Recipe<'p> {
        Recipe {
            dockerfile,
            context: &self.context,
            ignore: self.ignore.as_deref(),
            target: self.target.as_deref(),
            options: &self.options,
        }
    }

    fn harden(
        &self,
        pipeline: &Pipeline,
        skipped: &BTreeSet<&'static str>,
    ) -> Result<harden::engine::Outcome, Failure> {
        let input = Input::File(self.path.clone());
        pipeline.harden_without(skipped, &input, &self.original, &self.args.choices)
    }
}
