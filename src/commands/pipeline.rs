//! The one place that hands a text to the engine.

use std::collections::BTreeSet;
use std::path::Path;

use harden::config::Config;
use harden::context::Context;
use harden::context::load::load;
use harden::dockerfile::Dockerfile;
use harden::engine::{self, Outcome, View};
use harden::evidence::Observed;
use harden::facts::{self, Port};
use harden::lock::{Lock, Tagged};
use harden::observe::Scene;
use harden::templates::{Rules, Templates, Verify};
use harden::transforms;

use super::config::{self, Overlay};
use super::failure::Failure;
use super::files;
use super::input::Input;
use crate::cli::Choices;

/// Everything that is the same for every file of a run.
pub struct Pipeline {
    config: Config,
    templates: Templates,
}

/// Where a file's build context is.
pub struct ContextOf<'a> {
    folder: &'a Path,
    dockerfile: Option<&'a Path>,
}

impl<'a> ContextOf<'a> {
    /// The folder that was asked for, else that of the Dockerfile; a pipe lies in none.
    pub fn input(input: &'a Input, choices: &'a Choices) -> Option<Self> {
        let dockerfile = match input {
            Input::File(path) if path.is_file() => Some(path.as_path()),
            _ => None,
        };
        let folder = choices.context.as_deref().or_else(|| dockerfile.map(files::folder_of))?;
        Some(Self { folder, dockerfile })
    }

    fn load(this: Option<Self>) -> Result<Context, Failure> {
        match this {
            Some(Self { folder, dockerfile }) => Ok(load(folder, dockerfile)?),
            None => Ok(Context::empty()),
        }
    }
}

/// Where programs are reached.
#[derive(Default)]
pub struct Reached {
    /// The ports, and the variables that may set others.
    pub ports: Vec<Port>,
    /// The paths of their health.
    pub paths: BTreeSet<String>,
}

/// A context has to be a folder.
pub fn refuse_context(choices: &Choices) -> Result<(), Failure> {
    match choices.context.as_deref().filter(|folder| !folder.is_dir()) {
        Some(folder) => Err(Failure::new(format!("the build context {} is not a folder", folder.display()))
            .hint("name the folder that the build is given: `docker build DIR`")),
        None => Ok(()),
    }
}

impl Pipeline {
    /// Lays `overlays` over the built-in templates.
    pub fn new(config: Config, overlays: &[Overlay]) -> Result<Self, Failure> {
        Ok(Self { config, templates: config::templates(overlays)? })
    }

    /// The rules that the transforms answer.
    pub const fn rules(&self) -> &Rules {
        &self.templates.rules
    }

    /// The stage that is built; none is the last one.
    pub fn target(&self) -> Option<&str> {
        self.config.target.as_deref()
    }

    /// Hardens `text`, which `name` stands for in errors.
    pub fn harden(
        &self,
        name: &str,
        text: &str,
        context: Option<ContextOf>,
        lock: Option<&Lock>,
        evidence: Option<&Observed>,
    ) -> Result<Outcome, Failure> {
        self.harden_without(&BTreeSet::new(), name, text, context, lock, evidence)
    }

    /// The same, with the transforms of `skipped` left out beside those that the person leaves out.
    pub fn harden_without(
        &self,
        skipped: &BTreeSet<&'static str>,
        name: &str,
        text: &str,
        context: Option<ContextOf>,
        lock: Option<&Lock>,
        evidence: Option<&Observed>,
    ) -> Result<Outcome, Failure> {
        let mut config = self.config.clone();
        config.skip.extend(skipped.iter().map(|transform| (*transform).to_owned()));
        let context = ContextOf::load(context)?;
        let input = facts::Input::new(&context, &self.templates, &config);
        self.run(name, text, &input.with_lock(lock).with_evidence(evidence))
    }

