//! Go: the product is a program, a file at a known place. The runtime stage starts from a plain image of the same
//! release, keeps what is no build, and copies the program and what it may read beside itself.

mod lines;
mod programs;
mod refusals;

use super::builder::{self, Recipe};
use super::first_line;
use crate::decision::{Change, Decision, Evidence, Held, Safety};
use crate::edit::Edit;
use crate::engine::View;
use crate::facts::go::GoCall;
use crate::facts::{Base, Step};
use programs::Program;

/// Whether the final stage is one that this recipe is for.
pub(super) fn are_the_product(view: &View) -> bool {
    view.facts.base().is_some_and(|base| view.facts.input.templates.go.comes_in(&base.name))
}

pub(super) fn plan(view: &View) -> Result<Vec<Decision>, Held> {
    let slice = Slice::of(view)?;
    slice.refuse_what_cannot_move(view)?;
    Ok(vec![Ok(slice.change(view)?)])
}

/// The part of the final stage that builds.
struct Slice<'v, 'a> {
    steps: &'v [Step<'a>],
    calls: Vec<GoCall>,
    /// Indexes of the steps that call the tool chain.
    builds: Vec<usize>,
    /// Index of the last of them.
    last: usize,
    /// The image that runs the program.
    runtime: String,
    /// What is started.
    programs: Vec<Program>,
}

/// The builder's lines are the original's.
struct AsItIs;

impl Recipe for AsItIs {
    fn before(&self, _: &View, _: usize, _: &Step) -> String {
        String::new()
    }

    fn last(&self, _: &View, _: &Step, block: String) -> String {
        block
    }

    fn feeds_on(&self, _: usize) -> bool {
        false
    }
}

impl<'v, 'a> Slice<'v, 'a> {
    fn of(view: &'v View<'a>) -> Result<Self, Held> {
        let base = view.facts.base().ok_or_else(|| Held::satisfied("the base image is not known"))?;
        refusals::stages_below(view)?;
        refusals::development(view)?;
        let steps = view.facts.steps().own();
        let calls = view.facts.go_calls();
        let mut builds: Vec<usize> = calls.iter().map(|call| call.step).collect();
        builds.dedup();
        let Some(&last) = builds.last() else {
            return Err(Held::blocked("no line of the final stage builds a program with `go build` or `go install`"));
        };
        let runtime = runtime(view, base)?;
        refusals::settings_of_go(view, steps, last)?;
        let programs = programs::started(view, &calls)?;
        Ok(Self { steps, calls, builds, last, runtime, programs })
    }

    fn refuse_what_cannot_move(&self, view: &View) -> Result<(), Held> {
        refusals::context(view)?;
        refusals::generators(self.steps, &self.calls)?;
        for (at, step) in self.steps.iter().enumerate() {
            if self.builds.contains(&at) {
                refusals::user_of_build(step)?;
                continue;
            }
            refusals::step_of_runtime(view, step, at < self.last, &self.runtime)?;
        }
        refusals::working_directory(self.steps)?;
        refusals::programs_left_behind(view, &self.runtime)?;
        refusals::time_zones(view)?;
        refusals::libraries(view)
    }

    fn change(&self, view: &View) -> Result<Change, Held> {
        let from = view.facts.final_stage().ok_or_else(|| Held::satisfied("there is no stage"))?.stage.from;
        let image = from.words().first().ok_or_else(|| Held::satisfied("there is no image"))?;
        let name = builder::stage_name(view);
        let stage = builder::text(view, self.steps, &self.builds, &name, &AsItIs)?;
        let mut edits = vec![Edit::insert(builder::place(view), stage)];
        edits.push(Edit::replace(from.to_file(image.span), self.runtime.clone()));
        let mut data = Vec::new();
        for (at, step) in self.steps.iter().enumerate().take(self.last) {
            if !self.builds.contains(&at) && view.facts.copies_files(step) {
                let Some(brought) = view.facts.brought(step).filter(|brought| brought.has_sources) else { continue };
                // What is brought again is copied once, as it is in the end.
                for (_, earlier) in &mut data {
                    Vec::retain(earlier, |datum| !brought.data.contains(datum));
                }
                data.push((step, brought.data));
                edits.push(lines::without(view, step));
            }
        }
        let copies = lines::copies(view, &name, &self.runtime, &data, &self.programs);
        for &at in &self.builds {
            let Some(step) = self.steps.get(at) else { continue };
            let replacement = if at == self.last { copies.as_str() } else { "" };
            edits.extend(lines::without_build(view, step, &self.programs, replacement)?);
        }
        let built: Vec<&str> = self.programs.iter().map(|program| program.built.as_str()).collect();
        Ok(Change {
            at: from.span,
            edits,
            safety: Safety::Review,
            reason: format!("a builder stage makes {} and keeps Go and the sources", built.join(", ")),
            because: self.because(view),
            notes: programs::not_started(&self.calls, &self.programs),
        })
    }

    fn because(&self, view: &View) -> Vec<Evidence> {
        let steps = self.builds.iter().filter_map(|&at| self.steps.get(at));
        steps.map(|step| Evidence::dockerfile(first_line(view, step), step.instruction.span)).collect()
    }
}

/// The image that runs what the final stage builds.
fn runtime(view: &View, base: &Base) -> Result<String, Held> {
    base.runtime_reference().ok_or_else(|| Held::Blocked {
        reason: format!(
            "the tag of {} does not name the release below it, and the program is to run on the same one; \
             write it: golang:1.25-bookworm, golang:1.25-alpine3.22",
            base.reference
        ),
        at: view.facts.final_stage().map(|stage| stage.stage.from.span),
    })
}
