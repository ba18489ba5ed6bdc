//! How `node_modules` gets to the image that runs.

use super::super::node::{self, Install, Manager};
use super::kept::Kept;
use super::{asks_for_development, at_install, behind, leaves_out_development, scripts};
use crate::decision::Held;
use crate::edit::Edit;
use crate::engine::View;
use crate::facts::scope::{is_at_or_below, normalized};
use crate::facts::{Step, Steps};
use crate::shell::Invocation;
use crate::templates::ToolCall;

/// The packages that the final image runs with.
pub(super) struct Modules {
    /// The stage whose packages the final image has: itself, or one that it copies them from.
    stage: usize,
    /// The directory of that stage whose `node_modules` they are.
    dir: String,
    /// The stage in which they were installed.
    pub(super) origin: usize,
}

impl Modules {
    pub(super) fn of(view: &View) -> Result<Self, Held> {
        let nothing = || Held::satisfied("nothing that the image runs with is installed by npm, yarn, pnpm or bun");
        let last = view.facts.final_stage().ok_or_else(nothing)?.stage.index;
        if let Some(built_on) = view.facts.stage_built_on_final() {
            let reason = "another stage is built on this one, and may need what only development does";
            return Err(Held::blocked_at(reason, built_on.stage.from.span));
        }
        if let Some(dir) = installed(view, last) {
            return Ok(Self { stage: last, dir, origin: last });
        }
        let copies = view.facts.steps().own().iter().rev();
        copies.filter_map(|step| copied(view, step, last).map(|(it, _)| it)).next().ok_or_else(nothing)
    }

    /// Whether a line takes away what only development needs.
    pub(super) fn are_pruned(&self, view: &View) -> bool {
        [self.stage, self.origin].into_iter().any(|stage| {
            let steps = view.facts.steps_with_below(stage);
            let production = |step: &Step| step.scope.lookup("NODE_ENV").as_deref() == Some("production");
            steps.all.iter().any(|step| {
                let commands = step.script().into_iter().flat_map(|run| &run.script.commands);
                commands.into_iter().filter_map(|command| command.program()).any(|it| prunes(&it, production(step)))
            })
        })
    }

