//! What stands in the way of a runtime stage without the tool chain.

use super::super::super::chain;
use super::super::super::trim_packages::empties_package_caches;
use crate::decision::{Held, Place};
use crate::dockerfile::Keyword;
use crate::engine::View;
use crate::facts::products::Call;
use crate::facts::{Effect, Step};
use crate::shell::Command;
use crate::templates::{Family, ToolChain};

/// Commands that every runtime image has and that need no file of the sources.
const PREPARING: [&str; 4] = ["mkdir", "useradd", "groupadd", "usermod"];

/// Commands that every runtime image has.
const PLAIN: [&str; 15] = [
    "mkdir", "useradd", "groupadd", "usermod", "chown", "chmod", "chgrp", "ln", "touch", "rm", "cp", "mv", "install",
    "cat", "tee",
];

fn blocked_at(step: &Step, reason: impl Into<String>) -> Held {
    Held::blocked_at(reason, step.instruction.span)
}

/// The stages below the final one in the file: the runtime stage would not start from them.
pub(super) fn stages_below(view: &View, chain: &ToolChain) -> Result<(), Held> {
    let own_image = view.facts.final_stage().is_some_and(|stage| stage.base.family().is_some());
    if own_image {
        return Ok(());
    }
    let from = view.facts.final_stage().map(|stage| stage.stage.from.span);
    let reason = format!("the final stage starts from another one that has {}", chain.keeps);
    Err(Held::Blocked { reason, at: from })
}

/// A container that builds when it starts.
pub(super) fn development(view: &View, chain: &ToolChain) -> Result<(), Held> {
    for started in &view.facts.start().commands {
        let runs_a_product = started.words.iter().any(|word| word.raw.ends_with(".dll"));
        let reason = if chain.has_tool(&started.name) && !runs_a_product {
            let verb = started.literals().first().copied().unwrap_or_default().to_owned();
            format!("`{}` at start needs the tool chain; {}", format!("{} {verb}", started.name).trim(), chain.advice)
        } else if chain.is_for_development(&started.name) {
            format!("`{}` builds anew whenever a source changes: this image is for development", started.name)
        } else {
            continue;
        };
        return Err(at_place(reason, &started.place));
    }
    Ok(())
}

/// Held, with the line where that is in the Dockerfile, and its name where it is not.
pub(super) fn at_place(reason: String, place: &Place) -> Held {
    match place {
        Place::Dockerfile(span) => Held::blocked_at(reason, *span),
        Place::Context { path, line } => Held::blocked(format!("{reason} ({path}:{line})")),
        Place::Template(_) | Place::Config | Place::Lock | Place::Evidence => Held::blocked(reason),
    }
}

/// What the program reads is told by the context alone.
pub(super) fn context(view: &View) -> Result<(), Held> {
    let context = view.facts.input.context;
    if !context.is_known() {
        return Err(Held::blocked(
            "what the program reads beside itself is not known; give the context with --context",
        ));
    }
    if !context.is_complete() {
        return Err(Held::blocked("the context could not be read as a whole, and the program may read any of it"));
    }
    Ok(())
}

/// A builder is root's.
pub(super) fn user_of_build(step: &Step) -> Result<(), Held> {
    match step.scope.user.as_deref().filter(|user| !matches!(*user, "root" | "0" | "0:0" | "root:root")) {
        Some(user) => {
            let reason =
                format!("the build runs as {user} here, and a builder would run it as root; build before USER");
            Err(blocked_at(step, reason))
        }
        None => Ok(()),
    }
}

/// A step that stays: whether it works without the tool chain, and without the sources where the build is yet to come.
pub(super) fn step_of_runtime(view: &View, step: &Step, before_build: bool, runtime: &str) -> Result<(), Held> {
    if step.is(Keyword::Onbuild) {
        return Err(blocked_at(step, "ONBUILD lines run in the images built on this one"));
    }
    if before_build && view.facts.copies_files(step) {
        return copy(view, step);
    }
    if !step.is(Keyword::Run) {
        return Ok(());
    }
    let Some(run) = step.script() else {
        return Err(blocked_at(step, "it is not known what this line reads and writes"));
    };
    for (command, effect) in run.script.commands.iter().zip(view.facts.effects(step)) {
        if let Some(reason) = of_runtime(view, command, effect, before_build, runtime) {
            return Err(blocked_at(step, reason));
        }
    }
    Ok(())
}

