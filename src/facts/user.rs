//! The user: who the container runs as, and whether it has to start as root.

use super::start::{Start, Started};
use super::steps::{Step, Steps};
use super::{Base, Input};
use crate::decision::{Evidence, Place};
use crate::dockerfile::Keyword;
use crate::shell::Command;
use crate::templates::{Root, Templates};

/// Who a container runs as, as the file and the image say it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum User {
    /// Root: nobody said otherwise.
    Root,
    /// Root, by a USER line.
    ExplicitRoot,
    /// Somebody else, as written.
    Other(String),
}

/// A user or a group that a RUN creates.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Created {
    /// Its name.
    pub name: String,
    /// Its id where the command gives one.
    pub id: Option<u32>,
    /// Whether it is a group.
    pub is_group: bool,
    /// The primary group of a user, by name or number, where the command gives one.
    pub group: Option<String>,
    /// Whether the command may be skipped: `id web || useradd web`.
    pub is_conditional: bool,
}

pub(super) fn at_end(steps: &Steps) -> User {
    let Some(user) = steps.end.user.as_deref() else { return User::Root };
    let name = user.split(':').next().unwrap_or(user);
    let is_root = name == "root" || name.parse() == Ok(0_u32);
    match name {
        _ if is_root && steps.all.iter().any(|step| step.is(Keyword::User)) => User::ExplicitRoot,
        _ if is_root || name.is_empty() => User::Root,
        _ => User::Other(user.to_owned()),
    }
}

/// The users and groups that the commands of `step` create.
#[must_use]
pub fn created(step: &Step) -> Vec<Created> {
    let Some(run) = step.script() else { return Vec::new() };
    let mut found = Vec::new();
    for command in &run.script.commands {
        found.extend(written(command));
        let Some(invocation) = command.program() else { continue };
        let is_group = match invocation.name {
            "useradd" | "adduser" => false,
            "groupadd" | "addgroup" => true,
            _ => continue,
        };
        let words: Vec<&str> = invocation.words.iter().filter_map(|word| word.value.as_deref()).collect();
        let options: &[&str] = if is_group { &["-g", "--gid"] } else { &["-u", "--uid"] };
        let id = value_of(&words, options).and_then(|value| value.parse().ok());
        // busybox calls the primary group `-G`; to useradd those are the others.
        let of_user: &[&str] =
            if invocation.name == "adduser" { &["-g", "--gid", "-G", "--ingroup"] } else { &["-g", "--gid"] };
        let group = value_of(&words, of_user).filter(|_| !is_group).map(str::to_owned);
        let name = created_name(invocation.name, &words);
        let is_conditional = command.conditional;
        let created =
            |name: &str| Created { name: name.to_owned(), id, is_group, group: group.clone(), is_conditional };
        found.extend(name.map(created));
    }
    found
}

/// The account whose line a command adds to `/etc/passwd` or `/etc/group`.
fn written(command: &Command) -> Option<Created> {
    let invocation = command.program().filter(|invocation| matches!(invocation.name, "echo" | "printf"))?;
    let file = command.redirects.iter().find(|redirect| redirect.operator == ">>")?.target.value.as_deref()?;
    let is_group = match file {
        "/etc/passwd" => false,
        "/etc/group" => true,
        _ => return None,
    };
    let mut fields = invocation.words.last()?.value.as_deref()?.split(':');
    let (name, _password, id) = (fields.next()?, fields.next()?, fields.next()?);
    let group = fields.next().filter(|_| !is_group).map(str::to_owned);
    Some(Created { name: name.to_owned(), id: id.parse().ok(), is_group, group, is_conditional: command.conditional })
}

/// The value of the first of `options` that stands among `words`.
fn value_of<'w>(words: &[&'w str], options: &[&str]) -> Option<&'w str> {
    words.iter().enumerate().find_map(|(at, word)| {
        let joined = options.iter().find_map(|option| word.strip_prefix(option)?.strip_prefix('='));
        joined.or_else(|| options.contains(word).then(|| words.get(at + 1).copied()).flatten())
    })
}

/// `useradd … NAME`, `adduser [options] NAME [GROUP]`.
fn created_name<'w>(program: &str, words: &[&'w str]) -> Option<&'w str> {
    if matches!(program, "useradd" | "groupadd") {
        return words.last().copied().filter(|word| !word.starts_with('-'));
    }
    const VALUED: [&str; 13] = [
        "-u",
        "--uid",
        "-g",
        "--gid",
        "-G",
        "--ingroup",
        "-h",
        "--home",
        "-s",
        "--shell",
        "--gecos",
        "--comment",
        "-k",
    ];
    let mut words = words.iter();
    while let Some(word) = words.next() {
        if VALUED.contains(word) {
            words.next();
        } else if !word.starts_with('-') {
            return Some(word);
        }
    }
    None
}

