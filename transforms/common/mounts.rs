//! Cache mounts: whether a file can have them, what they are called, and what in a RUN would stumble over them.

use crate::decision::Held;
use crate::dockerfile::ItemKind;
use crate::edit::Span;
use crate::engine::View;
use crate::facts::scope::is_at_or_below;
use crate::facts::{Run, Step};

/// The first minor release of the syntax 1 that knows mounts.
const KNOWN_SINCE: u32 = 2;

/// Programs that fail on a folder in which something is mounted, or reach into the mount.
const MEETING: [&str; 7] = ["rm", "rmdir", "mv", "cp", "chown", "chmod", "find"];

/// Holds where the file names a syntax that may not know mounts; the one that comes with BuildKit does.
pub(in crate::transforms) fn check_syntax(view: &View, at: Span) -> Result<(), Held> {
    let syntax = view.dockerfile.items().iter().find_map(|item| match &item.kind {
        ItemKind::Directive { name, value } if name == "syntax" => Some(value.trim()),
        _ => None,
    });
    if syntax.is_none_or(knows_mounts) {
        return Ok(());
    }
    Err(Held::blocked_at("the syntax that the file names may not know mounts, which came with 1.2", at))
}

fn knows_mounts(syntax: &str) -> bool {
    let Some(tag) = syntax.strip_prefix("docker/dockerfile:") else { return syntax == "docker/dockerfile" };
    let mut numbers = tag.split(['.', '-', '@']).map(str::parse::<u32>);
    match (numbers.next(), numbers.next()) {
        (Some(Ok(1)), Some(Ok(minor))) => minor >= KNOWN_SINCE,
        (Some(Ok(1)), _) => true,
        _ => tag == "latest",
    }
}

/// Holds where a command works on a folder above `folder`: it would meet the mount, and `rm` fails on one.
pub(in crate::transforms) fn check_commands(step: &Step, run: &Run, folder: &str) -> Result<(), Held> {
    let meets = run.script.commands.iter().any(|command| {
        let met = command.program().filter(|invocation| MEETING.contains(&invocation.name));
        met.is_some_and(|invocation| {
            invocation.words.iter().any(|word| is_above(step, word.span.of(run.text()), folder))
        })
    });
    if !meets {
        return Ok(());
    }
    let reason = format!(
        "a command of this line works on a folder above {folder}, and would meet the mount there; give it a RUN of its own"
    );
    Err(Held::blocked_at(reason, step.instruction.span))
}

/// Whether a word as written names a folder above `folder`, or may with what the shell fills in.
fn is_above(step: &Step, word: &str, folder: &str) -> bool {
    let bare: String = word.chars().filter(|ch| !matches!(ch, '"' | '\'')).collect();
    let of_home = ["~", "$HOME", "${HOME}"].iter().find_map(|home| bare.strip_prefix(home));
    let path = of_home.map(|rest| format!("{}{rest}", home(step))).unwrap_or(bare);
    match path.split_once(['*', '?', '[', '$', '`', '{']) {
        Some((start, _)) => start.starts_with('/') && folder.starts_with(start),
        None => step
            .scope
            .absolute(&path)
            .is_some_and(|path| path != "/" && folder != path && is_at_or_below(folder, &path)),
    }
}

/// root's home, where no ENV says another one.
pub(in crate::transforms) fn home<'s>(step: &'s Step) -> &'s str {
    step.scope.env("HOME").unwrap_or("/root").trim_end_matches('/')
}

/// The name of a cache that the builds on one base image share: what is in it fits no other system.
pub(in crate::transforms) fn id(view: &View, stage: usize, name: &str) -> Result<String, Held> {
    let image = view.facts.image_below(stage);
    let image = image.ok_or_else(|| Held::blocked("the base image is not known, and each has a cache of its own"))?;
    let plain = |ch: char| if ch.is_ascii_alphanumeric() || ch == '.' { ch } else { '-' };
    let words = [Some(name), Some(image.name.as_str()), image.tag.as_deref()];
    let words: Vec<String> = words.into_iter().flatten().map(|word| word.chars().map(plain).collect()).collect();
    Ok(words.join("-"))
}

/// Each of `parts` on a line of its own, to stand before the commands of a RUN.
pub(in crate::transforms) fn lines(view: &View, parts: &[String]) -> String {
    let line_break = format!(" {}\n    ", view.dockerfile.escape());
    parts.iter().flat_map(|part| [part.as_str(), line_break.as_str()]).collect()
}
