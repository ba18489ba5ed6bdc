//! `harden observe [DOCKERFILE]`: runs the original for a while, and writes what it does into `harden.evidence.toml`.

use std::collections::BTreeSet;
use std::io::{self, IsTerminal};
use std::path::{Path, PathBuf};
use std::thread;
use std::time::Duration;

use harden::container::{Interrupt, Launch, Recipe};
use harden::evidence::{Evidence, Observed};
use harden::observe::{self, Observer, Plan, Scene};

use super::console::Console;
use super::failure::Failure;
use super::input::Input;
use super::pipeline::{self, Pipeline};
use super::progress::Progress;
use super::{Exit, config, engine, evidence, files};
use crate::cli::{self, Choices};

/// Runs the command.
pub fn run(args: &cli::Observe, console: &mut Console) -> Result<Exit, Failure> {
    let choices = choices(args);
    pipeline::refuse_context(&choices)?;
    let input = engine::one_file(args.path.as_deref())?;
    let Input::File(path) = &input else { return Err(Failure::new("a build needs a file")) };
    let place = Place::of(args, path)?;
    // A file that can't be written to is told of before anybody waits.
    let mut known = evidence::read(&place.file)?;
    let text = files::read(&input)?;
    let (config, overlays) = config::load(&choices)?;
    let (target, user) = (config.target.clone(), format!("{}:{}", config.uid, config.gid));
    let pipeline = Pipeline::new(config, &overlays)?;
    let scene = pipeline.scene(&input, &text, &choices)?;
    let context = args.context.clone().unwrap_or_else(|| files::folder_of(path).to_owned());
    let ignore = engine::ignore_beside(path);
    let options = args.building.options();
    let recipe = Recipe {
        dockerfile: &text,
        context: &context,
        ignore: ignore.as_deref(),
        target: target.as_deref(),
        options: &options,
    };
    let plan = plan(args, recipe, user, scene);
    let observed = observe(args, &plan, &pipeline, console)?;
    known.set(&place.name, observed);
    deliver(args, &place, &known, console)
}

/// Where the evidence is written, and by what name the Dockerfile is known there.
struct Place {
    file: PathBuf,
    name: String,
}

impl Place {
    fn of(args: &cli::Observe, dockerfile: &Path) -> Result<Self, Failure> {
        let name = evidence::name_of(dockerfile)
            .ok_or_else(|| Failure::new(format!("{} has a name that is no text", dockerfile.display())))?;
        let file = args.output.clone().unwrap_or_else(|| evidence::path_of(dockerfile));
        Ok(Self { file, name: name.to_owned() })
    }
}

fn choices(args: &cli::Observe) -> Choices {
    Choices {
        context: args.context.clone(),
        target: args.target.clone(),
        config: args.config.clone(),
        only: Vec::new(),
        with: Vec::new(),
        skip: Vec::new(),
    }
}

fn plan<'p>(args: &cli::Observe, recipe: Recipe<'p>, user: String, scene: Scene) -> Plan<'p> {
    let ports: BTreeSet<u16> = scene.port.into_iter().chain(args.running.port.iter().copied()).collect();
    let named = args.probe.iter().cloned().chain(scene.health_path.clone());
    let probes: BTreeSet<String> =
        ["/".to_owned()].into_iter().chain(named).map(|path| format!("/{}", path.trim_start_matches('/'))).collect();
    Plan {
        recipe,
        launch: Launch { ports: ports.into_iter().collect(), ..args.running.launch() },
        probes: probes.into_iter().collect(),
        time: Duration::from_secs(args.time),
        enough: on_enter(),
        user,
        scene,
    }
}

/// Asked once a person at a terminal presses Enter.
fn on_enter() -> Interrupt {
    let enough = Interrupt::default();
    if io::stdin().is_terminal() {
        let pressed = enough.clone();
        thread::spawn(move || io::stdin().read_line(&mut String::new()).map(|_| pressed.ask()));
    }
    enough
}

fn observe(args: &cli::Observe, plan: &Plan, pipeline: &Pipeline, console: &mut Console) -> Result<Observed, Failure> {
    let session = engine::session(engine::find(&args.building)?)?;
    let progress = Progress::new(args.quiet);
    if io::stdin().is_terminal() {
        progress.note("Enter ends it once you have used it enough");
    }
    let observed = Observer::new(&session, plan, pipeline.verify(), &|what| progress.tell(what)).observe();
    progress.finish();
    // What is left behind is told, whatever else there is to tell.
    if let Err(error) = session.close() {
        console.failure(&Failure::of_engine(error));
    }
    observed.map_err(|error| match error {
        observe::Error::Container(error) => Failure::of_engine(error),
        observe::Error::Program { what, log } => {
            let lines: String = log.iter().map(|line| format!("  {}\n", harden::report::printable(line))).collect();
            console.words(&lines);
            Failure::new(what).hint("give it what it needs with --build-arg, --env, --volume, --run-arg or --command")
        }
    })
}

fn deliver(args: &cli::Observe, place: &Place, known: &Evidence, console: &mut Console) -> Result<Exit, Failure> {
    if args.dry_run {
        console.data(evidence::text(known)?.as_bytes());
        return Ok(Exit::Fine);
    }
    evidence::write(&place.file, known)?;
    if !args.quiet {
        console.words(&format!("{}: what {} was seen to do\n", place.file.display(), place.name));
    }
    Ok(Exit::Fine)
}
