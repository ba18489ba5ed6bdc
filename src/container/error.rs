//! What can go wrong between us and the engine.

use std::fmt;
use std::io;

/// Why the engine could not be asked, or what it said.
#[derive(Debug)]
pub enum Error {
    /// The person asked to stop.
    Interrupted,
    /// None of the engines that were looked for is installed.
    NotInstalled {
        /// The programs that were looked for.
        programs: Vec<&'static str>,
    },
    /// The program is there, and its engine does not answer.
    NotRunning {
        /// The program.
        program: &'static str,
        /// What it printed.
        said: String,
    },
    /// A command of the engine failed.
    Failed {
        /// The command as a person would type it.
        command: String,
        /// What it printed.
        said: String,
    },
    /// The program of a container could not be started.
    NotStarted {
        /// What the engine printed.
        said: String,
    },
    /// A service that the program depends on could not be started.
    Beside {
        /// Its name.
        service: String,
        /// What the engine or the service printed.
        why: String,
    },
    /// The engine printed something that we can't read.
    Unreadable {
        /// The command as a person would type it.
        command: String,
        /// What is wrong with it.
        why: String,
    },
    /// The operating system refused something.
    Io(io::Error),
}

impl Error {
    /// What to do about it.
    #[must_use]
    pub fn hint(&self) -> Option<&'static str> {
        match self {
            Self::NotInstalled { .. } => Some("install one of them, or name another with --engine"),
            Self::NotRunning { .. } => Some("start the engine, and see that you may use it: `docker info` has to work"),
            Self::Failed { said, .. } if is_port_in_use(said) => Some(
                "another program has that port of this machine: leave the host port out of --run-arg, and the engine takes a free one",
            ),
            Self::Beside { .. } => {
                Some("see that `docker compose up` starts it; --no-compose leaves the compose file out")
            }
            Self::Interrupted
            | Self::Failed { .. }
            | Self::NotStarted { .. }
            | Self::Unreadable { .. }
            | Self::Io(_) => None,
        }
    }
}

pub(super) fn is_port_in_use(said: &str) -> bool {
    said.contains("port is already allocated") || said.contains("address already in use")
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Interrupted => f.write_str("interrupted"),
            Self::NotInstalled { programs } => write!(f, "no container engine is installed: {}", programs.join(", ")),
            Self::NotRunning { program, said } => write!(f, "{program} does not reach its engine: {}", said.trim()),
            Self::Failed { command, said } => write!(f, "`{command}` failed: {}", said.trim()),
            Self::NotStarted { said } => write!(f, "the program can't be started: {}", said.trim()),
            Self::Beside { service, why } => write!(f, "the service {service} can't be started: {}", why.trim()),
            Self::Unreadable { command, why } => write!(f, "`{command}` printed what can't be read: {why}"),
            Self::Io(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for Error {}

impl From<io::Error> for Error {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}
