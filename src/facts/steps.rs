//! The steps of a stage: each instruction, what is in force before it, and what it does.

use std::cell::OnceCell;

use super::effects::{self, Effect};
use super::run::Run;
use super::scope::{Scope, is_at_or_below};
use super::stages::{StageBase, StageFacts};
use super::writable::Directories;
use super::{Base, Input};
use crate::dockerfile::{Dockerfile, Heredoc, Instruction, Keyword};
use crate::shell::Opaque;
use crate::templates::Family;

/// An instruction of a stage.
#[derive(Debug)]
pub struct Step<'a> {
    /// The instruction.
    pub instruction: &'a Instruction,
    /// What is in force before it.
    pub scope: Scope,
    /// Its script, if it is a RUN in shell form.
    pub run: Option<Result<Run<'a>, Opaque>>,
    file: &'a str,
    effects: OnceCell<Vec<Effect>>,
    directories: OnceCell<Directories>,
}

impl<'a> Step<'a> {
    /// Whether this is a `keyword`.
    #[must_use]
    pub fn is(&self, keyword: Keyword) -> bool {
        self.instruction.is(keyword)
    }

    /// The script of a RUN that could be read.
    #[must_use]
    pub fn script(&self) -> Option<&Run<'a>> {
        self.run.as_ref().and_then(|run| run.as_ref().ok())
    }

    /// What its commands do: one effect for each command of a RUN; none for anything else.
    pub fn effects(&self, family: Option<Family>, input: &Input) -> &[Effect] {
        self.effects.get_or_init(|| match &self.run {
            Some(Ok(run)) => effects::of_run(run, family, input.templates),
            Some(Err(opaque)) => vec![Effect::Unknown(opaque.to_string())],
            None if self.is(Keyword::Run) => vec![effects::of_exec(self.instruction)],
            None => Vec::new(),
        })
    }

    pub(super) fn directories(&self) -> &Directories {
        self.directories.get_or_init(|| Directories::of(self))
    }

    /// The absolute place that a COPY or ADD writes to.
    #[must_use]
    pub fn destination(&self) -> Option<String> {
        let last = self.instruction.words().last()?;
        let path = self.scope.expand(self.instruction, &last.text)?;
        self.scope.absolute(&path)
    }

    /// The sources of a COPY or ADD as written.
    #[must_use]
    pub fn sources(&self) -> Vec<&'a str> {
        let words = self.instruction.words();
        words.iter().take(words.len().saturating_sub(1)).map(|word| word.text.as_str()).collect()
    }

    /// The body of a here-document of this step.
    #[must_use]
    pub fn heredoc_text(&self, heredoc: &Heredoc) -> Option<&'a str> {
        self.file.get(heredoc.body.start..heredoc.body.end)
    }

    /// The values of its `--mount` flags.
    pub fn mounts(&self) -> impl Iterator<Item = &'a str> {
        let flags = self.instruction.parts.flags.iter().filter(|flag| flag.name == "--mount");
        flags.filter_map(|flag| flag.value.as_deref())
    }

    /// Whether a cache mount keeps `folder` out of the layer.
    #[must_use]
    pub fn keeps_out(&self, folder: &str) -> bool {
        let mut mounts = self.mounts().map(|mount| mount.split(',').collect::<Vec<&str>>());
        mounts.any(|options| {
            let mut targets = options.iter().filter_map(|option| option.split_once('='));
            let holds = |path: &str| path.starts_with('/') && is_at_or_below(folder, path.trim_end_matches('/'));
            options.contains(&"type=cache") && targets.any(|(_, path)| holds(path))
        })
    }

    /// Whether this copies from the build context, not from a stage, an image or a here-document.
    #[must_use]
    pub fn copies_context(&self) -> bool {
        matches!(self.instruction.keyword(), Keyword::Copy | Keyword::Add)
            && self.instruction.flag("--from").is_none()
            && self.instruction.heredocs.is_empty()
    }
}