fn copy(view: &View, step: &Step) -> Result<(), Held> {
    if let Some(flag) =
        step.instruction.parts.flags.iter().find(|flag| matches!(&*flag.name, "--exclude" | "--parents"))
    {
        return Err(blocked_at(step, format!("{} decides what is copied here; copy folder by folder", flag.name)));
    }
    match view.facts.brought(step) {
        Some(_) => Ok(()),
        None => Err(blocked_at(step, "it is not known what this line copies: sources, or what the program reads")),
    }
}

/// Why a command can't stay.
fn of_runtime(view: &View, command: &Command, effect: &Effect, before_build: bool, runtime: &str) -> Option<String> {
    let name = command.program().map(|invocation| invocation.name).unwrap_or_default();
    let is_of_alpine = view.facts.family() == Some(Family::Alpine) && matches!(name, "adduser" | "addgroup");
    let is_fine = |programs: &[&str]| {
        programs.contains(&name)
            || is_of_alpine
            || chain::only_serves_others(command)
            || empties_package_caches(view, command)
    };
    match effect {
        Effect::Packages(_) => None,
        Effect::Unknown(why) => Some(format!("it is not known what this line reads and writes: {why}")),
        Effect::Build(program) => Some(format!("`{program}` builds something in a place that is not known")),
        Effect::Fetch => {
            Some(format!("`{name}` brings something that the program may need, and {runtime} lacks `{name}`"))
        }
        Effect::Install(_) | Effect::Program(_) => Some(format!("{runtime} lacks `{name}`")),
        Effect::Files if before_build && !is_fine(&PREPARING) => {
            Some(format!("`{name}` may work on the sources here; do that behind the build"))
        }
        Effect::Files if !before_build && !is_fine(&PLAIN) => Some(format!("{runtime} may lack `{name}`")),
        Effect::Files => None,
    }
}

/// Why a command that stands in a line with the build can't stay there.
pub(super) fn of_build(command: &Command, effect: &Effect) -> Option<String> {
    let name = command.program().map(|invocation| invocation.name).unwrap_or_default();
    match effect {
        Effect::Packages(_) => None,
        Effect::Files if PREPARING.contains(&name) => None,
        Effect::Unknown(why) => Some(format!("it is not known what this line reads and writes: {why}")),
        Effect::Build(program) => Some(format!("`{program}` builds something in a place that is not known")),
        _ => Some(format!("`{name}` stands in a line with the build, and it is not known which of the two needs it")),
    }
}

/// The runtime image begins in `/`, the one that builds perhaps elsewhere.
pub(super) fn working_directory(view: &View, chain: &ToolChain, steps: &[Step]) -> Result<(), Held> {
    let image = view.facts.base().and_then(|base| base.image());
    let own = image.and_then(|image| image.workdir.as_deref()).filter(|own| *own != "/");
    let Some(own) = own else { return Ok(()) };
    let is_absolute = |step: &Step| step.instruction.rest().starts_with('/');
    let first = steps.iter().find(|step| step.is(Keyword::Workdir));
    if first.is_some_and(is_absolute) {
        return Ok(());
    }
    let reason = format!("the working directory is that of the {} image; write it: WORKDIR {own}", chain.name);
    Err(Held::Blocked { reason, at: first.map(|step| step.instruction.span) })
}

/// Variables of the image that builds are not set in the runtime image.
pub(super) fn settings_of_image(view: &View, chain: &ToolChain, steps: &[Step], last: usize) -> Result<(), Held> {
    let named = |text: &str| {
        let uses = |name: &&String| text.contains(&format!("${name}")) || text.contains(&format!("${{{name}"));
        chain.variables.iter().find(uses)
    };
    let stays = |at: usize, step: &Step| at > last || step.is(Keyword::Env) || step.is(Keyword::Workdir);
    for (_, step) in steps.iter().enumerate().filter(|(at, step)| stays(*at, step)) {
        let Some(name) = named(step.instruction.logical.text()) else { continue };
        if step.scope.env(name).is_none() {
            return Err(blocked_at(step, format!("{name} is set by the {} image alone; write its value", chain.name)));
        }
    }
    let scripts = view.facts.start().scripts.iter();
    match scripts.filter_map(|script| named(&script.text).map(|name| (script, name))).next() {
        Some((script, name)) => {
            Err(Held::blocked(format!("{} reads {name}, which is set by the {} image alone", script.path, chain.name)))
        }
        None => Ok(()),
    }
}

