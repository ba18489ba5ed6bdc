//! The user that the container becomes.

use crate::decision::{Evidence, Held};
use crate::engine::View;
use crate::facts::user::{self, Created};
use crate::facts::{Base, Step};
use crate::templates::{Distro, Family, ImageUser};

/// The user to run as, and how it comes into being.
pub(super) struct Identity {
    pub(super) uid: u32,
    pub(super) gid: u32,
    pub(super) create: Option<Vec<String>>,
    pub(super) because: Evidence,
}

/// Chooses the user: the file's own, one that the image has, or a new one.
pub(super) fn choose(view: &View) -> Result<Identity, Held> {
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
        return Ok(of_image(base, user));
    }
    if base.image().is_some_and(|image| image.empty) {
        let because = Evidence::template(format!("{} has no accounts: a number is enough", base.name), "images.toml");
        return Ok(Identity { uid: config.uid, gid: config.gid, create: None, because });
    }
    let distro = base.family.and_then(|family| view.facts.input.templates.distros.family(family));
    if let Some(create) = distro.and_then(|distro| creation(view, distro)) {
        let family = base.family.map_or("", Family::name);
        let because = Evidence::template(format!("{} is of the {family} family", base.reference), "images.toml");
        return Ok(Identity { uid: config.uid, gid: config.gid, create: Some(create), because });
    }
    if let Some(user) = base.own_user().filter(|_| base.family.is_some()) {
        return Ok(of_image(base, user));
    }
    if let Some(because) = view.facts.did_without_root() {
        return Ok(Identity { uid: config.uid, gid: config.gid, create: None, because });
    }
    Err(unknown(match base.family {
        Some(_) => format!("{} has no command that creates users", base.reference),
        None => format!("nothing is known of {}: how does it create users?", base.reference),
    }))
}

fn of_image(base: &Base, user: &ImageUser) -> Identity {
    let owns = user.owns.iter().map(|folder| format!(", who owns {folder}")).collect::<String>();
    let what = format!("{} has the user {}, {}:{}{owns}", base.name, user.name, user.uid, user.gid);
    Identity { uid: user.uid, gid: user.gid, create: None, because: Evidence::template(what, "images.toml") }
}

/// The commands that create the group and the user; where the image lacks them, those that write their lines.
fn creation(view: &View, distro: &Distro) -> Option<Vec<String>> {
    let config = view.facts.input.config;
    let group = distro.create_group(&config.user_name, config.gid)?;
    let user = distro.create_user(&config.user_name, config.uid, config.gid)?;
    match distro.user_package.as_ref().filter(|package| !view.facts.has_program(package)) {
        Some(_) => view.facts.input.templates.distros.write_user(&config.user_name, config.uid, config.gid),
        None => Some(vec![group, user]),
    }
}

/// A user that the file creates but never uses.
fn own_user(view: &View) -> Result<Option<Identity>, Held> {
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
    Ok(Some(Identity { uid, gid, create: None, because }))
}

/// The id of a user's primary group. Without one the commands make a group of the user's own, with the user's id.
fn primary_group(user: &Created, uid: u32, created: &[(&Step, Created)]) -> Option<u32> {
    let Some(group) = &user.group else { return Some(uid) };
    let is_it = |(_, other): &&(&Step, Created)| other.is_group && other.name == *group;
    group.parse().ok().or_else(|| created.iter().find(is_it)?.1.id)
}
