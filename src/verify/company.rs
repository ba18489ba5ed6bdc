//! The services that a program depends on, started beside it for one run.

use std::time::{Duration, Instant};

use super::compose::Companion;
use super::trial::{Bench, fresh};
use crate::container::{Container, Error, Health, Launch, State};

const LOOK_AGAIN: Duration = Duration::from_millis(500);

/// Services that run, in a network of their own. They are gone when the value is.
pub(super) struct Company<'s> {
    network: String,
    /// The newest first: who depends on another ends before it.
    #[expect(dead_code, reason = "they are held, and removed with the value")]
    containers: Vec<Container<'s>>,
}

impl Company<'_> {
    /// Lets `service` find them, and be found by them.
    pub(super) fn join(&self, service: &str, launch: &mut Launch) {
        join(&self.network, service, launch);
    }
}

fn join(network: &str, service: &str, launch: &mut Launch) {
    launch.options.extend(["--network", network, "--network-alias", service].map(str::to_owned));
}

impl<'s> Bench<'s, '_> {
    /// Starts what the program depends on; nothing, where it stands alone.
    pub(super) fn company(&self) -> Result<Option<Company<'s>>, Error> {
        if self.needs.companions.is_empty() {
            return Ok(None);
        }
        let network = self.session.network("company")?;
        let mut containers = Vec::new();
        for companion in &self.needs.companions {
            containers.insert(0, self.companion(companion, &network)?);
        }
        Ok(Some(Company { network, containers }))
    }

    fn companion(&self, companion: &Companion, network: &str) -> Result<Container<'s>, Error> {
        let mut launch =
            Launch { volumes: fresh(self.session, &companion.launch.volumes)?, ..companion.launch.clone() };
        join(network, &companion.service, &mut launch);
        let container = self.session.image(&companion.image).start(&launch).map_err(|error| match error {
            Error::NotStarted { said } => beside(&companion.service, said),
            other => other,
        })?;
        if companion.has_to_be_healthy {
            self.wait_until_healthy(&companion.service, &container)?;
        }
        Ok(container)
    }

    fn wait_until_healthy(&self, service: &str, container: &Container) -> Result<(), Error> {
        let began = Instant::now();
        while began.elapsed() < self.needs.wait {
            if container.health()? == Health::Healthy {
                return Ok(());
            }
            if let State::Exited(code) = container.state()? {
                return Err(beside(service, format!("it ends with exit code {code}: {}", container.logs()?.trim())));
            }
            self.session.interrupt().sleep(LOOK_AGAIN)?;
        }
        Err(beside(service, format!("it is not healthy after {} s", self.needs.wait.as_secs())))
    }
}

fn beside(service: &str, why: String) -> Error {
    Error::Beside { service: service.to_owned(), why }
}
