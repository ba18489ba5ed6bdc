//! What a program needs to be seen at work: of the command line, of a compose file, and of what the Dockerfile tells.

use std::collections::BTreeSet;
use std::env;
use std::path::{Path, PathBuf};
use std::time::Duration;

use harden::container::{Cli, Launch};
use harden::verify::Needs;
use harden::verify::compose::{self, Setup};

use super::super::console::Console;
use super::super::failure::Failure;
use super::super::pipeline::Reached;
use super::super::{files, input};
use crate::cli::{self, DockerCompose};

/// What a compose file says of the service that is built from the Dockerfile at `path`; what it left out goes to people.
pub(super) fn setup(args: &cli::Verify, path: &Path, engine: Cli, console: &mut Console) -> Result<Setup, Failure> {
    let DockerCompose { compose, no_compose, service } = &args.compose;
    let Some(file) = compose.clone().or_else(|| at_hand(args, path)).filter(|_| !no_compose) else {
        return Ok(Setup::default());
    };
    let is_asked_for = compose.is_some() || service.is_some();
    let setup = match compose::read(engine, &file, path, service.as_deref()) {
        Ok(Some(setup)) => setup,
        Ok(None) if is_asked_for => {
            return Err(Failure::new(format!("{}: no service is built from {}", file.display(), path.display()))
                .hint("name the service with --service"));
        }
        Err(error) if is_asked_for => return Err(Failure::of_engine(error)),
        Ok(None) => return Ok(Setup::default()),
        Err(error) => {
            console.words(&format!("{} is left out: {error}\n", file.display()));
            return Ok(Setup::default());
        }
    };
    let of_service = format!("the service {} of {}", setup.service, file.display());
    if !args.quiet {
        console.words(&format!("run as {of_service}\n"));
        setup.notes.iter().for_each(|note| console.words(&format!("{of_service}: {note}\n")));
    }
    Ok(setup)
}

/// The compose file of the Dockerfile's folder, of the context, or of the current folder.
fn at_hand(args: &cli::Verify, path: &Path) -> Option<PathBuf> {
    let folders = [Some(files::folder_of(path).to_owned()), args.choices.context.clone(), env::current_dir().ok()];
    let folders = folders.into_iter().flatten();
    folders.filter_map(|folder| compose::file_in(&folder)).map(|file| input::tidy(&file)).next()
}

/// The command line adds to what the compose file says, and wins.
pub(super) fn needs(args: &cli::Verify, setup: Setup, reached: Reached) -> Needs {
    let mut launch = setup.launch;
    launch.env.extend(args.running.env.iter().cloned());
    let ports = ports(args, &launch, &reached);
    launch.ports = ports.into_iter().collect();
    launch.env_files.extend(args.running.env_file.iter().cloned());
    launch.volumes.extend(args.running.volume.iter().cloned());
    launch.options.extend(args.running.run_arg.iter().cloned());
    if !args.running.command.is_empty() {
        launch.command.clone_from(&args.running.command);
    }
    let probes: BTreeSet<String> = match args.probe.as_slice() {
        [] => ["/".to_owned()].into_iter().chain(reached.paths).collect(),
        probes => probes.iter().map(|path| format!("/{}", path.trim_start_matches('/'))).collect(),
    };
    Needs {
        launch,
        service: setup.service,
        companions: setup.companions,
        probes: probes.into_iter().collect(),
        wait: Duration::from_secs(args.wait),
    }
}

/// A variable that names the port may be set: the last value counts.
fn ports(args: &cli::Verify, launch: &Launch, reached: &Reached) -> BTreeSet<u16> {
    let of_env = |variable: &str| {
        let value = launch.env.iter().rev().find_map(|env| env.strip_prefix(variable)?.strip_prefix('='))?;
        value.parse().ok()
    };
    let told = reached.ports.iter().map(|port| port.variable.as_deref().and_then(of_env).unwrap_or(port.number));
    told.chain(launch.ports.iter().copied()).chain(args.running.port.iter().copied()).collect()
}
