//! A container: its state, its ports, its logs, what it wrote.

use std::ffi::OsStr;
use std::io::Read;
use std::net::SocketAddr;

use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::session::Made;
use super::{Engine, Error, Output, Session};

/// A container of a session. It is removed when its value is.
#[derive(Debug)]
pub struct Container<'s> {
    pub(super) session: &'s Session,
    pub(super) name: String,
}

/// How a container is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// Its program runs.
    Running,
    /// Its program ended, with this code.
    Exited(i32),
}

/// What the image's own health check says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Health {
    /// There is none.
    None,
    /// It has not said yet.
    Starting,
    /// It succeeds.
    Healthy,
    /// It fails.
    Unhealthy,
}

/// A path that differs from the image's.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Change {
    /// How.
    pub kind: ChangeKind,
    /// The path.
    pub path: String,
}

/// How a path differs from the image's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum ChangeKind {
    /// It is new.
    Added,
    /// It was changed.
    Changed,
    /// It is gone.
    Deleted,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Inspected {
    state: InspectedState,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct InspectedState {
    #[serde(default)]
    status: String,
    exit_code: i32,
    health: Option<InspectedHealth>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct InspectedHealth {
    status: String,
    log: Option<Vec<InspectedProbe>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct InspectedProbe {
    output: Option<String>,
}

impl Container<'_> {
    /// Its name in the engine.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Whether its program runs.
    ///
    /// # Errors
    /// If the engine does not say.
    pub fn state(&self) -> Result<State, Error> {
        let state = self.inspected_state()?;
        Ok(match state.status.as_str() {
            "exited" | "dead" | "stopped" => State::Exited(state.exit_code),
            _ => State::Running,
        })
    }

    /// What its health check says.
    ///
    /// # Errors
    /// If the engine does not say.
    pub fn health(&self) -> Result<Health, Error> {
        self.check_by_hand()?;
        let health = self.inspected_state()?.health;
        Ok(match health.as_ref().map(|health| health.status.as_str()) {
            Some("healthy") => Health::Healthy,
            Some("unhealthy") => Health::Unhealthy,
            Some("starting") => Health::Starting,
            _ => Health::None,
        })
    }

    /// What its health check printed last.
    ///
    /// # Errors
    /// If the engine does not say.
    pub fn health_said(&self) -> Result<Option<String>, Error> {
        let log = self.inspected_state()?.health.and_then(|health| health.log).unwrap_or_default();
        Ok(log.into_iter().next_back().and_then(|probe| probe.output))
    }

    /// Where its port `port` is published on this machine; none once it ended.
    ///
    /// # Errors
    /// If the engine says what is no address.
    pub fn address(&self, port: u16) -> Result<Option<SocketAddr>, Error> {
        let args = ["port".to_owned(), self.name.clone(), format!("{port}/tcp")];
        let Ok(said) = self.session.cli.run(&args) else { return Ok(None) };
        let Some(first) = said.lines().next() else { return Ok(None) };
        let unreadable = || Error::Unreadable { command: self.session.cli.spelt(&args), why: first.to_owned() };
        first.trim().parse().map(Some).map_err(|_| unreadable())
    }

    /// What it printed.
    ///
    /// # Errors
    /// If the engine does not say.
    pub fn logs(&self) -> Result<String, Error> {
        let output = self.session.cli.attempt(&["logs", &self.name], &self.session.interrupt)?;
        Ok(output.stdout + &output.stderr)
    }

    /// What it changed below its root; volumes and tmpfs are not part of it.
    ///
    /// # Errors
    /// If the engine does not say.
    pub fn changes(&self) -> Result<Vec<Change>, Error> {
        let said = self.session.cli.run(&["diff", &self.name])?;
        let mut changes: Vec<Change> = said.lines().filter_map(change).collect();
        changes.sort();
        Ok(changes)
    }

    /// Runs a program in it.
    ///
    /// # Errors
    /// If it was interrupted; a program that fails is no error.
    pub fn exec<S: AsRef<OsStr>>(&self, options: &[S], program: &[S]) -> Result<Output, Error> {
        let words =
            |words: &[S]| -> Vec<std::ffi::OsString> { words.iter().map(|word| word.as_ref().into()).collect() };
        let args = [vec!["exec".into()], words(options), vec![(&self.name).into()], words(program)].concat();
        self.session.cli.attempt(&args, &self.session.interrupt)
    }

    /// Gives `read` an archive (tar) of all its files.
    ///
    /// # Errors
    /// If the engine does not give it, or `read` fails.
    pub fn export<T>(&self, read: impl FnOnce(&mut dyn Read) -> Result<T, Error>) -> Result<T, Error> {
        self.session.interrupt.check()?;
        self.session.cli.stream(&["export", &self.name], read)
    }

    /// Gives `read` an archive (tar) of what is at `path`, in a volume or not.
    ///
    /// # Errors
    /// If there is nothing, or `read` fails.
    pub fn archive<T>(&self, path: &str, read: impl FnOnce(&mut dyn Read) -> Result<T, Error>) -> Result<T, Error> {
        self.session.interrupt.check()?;
        self.session.cli.stream(&["cp", &format!("{}:{path}", self.name), "-"], read)
    }

    /// Ends its program as the engine does, and waits for it.
    ///
    /// # Errors
    /// If the engine can't.
    pub fn stop(&self) -> Result<(), Error> {
        self.session.cli.attempt(&["stop", &self.name], &self.session.interrupt).map(drop)
    }

    /// Podman leaves it to systemd to run a check, and many machines have none.
    fn check_by_hand(&self) -> Result<(), Error> {
        let cli = self.session.cli;
        match cli.engine() {
            Engine::Podman => cli.attempt(&["healthcheck", "run", &self.name], &self.session.interrupt).map(drop),
            Engine::Docker | Engine::Nerdctl => Ok(()),
        }
    }

    fn inspected_state(&self) -> Result<InspectedState, Error> {
        self.inspect::<Inspected>().map(|inspected| inspected.state)
    }

    /// What the engine says of it.
    pub(super) fn inspect<T: DeserializeOwned>(&self) -> Result<T, Error> {
        self.session.interrupt.check()?;
        let args = ["container", "inspect", &self.name];
        let said = self.session.cli.run(&args)?;
        let unreadable = |why: String| Error::Unreadable { command: self.session.cli.spelt(&args), why };
        let inspected: Vec<T> = serde_json::from_str(&said).map_err(|error| unreadable(error.to_string()))?;
        inspected.into_iter().next().ok_or_else(|| unreadable("no container".to_owned()))
    }
}

fn change(line: &str) -> Option<Change> {
    let (kind, path) = line.split_once(' ')?;
    let kind = match kind {
        "A" => ChangeKind::Added,
        "C" => ChangeKind::Changed,
        "D" => ChangeKind::Deleted,
        _ => return None,
    };
    Some(Change { kind, path: path.to_owned() })
}

impl Drop for Container<'_> {
    fn drop(&mut self) {
        // The session tells of what could not be removed.
        let _ = self.session.remove(&Made::Container(self.name.clone()));
    }
}
