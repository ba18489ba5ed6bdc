//! Runs an image for a while on a container engine, and takes down what it does.
//!
//! The original is built and runs as it is; then, where it runs as root, once more as a user without rights who owns what a
//! hardened image would give it. What was not seen is not said: a list that nobody could make stays away.

mod look;
mod machine;
mod native;
mod packages;
mod scene;
mod secrets;
mod sockets;
mod watch;
mod without_root;
mod writes;

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

pub use scene::Scene;

use crate::container::{self, Built, Configuration, Container, Image, Interrupt, Launch, Recipe, Session, State};
use crate::evidence::Observed;
use crate::templates::Verify;
use crate::verify::{FreshVolumes, log};
use watch::{Question, Reply, Seen, Watch};
use without_root::Verdict;

/// A program that may answer is given this long to do so, before the time that it is looked at begins.
const PATIENCE: Duration = Duration::from_secs(60);

/// One that answered as root is waited for longer.
const LONG_PATIENCE: Duration = Duration::from_secs(90);

/// One that answers nothing is looked at for no longer than this without root.
const SHORT: Duration = Duration::from_secs(30);

/// What goes wrong after the first answers is to be seen, too.
const SETTLE: Duration = Duration::from_secs(4);

/// What is looked at, and for how long.
pub struct Plan<'p> {
    /// How the original is built.
    pub recipe: Recipe<'p>,
    /// How it runs.
    pub launch: Launch,
    /// The paths that are asked for by HTTP.
    pub probes: Vec<String>,
    /// How long.
    pub time: Duration,
    /// Asked once it was long enough.
    pub enough: Interrupt,
    /// Whom it is run as without root: `1000:1000`.
    pub user: String,
    /// What its Dockerfile says.
    pub scene: Scene,
}

/// Why nothing was observed.
#[derive(Debug)]
pub enum Error {
    /// The engine, or the person.
    Container(container::Error),
    /// The program can't be built or does not run: what it does says nothing.
    Program {
        /// What went wrong.
        what: String,
        /// The end of what was printed.
        log: Vec<String>,
    },
}

impl From<container::Error> for Error {
    fn from(error: container::Error) -> Self {
        Self::Container(error)
    }
}

/// Looks at programs on one engine.
pub struct Observer<'s, 'p> {
    session: &'s Session,
    plan: &'p Plan<'p>,
    known: &'p Verify,
    tell: &'p dyn Fn(&str),
}

impl<'s, 'p> Observer<'s, 'p> {
    /// An observer; `tell` hears what is being done.
    pub const fn new(session: &'s Session, plan: &'p Plan<'p>, known: &'p Verify, tell: &'p dyn Fn(&str)) -> Self {
        Self { session, plan, known, tell }
    }

    /// Builds and runs the original, and says what it did.
    ///
    /// # Errors
    /// If it can't be built, does not run, or if the engine fails.
    pub fn observe(&self) -> Result<Observed, Error> {
        (self.tell)("building the image");
        let image = self.build()?;
        let configuration = image.configuration()?;
        (self.tell)(&format!("running it for {} seconds: use it meanwhile", self.plan.time.as_secs()));
        let launch = self.launch(&configuration.ports)?;
        let container = image.start(&launch)?;
        let seen = self.watch(&container, &launch.ports)?;
        refuse_failure(&seen)?;
        self.tell_unpublished(&seen, &launch.ports);
        let writes = self.writes(&container, &image)?;
        drop(container);
        let root = self.root(&image, &configuration, &seen, &writes)?;
        let libraries = self.libraries(&image, &seen)?;
        Ok(observed(self.plan, seen, writes, root, libraries))
    }

