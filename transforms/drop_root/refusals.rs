//! When the container has to start as root, or nobody knows whether it has to.

use crate::decision::{Evidence, Held, Place};
use crate::dockerfile::Keyword;
use crate::edit::Span;
use crate::engine::View;
use crate::facts::python::PipCommand;
use crate::facts::writable::{is_systems_own, made_directories};
use crate::facts::{Effect, Step};
use crate::templates::{Family, Home};
use crate::transforms::owner;

/// Everything for which a container may have to start as root.
pub(super) fn refuse_root_work(view: &View) -> Result<(), Held> {
    let blocked = |because: &Evidence| {
        let reason = format!("must start as root: {}", because.what);
        match &because.place {
            Place::Dockerfile(span) => Held::blocked_at(reason, *span),
            Place::Context { path, line } => Held::blocked(format!("{reason} ({path}:{line})")),
            Place::Evidence => Held::blocked(format!("{reason} (harden.evidence.toml)")),
            _ => Held::blocked(reason),
        }
    };
    if let Some(platform) = view.facts.base().and_then(|base| base.image()?.platform.as_deref()) {
        return Err(Held::blocked(format!("{platform} chooses the user of its containers, whatever USER says")));
    }
    if let Some(because) = view.facts.root_need() {
        return Err(blocked(&because));
    }
    if let Some(because) = view.facts.needed_root() {
        return Err(blocked(&because));
    }
    let is_settled = view.facts.did_without_root().is_some();
    if !is_settled {
        refuse_unknown_start(view)?;
    }
    refuse_writes_without_commands(view)?;
    refuse_shell(view)?;
    refuse_development(view)?;
    if !is_settled {
        refuse_place_of_program(view)?;
    }
    refuse_root_home(view)?;
    refuse_manager_of_root(view)?;
    owner::refuse_git(view)?;
    refuse_onbuild(view)
}

/// What runs at start and where it writes, where the file does not tell.
fn refuse_unknown_start(view: &View) -> Result<(), Held> {
    let start = view.facts.start();
    if let Some(missing) = &start.missing {
        return Err(Held::blocked(format!(
            "{missing} runs at start and is not at hand: it may need root; give its folder with --context"
        )));
    }
    if !start.is_given {
        return Err(Held::blocked("the file has no CMD or ENTRYPOINT: what runs is decided elsewhere"));
    }
    match view.facts.writable().systems_own.first() {
        Some(place) => {
            let because = place.because.first().map_or(String::new(), |evidence| describe(view, evidence));
            Err(Held::blocked(format!("the program writes {}, which belongs to the system{because}", place.value)))
        }
        None => Ok(()),
    }
}

/// Where no command makes directories, what the program writes can't be given to its user.
fn refuse_writes_without_commands(view: &View) -> Result<(), Held> {
    let Some(base) = view.facts.base().filter(|base| base.family == Some(Family::None)) else { return Ok(()) };
    match view.facts.writable().directories.first() {
        Some(place) => Err(Held::blocked(format!(
            "the program writes {}, and {} has no command that makes a directory for its user; copy one with --chown, \
             and name the user in USER",
            place.value, base.reference
        ))),
        None => Ok(()),
    }
}

/// What runs in another shell is not read, and the commands that create a user are for a POSIX shell.
fn refuse_shell(view: &View) -> Result<(), Held> {
    let steps = view.facts.steps();
    if steps.end.has_posix_shell() && steps.all.iter().all(|step| step.scope.has_posix_shell()) {
        return Ok(());
    }
    let at = steps.all.iter().rev().find(|step| step.is(Keyword::Shell)).map(|step| step.instruction.span);
    Err(Held::Blocked { reason: "SHELL is no POSIX shell: what runs in it is not read".into(), at })
}

/// The sources of a stage for development are mounted from the host.
fn refuse_development(view: &View) -> Result<(), Held> {
    const NAMES: [&str; 4] = ["dev", "develop", "development", "devcontainer"];
    let Some(stage) = view.facts.final_stage() else { return Ok(()) };
    match stage.stage.name().filter(|name| NAMES.contains(&name.as_str())) {
        Some(name) => {
            let reason = format!(
                "the stage {name} is for development: its sources are mounted from the host, and nobody knows whose \
                 they are"
            );
            Err(Held::blocked_at(reason, stage.stage.from.span))
        }
        None => Ok(()),
    }
}

/// A program that lives in a directory of the system can't be given that directory, and may write next to its code.
fn refuse_place_of_program(view: &View) -> Result<(), Held> {
    let end = &view.facts.steps().end;
    let workdirs = view.facts.steps().all.iter().rev();
    let Some(workdir) = end.workdir.as_deref() else {
        let at = workdirs.into_iter().find(|step| step.is(Keyword::Workdir)).map(|step| step.instruction.span);
        let reason = "nobody knows where the program works: the variable in WORKDIR has no value; give it one";
        return Err(Held::Blocked { reason: reason.into(), at });
    };
    if !is_systems_own(workdir) {
        return Ok(());
    }
    let lives_here = |step: &&Step| {
        let target = step.instruction.words().last().map_or("", |word| word.text.as_str());
        let is_relative = !target.starts_with(['/', '$']) && step.scope.workdir.as_deref() == Some(workdir);
        step.copies_context() && (is_relative || step.destination().as_deref() == Some(workdir))
    };
    match view.facts.steps().all.iter().find(lives_here) {
        Some(step) => {
            let reason = format!(
                "the program lives in {workdir}, where only root may write; give it a directory of its own: \
                 WORKDIR /app before this line"
            );
            Err(Held::blocked_at(reason, step.instruction.span))
        }
        None => Ok(()),
    }
}

