//! Decisions about single commands, wherever they stand.

use crate::decision::{Decision, Held};
use crate::engine::View;
use crate::facts::{Effect, Run, Step};

/// Asks `decide` about every command of the RUN lines that the final image rests on; `satisfied` where it has nothing to say.
pub(in crate::transforms) fn each(
    view: &View,
    satisfied: &str,
    decide: impl Fn(&Step, &Run, &Effect) -> Option<Decision>,
) -> Result<Vec<Decision>, Held> {
    let mut decisions = Vec::new();
    for index in view.facts.needed_stages() {
        let family = view.facts.image_below(index).and_then(|base| base.family);
        for step in view.facts.steps_of(index).own() {
            let Some(run) = step.script() else { continue };
            let effects = step.effects(family, view.facts.input);
            decisions.extend(effects.iter().filter_map(|effect| decide(step, run, effect)));
        }
    }
    if decisions.is_empty() { Err(Held::satisfied(satisfied)) } else { Ok(decisions) }
}
