//! Looking transforms up by the names that a person types.

use harden::transforms::{ALL, Transform, named};

use super::failure::Failure;

/// The transform called `name`.
pub fn find(name: &str) -> Result<&'static Transform, Failure> {
    named(name).ok_or_else(|| {
        Failure::new(format!("no transform is called `{name}`")).hint(match nearest(name) {
            Some(near) => format!("did you mean `{near}`? `harden --list` shows them all"),
            None => "`harden --list` shows them all".to_owned(),
        })
    })
}

/// A name that differs in less than half of its letters.
fn nearest(name: &str) -> Option<&'static str> {
    ALL.iter()
        .map(|transform| (strsim::damerau_levenshtein(name, transform.name), transform.name))
        .filter(|(distance, near)| distance * 2 < near.len())
        .min()
        .map(|(_, near)| near)
}
