//! The container runs as a fixed, numeric user, created where the image has none.

mod identity;
mod refusals;

use super::{Transform, place};
use crate::decision::{Announced, Change, Decision, Held, Meaning, Safety};
use crate::dockerfile::Keyword;
use crate::engine::View;
use crate::facts::User;
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
        User::Other(name) => Err(Held::satisfied(format!("the container runs as {name}"))),
        _ if is_windows => Err(Held::blocked(
            "Windows knows its users by name; `USER ContainerUser` is the one without an administrator's rights",
        )),
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
