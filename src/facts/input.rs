//! What a run is given beside the file. What has to be read of it is read once.

use std::cell::{OnceCell, RefCell};
use std::collections::HashMap;
use std::rc::Rc;

use crate::config::Config;
use crate::context::{self, Context, EnvPort, Found, Listen, Project, Write};
use crate::evidence::Observed;
use crate::lock::Lock;
use crate::shell::{self, Opaque, Script};
use crate::templates::Templates;

/// What a run is given beside the file.
pub struct Input<'a> {
    /// The build context.
    pub context: &'a Context,
    /// The knowledge.
    pub templates: &'a Templates,
    /// The user's choices.
    pub config: &'a Config,
    /// The digests that were locked, where there is a `harden.lock`.
    pub lock: Option<&'a Lock>,
    /// What the container was seen to do, where there is a `harden.evidence.toml`.
    pub evidence: Option<&'a Observed>,
    ports: OnceCell<Vec<EnvPort>>,
    listens: OnceCell<Vec<Listen>>,
    routes: OnceCell<Vec<Found>>,
    writes: OnceCell<Vec<Write>>,
    project: OnceCell<Project>,
    /// What was read of every script so far: most of them stand in the text before and after every transform.
    scripts: RefCell<HashMap<String, Result<Rc<Script>, Opaque>>>,
}

impl<'a> Input<'a> {
    /// The input of a run.
    #[must_use]
    pub fn new(context: &'a Context, templates: &'a Templates, config: &'a Config) -> Self {
        Self {
            context,
            templates,
            config,
            lock: None,
            evidence: None,
            ports: OnceCell::new(),
            listens: OnceCell::new(),
            routes: OnceCell::new(),
            writes: OnceCell::new(),
            project: OnceCell::new(),
            scripts: RefCell::default(),
        }
    }

    /// The same, with the digests of a `harden.lock`.
    #[must_use]
    pub fn with_lock(mut self, lock: Option<&'a Lock>) -> Self {
        self.lock = lock;
        self
    }

    /// The same, with what a `harden.evidence.toml` says of the image.
    #[must_use]
    pub fn with_evidence(mut self, evidence: Option<&'a Observed>) -> Self {
        self.evidence = evidence;
        self
    }

    /// The commands of a shell script.
    ///
    /// # Errors
    /// [`Opaque`] where the shell layer can't read it.
    pub fn script(&self, text: &str) -> Result<Rc<Script>, Opaque> {
        if let Some(known) = self.scripts.borrow().get(text) {
            return known.clone();
        }
        let script = shell::parse(text).map(Rc::new);
        self.scripts.borrow_mut().insert(text.to_owned(), script.clone());
        script
    }

    /// Where the sources take their port from the environment.
    pub fn ports(&self) -> &[EnvPort] {
        self.ports.get_or_init(|| context::ports(self.context))
    }

    /// Where the sources listen.
    pub fn listens(&self) -> &[Listen] {
        self.listens.get_or_init(|| context::listens(self.context))
    }

    /// The HTTP routes in the sources.
    pub fn routes(&self) -> &[Found] {
        self.routes.get_or_init(|| context::routes(self.context))
    }

    /// What the sources write.
    pub fn writes(&self) -> &[Write] {
        self.writes.get_or_init(|| context::writes(self.context))
    }

    /// What the project says of itself.
    pub fn project(&self) -> &Project {
        self.project.get_or_init(|| {
            context::project(self.context, |text| self.templates.labels.licence_of(text).map(str::to_owned))
        })
    }
}
