//! What the commands share that build and run images.

use std::path::{Path, PathBuf};

use harden::container::{self, Interrupt, Launch, Session};

use super::failure::Failure;
use super::input::{self, Input};
use crate::cli;

/// The engine that was asked for, or one that is there.
pub fn find(building: &cli::Building) -> Result<container::Cli, Failure> {
    container::Cli::find(building.engine.map(Into::into)).map_err(Failure::of_engine)
}

/// A session on `engine`, which the signals of this process end.
pub fn session(engine: container::Cli) -> Result<Session, Failure> {
    Ok(Session::new(engine, Interrupt::on_signals().map_err(Failure::of_engine)?))
}

/// One Dockerfile, which lies in a folder: a build needs one.
pub fn one_file(path: Option<&Path>) -> Result<Input, Failure> {
    let Some(path) = path else { return input::default(false) };
    let mut found = input::collect(&[path.to_owned()]);
    match (found.pop(), found.len()) {
        (Some(found), 0) => match found.input? {
            Input::Stdin => Err(Failure::new("what is piped in has no folder to be built in")
                .hint("name a file: `harden observe Dockerfile`")),
            input @ Input::File(_) => Ok(input),
        },
        (_, more) => Err(Failure::new(format!("{} Dockerfiles below {}", more + 1, path.display()))
            .hint("name one of them: `harden observe path/to/Dockerfile`")),
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