    /// The line that installs them.
    pub(super) fn install<'s, 'a>(&self, view: &View, steps: &'s [Step<'a>]) -> Result<Install<'s, 'a>, Held> {
        let mut found = node::installs(view, self.origin, steps);
        let last = found.pop().ok_or_else(|| Held::satisfied("nothing is installed"))?;
        match found.first().filter(|_| !leaves_out_development(&last)) {
            Some(other) => {
                let reason = "more than one line installs packages; which of them the image runs with is not known";
                Err(Held::blocked_at(reason, other.step.instruction.span))
            }
            None => Ok(last),
        }
    }

    /// Installs of which it can't be told what they leave.
    pub(super) fn refuse_odd_install(&self, view: &View, steps: &[Step], install: &Install) -> Result<(), Held> {
        let at = install.step.instruction.span;
        let is_bind = |mount: &str| mount.contains("type=bind") || !mount.contains("type=");
        if install.step.mounts().any(is_bind) {
            let reason = "package.json is only mounted here; copy it, so that the packages fit it later";
            return Err(Held::blocked_at(reason, at));
        }
        let is_node = view.facts.image_below(self.origin).is_some_and(|base| base.name == "node");
        if install.manager == Manager::Npm && !is_node {
            return Err(Held::blocked_at("which npm installs here is not known; build on a node image", at));
        }
        if install.manager == Manager::Yarn && view.facts.uses_modern_yarn() {
            let reason = "Yarn 2 and later has `yarn workspaces focus --production` for this, of a plugin before its fourth \
                          version; call it behind the build";
            return Err(Held::blocked_at(reason, at));
        }
        if steps.iter().any(|step| adds_packages(view, step)) {
            return Err(Held::blocked_at("a line adds packages that package.json does not name; name them there", at));
        }
        Ok(())
    }

    /// Whether the stage that runs builds behind its install, in a way that a builder of its own could end with a prune.
    pub(super) fn build_behind(&self, view: &View, install: &Install, kept: &Kept) -> bool {
        let steps = view.facts.steps_with_below(self.stage);
        let last = last_build(view, self.stage, &steps);
        let is_final = view.facts.final_stage().is_some_and(|stage| stage.stage.index == self.stage);
        let builds = last.is_some_and(|step| step.instruction.span != install.step.instruction.span)
            || install.builds_beside(view);
        is_final && builds && self.prune(view, &steps, last, install, kept).is_ok()
    }

    /// The edit that keeps what only development needs out of them.
    pub(super) fn without_development(&self, view: &View, install: &Install, kept: &Kept) -> Result<Edit, Held> {
        let steps = view.facts.steps_with_below(self.stage);
        let is_final = view.facts.final_stage().is_some_and(|stage| stage.stage.index == self.stage);
        self.refuse_what_follows(view)?;
        let shared = view
            .facts
            .stages_built_on(self.stage)
            .find(|stage| view.facts.final_stage().is_none_or(|last| last.stage.index != stage.stage.index));
        if let Some(other) = shared {
            let reason = "this stage is built on the one that installs, too, and may need what only development does";
            return Err(Held::blocked_at(reason, other.stage.from.span));
        }
        let last_build = last_build(view, self.stage, &steps);
        let is_own = self.origin == self.stage && install.at >= steps.all.len() - steps.own().len();
        let installs_last =
            is_own && last_build.is_some_and(|step| step.instruction.span == install.step.instruction.span);
        if installs_last && !install.builds_beside(view) && !asks_for_development(install) {
            match scripts::at_install(view, kept, install) {
                Ok(ignores) => return Ok(at_install(view, install, ignores)),
                Err(held) if is_final => return Err(held),
                Err(_) => {}
            }
        }
        if is_final {
            let reason = "this stage builds as well as runs; build in a stage of its own, and what only development needs \
                          can stay there";
            return Err(Held::blocked_at(reason, install.step.instruction.span));
        }
        self.prune(view, &steps, last_build, install, kept)
    }

    fn prune(
        &self,
        view: &View,
        steps: &Steps,
        last: Option<&Step>,
        install: &Install,
        kept: &Kept,
    ) -> Result<Edit, Held> {
        if let Some(package) = kept.generated().filter(|_| install.manager != Manager::Npm) {
            let reason = format!(
                "a build puts files of {package} into node_modules, and {} would take them away as well",
                install.manager.name()
            );
            return Err(Held::blocked_at(reason, install.step.instruction.span));
        }
        if let Some(step) = steps.all.iter().find(|step| handles_modules(step)) {
            let reason = "this line handles node_modules itself, so that it is not known what runs";
            return Err(Held::blocked_at(reason, step.instruction.span));
        }
        let at = install.step.instruction.span;
        let last =
            last.ok_or_else(|| Held::blocked_at("no line behind which packages could be taken away is known", at))?;
        let blocked = |reason: &str| Err(Held::blocked_at(reason, last.instruction.span));
        if last.scope.workdir.as_deref() != Some(self.dir.as_str()) {
            return blocked("the last line that builds runs in another directory than the packages lie in");
        }
        let is_root = |user: Option<&str>| matches!(user, None | Some("root" | "0" | "0:0" | "root:root"));
        let user = last.scope.user.as_deref();
        let same = self.origin == self.stage && install.step.scope.user.as_deref() == user;
        if !same && !is_root(user) {
            return blocked(
                "the packages may belong to another user than the one who builds; install and build as one",
            );
        }
        if steps.end.workdir.is_none() {
            return blocked("it is not known in which directory this line builds");
        }
        behind(view, last, install)
    }

    /// What the final stage does with the packages must not build.
    fn refuse_what_follows(&self, view: &View) -> Result<(), Held> {
        let steps = view.facts.steps();
        let Some(last) = view.facts.final_stage().map(|stage| stage.stage.index).filter(|last| *last != self.stage)
        else {
            return Ok(());
        };
        match steps.all.iter().find(|step| node::may_build(view, last, step)) {
            Some(step) => {
                let reason = "this line may need what only development does; call it in the builder";
                Err(Held::blocked_at(reason, step.instruction.span))
            }
            None => Ok(()),
        }
    }
}

