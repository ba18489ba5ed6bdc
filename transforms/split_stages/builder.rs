//! The text of the builder stage: the original's lines up to the last `pip` line.

use super::{ENVIRONMENT, pip, slice};
use crate::decision::Held;
use crate::dockerfile::Keyword;
use crate::engine::View;
use crate::facts::{Effect, Step};

/// Instructions that say nothing to a build.
const DESCRIBING: [Keyword; 8] = [
    Keyword::Cmd,
    Keyword::Entrypoint,
    Keyword::Expose,
    Keyword::Healthcheck,
    Keyword::Label,
    Keyword::Maintainer,
    Keyword::Stopsignal,
    Keyword::Volume,
];

/// A name that no stage of the file has.
pub(super) fn stage_name(view: &View) -> String {
    let taken: Vec<String> = view.facts.stages.iter().filter_map(|stage| stage.stage.name()).collect();
    let mut names = ["builder", "python-builder", "venv-builder"].into_iter().map(str::to_owned);
    names.find(|name| !taken.contains(name)).unwrap_or_else(|| format!("builder-{}", taken.len()))
}

/// Holds the split for a state that a second stage would not have.
pub(super) fn refuse_state(view: &View, steps: &[Step], last_pip: usize) -> Result<(), Held> {
    let until = steps.get(..=last_pip).unwrap_or_default();
    if let Some(user) = until.iter().find(|step| step.is(Keyword::User)) {
        return Err(Held::blocked_at("pip runs as a user of its own", user.instruction.span));
    }
    let from = view.facts.final_stage().map(|stage| stage.stage.from);
    if let Some(name) = from.filter(|from| from.words().len() == 1).and_then(|_| steps.iter().find_map(numbered_from)) {
        let index = view.facts.stages.len() - 1;
        if name >= index {
            return Err(Held::blocked("a COPY names this stage by its number"));
        }
    }
    let makes_environment = steps.iter().flat_map(|step| step.script()).any(|run| {
        run.script
            .commands
            .iter()
            .any(|command| command.words.iter().any(|word| word.is("venv") || word.is("virtualenv")))
    });
    if makes_environment {
        return Err(Held::blocked("the file makes a virtual environment of its own"));
    }
    Ok(())
}

fn numbered_from(step: &Step) -> Option<usize> {
    step.instruction.flag("--from")?.value.as_deref()?.parse().ok()
}

/// The stage, whole lines and a blank one.
pub(super) fn text(view: &View, steps: &[Step], pip_steps: &[usize], name: &str) -> Result<String, Held> {
    let from = view.facts.final_stage().ok_or_else(|| Held::satisfied("there is no stage"))?.stage.from;
    let words = from.words();
    let image_end = words.first().map_or(from.span.end, |word| from.to_file(word.span).end);
    let mut out = format!("{} AS {name}\n", slice(view, from.span.start, image_end));
    let (first, last) = match pip_steps {
        [first, .., last] => (*first, *last),
        [only] => (*only, *only),
        [] => return Err(Held::satisfied("nothing calls pip")),
    };
    let first_input = first_input(steps, first);
    for (at, step) in steps.iter().enumerate().take(last + 1) {
        if at == first_input {
            out.push_str(&environment(view, step));
        }
        if !pip_steps.contains(&at) && !belongs_to_the_builder(view, step) {
            continue;
        }
        let block = view.facts.block(step.instruction.span);
        if starts_paragraph(view, block.start) && !out.ends_with("\n\n") {
            out.push('\n');
        }
        let text = slice(view, block.start, block.end);
        out.push_str(&if at == last { without_pip_itself(view, step, &text) } else { text });
    }
    out.push('\n');
    Ok(out)
}

/// Where the environment is made: before the COPY that feeds the first pip line, so that the cache lasts longest.
fn first_input(steps: &[Step], first_pip: usize) -> usize {
    let copies =
        steps.get(..first_pip).unwrap_or_default().iter().rev().take_while(|step| step.copies_context()).count();
    first_pip - copies
}

fn environment(view: &View, next: &Step) -> String {
    let start = view.facts.block(next.instruction.span).start;
    let gap = if starts_paragraph(view, start) { "\n" } else { "" };
    format!(
        "{gap}# A virtual environment, which the runtime stage copies as a whole\n\
         ENV PATH=\"{ENVIRONMENT}/bin:$PATH\"\nRUN python3 -m venv {ENVIRONMENT} && rm {ENVIRONMENT}/bin/[Aa]ctivate*\n"
    )
}

/// Everything before pip may feed it, but for what only describes the container, users and empty directories.
fn belongs_to_the_builder(view: &View, step: &Step) -> bool {
    if DESCRIBING.contains(&step.instruction.keyword()) {
        return false;
    }
    !step.is(Keyword::Run) || !only_prepares_the_container(view, step)
}

fn only_prepares_the_container(view: &View, step: &Step) -> bool {
    const PREPARING: [&str; 8] = ["mkdir", "useradd", "groupadd", "adduser", "addgroup", "usermod", "chown", "chmod"];
    let only_files = view.facts.effects(step).iter().all(|effect| matches!(effect, Effect::Files));
    only_files
        && step.script().is_some_and(|run| {
            let mut commands = run.script.commands.iter();
            commands.all(|command| command.program().is_some_and(|invocation| PREPARING.contains(&invocation.name)))
        })
}

/// pip goes last: nothing installs anything in the runtime stage.
fn without_pip_itself(view: &View, step: &Step, block: &str) -> String {
    let appendable = super::place::takes_another(step) && !runtime_needs_pip(view);
    if !appendable || pip::commands(view, step).is_empty() {
        return block.to_owned();
    }
    let edit = super::place::and_then(view, step, "pip uninstall --yes pip");
    let offset = view.facts.block(step.instruction.span).start;
    let at = edit.span.start.saturating_sub(offset);
    match (block.get(..at), block.get(at..)) {
        (Some(head), Some(tail)) => format!("{head}{}{tail}", edit.text),
        _ => block.to_owned(),
    }
}

/// Whether something that stays calls pip, or a program that does.
fn runtime_needs_pip(view: &View) -> bool {
    const CALLERS: [&str; 3] = ["pip", "spacy", "ensurepip"];
    let names_caller =
        |text: &str| text.split(|ch: char| !ch.is_ascii_alphanumeric()).any(|word| CALLERS.contains(&word));
    let start = view.facts.start();
    start.scripts.iter().any(|script| names_caller(&script.text))
        || start.commands.iter().any(|started| started.words.iter().any(|word| names_caller(&word.raw)))
        || view.facts.steps().own().iter().any(|step| {
            let stays = view.facts.effects(step).iter().any(|effect| matches!(effect, Effect::Program(_)));
            stays && names_caller(step.instruction.rest())
        })
}

fn starts_paragraph(view: &View, at: usize) -> bool {
    let before = view.dockerfile.text().get(..at).unwrap_or_default();
    before.ends_with("\n\n") || before.ends_with("\n\r\n")
}
