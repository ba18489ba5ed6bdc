//! The text of the builder stage: the original's lines up to the last one that builds.

use super::{place, slice};
use crate::decision::{Evidence, Held};
use crate::dockerfile::Keyword;
use crate::edit::Edit;
use crate::engine::View;
use crate::facts::{Effect, Step};

/// What a recipe makes of the original's lines.
pub(super) trait Recipe {
    /// Lines of its own before the step at `at`.
    fn before(&self, _view: &View, _at: usize, _step: &Step) -> String {
        String::new()
    }

    /// A line of the original, as the builder has it; whole lines.
    fn line(&self, _view: &View, _at: usize, _step: &Step, block: String) -> String {
        block
    }

    /// The last line that builds, whole lines.
    fn last(&self, _view: &View, _step: &Step, block: String) -> String {
        block
    }

    /// Whether the step at `at` must be there although it only prepares the container.
    fn feeds_on(&self, _at: usize) -> bool {
        false
    }
}

/// A name that no stage of the file has.
pub(super) fn stage_name(view: &View) -> String {
    let is_stage = |name: &str| view.facts.stages.iter().any(|stage| stage.stage.name().as_deref() == Some(name));
    // A context of this name may be given to the build.
    let is_read = |name: &str| view.dockerfile.text().contains(&format!("from={name}"));
    let numbered = (1..).map(|number| format!("builder-{number}"));
    let mut names = std::iter::once("builder".to_owned()).chain(numbered);
    names.find(|name| !is_stage(name) && !is_read(name)).unwrap_or_default()
}

/// Puts the stage before the final one. `builds` are the indexes of the steps that build.
pub(super) fn insert(
    view: &View,
    steps: &[Step],
    builds: &[usize],
    name: &str,
    recipe: &impl Recipe,
) -> Result<Edit, Held> {
    Ok(Edit::insert(start(view)?, text(view, steps, builds, name, recipe)?))
}

/// Where the stage goes: before the FROM of the final one; the comments above the first FROM are the file's own.
fn start(view: &View) -> Result<usize, Held> {
    let stage = &view.facts.final_stage().ok_or_else(place::no_stage)?.stage;
    let from = stage.from.span;
    Ok(if stage.index == 0 { from.start } else { view.facts.block(from).start })
}

/// The stage, whole lines and a blank one.
fn text(view: &View, steps: &[Step], builds: &[usize], name: &str, recipe: &impl Recipe) -> Result<String, Held> {
    let from = place::from(view)?;
    let words = from.words();
    let image_end = words.first().map_or(from.span.end, |word| from.to_file(word.span).end);
    let keyword = if from.parts.name.starts_with('f') { "as" } else { "AS" };
    let mut out = format!("{} {keyword} {name}\n", slice(view, from.span.start, image_end));
    let last = *builds.last().ok_or_else(|| Held::satisfied("nothing builds"))?;
    let until = steps.get(..=last).unwrap_or_default();
    let prepares = until.iter().any(|step| only_prepares_the_container(view, step) && is_used(view, step, until));
    for (at, step) in until.iter().enumerate() {
        out.push_str(&recipe.before(view, at, step));
        let only_prepares = || !prepares && !recipe.feeds_on(at) && only_prepares_the_container(view, step);
        let is_idle = place::only_describes(step) || only_prepares();
        if is_idle && !builds.contains(&at) {
            continue;
        }
        let block = view.facts.block(step.instruction.span);
        if starts_paragraph(view, block.start) {
            out.push('\n');
        }
        let text = slice(view, block.start, block.end);
        let text = if at == last { recipe.last(view, step, text) } else { text };
        out.push_str(&recipe.line(view, at, step, text));
    }
    out.push_str(if out.ends_with('\n') { "\n" } else { "\n\n" });
    Ok(out)
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
        let describes = place::only_describes(other) || other.is(Keyword::Workdir);
        !describes && !only_prepares_the_container(view, other)
    });
    let names = |text: &str| made.iter().any(|word| word.is_empty() || text.contains(word));
    others.map(|other| other.instruction.logical.text()).any(names)
}

pub(super) fn starts_paragraph(view: &View, at: usize) -> bool {
    let before = view.dockerfile.text().get(..at).unwrap_or_default();
    before.ends_with("\n\n") || before.ends_with("\n\r\n")
}

/// The lines that build, as they stand in the file.
pub(super) fn because(view: &View, steps: &[Step], builds: &[usize]) -> Vec<Evidence> {
    let steps = builds.iter().filter_map(|&at| steps.get(at));
    steps.map(|step| Evidence::dockerfile(first_line(view, step), step.instruction.span)).collect()
}

fn first_line(view: &View, step: &Step) -> String {
    let text = step.instruction.span.of(view.dockerfile.text());
    text.lines().next().unwrap_or_default().trim_end_matches('\\').trim().to_owned()
}
