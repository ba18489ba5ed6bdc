//! Builds a text, and looks at what the image holds and does.

use std::collections::BTreeSet;
use std::time::Duration;

use super::compose::Companion;
use super::files::{Files, User};
use super::run::Run;
use super::volumes::{FreshVolumes, is_name};
use super::watch::Watch;
use crate::container::{Built, Configuration, Confinement, Error, Image, Launch, Recipe, Session};
use crate::templates::Verify;

/// What a program needs to be seen at work.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Needs {
    /// How it is started. The ports are those that it may listen on, beside the ones of `EXPOSE`.
    pub launch: Launch,
    /// The name by which what runs beside it finds it.
    pub service: String,
    /// What has to run beside it, in this order.
    pub companions: Vec<Companion>,
    /// The paths that are asked for by HTTP.
    pub probes: Vec<String>,
    /// How long it may take until it answers.
    pub wait: Duration,
}

impl Needs {
    /// The folders of this machine that every image may write to.
    pub fn shared_folders(&self) -> impl Iterator<Item = &str> {
        self.launch.volumes.iter().filter_map(|volume| {
            // A directory alone is an anonymous volume.
            let (folder, mount) = volume.split_once(':').filter(|(source, _)| !is_name(source))?;
            let options = mount.split_once(':').map_or("", |(_, options)| options);
            (!options.split(',').any(|option| option == "ro")).then_some(folder)
        })
    }
}

/// What the image of one text holds and does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trial {
    /// What it says of itself.
    pub configuration: Configuration,
    /// What it holds.
    pub files: Files,
    /// What it does.
    pub run: Run,
}

impl Trial {
    /// Whom its program runs as; none if the image does not know the name.
    #[must_use]
    pub fn user(&self) -> Option<User> {
        self.files.user(&self.configuration.user)
    }
}

/// What a program does without, and the directories that are volumes nevertheless.
#[derive(Default)]
pub(super) struct Limits {
    pub confinement: Confinement,
    pub volumes: Vec<String>,
}

/// What is the same for all trials.
pub(super) struct Bench<'s, 'n> {
    pub session: &'s Session,
    pub needs: &'n Needs,
    pub known: &'n Verify,
}

/// An image, before its program ran.
pub(super) struct Subject<'s> {
    pub image: Image<'s>,
    pub configuration: Configuration,
    pub files: Files,
}

impl Subject<'_> {
    pub(super) fn trial(&self, run: Run) -> Trial {
        Trial { configuration: self.configuration.clone(), files: self.files.clone(), run }
    }
}

impl<'s> Bench<'s, '_> {
    /// Builds `recipe` and reads the image; the log where the build fails.
    pub(super) fn build(&self, name: &str, recipe: &Recipe) -> Result<Result<Subject<'s>, String>, Error> {
        let image = match self.session.build(name, recipe)? {
            Built::Image(image) => image,
            Built::Failed { log } => return Ok(Err(log)),
        };
        let configuration = image.configuration()?;
        let (workdir, interrupt) = (&configuration.workdir, self.session.interrupt());
        let files = image.create()?.export(|archive| Files::read(archive, workdir, self.known, interrupt))?;
        Ok(Ok(Subject { image, configuration, files }))
    }

    /// Runs the program until it ended, or was seen at work. It is waited for on the ports of `awaited`, where they are known.
    pub(super) fn run(&self, subject: &Subject, awaited: Option<&BTreeSet<u16>>) -> Result<Run, Error> {
        self.run_within(subject, awaited, &Limits::default())
    }

    /// The same with something taken away.
    pub(super) fn run_within(
        &self,
        subject: &Subject,
        awaited: Option<&BTreeSet<u16>>,
        limits: &Limits,
    ) -> Result<Run, Error> {
        let ports: BTreeSet<u16> =
            self.needs.launch.ports.iter().chain(&subject.configuration.ports).copied().collect();
        let mut launch = self.needs.launch.clone();
        launch.ports = ports.iter().copied().collect();
        let volumes = FreshVolumes::new(self.session);
        launch.volumes = volumes.in_place_of(&launch.volumes)?;
        let for_writes = |directory: &String| Ok(format!("{}:{directory}", self.session.volume("data")?));
        launch.volumes.extend(limits.volumes.iter().map(for_writes).collect::<Result<Vec<_>, Error>>()?);
        launch.confinement = limits.confinement;
        if subject.configuration.healthcheck.is_some() {
            hasten(&mut launch.options);
        }
        let company = self.company(&volumes)?;
        if let Some(company) = &company {
            company.join(&self.needs.service, &mut launch);
        }
        let container = match subject.image.start(&launch) {
            Ok(container) => container,
            Err(Error::NotStarted { said }) => return Ok(Run::refused(&said)),
            Err(error) => return Err(error),
        };
        let user = subject.files.user(&subject.configuration.user);
        let home = user.as_ref().and_then(|user| user.home.as_deref());
        let interrupt = self.session.interrupt();
        let image = &subject.image;
        Watch { container: &container, image, interrupt, needs: self.needs, ports, awaited, home }.watch()
    }
}

/// The check itself is what is proved, not how often it is made.
fn hasten(options: &mut Vec<String>) {
    if options.iter().any(|option| option.starts_with("--health-") || option == "--no-healthcheck") {
        return;
    }
    let hasty = ["--health-interval", "2s", "--health-start-period", "1ms", "--health-retries", "3"];
    options.extend(hasty.map(str::to_owned));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_is_shared_unless_it_is_read_only() {
        let volumes = ["./a:/a", "/b:/b:ro", "/c:/c:z,ro", "/d:/d:z", "name:/e"].map(str::to_owned).into();
        let needs = Needs { launch: Launch { volumes, ..Launch::default() }, ..Needs::default() };
        assert_eq!(needs.shared_folders().collect::<Vec<_>>(), ["./a", "/d"]);
    }

    #[test]
    fn a_check_that_a_person_sets_is_left_as_it_is() {
        let mut options = vec!["--health-interval".to_owned(), "9s".to_owned()];
        hasten(&mut options);
        assert_eq!(options.len(), 2);
    }
}
