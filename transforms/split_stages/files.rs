//! Go, Java, Rust, .NET, C: the product is a program, files at known places. The runtime stage starts from an image of the same
//! release without the tool chain, keeps what is no build, and copies the program and what it may read beside itself.

mod libraries;
mod lines;
mod programs;
mod refusals;
mod runtime;

use super::builder::{self, Recipe};
use super::place;
use crate::decision::{Change, Decision, Held, Safety};
use crate::edit::Edit;
use crate::engine::View;
use crate::facts::Step;
use crate::facts::products::Call;
use crate::facts::scope::is_at_or_below;
use crate::facts::sources::Datum;
use crate::templates::ToolChain;
use programs::Program;
pub(in super::super) use refusals::programs_left_behind;

/// Whether the final stage is one that this recipe is for.
pub(super) fn are_the_product(view: &View) -> bool {
    view.facts.tool_chain().is_some()
}

pub(super) fn plan(view: &View) -> Result<Vec<Decision>, Held> {
    let slice = Slice::of(view)?;
    slice.refuse_what_cannot_move(view)?;
    Ok(vec![Ok(slice.change(view)?)])
}

/// The part of the final stage that builds.
struct Slice<'v, 'a> {
    chain: &'v ToolChain,
    steps: &'v [Step<'a>],
    calls: Vec<Call>,
    /// Indexes of the steps that build.
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

impl Recipe for AsItIs {}

impl<'v, 'a> Slice<'v, 'a> {
    fn of(view: &'v View<'a>) -> Result<Self, Held> {
        let chain =
            view.facts.tool_chain().ok_or_else(|| Held::satisfied("the image has no tool chain that is known"))?;
        refusals::stages_below(view, chain)?;
        refusals::development(view, chain)?;
        let steps = view.facts.steps().own();
        let calls = view.facts.product_calls();
        let mut builds: Vec<usize> = calls.iter().map(|call| call.step).collect();
        builds.dedup();
        let Some(&last) = builds.last() else {
            let reason = format!("no line of the final stage builds a program with {}", chain.makers.join(" or "));
            return Err(if chain.runs_too { Held::satisfied(reason) } else { Held::blocked(reason) });
        };
        let runtime = runtime::image(view, chain)?;
        refusals::settings_of_image(view, chain, steps, last)?;
        let programs = programs::started(view, chain, &calls)?;
        Ok(Self { chain, steps, calls, builds, last, runtime, programs })
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
        refusals::working_directory(view, self.chain, self.steps)?;
        refusals::users_of_image(view, self.steps, &self.runtime)?;
        refusals::programs_left_behind(view, self.chain, &self.runtime)?;
        refusals::tool_chain_at_run_time(view, &self.runtime)?;
        libraries::linked_by_words(view, self.chain, &self.runtime)?;
        runtime::settings(view, &self.runtime)?;
        refusals::time_zones(view)
    }

    fn change(&self, view: &View) -> Result<Change, Held> {
        let libraries = libraries::needed(view, self.chain)?;
        let from = place::from(view)?;
        let image = from.words().first().ok_or_else(|| Held::satisfied("there is no image"))?;
        let name = builder::stage_name(view);
        let mut edits = vec![builder::insert(view, self.steps, &self.builds, &name, &AsItIs)?];
        if image.text != self.runtime {
            edits.push(Edit::replace(from.to_file(image.span), self.runtime.clone()));
        }
        let mut data = Vec::new();
        for (at, step) in self.steps.iter().enumerate().take(self.last) {
            if !self.builds.contains(&at) && view.facts.copies_files(step) {
                let Some(brought) = view.facts.brought(step).filter(|brought| brought.has_sources) else { continue };
                // What is brought again is copied once, as it is in the end.
                for (_, earlier) in &mut data {
                    Vec::retain(earlier, |datum| !brought.data.contains(datum));
                }
                data.push((step, self.read_at_run_time(view, brought.data)));
                edits.push(lines::without(view, step));
            }
        }
        let certificates = self.chain.certificates.then(|| lines::certificates(view, &name, &self.runtime, &libraries));
        let mut brought = certificates.unwrap_or_default();
        brought.push_str(&lines::copies(&name, &data, &self.programs));
        for &at in &self.builds {
            let Some(step) = self.steps.get(at) else { continue };
            let replacement = if at == self.last { brought.as_str() } else { "" };
            let goes = |command: usize| self.calls.iter().any(|call| (call.step, call.command) == (at, command));
            edits.extend(lines::without_build(view, step, goes, &self.programs, replacement)?);
        }
        let built: Vec<&str> = self.programs.iter().map(|program| program.built.as_str()).collect();
        Ok(Change {
            at: from.span,
            edits,
            safety: Safety::Review,
            reason: format!(
                "a builder stage makes {} and keeps {} and the sources",
                built.join(", "),
                self.chain.keeps
            ),
            because: builder::because(view, self.steps, &self.builds),
            notes: programs::not_started(&self.calls, &self.programs),
        })
    }

    /// What the program may read of what was beside its sources.
    fn read_at_run_time(&self, view: &View, data: Vec<Datum>) -> Vec<Datum> {
        let place = view.facts.steps().end.workdir.as_deref().unwrap_or("/");
        let is_read = |datum: &Datum| !self.chain.complete || is_at_or_below(&datum.path, place);
        data.into_iter().filter(is_read).collect()
    }
}
