//! What stands in the way of copying an environment of the file's own.

use super::super::copies::copies_everything;
use super::super::refusals;
use super::runs::{mentions, tools};
use super::{Calls, builds, goes, installs_beside};
use crate::context::calls;
use crate::decision::Held;
use crate::dockerfile::Keyword;
use crate::engine::View;
use crate::facts::{EnvironmentCall, Step};

/// Steps that nobody can follow, that run as somebody else, or whose result lies where no copy finds it. `calls` are those
/// of all steps, the stages below included.
pub(super) fn steps(view: &View, calls: &[Calls]) -> Result<(), Held> {
    let steps = view.facts.steps();
    let is_installer = |program: &str| view.facts.input.templates.python.installer(program).is_some();
    for (at, (step, calls)) in steps.all.iter().zip(calls).enumerate() {
        let blocked = |reason: String| Err(Held::blocked_at(reason, step.instruction.span));
        if let Some(why) = calls.iter().flatten().find_map(elsewhere) {
            return blocked(why.to_owned());
        }
        if installs_beside(view, step, calls) {
            return blocked("pip installs beside the environment here; install everything into it".into());
        }
        if let Some(tool) = beside(view, step, calls) {
            return blocked(format!("it is not known what {tool} does here, and it would stay in the builder"));
        }
        // A line that goes as a whole stays as it is in the builder.
        if calls.is_empty() || !calls.iter().all(|call| call.as_ref().is_some_and(goes)) {
            refusals::step_nobody_knows(view, step, is_installer)?;
        }
        if at < steps.below().len() && calls.iter().flatten().any(|call| call.filled().is_some()) {
            return blocked(
                "the stage below installs, and what it made would stay in the runtime stage; \
                            install in the final stage alone"
                    .into(),
            );
        }
        if builds(calls) {
            refusals::not_as_root(step, "the install")?;
        }
        let fetched = python_fetcher(view, step, calls).and_then(|tool| view.facts.fetched_python(step, tool));
        fetched.map_or(Ok(()), blocked)?;
    }
    refusals::start_at_hand(view)?;
    tool_when_it_runs(view)
}

/// A tool that is called for something that has nothing to do with an environment.
fn beside<'s>(view: &View, step: &'s Step, calls: &Calls) -> Option<&'s str> {
    let commands = step.script().into_iter().flat_map(|run| &run.script.commands).zip(calls);
    let mut others =
        commands.filter(|(_, call)| call.is_none()).filter_map(|(command, _)| Some(command.program()?.name));
    others.find(|name| tools(view).any(|tool| tool == *name))
}

fn elsewhere(call: &EnvironmentCall) -> Option<&str> {
    match call {
        EnvironmentCall::Elsewhere(why) => Some(why),
        _ => None,
    }
}

/// The tool that makes an environment in a step and can fetch a Python for it.
fn python_fetcher<'s>(view: &View, step: &'s Step, calls: &Calls) -> Option<&'s str> {
    let makes = |call| matches!(call, &Some(EnvironmentCall::Makes(_) | EnvironmentCall::Fills(_)));
    let commands = step.script().into_iter().flat_map(|run| &run.script.commands).zip(calls);
    let mut tools = commands.filter(|(_, call)| makes(call)).filter_map(|(command, _)| Some(command.program()?.name));
    let fetches = |tool: &&str| view.facts.input.templates.python.installer(tool).is_some_and(|it| it.fetches_python);
    tools.find(fetches)
}

/// A developer's environment that COPY brings would lie below the builder's.
pub(super) fn context(view: &View, places: &[String]) -> Result<(), Held> {
    let context = view.facts.input.context;
    let name = |place: &String| place.rsplit('/').next().unwrap_or_default().to_owned();
    let Some(name) = places.iter().map(name).find(|name| context.exists(name)) else { return Ok(()) };
    match view.facts.steps().own().iter().find(|step| copies_everything(step)) {
        Some(step) => {
            let reason = format!("this line brings the {name} of the context as well; name it in .dockerignore");
            Err(Held::blocked_at(reason, step.instruction.span))
        }
        None => Ok(()),
    }
}

/// A tool that the program calls itself must stay.
fn tool_when_it_runs(view: &View) -> Result<(), Held> {
    for tool in tools(view) {
        let called = calls(view.facts.input.context, tool);
        if let Some((file, line)) = called.iter().find(|(file, _)| file.ends_with(".py")) {
            return Err(Held::blocked(format!("{file}:{line} calls {tool}, which would stay in the builder")));
        }
        if view.facts.ran(tool) {
            return Err(Held::blocked(format!(
                "the container was observed to run {tool}, which would stay in the builder"
            )));
        }
        let probes = |step: &&Step| step.is(Keyword::Healthcheck) && mentions(step.instruction.rest(), tool) > 0;
        if let Some(step) = view.facts.steps().all.iter().find(probes) {
            let reason =
                format!("the health check calls {tool}, which would stay in the builder; call the program itself");
            return Err(Held::blocked_at(reason, step.instruction.span));
        }
        if let Some(script) = view.facts.start().scripts.iter().find(|script| mentions(&script.text, tool) > 0) {
            let reason =
                format!("{} calls {tool}, which would stay in the builder; call the program itself", script.path);
            return Err(Held::blocked(reason));
        }
    }
    Ok(())
}
