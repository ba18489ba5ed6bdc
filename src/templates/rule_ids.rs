//! The ids of rules as people type them and scanners print them.

use super::glob;

/// An id as a person typed it.
pub(super) struct Typed<'t>(&'t str);

impl<'t> Typed<'t> {
    pub(super) const fn new(text: &'t str) -> Self {
        Self(text)
    }

    /// Whether it is `id`, with or without one of `prefixes`, whatever its case and its punctuation.
    pub(super) fn is(&self, id: &str, prefixes: &[String]) -> bool {
        glob::matches(&bare(id, prefixes), &bare(self.0, prefixes))
    }

    /// Whether it ends in `id` behind a path or an address: semgrep prints where a rule lies before its id.
    pub(super) fn ends_in(&self, id: &str) -> bool {
        self.0.rsplit(['/', '.']).next().is_some_and(|last| folded(last) == folded(id))
    }

    /// Whether it is a UUID that begins with `id`, which is what KICS prints.
    pub(super) fn is_uuid_of(&self, id: &str, prefixes: &[String]) -> bool {
        let lengths: Vec<usize> = self.0.split('-').map(str::len).collect();
        lengths == [8, 4, 4, 4, 12] && self.0.split('-').next().is_some_and(|first| folded(first) == bare(id, prefixes))
    }
}

/// `id`, folded, without any of `prefixes` before it.
fn bare(id: &str, prefixes: &[String]) -> String {
    let prefixes: Vec<String> = prefixes.iter().map(|prefix| folded(prefix) + "-").collect();
    let id = folded(id);
    let mut rest = id.as_str();
    while let Some(shortest) =
        prefixes.iter().filter_map(|prefix| rest.strip_prefix(prefix)).min_by_key(|rest| rest.len())
    {
        rest = shortest;
    }
    rest.to_owned()
}

/// Letters in lower case, digits and stars; one hyphen between the words that anything else divides.
fn folded(id: &str) -> String {
    let words = id.split(|ch: char| !ch.is_alphanumeric() && ch != '*').filter(|word| !word.is_empty());
    words.map(str::to_lowercase).collect::<Vec<_>>().join("-")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is(typed: &str, id: &str, prefixes: &[&str]) -> bool {
        let prefixes: Vec<String> = prefixes.iter().map(|prefix| (*prefix).to_owned()).collect();
        Typed::new(typed).is(id, &prefixes)
    }

    #[test]
    fn case_and_punctuation_do_not_matter() {
        for typed in ["CIS-4.1", "cis 4.1", "CIS_4-1", " cis: 4.1 "] {
            assert!(is(typed, "CIS-4.1", &[]), "{typed}");
        }
        assert!(!is("CIS-4.10", "CIS-4.1", &[]));
        assert!(!is("CIS-41", "CIS-4.1", &[]));
    }

    #[test]
    fn a_prefix_may_be_left_out_or_added() {
        for typed in ["4.1", "CIS 4.1", "CIS Docker 4.1", "CIS CIS-4.1"] {
            assert!(is(typed, "CIS-4.1", &["CIS", "CIS Docker"]), "{typed}");
        }
        assert!(is("hadolint DL3008", "DL3008", &["hadolint"]));
        assert!(!is("trivy DL3008", "DL3008", &["hadolint"]));
        assert!(!is("CIS4.1", "CIS-4.1", &["CIS"]));
    }

    #[test]
    fn a_star_stands_for_the_rest() {
        assert!(is("sc2086", "SC2*", &[]));
        assert!(!is("scratch", "SC2*", &[]));
    }

    #[test]
    fn the_last_part_of_a_path_is_an_id() {
        assert!(Typed::new("dockerfile.security.missing-user.missing-user").ends_in("missing-user"));
        assert!(Typed::new("https://example.com/wiki/DL3006").ends_in("DL3006"));
        assert!(!Typed::new("dockerfile.security.missing-user").ends_in("user"));
    }

    #[test]
    fn a_uuid_is_known_by_its_first_part() {
        let prefixes = ["KICS".to_owned()];
        let is_uuid = |typed| Typed::new(typed).is_uuid_of("KICS-71bf8cf8", &prefixes);
        assert!(is_uuid("71BF8CF8-0000-4000-8000-000000000000"));
        assert!(!is_uuid("71bf8cf9-0000-4000-8000-000000000000"));
        assert!(!is_uuid("71bf8cf8-0000"));
    }
}
