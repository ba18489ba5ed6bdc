//! The recipe for an environment that the file makes itself: the builder fills it, and the runtime stage copies it to the
//! same place. The sources come as they came before, so that an editable install finds them.

mod fate;
mod refusals;
mod runs;

use super::builder::{self, Recipe};
use super::tree::{self, Fate};
use super::{full_tools, nothing_stays_behind, place, python_base};
use crate::decision::{Change, Decision, Held, Safety};
use crate::dockerfile::Keyword;
use crate::edit::Edit;
use crate::engine::View;
use crate::facts::{EnvironmentCall, Step};

/// What a step's commands have to do with the environment, in their order.
type Calls = Vec<Option<EnvironmentCall>>;

/// Whether the final stage fills an environment of its own, or installs with a tool that keeps one somewhere.
pub(super) fn is_made(view: &View) -> bool {
    let steps = view.facts.steps();
    let calls = view.facts.environment_calls(&steps.all);
    let calls = calls.get(steps.below().len()..).unwrap_or_default();
    let leads_elsewhere = |call: &EnvironmentCall| matches!(call, EnvironmentCall::Elsewhere(_));
    let pip_serves_another = || steps.own().iter().zip(calls).any(|(step, calls)| installs_beside(view, step, calls));
    !places(calls).is_empty() || (calls.iter().flatten().flatten().any(leads_elsewhere) && !pip_serves_another())
}

pub(super) fn plan(view: &View) -> Result<Vec<Decision>, Held> {
    let slice = Slice::of(view)?;
    Ok(vec![Ok(slice.change(view)?)])
}

/// The part of the final stage that makes the environment.
struct Slice<'v, 'a> {
    steps: &'v [Step<'a>],
    /// The image of Python alone, where the file starts from one of a tool.
    image: Option<String>,
    /// Indexes of the steps that bring tools, and that make and fill the environment.
    builds: Vec<usize>,
    /// Where the environment lies; mostly there is but one.
    places: Vec<String>,
    /// What becomes of the steps up to the last build, in order.
    fates: Vec<Fate>,
    /// Calls of programs by a tool that stays behind.
    runs: Vec<Edit>,
    /// What stays behind in the builder.
    tooling: Vec<String>,
}

impl<'v, 'a> Slice<'v, 'a> {
    fn of(view: &'v View<'a>) -> Result<Self, Held> {
        let steps = view.facts.steps();
        let all = view.facts.environment_calls(&steps.all);
        let calls = all.get(steps.below().len()..).unwrap_or_default();
        let places = places(calls);
        let image = plain_image(view)?;
        let mut tooling = view.facts.build_packages(steps.own());
        if image.is_none() {
            tooling.extend(full_tools(view, python_base(view)?)?);
        }
        tooling.extend(image.as_ref().and_then(|_| tool_of_image(view)).map(str::to_owned));
        tooling.extend(tools(view, steps.own(), calls));
        if tooling.is_empty() {
            return Err(nothing_stays_behind(view));
        }
        refusals::steps(view, &all)?;
        refusals::context(view, &places)?;
        let builds: Vec<usize> = (0..calls.len()).filter(|&at| calls.get(at).is_some_and(builds)).collect();
        let until = builds.last().map_or(0, |last| last + 1);
        let fates = fate::of(view, steps.own().get(..until).unwrap_or_default(), calls, &places)?;
        let runs = runs::edits(view, until, calls)?;
        if !runs.is_empty() {
            super::refusals::paths_set_anew(view, until)?;
        }
        Ok(Self { steps: steps.own(), image, builds, places, fates, runs, tooling })
    }

    fn change(&self, view: &View) -> Result<Change, Held> {
        let from = place::from(view)?;
        let name = builder::stage_name(view);
        let mut edits = vec![builder::insert(view, self.steps, &self.builds, &name, self)?];
        edits.extend(tree::removals(view, self.steps, &self.fates, &self.copy_lines(view, &name))?);
        edits.extend(self.runs.iter().cloned());
        edits.extend(
            self.image
                .clone()
                .zip(from.words().first())
                .map(|(image, word)| Edit::replace(from.to_file(word.span), image)),
        );
        Ok(Change {
            at: from.span,
            edits,
            safety: Safety::Review,
            reason: format!("a builder stage makes {} and keeps {}", self.places.join(", "), self.tooling.join(", ")),
            because: builder::because(view, self.steps, &self.builds),
            notes: Vec::new(),
        })
    }