    fn build(&self) -> Result<Image<'s>, Error> {
        match self.session.build("original", &self.plan.recipe)? {
            Built::Image(image) => Ok(image),
            Built::Failed { log } => {
                Err(Error::Program { what: "the image can't be built".to_owned(), log: log::tail(&log) })
            }
        }
    }

    fn launch(&self, ports: &[u16]) -> Result<Launch, container::Error> {
        let ports: BTreeSet<u16> = self.plan.launch.ports.iter().chain(ports).copied().collect();
        let volumes = FreshVolumes::new(self.session).in_place_of(&self.plan.launch.volumes)?;
        Ok(Launch { ports: ports.into_iter().collect(), volumes, ..self.plan.launch.clone() })
    }

    /// Its time begins with the first answer, where there may be one.
    fn watch(&self, container: &Container, ports: &[u16]) -> Result<Seen, container::Error> {
        let time = self.plan.time;
        let patience = if ports.is_empty() { time } else { time.max(PATIENCE) };
        let watch = Watch { enough: &self.plan.enough, ..self.watching(container, ports, self.tell) };
        watch.watch(patience, time, |answers| !answers.is_empty())
    }

    /// Until it answered what it answered as root.
    fn watch_without_root(&self, container: &Container, ports: &[u16], with: &Seen) -> Result<Seen, container::Error> {
        let patience = if with.answers.is_empty() { SHORT.min(self.plan.time) } else { LONG_PATIENCE };
        let enough = |answers: &BTreeMap<Question, Reply>| {
            !with.answers.is_empty() && with.answers.keys().all(|question| answers.contains_key(question))
        };
        self.watching(container, ports, &|_| {}).watch(patience, SETTLE, enough)
    }

    fn watching<'w>(&'w self, container: &'w Container, ports: &'w [u16], tell: &'w dyn Fn(&str)) -> Watch<'w> {
        let interrupt = self.session.interrupt();
        Watch { container, interrupt, enough: interrupt, ports, probes: &self.plan.probes, tell }
    }

    fn tell_unpublished(&self, seen: &Seen, published: &[u16]) {
        for port in seen.look.ports.iter().flatten().filter(|port| !published.contains(port)) {
            (self.tell)(&format!("port {port} is listened on, and was not published: --port {port} does"));
        }
    }

    fn writes(&self, container: &Container, image: &Image) -> Result<BTreeSet<String>, container::Error> {
        let mounts = container.mounts()?;
        let changes = container.changes()?;
        let mut writes = writes::directories(&changes, &mounts, |path| writes::is_directory(container, path))?;
        for volume in mounts.into_iter().filter(|mount| mount.is_volume) {
            if !container.changes_in(&volume.path, image)?.is_empty() {
                writes.insert(volume.path);
            }
        }
        Ok(writes)
    }

    /// Whether it needs root; none where nobody can tell, and where the image has a user of its own: that one stays.
    fn root(
        &self,
        image: &Image,
        configuration: &Configuration,
        seen: &Seen,
        writes: &BTreeSet<String>,
    ) -> Result<Option<Verdict>, container::Error> {
        if !is_root(&configuration.user) {
            return Ok(None);
        }
        (self.tell)("running it once more, without root");
        let scene = &self.plan.scene;
        let directories = writes.iter().chain(&scene.directories).map(String::as_str);
        let (given, trees) = without_root::given(directories, &scene.copied);
        let dockerfile = without_root::dockerfile(image.tag(), &self.plan.user, &given, &trees);
        let nothing = tempfile::tempdir()?;
        let recipe =
            Recipe { dockerfile: &dockerfile, context: nothing.path(), ignore: None, target: None, options: &[] };
        let Built::Image(image) = self.session.build("without-root", &recipe)? else { return Ok(None) };
        let ports: Vec<u16> = seen.look.ports.iter().flatten().copied().chain(configuration.ports.clone()).collect();
        let launch = self.launch(&ports)?;
        let container = match image.start(&launch) {
            Ok(container) => container,
            Err(container::Error::NotStarted { said }) => return Ok(Some(Verdict::Needed(BTreeSet::from([said])))),
            Err(error) => return Err(error),
        };
        let without = self.watch_without_root(&container, &launch.ports, seen)?;
        let verdict = without_root::judge(seen, &without, self.known);
        if let Verdict::Unknown(line) = &verdict {
            (self.tell)(&format!("it is not known whether it needs root; without root it printed: {line}"));
        }
        Ok(Some(verdict))
    }

    fn libraries(&self, image: &Image, seen: &Seen) -> Result<Option<BTreeSet<String>>, container::Error> {
        let scene = &self.plan.scene;
        let (Some(loaded), Some(base)) = (&seen.look.libraries, &scene.base) else { return Ok(None) };
        let libraries = loaded.union(&native::linked(image)?).cloned().collect();
        packages::of(self.session, image, &libraries, base, &scene.packages)
    }
}

fn is_root(user: &str) -> bool {
    matches!(user.split(':').next(), None | Some("" | "root" | "0"))
}

fn refuse_failure(seen: &Seen) -> Result<(), Error> {
    match seen.state {
        State::Exited(code @ (..0 | 1..)) => {
            Err(Error::Program { what: format!("the program ends with exit code {code}"), log: log::tail(&seen.log) })
        }
        State::Exited(0) | State::Running => Ok(()),
    }
}

fn observed(
    plan: &Plan,
    seen: Seen,
    writes: BTreeSet<String>,
    root: Option<Verdict>,
    libraries: Option<BTreeSet<String>>,
) -> Observed {
    let (root, root_for) = match root {
        Some(Verdict::DidWithout) => (Some(false), BTreeSet::new()),
        Some(Verdict::Needed(reasons)) => (Some(true), reasons),
        Some(Verdict::Unknown(_)) | None => (None, BTreeSet::new()),
    };
    let command = secrets::hidden(&plan.launch.command.join(" "));
    Observed {
        target: plan.recipe.target.map(str::to_owned),
        command: Some(command).filter(|command| !command.is_empty()),
        seconds: seen.time.min(plan.time).as_secs(),
        ports: seen.look.ports,
        writes: Some(writes),
        programs: seen.look.programs,
        libraries,
        root,
        root_for,
        processes: seen.look.processes.into_iter().collect(),
    }
}
