//! `pip install` gets `--no-cache-dir`: a cache in a layer serves nobody.

use super::commands::Site;
use super::{Transform, commands};
use crate::decision::{Announced, Change, Decision, Evidence, Held, Safety};
use crate::dockerfile::Keyword;
use crate::edit::Edit;
use crate::engine::View;
use crate::facts::Step;
use crate::facts::python::PipCommand;

pub(super) static TRANSFORM: Transform = Transform {
    name: "pip_no_cache",
    page: include_str!("pip_no_cache.md"),
    announced: Announced { touches: &[Keyword::Run], meaning: &[], stages: 0 },
    plan,
};

const FLAG: &str = "--no-cache-dir";

fn plan(view: &View) -> Result<Vec<Decision>, Held> {
    commands::each(view, "pip keeps no cache", |site| {
        let pip = site.effect.pip().filter(|pip| pip.verb == "install" && !has_no_cache(pip, site.step))?;
        Some(decide(site, pip))
    })
}

fn has_no_cache(pip: &PipCommand, step: &Step) -> bool {
    pip.options.iter().any(|option| option == FLAG)
        || step.scope.env("PIP_NO_CACHE_DIR").is_some()
        || step.instruction.logical.text().contains("PIP_NO_CACHE_DIR")
}

fn decide(site: &Site, pip: &PipCommand) -> Decision {
    let at = site.step.instruction.span;
    if site.step.instruction.flag("--mount").is_some() {
        return Err(Held::blocked_at("a mount may hold the cache, which then is of use to the next build", at));
    }
    if pip.options.iter().any(|option| option.starts_with("--cache-dir")) {
        return Err(Held::blocked_at("the line chose a folder for the cache", at));
    }
    let verb = site.end_of(|word| word.is("install"));
    let verb = verb.ok_or_else(|| Held::blocked_at("the command can't be taken apart", at))?;
    Ok(Change {
        at,
        edits: vec![Edit::insert(verb, format!(" {FLAG}"))],
        safety: Safety::Safe,
        reason: "pip keeps no second copy of what it installs".into(),
        because: vec![Evidence::dockerfile("a layer keeps whatever the RUN leaves behind", at)],
        notes: Vec::new(),
    })
}