/// What corepack fetched as root lies in root's home: another user would fetch it anew whenever the container starts.
fn refuse_manager_of_root(view: &View) -> Result<(), Held> {
    let is_elsewhere = view.facts.steps().end.env("COREPACK_HOME").is_some();
    let Some(started) = view.facts.manager_of_corepack().filter(|_| !is_elsewhere) else { return Ok(()) };
    let at = view.facts.corepack_calls().first().map(|step| step.instruction.span);
    let reason = format!(
        "corepack keeps {0} in the home of root, and another user would fetch it whenever the container starts; put \
         `ENV COREPACK_HOME=/usr/local/share/corepack` before this line, or start without {0}",
        started.name
    );
    Err(Held::Blocked { reason, at })
}

fn describe(view: &View, evidence: &Evidence) -> String {
    match &evidence.place {
        Place::Context { path, line } => format!(" ({} in {path}:{line})", evidence.what),
        Place::Dockerfile(span) => {
            format!(" ({}, line {})", evidence.what, view.dockerfile.line(span.start))
        }
        Place::Evidence => format!(" ({}, harden.evidence.toml)", evidence.what),
        _ => String::new(),
    }
}

/// What a build leaves in root's home no other user can read.
fn refuse_root_home(view: &View) -> Result<(), Held> {
    refuse_settings_of_root(view)?;
    for step in &view.facts.steps().all {
        if let Some(reason) = needs_root_home(view, step) {
            return Err(Held::blocked_at(reason, step.instruction.span));
        }
    }
    Ok(())
}

/// Poetry was told in root's home alone that it makes no environment, and is called when the container runs.
fn refuse_settings_of_root(view: &View) -> Result<(), Held> {
    const OTHERWISE: [&str; 2] = ["POETRY_VIRTUALENVS_CREATE", "VIRTUAL_ENV"];
    let end = &view.facts.steps().end;
    let is_told = end.setting("poetry", "virtualenvs.create") == Some("false");
    let is_told_otherwise = OTHERWISE.iter().any(|variable| end.env(variable).is_some());
    let is_called = view.facts.start().commands.iter().any(|started| started.name == "poetry");
    if !is_told || is_told_otherwise || !is_called {
        return Ok(());
    }
    Err(Held::blocked(
        "poetry at start finds its settings in root's home alone, and would make an environment of its own; \
         ENV POETRY_VIRTUALENVS_CREATE=false says the same to every user",
    ))
}

fn needs_root_home(view: &View, step: &Step) -> Option<String> {
    const SETTINGS: [Keyword; 4] = [Keyword::Env, Keyword::Cmd, Keyword::Entrypoint, Keyword::Workdir];
    let names_home = SETTINGS.contains(&step.instruction.keyword()) && step.instruction.rest().contains("/root");
    let installs_there = |effect: &Effect| effect.pip().and_then(PipCommand::elsewhere) == Some("--user");
    if names_home || view.facts.effects(step).iter().any(installs_there) {
        return Some("the program lives in root's home, which no other user can read".into());
    }
    let home = downloaded(view, step)?;
    let folder = step.scope.env(&home.variable).filter(|folder| !folder.starts_with("/root"));
    let lies_in_home = format!("{} would lie in root's home", home.keeps);
    match folder {
        None => Some(format!("{lies_in_home}; set {} to a shared folder before this line", home.variable)),
        Some(folder) if home.made && !is_there(view, folder) => Some(format!(
            "{lies_in_home}: {} counts only where its folder is there already; `mkdir -p {folder}` before",
            home.variable
        )),
        Some(_) => None,
    }
}

/// What a RUN, or a script of Python that it calls, downloads into its user's home.
fn downloaded<'v>(view: &'v View, step: &Step) -> Option<&'v Home> {
    let root = &view.facts.input.templates.root;
    if !step.is(Keyword::Run) {
        return None;
    }
    let mut text = step.script().map_or(step.instruction.rest(), |run| run.text()).to_owned();
    let commands = step.script().into_iter().flat_map(|run| &run.script.commands);
    let mut scripts = Vec::new();
    for (command, effect) in commands.zip(view.facts.effects(step)) {
        match effect {
            // What is only installed downloads nothing yet.
            Effect::Install(_) | Effect::Packages(_) => {
                text = blanked(&text, command.span);
            }
            Effect::Program(_) => {
                let paths =
                    command.words.iter().filter_map(|word| word.value.as_deref()).filter(|word| word.ends_with(".py"));
                scripts.extend(paths.filter_map(|path| view.facts.text_at(&step.scope.absolute(path)?)));
            }
            _ => {}
        }
    }
    root.home(&text).or_else(|| scripts.iter().find_map(|script| root.home(script)))
}

/// `text` with blanks in the place of `span`.
fn blanked(text: &str, span: Span) -> String {
    match (text.get(..span.start), text.get(span.end..)) {
        (Some(before), Some(behind)) => format!("{before}{}{behind}", " ".repeat(span.len())),
        _ => text.to_owned(),
    }
}

/// Whether a line makes the directory `folder`.
fn is_there(view: &View, folder: &str) -> bool {
    view.facts.steps().all.iter().any(|step| {
        let is_workdir =
            step.is(Keyword::Workdir) && step.scope.absolute(step.instruction.rest()).as_deref() == Some(folder);
        is_workdir || made_directories(step).iter().any(|made| made == folder)
    })
}

fn refuse_onbuild(view: &View) -> Result<(), Held> {
    match view.facts.steps().all.iter().find(|step| step.is(Keyword::Onbuild)) {
        Some(step) => {
            Err(Held::blocked_at("ONBUILD lines of images built on this one may need root", step.instruction.span))
        }
        None => Ok(()),
    }
}
