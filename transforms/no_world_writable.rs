//! `chmod 777` gives everybody the right to write: a script loses it, for anything else the patch is advice.

use super::commands::Site;
use super::{Transform, commands, owner};
use crate::decision::{Announced, Change, Decision, Evidence, Held, Safety};
use crate::dockerfile::Keyword;
use crate::edit::Edit;
use crate::engine::View;
use crate::facts::User;
use crate::facts::scope::is_at_or_below;
use crate::shell::Word;

pub(super) static TRANSFORM: Transform = Transform {
    name: "no_world_writable",
    page: include_str!("no_world_writable.md"),
    announced: Announced { touches: &[Keyword::Run], meaning: &[], stages: 0 },
    plan,
};

/// Folders that are everybody's by their nature.
const SHARED: [&str; 4] = ["/tmp", "/var/tmp", "/dev/shm", "/run/lock"];

fn plan(view: &View) -> Result<Vec<Decision>, Held> {
    let built = view.facts.final_stage().map(|facts| facts.stage.index);
    let image: Vec<usize> = built.into_iter().flat_map(|built| view.facts.lineage(built)).collect();
    commands::each(view, "nothing is made writable for everybody", |site| {
        let chmod = site.command.program().filter(|invocation| invocation.name == "chmod")?;
        if !image.contains(&site.stage) {
            return None;
        }
        decide(view, site, &Chmod::of(chmod.words)?)
    })
}

/// A call of `chmod`.
struct Chmod<'c> {
    is_recursive: bool,
    mode: &'c Word,
    paths: Vec<&'c Word>,
}

impl<'c> Chmod<'c> {
    fn of(words: &'c [Word]) -> Option<Self> {
        let is_option = |word: &&Word| word.literal_start().starts_with('-');
        let (options, named): (Vec<&Word>, Vec<&Word>) = words.iter().partition(is_option);
        let is_recursive =
            options.iter().any(|option| option.is("--recursive") || option.literal_start().contains('R'));
        let (mode, paths) = named.split_first()?;
        Some(Self { is_recursive, mode, paths: paths.to_vec() })
    }

    /// The lines that give the files to the user and to nobody else, by the mode `closed`.
    fn patch(&self, view: &View, site: &Site, closed: &str) -> Vec<String> {
        let flag = if self.is_recursive { " -R" } else { "" };
        let paths: Vec<&str> = self.paths.iter().map(|path| path.span.of(site.run.text())).collect();
        let paths = paths.join(" ");
        let give = |user: &str| format!("chown{flag} {user} {paths} && chmod{flag} {closed} {paths}");
        let mut lines = match view.facts.user() {
            User::Other(user) if owner::runs_as_root(site.step) => vec![give(&user)],
            User::Other(_) => vec![format!("chmod{flag} {closed} {paths}")],
            User::Root | User::ExplicitRoot => vec![
                format!("where root alone writes: chmod{flag} {closed} {paths}"),
                format!("where one other user does: {}", give("USER")),
            ],
        };
        lines.push(format!("where the user is chosen at run time: chgrp{flag} 0 {paths} && chmod{flag} g=u {paths}"));
        lines
    }
}

/// `mode` without the right to write for group and others; `None` where others may not, or where the sticky bit keeps
/// them from what is not theirs.
fn closed(mode: &str) -> Option<String> {
    if !mode.chars().all(|ch| ch.is_digit(8)) {
        return closed_clauses(mode);
    }
    let bits = u32::from_str_radix(mode, 8).ok().filter(|bits| bits & 0o1002 == 0o002)?;
    Some(format!("{:0width$o}", bits & !0o022, width = mode.len()))
}

