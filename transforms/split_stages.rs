//! Splits the final stage in two: a builder that makes the Python environment, and a runtime stage that copies it.
//!
//! This is program slicing. The builder gets everything up to the last `pip` line, but for what only describes the
//! container; the runtime stage keeps everything but the `pip` lines. What feeds `pip` is thus in the builder whatever it
//! is, and what the program needs is in the runtime stage, in the order and the bytes of the original.

mod builder;
mod pip;

use super::{Transform, place};
use crate::decision::{Announced, Change, Decision, Evidence, Held, Meaning, Safety};
use crate::dockerfile::Keyword;
use crate::edit::{Edit, Span};
use crate::engine::View;
use crate::facts::{Base, Effect, Step, User};
use crate::templates::{Family, Fate};

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
        ],
        meaning: &[Meaning::Env("PATH")],
        stages: 1,
    },
    plan,
};

/// Where the builder makes the environment: outside of the working directory, so that a bind mount of the sources does
/// not hide it.
const ENVIRONMENT: &str = "/opt/venv";

fn plan(view: &View) -> Result<Vec<Decision>, Held> {
    let slice = Slice::of(view)?;
    slice.refuse_what_cannot_move(view)?;
    Ok(vec![Ok(slice.change(view)?)])
}

/// The part of the final stage that makes the environment.
struct Slice<'v, 'a> {
    steps: &'v [Step<'a>],
    /// Indexes of the steps that call pip.
    pip: Vec<usize>,
    /// The packages that stay behind in the builder.
    tooling: Vec<String>,
}

impl<'v, 'a> Slice<'v, 'a> {
    fn of(view: &'v View<'a>) -> Result<Self, Held> {
        let steps = view.facts.steps().own();
        let is_pip = |effect: &Effect| matches!(effect, Effect::Pip(_));
        let pip: Vec<usize> = (0..steps.len())
            .filter(|&at| steps.get(at).is_some_and(|step| view.facts.effects(step).iter().any(is_pip)))
            .collect();
        if pip.is_empty() {
            return Err(Held::satisfied("the final stage makes no environment that a builder could make"));
        }
        let base = python_base(view)?;
        if base.carries_tool_chain() {
            let from = view.facts.final_stage().map(|stage| stage.stage.from.span);
            let reason =
                format!("the compilers come with {} itself: a slim base would leave them behind", base.reference);
            return Err(Held::Blocked { reason, at: from });
        }
        let tooling = tooling(view, steps, base.family);
        if tooling.is_empty() {
            return Err(Held::satisfied("no compiler or header package would stay behind in a builder"));
        }
        Ok(Self { steps, pip, tooling })
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
            refuse_unknown(view, step)?;
        }
        builder::refuse_state(view, self.steps, self.last_pip())?;
        refuse_fixed_paths(view)
    }

    fn change(&self, view: &View) -> Result<Change, Held> {
        let from = view.facts.final_stage().ok_or_else(|| Held::satisfied("there is no stage"))?.stage.from;
        let name = builder::stage_name(view);
        let builder = builder::text(view, self.steps, &self.pip, &name)?;
        let mut edits = vec![Edit::insert(from.span.start, builder)];
        let mut copy = Some(copy_lines(&name));
        for &at in &self.pip {
            let Some(step) = self.steps.get(at) else { continue };
            edits.extend(pip::removal(view, step, copy.take().unwrap_or_default())?);
        }
        edits.extend(unneeded_copies(view, self.steps, &self.pip));
        Ok(Change {
            at: from.span,
            edits,
            safety: Safety::Review,
            reason: format!("a builder stage makes the Python environment and keeps {}", self.tooling.join(", ")),
            because: self.because(view),
            notes: Vec::new(),
        })
    }

    fn because(&self, view: &View) -> Vec<Evidence> {
        let steps = self.pip.iter().filter_map(|&at| self.steps.get(at));
        steps.map(|step| Evidence::dockerfile(first_line(view, step), step.instruction.span)).collect()
    }
}

fn first_line(view: &View, step: &Step) -> String {
    let text = step.instruction.span.of(view.dockerfile.text());
    text.lines().next().unwrap_or_default().trim_end_matches('\\').trim().to_owned()
}

/// The image, if it is one whose Python we know: `/usr/local/bin/python3` in every `python:*`.
fn python_base<'v>(view: &'v View) -> Result<&'v Base, Held> {
    let from = view.facts.final_stage().map(|stage| stage.stage.from.span);
    let Some(base) = view.facts.base() else {
        return Err(Held::Blocked { reason: "the base image is a variable without a default".into(), at: from });
    };
    let is_python = base.name == "python" && matches!(base.family, Some(Family::Debian | Family::Alpine));
    if !is_python {
        let reason = format!("Python environments are split on python:* images alone, this is {}", base.reference);
        return Err(Held::Blocked { reason, at: from });
    }
    Ok(base)
}

