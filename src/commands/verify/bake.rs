//! `harden verify --bake`: a file for `docker buildx bake` in place of a verification here.

use std::env;
use std::path::PathBuf;

use harden::verify::bake::{self, Pair};

use super::super::console::Console;
use super::super::failure::Failure;
use super::super::input::{Found, Input};
use super::super::pipeline::Pipeline;
use super::super::{Exit, config, engine, files};
use crate::cli;

/// Prints the bake file of all pairs; a Dockerfile that can't be hardened fails the whole.
pub(super) fn run(args: &cli::Verify, found: Vec<Found>, console: &mut Console) -> Result<Exit, Failure> {
    let (config, overlays) = config::load(&args.choices)?;
    let target = config.target.clone();
    let pipeline = Pipeline::new(config, &overlays)?;
    let pair = |found| pair(args, super::file(found)?, target.clone(), &pipeline);
    let pairs: Vec<Pair> = found.into_iter().map(pair).collect::<Result<_, Failure>>()?;
    for ignore in pairs.iter().filter_map(|pair| engine::ignore_beside(&pair.dockerfile)) {
        let why =
            "is not read for the hardened target, whose text lies in no file: only the context's .dockerignore is";
        console.words(&format!("{} {why}\n", ignore.display()));
    }
    console.data(bake::file(&pairs)?.as_bytes());
    Ok(Exit::Fine)
}

fn pair(args: &cli::Verify, path: PathBuf, target: Option<String>, pipeline: &Pipeline) -> Result<Pair, Failure> {
    let input = Input::File(path.clone());
    let outcome = pipeline.harden(&input, &files::read(&input)?, &args.choices)?;
    let context = args.choices.context.clone().unwrap_or_else(|| files::folder_of(&path).to_owned());
    Ok(Pair { dockerfile: path, context, target, args: build_args(&args.building), hardened: outcome.after })
}

/// `docker build` takes the value of a name alone from the environment, and so does this: another machine has another one.
fn build_args(building: &cli::Building) -> Vec<String> {
    let of_environment = |name: &String| env::var(name).ok().map(|value| format!("{name}={value}"));
    let argument = |arg: &String| if arg.contains('=') { Some(arg.clone()) } else { of_environment(arg) };
    building.build_arg.iter().filter_map(argument).collect()
}