/// Whether a command takes away, in a project that is installed, what only development needs.
fn prunes(invocation: &Invocation, in_production: bool) -> bool {
    const PRODUCTION: [&str; 4] = ["--omit=dev", "--production", "--prod", "--production=true"];
    let says = |options: &[&str]| invocation.words.iter().any(|word| options.iter().any(|option| word.is(option)));
    match invocation.name {
        "npm" | "pnpm" => says(&["prune"]) && (in_production || says(&PRODUCTION)),
        "yarn" => says(&PRODUCTION) && !says(&["run"]),
        _ => false,
    }
}

/// Whether a command of a step moves or removes what is installed.
fn handles_modules(step: &Step) -> bool {
    const HANDLING: [&str; 5] = ["mv", "cp", "rm", "ln", "find"];
    let commands = step.script().into_iter().flat_map(|run| &run.script.commands);
    let handling =
        commands.into_iter().filter_map(|command| command.program()).filter(|it| HANDLING.contains(&it.name));
    handling.flat_map(|it| it.words).any(|word| word.literal_start().contains("node_modules"))
}

/// Whether a step installs packages that it names itself.
fn adds_packages(view: &View, step: &Step) -> bool {
    let commands = step.script().into_iter().flat_map(|run| &run.script.commands);
    let local = commands.into_iter().filter(|command| view.facts.tool_call(command) == Some(ToolCall::Build));
    local.filter_map(|command| command.program()).any(|invocation| {
        let mut plain = invocation.words.iter().filter(|word| !word.literal_start().starts_with('-'));
        let verb = plain.next().and_then(|word| word.value.as_deref()).unwrap_or_default();
        match invocation.name {
            "npm" | "pnpm" | "yarn" | "bun" if verb == "add" => true,
            "npm" | "pnpm" | "bun" => matches!(verb, "install" | "i") && plain.next().is_some(),
            _ => false,
        }
    })
}

/// The directory in which the stage at `index`, or one below it, installs.
fn installed(view: &View, index: usize) -> Option<String> {
    let steps = view.facts.steps_with_below(index);
    node::installs(view, index, &steps.all).pop().map(|install| install.dir)
}

/// The packages that a COPY from another stage brings, and the directory that they come to lie in.
fn copied(view: &View, step: &Step, reader: usize) -> Option<(Modules, String)> {
    let stage = view.facts.stage_copied_from(step).filter(|&stage| stage < reader)?;
    let (modules, dir) = match installed(view, stage) {
        Some(dir) => (Modules { stage, dir: dir.clone(), origin: stage }, dir),
        None => {
            let steps = view.facts.steps_of(stage);
            let (from, dir) = steps.own().iter().rev().find_map(|step| copied(view, step, stage))?;
            (Modules { stage, dir: dir.clone(), ..from }, dir)
        }
    };
    let own = format!("{dir}/node_modules");
    let destination = step.destination()?;
    let source = step.sources().into_iter().map(normalized).find(|source| is_at_or_below(&own, source))?;
    let rest = own.strip_prefix(source.as_str())?;
    let lies_in = normalized(&format!("{destination}{rest}"));
    let parent = lies_in.strip_suffix("/node_modules").unwrap_or(&destination).to_owned();
    Some((modules, parent))
}

/// The last of the stage's own steps that may build.
fn last_build<'s, 'a>(view: &View, stage: usize, steps: &'s Steps<'a>) -> Option<&'s Step<'a>> {
    steps.own().iter().rfind(|step| node::may_build(view, stage, step))
}
