//! The container runs as a fixed, numeric user, created where the image has none.

mod identity;
mod refusals;

use super::{Transform, place};
use crate::decision::{Announced, Change, Decision, Evidence, Held, Meaning, Safety};
use crate::dockerfile::Keyword;
use crate::edit::Edit;
use crate::engine::View;
use crate::facts::{User, user};
use crate::templates::Family;

pub(super) static TRANSFORM: Transform = Transform {
    name: "drop_root",
    page: include_str!("drop_root.md"),
    announced: Announced { touches: &[Keyword::User, Keyword::Run], meaning: &[Meaning::User], stages: 0 },
    plan,
};

fn plan(view: &View) -> Result<Vec<Decision>, Held> {
    let is_windows = view.facts.family() == Some(Family::Windows);
    match view.facts.user() {
        User::Other(name) if is_windows => Err(Held::satisfied(format!("the container runs as {name}"))),
        _ if is_windows => Err(Held::blocked(
            "Windows knows its users by name; `USER ContainerUser` is the one without an administrator's rights",
        )),
        User::Other(name) => Ok(vec![by_number(view, &name)]),
        User::ExplicitRoot => {
            let line = view.facts.steps().all.iter().rev().find(|step| step.is(Keyword::User));
            let reason = "the last USER line asks for root; remove it to let the container run as somebody else".into();
            Err(Held::Blocked { reason, at: line.map(|step| step.instruction.span) })
        }
        User::Root => {
            refusals::refuse_root_work(view)?;
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

fn become_user(view: &View) -> Decision {
    let identity = identity::choose(view)?;
    let mut edits = Vec::new();
    if let Some(commands) = &identity.create {
        let commands = commands.join(&format!(" {}\n    && ", view.dockerfile.escape()));
        let run = format!("# A user without root's rights, with a fixed id\nRUN {commands}\n");
        edits.push(place::for_preparation(view, &run)?);
    }
    let line = format!("USER {}:{}\n", identity.uid, identity.gid);
    let user = place::behind_the_work(view, &line)?;
    match edits.iter_mut().find(|edit| edit.span == user.span) {
        Some(run) => run.text.push_str(&user.text),
        None => edits.push(user),
    }
    Ok(Change {
        at: view.facts.final_stage().map_or(crate::edit::Span::at(0), |stage| stage.stage.from.span),
        edits,
        safety: Safety::Review,
        reason: format!("the container runs as {}:{} instead of root", identity.uid, identity.gid),
        because: std::iter::once(identity.because).chain(view.facts.did_without_root()).collect(),
        notes: notes(view),
    })
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
