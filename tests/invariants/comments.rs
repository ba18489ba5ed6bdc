//! Promises of comments: none is lost, none is torn from what it is about.

use std::collections::{BTreeMap, BTreeSet};

use harden::dockerfile::{Dockerfile, Instruction, ItemKind, Keyword};

use crate::run::{Held, Run, quoted};

/// Every comment line of the input is in the output as often as before, unless its instruction is gone.
pub fn survive(run: &Run) -> Held {
    let remaining: BTreeSet<&str> = run.after.instructions().map(logical).collect();
    let mut counted: BTreeMap<&str, usize> = BTreeMap::new();
    for (comment, _) in comments(&run.after) {
        *counted.entry(comment).or_default() += 1;
    }
    for (comment, instruction) in comments(&run.before) {
        let left = counted.entry(comment).or_default();
        if *left == 0 && instruction.is_none_or(|instruction| remaining.contains(logical(instruction))) {
            return Err(format!("{} is gone", quoted(comment)));
        }
        *left = left.saturating_sub(1);
    }
    Ok(())
}

/// A comment right above an instruction is still right above one of that kind, unless the instruction is gone.
pub fn stay_in_place(run: &Run) -> Held {
    let pairs: BTreeSet<(&str, Keyword)> =
        headed(&run.after).map(|(comment, below)| (comment, below.keyword())).collect();
    let remaining: BTreeSet<&str> = run.after.instructions().map(logical).collect();
    let torn = headed(&run.before)
        .find(|(comment, below)| remaining.contains(logical(below)) && !pairs.contains(&(comment, below.keyword())));
    match torn {
        Some((comment, below)) => Err(format!("{} stood above {}", quoted(comment), quoted(logical(below)))),
        None => Ok(()),
    }
}

fn logical(instruction: &Instruction) -> &str {
    instruction.logical.text()
}

/// Every comment line with the instruction that it belongs to: the one that it stands in, or right above.
fn comments(file: &Dockerfile) -> Vec<(&str, Option<&Instruction>)> {
    let items = file.items();
    let mut found = Vec::new();
    for (at, item) in items.iter().enumerate() {
        match &item.kind {
            ItemKind::Comment => {
                let below = items.iter().skip(at).find(|item| item.kind != ItemKind::Comment);
                found.push((item.span.of(file.text()).trim(), below.and_then(|item| item.instruction())));
            }
            ItemKind::Instruction(instruction) => {
                found.extend(comments_within(file, instruction).into_iter().map(|line| (line, Some(&**instruction))));
            }
            _ => {}
        }
    }
    found
}

/// Comment lines between the continuations of an instruction. A `#` line of a here-document is its text.
fn comments_within<'a>(file: &'a Dockerfile, instruction: &Instruction) -> Vec<&'a str> {
    let end = instruction.heredocs.first().map_or(instruction.span.end, |heredoc| heredoc.body.start);
    let lines = harden::edit::Span::new(instruction.span.start, end).of(file.text()).lines();
    lines.map(str::trim).filter(|line| line.starts_with('#')).collect()
}

/// Each instruction with a comment right above it, and the last line of that.
fn headed(file: &Dockerfile) -> impl Iterator<Item = (&str, &Instruction)> {
    file.items().windows(2).filter_map(|pair| match pair {
        [above, below] if above.kind == ItemKind::Comment => {
            Some((above.span.of(file.text()).trim(), below.instruction()?))
        }
        _ => None,
    })
}
