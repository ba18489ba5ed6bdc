//! Promises of the text: what is announced changes, nothing else does.

use std::collections::BTreeSet;

use harden::dockerfile::{Dockerfile, Instruction, Item, ItemKind, Keyword};
use similar::{Algorithm, DiffOp, capture_diff_slices};

use crate::run::{Held, Run, bytes, quoted};

pub fn items_tile(run: &Run) -> Held {
    tiles(&run.before)?;
    tiles(&run.after)
}

fn tiles(file: &Dockerfile) -> Held {
    let mut at = 0;
    for item in file.items() {
        if item.span.start != at || item.span.is_empty() {
            return Err(format!("the item at {:?} leaves a gap behind {at}", item.span));
        }
        at = item.span.end;
    }
    if at == file.text().len() { Ok(()) } else { Err(format!("nothing covers what follows {at}")) }
}

pub fn rejected_is_untouched(run: &Run) -> Held {
    if run.is_rejected() && run.outcome.is_changed() { Err("it changed".into()) } else { Ok(()) }
}

pub fn result_is_taken(run: &Run) -> Held {
    match run.after.rejections().first() {
        Some(rejection) if !run.is_rejected() => Err(rejection.reason.clone()),
        _ => Ok(()),
    }
}

pub fn is_idempotent(run: &Run) -> Held {
    match run.again.applied.first() {
        Some(applied) => Err(format!("{}: {}", applied.transform, applied.reason)),
        None if run.again.is_changed() => Err("it changed, and nothing was reported".into()),
        None => Ok(()),
    }
}

/// A file with one kind of line ending keeps it, and a last line that ends goes on to do so.
pub fn line_endings_stay(run: &Run) -> Held {
    let (before, after) = (run.before.text(), run.after.text());
    let bare = |text: &str| text.replace("\r\n", "").contains('\n');
    if !before.contains('\r') && after.contains('\r') {
        return Err("a carriage return came in".into());
    }
    if before.contains('\n') && !bare(before) && bare(after) {
        return Err("a bare line feed came in".into());
    }
    if before.ends_with('\n') && !after.ends_with('\n') {
        return Err("the last line lost its end".into());
    }
    Ok(())
}

pub fn rest_is_kept(run: &Run) -> Held {
    let touched = run.touched();
    let old = kept(&run.before, &touched);
    let new = kept(&run.after, &touched);
    let same = old.iter().zip(&new).take_while(|(old, new)| old == new).count();
    match (old.get(same), new.get(same)) {
        (None, None) => Ok(()),
        (Some((_, old)), _) => Err(format!("{} is not where it was", quoted(&old.join("\n")))),
        (None, Some((_, new))) => Err(format!("{} was added", quoted(&new.join("\n")))),
    }
}

fn kept<'a>(file: &'a Dockerfile, touched: &BTreeSet<Keyword>) -> Vec<(Keyword, Vec<&'a str>)> {
    let kept = |instruction: &&Instruction| !touched.contains(&instruction.keyword());
    file.instructions().filter(kept).map(|instruction| as_read(file, instruction)).collect()
}

/// What BuildKit reads of an instruction: the keyword in any case, what is behind it, and no empty line before a
/// here-document.
fn as_read<'a>(file: &'a Dockerfile, instruction: &Instruction) -> (Keyword, Vec<&'a str>) {
    let text = bytes(file, instruction);
    let data = instruction.heredocs.first().map_or(text.len(), |heredoc| heredoc.body.start - instruction.span.start);
    let (line, data) = text.split_at(data);
    let behind = line.trim_start().get(instruction.parts.name.len()..).unwrap_or_default().trim_start();
    let read = lines(behind).into_iter().filter(|line| !line.is_empty());
    (instruction.keyword(), read.chain(lines(data)).collect())
}

/// A line that is gone stood in an instruction that an applied transform announced, was a comment (which has promises
/// of its own), or a blank line: beside one that is gone or another blank one,
/// or the first or last of the file.
pub fn lines_go_as_announced(run: &Run) -> Held {
    let touched = run.touched();
    let old: Vec<&str> = lines(run.before.text());
    let new: Vec<&str> = lines(run.after.text());
    let gone =
        capture_diff_slices(Algorithm::Myers, &old, &new).into_iter().filter(|op| !matches!(op, DiffOp::Equal { .. }));
    let gone: BTreeSet<usize> = gone.flat_map(|op| op.old_range()).collect();
    let read: Vec<_> = run.after.instructions().map(|instruction| as_read(&run.after, instruction)).collect();
    let items = run.before.items();
    let mut number = 0;
    let went: Vec<bool> = items
        .iter()
        .map(|item| {
            let first = number;
            number += lines(item.span.of(run.before.text())).len();
            (first..number).any(|line| gone.contains(&line))
        })
        .collect();
    for (at, item) in items.iter().enumerate().filter(|(at, _)| went[*at]) {
        let allowed = match &item.kind {
            ItemKind::Blank => {
                let beside = [at.checked_sub(1), Some(at + 1)].into_iter().flatten();
                at == 0
                    || at + 1 == items.len()
                    || beside.filter(|&at| at < items.len()).any(|at| went[at] || items[at].kind == ItemKind::Blank)
            }
            ItemKind::Comment => true,
            // Where lines repeat, a diff may call another one of them gone.
            _ => {
                let own = lines(item.span.of(run.before.text()));
                let is_read_again = |instruction| read.contains(&as_read(&run.before, instruction));
                may_change(item, &touched)
                    || new.windows(own.len()).any(|lines| lines == own)
                    || item.instruction().is_some_and(is_read_again)
            }
        };
        if !allowed {
            return Err(format!("{} is gone", quoted(item.span.of(run.before.text()))));
        }
    }
    Ok(())
}

fn may_change(item: &Item, touched: &BTreeSet<Keyword>) -> bool {
    item.instruction().is_some_and(|instruction| touched.contains(&instruction.keyword()))
}

/// Physical lines without their ends, nor the blanks before them, which BuildKit does not read.
fn lines(text: &str) -> Vec<&str> {
    text.split_inclusive('\n').map(|line| line.trim_end_matches([' ', '\t', '\r', '\n'])).collect()
}

pub fn stages_grow_as_announced(run: &Run) -> Held {
    let (old, new) = (run.before.stages().len(), run.after.stages().len());
    let announced: usize = run.applied().iter().map(|transform| transform.announced.stages).sum();
    if (old..=old + announced).contains(&new) { Ok(()) } else { Err(format!("{old} stages became {new}")) }
}
