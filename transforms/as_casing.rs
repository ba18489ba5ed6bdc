//! `FROM … as name` becomes `FROM … AS name`: both words of the instruction are written in the same case.

use super::Transform;
use crate::decision::{Announced, Change, Decision, Evidence, Held, Safety};
use crate::dockerfile::{Instruction, Keyword};
use crate::edit::Edit;
use crate::engine::View;

pub(super) static TRANSFORM: Transform = Transform {
    name: "as_casing",
    page: include_str!("as_casing.md"),
    announced: Announced { touches: &[Keyword::From], meaning: &[], stages: 0 },
    plan,
};

fn plan(view: &View) -> Result<Vec<Decision>, Held> {
    let stages = view.facts.needed_stages().into_iter().filter_map(|index| view.facts.stages.get(index));
    let decisions: Vec<Decision> = stages.filter_map(|stage| decide(stage.stage.from)).collect();
    if decisions.is_empty() { Err(Held::satisfied("FROM and AS are written alike")) } else { Ok(decisions) }
}

fn decide(from: &Instruction) -> Option<Decision> {
    let word = from.words().get(1).filter(|word| word.text.eq_ignore_ascii_case("as"))?;
    let spelled = if is_all(&from.parts.name, char::is_uppercase) {
        "AS"
    } else if is_all(&from.parts.name, char::is_lowercase) {
        "as"
    } else {
        let reason = "FROM is in mixed case; write it in one case, and AS will follow";
        return Some(Err(Held::blocked_at(reason, from.span)));
    };
    let change = || Change {
        at: from.span,
        edits: vec![Edit::replace(from.to_file(word.span), spelled)],
        safety: Safety::Safe,
        reason: format!("{} and {spelled} are written alike", from.parts.name),
        because: vec![Evidence::dockerfile(from.rest(), from.span)],
        notes: Vec::new(),
    };
    (word.text != spelled).then(|| Ok(change()))
}

fn is_all(word: &str, is_case: fn(char) -> bool) -> bool {
    word.chars().all(is_case)
}
