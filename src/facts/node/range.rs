//! Ranges of versions, as npm writes them.

/// Whether `version` lies in `range`; `None` where the range is none that is read here.
pub(super) fn satisfies(version: &str, range: &str) -> Option<bool> {
    let version = Version::read(version)?.whole()?;
    let mut answer = Some(false);
    for alternative in range.split("||") {
        match conjunction(version, alternative) {
            Some(true) => return Some(true),
            Some(false) => {}
            None => answer = None,
        }
    }
    answer
}

type Triple = [u64; 3];

/// A version of which the last parts may be open: `1`, `1.2`, `1.x`.
struct Version {
    parts: Vec<u64>,
}

impl Version {
    fn read(text: &str) -> Option<Self> {
        let text = text.trim_start_matches(['v', '=']);
        let mut parts = Vec::new();
        for part in text.split('.') {
            if matches!(part, "" | "x" | "X" | "*") {
                break;
            }
            parts.push(part.parse().ok()?);
        }
        (parts.len() <= 3).then_some(Self { parts })
    }

    fn whole(&self) -> Option<Triple> {
        self.parts.as_slice().try_into().ok()
    }

    /// The first version that it stands for.
    fn lower(&self) -> Triple {
        std::array::from_fn(|at| self.parts.get(at).copied().unwrap_or_default())
    }

    /// The first version behind those that share its first `kept` parts.
    fn behind(&self, kept: usize) -> Triple {
        let last = kept.min(self.parts.len());
        std::array::from_fn(|at| {
            let part = self.parts.get(at).copied().unwrap_or_default();
            match at + 1 {
                count if count < last => part,
                count if count == last => part.saturating_add(1),
                _ => 0,
            }
        })
    }

    /// How many parts `^` keeps: up to the first that is not zero.
    fn kept_by_caret(&self) -> usize {
        self.parts.iter().position(|part| *part != 0).map_or(self.parts.len(), |at| at + 1)
    }
}

/// Comparators that all have to hold: `>=1.2 <3`.
fn conjunction(version: Triple, text: &str) -> Option<bool> {
    let spaced = text.replace(">= ", ">=").replace("<= ", "<=").replace("> ", ">").replace("< ", "<");
    spaced.split_whitespace().try_fold(true, |all, comparator| Some(comparator_holds(version, comparator)? && all))
}

fn comparator_holds(version: Triple, comparator: &str) -> Option<bool> {
    let operators = [">=", "<=", ">", "<", "^", "~"];
    let operator = operators.into_iter().find(|operator| comparator.starts_with(operator)).unwrap_or_default();
    let bound = Version::read(comparator.get(operator.len()..)?)?;
    if bound.parts.is_empty() {
        return (operator.is_empty() || operator == ">=").then_some(true);
    }
    let (lower, all) = (bound.lower(), bound.parts.len());
    let within = |behind: Triple| lower <= version && version < behind;
    Some(match operator {
        ">=" => version >= lower,
        "<" => version < lower,
        ">" => version >= bound.behind(all),
        "<=" => version < bound.behind(all),
        "^" => within(bound.behind(bound.kept_by_caret())),
        "~" => within(bound.behind(2)),
        _ => within(bound.behind(all)),
    })
}

#[cfg(test)]
mod tests {
    use super::satisfies;

    #[test]
    fn a_range_holds_the_versions_that_npm_says() {
        for (range, inside, outside) in [
            ("^1.2.3", "1.9.0", "2.0.0"),
            ("^0.2.3", "0.2.9", "0.3.0"),
            ("^0.0.3", "0.0.3", "0.0.4"),
            ("~1.2.3", "1.2.9", "1.3.0"),
            ("1.x", "1.9.9", "2.0.0"),
            ("1.2", "1.2.7", "1.3.0"),
            ("1.2.3", "1.2.3", "1.2.4"),
            (">=1.2 <3", "2.9.9", "3.0.0"),
            (">= 8", "8.0.0", "7.9.9"),
            ("<=2.1", "2.1.9", "2.2.0"),
            (">1", "2.0.0", "1.9.9"),
            ("^16.8 || ^17 || ^18", "18.2.0", "19.0.0"),
        ] {
            assert_eq!(satisfies(inside, range), Some(true), "{inside} in {range}");
            assert_eq!(satisfies(outside, range), Some(false), "{outside} in {range}");
        }
        assert_eq!(satisfies("4.0.0", "*"), Some(true));
    }

    #[test]
    fn what_is_not_read_is_no_answer() {
        for range in ["1.2.3 - 2.0.0", "next", "^1.0.0-rc.1", "npm:x@1"] {
            assert_eq!(satisfies("1.0.0", range), None, "{range}");
        }
        assert_eq!(satisfies("1.0.0-rc.1", "^1"), None);
    }
}
