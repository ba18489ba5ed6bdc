//! The recipe for tools that build in the working directory: the builder runs them, and the runtime stage copies the
//! directory as they left it.

mod build_tools;
mod fate;
pub(super) mod reach;
mod refusals;
mod roots;

use super::super::chain;
use super::super::trim_packages;
use super::builder::{self, Recipe};
use super::{omit_dev_dependencies, place, slice, slim_base};
use crate::decision::{Change, Decision, Held, Safety};
use crate::dockerfile::Instruction;
use crate::edit::{Edit, Span};
use crate::engine::View;
use crate::facts::{Effect, Step, cwd};
use crate::shell::Command;
use crate::templates::{Class, Ecosystem, Family, ToolCall};
pub(super) use fate::{Fate, Lot};

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
        refusals::tools(&ecosystems)?;
        refusals::development(view)?;
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
        let from = place::from(view)?;
        let name = builder::stage_name(view);
        let mut edits = vec![builder::insert(view, self.steps, &self.builds, &name, self)?];
        edits.extend(removals(view, self.steps, &self.fates, &self.copy_lines(&name))?);
        Ok(Change {
            at: from.span,
            edits,
            safety: Safety::Review,
            reason: format!("a builder stage fills {} and keeps {}", self.trees.join(", "), self.tooling.join(", ")),
            because: builder::because(view, self.steps, &self.builds),
            notes: Vec::new(),
        })
    }

    fn copy_lines(&self, builder: &str) -> String {
        let copies = self.trees.iter().map(|tree| format!("COPY --from={builder} {tree} {tree}\n"));
        format!("# What the builder made, and the files it was made from\n{}", copies.collect::<String>())
    }
}

impl Recipe for Slice<'_, '_> {
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
    let from = place::from(view)?;
    let mut tooling = view.facts.build_packages(steps);
    // Where nothing compiles, headers serve nobody and weigh little: a second install of all packages costs more.
    let compiles = ecosystems.iter().any(|ecosystem| ecosystem.compiles());
    if !compiles && tooling.iter().all(|name| is_of_headers(view, name)) {
        tooling.clear();
    }
    tooling.extend(packages_for_tools(view, steps));
    let nothing = || Held::satisfied("nothing that only a build needs would stay behind in a builder");
    let base = view.facts.base().ok_or_else(|| {
        Held::blocked_at("the base image is a variable without a default; give its ARG one", from.span)
    })?;
    if slim_base::slim_reference(view).is_ok() {
        refusals::full_base(view, base, ecosystems)?;
        slim_base::needs(view)?;
        tooling.push(format!("what {} carries for builds", base.reference));
    } else {
        refusals::headers(view, &tooling)?;
    }
    if omit_dev_dependencies::could_stay_in_a_builder(view) {
        tooling.push("what only development needs".to_owned());
    }
    if tooling.is_empty() {
        return Err(nothing());
    }
    let is_known = matches!(base.family, Some(Family::Debian | Family::Alpine));
    if !is_known || !ecosystems.iter().any(|ecosystem| ecosystem.has_image(&base.name)) {
        let mut images: Vec<String> =
            ecosystems.iter().flat_map(|it| it.images()).map(|name| format!("{name}:*")).collect();
        images.dedup();
        let reason =
            format!("what is built here is split on {} images alone, this is {}", images.join(" and "), base.reference);
        return Err(Held::blocked_at(reason, from.span));
    }
    Ok(tooling)
}

/// Takes what goes out of the runtime stage; `copies`, whole lines, stand in the place of the last build.
pub(super) fn removals(view: &View, steps: &[Step], fates: &[Fate], copies: &str) -> Result<Vec<Edit>, Held> {
    let mut edits = Vec::new();
    let mut fates = steps.iter().zip(fates).peekable();
    while let Some((step, fate)) = fates.next() {
        let mut end = step.instruction;
        if matches!(fate, Fate::Goes) {
            let goes_too = |next: &(&Step, &Fate), end| matches!(next.1, Fate::Goes) && adjoins(view, end, next.0);
            while let Some((next, _)) = fates.next_if(|next| goes_too(next, end)) {
                end = next.instruction;
            }
        }
        let replacement = if fates.peek().is_none() { copies } else { "" };
        match fate {
            Fate::Stays => {}
            Fate::Goes => edits.push(gone(view, step.instruction, end, replacement)),
            Fate::Partly(goes) => edits.extend(partly_gone(view, step, goes, replacement)?),
        }
    }
    Ok(edits)
}

fn is_of_headers(view: &View, name: &str) -> bool {
    let family = view.facts.family();
    let package = family.and_then(|family| view.facts.input.templates.packages.package(family, name));
    package.is_some_and(|package| package.class == Class::Headers)
}

/// The packages that serve the tools called here and nothing else.
fn packages_for_tools(view: &View, steps: &[Step]) -> Vec<String> {
    let Some(family) = view.facts.family() else { return Vec::new() };
    let is_left = |tool: &str| build_tools::is_left_behind(view, tool) && steps.iter().any(|step| step.calls(tool));
    view.facts.installed(steps, |_, name| trim_packages::serves_tools(view, family, name, is_left))
}

/// Whether nothing but blank lines stands between an instruction and the comments of the next step.
fn adjoins(view: &View, end: &Instruction, next: &Step) -> bool {
    slice(view, end.span.end, view.facts.block(next.instruction.span).start).trim().is_empty()
}

/// Everything from `first` to `last` goes, and `replacement` stands in its place.
fn gone(view: &View, first: &Instruction, last: &Instruction, replacement: &str) -> Edit {
    if replacement.is_empty() {
        return Edit::delete(place::stretch(view, first, last));
    }
    // The blank line behind stays where something else comes in its place.
    let span = Span::new(view.facts.block(first.span).start, last.span.end);
    Edit::replace(span, place::spelled(view, replacement))
}

/// Takes single commands out of a chain, and puts `replacement` behind what stays.
fn partly_gone(view: &View, step: &Step, goes: &[bool], replacement: &str) -> Result<Vec<Edit>, Held> {
    let blocked = || chain::not_apart(step, "what builds stands");
    let run = step.script().ok_or_else(blocked)?;
    let is_gone = |command: usize| goes.get(command).copied().unwrap_or_default();
    let items: Vec<bool> = run.script.items.iter().map(|item| item.command.is_some_and(is_gone)).collect();
    let count = |flags: &[bool]| flags.iter().filter(|goes| **goes).count();
    // A call within `$( … )` is no member of the chain.
    if count(&items) != count(goes) {
        return Err(blocked());
    }
    let mut edits = chain::without(run, &items).ok_or_else(blocked)?;
    if !replacement.is_empty() {
        edits.push(place::behind(view, step.instruction, replacement));
    }
    Ok(edits)
}

/// The commands of a step, what they do, and the directory that each runs in.
pub(super) fn commands<'s>(
    view: &View,
    step: &'s Step,
) -> impl Iterator<Item = (&'s Command, &'s Effect, Option<String>)> {
    let effects = step.effects(view.facts.family(), view.facts.input);
    let commands = step.script().into_iter().flat_map(|run| &run.script.commands);
    commands.zip(effects).zip(cwd::directories(step)).map(|((command, effect), dir)| (command, effect, dir))
}
