//! An image that `harden.lock` knows is named with its digest.

use super::Transform;
use crate::decision::{Announced, Change, Decision, Evidence, Held, Place, Safety};
use crate::dockerfile::Keyword;
use crate::dockerfile::image::ImageRef;
use crate::edit::Edit;
use crate::engine::View;
use crate::facts::images::ImageUse;
use crate::lock::{Lock, Tagged};

pub(super) static TRANSFORM: Transform = Transform {
    name: "pin_digest",
    page: include_str!("pin_digest.md"),
    announced: Announced { touches: &[Keyword::From, Keyword::Copy, Keyword::Run], meaning: &[], stages: 0 },
    plan,
};

fn plan(view: &View) -> Result<Vec<Decision>, Held> {
    let lock = view.facts.input.lock.ok_or_else(|| Held::satisfied("there is no harden.lock"))?;
    let decisions: Vec<Decision> = view.facts.image_uses().iter().filter_map(|image| decide(lock, image)).collect();
    if decisions.is_empty() { Err(Held::satisfied("every image has a digest")) } else { Ok(decisions) }
}

fn decide(lock: &Lock, image: &ImageUse) -> Option<Decision> {
    let written = ImageRef::parse(image.reference).digest;
    let Some(tagged) = Tagged::of(image.reference) else {
        return (image.is_base && written.is_none()).then(|| Err(without_tag(image)));
    };
    match (lock.digest(&tagged), written) {
        (None, None) => Some(Err(Held::blocked_at(
            format!("harden.lock does not know {tagged}; `harden lock` asks its registry"),
            image.instruction.span,
        ))),
        (Some(digest), None) => Some(Ok(pin(image, digest.as_str()))),
        (Some(digest), Some(written)) if digest.as_str() != written => Some(Err(Held::blocked_at(
            format!(
                "{tagged} is {written} here and {digest} in harden.lock; take the digest out of this line, and the one of \
                 the lock takes its place"
            ),
            image.instruction.span,
        ))),
        (_, Some(_)) => None,
    }
}

fn without_tag(image: &ImageUse) -> Held {
    let reason = match image.reference {
        reference if reference.contains('$') => {
            format!("{reference} depends on a variable, and a digest fits one value alone; write the tag out")
        }
        reference => format!("{reference} has no tag, so no digest of harden.lock is certainly its own; write one"),
    };
    Held::blocked_at(reason, image.instruction.span)
}

fn pin(image: &ImageUse, digest: &str) -> Change {
    Change {
        at: image.instruction.span,
        edits: vec![Edit::insert(image.span.end, format!("@{digest}"))],
        safety: Safety::Safe,
        reason: format!("{} is the image that was locked, whatever its tag comes to mean", image.reference),
        because: vec![Evidence { what: digest.to_owned(), place: Place::Lock }],
        notes: Vec::new(),
    }
}