/// [`closed`] for `a+rwx` and its kin.
fn closed_clauses(mode: &str) -> Option<String> {
    let clauses: Vec<(&str, char, &str)> = mode.split(',').map(clause).collect::<Option<_>>()?;
    let opens = |(who, operator, rights): &(&str, char, &str)| {
        who.contains(['a', 'o']) && *operator != '-' && rights.contains('w')
    };
    if !clauses.iter().any(opens) {
        return None;
    }
    let mut closed = Vec::new();
    for &(who, operator, rights) in &clauses {
        if !opens(&(who, operator, rights)) {
            closed.push(format!("{who}{operator}{rights}"));
            continue;
        }
        let others = if who.contains('a') { "go".to_owned() } else { who.replace('u', "") };
        let rest = rights.replace('w', "");
        if others.len() < who.len() || who.contains('a') {
            closed.push(format!("u{operator}{rights}"));
        }
        if !rest.is_empty() || operator == '=' {
            closed.push(format!("{others}{operator}{rest}"));
        }
    }
    // `o+w` alone is for somebody who is not the owner yet.
    Some(if closed.is_empty() { "u+w".to_owned() } else { closed.join(",") })
}

/// Who, how and what of a clause of a symbolic mode.
fn clause(text: &str) -> Option<(&str, char, &str)> {
    let at = text.find(['+', '-', '='])?;
    let (who, rest) = text.split_at_checked(at)?;
    let mut rights = rest.chars();
    let operator = rights.next()?;
    let is_known = |text: &str, letters: &str| text.chars().all(|ch| letters.contains(ch));
    (is_known(who, "ugoa") && is_known(rights.as_str(), "rwxXst")).then_some((who, operator, rights.as_str()))
}

fn decide(view: &View, site: &Site, chmod: &Chmod) -> Option<Decision> {
    let at = site.step.instruction.span;
    let Some(mode) = chmod.mode.value.as_deref() else {
        let reason = "the mode is a variable, which may let everybody write; write the number";
        return Some(Err(Held::blocked_at(reason, at)));
    };
    let closed = closed(mode)?;
    let place = |word: &&Word| site.step.scope.absolute(word.literal_start());
    let is_shared = |path: String| SHARED.iter().any(|shared| is_at_or_below(&path, shared));
    if chmod.paths.iter().all(|word| place(word).is_some_and(is_shared)) {
        return None;
    }
    let is_script = |word: &&Word| {
        let path = word.value.as_deref().and_then(|_| place(word));
        path.is_some_and(|path| {
            path.ends_with(".sh") || view.facts.text_at(&path).is_some_and(|text| text.starts_with("#!"))
        })
    };
    let because = vec![Evidence::dockerfile(format!("chmod {mode}"), at)];
    if !chmod.is_recursive && chmod.paths.iter().all(is_script) {
        return Some(Ok(Change {
            at,
            edits: vec![Edit::replace(site.run.to_file(chmod.mode.span), closed)],
            safety: Safety::Review,
            reason: "a script is read and run, and whoever may write it decides what that does".into(),
            because,
            notes: Vec::new(),
        }));
    }
    Some(Ok(Change {
        at,
        edits: Vec::new(),
        safety: Safety::Advice,
        reason: "everybody in the container may write there, and not only the program".into(),
        because,
        notes: chmod.patch(view, site, &closed),
    }))
}

#[cfg(test)]
mod tests {
    use super::closed;

    #[test]
    fn only_the_owner_may_write_to_what_is_closed() {
        for (mode, expected) in [
            ("777", Some("755")),
            ("0777", Some("0755")),
            ("666", Some("644")),
            ("2777", Some("2755")),
            ("o+w", Some("u+w")),
            ("a+rwx", Some("u+rwx,go+rx")),
            ("uo=rw", Some("u=rw,o=r")),
            ("u+x,a+w", Some("u+x,u+w")),
            ("1777", None),
            ("775", None),
            ("+w", None),
            ("g+w", None),
            ("a-w", None),
            ("--reference=x", None),
        ] {
            assert_eq!(closed(mode).as_deref(), expected, "{mode}");
        }
    }
}
