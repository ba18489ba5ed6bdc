//! Files that lend their owner's rights to whoever runs them lose that before the user takes over.

use super::{Transform, owner, place};
use crate::decision::{Announced, Change, Decision, Evidence, Held, Safety};
use crate::dockerfile::{Instruction, Keyword};
use crate::edit::Edit;
use crate::engine::View;
use crate::facts::{Run, Step, User};
use crate::templates::Family;

pub(super) static TRANSFORM: Transform = Transform {
    name: "strip_setuid",
    page: include_str!("strip_setuid.md"),
    announced: Announced { touches: &[Keyword::Run], meaning: &[], stages: 0 },
    plan,
};

const COMMAND: &str = "find / -xdev -perm /6000 -type f -exec chmod a-s {} +";

/// Programs that do nothing for a user without these rights, or less.
const LENDING: [&str; 16] = [
    "sudo",
    "su",
    "doas",
    "mount",
    "umount",
    "fusermount",
    "fusermount3",
    "ping",
    "newgrp",
    "passwd",
    "chsh",
    "chfn",
    "crontab",
    "pkexec",
    "ssh-agent",
    "sendmail",
];

/// What starts a browser or is one.
const BROWSERS: [&str; 6] = ["chromium", "google-chrome", "puppeteer", "playwright", "electron", "selenium"];

fn plan(view: &View) -> Result<Vec<Decision>, Held> {
    if matches!(view.facts.user(), User::Root | User::ExplicitRoot) {
        return Err(Held::satisfied("the container runs as root, who needs no rights lent"));
    }
    let steps = view.facts.steps();
    if steps.all.iter().any(strips) {
        return Err(Held::satisfied("a line takes these rights away already"));
    }
    let user = last_user(steps.own()).ok_or_else(|| Held::blocked("the stage sets no USER of its own"))?;
    check_image(view)?;
    check_root(view, user)?;
    check_browser(view)?;
    check_start(view)?;
    let at = user.instruction.span;
    Ok(vec![Ok(Change {
        at,
        edits: vec![line_before(view, steps.own(), user.instruction)],
        safety: Safety::Review,
        reason: "no file lends the user rights of root".into(),
        because: vec![Evidence::dockerfile("the user who takes over", at)],
        notes: vec!["A program that calls sudo, ping or mount by itself would fail now.".into()],
    })])
}

/// The command at the end of the RUN right before `user`, or in one of its own: two RUN lines in a row want to be one.
fn line_before(view: &View, steps: &[Step], user: &Instruction) -> Edit {
    let above = steps.iter().take_while(|step| step.instruction.span.start < user.span.start).last();
    match above.filter(|step| step.is(Keyword::Run) && place::takes_another(step)) {
        Some(run) => place::and_then(view, run, COMMAND),
        None => {
            place::before(view, user, &format!("# Nothing runs with more rights than its user has.\nRUN {COMMAND}\n"))
        }
    }
}

/// The USER that counts.
fn last_user<'s>(steps: &'s [Step]) -> Option<&'s Step<'s>> {
    steps.iter().rev().find(|step| step.is(Keyword::User))
}

fn check_root(view: &View, user: &Step) -> Result<(), Held> {
    let stage = view.facts.final_stage().map_or(0, |stage| stage.stage.index);
    if owner::certainly_runs_as_root(view, stage, user) {
        return Ok(());
    }
    Err(Held::blocked_at("root may not be in force before USER; set it with `USER root`", user.instruction.span))
}

/// The sandbox of a browser is such a file, and the browser ends where it is none.
fn check_browser(view: &View) -> Result<(), Held> {
    let texts = view.facts.input.context.texts().map(|(_, text)| text);
    let texts: Vec<&str> = texts.chain([view.dockerfile.text()]).collect();
    match BROWSERS.into_iter().find(|name| texts.iter().any(|text| text.contains(name))) {
        Some(name) => Err(Held::blocked(format!("{name} may run in a sandbox that works by these rights"))),
        None => Ok(()),
    }
}

fn strips(step: &Step) -> bool {
    let text = step.script().map_or(step.instruction.rest(), Run::text);
    let takes = || ["-perm", "a-s", "u-s", "ug-s"].iter().any(|mark| text.contains(mark));
    step.is(Keyword::Run) && text.contains("chmod") && takes()
}

/// Images of these families certainly have `find` and a shell.
fn check_image(view: &View) -> Result<(), Held> {
    match view.facts.family() {
        Some(Family::Debian | Family::Ubuntu | Family::Alpine) => Ok(()),
        _ => Err(Held::blocked("no `find` is known to be in the image; a line of your own can take the rights away")),
    }
}

fn check_start(view: &View) -> Result<(), Held> {
    let start = view.facts.start();
    if let Some(script) = &start.missing {
        return Err(Held::blocked(format!("{script} runs at start and is not at hand: it may call sudo or ping")));
    }
    let names = |text: &str| LENDING.into_iter().find(|name| words(text).any(|word| word == *name));
    let called = start.commands.iter().find_map(|started| {
        let lends = |name: &str| LENDING.into_iter().find(|lending| *lending == name);
        lends(&started.name).or_else(|| started.literals().into_iter().find_map(names))
    });
    let is_run_then =
        |step: &&Step| matches!(step.instruction.keyword(), Keyword::Healthcheck | Keyword::Cmd | Keyword::Entrypoint);
    let lines = view.facts.steps().all.iter().filter(is_run_then);
    let called = called
        .or_else(|| start.scripts.iter().find_map(|script| names(&script.text)))
        .or_else(|| lines.filter_map(|step| names(step.instruction.rest())).next())
        .or_else(|| view.facts.input.context.texts().find_map(|(_, text)| calls(text)));
    match called {
        Some(name) => {
            Err(Held::blocked(format!("`{name}` is called when the container runs, and works by these rights")))
        }
        None => Ok(()),
    }
}

/// The words of a text that may name programs, without their folders.
fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|ch: char| !ch.is_ascii_alphanumeric() && !matches!(ch, '-' | '_'))
}

/// A program that sources call for certain: its name starts a string of a call.
fn calls(text: &str) -> Option<&'static str> {
    const STARTING: [&str; 4] = ["subprocess", "child_process", "exec.Command", "os.system"];
    if !STARTING.iter().any(|mark| text.contains(mark)) {
        return None;
    }
    LENDING.into_iter().find(|name| {
        ['"', '\'', '`']
            .iter()
            .any(|quote| text.contains(&format!("{quote}{name}{quote}")) || text.contains(&format!("{quote}{name} ")))
    })
}
