//! Stages: what each starts from, and which ones the final image is made of.

use std::collections::HashMap;

use super::scope::Scope;
use super::{Base, Input};
use crate::dockerfile::{Dockerfile, Keyword, Stage};
use crate::templates::Family;

/// What a stage starts from.
#[derive(Debug, Clone)]
pub enum StageBase {
    /// An earlier stage of the file, by its index.
    Stage(usize),
    /// An image.
    Image(Box<Base>),
    /// A name with a variable that has no default.
    Unresolved(String),
}

impl StageBase {
    /// The family of the image's distribution, where this is an image.
    #[must_use]
    pub fn family(&self) -> Option<Family> {
        match self {
            Self::Image(base) => base.family,
            Self::Stage(_) | Self::Unresolved(_) => None,
        }
    }
}

/// A stage and what it starts from.
#[derive(Debug, Clone)]
pub struct StageFacts<'a> {
    /// The stage.
    pub stage: Stage<'a>,
    /// What it starts from.
    pub base: StageBase,
}

impl StageFacts<'_> {
    /// The earlier stage that this one starts from.
    pub(super) fn rests_on(&self) -> Option<usize> {
        match self.base {
            StageBase::Stage(lower) => Some(lower),
            StageBase::Image(_) | StageBase::Unresolved(_) => None,
        }
    }
}

/// The global scope: ARGs before the first FROM.
pub(super) fn globals(dockerfile: &Dockerfile) -> Scope {
    let nothing = Scope::default();
    let mut scope = Scope::default();
    dockerfile.globals().filter(|instruction| instruction.is(Keyword::Arg)).for_each(|arg| scope.pass(arg, &nothing));
    scope
}

pub(super) fn read<'a>(dockerfile: &'a Dockerfile, globals: &Scope, input: &Input) -> Vec<StageFacts<'a>> {
    let mut named: HashMap<String, usize> = HashMap::new();
    let mut read = Vec::new();
    for stage in dockerfile.stages() {
        let base = stage_base(&stage, &named, globals, input);
        named.extend(stage.name().map(|name| (name, stage.index)));
        read.push(StageFacts { stage, base });
    }
    read
}

fn stage_base(stage: &Stage, named: &HashMap<String, usize>, globals: &Scope, input: &Input) -> StageBase {
    let Some(name) = globals.expand(stage.from, stage.base()) else {
        return StageBase::Unresolved(stage.base().to_owned());
    };
    match named.get(&name.to_ascii_lowercase()) {
        Some(&lower) => StageBase::Stage(lower),
        None => StageBase::Image(Box::new(Base::of(&name, stage.from, input.templates))),
    }
}