/// Why the container has to start as root, if it has to.
pub(super) fn root_need(base: Option<&Base>, steps: &Steps, start: &Start, input: &Input) -> Option<Evidence> {
    let did_without = input.evidence.is_some_and(|observed| observed.root == Some(false));
    let of_commands = || of_commands(start, &input.templates.root, did_without);
    of_image(base, steps).or_else(of_commands).or_else(|| of_words(steps, start, input.templates))
}

fn of_image(base: Option<&Base>, steps: &Steps) -> Option<Evidence> {
    let base = base?;
    let reason = base.image()?.keep_user.as_ref()?;
    let span = steps.all.first().map(|step| step.instruction.span)?;
    Some(Evidence::dockerfile(format!("{}: {reason}", base.name), span))
}

/// What a program may need root for is a guess, as are the paths that a script may write; a container that did without settles
/// it.
fn of_commands(start: &Start, root: &Root, did_without: bool) -> Option<Evidence> {
    let may_need = |started: &'_ Started| {
        let doubt = root.doubt(&started.program);
        doubt.or_else(|| started.writes.iter().find_map(|path| root.writes_to(path)))
    };
    start.commands.iter().find_map(|started| {
        let literals = started.literals();
        let verb = literals.iter().find(|word| !word.starts_with('-')).copied();
        let module_verb = literals.get(2).copied();
        let as_module = || match literals.get(..2) {
            Some(["-m", module]) => root.install_at_start(module, module_verb),
            _ => None,
        };
        let reason = root
            .program(&started.program)
            .or_else(|| root.install_at_start(&started.name, verb))
            .or_else(as_module)
            .or_else(|| may_need(started).filter(|_| !did_without))?;
        Some(Evidence { what: reason.to_owned(), place: started.place.clone() })
    })
}

/// PUID and its kin, in scripts and in ENV.
fn of_words(steps: &Steps, start: &Start, templates: &Templates) -> Option<Evidence> {
    let in_scripts = start.scripts.iter().find_map(|script| {
        let words = script.text.split(|ch: char| !ch.is_ascii_alphanumeric() && ch != '_');
        let reason = words.filter_map(|word| templates.root.word(word)).next()?;
        Some(Evidence { what: reason.to_owned(), place: script.place.clone() })
    });
    in_scripts.or_else(|| {
        steps.all.iter().find_map(|step| {
            let reason = step.instruction.pairs().iter().find_map(|pair| templates.root.word(&pair.key))?;
            Some(Evidence { what: reason.to_owned(), place: Place::Dockerfile(step.instruction.span) })
        })
    })
}

#[cfg(test)]
mod tests {
    use super::super::asking::ask;
    use super::*;

    #[test]
    fn root_has_many_spellings() {
        let user = |line: &str| ask(&format!("FROM a\n{line}\n"), &[], |facts| facts.user());
        for line in ["USER root", "USER 0", "USER 0:0", "USER root:root", "USER 00", "ARG U=0\nUSER $U"] {
            assert_eq!(user(line), User::ExplicitRoot, "{line}");
        }
        assert_eq!(user("RUN x"), User::Root);
        assert_eq!(user("USER 1000:0"), User::Other("1000:0".into()));
        assert_eq!(user("ARG U\nUSER $U"), User::Other("$U".into()));
    }

    #[test]
    fn created_users_are_read_with_their_ids() {
        let created = |run: &str| {
            ask(&format!("FROM a\nRUN {run}\n"), &[], |facts| {
                let all = facts.steps().all.iter().flat_map(created);
                all.map(|it| (it.name, it.id, it.is_group)).collect::<Vec<_>>()
            })
        };
        let named = |name: &str, id, is_group| vec![(name.to_owned(), id, is_group)];
        assert_eq!(created("useradd -m -u 1234 web"), named("web", Some(1234), false));
        assert_eq!(created("useradd --uid=1234 web"), named("web", Some(1234), false));
        assert_eq!(created("adduser -D -G app -u 7 web"), named("web", Some(7), false));
        assert_eq!(created("adduser --disabled-password --gecos '' web"), named("web", None, false));
        assert_eq!(created("groupadd -g 9 team"), named("team", Some(9), true));
        assert_eq!(created("echo 'web:x:7:9::/home/web:/bin/sh' >> /etc/passwd"), named("web", Some(7), false));
        assert_eq!(created("printf 'web:x:9:\\n' >> /etc/group"), named("web", Some(9), true));
        assert_eq!(created("echo 'web:x:7:9' >> /etc/motd"), vec![]);
        assert_eq!(created("userdel web"), vec![]);
    }

    #[test]
    fn root_is_needed_where_the_start_changes_the_user() {
        let needs = |cmd: &str| ask(&format!("FROM debian:12\nCMD {cmd}\n"), &[], |facts| facts.root_need().is_some());
        for cmd in ["[\"gosu\", \"a\", \"b\"]", "exec su-exec a b", "chown a /x && b", "python -m pip install x"] {
            assert!(needs(cmd), "{cmd}");
        }
        for cmd in ["[\"python\", \"gosu.py\"]", "echo x > /tmp/y", "python -m pip list"] {
            assert!(!needs(cmd), "{cmd}");
        }
    }
}