/// Users of the image that builds, by name or by id: the runtime image may not have them.
pub(super) fn users_of_image(view: &View, steps: &[Step], runtime: &str) -> Result<(), Held> {
    let base = view.facts.base();
    let lost = |user: &str| {
        let by_id = || base?.user_with_uid(user.parse().ok()?);
        let user = base.and_then(|base| base.user_named(user)).or_else(by_id)?;
        (!view.facts.has_user(runtime, &user.name))
            .then(|| format!("{runtime} has no user {}; create it in a line of its own", user.name))
    };
    let end = view.facts.steps().end.user.clone();
    if let Some(reason) = end.as_deref().and_then(|user| lost(user.split(':').next().unwrap_or(user))) {
        return Err(Held::blocked(reason));
    }
    for step in steps {
        let owner = step.instruction.flag("--chown").and_then(|flag| flag.value.as_deref()).unwrap_or_default();
        let only_sources = || view.facts.brought(step).is_some_and(|brought| brought.data.is_empty());
        let names = owner.split(':').filter(|name| name.parse::<u32>().is_err());
        if let Some(reason) = names.into_iter().find_map(lost).filter(|_| !only_sources()) {
            return Err(blocked_at(step, reason));
        }
    }
    Ok(())
}

/// Sources that compile when the program runs.
pub(super) fn tool_chain_at_run_time(view: &View, runtime: &str) -> Result<(), Held> {
    match view.facts.use_of_tool_chain() {
        Some(evidence) => {
            Err(at_place(format!("the program needs {}, which {runtime} lacks", evidence.what), &evidence.place))
        }
        None => Ok(()),
    }
}

/// Programs that the image that builds brings and that are called when the container runs.
pub(in super::super::super) fn programs_left_behind(view: &View, chain: &ToolChain, runtime: &str) -> Result<(), Held> {
    let family = view.facts.family();
    let is_same = view.facts.base().is_some_and(|base| chain.is_installed_on(&base.name));
    let is_lost =
        |name: &str| !is_same && chain.leaves_behind(name, family) && !installed(view).any(|package| package == name);
    let advice = if chain.has_runtimes() { "" } else { "; install it" };
    let lacks = |name: &str| format!("{name} is called when the container runs, and {runtime} lacks it{advice}");
    let started = view.facts.start().commands.iter().find(|started| is_lost(&started.name));
    if let Some(started) = started {
        return Err(at_place(lacks(&started.name), &started.place));
    }
    let checks = view.facts.steps().own().iter().filter(|step| step.is(Keyword::Healthcheck));
    for step in checks {
        let words = step.instruction.rest().split(|ch: char| !ch.is_ascii_alphanumeric() && ch != '-' && ch != '+');
        if let Some(name) = words.into_iter().find(|word| is_lost(word)) {
            return Err(blocked_at(step, lacks(name)));
        }
    }
    match view.facts.started_by_sources().iter().find(|(name, _)| is_lost(name)) {
        Some((name, evidence)) => Err(at_place(lacks(name), &evidence.place)),
        None => Ok(()),
    }
}

pub(super) fn installed<'v>(view: &'v View) -> impl Iterator<Item = &'v str> {
    let steps = view.facts.steps().all.iter();
    let commands = steps.flat_map(|step| view.facts.effects(step)).filter_map(Effect::packages);
    commands.flat_map(|command| &command.packages).map(|word| word.name.as_str())
}

/// Commands whose results are files that nobody can name.
pub(super) fn generators(steps: &[Step], calls: &[Call]) -> Result<(), Held> {
    match calls.iter().find(|call| call.generates).and_then(|call| Some((call, steps.get(call.step)?))) {
        Some((call, step)) => {
            let reason =
                format!("`{}` may make files here that the program reads, and it is not known where", call.call);
            Err(blocked_at(step, reason))
        }
        None => Ok(()),
    }
}

/// Time zones: the Go images bring them with Go, Debian with its base, and Alpine in a package.
pub(super) fn time_zones(view: &View) -> Result<(), Held> {
    let lacks = view.facts.family() == Some(Family::Alpine) && !installed(view).any(|package| package == "tzdata");
    match view.facts.use_of_time_zones().filter(|_| lacks) {
        Some(evidence) => Err(at_place(
            "the program asks for a time zone, and alpine has none; install tzdata".into(),
            &evidence.place,
        )),
        None => Ok(()),
    }
}
