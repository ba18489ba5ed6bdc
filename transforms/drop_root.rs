//! The container runs as a fixed, numeric user, created where the image has none.

use super::{Transform, owner, place};
use crate::config::Config;
use crate::decision::{Announced, Change, Decision, Evidence, Held, Meaning, Safety};
use crate::dockerfile::Keyword;
use crate::edit::{Edit, Span};
use crate::engine::View;
use crate::facts::python::PipCommand;
use crate::facts::user::{self, Created};
use crate::facts::writable::{is_systems_own, made_directories};
use crate::facts::{Base, Effect, Step, User};
use crate::templates::{Distro, Home};

pub(super) static TRANSFORM: Transform = Transform {
    name: "drop_root",
    page: include_str!("drop_root.md"),
    announced: Announced { touches: &[Keyword::User, Keyword::Run], meaning: &[Meaning::User], stages: 0 },
    plan,
};

fn plan(view: &View) -> Result<Vec<Decision>, Held> {
    match view.facts.user() {
        User::Other(name) => Ok(vec![by_number(view, &name)]),
        User::ExplicitRoot => {
            let line = view.facts.steps().all.iter().rev().find(|step| step.is(Keyword::User));
            let reason = "the last USER line asks for root; remove it to let the container run as somebody else".into();
            Err(Held::Blocked { reason, at: line.map(|step| step.instruction.span) })
        }
        User::Root => {
            refuse_root_work(view)?;
            Ok(vec![become_user(view)])
        }
    }
}

/// `USER name` becomes `USER id` where the file or the image says which id that is.
fn by_number(view: &View, name: &str) -> Decision {
    let already = || Held::satisfied(format!("the container runs as {name}"));
    let user = name.split(':').next().unwrap_or(name);
    if user.chars().all(|ch| ch.is_ascii_digit()) {
        return Err(already());
    }
    let line = view.facts.steps().own().iter().rev().find(|step| step.is(Keyword::User)).ok_or_else(already)?;
    let unknown = || {
        Held::blocked_at(
            format!("the id of {user} is not known: nothing proves that it is not 0"),
            line.instruction.span,
        )
    };
    let (id, because) = id_of(view, user).ok_or_else(unknown)?;
    if name.contains(':') || name != line.instruction.rest() {
        return Err(already());
    }
    Ok(Change {
        at: line.instruction.span,
        edits: vec![Edit::replace(line.instruction.rest_in_file(), id.to_string())],
        safety: Safety::Safe,
        reason: format!("the user is named by its number: an orchestrator can tell that {id} is not root"),
        because: vec![because],
        notes: Vec::new(),
    })
}

fn id_of(view: &View, name: &str) -> Option<(u32, Evidence)> {
    for step in view.facts.steps().all.iter().rev() {
        let created = user::created(step).into_iter().find(|created| !created.is_group && created.name == name);
        if let Some(created) = created {
            return Some((created.id?, Evidence::dockerfile(format!("{name} is created"), step.instruction.span)));
        }
    }
    let user = view.facts.base()?.user_named(name)?;
    Some((user.uid, Evidence::template(format!("the image has {name}, {}", user.uid), "images.toml")))
}