/// The steps that make a stage: those of the stages below it in the file, then its own.
#[derive(Debug)]
pub struct Steps<'a> {
    /// All of them, the lowest stage's first.
    pub all: Vec<Step<'a>>,
    own: usize,
    /// What is in force at the end.
    pub end: Scope,
}

impl<'a> Steps<'a> {
    /// The steps of the stages below it in the file.
    #[must_use]
    pub fn below(&self) -> &[Step<'a>] {
        self.all.get(..self.own).unwrap_or_default()
    }

    /// The steps of the stage itself.
    #[must_use]
    pub fn own(&self) -> &[Step<'a>] {
        self.all.get(self.own..).unwrap_or_default()
    }
}

/// The state in which each stage starts.
pub(super) fn scopes(stages: &[StageFacts], globals: &Scope) -> Vec<Scope> {
    let (mut starts, mut ends): (Vec<Scope>, Vec<Scope>) = (Vec::new(), Vec::new());
    for stage in stages {
        let start = match &stage.base {
            StageBase::Stage(lower) => ends.get(*lower).map(Scope::inherited),
            StageBase::Image(base) => Some(of_image(base)),
            StageBase::Unresolved(_) => None,
        };
        let start = start.unwrap_or_else(|| Scope::of_image("/", None));
        let mut end = start.clone();
        stage.stage.body.iter().for_each(|instruction| end.pass(instruction, globals));
        starts.push(start);
        ends.push(end);
    }
    starts
}

/// Reads the steps of stages.
pub(super) struct Reader<'f, 'a> {
    pub(super) dockerfile: &'a Dockerfile,
    pub(super) input: &'f Input<'a>,
    pub(super) stages: &'f [StageFacts<'a>],
    pub(super) scopes: &'f [Scope],
    pub(super) globals: &'f Scope,
}

impl<'a> Reader<'_, 'a> {
    /// The steps of the stage at `index`, after those of the stages that it starts from.
    pub(super) fn with_those_below(&self, index: usize) -> Steps<'a> {
        let mut chain = vec![index];
        while let Some(lower) = chain.last().and_then(|&stage| self.below(stage)) {
            chain.push(lower);
        }
        let mut steps = Steps { all: Vec::new(), own: 0, end: Scope::default() };
        for stage in chain.into_iter().rev() {
            steps.own = steps.all.len();
            self.read(stage, &mut steps);
        }
        steps
    }

    /// The steps of the stage at `index` alone.
    pub(super) fn own(&self, index: usize) -> Steps<'a> {
        let mut steps = Steps { all: Vec::new(), own: 0, end: Scope::default() };
        self.read(index, &mut steps);
        steps
    }

    fn below(&self, index: usize) -> Option<usize> {
        match self.stages.get(index)?.base {
            StageBase::Stage(lower) if lower < index => Some(lower),
            _ => None,
        }
    }

    fn read(&self, index: usize, steps: &mut Steps<'a>) {
        let Some((stage, start)) = self.stages.get(index).zip(self.scopes.get(index)) else { return };
        let posix = self.dockerfile.escape() == '\\' && stage.base.family() != Some(Family::Windows);
        let mut scope = start.clone();
        for &instruction in &stage.stage.body {
            let run = (instruction.is(Keyword::Run) && instruction.exec().is_none()).then(|| {
                if posix && scope.has_posix_shell() {
                    Run::parse(self.dockerfile, instruction, self.input)
                } else {
                    Err(Opaque::Syntax("its SHELL is not a POSIX shell".into()))
                }
            });
            let file = self.dockerfile.text();
            let (effects, directories) = (OnceCell::new(), OnceCell::new());
            steps.all.push(Step { instruction, scope: scope.clone(), run, file, effects, directories });
            scope.pass(instruction, self.globals);
        }
        steps.end = scope;
    }
}

fn of_image(base: &Base) -> Scope {
    let image = base.image();
    let workdir = image.and_then(|image| image.workdir.as_deref()).unwrap_or("/");
    Scope::of_image(workdir, image.and_then(|image| image.user.as_deref()))
}
