//! Finds the transforms that break an image, and the strongest file without them.

use std::collections::BTreeSet;

use serde::Serialize;

/// A transform that breaks the image, and how it fails with it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Culprit<F> {
    /// Its name.
    pub transform: &'static str,
    /// How the image failed once this transform was applied, and did not before.
    pub failure: F,
}

/// Takes the transforms back from the last, until the image passes.
///
/// `applied` are the names of those that changed the file, in the order of the pipeline; the image with all of them fails
/// with `failure`. `fails` tries the image that all of them but those in the set make. The result names the culprits:
/// without them it passes. The tries for each grow with the logarithm of the number of transforms.
///
/// # Errors
/// What `fails` could not try.
pub fn bisect<F, E>(
    applied: &[&'static str],
    mut failure: F,
    mut fails: impl FnMut(&BTreeSet<&'static str>) -> Result<Option<F>, E>,
) -> Result<Vec<Culprit<F>>, E> {
    let mut left = applied.to_vec();
    let mut culprits: Vec<Culprit<F>> = Vec::new();
    while !left.is_empty() {
        let (at, failing) = first_to_fail(&left, failure, &mut |kept| fails(&without(applied, kept)))?;
        culprits.push(Culprit { transform: left.remove(at), failure: failing });
        match fails(&culprits.iter().map(|culprit| culprit.transform).collect())? {
            Some(other) => failure = other,
            None => break,
        }
    }
    Ok(culprits)
}

fn without(applied: &[&'static str], kept: &[&'static str]) -> BTreeSet<&'static str> {
    applied.iter().copied().filter(|transform| !kept.contains(transform)).collect()
}

/// The place of the transform that ends the shortest beginning of `transforms` that fails, and how that one does; all of
/// them fail with `failure`, and none of them makes what passed.
fn first_to_fail<F, E>(
    transforms: &[&'static str],
    mut failure: F,
    fails: &mut impl FnMut(&[&'static str]) -> Result<Option<F>, E>,
) -> Result<(usize, F), E> {
    let (mut passing, mut failing) = (0, transforms.len());
    while failing - passing > 1 {
        let middle = passing.midpoint(failing);
        match fails(transforms.get(..middle).unwrap_or_default())? {
            Some(earlier) => (failing, failure) = (middle, earlier),
            None => passing = middle,
        }
    }
    Ok((passing, failure))
}

#[cfg(test)]
mod tests {
    use super::*;

    const APPLIED: [&str; 6] = ["a", "b", "c", "d", "e", "f"];

    /// The culprits that are found where `broken` fails, and how many images were tried.
    fn found(broken: &[&'static str]) -> (Vec<&'static str>, usize) {
        let mut tries = 0;
        let culprits = bisect(&APPLIED, broken[0], |skipped| {
            tries += 1;
            Ok::<_, ()>(broken.iter().find(|transform| !skipped.contains(*transform)).copied())
        });
        let culprits = culprits.unwrap();
        assert!(culprits.iter().all(|culprit| culprit.transform == culprit.failure));
        (culprits.into_iter().map(|culprit| culprit.transform).collect(), tries)
    }

    #[test]
    fn a_single_culprit_is_found_wherever_it_stands() {
        for transform in APPLIED {
            let (culprits, tries) = found(&[transform]);
            assert_eq!(culprits, [transform]);
            assert!(tries <= 4, "{tries}");
        }
    }

    #[test]
    fn several_culprits_are_found_one_after_another() {
        assert_eq!(found(&["b", "e"]).0, ["b", "e"]);
        assert_eq!(found(&APPLIED).0, APPLIED);
    }

    #[test]
    fn what_cannot_be_tried_ends_the_search() {
        assert_eq!(bisect(&APPLIED, (), |_| Err("no engine")), Err("no engine"));
    }
}
