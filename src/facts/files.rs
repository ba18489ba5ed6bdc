//! The files of the image, whichever stage of the file they come through.

use super::{Facts, Step, copies};
use crate::decision::Place;

impl Facts<'_> {
    /// The text of a file of the final image, where it is at hand.
    #[must_use]
    pub fn text_at(&self, path: &str) -> Option<String> {
        self.file_at(path).map(|(text, _)| text)
    }

    /// The file at `path` of the final image, also where it comes through other stages of the file.
    pub(super) fn file_at(&self, path: &str) -> Option<(String, Place)> {
        self.file_in(&self.steps().all, path, self.built?)
    }

    /// The file at `path` of the stage at `index`, which `steps` make.
    fn file_in(&self, steps: &[Step], path: &str, index: usize) -> Option<(String, Place)> {
        steps.iter().rev().find_map(|step| {
            if let Some(lower) = self.stage_copied_from(step).filter(|&lower| lower < index) {
                let below = self.steps_with_below(lower);
                return copies::moved_from(step, path).iter().find_map(|path| self.file_in(&below.all, path, lower));
            }
            copies::file_at(std::slice::from_ref(step), path, self.input.context)
        })
    }

    /// The stage that a COPY brings files from.
    #[must_use]
    pub fn stage_copied_from(&self, step: &Step) -> Option<usize> {
        step.instruction.flag("--from")?;
        self.stages_read_by(step.instruction).first().copied().filter(|&index| index < self.stages.len())
    }
}
