//! Questions about a Dockerfile, answered once and with evidence. Everything here is read-only.

pub mod base;
mod bind;
mod chain;
mod copies;
pub mod cwd;
mod ecosystems;
pub mod effects;
pub mod environments;
mod files;
mod health;
mod host;
mod ignored;
pub mod images;
mod input;
pub mod installs;
mod interpreter;
pub mod node;
mod observed;
pub mod packages;
pub mod port;
pub mod products;
pub mod python;
mod requirements;
pub mod run;
pub mod runner;
pub mod scope;
pub mod sources;
pub mod stages;
pub mod start;
pub mod steps;
pub mod user;
pub mod writable;

#[cfg(test)]
mod asking;

use std::cell::OnceCell;

pub use base::Base;
pub use effects::Effect;
pub use environments::EnvironmentCall;
pub use input::Input;
pub use installs::InstallCall;
pub use port::Port;
pub use products::wanted::Wanted;
pub use run::Run;
pub use scope::Scope;
pub use stages::{StageBase, StageFacts};
pub use start::{Start, Started};
pub use steps::{Step, Steps};
pub use user::User;
pub use writable::Writable;

use packages::{PackageCommand, Verb};

use crate::decision::{Evidence, Known};
use crate::dockerfile::image::ImageRef;
use crate::dockerfile::{Dockerfile, Instruction, Item};
use crate::edit::Span;
use crate::templates::{Family, Fate, Server};

/// The facts about a Dockerfile. They speak of the final stage unless they say otherwise: the one that is built.
pub struct Facts<'a> {
    dockerfile: &'a Dockerfile,
    /// What the run was given.
    pub input: &'a Input<'a>,
    /// The stages in order.
    pub stages: Vec<StageFacts<'a>>,
    /// The index of the final stage.
    built: Option<usize>,
    globals: Scope,
    /// The state in which each stage starts.
    scopes: OnceCell<Vec<Scope>>,
    steps: OnceCell<Steps<'a>>,
    start: OnceCell<Start>,
    writable: OnceCell<Writable>,
}

impl<'a> Facts<'a> {
    pub(crate) fn new(dockerfile: &'a Dockerfile, input: &'a Input<'a>) -> Self {
        let globals = stages::globals(dockerfile);
        let stages = stages::read(dockerfile, &globals, input);
        let built = dockerfile.built_stage(input.config.target.as_deref());
        let (steps, start, writable) = (OnceCell::new(), OnceCell::new(), OnceCell::new());
        Self { dockerfile, input, stages, built, globals, scopes: OnceCell::new(), steps, start, writable }
    }

