//! `sudo` in a `RUN` of root goes: root needs nobody's leave.

use super::commands::Site;
use super::{Transform, commands, owner};
use crate::decision::{Announced, Change, Decision, Evidence, Held, Safety};
use crate::dockerfile::Keyword;
use crate::edit::{Edit, Span};
use crate::engine::View;
use crate::shell::Word;

pub(super) static TRANSFORM: Transform = Transform {
    name: "drop_sudo",
    page: include_str!("drop_sudo.md"),
    announced: Announced { touches: &[Keyword::Run], meaning: &[], stages: 0 },
    plan,
};

/// Commands of the shell that differ from the program of the same name, or have none.
const OF_THE_SHELL: [&str; 11] =
    [".", "cd", "echo", "eval", "exec", "exit", "export", "set", "source", "ulimit", "umask"];

/// Options without a value that say nothing to somebody who is root already.
const IDLE: [char; 3] = ['E', 'H', 'n'];

fn plan(view: &View) -> Result<Vec<Decision>, Held> {
    commands::each(view, "no RUN calls sudo", |site| {
        let (sudo, words) = site.command.words.split_first()?;
        let is_sudo = sudo.value.as_deref().is_some_and(|name| name.rsplit('/').next() == Some("sudo"));
        is_sudo.then(|| decide(view, site, sudo, words))
    })
}

fn decide(view: &View, site: &Site, sudo: &Word, words: &[Word]) -> Decision {
    let at = site.step.instruction.span;
    if !owner::certainly_runs_as_root(view, site.stage, site.step) {
        return Err(Held::blocked_at("this may not run as root, who alone needs no sudo", at));
    }
    let inner = without_options(words).map_err(|reason| Held::blocked_at(reason, at))?;
    let first = runs(site, inner).map_err(|reason| Held::blocked_at(reason, at))?;
    let gone = Span::new(sudo.span.start, first.span.start);
    let in_file = site.run.to_file(gone);
    if !site.run.is_editable(gone) || in_file.of(view.dockerfile.text()).contains('\n') {
        return Err(Held::blocked_at("a line ends between sudo and what it runs", at));
    }
    Ok(Change {
        at,
        edits: vec![Edit::delete(in_file)],
        safety: Safety::Safe,
        reason: "root runs it without sudo".into(),
        because: vec![Evidence::dockerfile("the user of this line is root", at)],
        notes: Vec::new(),
    })
}

/// What follows the options of sudo, where they change nothing for root.
fn without_options(words: &[Word]) -> Result<&[Word], String> {
    let mut words = words;
    while let Some((word, rest)) = words.split_first() {
        let start = word.literal_start();
        let Some(option) = start.strip_prefix('-') else { return Ok(words) };
        words = match option {
            "-" => return Ok(rest),
            "-preserve-env" | "-set-home" | "-non-interactive" => rest,
            "-user" => after_user(rest)?,
            _ if option.starts_with("-preserve-env=") => rest,
            "-user=root" | "uroot" => rest,
            _ => match option.strip_suffix('u') {
                Some(letters) if letters.chars().all(|letter| IDLE.contains(&letter)) => after_user(rest)?,
                None if !option.is_empty() && option.chars().all(|letter| IDLE.contains(&letter)) => rest,
                _ => return Err(format!("`sudo {start}` does more than to become root")),
            },
        };
    }
    Ok(words)
}

fn after_user(words: &[Word]) -> Result<&[Word], String> {
    match words.split_first() {
        Some((user, rest)) if user.is("root") => Ok(rest),
        _ => Err("it becomes another user than root; a USER line before it says so to everybody".into()),
    }
}

/// The first word of what sudo runs: an assignment or the program, if the shell runs the same one.
fn runs<'w>(site: &Site, words: &'w [Word]) -> Result<&'w Word, String> {
    let assigns = |word: &&Word| word.literal_start().contains('=');
    let program = words.iter().find(|word| !assigns(word)).and_then(|word| word.value.as_deref());
    let first = words.first().zip(program);
    let (first, program) = first.ok_or("sudo names no program, or by a variable")?;
    if OF_THE_SHELL.contains(&program) {
        return Err(format!("without sudo `{program}` is the shell's own"));
    }
    let raw = site.run.text().get(first.span.start..first.span.end).unwrap_or_default();
    let name = raw.split('=').next().unwrap_or_default();
    if assigns(&first) && !name.chars().all(|ch| ch.is_ascii_alphanumeric() || ch == '_') {
        return Err("the shell takes a name in quotes for no variable".into());
    }
    Ok(first)
}
