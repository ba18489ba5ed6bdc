//! `harden verify [DOCKERFILE]`: builds and runs the original and the hardened image, and compares them.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::time::Duration;

use harden::container::{Launch, Recipe};
use harden::verify::{self, Comparison, Needs, Verifier};

use super::console::Console;
use super::failure::Failure;
use super::input::Input;
use super::pipeline::{self, ContextOf, Pipeline, Reached};
use super::progress::Progress;
use super::{Exit, config, engine, evidence, files, lock};
use crate::cli::{self, TableFormat};

/// The two texts, and what both are built with.
struct Pair {
    name: String,
    original: String,
    hardened: String,
    context: PathBuf,
    ignore: Option<PathBuf>,
    target: Option<String>,
    options: Vec<String>,
}

/// Runs the command.
pub fn run(args: &cli::Verify, console: &mut Console) -> Result<Exit, Failure> {
    pipeline::refuse_context(&args.choices)?;
    let input = engine::one_file(args.path.as_deref(), "verify")?;
    let (config, overlays) = config::load(&args.choices)?;
    let target = config.target.clone();
    let pipeline = Pipeline::new(config, &overlays)?;
    let pair = Pair::read(args, &input, target, &pipeline)?;
    let context = ContextOf::input(&input, &args.choices);
    let evidence = evidence::of(&input, pipeline.target())?;
    let reached = pipeline.reached(&[&pair.original, &pair.hardened], context, evidence.as_ref())?;
    let needs = needs(args, reached);
    let session = engine::session(&args.building)?;
    let progress = Progress::new(args.quiet);
    let verifier = &|step: verify::Step| progress.tell(&step.to_string());
    let verifier = Verifier::new(&session, &needs, pipeline.verify(), verifier);
    let compared = compare(&pair, &verifier);
    progress.finish();
    // What is left behind is told, whatever else there is to tell.
    if let Err(error) = session.close() {
        console.failure(&engine::failure(error));
    }
    let comparison = compared.map_err(|error| of_comparison(error, console))?;
    console.data(report(args.format, &pair.name, &comparison, console.data_in_colour()).as_bytes());
    Ok(if comparison.is_proved() { Exit::Fine } else { Exit::Findings })
}

fn compare(pair: &Pair, verifier: &Verifier) -> Result<Comparison, verify::Error> {
    let original = verifier.original(&pair.recipe(&pair.original))?;
    Ok(verifier.hardened(&original, &pair.recipe(&pair.hardened))?)
}

impl Pair {
    fn read(args: &cli::Verify, input: &Input, target: Option<String>, pipeline: &Pipeline) -> Result<Self, Failure> {
        let Input::File(path) = input else { return Err(Failure::new("a build needs a file")) };
        let name = input.name();
        let original = files::read(input)?;
        let hardened = match &args.hardened {
            Some(path) => files::read(&Input::File(path.clone()))?,
            None => {
                let (lock, evidence) = (lock::of(input)?, evidence::of(input, pipeline.target())?);
                let context = ContextOf::input(input, &args.choices);
                pipeline.harden(&name, &original, context, lock.as_ref(), evidence.as_ref())?.after
            }
        };
        let context = args.choices.context.clone().unwrap_or_else(|| files::folder_of(path).to_owned());
        let ignore = engine::ignore_beside(path);
        let options = args.building.options();
        Ok(Self { name, original, hardened, context, ignore, target, options })
    }

    fn recipe<'p>(&'p self, dockerfile: &'p str) -> Recipe<'p> {
        Recipe {
            dockerfile,
            context: &self.context,
            ignore: self.ignore.as_deref(),
            target: self.target.as_deref(),
            options: &self.options,
        }
    }
}

fn needs(args: &cli::Verify, reached: Reached) -> Needs {
    let of_env = |variable: &str| {
        let value = args.running.env.iter().rev().find_map(|env| env.strip_prefix(variable)?.strip_prefix('='))?;
        value.parse().ok()
    };
    let told = reached.ports.iter().map(|port| port.variable.as_deref().and_then(of_env).unwrap_or(port.number));
    let ports: BTreeSet<u16> = told.chain(args.running.port.iter().copied()).collect();
    let probes = match args.probe.as_slice() {
        [] => ["/".to_owned()].into_iter().chain(reached.paths).collect::<BTreeSet<_>>(),
        probes => probes.iter().map(|path| format!("/{}", path.trim_start_matches('/'))).collect(),
    };
    let launch = Launch { ports: ports.into_iter().collect(), ..args.running.launch() };
    Needs { launch, probes: probes.into_iter().collect(), wait: Duration::from_secs(args.wait) }
}

fn report(format: TableFormat, name: &str, comparison: &Comparison, in_colour: bool) -> String {
    match format {
        TableFormat::Text if in_colour => verify::text(name, comparison),
        TableFormat::Text => anstream::adapter::strip_str(&verify::text(name, comparison)).to_string(),
        TableFormat::Markdown => verify::markdown(name, comparison),
        TableFormat::Json => verify::json(name, comparison),
    }
}

fn of_comparison(error: verify::Error, console: &mut Console) -> Failure {
    match error {
        verify::Error::Container(error) => engine::failure(error),
        verify::Error::Original(failure) => {
            let lines: String =
                failure.log.iter().map(|line| format!("  {}\n", harden::report::printable(line))).collect();
            console.words(&lines);
            Failure::new(failure.what).hint(match failure.phase {
                verify::Phase::Build => "there is nothing to compare with: make it build, or give it what it needs with --build-arg or --context",
                _ => "there is nothing to compare with: give it what it needs with --env, --volume, --run-arg or --command",
            })
        }
    }
}
