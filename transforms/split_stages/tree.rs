//! The recipe for tools that build in the working directory: the builder runs them, and the runtime stage copies the
//! directory as they left it.

mod fate;
mod reach;
mod refusals;
mod roots;

use super::builder::{self, Recipe};
use super::{first_line, place};
use crate::decision::{Change, Decision, Evidence, Held, Safety};
use crate::edit::Edit;
use crate::engine::View;
use crate::facts::{Base, Effect, Step};
use crate::templates::{Ecosystem, Family, ToolCall};

use super::super::chain;
use fate::Fate;

pub(super) fn plan(view: &View) -> Result<Vec<Decision>, Held> {
    let slice = Slice::of(view)?;
    Ok(vec![Ok(slice.change(view)?)])
}

/// The part of the final stage that fills the trees.
struct Slice<'v, 'a> {
    steps: &'v [Step<'a>],
    /// Indexes of the steps that build.
    builds: Vec<usize>,
    /// The directories that hold what was built.
    trees: Vec<String>,
    /// What becomes of the steps up to the last build, in order.
    fates: Vec<Fate>,
    /// What stays behind in the builder.
    tooling: Vec<String>,
}

impl<'v, 'a> Slice<'v, 'a> {
    fn of(view: &'v View<'a>) -> Result<Self, Held> {
        let steps = view.facts.steps().own();
        let ecosystems = view.facts.ecosystems(steps);
        let tooling = tooling(view, steps, &ecosystems)?;
        let builds: Vec<usize> =
            (0..steps.len()).filter(|&at| steps.get(at).is_some_and(|step| builds(view, step))).collect();
        let until = builds.last().and_then(|&last| steps.get(..=last)).unwrap_or_default();
        refusals::steps(view, &builds)?;
        refusals::packages(view, &ecosystems)?;
        refusals::start(view)?;
        let trees = roots::trees(view, until, &ecosystems)?;
        refusals::variables(view, &trees)?;
        let later = steps.get(until.len()..).unwrap_or_default();
        let fates = until.iter().map(|step| Fate::of(view, step, &trees, later)).collect::<Result<_, _>>()?;
        Ok(Self { steps, builds, trees, fates, tooling })
    }

    fn change(&self, view: &View) -> Result<Change, Held> {
        let from = view.facts.final_stage().ok_or_else(|| Held::satisfied("there is no stage"))?.stage.from;
        let name = builder::stage_name(view);
        let mut edits = vec![Edit::insert(
            builder::place(view),
            builder::text(view, self.steps, &self.builds, &name, self)?,
        )];
        let last = self.fates.len().saturating_sub(1);
        for (at, (step, fate)) in self.steps.iter().zip(&self.fates).enumerate() {
            let replacement = if at == last { self.copy_lines(&name) } else { String::new() };
            edits.extend(removal(view, step, fate, &replacement)?);
        }
        Ok(Change {
            at: from.span,
            edits,
            safety: Safety::Review,
            reason: format!("a builder stage fills {} and keeps {}", self.trees.join(", "), self.tooling.join(", ")),
            because: self.because(view),
            notes: Vec::new(),
        })
    }

    fn because(&self, view: &View) -> Vec<Evidence> {
        let steps = self.builds.iter().filter_map(|&at| self.steps.get(at));
        steps.map(|step| Evidence::dockerfile(first_line(view, step), step.instruction.span)).collect()
    }

    fn copy_lines(&self, builder: &str) -> String {
        let copies = self.trees.iter().map(|tree| format!("COPY --from={builder} {tree} {tree}\n"));
        format!("# What the builder made, and the files it was made from\n{}", copies.collect::<String>())
    }
}

impl Recipe for Slice<'_, '_> {
    fn before(&self, _: &View, _: usize, _: &Step) -> String {
        String::new()
    }

    fn last(&self, _: &View, _: &Step, block: String) -> String {
        block
    }

