//! The services that a program depends on, started beside it for one run.

use std::time::{Duration, Instant};

use super::compose::{Companion, Condition};
use super::trial::Bench;
use super::volumes::FreshVolumes;
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
    pub(super) fn company(&self, volumes: &FreshVolumes) -> Result<Option<Company<'s>>, Error> {
        if self.needs.companions.is_empty() {
            return Ok(None);
        }
        let network = self.session.network("company")?;
        let mut containers = Vec::new();
        for companion in &self.needs.companions {
            containers.insert(0, self.companion(companion, &network, volumes)?);
        }
        Ok(Some(Company { network, containers }))
    }

    fn companion(&self, companion: &Companion, network: &str, volumes: &FreshVolumes) -> Result<Container<'s>, Error> {
        let mut launch =
            Launch { volumes: volumes.in_place_of(&companion.launch.volumes)?, ..companion.launch.clone() };
        join(network, &companion.service, &mut launch);
        let container = self.session.image(&companion.image).start(&launch).map_err(|error| match error {
            Error::NotStarted { said } => beside(&companion.service, said),
            other => other,
        })?;
        self.wait(companion, &container)?;
        Ok(container)
    }

    /// Waits for what has to come of it.
    fn wait(&self, Companion { service, condition, .. }: &Companion, container: &Container) -> Result<(), Error> {
        let late = match condition {
            Condition::ServiceStarted => return Ok(()),
            Condition::ServiceHealthy => "it is not healthy",
            Condition::ServiceCompletedSuccessfully => "it has not ended",
        };
        let began = Instant::now();
        while began.elapsed() < self.needs.wait {
            match container.state()? {
                State::Exited(0) if *condition == Condition::ServiceCompletedSuccessfully => return Ok(()),
                State::Exited(code) => {
                    let log = container.logs()?;
                    let last = log.lines().map(str::trim).rfind(|line| !line.is_empty());
                    let last = last.map(|line| format!(": {line}")).unwrap_or_default();
                    return Err(beside(service, format!("it ends with exit code {code}{last}")));
                }
                State::Running if *condition == Condition::ServiceHealthy && container.health()? == Health::Healthy => {
                    return Ok(());
                }
                State::Running => {}
            }
            self.session.interrupt().sleep(LOOK_AGAIN)?;
        }
        Err(beside(service, format!("{late} after {} s", self.needs.wait.as_secs())))
    }
}

fn beside(service: &str, why: String) -> Error {
    Error::Beside { service: service.to_owned(), why }
}
