//! What the commands share that build and run images.

use std::path::{Path, PathBuf};

use harden::container::{self, Interrupt, Launch, Session};

use super::failure::Failure;
use super::input::{self, Input};
use crate::cli;

/// A session on the engine that was asked for, or on one that is there.
pub fn session(building: &cli::Building) -> Result<Session, Failure> {
    let engine = container::Cli::find(building.engine.map(Into::into)).map_err(failure)?;
    Ok(Session::new(engine, Interrupt::on_signals().map_err(failure)?))
}

/// One Dockerfile, which lies in a folder: a build needs one.
pub fn one_file(path: Option<&Path>, command: &str) -> Result<Input, Failure> {
    let Some(path) = path else { return input::default(false) };
    let mut found = input::collect(&[path.to_owned()]);
    match (found.pop(), found.len()) {
        (Some(found), 0) => match found.input? {
            Input::Stdin => Err(Failure::new("what is piped in has no folder to be built in")
                .hint(format!("name a file: `harden {command} Dockerfile`"))),
            input @ Input::File(_) => Ok(input),
        },
        (_, more) => Err(Failure::new(format!("{} Dockerfiles below {}", more + 1, path.display()))
            .hint(format!("name one of them: `harden {command} path/to/Dockerfile`"))),
    }
}

/// The `.dockerignore` that belongs to the Dockerfile at `path` alone.
pub fn ignore_beside(path: &Path) -> Option<PathBuf> {
    let mut ignore = path.to_owned().into_os_string();
    ignore.push(".dockerignore");
    Some(PathBuf::from(ignore)).filter(|ignore| ignore.is_file())
}

impl From<cli::Engine> for container::Engine {
    fn from(engine: cli::Engine) -> Self {
        match engine {
            cli::Engine::Docker => Self::Docker,
            cli::Engine::Podman => Self::Podman,
            cli::Engine::Nerdctl => Self::Nerdctl,
        }
    }
}

impl cli::Building {
    /// The further options of the build.
    pub fn options(&self) -> Vec<String> {
        let arguments = self.build_arg.iter().flat_map(|arg| ["--build-arg".to_owned(), arg.clone()]);
        arguments.chain(self.build_option.iter().cloned()).collect()
    }
}

impl cli::Running {
    /// How a container is started; no ports are named.
    pub fn launch(&self) -> Launch {
        Launch {
            env: self.env.clone(),
            env_files: self.env_file.clone(),
            volumes: self.volume.clone(),
            options: self.run_arg.clone(),
            command: self.command.clone(),
            ..Launch::default()
        }
    }
}

/// What the engine said, with what to do about it.
pub fn failure(error: container::Error) -> Failure {
    let hint = error.hint();
    let failure = Failure::from(error);
    match hint {
        Some(hint) => failure.hint(hint),
        None => failure,
    }
}