/// Everything for which a container may have to start as root.
fn refuse_root_work(view: &View) -> Result<(), Held> {
    let blocked = |because: &Evidence| {
        let reason = format!("must start as root: {}", because.what);
        match &because.place {
            crate::decision::Place::Dockerfile(span) => Held::blocked_at(reason, *span),
            crate::decision::Place::Context { path, line } => Held::blocked(format!("{reason} ({path}:{line})")),
            _ => Held::blocked(reason),
        }
    };
    if let Some(because) = view.facts.root_need() {
        return Err(blocked(&because));
    }
    let start = view.facts.start();
    if let Some(missing) = &start.missing {
        return Err(Held::blocked(format!(
            "{missing} runs at start and is not at hand: it may need root; give its folder with --context"
        )));
    }
    if !start.is_given {
        return Err(Held::blocked("the file has no CMD or ENTRYPOINT: what runs is decided elsewhere"));
    }
    if let Some(place) = view.facts.writable().systems_own.first() {
        let because = place.because.first().map_or(String::new(), |evidence| describe(view, evidence));
        return Err(Held::blocked(format!("the program writes {}, which belongs to the system{because}", place.value)));
    }
    refuse_place_of_program(view)?;
    refuse_root_home(view)?;
    refuse_manager_of_root(view)?;
    owner::refuse_git(view)?;
    refuse_onbuild(view)
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
        crate::decision::Place::Context { path, line } => format!(" ({} in {path}:{line})", evidence.what),
        crate::decision::Place::Dockerfile(span) => {
            format!(" ({}, line {})", evidence.what, view.dockerfile.line(span.start))
        }
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

/// The user to run as, and how it comes into being.
struct Plan {
    uid: u32,
    gid: u32,
    create: Option<Vec<String>>,
    because: Evidence,
}

fn become_user(view: &View) -> Decision {
    let plan = choose(view)?;
    let mut edits = Vec::new();
    if let Some(commands) = &plan.create {
        let commands = commands.join(&format!(" {}\n    && ", view.dockerfile.escape()));
        let run = format!("# A user without root's rights, with a fixed id\nRUN {commands}\n");
        edits.push(place::for_preparation(view, &run)?);
    }
    let line = format!("USER {}:{}\n", plan.uid, plan.gid);
    let user = place::behind_the_work(view, &line)?;
    match edits.iter_mut().find(|edit| edit.span == user.span) {
        Some(run) => run.text.push_str(&user.text),
        None => edits.push(user),
    }
    Ok(Change {
        at: view.facts.final_stage().map_or(crate::edit::Span::at(0), |stage| stage.stage.from.span),
        edits,
        safety: Safety::Review,
        reason: format!("the container runs as {}:{} instead of root", plan.uid, plan.gid),
        because: vec![plan.because],
        notes: notes(view),
    })
}

fn choose(view: &View) -> Result<Plan, Held> {
    let config = view.facts.input.config;
    let from = view.facts.final_stage().map(|stage| stage.stage.from.span);
    let unknown = |reason: String| Held::Blocked { reason, at: from };
    let base = view.facts.base().ok_or_else(|| unknown("the base image is a variable without a default".into()))?;
    if let Some(created) = own_user(view)? {
        return Ok(created);
    }
    // A user of the name that would be created is one more that is there already.
    let there = base.user_with_uid(config.uid).or_else(|| base.user_named(&config.user_name));
    if let Some(user) = there.or_else(|| base.user_with_folders()) {
        let owns = user.owns.iter().map(|folder| format!(", who owns {folder}")).collect::<String>();
        let because = Evidence::template(
            format!("{} has the user {}, {}:{}{owns}", base.name, user.name, user.uid, user.gid),
            "images.toml",
        );
        return Ok(Plan { uid: user.uid, gid: user.gid, create: None, because });
    }
    let family = base
        .family
        .ok_or_else(|| unknown(format!("nothing is known of {}: how does it create users?", base.reference)))?;
    let distro = view.facts.input.templates.distros.family(family);
    let create = distro.and_then(|distro| creation(distro, config)).ok_or_else(|| unknown(no_way(base)))?;
    let because = Evidence::template(
        format!("{} is of the {} family", base.reference, format!("{family:?}").to_lowercase()),
        "images.toml",
    );
    Ok(Plan { uid: config.uid, gid: config.gid, create: Some(create), because })
}

fn no_way(base: &Base) -> String {
    format!("{} has no command that creates users", base.reference)
}

fn creation(distro: &Distro, config: &Config) -> Option<Vec<String>> {
    if distro.user_package.is_some() {
        return None;
    }
    let group = distro.create_group(&config.user_name, config.gid)?;
    let user = distro.create_user(&config.user_name, config.uid, config.gid)?;
    Some(vec![group, user])
}

/// A user that the file creates but never uses.
fn own_user(view: &View) -> Result<Option<Plan>, Held> {
    let mut users: Vec<(&Step, Created)> = Vec::new();
    for step in &view.facts.steps().all {
        users.extend(user::created(step).into_iter().map(|created| (step, created)));
    }
    let Some((step, created)) = users.iter().find(|(_, created)| !created.is_group) else {
        return match users.first() {
            Some((step, _)) => {
                Err(Held::blocked_at("the file creates a group of its own; create a user in it", step.instruction.span))
            }
            None => Ok(None),
        };
    };
    let Some(uid) = created.id.filter(|&uid| uid > 0) else {
        let reason = format!(
            "the file creates {} without a fixed id and never uses it; give it one (--uid) or name it in USER",
            created.name
        );
        return Err(Held::blocked_at(reason, step.instruction.span));
    };
    let gid = primary_group(created, uid, &users).ok_or_else(|| {
        let reason =
            format!("the group of {} has no fixed id; give it one (--gid) or name the user in USER", created.name);
        Held::blocked_at(reason, step.instruction.span)
    })?;
    let because = Evidence::dockerfile(format!("{} is created", created.name), step.instruction.span);
    Ok(Some(Plan { uid, gid, create: None, because }))
}

/// The id of a user's primary group. Without one the commands make a group of the user's own, with the user's id.
fn primary_group(user: &Created, uid: u32, created: &[(&Step, Created)]) -> Option<u32> {
    let Some(group) = &user.group else { return Some(uid) };
    let is_it = |(_, other): &&(&Step, Created)| other.is_group && other.name == *group;
    group.parse().ok().or_else(|| created.iter().find(is_it)?.1.id)
}

/// What changes for those who run the container.
fn notes(view: &View) -> Vec<String> {
    let mut notes = Vec::new();
    if let Some(port) = view.facts.port().filter(|port| port.value.number < 1024) {
        notes.push(format!(
            "port {} is below 1024: Docker lets any user bind it; Podman, CRI-O and host networks may not",
            port.value.number
        ));
    }
    notes
}
