//! Splits the final stage in two: a builder that makes the Python environment or the program, and a runtime stage that
//! copies it.
//!
//! This is program slicing. The builder gets everything up to the last `pip` line, but for what only describes the
//! container; the runtime stage keeps everything but the `pip` lines. What feeds `pip` is thus in the builder whatever it
//! is, and what the program needs is in the runtime stage, in the order and the bytes of the original.

mod builder;
mod copies;
mod environment;
mod files;
mod installers;
mod pip;
mod refusals;
mod sources;
mod tree;
mod venv;

use super::{Chapter, Transform, omit_dev_dependencies, place, slim_base};
use crate::decision::{Announced, Change, Decision, Held, Meaning, Safety};
use crate::dockerfile::Keyword;
use crate::edit::Span;
use crate::engine::View;
use crate::facts::{Base, Step};
use crate::templates::Family;

use environment::Environment;
pub(super) use files::programs_left_behind;
use installers::Installers;

pub(super) static TRANSFORM: Transform = Transform {
    name: "split_stages",
    page: include_str!("split_stages.md"),
    announced: Announced {
        touches: &[
            Keyword::From,
            Keyword::Run,
            Keyword::Copy,
            Keyword::Add,
            Keyword::Env,
            Keyword::Arg,
            Keyword::Workdir,
            Keyword::Shell,
            Keyword::User,
            Keyword::Cmd,
            Keyword::Entrypoint,
        ],
        meaning: &[Meaning::Env("PATH"), Meaning::Env("VIRTUAL_ENV"), Meaning::Runner],
        stages: 1,
    },
    plan,
};

/// A page for each ecosystem: what is copied differs, and so does what holds it.
pub(super) const CHAPTERS: [Chapter; 7] = [
    chapter("split_stages/python", include_str!("split_stages/python.md")),
    chapter("split_stages/environments", include_str!("split_stages/environments.md")),
    chapter("split_stages/node_and_ruby", include_str!("split_stages/node_and_ruby.md")),
    chapter("split_stages/php", include_str!("split_stages/php.md")),
    chapter("split_stages/go", include_str!("split_stages/go.md")),
    chapter("split_stages/java_rust_and_dotnet", include_str!("split_stages/java_rust_and_dotnet.md")),
    chapter("split_stages/c", include_str!("split_stages/c.md")),
];

const fn chapter(name: &'static str, page: &'static str) -> Chapter {
    Chapter { name, page, transform: &TRANSFORM }
}

/// Where the builder makes the environment: outside of the working directory, so that a bind mount of the sources does
/// not hide it.
const ENVIRONMENT: &str = "/opt/venv";

/// Says what the copy from the builder is.
const COPIED: &str = "# The environment, as the builder made it\n";

fn plan(view: &View) -> Result<Vec<Decision>, Held> {
    refusals::later_stages_by_number(view)?;
    if files::are_the_product(view) {
        return files::plan(view);
    }
    if venv::is_made(view) {
        return venv::plan(view);
    }
    let steps = view.facts.steps().own();
    let fills_environment =
        steps.iter().flat_map(|step| view.facts.effects(step)).any(|effect| effect.install().is_some());
    if !fills_environment && !view.facts.ecosystems(steps).is_empty() {
        return tree::plan(view);
    }
    let slice = Slice::of(view)?;
    slice.refuse_what_cannot_move(view)?;
    Ok(vec![Ok(slice.change(view)?)])
}

/// The part of the final stage that makes the environment.
struct Slice<'v, 'a> {
    steps: &'v [Step<'a>],
    /// Indexes of the steps that call pip, or a tool that takes its place.
    pip: Vec<usize>,
    installers: Installers<'v>,
    /// The packages that stay behind in the builder.
    tooling: Vec<String>,
}

impl<'v, 'a> Slice<'v, 'a> {
    fn of(view: &'v View<'a>) -> Result<Self, Held> {
        let steps = view.facts.steps().own();
        let calls_pip = |step: &Step| view.facts.effects(step).iter().any(|effect| effect.install().is_some());
        let pip: Vec<usize> = (0..steps.len()).filter(|&at| steps.get(at).is_some_and(calls_pip)).collect();
        refusals::conda(view)?;
        if pip.is_empty() {
            return Err(Held::satisfied("no line of the final stage is known to call pip"));
        }
        let base = python_base(view)?;
        let mut tooling = view.facts.build_packages(steps);
        tooling.extend(full_tools(view, base)?);
        if tooling.is_empty() {
            return Err(nothing_stays_behind(view));
        }
        Ok(Self { steps, pip, installers: Installers::of(view, steps)?, tooling })
    }

