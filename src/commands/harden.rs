//! `harden [PATH]…`: reads, hardens, and prints, compares, writes or checks.

use std::path::{Path, PathBuf};

use harden::dockerfile::bytes;
use harden::engine::Outcome;
use harden::report::json::{self, Entry};
use harden::report::{self, Detail, Tally, diff};
use rayon::prelude::*;

use super::console::Console;
use super::failure::Failure;
use super::input::{self, Found, Input};
use super::pipeline::{ContextOf, Pipeline};
use super::{Exit, config, files};
use crate::cli::{Format, Harden};

/// What becomes of a result.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Mode {
    /// Print the file.
    Print,
    /// Print what would change.
    Diff,
    /// Rewrite the file.
    Write,
    /// Name the files that would change.
    Check,
    /// Print what would change, and fail if anything would.
    CheckDiff,
    /// Write the result to another file.
    Output(PathBuf),
}

impl Mode {
    fn of(args: &Harden) -> Self {
        match &args.output {
            Some(path) => Self::Output(path.clone()),
            None if args.write => Self::Write,
            None if args.check && args.diff => Self::CheckDiff,
            None if args.check => Self::Check,
            None if args.diff => Self::Diff,
            None => Self::Print,
        }
    }

    fn is_check(&self) -> bool {
        matches!(self, Self::Check | Self::CheckDiff)
    }

    fn takes_one_file(&self) -> bool {
        matches!(self, Self::Print | Self::Output(_))
    }
}

/// A file and what came of it.
struct Done {
    name: String,
    result: Result<(Input, Outcome), Failure>,
}

/// Runs the command.
pub fn run(args: &Harden, console: &mut Console) -> Result<Exit, Failure> {
    let mode = Mode::of(args);
    let found = inputs(args, &mode)?;
    let (config, overlays) = config::load(args)?;
    let pipeline = Pipeline::new(config, &overlays)?;
    let done: Vec<Done> = found.into_par_iter().map(|found| harden(found, &pipeline, args)).collect();
    Ok(Delivery { mode: &mode, args, console, tally: Tally::default() }.all(done))
}

fn inputs(args: &Harden, mode: &Mode) -> Result<Vec<Found>, Failure> {
    if args.report == Format::Json && !matches!(mode, Mode::Check | Mode::Write) {
        return Err(Failure::new("--report json needs standard output for itself").hint("add --check or --write"));
    }
    if let Some(folder) = args.context.as_deref().filter(|folder| !folder.is_dir()) {
        return Err(Failure::new(format!("the build context {} is not a folder", folder.display()))
            .hint("name the folder that the build is given: `docker build DIR`"));
    }
    let found = match args.paths.as_slice() {
        [] => vec![Found::from(input::default(*mode != Mode::Write)?)],
        paths => input::collect(paths),
    };
    if *mode == Mode::Write && found.iter().any(|found| matches!(found.input, Ok(Input::Stdin))) {
        return Err(Failure::new("standard input cannot be rewritten in place")
            .hint("name a file, or leave --write out to print the result"));
    }
    if found.len() > 1 && mode.takes_one_file() {
        return Err(Failure::new(format!("{} files, but there is room for one result", found.len()))
            .hint("add --diff, --write or --check to work on several"));
    }
    Ok(found)
}

fn harden(found: Found, pipeline: &Pipeline, args: &Harden) -> Done {
    let Found { name, input } = found;
    let result = input.and_then(|input| {
        let text = files::read(&input)?;
        let outcome = pipeline.harden(&name, &text, context_of(&input, args.context.as_deref()))?;
        Ok((input, outcome))
    });
    Done { name, result }
}

/// The folder that was asked for, else that of the Dockerfile; a pipe lies in none.
fn context_of<'a>(input: &'a Input, asked: Option<&'a Path>) -> Option<ContextOf<'a>> {
    let dockerfile = match input {
        Input::File(path) if path.is_file() => Some(path.as_path()),
        _ => None,
    };
    let folder = asked.or_else(|| dockerfile.map(files::folder_of))?;
    Some(ContextOf { folder, dockerfile })
}

/// Hands the results out, in the order of the files.
struct Delivery<'r, 'c> {
    mode: &'r Mode,
    args: &'r Harden,
    console: &'r mut Console<'c>,
    tally: Tally,
}

impl Delivery<'_, '_> {
    fn all(mut self, done: Vec<Done>) -> Exit {
        let delivered: Vec<Done> = done.into_iter().map(|done| self.deliver(done)).collect();
        if self.args.report == Format::Json {
            let entries: Vec<Entry> = delivered.iter().map(entry).collect();
            self.console.data(json::array(&entries).as_bytes());
        } else if self.tally.files > 1 && !self.args.quiet {
            self.console.words(&format!("{}\n", self.tally));
        }
        self.exit()
    }

    fn exit(&self) -> Exit {
        match self.tally {
            Tally { errors: 1.., .. } => Exit::Errors,
            Tally { changed: 1.., .. } if self.mode.is_check() => Exit::Findings,
            _ => Exit::Fine,
        }
    }

    fn deliver(&mut self, done: Done) -> Done {
        let Done { name, result } = done;
        let result = result.and_then(|(input, outcome)| {
            self.put(&input, &outcome)?;
            Ok((input, outcome))
        });
        self.tally.files += 1;
        match &result {
            Ok((_, outcome)) => {
                self.tally.changed += usize::from(outcome.is_changed());
                self.report(&name, outcome);
            }
            Err(failure) => {
                self.tally.errors += 1;
                self.console.failure(failure);
            }
        }
        Done { name, result }
    }

    fn put(&mut self, input: &Input, outcome: &Outcome) -> Result<(), Failure> {
        match (self.mode, input) {
            (Mode::Print, _) => self.console.data(&bytes::encode(&outcome.after)),
            (Mode::Diff | Mode::CheckDiff, _) => {
                let diff = diff::unified(&input.path_for_git(), &outcome.before, &outcome.after);
                self.console.data(&bytes::encode(&diff));
            }
            (Mode::Check, _) if outcome.is_changed() && self.args.report == Format::Text => {
                self.console.data(format!("{}\n", input.name()).as_bytes());
            }
            (Mode::Write, Input::File(path)) => {
                files::refuse_link(path)?;
                if outcome.is_changed() {
                    files::replace(path, &bytes::encode(&outcome.after))?;
                }
            }
            (Mode::Output(path), _) => files::replace(path, &bytes::encode(&outcome.after))?,
            (Mode::Check, _) | (Mode::Write, Input::Stdin) => {}
        }
        Ok(())
    }

    fn report(&mut self, name: &str, outcome: &Outcome) {
        if self.args.quiet || self.args.report == Format::Json {
            return;
        }
        let detail = if self.args.verbose { Detail::Full } else { Detail::Short };
        self.console.words(&report::text(name, outcome, detail));
    }
}

fn entry(done: &Done) -> Entry<'_> {
    match &done.result {
        Ok((_, outcome)) => Entry::outcome(&done.name, outcome),
        Err(failure) => Entry::error(&done.name, &failure.message()),
    }
}
