//! The command line of an engine: `docker`, `podman` or `nerdctl`.

use std::ffi::OsStr;
use std::io::{self, Read};
use std::process::Command;

use super::process::{self, Output};
use super::{Error, Interrupt};

/// The engines that are known, in the order in which they are looked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Engine {
    /// Docker Engine.
    Docker,
    /// Podman.
    Podman,
    /// containerd, by nerdctl.
    Nerdctl,
}

impl Engine {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Docker, Self::Podman, Self::Nerdctl];

    /// The program that speaks with it.
    #[must_use]
    pub const fn program(self) -> &'static str {
        match self {
            Self::Docker => "docker",
            Self::Podman => "podman",
            Self::Nerdctl => "nerdctl",
        }
    }
}

/// An engine that answers.
#[derive(Debug, Clone, Copy)]
pub struct Cli {
    engine: Engine,
}

impl Cli {
    /// The engine that was asked for, else the first that answers.
    ///
    /// # Errors
    /// If none is installed, or if none of those that are does answer.
    pub fn find(asked: Option<Engine>) -> Result<Self, Error> {
        let candidates = asked.map_or(Engine::ALL.to_vec(), |engine| vec![engine]);
        let mut silent = None;
        for engine in &candidates {
            match (Self { engine: *engine }).version() {
                Ok(output) if output.is_success() => return Ok(Self { engine: *engine }),
                Ok(output) => {
                    silent.get_or_insert(Error::NotRunning { program: engine.program(), said: output.stderr });
                }
                Err(Error::Io(error)) if error.kind() == io::ErrorKind::NotFound => {}
                Err(error) => return Err(error),
            }
        }
        let programs = candidates.into_iter().map(Engine::program).collect();
        Err(silent.unwrap_or(Error::NotInstalled { programs }))
    }

    /// Asks the engine itself, not only the program.
    fn version(self) -> Result<Output, Error> {
        process::run(&mut self.command(&["info"]), None)
    }

    /// Which engine it is.
    #[must_use]
    pub const fn engine(self) -> Engine {
        self.engine
    }

    /// Runs a short command to its end.
    ///
    /// # Errors
    /// If it fails.
    pub fn run<S: AsRef<OsStr>>(self, args: &[S]) -> Result<String, Error> {
        self.successful(args, process::run(&mut self.command(args), None)?).map(|output| output.stdout)
    }

    /// Runs a command that may take long, until it ends or the person asks to stop; it may fail.
    ///
    /// # Errors
    /// If it could not be started, or was interrupted.
    pub fn attempt<S: AsRef<OsStr>>(self, args: &[S], interrupt: &Interrupt) -> Result<Output, Error> {
        process::run(&mut self.command(args), Some(interrupt))
    }

    /// Runs a command and gives `read` what it prints while it does.
    ///
    /// # Errors
    /// If the command fails, or `read` does.
    pub fn stream<S: AsRef<OsStr>, T>(
        self,
        args: &[S],
        read: impl FnOnce(&mut dyn Read) -> Result<T, Error>,
    ) -> Result<T, Error> {
        let (read, output) = process::stream(&mut self.command(args), read)?;
        self.successful(args, output).map(|_| read)
    }

    fn command<S: AsRef<OsStr>>(self, args: &[S]) -> Command {
        let mut command = Command::new(self.engine.program());
        command.args(args).env("DOCKER_BUILDKIT", "1").env("DOCKER_CLI_HINTS", "false");
        command
    }

    fn successful<S: AsRef<OsStr>>(self, args: &[S], output: Output) -> Result<Output, Error> {
        if output.is_success() {
            return Ok(output);
        }
        Err(Error::Failed { command: self.spelt(args), said: output.stderr })
    }

    /// The command as a person would type it.
    #[must_use]
    pub fn spelt<S: AsRef<OsStr>>(self, args: &[S]) -> String {
        let words = args.iter().map(|arg| arg.as_ref().to_string_lossy().into_owned());
        [self.engine.program().to_owned()].into_iter().chain(words).collect::<Vec<_>>().join(" ")
    }
}
