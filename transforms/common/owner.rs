//! The user that owns the program's files, as the ownership transforms see it.

use crate::config::Ownership;
use crate::decision::Held;
use crate::dockerfile::Keyword;
use crate::edit::Span;
use crate::engine::View;
use crate::facts::scope::is_at_or_below;
use crate::facts::{Effect, Step, User, user};
use crate::shell::Invocation;

/// A numeric user and group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::transforms) struct Owner {
    pub(in crate::transforms) uid: u32,
    pub(in crate::transforms) gid: u32,
    /// The names that the image and the file have for the user.
    names: Vec<String>,
}

impl Owner {
    fn new(view: &View, uid: u32, gid: u32) -> Self {
        let of_image = view.facts.base().and_then(|base| base.user_with_uid(uid)).map(|user| user.name.clone());
        let created = view.facts.steps().all.iter().flat_map(user::created);
        let of_file =
            created.filter(|created| !created.is_group && created.id == Some(uid)).map(|created| created.name);
        Self { uid, gid, names: of_image.into_iter().chain(of_file).collect() }
    }

    /// `uid:gid`.
    pub(in crate::transforms) fn pair(&self) -> String {
        format!("{}:{}", self.uid, self.gid)
    }

    /// Whether `text`, the owner of a `chown` or `--chown`, is this user.
    pub(in crate::transforms) fn is(&self, text: &str) -> bool {
        let user = text.split(':').next().unwrap_or(text);
        user == self.uid.to_string() || self.names.iter().any(|name| name == user)
    }

    /// Whether a COPY or ADD makes the files this user's.
    pub(in crate::transforms) fn is_given_by_copy(&self, step: &Step) -> bool {
        step.instruction.flag("--chown").and_then(|flag| flag.value.as_deref()).is_some_and(|owner| self.is(owner))
    }

    /// Whether a command of a RUN gives something to this user: `chown 1000:1000 …`, `install -o 1000 …`.
    pub(in crate::transforms) fn is_given_by(&self, invocation: &Invocation) -> bool {
        let words: Vec<&str> = invocation.words.iter().filter_map(|word| word.value.as_deref()).collect();
        match invocation.name {
            "chown" => words.iter().find(|word| !word.starts_with('-')).is_some_and(|owner| self.is(owner)),
            "install" => words.windows(2).any(|pair| matches!(pair, ["-o", owner] if self.is(owner))),
            _ => false,
        }
    }
}

/// The user that the stage ends with, where it is a numeric pair: whoever wrote a name chose the owners too.
pub(in crate::transforms) fn of_the_end(view: &View) -> Result<Owner, Held> {
    let name = match view.facts.user() {
        User::Root | User::ExplicitRoot => return Err(Held::satisfied("the container runs as root")),
        User::Other(name) => name,
    };
    let pair = name.split_once(':').and_then(|(uid, gid)| Some((uid.parse().ok()?, gid.parse().ok()?)));
    let (uid, gid) =
        pair.ok_or_else(|| Held::satisfied(format!("the file chose its user {name}, and the owners with it")))?;
    Ok(Owner::new(view, uid, gid))
}

/// [`of_the_end`], where files are to be the user's. Whoever gave the user one thing and not another meant it.
pub(in crate::transforms) fn of_files(view: &View) -> Result<Owner, Held> {
    if view.facts.input.config.ownership == Ownership::Root {
        return Err(Held::Off("ownership = \"root\" keeps the code root's".into()));
    }
    let owner = of_the_end(view)?;
    refuse_git(view)?;
    let steps = view.facts.steps().own();
    if steps.iter().any(|step| owner.is_given_by_copy(step) || gives(step, &owner)) {
        return Err(Held::satisfied("the file says itself what its user owns"));
    }
    match steps.iter().find(|step| step.copies_context() && !runs_as_root(step)) {
        Some(step) => {
            let reason =
                "this is copied behind USER and is root's all the same; give it --chown, or move USER behind it";
            Err(Held::blocked_at(reason, step.instruction.span))
        }
        None => Ok(owner),
    }
}

fn gives(step: &Step, owner: &Owner) -> bool {
    let commands = step.script().into_iter().flat_map(|run| &run.script.commands);
    commands.filter_map(|command| command.program()).any(|invocation| owner.is_given_by(&invocation))
}

/// Whether the code in `workdir` stays root's: the configuration says so, or the file copied it without an owner.
pub(in crate::transforms) fn code_is_roots(view: &View, workdir: &str, owner: &Owner) -> bool {
    let is_code = |step: &&Step| {
        let copies = matches!(step.instruction.keyword(), Keyword::Copy | Keyword::Add);
        copies && step.destination().is_some_and(|destination| is_at_or_below(&destination, workdir))
    };
    let code: Vec<&Step> = view.facts.steps().own().iter().filter(is_code).collect();
    let is_copied_as_root = !code.is_empty() && !code.iter().any(|step| owner.is_given_by_copy(step));
    view.facts.input.config.ownership == Ownership::Root || is_copied_as_root
}

/// Whether a step runs as root.
pub(in crate::transforms) fn runs_as_root(step: &Step) -> bool {
    step.scope.user.as_deref().is_none_or(|user| matches!(user.split(':').next(), Some("root" | "0" | "")))
}

/// Whether a step of the stage at `stage` runs as root for certain: a line says so, or the image is known to.
pub(in crate::transforms) fn certainly_runs_as_root(view: &View, stage: usize, step: &Step) -> bool {
    let image = || view.facts.image_below(stage).and_then(|base| base.image());
    let is_said = step.scope.user.is_some() || image().is_some_and(|image| image.keep_user.is_none());
    is_said && runs_as_root(step)
}

/// Where the final stage begins, for changes that are about the stage as a whole.
pub(in crate::transforms) fn stage_span(view: &View) -> Span {
    view.facts.final_stage().map_or(Span::at(0), |stage| stage.stage.from.span)
}

/// git refuses a tree that belongs to somebody else, and with it `go build`, which asks for the version: such a line of
/// root behind the copies would fail once they are the user's.
pub(in crate::transforms) fn refuse_git(view: &View) -> Result<(), Held> {
    if !view.facts.input.context.may_exist(".git") || !view.facts.has_program("git") {
        return Ok(());
    }
    let behind_copies = view.facts.steps().own().iter().skip_while(|step| !step.copies_context());
    let asks = |step: &&Step| runs_as_root(step) && (view.facts.effects(step).iter().any(asks_git) || calls_git(step));
    match behind_copies.into_iter().find(asks) {
        Some(step) => {
            let reason = "this line may ask git, which refuses a tree of another user; \
                          name .git in .dockerignore, or build in a stage of its own";
            Err(Held::blocked_at(reason, step.instruction.span))
        }
        None => Ok(()),
    }
}

fn asks_git(effect: &Effect) -> bool {
    match effect {
        Effect::Build(program) => matches!(program.as_str(), "go" | "make" | "cargo"),
        Effect::Pip(pip) => pip.installs_a_path() || pip.is_editable(),
        _ => false,
    }
}

fn calls_git(step: &Step) -> bool {
    let commands = step.script().into_iter().flat_map(|run| &run.script.commands);
    commands.filter_map(|command| command.program()).any(|invocation| {
        let fetches = invocation.words.iter().any(|word| word.is("clone") || word.is("config"));
        invocation.name == "git" && !fetches
    })
}
