//! `USER name` becomes `USER id`, where the file or the image says which id that is.

use super::Transform;
use crate::decision::{Announced, Change, Decision, Evidence, Held, Meaning, Safety};
use crate::dockerfile::Keyword;
use crate::edit::{Edit, Span};
use crate::engine::View;
use crate::facts::{Step, User, user};
use crate::templates::Family;

pub(super) static TRANSFORM: Transform = Transform {
    name: "numeric_user",
    page: include_str!("numeric_user.md"),
    announced: Announced { touches: &[Keyword::User], meaning: &[Meaning::User], stages: 0 },
    plan,
};

fn plan(view: &View) -> Result<Vec<Decision>, Held> {
    let name = match view.facts.user() {
        User::Root | User::ExplicitRoot => return Err(Held::satisfied("the container runs as root")),
        User::Other(name) => name,
    };
    let user = name.split(':').next().unwrap_or(&name);
    let is_number = user.chars().all(|ch| ch.is_ascii_digit());
    let lines: Vec<Span> = lines_naming(view, &name).collect();
    let (Some(&last), false) = (lines.last(), is_number || view.facts.family() == Some(Family::Windows)) else {
        return Err(Held::satisfied(format!("the container runs as {name}")));
    };
    if name != user {
        let reason =
            "USER names a group as well: the files of the container may be meant for it; write both as numbers";
        return Err(Held::blocked_at(reason, last));
    }
    let (id, because) = id_of(view, &name).map_err(|reason| Held::blocked_at(reason, last))?;
    Ok(vec![Ok(Change {
        at: last,
        edits: lines.into_iter().map(|line| Edit::replace(line, id.to_string())).collect(),
        safety: Safety::Safe,
        reason: format!("the user is named by its number: an orchestrator can tell that {id} is not root"),
        because: vec![because],
        notes: Vec::new(),
    })])
}

/// What stands behind USER in the lines that name `user` and that the final image is made of.
fn lines_naming(view: &View, user: &str) -> impl Iterator<Item = Span> {
    let instructions = view.facts.steps().all.iter().map(|step| step.instruction);
    let naming = instructions.filter(move |line| line.keyword() == Keyword::User && line.rest() == user);
    naming.map(|line| line.rest_in_file())
}

/// The id of the user `name`, or why it is not certain.
fn id_of(view: &View, name: &str) -> Result<(u32, Evidence), String> {
    let steps = &view.facts.steps().all;
    if let Some(program) = steps.iter().find_map(|step| changes(step, name)) {
        return Err(format!("{program} changes {name}: which id it has in the end is not known"));
    }
    let creations = || steps.iter().flat_map(|step| user::created(step).into_iter().map(move |user| (step, user)));
    let creation = creations().filter(|(_, created)| !created.is_group && created.name == name).last();
    if let Some((step, created)) = creation {
        let unknown =
            || format!("{name} has no fixed id, so that nothing proves that it is not 0; give it one (--uid)");
        let id = created.id.filter(|&id| id > 0 && !created.is_conditional).ok_or_else(unknown)?;
        return Ok((id, Evidence::dockerfile(format!("{name} is created"), step.instruction.span)));
    }
    of_image(view, name)
        .ok_or_else(|| format!("the id of {name} is not known: nothing proves that it is not 0; write it"))
}

/// The id that the image or its distribution gave the user `name`.
fn of_image(view: &View, name: &str) -> Option<(u32, Evidence)> {
    let base = view.facts.base()?;
    if let Some(user) = base.user_named(name) {
        return Some((user.uid, Evidence::template(format!("the image has {name}, {}", user.uid), "images.toml")));
    }
    let family = base.family?;
    let id = *view.facts.input.templates.distros.family(family)?.accounts.get(name)?;
    Some((
        id,
        Evidence::template(format!("{name} is {id} in every image of the {} family", family.name()), "distros.toml"),
    ))
}

/// The program with which a step gives the user `name` another id, or takes the user away.
fn changes(step: &Step, name: &str) -> Option<&'static str> {
    const PROGRAMS: [&str; 3] = ["usermod", "userdel", "deluser"];
    let commands = step.script().into_iter().flat_map(|run| &run.script.commands);
    let mut invocations = commands.filter_map(|command| command.program());
    invocations.find_map(|invocation| {
        let names_user = invocation.words.iter().any(|word| word.is(name));
        let gives_id = |word: &str| matches!(word, "-u" | "--uid") || word.starts_with("--uid=");
        let leaves_id = || !invocation.words.iter().any(|word| gives_id(word.literal_start()));
        let program = PROGRAMS.into_iter().find(|program| *program == invocation.name)?;
        (names_user && !(program == "usermod" && leaves_id())).then_some(program)
    })
}
