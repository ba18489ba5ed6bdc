//! The text of the builder stage: the original's lines up to the last one that builds.

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
    let is_stage = |name: &str| view.facts.stages.iter().any(|stage| stage.stage.name().as_deref() == Some(name));
    // A context of this name may be given to the build.
    let is_read = |name: &str| view.dockerfile.text().contains(&format!("from={name}"));
    let numbered = (1..).map(|number| format!("builder-{number}"));
    let mut names = std::iter::once("builder".to_owned()).chain(numbered);
    names.find(|name| !is_stage(name) && !is_read(name)).unwrap_or_default()
}

/// Where the stage goes: before the FROM of the final one; the comments above the first FROM are the file's own.
pub(super) fn place(view: &View) -> usize {
    let Some(stage) = view.facts.final_stage().map(|stage| &stage.stage) else { return 0 };
    let from = stage.from.span;
    if stage.index == 0 { from.start } else { view.facts.block(from).start }
}

/// The stage that makes the environment, whole lines and a blank one.
pub(super) fn text(view: &View, steps: &[Step], pip_steps: &[usize], name: &str) -> Result<String, Held> {
    let first_input = first_input(steps, pip_steps.first().copied().unwrap_or_default());
    let last = pip_steps.last().copied();
    let before = |at: usize, step: &Step| {
        if at == first_input { super::place::spelled(view, &environment(view, step)) } else { String::new() }
    };
    let dressed = |at: usize, step: &Step, text: String| {
        if Some(at) == last { without_pip_itself(view, step, &text) } else { text }
    };
    lines(view, steps, pip_steps, name, &before, &dressed)
}

/// The stage up to the last of `build_steps`; `before` and `dressed` say what stands before a step, and how it stands.
pub(super) fn lines(
    view: &View,
    steps: &[Step],
    build_steps: &[usize],
    name: &str,
    before: &dyn Fn(usize, &Step) -> String,
    dressed: &dyn Fn(usize, &Step, String) -> String,
) -> Result<String, Held> {
    let from = view.facts.final_stage().ok_or_else(|| Held::satisfied("there is no stage"))?.stage.from;
    let words = from.words();
    let image_end = words.first().map_or(from.span.end, |word| from.to_file(word.span).end);
    let keyword = if from.parts.name.starts_with('f') { "as" } else { "AS" };
    let mut out = format!("{} {keyword} {name}\n", slice(view, from.span.start, image_end));
    let last = *build_steps.last().ok_or_else(|| Held::satisfied("nothing builds"))?;
    let until = steps.get(..=last).unwrap_or_default();
    let prepares = until.iter().any(|step| only_prepares_the_container(view, step) && is_used(view, step, until));
    for (at, step) in until.iter().enumerate() {
        out.push_str(&before(at, step));
        let is_idle =
            DESCRIBING.contains(&step.instruction.keyword()) || (!prepares && only_prepares_the_container(view, step));
        if is_idle && !build_steps.contains(&at) {
            continue;
        }
        let block = view.facts.block(step.instruction.span);
        if starts_paragraph(view, block.start) {
            out.push('\n');
        }
        let text = slice(view, block.start, block.end);
        out.push_str(&dressed(at, step, text));
    }
    out.push_str(if out.ends_with('\n') { "\n" } else { "\n\n" });
    Ok(out)
}

/// Where the environment is made: before the COPY that feeds the first pip line, so that the cache lasts longest.
fn first_input(steps: &[Step], first_pip: usize) -> usize {
    let copies =
        steps.get(..first_pip).unwrap_or_default().iter().rev().take_while(|step| step.copies_context()).count();
    first_pip - copies
}

/// The lines that make it. The ENV stands between two RUN lines where it can: two in a row want to be one.
fn environment(view: &View, next: &Step) -> String {
    let start = view.facts.block(next.instruction.span).start;
    let gap = if starts_paragraph(view, start) { "\n" } else { "" };
    let why = "# A virtual environment, which the runtime stage copies as a whole\n";
    let env = format!("ENV PATH=\"{ENVIRONMENT}/bin:$PATH\"\n");
    let run = format!("RUN python3 -m venv {ENVIRONMENT} && rm {ENVIRONMENT}/bin/[Aa]ctivate*\n");
    let follows_run = view.facts.steps().own().iter().take_while(|step| step.instruction.span.start < start).last();
    let comes_first = next.is(Keyword::Run) && !follows_run.is_some_and(|step| step.is(Keyword::Run));
    if comes_first { format!("{gap}{why}{run}{env}") } else { format!("{gap}{why}{env}{run}") }
}

/// Whether a RUN makes nothing but users and directories, which the container needs and a build mostly does not.
fn only_prepares_the_container(view: &View, step: &Step) -> bool {
    const PREPARING: [&str; 8] = ["mkdir", "useradd", "groupadd", "adduser", "addgroup", "usermod", "chown", "chmod"];
    let only_files = view.facts.effects(step).iter().all(|effect| matches!(effect, Effect::Files));
    step.is(Keyword::Run)
        && only_files
        && step.script().is_some_and(|run| {
            let mut commands = run.script.commands.iter();
            commands.all(|command| command.program().is_some_and(|invocation| PREPARING.contains(&invocation.name)))
        })
}

/// Whether another line of the builder names something that this one made: a user, a directory.
fn is_used(view: &View, step: &Step, until: &[Step]) -> bool {
    let commands = step.script().into_iter().flat_map(|run| &run.script.commands);
    let made: Vec<&str> = commands
        .filter_map(|command| command.program())
        .flat_map(|invocation| invocation.words.iter().map(|word| word.literal_start()))
        .filter(|word| !word.starts_with('-'))
        .collect();
    let others = until.iter().filter(|other| {
        let describes = DESCRIBING.contains(&other.instruction.keyword()) || other.is(Keyword::Workdir);
        !describes && !only_prepares_the_container(view, other)
    });
    let names = |text: &str| made.iter().any(|word| word.is_empty() || text.contains(word));
    others.map(|other| other.instruction.logical.text()).any(names)
}

/// pip goes last: nothing installs anything in the runtime stage.
fn without_pip_itself(view: &View, step: &Step, block: &str) -> String {
    let appendable = super::place::takes_another(step) && !runtime_needs_pip(view);
    if !appendable {
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
            let mut programs = pip::with_effects(view, step).filter(|(_, effect)| matches!(effect, Effect::Program(_)));
            programs.any(|(command, _)| command.words.iter().any(|word| names_caller(word.literal_start())))
        })
}

fn starts_paragraph(view: &View, at: usize) -> bool {
    let before = view.dockerfile.text().get(..at).unwrap_or_default();
    before.ends_with("\n\n") || before.ends_with("\n\r\n")
}
