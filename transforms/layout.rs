//! Blank lines between instructions of different kinds, one at a time, and none of the blanks that nobody needs.

use super::Transform;
use crate::decision::{Announced, Change, Decision, Evidence, Held, Safety};
use crate::dockerfile::{Instruction, Item, ItemKind};
use crate::edit::{Edit, Span};
use crate::engine::View;

pub(super) static TRANSFORM: Transform = Transform {
    name: "layout",
    page: include_str!("layout.md"),
    announced: Announced { touches: &[], meaning: &[], stages: 0 },
    plan,
};

fn plan(view: &View) -> Result<Vec<Decision>, Held> {
    let items = view.dockerfile.items();
    let text = view.dockerfile.text();
    let mut blank_lines = apart(view);
    let (stays, goes): (Vec<_>, Vec<_>) = items.iter().enumerate().partition(|(at, _)| !is_needless(view, *at));
    blank_lines.extend(goes.into_iter().map(|(_, item)| Edit::delete(item.span)));
    let mut line_ends: Vec<Edit> = stays.into_iter().flat_map(|(_, item)| trailing_blanks(text, item)).collect();
    let is_unended = !text.ends_with('\n') && items.last().is_some_and(|item| item.kind != ItemKind::Blank);
    line_ends.extend(is_unended.then(|| Edit::insert(text.len(), "\n")));
    let gaps = view.dockerfile.instructions().filter_map(|instruction| gap(text, instruction)).collect();
    let changes = [
        change(blank_lines, "one blank line stands between instructions of different kinds"),
        change(gaps, "one blank stands behind an instruction's name"),
        change(line_ends, "lines end with their last word, and the last one with a newline"),
    ];
    let decisions: Vec<Decision> = changes.into_iter().flatten().map(Ok).collect();
    if decisions.is_empty() { Err(Held::satisfied("the file is laid out already")) } else { Ok(decisions) }
}

fn change(mut edits: Vec<Edit>, reason: &str) -> Option<Change> {
    edits.sort_by_key(|edit| edit.span.start);
    let at = edits.first()?.span;
    Some(Change {
        at,
        edits,
        safety: Safety::Safe,
        reason: reason.to_owned(),
        because: vec![Evidence::dockerfile("white space that BuildKit does not read", at)],
        notes: Vec::new(),
    })
}

/// A blank line where an instruction of another kind follows without one.
fn apart(view: &View) -> Vec<Edit> {
    let instructions: Vec<&Instruction> = view.dockerfile.instructions().collect();
    let pairs = instructions.iter().zip(instructions.iter().skip(1));
    let touching = pairs.filter(|(above, below)| {
        let between = Span::new(above.span.end, view.facts.block(below.span).start);
        above.keyword() != below.keyword() && between.is_empty()
    });
    touching.map(|(above, _)| Edit::insert(above.span.end, "\n")).collect()
}

/// Whether this is a blank line that sets nothing apart: behind another one, or where the file begins or ends.
fn is_needless(view: &View, at: usize) -> bool {
    let items = view.dockerfile.items();
    let is_blank = |item: &Item| item.kind == ItemKind::Blank;
    let (above, below) = (items.get(..at).unwrap_or_default(), items.get(at + 1..).unwrap_or_default());
    let follows_blank = above.last().is_some_and(is_blank);
    let ends_file = || below.iter().all(is_blank);
    let next = || below.iter().find(|item| !is_blank(item));
    let begins_file = || above.is_empty() && next().is_some_and(|item| !may_be_directive(view, item));
    items.get(at).is_some_and(is_blank) && (follows_blank || ends_file() || begins_file())
}

/// Whether a comment would be a directive if it stood at the start of the file.
fn may_be_directive(view: &View, item: &Item) -> bool {
    item.kind == ItemKind::Comment && item.span.of(view.dockerfile.text()).contains('=')
}

/// The blanks behind an instruction's name, where there is more than one.
fn gap(text: &str, instruction: &Instruction) -> Option<Edit> {
    let start = instruction.to_file(Span::new(0, instruction.parts.name.len())).end;
    let behind = text.get(start..)?;
    let len = behind.len() - behind.trim_start_matches([' ', '\t']).len();
    let ends_line = behind.get(len..)?.starts_with(['\n', '\r', instruction.escape]);
    let span = Span::new(start, start + len);
    (len > 0 && span.of(text) != " " && !ends_line).then(|| Edit::replace(span, " "))
}

/// The blanks at the ends of an item's lines; a here-document is data and stays as it is.
fn trailing_blanks(text: &str, item: &Item) -> Vec<Edit> {
    let until = match &item.kind {
        ItemKind::Blank | ItemKind::Comment => item.span.end,
        ItemKind::Instruction(instruction) => {
            instruction.heredocs.first().map_or(item.span.end, |heredoc| heredoc.body.start)
        }
        ItemKind::Directive { .. } | ItemKind::Error(_) => return Vec::new(),
    };
    let mut at = item.span.start;
    let lines = Span::new(at, until).of(text).split_inclusive('\n');
    let blanks = lines.map(|line| {
        let content = line.trim_end_matches(['\n', '\r']);
        let blanks = Span::new(at + content.trim_end_matches([' ', '\t']).len(), at + content.len());
        at += line.len();
        blanks
    });
    blanks.filter(|blanks| !blanks.is_empty()).map(Edit::delete).collect()
}
