//! Starts containers.

use super::error::is_port_in_use;
use super::session::Made;
use super::{Container, Engine, Error, Image, Output};

/// What a program needs to run, beside its image.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Launch {
    /// `NAME=value`, or `NAME` for the value that the person's own environment has.
    pub env: Vec<String>,
    /// Files of such lines.
    pub env_files: Vec<String>,
    /// `SOURCE:DIRECTORY[:OPTIONS]`, as the engine takes them.
    pub volumes: Vec<String>,
    /// The TCP ports of the container that are published on free ports of 127.0.0.1.
    pub ports: Vec<u16>,
    /// Who runs it, in place of the image's user.
    pub user: Option<String>,
    /// Further options of `run`, as the engine takes them.
    pub options: Vec<String>,
    /// What is run in place of the image's command.
    pub command: Vec<String>,
    /// What is taken away from it.
    pub confinement: Confinement,
}

/// What a container does without.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Confinement {
    /// The root file system can't be written; `/tmp` is a tmpfs.
    pub read_only: bool,
    /// No capability is left.
    pub no_capabilities: bool,
    /// No program can gain privileges.
    pub no_new_privileges: bool,
}

impl Confinement {
    /// Everything that can be taken away is.
    pub const FULL: Self = Self { read_only: true, no_capabilities: true, no_new_privileges: true };

    fn options(self, engine: Engine) -> Vec<String> {
        let mut options: Vec<&str> = Vec::new();
        if self.read_only {
            options.extend(["--read-only", "--tmpfs", "/tmp"]);
        }
        // Podman would leave more than `/tmp` to be written.
        if self.read_only && engine == Engine::Podman {
            options.push("--read-only-tmpfs=false");
        }
        if self.no_capabilities {
            options.extend(["--cap-drop", "ALL"]);
        }
        if self.no_new_privileges {
            options.extend(["--security-opt", "no-new-privileges"]);
        }
        options.into_iter().map(str::to_owned).collect()
    }
}

/// The same name in every container: a program that prints it prints the same.
const HOSTNAME: &str = "harden";

impl Launch {
    fn options(&self, engine: Engine) -> Vec<String> {
        let pairs = |name: &'static str, values: &[String]| -> Vec<String> {
            values.iter().flat_map(|value| [name.to_owned(), value.clone()]).collect()
        };
        let publish: Vec<String> = self.ports.iter().map(|port| format!("127.0.0.1::{port}")).collect();
        let user: Vec<String> = self.user.iter().cloned().collect();
        [
            vec!["--hostname".to_owned(), HOSTNAME.to_owned()],
            pairs("--env", &self.env),
            pairs("--env-file", &self.env_files),
            pairs("--volume", &self.volumes),
            pairs("--publish", &publish),
            pairs("--user", &user),
            self.confinement.options(engine),
            self.options.clone(),
        ]
        .concat()
    }
}

impl<'s> Image<'s> {
    /// Starts a container; it may have ended already when this returns.
    ///
    /// # Errors
    /// [`Error::NotStarted`] if the engine can't make it or can't start its program; others if it could with a free port.
    pub fn start(&self, launch: &Launch) -> Result<Container<'s>, Error> {
        let session = self.session;
        session.interrupt.check()?;
        let name = session.name("run");
        session.will_make(Made::Container(name.clone()));
        let create = ["create".to_owned(), "--name".to_owned(), name.clone()];
        let create =
            [&create[..], &launch.options(session.cli.engine()), std::slice::from_ref(&self.tag), &launch.command]
                .concat();
        session.cli.run(&create).map_err(not_started)?;
        let container = Container { session, name };
        session.cli.run(&["start", &container.name]).map_err(not_started)?;
        Ok(container)
    }

    /// What a program of the image prints as root and without a network; it may fail, or not be there.
    ///
    /// # Errors
    /// If it was interrupted.
    pub fn said(&self, program: &str, words: &[&str]) -> Result<Output, Error> {
        let name = self.session.name("ask");
        self.session.will_make(Made::Container(name.clone()));
        let run = ["run", "--rm", "--name", &name, "--network", "none", "--user", "0", "--entrypoint", program];
        self.session.cli.attempt(&[&run[..], &[&self.tag], words].concat(), &self.session.interrupt)
    }

    /// A container that is made and never started: its files can be read.
    ///
    /// # Errors
    /// If the engine can't make it.
    pub fn create(&self) -> Result<Container<'s>, Error> {
        let name = self.session.name("files");
        self.session.will_make(Made::Container(name.clone()));
        // An image without a command is given one: nothing will run it.
        self.session.cli.run(&["create", "--name", &name, &self.tag, "none"])?;
        Ok(Container { session: self.session, name })
    }
}

/// A port that is taken is no fault of the program.
fn not_started(error: Error) -> Error {
    match error {
        Error::Failed { said, .. } if !is_port_in_use(&said) => Error::NotStarted { said },
        other => other,
    }
}
