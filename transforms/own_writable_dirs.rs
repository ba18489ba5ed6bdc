//! The working directory and the directories that the program writes are the user's.

use super::owner::{self, Owner};
use super::{Transform, place};
use crate::decision::{Announced, Change, Decision, Held, Known, Safety};
use crate::dockerfile::Keyword;
use crate::edit::Edit;
use crate::engine::View;
use crate::facts::scope::is_at_or_below;
use crate::facts::writable::made_directories;
use crate::facts::{Effect, Step, user};
use crate::shell::Invocation;

pub(super) static TRANSFORM: Transform = Transform {
    name: "own_writable_dirs",
    page: include_str!("own_writable_dirs.md"),
    announced: Announced { touches: &[Keyword::Run], meaning: &[], stages: 0 },
    plan,
};

fn plan(view: &View) -> Result<Vec<Decision>, Held> {
    let owner = owner::of_the_end(view)?;
    let steps = view.facts.steps().own();
    let missing: Vec<&Known<String>> =
        view.facts.writable().directories.iter().filter(|known| !is_owned(steps, &known.value, &owner)).collect();
    let mut edits = Vec::new();
    let mut to_prepare = Vec::new();
    for known in &missing {
        match maker(steps, &known.value) {
            Some(step) => add_to(
                &mut edits,
                place::and_then(view, step, &format!("chown {} {}", owner.pair(), known.value)),
                &known.value,
            ),
            None => to_prepare.push(known.value.as_str()),
        }
    }
    if !to_prepare.is_empty() {
        edits.push(prepare(view, &owner, &to_prepare)?);
    }
    edits.extend(program_runs(view, &owner));
    if edits.is_empty() {
        return Err(Held::satisfied("the program owns every directory that it writes"));
    }
    Ok(vec![Ok(change(view, &owner, &missing, edits))])
}

fn change(view: &View, owner: &Owner, missing: &[&Known<String>], edits: Vec<Edit>) -> Change {
    let names: Vec<&str> = missing.iter().map(|known| known.value.as_str()).collect();
    let what = if names.is_empty() { "what RUN lines of the program made".to_owned() } else { names.join(", ") };
    Change {
        at: owner::stage_span(view),
        edits,
        safety: Safety::Review,
        reason: format!("the user owns {what}: the program writes there"),
        because: missing.iter().flat_map(|known| known.because.clone()).collect(),
        notes: volume_notes(view, owner, &names),
    }
}

/// Data that a root container wrote before stays root's: one command moves it.
fn volume_notes(view: &View, owner: &Owner, names: &[&str]) -> Vec<String> {
    let workdir = view.facts.steps().end.workdir.clone();
    let outside = names.iter().filter(|name| Some(**name) != workdir.as_deref());
    outside
        .map(|name| {
            format!(
                "a volume that already holds data of root: docker run --rm --user 0 --entrypoint chown -v VOLUME:{name} IMAGE -R {} {name}",
                owner.pair()
            )
        })
        .collect()
}

/// Whether a step gives `directory` to the owner already, or the user makes it.
fn is_owned(steps: &[Step], directory: &str, owner: &Owner) -> bool {
    steps.iter().any(|step| {
        let made_by_user = !owner::runs_as_root(step)
            && (made_directories(step).iter().any(|made| made == directory)
                || (step.is(Keyword::Workdir)
                    && step.scope.absolute(step.instruction.rest()).as_deref() == Some(directory)));
        made_by_user || gives(step, directory, owner)
    })
}

/// `chown 1000:1000 /data`, `chown -R 1000:1000 /`, `install -d -o 1000 /data`.
fn gives(step: &Step, directory: &str, owner: &Owner) -> bool {
    let Some(run) = step.script() else { return false };
    run.script.commands.iter().filter_map(|command| command.program()).any(|invocation| {
        let words: Vec<&str> = invocation.words.iter().filter_map(|word| word.value.as_deref()).collect();
        let owned = match invocation.name {
            "chown" => words.iter().find(|word| !word.starts_with('-')).is_some_and(|text| owner.is(text)),
            "install" => words.windows(2).any(|pair| matches!(pair, ["-o", user] if owner.is(user))),
            _ => false,
        };
        owned && names(step, &invocation, directory)
    })
}

fn names(step: &Step, invocation: &Invocation, directory: &str) -> bool {
    let words = || invocation.words.iter().filter_map(|word| word.value.as_deref());
    let recursive = words().any(|word| word == "-R" || word == "--recursive");
    words()
        .filter_map(|word| step.scope.absolute(word))
        .any(|path| path == directory || (recursive && path != "/" && is_at_or_below(directory, &path)))
}

/// The RUN of root that makes `directory` and can do one thing more.
fn maker<'s, 'a>(steps: &'s [Step<'a>], directory: &str) -> Option<&'s Step<'a>> {
    steps.iter().find(|step| {
        owner::runs_as_root(step)
            && place::takes_another(step)
            && made_directories(step).iter().any(|made| made == directory)
    })
}

/// Adds `edit`; where one stands at the same place already, `directory` joins its command.
fn add_to(edits: &mut Vec<Edit>, edit: Edit, directory: &str) {
    match edits.iter_mut().find(|known| known.span == edit.span) {
        Some(known) => known.text.push_str(&format!(" {directory}")),
        None => edits.push(edit),
    }
}

/// Makes and gives the directories: in the RUN that creates the user, or in one of its own.
fn prepare(view: &View, owner: &Owner, directories: &[&str]) -> Result<Edit, Held> {
    let steps = view.facts.steps().own();
    let command = format!("install -d -o {} -g {} {}", owner.uid, owner.gid, directories.join(" "));
    let creates = |step: &&Step| {
        let creates = user::created(step).iter().any(|created| !created.is_group && created.id == Some(owner.uid));
        creates && owner::runs_as_root(step) && place::takes_another(step)
    };
    if let Some(step) = steps.iter().find(creates) {
        return Ok(place::and_then(view, step, &command));
    }
    let run = format!("# The user owns what it works on\nRUN {command}\n");
    let first_copy = steps.iter().find(|step| step.copies_context());
    if first_copy.is_some_and(|step| !owner::runs_as_root(step)) {
        let user = steps.iter().find(|step| step.is(Keyword::User)).map(|step| step.instruction.span);
        return Err(Held::Blocked { reason: "USER comes before the files: move it behind them".into(), at: user });
    }
    place::for_preparation(view, &run).ok_or_else(|| Held::satisfied("there is no stage"))
}

/// RUN lines in which root runs the program: what they leave behind, a migrated database or collected files, is root's.
fn program_runs(view: &View, owner: &Owner) -> Vec<Edit> {
    let steps = view.facts.steps().own();
    let Some(workdir) = view.facts.steps().end.workdir.as_deref().filter(|workdir| *workdir != "/") else {
        return Vec::new();
    };
    let after_copy = steps.iter().skip_while(|step| !step.copies_context());
    let runs_program = |step: &&Step<'_>| {
        let runs = view.facts.effects(step).iter().any(|effect| matches!(effect, Effect::Program(_)));
        runs && owner::runs_as_root(step) && place::takes_another(step) && !step.instruction.rest().contains("! -user")
    };
    let mut places = vec![workdir];
    let known = view.facts.writable().directories.iter().map(|known| known.value.as_str());
    places.extend(known.filter(|directory| !is_at_or_below(directory, workdir)));
    let command = format!("find {} ! -user {} -exec chown -h {} {{}} +", places.join(" "), owner.uid, owner.pair());
    after_copy.filter(runs_program).map(|step| place::and_then(view, step, &command)).collect()
}
