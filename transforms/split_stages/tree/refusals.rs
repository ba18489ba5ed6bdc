//! What stands in the way of copying a directory from a builder.

use super::super::super::trim_packages;
use super::super::refusals;
use super::builds;
use crate::decision::Held;
use crate::engine::View;
use crate::facts::scope::is_at_or_below;
use crate::facts::{Base, Effect, Step};
use crate::templates::{Ecosystem, Family, ToolCall};

/// Steps that nobody can follow, that run as somebody else, or that build where no copy would find it.
pub(super) fn steps(view: &View, builds_at: &[usize]) -> Result<(), Held> {
    let is_tool = |program: &str| view.facts.input.templates.ecosystems.of_tool(program).is_some();
    let steps = view.facts.steps();
    for step in &steps.all {
        refusals::step_nobody_knows(view, step, is_tool)?;
        calls(view, step)?;
        if view.facts.family() == Some(Family::Alpine) {
            extensions(view, step)?;
        }
    }
    if let Some(step) = steps.below().iter().find(|step| builds(view, step)) {
        let reason = "the stage below builds, and what it made would stay in the runtime stage; \
                      build in the final stage alone";
        return Err(Held::blocked_at(reason, step.instruction.span));
    }
    builds_at.iter().filter_map(|&at| steps.own().get(at)).try_for_each(|step| refusals::not_as_root(step, "the build"))
}

/// What an extension needs when it runs, and Alpine has only beside a compiler.
fn extensions(view: &View, step: &Step) -> Result<(), Held> {
    let commands = step.script().into_iter().flat_map(|run| &run.script.commands);
    let compiles = commands.filter(|command| view.facts.tool_call(command) == Some(ToolCall::Compiles));
    for invocation in compiles.filter_map(|command| command.program()) {
        let ecosystem = view.facts.input.templates.ecosystems.of_tool(invocation.name);
        let names = invocation.words.iter().filter_map(|word| word.literal_start().split('-').next());
        let known = names.filter_map(|name| Some((name, ecosystem?.package(name)?)));
        let mut needs = known.flat_map(|(name, package)| package.alpine.iter().map(move |need| (name, need)));
        if let Some((name, need)) = needs.find(|(_, need)| !view.facts.has_program(need)) {
            let reason =
                format!("{name} needs {need} when it runs, which comes with the compiler here; install it by its name");
            return Err(Held::blocked_at(reason, step.instruction.span));
        }
    }
    Ok(())
}

fn calls(view: &View, step: &Step) -> Result<(), Held> {
    let commands = step.script().into_iter().flat_map(|run| &run.script.commands);
    for (command, effect) in commands.zip(view.facts.effects(step)) {
        let Effect::Build(program) = effect else { continue };
        let reason = match view.facts.tool_call(command) {
            Some(ToolCall::Global) => {
                format!(
                    "`{program}` installs for the whole image here, and the runtime stage may need compilers for it"
                )
            }
            Some(ToolCall::Outside) => format!("`{program}` leaves files outside of the working directory here"),
            _ => continue,
        };
        return Err(Held::blocked_at(reason, step.instruction.span));
    }
    Ok(())
}

/// Packages whose files lie elsewhere.
pub(super) fn packages(view: &View, ecosystems: &[&Ecosystem]) -> Result<(), Held> {
    for ecosystem in ecosystems {
        let named = view.facts.manifest_packages(ecosystem).unwrap_or_default();
        if let Some(why) = named.iter().find_map(|name| ecosystem.package(name)?.outside.as_deref()) {
            return Err(Held::blocked(format!("{why}, which no copy of the working directory brings")));
        }
    }
    let commands = view.facts.steps().own().iter().filter_map(Step::script).flat_map(|run| &run.script.commands);
    let calls_composer = view.facts.steps().own().iter().any(|step| step.calls("composer"));
    if let Some(folder) = view.facts.composer_installs_elsewhere().filter(|_| calls_composer) {
        return Err(Held::blocked(format!(
            "composer.json lets Composer install into {folder}, where no copy of the working directory finds it"
        )));
    }
    let calls_yarn = commands.filter_map(|command| command.program()).any(|it| matches!(it.name, "yarn" | "yarnpkg"));
    if calls_yarn && view.facts.yarn_installs_into_its_cache() {
        let reason = "Yarn keeps what it installs in the cache of whoever calls it; \
                      set `enableGlobalCache: false` or `nodeLinker: node-modules` in .yarnrc.yml";
        return Err(Held::blocked(reason));
    }
    Ok(())
}

