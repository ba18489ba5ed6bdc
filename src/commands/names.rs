//! Looking transforms up by the names that a person types.

use super::failure::Failure;
use super::stand_in::{ALL, Transform};

/// The transform called `name`.
pub fn find(name: &str) -> Result<&'static Transform, Failure> {
    ALL.iter().find(|transform| transform.name == name).ok_or_else(|| {
        let failure = Failure::new(format!("no transform is called `{name}`"));
        match ALL.iter().min_by_key(|transform| strsim::damerau_levenshtein(name, transform.name)) {
            Some(near) => failure.hint(format!("did you mean `{}`? `harden --list` shows them all", near.name)),
            None => failure,
        }
    })
}