/// The packages of the final stage that only a build needs.
fn tooling(view: &View, steps: &[Step], family: Option<Family>) -> Vec<String> {
    let Some(family) = family else { return Vec::new() };
    let installed = steps.iter().flat_map(|step| view.facts.effects(step)).filter_map(|effect| match effect {
        Effect::Packages(command) => Some(&command.packages),
        _ => None,
    });
    let packages = &view.facts.input.templates.packages;
    let is_tooling = |name: &&String| packages.package(family, name).is_some_and(|package| package.fate == Fate::Drop);
    let mut names: Vec<String> = installed.flatten().map(|word| &word.name).filter(is_tooling).cloned().collect();
    names.sort();
    names.dedup();
    names
}

/// A step that nobody can follow may feed pip, or need what pip or a compiler left.
fn refuse_unknown(view: &View, step: &Step) -> Result<(), Held> {
    let odd = view.facts.effects(step).iter().find_map(|effect| match effect {
        Effect::Unknown(why) => Some(format!("it is not known what this line reads and writes: {why}")),
        Effect::Build(program) => Some(format!("`{program}` builds something in a place that is not known")),
        _ => None,
    });
    if let Some(reason) = odd {
        return Err(Held::blocked_at(reason, step.instruction.span));
    }
    if step.is(Keyword::Onbuild) {
        return Err(Held::blocked_at("ONBUILD lines run in the images built on this one", step.instruction.span));
    }
    let mounts_stage =
        step.instruction.flag("--mount").and_then(|flag| flag.value.as_deref()).is_some_and(|it| it.contains("from="));
    if mounts_stage {
        return Err(Held::blocked_at("a mount from another stage feeds this line", step.instruction.span));
    }
    Ok(())
}

/// The environment moves: what calls programs by their old place would not find them.
fn refuse_fixed_paths(view: &View) -> Result<(), Held> {
    const OLD_PLACES: [&str; 3] = ["/usr/local/bin/", "/usr/local/lib/python", "site-packages"];
    let start = view.facts.start();
    let names_old_place = |text: &str| OLD_PLACES.iter().find(|place| text.contains(**place)).copied();
    let own_scripts = |text: &str| start.scripts.iter().any(|script| text.contains(&script.path));
    for step in
        view.facts.steps().all.iter().filter(|step| !matches!(step.instruction.keyword(), Keyword::Copy | Keyword::Add))
    {
        let text = step.instruction.logical.text();
        if let Some(place) = names_old_place(text).filter(|_| !own_scripts(text)) {
            let reason = format!("{place} is named here, and the environment would move to {ENVIRONMENT}");
            return Err(Held::blocked_at(reason, step.instruction.span));
        }
    }
    for script in &start.scripts {
        if let Some(place) = names_old_place(&script.text) {
            return Err(Held::blocked(format!(
                "{} names {place}, and the environment would move to {ENVIRONMENT}",
                script.path
            )));
        }
    }
    if let Some(missing) = &start.missing {
        return Err(Held::blocked(format!(
            "{missing} runs at start and is not at hand; give its folder with --context"
        )));
    }
    if matches!(view.facts.user(), User::Other(_)) {
        return Err(Held::blocked("the file runs as a user of its own, who may own what pip installs"));
    }
    Ok(())
}

fn copy_lines(builder: &str) -> String {
    format!(
        "# The environment, as the builder made it\nCOPY --from={builder} {ENVIRONMENT} {ENVIRONMENT}\n\
         ENV PATH=\"{ENVIRONMENT}/bin:$PATH\"\n"
    )
}

/// COPY lines that bring nothing but requirement files, which a later COPY of everything brings again.
fn unneeded_copies(view: &View, steps: &[Step], pip: &[usize]) -> Vec<Edit> {
    let last = pip.last().copied().unwrap_or_default();
    let unneeded = steps.iter().take(last).enumerate().filter(|(at, step)| {
        step.copies_context() && is_brought_again(step, steps.get(at + 1..).unwrap_or_default(), pip, *at)
    });
    unneeded.map(|(_, step)| Edit::delete(place::whole(view, step.instruction))).collect()
}

/// Whether a later step copies the whole context to where this one copied a part of it, and only pip stood between.
fn is_brought_again(step: &Step, later: &[Step], pip: &[usize], at: usize) -> bool {
    let Some(destination) = step.destination() else { return false };
    let only_files = step.sources().iter().all(|source| !source.contains(['*', '$', ':']));
    let mut between = later.iter().zip(at + 1..).take_while(|(step, _)| !copies_everything(step));
    let whole = later.iter().find(|step| copies_everything(step)).and_then(Step::destination);
    let quiet =
        between.all(|(step, index)| pip.contains(&index) || !matches!(step.instruction.keyword(), Keyword::Run));
    let names = step.sources();
    let lands_alike = whole.is_some_and(|whole| {
        let whole = whole.trim_end_matches('/').to_owned();
        names.iter().all(|source| {
            let name = source.trim_start_matches("./").trim_end_matches('/');
            let file = destination == format!("{whole}/{name}");
            let folder = !name.contains('/') && destination == whole && !name.is_empty();
            file || folder
        })
    });
    only_files && quiet && lands_alike
}

fn copies_everything(step: &Step) -> bool {
    step.copies_context() && step.sources().iter().all(|source| matches!(*source, "." | "./"))
}

/// The bytes from `start` to `end` of the file.
fn slice(view: &View, start: usize, end: usize) -> String {
    Span::new(start, end).of(view.dockerfile.text()).to_owned()
}
