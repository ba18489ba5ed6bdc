//! `wget` gets `--progress=dot:giga`, where it is GNU's and would fill the build's log.

use super::commands::Site;
use super::{Transform, commands};
use crate::decision::{Announced, Change, Decision, Evidence, Held, Safety};
use crate::dockerfile::Keyword;
use crate::edit::Edit;
use crate::engine::View;
use crate::facts::Effect;
use crate::shell::{Invocation, Word};
use crate::templates::{Family, Manager};

pub(super) static TRANSFORM: Transform = Transform {
    name: "wget_progress",
    page: include_str!("wget_progress.md"),
    announced: Announced { touches: &[Keyword::Run], meaning: &[], stages: 0 },
    plan,
};

const OPTION: &str = "--progress=dot:giga";

/// Long options with which wget writes no progress, writes it elsewhere or as its caller wants it.
const SPEAKING: [&str; 10] = [
    "--progress",
    "--show-progress",
    "--no-show-progress",
    "--quiet",
    "--no-verbose",
    "--output-file",
    "--append-output",
    "--background",
    "--help",
    "--version",
];

fn plan(view: &View) -> Result<Vec<Decision>, Held> {
    commands::each(view, "no wget fills the log with its progress", |site| {
        let wget = site.command.program().filter(is_wget)?;
        let family = view.facts.family_of(site.stage);
        let is_busyboxes = matches!(family, Some(Family::Alpine | Family::Busybox | Family::Wolfi));
        let is_quiet = wget.words.iter().any(|word| says_how(word.literal_start()));
        let is_read = site.command.redirects.iter().any(|redirect| redirect.fd == Some(2) || redirect.operator == "&>");
        if is_busyboxes || is_quiet || is_read {
            return None;
        }
        Some(decide(view, site, &wget))
    })
}

fn is_wget(invocation: &Invocation) -> bool {
    invocation.program.is("wget") || invocation.program.is("/usr/bin/wget")
}

/// Whether `option` is about what wget writes; short options may stand together, as in `-nvO`.
fn says_how(option: &str) -> bool {
    if option.starts_with("--") {
        return SPEAKING.contains(&option.split('=').next().unwrap_or(option));
    }
    let Some(letters) = option.strip_prefix('-') else { return false };
    // Behind one of these letters its value stands.
    let switches = letters.split(|ch: char| "OPUTtiIDRAlQXweB".contains(ch)).next().unwrap_or_default();
    letters.starts_with("nv") || switches.contains(['q', 'o', 'a', 'b', 'h', 'V'])
}

fn decide(view: &View, site: &Site, wget: &Invocation) -> Decision {
    let at = site.step.instruction.span;
    let because = gnu(view, site)?;
    if let Some(word) = wget.words.iter().find(|word| may_be_option(site, word)) {
        let word = word.span.of(site.run.text());
        let reason = format!("{word} may hold options of wget, such as -q; put the address in quotes");
        return Err(Held::blocked_at(reason, at));
    }
    Ok(Change {
        at,
        edits: vec![Edit::insert(site.run.to_file(wget.program.span).end, format!(" {OPTION}"))],
        safety: Safety::Safe,
        reason: "the log has a line for every 32 MB of a download, not for every 50 KB".into(),
        because: vec![because],
        notes: Vec::new(),
    })
}

/// Why the wget is GNU's: busybox's and wget2 end with an error at the option.
fn gnu(view: &View, site: &Site) -> Result<Evidence, Held> {
    let base = view.facts.image_below(site.stage);
    if let Some(base) = base.filter(|base| base.has_gnu_wget(view.facts.input.templates)) {
        return Ok(Evidence::template(format!("the wget of {} is GNU's", base.reference), "distros.toml"));
    }
    let steps = view.facts.steps_with_below(site.stage);
    let is_apt = |effect: &Effect| effect.packages().is_some_and(|packages| packages.manager == Manager::Apt);
    let uses_apt = steps.all.iter().find(|step| view.facts.effects_in(site.stage, step).iter().any(is_apt));
    if let Some(step) = uses_apt {
        return Ok(Evidence::dockerfile("apt installs GNU's wget", step.instruction.span));
    }
    let name = base.map_or("the base image", |base| base.reference.as_str());
    let reason = format!("nothing tells whether the wget of {name} is GNU's: others end with an error at {OPTION}");
    Err(Held::blocked_at(reason, site.step.instruction.span))
}

/// Whether a word without quotes starts with a variable that may hold an option.
fn may_be_option(site: &Site, word: &Word) -> bool {
    let is_address = || match word.variables.as_slice() {
        [first, ..] => site.step.scope.lookup(first).is_some_and(|value| !value.starts_with('-')),
        [] => false,
    };
    word.value.is_none() && word.literal_start().is_empty() && !word.quoted && !is_address()
}