    /// The images with a tag that `text` names once it is hardened.
    pub fn images(
        &self,
        name: &str,
        text: &str,
        context: Option<ContextOf>,
        evidence: Option<&Observed>,
    ) -> Result<BTreeSet<Tagged>, Failure> {
        let context = ContextOf::load(context)?;
        let input = self.input(&context).with_evidence(evidence);
        let hardened = Dockerfile::parse(&self.run(name, text, &input)?.after);
        let images = View::new(&hardened, &input).facts.image_uses();
        Ok(images.iter().filter_map(|image| Tagged::of(image.reference)).collect())
    }

    /// What is looked for in images and in logs.
    pub const fn verify(&self) -> &Verify {
        &self.templates.verify
    }

    /// What `text` and its context say of the program that is going to be looked at.
    pub fn scene(&self, name: &str, text: &str, context: Option<ContextOf>) -> Result<Scene, Failure> {
        reject(name, text)?;
        let context = ContextOf::load(context)?;
        let input = self.input(&context);
        let dockerfile = Dockerfile::parse(text);
        let view = View::new(&dockerfile, &input);
        if let Some(target) = self.target() {
            reject_target(name, target, &view)?;
        }
        Ok(Scene::of(&view.facts))
    }

    /// Where the programs of `texts` are reached, as far as these texts and the context say.
    pub fn reached(
        &self,
        texts: &[&str],
        context: Option<ContextOf>,
        evidence: Option<&Observed>,
    ) -> Result<Reached, Failure> {
        let context = ContextOf::load(context)?;
        let input = self.input(&context).with_evidence(evidence);
        let mut reached = Reached::default();
        for text in texts {
            let dockerfile = Dockerfile::parse(text);
            let facts = View::new(&dockerfile, &input).facts;
            reached.ports.extend(facts.port().map(|port| port.value));
            reached.paths.extend(facts.health_path().map(|path| path.value));
        }
        Ok(reached)
    }

    fn input<'a>(&'a self, context: &'a Context) -> facts::Input<'a> {
        facts::Input::new(context, &self.templates, &self.config)
    }

    fn run(&self, name: &str, text: &str, input: &facts::Input) -> Result<Outcome, Failure> {
        reject(name, text)?;
        if let Some(target) = &self.config.target {
            reject_target(name, target, &View::new(&Dockerfile::parse(text), input))?;
        }
        Ok(engine::run(text, &transforms::ALL, input))
    }
}

/// A file that BuildKit rejects has no meaning that could be kept; nor has one that is still to be filled in, whatever
/// BuildKit says of it.
fn reject(name: &str, text: &str) -> Result<(), Failure> {
    let dockerfile = Dockerfile::parse(text);
    if let Some(place) = dockerfile.template() {
        let line = dockerfile.line(place.start);
        return Err(Failure::new(format!("{name}:{line}: this is the template of a Dockerfile"))
            .hint("fill it in first, and give what comes of it; the file was left as it is"));
    }
    match dockerfile.rejections().first() {
        Some(rejection) => {
            let line = dockerfile.line(rejection.span.start);
            Err(Failure::new(format!("{name}:{line}: {}", rejection.reason))
                .hint("a build would fail with the same error, so the file was left as it is"))
        }
        None => Ok(()),
    }
}

/// What another stage builds on can't change without that one.
fn reject_target(name: &str, target: &str, view: &View) -> Result<(), Failure> {
    let names: Vec<String> = view.facts.stages.iter().filter_map(|stage| stage.stage.name()).collect();
    if !names.contains(&target.to_ascii_lowercase()) {
        let hint = match names.as_slice() {
            [] => "name it there: `FROM image AS name`".to_owned(),
            names => format!("its stages are {}", names.join(", ")),
        };
        return Err(Failure::new(format!("{name}: no stage is called `{target}`")).hint(hint));
    }
    match view.facts.stage_built_on_final() {
        Some(stage) => {
            let line = view.dockerfile.line(stage.stage.from.span.start);
            Err(Failure::new(format!("{name}:{line}: this stage builds on `{target}` and would change with it"))
                .hint("choose a target that no other stage starts from or copies from"))
        }
        None => Ok(()),
    }
}
