//! An image that was built here, and what its configuration says.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::{Error, Session};

/// An image of a session.
#[derive(Debug, Clone)]
pub struct Image<'s> {
    pub(super) session: &'s Session,
    pub(super) tag: String,
}

/// What an image says of itself.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Configuration {
    /// Its size in bytes, as the engine counts it.
    pub size: u64,
    /// `USER`; empty is root.
    pub user: String,
    /// `ENTRYPOINT`.
    pub entrypoint: Vec<String>,
    /// `CMD`.
    pub cmd: Vec<String>,
    /// `WORKDIR`.
    pub workdir: String,
    /// The ports of `EXPOSE` that speak TCP.
    pub ports: Vec<u16>,
    /// The directories of `VOLUME`.
    pub volumes: Vec<String>,
    /// The command of `HEALTHCHECK`; `NONE` is none.
    pub healthcheck: Option<Vec<String>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Inspected {
    size: u64,
    config: Config,
    /// Podman has it beside the configuration, the others in it.
    healthcheck: Option<Healthcheck>,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "PascalCase", default)]
struct Config {
    user: Option<String>,
    entrypoint: Option<Vec<String>>,
    cmd: Option<Vec<String>>,
    working_dir: Option<String>,
    exposed_ports: Option<BTreeMap<String, serde_json::Value>>,
    volumes: Option<BTreeMap<String, serde_json::Value>>,
    healthcheck: Option<Healthcheck>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Healthcheck {
    test: Option<Vec<String>>,
}

impl<'s> Image<'s> {
    pub(super) const fn new(session: &'s Session, tag: String) -> Self {
        Self { session, tag }
    }

    /// Its name in the engine.
    #[must_use]
    pub fn tag(&self) -> &str {
        &self.tag
    }

    /// What it says of itself.
    ///
    /// # Errors
    /// If the engine does not say.
    pub fn configuration(&self) -> Result<Configuration, Error> {
        let args = ["image", "inspect", &self.tag];
        let inspected = self.session.cli.run(&args)?;
        let unreadable = |why: String| Error::Unreadable { command: self.session.cli.spelt(&args), why };
        let inspected: Vec<Inspected> =
            serde_json::from_str(&inspected).map_err(|error| unreadable(error.to_string()))?;
        let first = inspected.into_iter().next().ok_or_else(|| unreadable("no image".to_owned()))?;
        Ok(first.into())
    }
}

impl From<Inspected> for Configuration {
    fn from(Inspected { size, config, healthcheck }: Inspected) -> Self {
        let test = config.healthcheck.or(healthcheck).and_then(|check| check.test).unwrap_or_default();
        let is_check = test.first().is_some_and(|kind| kind != "NONE");
        let ports = config.exposed_ports.unwrap_or_default();
        Self {
            size,
            user: config.user.unwrap_or_default(),
            entrypoint: config.entrypoint.unwrap_or_default(),
            cmd: config.cmd.unwrap_or_default(),
            workdir: config.working_dir.unwrap_or_default(),
            ports: ports.keys().filter_map(|port| port.strip_suffix("/tcp")?.parse().ok()).collect(),
            volumes: config.volumes.unwrap_or_default().into_keys().collect(),
            healthcheck: is_check.then_some(test),
        }
    }
}
