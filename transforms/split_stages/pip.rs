//! The `pip` lines: which can move to a builder, and how they leave the runtime stage.

use super::super::place;
use crate::decision::Held;
use crate::edit::Edit;
use crate::engine::View;
use crate::facts::python::PipCommand;
use crate::facts::{Effect, Step};

/// The pip commands of a step.
pub(super) fn commands<'s>(view: &View, step: &'s Step) -> Vec<&'s PipCommand>
where
{
    let family = view.facts.family();
    let effects = step.effects(family, view.facts.input);
    effects.iter().filter_map(|effect| if let Effect::Pip(pip) = effect { Some(pip) } else { None }).collect()
}

/// Holds the split for a pip command whose result is not an environment that can be copied.
pub(super) fn refuse(view: &View, step: &Step) -> Result<(), Held> {
    let blocked = |reason: String| Err(Held::blocked_at(reason, step.instruction.span));
    for pip in commands(view, step) {
        if let Some(option) = pip.elsewhere() {
            return blocked(format!("`{option}` installs outside of an environment"));
        }
        if pip.is_editable() {
            return blocked("an editable install points back at the sources".into());
        }
        if pip.packages.iter().any(|package| package.starts_with('$')) {
            return blocked("what pip installs is in a variable".into());
        }
    }
    Ok(())
}

/// Takes the pip commands out of the runtime stage; `replacement`, whole lines, stands in their place.
pub(super) fn removal(view: &View, step: &Step, replacement: String) -> Result<Vec<Edit>, Held> {
    if leaves_nothing(view, step) {
        let block = place::whole(view, step.instruction);
        // The blank line behind the block stays where something else comes in its place.
        let span = if replacement.is_empty() { block } else { view.facts.block(step.instruction.span) };
        return Ok(vec![Edit::replace(span, replacement)]);
    }
    let mut edits = without_commands(view, step)?;
    if !replacement.is_empty() {
        edits.insert(0, place::behind(view, step.instruction, &replacement));
    }
    Ok(edits)
}

/// Whether a step does nothing but call pip, and clean up after it.
fn leaves_nothing(view: &View, step: &Step) -> bool {
    let Some(run) = step.script() else { return false };
    view.facts.effects(step).iter().zip(&run.script.commands).all(|(effect, command)| {
        let name = command.program().map(|invocation| invocation.name);
        matches!(effect, Effect::Pip(_)) || matches!(name, Some("rm" | "set" | "echo" | "cd" | "true"))
    })
}

/// Removes the commands one by one from a chain of `&&`.
fn without_commands(view: &View, step: &Step) -> Result<Vec<Edit>, Held> {
    let blocked = || Held::blocked_at("pip stands in a line that can't be taken apart", step.instruction.span);
    let run = step.script().filter(|run| run.script.is_simple_chain()).ok_or_else(blocked)?;
    let effects = view.facts.effects(step);
    let mut edits = Vec::new();
    for (index, item) in run.script.items.iter().enumerate() {
        let effect = item.command.and_then(|at| effects.get(at));
        if matches!(effect, Some(Effect::Pip(_))) {
            let span =
                run.script.removal_of(run.text(), index).filter(|&span| run.is_editable(span)).ok_or_else(blocked)?;
            edits.push(Edit::delete(run.to_file(span)));
        }
    }
    Ok(edits)
}
