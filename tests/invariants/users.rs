//! Promises of the user: it exists, and root's work is done before it takes over.

use std::collections::BTreeSet;

use harden::config::Config;
use harden::context::Context;
use harden::dockerfile::{Dockerfile, Instruction, Keyword, Stage};
use harden::engine::View;
use harden::facts::{Base, Input};
use harden::templates::Templates;

use crate::run::{Held, Run, quoted};

/// What creates a user.
const CREATORS: [&str; 5] = ["useradd", "adduser", "usermod", "--uid", ">> /etc/passwd"];

/// A user that came in is a number above 0 which a RUN of the file gives somebody, or which the image has. Where the
/// image is empty there are no accounts, and any number is a user, as where an image that is not known was observed to run so.
pub fn exist(run: &Run) -> Held {
    for user in added(run) {
        let uid = user.rest().split(':').next().unwrap_or_default();
        if uid.parse::<u32>().is_ok_and(|uid| uid > 0) && (is_created(&run.after, uid) || image_has(run, uid)) {
            continue;
        }
        return Err(format!("{} is nobody that is known", quoted(user.logical.text())));
    }
    Ok(())
}

/// USER lines that the input has not.
fn added(run: &Run) -> Vec<&Instruction> {
    let users = |file: &'_ Dockerfile| -> BTreeSet<String> {
        file.instructions().filter(|it| it.is(Keyword::User)).map(|it| it.rest().to_owned()).collect()
    };
    let known = users(&run.before);
    run.after.instructions().filter(|it| it.is(Keyword::User) && !known.contains(it.rest())).collect()
}

fn is_created(file: &Dockerfile, uid: &str) -> bool {
    let creates = |instruction: &Instruction| {
        let text = instruction.rest();
        let mut words = text.split([' ', '=', '\t', ':']);
        CREATORS.iter().any(|creator| text.contains(creator)) && words.any(|word| word == uid)
    };
    file.instructions().filter(|instruction| instruction.is(Keyword::Run)).any(creates)
}

/// Whether one of the images that the stages start from has a user with this number, or was observed to need none.
fn image_has(run: &Run, uid: &str) -> bool {
    let (context, config) = (Context::empty(), Config::default());
    let input = Input::new(&context, Templates::builtin(), &config);
    let facts = View::new(&run.after, &input).facts;
    let mut images = (0..facts.stages.len()).filter_map(|stage| facts.image_below(stage));
    let distros = &Templates::builtin().distros;
    let accounts = |image: &Base| image.family.and_then(|family| distros.family(family)).map(|distro| &distro.accounts);
    let has_account =
        |image: &Base, uid| accounts(image).is_some_and(|accounts| accounts.values().any(|id| *id == uid));
    let needs_none = |image: &Base| is_empty(image) || (run.is_observed && image.family.is_none());
    uid.parse().is_ok_and(|uid| {
        images.any(|image| image.user_with_uid(uid).is_some() || has_account(image, uid) || needs_none(image))
    })
}

fn is_empty(base: &Base) -> bool {
    base.image().is_some_and(|image| image.empty)
}

/// Behind a USER that came in, and up to the next one, no line changes files.
pub fn come_after_the_work(run: &Run) -> Held {
    let added: Vec<usize> = added(run).into_iter().map(|user| user.span.start).collect();
    let late = run.after.stages().iter().find_map(|stage| works_behind(stage, &added).map(ToOwned::to_owned));
    match late {
        Some(line) if !run.before.instructions().any(|it| it.is(Keyword::User)) => {
            Err(format!("{} comes behind the USER", quoted(&line)))
        }
        _ => Ok(()),
    }
}

fn works_behind<'a>(stage: &Stage<'a>, added: &[usize]) -> Option<&'a str> {
    const WORK: [Keyword; 4] = [Keyword::Run, Keyword::Copy, Keyword::Add, Keyword::Workdir];
    let behind = stage.body.iter().skip_while(|it| !added.contains(&it.span.start));
    behind.skip(1).find(|it| WORK.contains(&it.keyword())).map(|it| it.logical.text())
}