    fn feeds_on(&self, at: usize) -> bool {
        self.fates.get(at).is_some_and(|fate| !matches!(fate, Fate::Stays))
    }
}

fn builds(view: &View, step: &Step) -> bool {
    let mut commands = step.script().into_iter().flat_map(|run| &run.script.commands);
    commands.any(|command| view.facts.tool_call(command).is_some_and(ToolCall::builds))
}

/// What a builder would keep.
fn tooling(view: &View, steps: &[Step], ecosystems: &[&Ecosystem]) -> Result<Vec<String>, Held> {
    let from = view.facts.final_stage().ok_or_else(|| Held::satisfied("there is no stage"))?.stage.from;
    let mut tooling = view.facts.build_packages(steps);
    let nothing = || Held::satisfied("nothing that only a build needs would stay behind in a builder");
    let base = view.facts.base().ok_or_else(|| {
        Held::blocked_at("the base image is a variable without a default; give its ARG one", from.span)
    })?;
    if is_full(view, base) {
        refusals::full_base(view, base, ecosystems)?;
        tooling.push(format!("what {} carries for builds", base.reference));
    }
    if tooling.is_empty() {
        return Err(nothing());
    }
    let is_known = matches!(base.family, Some(Family::Debian | Family::Alpine));
    if !is_known || !ecosystems.iter().any(|ecosystem| ecosystem.has_image(&base.name)) {
        let images: Vec<String> =
            ecosystems.iter().flat_map(|it| it.images()).map(|name| format!("{name}:*")).collect();
        let reason = format!("what is built here is split on {} images alone, this is {}", images.join(" and "), base.reference);
        return Err(Held::blocked_at(reason, from.span));
    }
    Ok(tooling)
}

/// Whether the image is a full one that is named here, and that has a slim variant.
fn is_full(view: &View, base: &Base) -> bool {
    let from = view.facts.final_stage().and_then(|stage| stage.stage.from.words().first());
    let is_written = from.is_some_and(|word| word.text == base.reference);
    is_written && base.slim_reference(view.facts.input.templates).is_some()
}

/// Takes what goes out of the runtime stage; `replacement`, whole lines, stands in its place.
fn removal(view: &View, step: &Step, fate: &Fate, replacement: &str) -> Result<Vec<Edit>, Held> {
    match fate {
        Fate::Stays => Ok(Vec::new()),
        Fate::Goes if replacement.is_empty() => Ok(vec![Edit::delete(place::whole(view, step.instruction))]),
        Fate::Goes => {
            // The blank line behind the block stays where something else comes in its place.
            let block = view.facts.block(step.instruction.span);
            Ok(vec![Edit::replace(block, place::spelled(view, replacement))])
        }
        Fate::Partly(goes) => {
            let blocked = || chain::not_apart(step, "what builds stands");
            let run = step.script().ok_or_else(blocked)?;
            let is_gone = |command: usize| goes.get(command).copied().unwrap_or_default();
            let items: Vec<bool> = run.script.items.iter().map(|item| item.command.is_some_and(is_gone)).collect();
            // A call within `$( … )` is no member of the chain.
            if items.iter().filter(|goes| **goes).count() != goes.iter().filter(|goes| **goes).count() {
                return Err(blocked());
            }
            let mut edits = chain::without(run, &items).ok_or_else(blocked)?;
            if !replacement.is_empty() {
                edits.push(place::behind(view, step.instruction, replacement));
            }
            Ok(edits)
        }
    }
}

/// The commands of a step, what they do, and the directory that each runs in.
fn commands<'s>(
    view: &View,
    step: &'s Step,
) -> impl Iterator<Item = (&'s crate::shell::Command, &'s Effect, Option<String>)> {
    let effects = step.effects(view.facts.family(), view.facts.input);
    let commands = step.script().into_iter().flat_map(|run| &run.script.commands);
    commands.zip(effects).zip(reach::directories(step)).map(|((command, effect), dir)| (command, effect, dir))
}
