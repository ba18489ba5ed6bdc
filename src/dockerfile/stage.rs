//! Build stages: each FROM and what follows it.

use super::{Dockerfile, Instruction, Keyword};

/// A FROM and the instructions up to the next one.
#[derive(Debug, Clone)]
pub struct Stage<'a> {
    /// Its place among the stages, from 0.
    pub index: usize,
    /// The FROM itself.
    pub from: &'a Instruction,
    /// What follows it, in order.
    pub body: Vec<&'a Instruction>,
}

impl<'a> Stage<'a> {
    /// The image or stage that it starts from, as written.
    #[must_use]
    pub fn base(&self) -> &'a str {
        self.from.words().first().map_or("", |word| word.text.as_str())
    }

    /// Its name in lower case, as BuildKit compares it.
    #[must_use]
    pub fn name(&self) -> Option<String> {
        self.from.words().get(2).map(|word| word.text.to_ascii_lowercase())
    }

    /// The instructions with this keyword.
    pub fn of(&self, keyword: Keyword) -> impl DoubleEndedIterator<Item = &'a Instruction> {
        self.body.iter().copied().filter(move |instruction| instruction.is(keyword))
    }

    /// The last instruction with this keyword: the one that counts.
    #[must_use]
    pub fn last(&self, keyword: Keyword) -> Option<&'a Instruction> {
        self.of(keyword).next_back()
    }

    /// Where the stage ends in the file.
    #[must_use]
    pub fn end(&self) -> usize {
        self.body.last().map_or(self.from.span.end, |instruction| instruction.span.end)
    }
}

impl Dockerfile {
    /// The stages in order.
    #[must_use]
    pub fn stages(&self) -> Vec<Stage<'_>> {
        let mut stages: Vec<Stage<'_>> = Vec::new();
        for instruction in self.instructions() {
            if instruction.is(Keyword::From) {
                stages.push(Stage { index: stages.len(), from: instruction, body: Vec::new() });
            } else if let Some(stage) = stages.last_mut() {
                stage.body.push(instruction);
            }
        }
        stages
    }

    /// The stage that a build makes: the one called `target`, or the last one.
    ///
    /// Without a stage of that name it is the last one too.
    #[must_use]
    pub fn built_stage(&self, target: Option<&str>) -> Option<usize> {
        let stages = self.stages();
        let name = target.map(str::to_ascii_lowercase);
        let named = name.and_then(|name| stages.iter().rposition(|stage| stage.name().as_deref() == Some(&name)));
        named.or(stages.len().checked_sub(1))
    }

    /// The instructions before the first FROM: global ARGs.
    pub fn globals(&self) -> impl Iterator<Item = &Instruction> {
        self.instructions().take_while(|instruction| !instruction.is(Keyword::From))
    }
}