    fn last_pip(&self) -> usize {
        self.pip.last().copied().unwrap_or_default()
    }

    fn refuse_what_cannot_move(&self, view: &View) -> Result<(), Held> {
        for &at in &self.pip {
            let step = self.steps.get(at).ok_or_else(|| Held::satisfied("no such step"))?;
            pip::refuse(view, step)?;
        }
        for step in self.steps {
            refusals::step_nobody_knows(view, step, |_| false)?;
        }
        refusals::stages_below(view)?;
        refusals::environments_of_the_file(view)?;
        refusals::fixed_paths(view)?;
        refusals::paths_set_anew(view, self.pip.first().copied().unwrap_or_default())
    }

    fn change(&self, view: &View) -> Result<Change, Held> {
        let from = place::from(view)?;
        let name = builder::stage_name(view);
        let environment = Environment::of(view, self.steps, &self.pip, &self.installers);
        let mut edits = vec![builder::insert(view, self.steps, &self.pip, &name, &environment)?];
        let copy = copy_lines(&name, &self.installers);
        for &at in &self.pip {
            let Some(step) = self.steps.get(at) else { continue };
            edits.extend(pip::removal(view, step, if at == environment.first_fill { &copy } else { "" })?);
        }
        edits.extend(copies::unneeded(view, self.steps, self.last_pip(), &self.installers));
        Ok(Change {
            at: from.span,
            edits,
            safety: Safety::Review,
            reason: format!("a builder stage makes the Python environment and keeps {}", self.tooling.join(", ")),
            because: builder::because(view, self.steps, &self.pip),
            notes: Vec::new(),
        })
    }
}

/// The image, if it is one whose Python we know: `/usr/local/bin/python3` in every `python:*`.
fn python_base<'v>(view: &'v View) -> Result<&'v Base, Held> {
    let from = view.facts.final_stage().map(|stage| stage.stage.from.span);
    let Some(base) = view.facts.base() else {
        return Err(Held::Blocked {
            reason: "the base image is a variable without a default; give its ARG one".into(),
            at: from,
        });
    };
    let is_python = base.name == "python" && matches!(base.family, Some(Family::Debian | Family::Alpine));
    if !is_python {
        return Err(Held::Blocked { reason: refusals::other_python(view, base), at: from });
    }
    if base.tag.as_deref().is_some_and(|tag| tag.split(['.', '-']).next() == Some("2")) {
        return Err(Held::Blocked { reason: "Python 2 makes no virtual environment".into(), at: from });
    }
    Ok(base)
}

/// What a full image carries for builds alone, where `slim_base` can put the program on the slim one.
fn full_tools(view: &View, base: &Base) -> Result<Option<String>, Held> {
    if !base.carries_tool_chain() {
        return Ok(None);
    }
    slim_base::slim_reference(view)?;
    slim_base::needs(view)?;
    Ok(Some(format!("what {} carries for builds", base.reference)))
}

/// Why there is nothing to split, where the final stage installs no tools that stay in it.
fn nothing_stays_behind(view: &View) -> Held {
    let below = view.facts.build_packages(view.facts.steps().below());
    if below.is_empty() {
        return Held::satisfied("no compiler or header package would stay behind in a builder");
    }
    let tools = below.join(", ");
    Held::blocked(format!("the stage below installs {tools}; install them in the final stage, where pip needs them"))
}

fn copy_lines(builder: &str, installers: &Installers) -> String {
    format!("{COPIED}COPY --from={builder} {ENVIRONMENT} {ENVIRONMENT}\n{}", installers.runtime_env(ENVIRONMENT))
}

/// The bytes from `start` to `end` of the file.
fn slice(view: &View, start: usize, end: usize) -> String {
    Span::new(start, end).of(view.dockerfile.text()).to_owned()
}