    /// The final stage.
    #[must_use]
    pub fn final_stage(&self) -> Option<&StageFacts<'a>> {
        self.stages.get(self.built?)
    }

    /// The steps of the final stage.
    pub fn steps(&self) -> &Steps<'a> {
        self.steps.get_or_init(|| self.reader().with_those_below(self.built.unwrap_or_default()))
    }

    /// The stage's own steps, without those of the stages below it.
    #[must_use]
    pub fn steps_of(&self, index: usize) -> Steps<'a> {
        self.reader().own(index)
    }

    /// The steps of the stage at `index`, after those of the stages that it starts from.
    #[must_use]
    pub fn steps_with_below(&self, index: usize) -> Steps<'a> {
        self.reader().with_those_below(index)
    }

    fn reader(&self) -> steps::Reader<'_, 'a> {
        let scopes = self.scopes.get_or_init(|| steps::scopes(&self.stages, &self.globals));
        steps::Reader {
            dockerfile: self.dockerfile,
            input: self.input,
            stages: &self.stages,
            scopes,
            globals: &self.globals,
        }
    }

    /// The image below the stage at `index`, through the stages of the file; `None` where it is not resolved.
    #[must_use]
    pub fn image_below(&self, index: usize) -> Option<&Base> {
        let lowest = self.lineage(index).last()?;
        match &self.stages.get(lowest)?.base {
            StageBase::Image(base) => Some(base),
            StageBase::Stage(_) | StageBase::Unresolved(_) => None,
        }
    }

    /// The stage at `index`, the one that it starts from, and so on.
    pub fn lineage(&self, index: usize) -> impl Iterator<Item = usize> {
        std::iter::successors(Some(index), |&index| match self.stages.get(index)?.base {
            StageBase::Stage(lower) if lower < index => Some(lower),
            _ => None,
        })
    }

    /// The stages that the final image is made of or copies from, in order. Those for work and for tests are not among them.
    #[must_use]
    pub fn needed_stages(&self) -> Vec<usize> {
        let mut needed = vec![false; self.stages.len()];
        // A stage rests on earlier ones alone, so that one pass from the end finds them all.
        for (index, stage) in self.stages.iter().enumerate().rev() {
            let is_needed = Some(index) == self.built || needed.get(index) == Some(&true);
            if is_needed {
                let of_lines = stage.stage.body.iter().flat_map(|instruction| self.stages_read_by(instruction));
                for source in of_lines.chain(stage.rests_on()).chain([index]) {
                    needed.get_mut(source).into_iter().for_each(|is_needed| *is_needed = true);
                }
            }
        }
        (0..self.stages.len()).filter(|&index| needed.get(index) == Some(&true)).collect()
    }

    /// A stage that starts from the final one or copies from it.
    #[must_use]
    pub fn stage_built_on_final(&self) -> Option<&StageFacts<'a>> {
        self.stages_built_on(self.built?).next()
    }

    /// The stages that start from the one at `index` or copy from it.
    pub fn stages_built_on(&self, index: usize) -> impl Iterator<Item = &StageFacts<'a>> {
        self.stages.iter().skip(index + 1).filter(move |stage| {
            let reads_it = |instruction: &&Instruction| self.stages_read_by(instruction).contains(&index);
            stage.rests_on() == Some(index) || stage.stage.body.iter().any(reads_it)
        })
    }

    /// The stages that `--from` and `--mount=from` of an instruction name, by name or by number.
    fn stages_read_by(&self, instruction: &Instruction) -> Vec<usize> {
        instruction.from_references().filter_map(|name| self.stage_named(name).or_else(|| name.parse().ok())).collect()
    }

    fn stage_named(&self, name: &str) -> Option<usize> {
        self.stages.iter().rposition(|stage| stage.stage.name() == Some(name.to_ascii_lowercase()))
    }

    /// The name of the image that `--from` means: one of its own, or the one below a stage of the file.
    #[must_use]
    pub fn image_named(&self, from: &str) -> String {
        let stage = self.stage_named(from).and_then(|index| self.image_below(index));
        stage.map_or_else(|| ImageRef::parse(from).name(), |base| base.name.clone())
    }

    /// The image below the final stage.
    #[must_use]
    pub fn base(&self) -> Option<&Base> {
        self.image_below(self.built?)
    }

    /// The distribution's family of the final stage.
    #[must_use]
    pub fn family(&self) -> Option<Family> {
        self.family_of(self.built?)
    }

    /// The distribution's family of the stage at `index`.
    #[must_use]
    pub fn family_of(&self, index: usize) -> Option<Family> {
        self.image_below(index)?.family
    }

    /// Whether the image has `program`: the base brings it, a package of its name is installed, or it was seen to run.
    #[must_use]
    pub fn has_program(&self, program: &str) -> bool {
        let names = |command: &PackageCommand| command.packages.iter().any(|package| package.name == program);
        let installs =
            |effect: &Effect| effect.packages().is_some_and(|command| command.verb == Verb::Install && names(command));
        self.base().is_some_and(|base| base.has_program(program))
            || self.ran_from_path(program)
            || self.steps().all.iter().any(|step| self.effects(step).iter().any(installs))
    }

    /// What a step of the final stage does.
    pub fn effects<'s>(&self, step: &'s Step<'_>) -> &'s [Effect] {
        step.effects(self.family(), self.input)
    }

    /// What a step of the stage at `index` does.
    pub fn effects_in<'s>(&self, index: usize, step: &'s Step<'_>) -> &'s [Effect] {
        step.effects(self.family_of(index), self.input)
    }

    /// The packages that only a build needs and that `steps`, of the final stage or below it, leave in the image.
    #[must_use]
    pub fn build_packages(&self, steps: &[Step]) -> Vec<String> {
        self.installed(steps, |step, name| self.package(step, name).is_some_and(|package| package.fate == Fate::Drop))
    }

    /// The packages for which `counts` holds and that `steps`, of the final stage or below it, leave in the image.
    #[must_use]
    pub fn installed(&self, steps: &[Step], counts: impl Fn(&Step, &str) -> bool) -> Vec<String> {
        let counts = &counts;
        let left = steps.iter().flat_map(|step| {
            packages::left_installed(self.effects(step)).into_iter().filter(move |word| counts(step, &word.name))
        });
        let mut names: Vec<String> = left.map(|word| word.name.clone()).collect();
        names.sort();
        names.dedup();
        names
    }

    /// What runs when the container starts.
    pub fn start(&self) -> &Start {
        self.start.get_or_init(|| start::read(self.steps(), self.base(), self.input, &|path| self.file_at(path)))
    }

    /// The server that is started.
    pub fn server(&self) -> Option<(&Started, &'a Server)> {
        port::server(self.start(), self.input.templates)
    }

    /// The port that the program listens on.
    #[must_use]
    pub fn port(&self) -> Option<Known<Port>> {
        self.port_or_why().ok()
    }

    /// The port that the program listens on.
    ///
    /// # Errors
    /// A sentence that says why none is certain, and what would make it so.
    pub fn port_or_why(&self) -> Result<Known<Port>, String> {
        port::read(self.steps(), self.start(), self.base(), self.input)
    }

    /// The path that says whether the program is well; never over TLS.
    #[must_use]
    pub fn health_path(&self) -> Option<Known<String>> {
        let server = self.server();
        let settings = server.and_then(|(started, _)| bind::config_file(started, self.steps(), self.input.context));
        let settings = settings.and_then(|file| file.text).unwrap_or_default();
        if health::speaks_tls(server, &settings) {
            return None;
        }
        let started = server.map(|(started, _)| started);
        let routes = health::served(started, self.steps(), self.input.routes(), self.input.context);
        health::path(server, &settings, &routes, self.input.templates)
    }

    /// Why what starts serves nothing. A script that migrates first and then starts a server serves.
    #[must_use]
    pub fn worker(&self) -> Option<&'a str> {
        match self.server() {
            Some(_) => None,
            None => health::worker(self.start(), self.input.templates),
        }
    }

    /// What the program writes.
    pub fn writable(&self) -> &Writable {
        self.writable.get_or_init(|| writable::read(self.steps(), self.start(), self.input))
    }

    /// Who the container runs as.
    #[must_use]
    pub fn user(&self) -> User {
        user::at_end(self.steps())
    }

    /// Why the container has to start as root.
    #[must_use]
    pub fn root_need(&self) -> Option<Evidence> {
        let (steps, start) = (self.steps(), self.start());
        user::root_need(self.base(), steps, start, self.input).or_else(|| host::root_need(steps, start, self.input))
    }

    /// The instruction's own lines and the comment lines right above it, which belong to it.
    #[must_use]
    pub fn block(&self, instruction: Span) -> Span {
        let items = self.dockerfile.items();
        let at = items.partition_point(|item| item.span.start < instruction.start);
        let comments = items.iter().take(at).rev().take_while(|item| is_comment(item));
        let start = comments.last().map_or(instruction.start, |item| item.span.start);
        Span::new(start, instruction.end)
    }
}

fn is_comment(item: &Item) -> bool {
    matches!(item.kind, crate::dockerfile::ItemKind::Comment)
}