    fn copy_lines(&self, view: &View, builder: &str) -> String {
        let copies: String =
            self.places.iter().map(|place| format!("COPY --from={builder} {place} {place}\n")).collect();
        let path = self.places.first().filter(|place| !self.runs.is_empty() && !is_on_path(view, place));
        let env = path.map(|place| format!("ENV PATH=\"{place}/bin:$PATH\"\n")).unwrap_or_default();
        format!("{}{copies}{env}", super::COPIED)
    }
}

impl Recipe for Slice<'_, '_> {
    fn feeds_on(&self, at: usize) -> bool {
        self.fates.get(at).is_some_and(|fate| !matches!(fate, Fate::Stays))
    }
}

/// The image of Python alone that the runtime stage stands on, where the file starts from an image of a tool.
fn plain_image(view: &View) -> Result<Option<String>, Held> {
    let base = view.facts.base().filter(|_| tool_of_image(view).is_some());
    let Some((base, stage)) = base.zip(view.facts.final_stage()) else { return Ok(None) };
    let from = stage.stage.from;
    let is_written = from.words().first().is_some_and(|word| word.text == base.reference);
    match base.python_reference().filter(|_| is_written) {
        Some(image) => Ok(Some(image)),
        None => {
            let reason = format!("{} does not say here which image of Python it is made of", base.reference);
            Err(Held::blocked_at(reason, from.span))
        }
    }
}

/// The tool whose image the file starts from.
fn tool_of_image<'v>(view: &'v View) -> Option<&'v str> {
    tool_in(view, &view.facts.base()?.name)
}

/// The tool that images of this name bring.
fn tool_in<'v>(view: &'v View, image: &str) -> Option<&'v str> {
    let mut installers = view.facts.input.templates.python.installers();
    installers.find(|(_, installer)| installer.images.iter().any(|known| known == image)).map(|(name, _)| name)
}

/// The directories that are filled.
fn places(calls: &[Calls]) -> Vec<String> {
    let mut places: Vec<String> = Vec::new();
    for place in calls.iter().flatten().flatten().filter_map(EnvironmentCall::filled) {
        if !places.iter().any(|known| known == place) {
            places.push(place.to_owned());
        }
    }
    places
}

/// Whether a call belongs into the builder.
const fn goes(call: &EnvironmentCall) -> bool {
    matches!(call, EnvironmentCall::Makes(_) | EnvironmentCall::Fills(_) | EnvironmentCall::Tool(_))
}

fn builds(calls: &Calls) -> bool {
    calls.iter().flatten().any(goes)
}

/// The tools that the stage itself brings, pip and what only makes environments aside.
fn tools(view: &View, steps: &[Step], calls: &[Calls]) -> Vec<String> {
    let called = calls.iter().flatten().flatten().filter_map(|call| match call {
        EnvironmentCall::Tool(name) => Some(name.clone()),
        _ => None,
    });
    let copied = steps.iter().filter_map(|step| copied_tool(view, step)).map(str::to_owned);
    let mut tools: Vec<String> = called.filter(|name| name != "pip").chain(copied).collect();
    tools.sort();
    tools.dedup();
    tools
}

/// The tool that a COPY brings from an image of it, or from a stage of the file that is but this image.
fn copied_tool<'v>(view: &'v View, step: &Step) -> Option<&'v str> {
    let from = step.instruction.flag("--from").filter(|_| step.is(Keyword::Copy))?.value.as_deref()?;
    tool_in(view, &view.facts.image_named(from))
}

/// Whether pip installs into the interpreter, beside the environment.
fn installs_beside(view: &View, step: &Step, calls: &Calls) -> bool {
    view.facts.effects(step).iter().zip(calls).any(|(effect, call)| effect.install().is_some() && call.is_none())
}

/// Whether an ENV of the file puts the programs of `place` on PATH.
fn is_on_path(view: &View, place: &str) -> bool {
    let name = place.rsplit('/').next().unwrap_or(place);
    let ways = [
        format!("{name}/bin"),
        "VIRTUAL_ENV/bin".into(),
        "VIRTUAL_ENV}/bin".into(),
        "UV_PROJECT_ENVIRONMENT/bin".into(),
    ];
    let finds = |value: &str| ways.iter().any(|way| value.contains(way.as_str()));
    let envs = view.facts.steps().all.iter().filter(|step| step.is(Keyword::Env));
    let mut pairs = envs.flat_map(|step| step.instruction.pairs());
    pairs.any(|pair| pair.key == "PATH" && pair.value.as_deref().is_some_and(finds))
}
