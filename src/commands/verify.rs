//! `harden verify [DOCKERFILE]`: builds and runs the original and the hardened image, and compares them.

mod bake;
mod needs;
mod pair;

use std::path::PathBuf;

use harden::container::{self, Session};
use harden::verify::scan::Scanner;
use harden::verify::{self, Bisected, Comparison, Verifier};

use super::console::Console;
use super::failure::Failure;
use super::input::{self, Found, Input};
use super::pipeline::{self, Pipeline};
use super::progress::Progress;
use super::{Exit, config, engine, files};
use crate::cli::{self, TableFormat};
use pair::Pair;

/// Runs the command.
pub fn run(args: &cli::Verify, console: &mut Console) -> Result<Exit, Failure> {
    pipeline::refuse_context(&args.choices)?;
    let found = found(args)?;
    if args.bake {
        return bake::run(args, found, console);
    }
    let path = one(found)?;
    let engine = engine::find(&args.building)?;
    let setup = needs::setup(args, &path, engine, console)?;
    let (mut config, overlays) = config::load(&args.choices)?;
    config.target = config.target.or_else(|| setup.target.clone());
    let target = config.target.clone();
    let pipeline = Pipeline::new(config, &overlays)?;
    let pair = Pair::read(args, &path, target, &setup, &pipeline)?;
    let needs = needs::needs(args, setup, pair.reached(&pipeline)?);

    let session = engine::session(engine)?;
    let progress = Progress::new(args.quiet);
    for folder in needs.shared_folders() {
        progress.note(&format!("both images may write to {folder}; mount it with `:ro`, or give a volume with a name"));
    }
    let tell = |step: verify::Step<'_>| progress.tell(&step.to_string());
    let scanner = if args.scan { scanner(&session, console)? } else { None };
    let verifier = Verifier::new(&session, &needs, pipeline.verify(), &tell).with_scanner(scanner);
    let compared = compare(&pair, &pipeline, &verifier);
    progress.finish();
    // What is left behind is told, whatever else there is to tell.
    if let Err(error) = session.close() {
        console.failure(&Failure::of_engine(error));
    }
    let comparison = compared.map_err(|error| error.told(console))?;
    console.data(report(args.format, &pair.name, &comparison, console.data_in_colour()).as_bytes());
    let exit = if args.fix { fix(&pair, &pipeline, &comparison, console)? } else { exit(comparison.is_proved()) };
    comparison.unscanned.map_or(Ok(exit), |why| Err(Failure::new(why)))
}

/// Why there is no comparison.
enum Uncompared {
    Engine(verify::Error),
    Other(Failure),
}

impl From<container::Error> for Uncompared {
    fn from(error: container::Error) -> Self {
        Self::Engine(error.into())
    }
}

impl Uncompared {
    /// What an original printed before it failed goes to people first.
    fn told(self, console: &mut Console) -> Failure {
        match self {
            Self::Other(failure) => failure,
            Self::Engine(verify::Error::Container(error)) => Failure::of_engine(error),
            Self::Engine(verify::Error::Original(failure)) => {
                let printable = |line: &String| format!("  {}\n", harden::report::printable(line));
                console.words(&failure.log.iter().map(printable).collect::<String>());
                Failure::new(failure.what).hint(match failure.phase {
                    verify::Phase::Build => "there is nothing to compare with: make it build, or give it what it needs with --build-arg or --context",
                    _ => "there is nothing to compare with: give it what it needs with --env, --volume, --run-arg or --command",
                })
            }
        }
    }
}

fn compare(pair: &Pair, pipeline: &Pipeline, verifier: &Verifier) -> Result<Comparison, Uncompared> {
    let original = verifier.original(&pair.recipe(&pair.original)).map_err(Uncompared::Engine)?;
    let recipe = pair.recipe(&pair.hardened);
    let mut comparison = verifier.hardened(&original, &recipe)?;
    if !pair.applied.is_empty() {
        comparison.bisected = verifier.bisect((&original, &comparison), &recipe, &pair.applied, |skipped| {
            pair.without(pipeline, skipped).map_err(Uncompared::Other)
        })?;
    }
    Ok(comparison)
}

fn exit(is_proved: bool) -> Exit {
    if is_proved { Exit::Fine } else { Exit::Findings }
}

/// Writes the strongest file that was proved.
fn fix(pair: &Pair, pipeline: &Pipeline, comparison: &Comparison, console: &mut Console) -> Result<Exit, Failure> {
    let without: Vec<&'static str> = match &comparison.bisected {
        _ if comparison.is_proved() => Vec::new(),
        Some(Bisected { culprits, passes: true }) => culprits.iter().map(|culprit| culprit.transform).collect(),
        _ => return Ok(Exit::Findings),
    };
    let text = pair.without(pipeline, &without.iter().copied().collect())?;
    files::refuse_link(&pair.path)?;
    if text != pair.original {
        files::replace(&pair.path, &harden::dockerfile::bytes::encode(&text))?;
        console.words(&format!("{}: written{}\n", pair.name, as_proved(&without)));
    }
    Ok(Exit::Fine)
}

/// A later run would apply what was left out, unless the configuration knows of it.
fn as_proved(without: &[&str]) -> String {
    match without {
        [] => " as it was proved".to_owned(),
        names => {
            format!(" without {}, as it was proved; `skip = {names:?}` in harden.toml keeps it so", names.join(", "))
        }
    }
}

/// The Dockerfiles that are named; a build needs each in its folder. Where one is wanted, a folder stands for its own.
fn found(args: &cli::Verify) -> Result<Vec<Found>, Failure> {
    let own = match args.paths.as_slice() {
        [] => Some(input::default(false)?),
        [folder] if !args.bake => input::of_folder(folder),
        _ => None,
    };
    Ok(own.map_or_else(|| input::collect(&args.paths), |input| vec![input.into()]))
}

fn file(found: Found) -> Result<PathBuf, Failure> {
    match found.input? {
        Input::File(path) => Ok(path),
        Input::Stdin => Err(Failure::new("what is piped in has no folder to be built in")
            .hint("name a file: `harden verify Dockerfile`")),
    }
}

fn one(mut found: Vec<Found>) -> Result<PathBuf, Failure> {
    match (found.pop(), found.len()) {
        (Some(only), 0) => file(only),
        (_, others) => Err(Failure::new(format!("{} Dockerfiles, and one is verified at a time", others + 1))
            .hint("name one of them: `harden verify path/to/Dockerfile`; --bake takes them all")),
    }
}

fn scanner(session: &Session, console: &mut Console) -> Result<Option<Scanner>, Failure> {
    let scanner = Scanner::find(session.interrupt()).map_err(Failure::of_engine)?;
    if scanner.is_none() {
        let names = Scanner::ALL.map(Scanner::name).join(", ");
        console.words(&format!("no scanner of vulnerabilities is installed: {names}\n"));
    }
    Ok(scanner)
}

fn report(format: TableFormat, name: &str, comparison: &Comparison, in_colour: bool) -> String {
    match format {
        TableFormat::Text if in_colour => verify::text(name, comparison),
        TableFormat::Text => anstream::adapter::strip_str(&verify::text(name, comparison)).to_string(),
        TableFormat::Markdown => verify::markdown(name, comparison),
        TableFormat::Json => verify::json(name, comparison),
    }
}
