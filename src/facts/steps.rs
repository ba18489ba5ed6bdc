//! The steps of a stage: each instruction, what is in force before it, and what it does.

use std::cell::OnceCell;

use super::effects::{self, Effect};
use super::run::Run;
use super::scope::Scope;
use super::stages::{StageBase, StageFacts};
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

/// The steps of the stage at `index`.
pub(super) fn read<'a>(
    dockerfile: &'a Dockerfile,
    stages: &[StageFacts<'a>],
    index: usize,
    globals: &Scope,
) -> Steps<'a> {
    let Some(stage) = stages.get(index) else {
        return Steps { all: Vec::new(), own: 0, end: Scope::default() };
    };
    let (mut all, mut scope) = match &stage.base {
        StageBase::Stage(lower) if *lower < index => {
            let below = read(dockerfile, stages, *lower, globals);
            let inherited = below.end.inherited();
            (below.all, inherited)
        }
        StageBase::Image(base) => (Vec::new(), of_image(base)),
        StageBase::Stage(_) | StageBase::Unresolved(_) => (Vec::new(), Scope::of_image("/", None)),
    };
    let own = all.len();
    let posix = dockerfile.escape() == '\\' && stage.base.family() != Some(Family::Windows);
    for &instruction in &stage.stage.body {
        let run = (instruction.is(Keyword::Run) && instruction.exec().is_none()).then(|| {
            if posix && scope.has_posix_shell() {
                Run::parse(dockerfile, instruction)
            } else {
                Err(Opaque::Syntax("its SHELL is not a POSIX shell".into()))
            }
        });
        all.push(Step { instruction, scope: scope.clone(), run, file: dockerfile.text(), effects: OnceCell::new() });
        scope.pass(instruction, globals);
    }
    Steps { all, own, end: scope }
}

fn of_image(base: &Base) -> Scope {
    let image = base.image();
    let workdir = image.and_then(|image| image.workdir.as_deref()).unwrap_or("/");
    Scope::of_image(workdir, image.and_then(|image| image.user.as_deref()))
}
