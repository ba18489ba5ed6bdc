//! Advice for a copy of the whole context: the `.dockerignore` that keeps out of it what no build needs.

use super::Transform;
use crate::decision::{Announced, Change, Decision, Evidence, Held, Safety};
use crate::engine::View;

pub(super) static TRANSFORM: Transform = Transform {
    name: "dockerignore",
    page: include_str!("dockerignore.md"),
    announced: Announced { touches: &[], meaning: &[], stages: 0 },
    plan,
};

fn plan(view: &View) -> Result<Vec<Decision>, Held> {
    let Some(at) = view.facts.whole_copy() else {
        return Err(Held::satisfied("no line copies the whole context"));
    };
    let context = view.facts.input.context;
    if !context.is_known() {
        return Err(Held::blocked_at("what the context holds is not known; give its folder with --context", at.span));
    }
    if context.has_ignore_file() {
        return Err(Held::satisfied("the context has a .dockerignore"));
    }
    Ok(vec![Ok(Change {
        at: at.span,
        edits: Vec::new(),
        safety: Safety::Advice,
        reason: "this line copies the whole context, and no .dockerignore in its root leaves anything out".into(),
        because: vec![
            Evidence::dockerfile("the source is the whole context", at.span),
            Evidence::template("what no build needs", "dockerignore.toml"),
        ],
        notes: view.facts.ignore_lines(),
    })])
}
