//! Everything that a run made, and its removal.

use std::cell::{Cell, RefCell};
use std::collections::hash_map::RandomState;
use std::hash::{BuildHasher, Hasher};

use super::{Cli, Engine, Error, Image, Interrupt};

/// Something that the session made in the engine, by its name there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Made {
    Container(String),
    Network(String),
    Volume(String),
    Image(String),
}

impl Made {
    fn removal(&self, engine: Engine) -> Vec<&str> {
        match (self, engine) {
            // Podman waits ten seconds for the program to end by itself.
            (Self::Container(name), Engine::Podman) => vec!["rm", "--force", "--time", "0", "--volumes", name],
            (Self::Container(name), _) => vec!["rm", "--force", "--volumes", name],
            (Self::Network(name), _) => vec!["network", "rm", "--", name],
            (Self::Volume(name), _) => vec!["volume", "rm", "--force", name],
            (Self::Image(name), _) => vec!["image", "rm", "--force", name],
        }
    }
}

/// A run of ours on an engine. What it makes is named after it, and gone when it ends.
#[derive(Debug)]
pub struct Session {
    pub(super) cli: Cli,
    pub(super) interrupt: Interrupt,
    id: String,
    names: Cell<usize>,
    made: RefCell<Vec<Made>>,
}

impl Session {
    /// Begins a session.
    #[must_use]
    pub fn new(cli: Cli, interrupt: Interrupt) -> Self {
        let id = format!("harden-{:08x}", RandomState::new().build_hasher().finish() >> 32);
        Self { cli, interrupt, id, names: Cell::default(), made: RefCell::default() }
    }

    /// The beginning of the name of everything that it makes.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    /// The engine.
    #[must_use]
    pub const fn cli(&self) -> Cli {
        self.cli
    }

    /// What stops it.
    #[must_use]
    pub const fn interrupt(&self) -> &Interrupt {
        &self.interrupt
    }

    /// An image that somebody else made; it is not removed.
    #[must_use]
    pub fn image(&self, name: &str) -> Image<'_> {
        Image::new(self, name.to_owned())
    }

    /// A volume of its own.
    ///
    /// # Errors
    /// If the engine makes none.
    pub fn volume(&self, name: &str) -> Result<String, Error> {
        let name = self.name(name);
        self.will_make(Made::Volume(name.clone()));
        self.cli.run(&["volume", "create", &name])?;
        Ok(name)
    }

    /// A network of its own.
    ///
    /// # Errors
    /// If the engine makes none.
    pub fn network(&self, name: &str) -> Result<String, Error> {
        let name = self.name(name);
        self.will_make(Made::Network(name.clone()));
        self.cli.run(&["network", "create", &name])?;
        Ok(name)
    }

    /// A name that nothing else has.
    pub(super) fn name(&self, what: &str) -> String {
        let number = self.names.get() + 1;
        self.names.set(number);
        format!("{}-{number}-{what}", self.id)
    }

    /// Noted before it is made: a command that is cut off may have made it nevertheless.
    pub(super) fn will_make(&self, made: Made) {
        self.made.borrow_mut().push(made);
    }

    /// Removes `made` before the session ends.
    pub(super) fn remove(&self, made: &Made) -> Result<(), Error> {
        self.cli.run(&made.removal(self.cli.engine()))?;
        self.made.borrow_mut().retain(|other| other != made);
        Ok(())
    }

    /// Removes everything that was made.
    ///
    /// # Errors
    /// The first thing that could not be removed; the others are removed nevertheless.
    pub fn close(self) -> Result<(), Error> {
        self.remove_all()
    }

    /// The newest first: a container goes before its network, its volumes and its image.
    fn remove_all(&self) -> Result<(), Error> {
        let made = self.made.take();
        let removed: Vec<_> = made.iter().rev().map(|made| self.cli.run(&made.removal(self.cli.engine()))).collect();
        removed
            .into_iter()
            .filter(|removed| !removed.as_ref().is_err_and(is_gone))
            .try_for_each(|removed| removed.map(drop))
    }
}

/// It was never made, or is gone already.
fn is_gone(error: &Error) -> bool {
    matches!(error, Error::Failed { said, .. } if said.to_ascii_lowercase().contains("no such") || said.contains("not found"))
}

impl Drop for Session {
    fn drop(&mut self) {
        // Who wants to hear of an error calls `close`.
        let _ = self.remove_all();
    }
}
