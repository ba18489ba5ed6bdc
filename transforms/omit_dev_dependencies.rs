//! The image that runs gets no dependencies that only development needs.

mod kept;
mod modules;
mod needs;
mod scripts;
mod started;

use super::{Transform, node, place};
use crate::decision::{Announced, Change, Decision, Evidence, Held, Safety};
use crate::dockerfile::Keyword;
use crate::edit::Edit;
use crate::engine::View;
use crate::facts::Step;
use crate::facts::node::NodeProject;
use kept::Kept;
use modules::Modules;
use node::{Install, Manager};

pub(super) static TRANSFORM: Transform = Transform {
    name: "omit_dev_dependencies",
    page: include_str!("omit_dev_dependencies.md"),
    announced: Announced { touches: &[Keyword::Run], meaning: &[], stages: 0 },
    plan,
};

fn plan(view: &View) -> Result<Vec<Decision>, Held> {
    let modules = Modules::of(view)?;
    let steps = view.facts.steps_with_below(modules.origin);
    let Spare { install, project, kept } = spare(view, &modules, &steps.all)?;
    let edit = modules.without_development(view, &install, &kept)?;
    Ok(vec![Ok(Change {
        at: install.step.instruction.span,
        edits: vec![edit],
        safety: Safety::Review,
        reason: reason(&project.manifest.development.keys().map(String::as_str).collect::<Vec<_>>()),
        because: vec![Evidence::context("devDependencies", joined(&project.folder, "package.json"), 1)],
        notes: Vec::new(),
    })])
}

/// Whether the final stage installs what only its build needs, so that a builder could keep it.
pub(super) fn could_stay_in_a_builder(view: &View) -> bool {
    if view.facts.input.config.off(TRANSFORM.name, false).is_some() {
        return false;
    }
    let Ok(modules) = Modules::of(view) else { return false };
    let steps = view.facts.steps_with_below(modules.origin);
    spare(view, &modules, &steps.all).is_ok_and(|spare| modules.build_behind(view, &spare.install, &spare.kept))
}

/// Dependencies that nothing which runs can need.
struct Spare<'s, 'a, 'v> {
    install: Install<'s, 'a>,
    project: NodeProject,
    kept: Kept<'v>,
}

fn spare<'s, 'a, 'v>(view: &'v View, modules: &Modules, steps: &'s [Step<'a>]) -> Result<Spare<'s, 'a, 'v>, Held> {
    if modules.are_pruned(view) {
        return Err(Held::satisfied("what only development needs is taken away again"));
    }
    let install = modules.install(view, steps)?;
    if leaves_out_development(&install) {
        return Err(Held::satisfied("nothing that only development needs is installed"));
    }
    modules.refuse_odd_install(view, steps, &install)?;
    let project = view.facts.node_project(steps, &install.dir).ok_or_else(|| {
        let reason =
            "package.json is not at hand, so what only development needs is not known; give its folder with --context";
        Held::blocked_at(reason, install.step.instruction.span)
    })?;
    if project.manifest.development.is_empty() {
        return Err(Held::satisfied("package.json names nothing that only development needs"));
    }
    let kept = Kept::of(view, steps, &install, &project);
    needs::refuse(view, &project, &kept, install.step)?;
    Ok(Spare { install, project, kept })
}

fn joined(folder: &str, name: &str) -> String {
    if folder.is_empty() { name.to_owned() } else { format!("{folder}/{name}") }
}

fn reason(names: &[&str]) -> String {
    let first = names.get(..names.len().min(3)).unwrap_or_default().join(", ");
    match names {
        [_] => format!("{first} is for development alone, and nothing that runs names it"),
        [_, _] | [_, _, _] => format!("{first} are for development alone, and nothing that runs names them"),
        _ => {
            format!("{first} and {} more are for development alone, and nothing that runs names them", names.len() - 3)
        }
    }
}

/// Whether the line leaves out what only development needs already.
fn leaves_out_development(install: &Install) -> bool {
    const OPTIONS: [&str; 7] =
        ["--omit=dev", "--production", "--production=true", "--prod", "-P", "--only=production", "--only=prod"];
    const VARIABLES: [(&str, &str); 6] = [
        ("NODE_ENV", "production"),
        ("NPM_CONFIG_OMIT", "dev"),
        ("npm_config_omit", "dev"),
        ("NPM_CONFIG_PRODUCTION", "true"),
        ("npm_config_production", "true"),
        ("YARN_PRODUCTION", "true"),
    ];
    let is_set = |(name, value): (&str, &str)| {
        install.step.scope.lookup(name).as_deref() == Some(value) || install.assigns(&format!("{name}={value}"))
    };
    let asks_for_it = asks_for_development(install);
    !asks_for_it
        && (OPTIONS.iter().any(|option| install.has(option))
            || install.omits_dev()
            || VARIABLES.into_iter().any(is_set))
}

fn asks_for_development(install: &Install) -> bool {
    ["--include=dev", "--production=false", "--prod=false", "--dev", "-D", "--also=dev"]
        .iter()
        .any(|it| install.has(it))
}

/// The option that leaves out what only development needs.
fn option(view: &View, install: &Install) -> &'static str {
    match install.manager {
        Manager::Npm if install.has_older_manager(view) => "--production",
        Manager::Npm => "--omit=dev",
        Manager::Yarn | Manager::Bun => "--production",
        Manager::Pnpm => "--prod",
    }
}

/// The install line itself leaves them out.
fn at_install(view: &View, install: &Install, ignores_scripts: bool) -> Edit {
    let scripts = if ignores_scripts { " --ignore-scripts" } else { "" };
    let verb = if install.verb.is_empty() { " install" } else { "" };
    Edit::insert(install.run.to_file(install.verb_span).end, format!("{verb} {}{scripts}", option(view, install)))
}

/// A line behind `step` takes them away again.
fn behind(view: &View, step: &Step, install: &Install) -> Result<Edit, Held> {
    let command = match install.manager {
        Manager::Npm => format!("npm prune {}", option(view, install)),
        Manager::Pnpm => "CI=true pnpm prune --prod --ignore-scripts".to_owned(),
        Manager::Yarn => "yarn install --production --ignore-scripts --prefer-offline".to_owned(),
        Manager::Bun => {
            let reason = "bun has no command that takes away what only development needs; install with `--production` \
                          in the stage that runs";
            return Err(Held::blocked_at(reason, step.instruction.span));
        }
    };
    let peers = if install.has("--legacy-peer-deps") { " --legacy-peer-deps" } else { "" };
    let mounts: String = install.step.mounts().map(|mount| format!("--mount={mount} ")).collect();
    let text = format!("# What runs does without what only development needs\nRUN {mounts}{command}{peers}\n");
    Ok(place::behind(view, step.instruction, &text))
}
