//! `npm install` becomes `npm ci` where the lock file is there and certainly fits.

use super::{Transform, node};
use crate::decision::{Announced, Change, Decision, Evidence, Held, Safety};
use crate::dockerfile::Keyword;
use crate::edit::Edit;
use crate::engine::View;
use crate::facts::Step;
use node::{Install, Manager};

pub(super) static TRANSFORM: Transform = Transform {
    name: "npm_ci",
    page: include_str!("npm_ci.md"),
    announced: Announced { touches: &[Keyword::Run], meaning: &[], stages: 0 },
    plan,
};

/// Options that mean the same to both.
const COMMON: [&str; 16] = [
    "--omit=dev",
    "--production",
    "--only=production",
    "--only=prod",
    "--legacy-peer-deps",
    "--ignore-scripts",
    "--no-audit",
    "--no-fund",
    "--no-optional",
    "--prefer-offline",
    "--no-progress",
    "--quiet",
    "--silent",
    "--verbose",
    "--no-save",
    "--unsafe-perm",
];

fn plan(view: &View) -> Result<Vec<Decision>, Held> {
    let mut decisions = Vec::new();
    for index in view.facts.needed_stages() {
        let steps = view.facts.steps_with_below(index);
        let own = steps.all.len() - steps.own().len();
        for install in node::installs(view, index, &steps.all) {
            let is_asked =
                install.manager == Manager::Npm && matches!(install.verb, "install" | "i") && install.at >= own;
            if is_asked {
                decisions.push(decide(view, &steps.all, &install));
            }
        }
    }
    if decisions.is_empty() { Err(Held::satisfied("no line calls `npm install`")) } else { Ok(decisions) }
}

fn decide(view: &View, steps: &[Step], install: &Install) -> Decision {
    let at = install.step.instruction.span;
    let blocked = |reason: String| Held::blocked_at(reason, at);
    if let Some(odd) = install.options().find(|option| !COMMON.contains(option)) {
        return Err(blocked(format!("`npm ci` may not take {odd} for what `npm install` does")));
    }
    if install.has_older_manager(view) {
        return Err(blocked("whether the npm of this image takes the lock file is not known".into()));
    }
    let before = steps.get(..install.at).unwrap_or_default();
    if node::builds_in(view, before, &install.dir) {
        return Err(blocked("`npm ci` would take away what an earlier line put into node_modules".into()));
    }
    let unknown = || blocked("package.json is not at hand; give its folder with --context".into());
    let project = view.facts.node_project(before, &install.dir).ok_or_else(unknown)?;
    let lock = view.facts.node_lock(before, &install.dir, "npm").ok_or_else(|| {
        blocked("no package-lock.json is copied before this line; `npm ci` installs what one says".into())
    })?;
    let manifest = &project.manifest;
    if manifest.has_workspaces || manifest.has_overrides {
        return Err(blocked(format!("whether {lock} fits a package.json with workspaces or overrides is not known")));
    }
    let settings = view.facts.beside(&project, ".npmrc").unwrap_or_default();
    let is_off = ["package-lock", "lockfile"].iter().any(|setting| settings.contains(setting));
    let known = view.facts.npm_lock(&lock).filter(|_| !is_off);
    let known = known.ok_or_else(|| blocked(format!("{lock} is not one of npm 7 or later that can be read")))?;
    let checks_peers = !install.has("--legacy-peer-deps") && !settings.contains("legacy-peer-deps");
    if let Some(why) = known.disagreement(manifest, checks_peers) {
        return Err(blocked(format!(
            "{lock} may not fit package.json: {why}; `npm install` would bring it up to date"
        )));
    }
    Ok(Change {
        at,
        edits: vec![Edit::replace(install.run.to_file(install.verb_span), "ci")],
        safety: Safety::Review,
        reason: "npm installs what package-lock.json says, and nothing newer".into(),
        because: vec![Evidence::context("asks for what package.json does", lock, 1)],
        notes: Vec::new(),
    })
}
