//! What stands in the way of a runtime stage without the tool chain.

use super::super::super::chain;
use super::super::super::trim_packages::empties_package_caches;
use crate::decision::{Held, Place};
use crate::dockerfile::Keyword;
use crate::engine::View;
use crate::facts::go::GoCall;
use crate::facts::{Effect, Step};
use crate::shell::Command;
use crate::templates::Family;

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
pub(super) fn stages_below(view: &View) -> Result<(), Held> {
    let own_image = view.facts.final_stage().is_some_and(|stage| stage.base.family().is_some());
    if own_image {
        return Ok(());
    }
    let from = view.facts.final_stage().map(|stage| stage.stage.from.span);
    Err(Held::Blocked { reason: "the final stage starts from another one that has Go".into(), at: from })
}

/// A container that builds when it starts.
pub(super) fn development(view: &View) -> Result<(), Held> {
    let go = &view.facts.input.templates.go;
    for started in &view.facts.start().commands {
        let reason = if go.has_tool(&started.name) {
            let verb = started.literals().first().copied().unwrap_or_default().to_owned();
            format!("`{} {verb}` at start needs the tool chain; build a program, and start that", started.name)
        } else if go.is_for_development(&started.name) {
            format!("`{}` builds anew whenever a source changes: this image is for development", started.name)
        } else {
            continue;
        };
        return Err(at_place(reason, &started.place));
    }
    Ok(())
}

/// Held, with the line where that is in the Dockerfile, and its name where it is not.
fn at_place(reason: String, place: &Place) -> Held {
    match place {
        Place::Dockerfile(span) => Held::blocked_at(reason, *span),
        Place::Context { path, line } => Held::blocked(format!("{reason} ({path}:{line})")),
        Place::Template(_) | Place::Config => Held::blocked(reason),
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
    let is_fine = |programs: &[&str]| {
        programs.contains(&name) || chain::only_serves_others(command) || empties_package_caches(view, command)
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

/// The runtime image begins in `/`, the one that builds in `/go`.
pub(super) fn working_directory(steps: &[Step]) -> Result<(), Held> {
    let is_absolute = |step: &Step| step.instruction.rest().starts_with('/');
    let first = steps.iter().find(|step| step.is(Keyword::Workdir));
    if first.is_some_and(is_absolute) {
        return Ok(());
    }
    let reason = "the working directory is that of the Go image; write it: WORKDIR /go";
    Err(Held::Blocked { reason: reason.into(), at: first.map(|step| step.instruction.span) })
}

/// Variables of the Go image are not set in the runtime image.
pub(super) fn settings_of_go(view: &View, steps: &[Step], last: usize) -> Result<(), Held> {
    const VARIABLES: [&str; 4] = ["GOPATH", "GOROOT", "GOLANG_VERSION", "GOTOOLCHAIN"];
    let named = |text: &str| {
        let uses = |name: &&&str| text.contains(&format!("${name}")) || text.contains(&format!("${{{name}"));
        VARIABLES.iter().find(uses).copied()
    };
    let stays = |at: usize, step: &Step| at > last || step.is(Keyword::Env) || step.is(Keyword::Workdir);
    for (_, step) in steps.iter().enumerate().filter(|(at, step)| stays(*at, step)) {
        let Some(name) = named(step.instruction.logical.text()) else { continue };
        if step.scope.env(name).is_none() {
            return Err(blocked_at(step, format!("{name} is set by the Go image alone; write its value")));
        }
    }
    let scripts = view.facts.start().scripts.iter();
    match scripts.filter_map(|script| named(&script.text).map(|name| (script, name))).next() {
        Some((script, name)) => {
            Err(Held::blocked(format!("{} reads {name}, which is set by the Go image alone", script.path)))
        }
        None => Ok(()),
    }
}

/// Programs that the Go image brings and that are called when the container runs.
pub(super) fn programs_left_behind(view: &View, runtime: &str) -> Result<(), Held> {
    let go = &view.facts.input.templates.go;
    let is_lost = |name: &str| go.leaves_behind(name) && !installed(view).any(|package| package == name);
    let lacks = |name: &str| format!("{name} is called when the container runs, and {runtime} lacks it; install it");
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

fn installed<'v>(view: &'v View) -> impl Iterator<Item = &'v str> {
    let steps = view.facts.steps().all.iter();
    let commands = steps.flat_map(|step| view.facts.effects(step)).filter_map(Effect::packages);
    commands.flat_map(|command| &command.packages).map(|word| word.name.as_str())
}

/// Commands of Go whose results are files that nobody can name.
pub(super) fn generators(steps: &[Step], calls: &[GoCall]) -> Result<(), Held> {
    let runs_code = |call: &&GoCall| matches!(&*call.verb, "run" | "generate" | "tool");
    match calls.iter().find(runs_code).and_then(|call| Some((call, steps.get(call.step)?))) {
        Some((call, step)) => {
            let reason =
                format!("`go {}` may make files here that the program reads, and it is not known where", call.verb);
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

/// Libraries of C that the program is linked with.
pub(super) fn libraries(view: &View) -> Result<(), Held> {
    let modules = view.facts.headers_of_modules();
    let use_of_c = view.facts.use_of_c();
    if let Some((module, package)) = modules.iter().find(|(_, package)| !installed(view).any(|name| name == package)) {
        return Err(Held::blocked(format!(
            "{module} is linked with a library of {package}, which no line installs; install it in the final stage"
        )));
    }
    let is_alpine = view.facts.family() == Some(Family::Alpine);
    match use_of_c.filter(|_| is_alpine) {
        Some(evidence) => {
            Err(at_place("the program calls C, and may need libraries that alpine lacks".into(), &evidence.place))
        }
        None => Ok(()),
    }
}