/// Tools whose builds are not followed at all.
pub(super) fn tools(ecosystems: &[&Ecosystem]) -> Result<(), Held> {
    match ecosystems.iter().find_map(|ecosystem| ecosystem.hold.as_deref()) {
        Some(reason) => Err(Held::blocked(reason)),
        None => Ok(()),
    }
}

/// Headers whose library nobody knows: they would have to stay, and a builder would save nothing.
pub(super) fn headers(view: &View, packages: &[String]) -> Result<(), Held> {
    let Some(family) = view.facts.family() else { return Ok(()) };
    match packages.iter().find(|name| trim_packages::has_unknown_library(view, family, name)) {
        Some(name) => Err(Held::blocked(format!(
            "the run-time library of {name} is not known; name the release in the image's tag, or it in an overlay"
        ))),
        None => Ok(()),
    }
}

/// Packages that need what only a full image carries, nobody knows how much of it.
pub(super) fn full_base(view: &View, base: &Base, ecosystems: &[&Ecosystem]) -> Result<(), Held> {
    for ecosystem in ecosystems {
        let manifest = ecosystem.manifests.last().map_or("the manifest", String::as_str);
        let named = view.facts.manifest_packages(ecosystem).ok_or_else(|| {
            let full = &base.reference;
            Held::blocked(format!(
                "{manifest} is not at hand, so what is needed of {full} is not known; give its folder with --context"
            ))
        })?;
        if let Some(why) = named.iter().find_map(|name| ecosystem.package(name)?.hold.as_deref()) {
            return Err(Held::blocked(why));
        }
    }
    Ok(())
}

/// A server that builds anew whenever a source changes wants its tools.
pub(super) fn development(view: &View) -> Result<(), Held> {
    for started in &view.facts.start().commands {
        let (program, words) = started.application();
        if view.facts.input.templates.ecosystems.is_development(program, &words) {
            let call = started.evidence().what;
            return Err(Held::blocked(format!("`{call}` serves a developer: this image is for development")));
        }
    }
    Ok(())
}

/// What starts must not build.
pub(super) fn start(view: &View) -> Result<(), Held> {
    const INSTALLING: [&str; 7] = ["install", "i", "ci", "add", "rebuild", "update", "node-gyp"];
    let start = view.facts.start();
    for started in &start.commands {
        let is_tool = view.facts.input.templates.ecosystems.of_tool(&started.name).is_some();
        let installs = started.literals().iter().any(|word| INSTALLING.contains(word));
        let compiles = !is_tool && view.facts.input.templates.commands.needs_tool_chain(&started.name);
        if (is_tool && installs) || compiles {
            let what = started.evidence().what;
            return Err(Held::blocked(format!("`{what}` runs at start and may need the compilers")));
        }
    }
    refuse_fetched_manager(view)?;
    refusals::start_at_hand(view)
}

/// A package manager that corepack fetched in passing lies in the home directory of the builder.
fn refuse_fetched_manager(view: &View) -> Result<(), Held> {
    let calls = view.facts.corepack_calls();
    let prepares = calls.iter().any(|step| step.instruction.logical.text().contains("corepack prepare"));
    match view.facts.manager_of_corepack().filter(|_| !prepares) {
        Some(started) => Err(Held::blocked(format!(
            "corepack would fetch {0} when the container starts; `corepack prepare {0}@VERSION` it in a line of its own",
            started.name
        ))),
        None => Ok(()),
    }
}

/// Variables that let a tool install elsewhere.
pub(super) fn variables(view: &View, trees: &[String]) -> Result<(), Held> {
    const ELSEWHERE: [(&str, &str); 4] = [
        ("BUNDLE_PATH", "Bundler"),
        ("GEM_HOME", "Bundler"),
        ("BUNDLE_APP_CONFIG", "Bundler"),
        ("COMPOSER_VENDOR_DIR", "Composer"),
    ];
    let tool = |name: &str| ELSEWHERE.iter().find(|(variable, _)| *variable == name).map(|(_, tool)| *tool);
    let elsewhere = |name: &str, value: Option<&str>| {
        tool(name).filter(|_| {
            value.is_none_or(|path| path.starts_with('/') && !trees.iter().any(|tree| is_at_or_below(path, tree)))
        })
    };
    match view.facts.steps().end.all_env().find_map(|(name, value)| Some((name, elsewhere(name, value)?))) {
        Some((name, tool)) => {
            Err(Held::blocked(format!("{name} lets {tool} install where no copy of the working directory finds it")))
        }
        None => Ok(()),
    }
}
