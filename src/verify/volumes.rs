//! Volumes for one run in the place of those that a person names.

use std::cell::RefCell;
use std::collections::BTreeMap;

use crate::container::{Error, Session};

/// A person's own volumes are not for experiments: each run gets new ones in their place. One that the program and a service
/// beside it share is one here, too.
pub(crate) struct FreshVolumes<'s> {
    session: &'s Session,
    by_name: RefCell<BTreeMap<String, String>>,
}

impl<'s> FreshVolumes<'s> {
    pub(crate) fn new(session: &'s Session) -> Self {
        Self { session, by_name: RefCell::default() }
    }

    /// `volumes`, each `SOURCE:DIRECTORY[:OPTIONS]`, with a volume of the run's own in the place of a name.
    ///
    /// # Errors
    /// If the engine makes none.
    pub(crate) fn in_place_of(&self, volumes: &[String]) -> Result<Vec<String>, Error> {
        let fresh = |volume: &String| match volume.split_once(':') {
            Some((source, rest)) if is_name(source) => Ok(format!("{}:{rest}", self.volume(source)?)),
            _ => Ok(volume.clone()),
        };
        volumes.iter().map(fresh).collect()
    }

    fn volume(&self, name: &str) -> Result<String, Error> {
        if let Some(known) = self.by_name.borrow().get(name) {
            return Ok(known.clone());
        }
        let fresh = self.session.volume("data")?;
        self.by_name.borrow_mut().insert(name.to_owned(), fresh.clone());
        Ok(fresh)
    }
}

/// A volume of the engine, not a folder of this machine.
pub(super) fn is_name(source: &str) -> bool {
    !source.starts_with(['.', '~']) && !source.contains(['/', '\\'])
}
