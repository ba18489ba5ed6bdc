//! The one place that hands a text to the engine, with what lies beside its file.

use std::collections::BTreeSet;

use harden::config::Config;
use harden::context::Context;
use harden::context::load::load;
use harden::dockerfile::Dockerfile;
use harden::engine::{self, Outcome, View};
use harden::facts::{self, Port};
use harden::lock::Tagged;
use harden::observe::Scene;
use harden::templates::{Rules, Templates, Verify};
use harden::transforms;

use super::config::{self, Overlay};
use super::failure::Failure;
use super::input::Input;
use super::{evidence, files, lock};
use crate::cli::Choices;

/// Everything that is the same for every file of a run.
pub struct Pipeline {
    config: Config,
    templates: Templates,
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

    /// Hardens `text`, which stands in `input`.
    pub fn harden(&self, input: &Input, text: &str, choices: &Choices) -> Result<Outcome, Failure> {
        self.harden_without(&BTreeSet::new(), input, text, choices)
    }

    /// The same, with the transforms of `skipped` left out beside those that the person leaves out.
    pub fn harden_without(
        &self,
        skipped: &BTreeSet<&'static str>,
        input: &Input,
        text: &str,
        choices: &Choices,
    ) -> Result<Outcome, Failure> {
        let mut config = self.config.clone();
        config.skip.extend(skipped.iter().map(|transform| (*transform).to_owned()));
        let (lock, evidence) = (lock::of(input)?, evidence::of(input, self.target())?);
        let context = context(input, choices)?;
        let given = facts::Input::new(&context, &self.templates, &config);
        self.run(&input.name(), text, &given.with_lock(lock.as_ref()).with_evidence(evidence.as_ref()))
    }

    /// The images with a tag that `text`, which stands in `input`, names once it is hardened.
    pub fn images(&self, input: &Input, text: &str, choices: &Choices) -> Result<BTreeSet<Tagged>, Failure> {
        let evidence = evidence::of(input, self.target())?;
        let context = context(input, choices)?;
        let given = self.given(&context).with_evidence(evidence.as_ref());
        let hardened = Dockerfile::parse(&self.run(&input.name(), text, &given)?.after);
        let images = View::new(&hardened, &given).facts.image_uses();
        Ok(images.iter().filter_map(|image| Tagged::of(image.reference)).collect())
    }

    /// What is looked for in images and in logs.
    pub const fn verify(&self) -> &Verify {
        &self.templates.verify
    }

    /// What `text`, which stands in `input`, and its context say of the program that is going to be looked at.
    pub fn scene(&self, input: &Input, text: &str, choices: &Choices) -> Result<Scene, Failure> {
        let name = input.name();
        reject(&name, text)?;
        let context = context(input, choices)?;
        let given = self.given(&context);
        let dockerfile = Dockerfile::parse(text);
        let view = View::new(&dockerfile, &given);
        if let Some(target) = self.target() {
            reject_target(&name, target, &view)?;
        }
        Ok(Scene::of(&view.facts))
    }

    /// Where the programs of `texts`, in the place of `input`, are reached, as far as these texts and the context say.
    pub fn reached(&self, texts: &[&str], input: &Input, choices: &Choices) -> Result<Reached, Failure> {
        let evidence = evidence::of(input, self.target())?;
        let context = context(input, choices)?;
        let given = self.given(&context).with_evidence(evidence.as_ref());
        let mut reached = Reached::default();
        for text in texts {
            let dockerfile = Dockerfile::parse(text);
            let facts = View::new(&dockerfile, &given).facts;
            reached.ports.extend(facts.port().map(|port| port.value));
            reached.paths.extend(facts.health_path().map(|path| path.value));
        }
        Ok(reached)
    }

    fn given<'a>(&'a self, context: &'a Context) -> facts::Input<'a> {
        facts::Input::new(context, &self.templates, &self.config)
    }

    fn run(&self, name: &str, text: &str, given: &facts::Input) -> Result<Outcome, Failure> {
        reject(name, text)?;
        if let Some(target) = &self.config.target {
            reject_target(name, target, &View::new(&Dockerfile::parse(text), given))?;
        }
        Ok(engine::run(text, &transforms::ALL, given))
    }
}

/// The context in the folder that was asked for, else in that of the Dockerfile; a pipe lies in none.
fn context(input: &Input, choices: &Choices) -> Result<Context, Failure> {
    let dockerfile = match input {
        Input::File(path) if path.is_file() => Some(path.as_path()),
        _ => None,
    };
    match choices.context.as_deref().or_else(|| dockerfile.map(files::folder_of)) {
        Some(folder) => Ok(load(folder, dockerfile)?),
        None => Ok(Context::empty()),
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
