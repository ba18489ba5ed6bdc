//! Names of stages lose their capitals, with every line that names them.

use super::Transform;
use crate::decision::{Announced, Change, Decision, Evidence, Held, Safety};
use crate::dockerfile::{Flag, Instruction, Keyword, Stage};
use crate::edit::{Edit, Span};
use crate::engine::View;

pub(super) static TRANSFORM: Transform = Transform {
    name: "stage_casing",
    page: include_str!("stage_casing.md"),
    announced: Announced { touches: &[Keyword::From, Keyword::Copy, Keyword::Run], meaning: &[], stages: 0 },
    plan,
};

fn plan(view: &View) -> Result<Vec<Decision>, Held> {
    let decisions: Vec<Decision> = view.facts.stages.iter().filter_map(|facts| decide(view, &facts.stage)).collect();
    if decisions.is_empty() { Err(Held::satisfied("no stage has capitals in its name")) } else { Ok(decisions) }
}

fn decide(view: &View, stage: &Stage) -> Option<Decision> {
    let name = stage.from.words().get(2)?;
    let lower = name.text.to_ascii_lowercase();
    if name.text == lower {
        return None;
    }
    let at = stage.from.span;
    let mut edits = vec![Edit::replace(stage.from.to_file(name.span), &lower)];
    for instruction in view.dockerfile.instructions().filter(|instruction| instruction.span.start > at.start) {
        match references(instruction, &name.text) {
            Some(spans) => edits.extend(spans.into_iter().map(|span| Edit::replace(span, &lower))),
            None => {
                let reason = format!("the reference to {} can't be read; write it without quotes", name.text);
                return Some(Err(Held::blocked_at(reason, instruction.span)));
            }
        }
        if is_called(instruction, &lower) {
            break;
        }
    }
    Some(Ok(Change {
        at,
        edits,
        safety: Safety::Safe,
        reason: format!("the stage is called {lower}, as BuildKit calls it"),
        because: vec![Evidence::dockerfile("BuildKit compares names of stages in lower case", at)],
        notes: vec![format!(
            "`--target {}` means it to BuildKit all the same; other builders may want {lower}",
            name.text
        )],
    }))
}

/// Whether this is the FROM of a stage with this name: behind it, the name means that one.
fn is_called(instruction: &Instruction, name: &str) -> bool {
    let called = instruction.words().get(2).filter(|_| instruction.is(Keyword::From));
    called.is_some_and(|called| called.text.eq_ignore_ascii_case(name))
}

/// Where an instruction names the stage `name`, written as there; `None` where its place is not certain.
fn references(instruction: &Instruction, name: &str) -> Option<Vec<Span>> {
    let base = instruction.words().first().filter(|word| instruction.is(Keyword::From) && word.text == name);
    let mut spans: Vec<Span> = base.map(|word| instruction.to_file(word.span)).into_iter().collect();
    for flag in &instruction.parts.flags {
        spans.extend(in_flag(instruction, flag, name)?);
    }
    Some(spans)
}

/// Where `--from` or `from=` of a `--mount` names the stage.
fn in_flag(instruction: &Instruction, flag: &Flag, name: &str) -> Option<Vec<Span>> {
    let value = flag.value.as_deref().unwrap_or_default();
    let names = match flag.name.as_str() {
        "--from" => value == name,
        "--mount" => value.split(',').any(|part| part.strip_prefix("from=") == Some(name)),
        _ => false,
    };
    if !names {
        return Some(Vec::new());
    }
    let written = flag.span.of(instruction.logical.text());
    let key = format!("from={name}");
    let ends = |at: usize| written.get(at + key.len()..).is_some_and(|rest| rest.is_empty() || rest.starts_with(','));
    let starts = written.match_indices(&key).map(|(at, _)| at).filter(|&at| ends(at));
    let spans: Vec<Span> = starts
        .map(|at| flag.span.start + at + "from=".len())
        .map(|start| instruction.to_file(Span::new(start, start + name.len())))
        .collect();
    (!spans.is_empty()).then_some(spans)
}
