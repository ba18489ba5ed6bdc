//! `FROM --platform=$TARGETPLATFORM` loses the flag: it is what FROM asks for anyway.

use super::Transform;
use crate::decision::{Announced, Change, Decision, Evidence, Held, Safety};
use crate::dockerfile::{Instruction, Keyword};
use crate::edit::{Edit, Span};
use crate::engine::View;

pub(super) static TRANSFORM: Transform = Transform {
    name: "target_platform",
    page: include_str!("target_platform.md"),
    announced: Announced { touches: &[Keyword::From], meaning: &[], stages: 0 },
    plan,
};

const VARIABLE: &str = "TARGETPLATFORM";

fn plan(view: &View) -> Result<Vec<Decision>, Held> {
    let froms = view.dockerfile.instructions().filter(|instruction| instruction.is(Keyword::From));
    let decisions: Vec<Decision> = froms.filter_map(|from| decide(view, from)).collect();
    if decisions.is_empty() {
        Err(Held::satisfied("no FROM asks for the platform that it has anyway"))
    } else {
        Ok(decisions)
    }
}

fn decide(view: &View, from: &Instruction) -> Option<Decision> {
    let is_target = |value: &str| value == format!("${VARIABLE}") || value == format!("${{{VARIABLE}}}");
    let flag = from.flag("--platform").filter(|flag| flag.value.as_deref().is_some_and(is_target))?;
    let sets = |global: &&Instruction| global.pairs().iter().any(|pair| pair.key == VARIABLE && pair.value.is_some());
    if let Some(global) = view.dockerfile.globals().find(sets) {
        let reason = format!("the file gives {VARIABLE} a value of its own; take that line out");
        return Some(Err(Held::blocked_at(reason, global.span)));
    }
    let text = from.logical.text();
    let behind = text.get(flag.span.end..).unwrap_or_default();
    let end = flag.span.end + (behind.len() - behind.trim_start().len());
    Some(Ok(Change {
        at: from.span,
        edits: vec![Edit::delete(from.to_file(Span::new(flag.span.start, end)))],
        safety: Safety::Safe,
        reason: "FROM takes the platform that the build is for without being asked".into(),
        because: vec![Evidence::dockerfile(format!("{VARIABLE} is that platform"), from.span)],
        notes: Vec::new(),
    }))
}
