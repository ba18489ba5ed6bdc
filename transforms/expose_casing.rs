//! `EXPOSE 80/TCP` becomes `EXPOSE 80/tcp`.

use super::Transform;
use crate::decision::{Announced, Change, Decision, Evidence, Held, Safety};
use crate::dockerfile::{Argument, Instruction, Keyword};
use crate::edit::{Edit, Span};
use crate::engine::View;

pub(super) static TRANSFORM: Transform = Transform {
    name: "expose_casing",
    page: include_str!("expose_casing.md"),
    announced: Announced { touches: &[Keyword::Expose], meaning: &[], stages: 0 },
    plan,
};

fn plan(view: &View) -> Result<Vec<Decision>, Held> {
    let exposes = view.dockerfile.instructions().filter(|instruction| instruction.is(Keyword::Expose));
    let decisions: Vec<Decision> = exposes.filter_map(decide).map(Ok).collect();
    if decisions.is_empty() { Err(Held::satisfied("no protocol has capitals")) } else { Ok(decisions) }
}

fn decide(expose: &Instruction) -> Option<Change> {
    let edits: Vec<Edit> = expose.words().iter().filter_map(|word| lowered(expose, word)).collect();
    let at = edits.first()?.span;
    Some(Change {
        at,
        edits,
        safety: Safety::Safe,
        reason: "the protocol is written as the image's configuration has it".into(),
        because: vec![Evidence::dockerfile("BuildKit stores it in lower case", at)],
        notes: Vec::new(),
    })
}

fn lowered(expose: &Instruction, word: &Argument) -> Option<Edit> {
    let (port, protocol) = word.text.rsplit_once('/')?;
    let is_word = protocol.bytes().all(|byte| byte.is_ascii_alphabetic());
    let has_capitals = protocol.bytes().any(|byte| byte.is_ascii_uppercase());
    let start = word.span.start + port.len() + 1;
    let span = expose.to_file(Span::new(start, start + protocol.len()));
    (is_word && has_capitals).then(|| Edit::replace(span, protocol.to_ascii_lowercase()))
}
