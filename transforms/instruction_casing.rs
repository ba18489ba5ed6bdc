//! Instructions are written in one case: the one that most of the file has.

use super::Transform;
use crate::decision::{Announced, Change, Decision, Evidence, Held, Safety};
use crate::dockerfile::{Instruction, Keyword};
use crate::edit::{Edit, Span};
use crate::engine::View;

pub(super) static TRANSFORM: Transform = Transform {
    name: "instruction_casing",
    page: include_str!("instruction_casing.md"),
    announced: Announced { touches: &[], meaning: &[], stages: 0 },
    plan,
};

fn plan(view: &View) -> Result<Vec<Decision>, Held> {
    let all = || view.dockerfile.instructions().filter(|instruction| !instruction.is(Keyword::Unknown));
    let lower = all().filter(|instruction| instruction.parts.name == lowered(instruction)).count();
    let upper = all().filter(|instruction| instruction.parts.name == instruction.keyword().as_str()).count();
    let spelled = |instruction: &Instruction| {
        if lower > upper { lowered(instruction) } else { instruction.keyword().as_str().to_owned() }
    };
    let odd = all().filter(|instruction| instruction.parts.name != spelled(instruction));
    let edits: Vec<Edit> = odd.map(|instruction| Edit::replace(name(instruction), spelled(instruction))).collect();
    let at =
        edits.first().map(|edit| edit.span).ok_or_else(|| Held::satisfied("every instruction is written alike"))?;
    Ok(vec![Ok(Change {
        at,
        edits,
        safety: Safety::Safe,
        reason: "instructions are written alike, so that a reader finds them all".into(),
        because: vec![Evidence::dockerfile(format!("{} of {} are", lower.max(upper), all().count()), at)],
        notes: Vec::new(),
    })])
}

fn lowered(instruction: &Instruction) -> String {
    instruction.keyword().as_str().to_ascii_lowercase()
}

fn name(instruction: &Instruction) -> Span {
    instruction.to_file(Span::new(0, instruction.parts.name.len()))
}
