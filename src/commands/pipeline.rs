//! The one place that hands a text to the engine.

use std::path::Path;

use harden::config::Config;
use harden::context::Context;
use harden::context::load::load;
use harden::dockerfile::Dockerfile;
use harden::engine::{self, Outcome, View};
use harden::facts::Input;
use harden::templates::{Rules, Templates};
use harden::transforms;

use super::config::{self, Overlay};
use super::failure::Failure;

/// Everything that is the same for every file of a run.
pub struct Pipeline {
    config: Config,
    templates: Templates,
}

/// Where a file's build context is.
pub struct ContextOf<'a> {
    pub folder: &'a Path,
    pub dockerfile: Option<&'a Path>,
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

    /// Hardens `text`, which `name` stands for in errors.
    pub fn harden(&self, name: &str, text: &str, context: Option<ContextOf>) -> Result<Outcome, Failure> {
        reject(name, text)?;
        let context = match context {
            Some(context) => load(context.folder, context.dockerfile)?,
            None => Context::empty(),
        };
        let input = Input::new(&context, &self.templates, &self.config);
        if let Some(target) = &self.config.target {
            reject_target(name, target, &View::new(&Dockerfile::parse(text), &input))?;
        }
        Ok(engine::run(text, &transforms::ALL, &input))
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
