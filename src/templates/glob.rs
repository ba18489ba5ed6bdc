//! Names in which `*` stands for any characters.

use std::collections::BTreeMap;

/// Whether `name` is what `pattern` describes.
pub(super) fn matches(pattern: &str, name: &str) -> bool {
    let Some((start, rest)) = pattern.split_once('*') else {
        return pattern == name;
    };
    let Some(mut name) = name.strip_prefix(start) else {
        return false;
    };
    let (middle, end) = rest.rsplit_once('*').unwrap_or(("", rest));
    for part in middle.split('*') {
        match name.find(part) {
            Some(at) => name = &name[at + part.len()..],
            None => return false,
        }
    }
    name.ends_with(end)
}

/// The entry whose pattern describes `name` most exactly: the name itself, else the pattern that says most of it.
pub(super) fn most_exact<'a, V>(entries: &'a BTreeMap<String, V>, name: &str) -> Option<&'a V> {
    entries.get(name).or_else(|| {
        entries
            .iter()
            .filter(|(pattern, _)| pattern.contains('*') && matches(pattern, name))
            .max_by_key(|(pattern, _)| pattern.len())
            .map(|(_, value)| value)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_star_stands_for_any_characters_or_none() {
        for (pattern, name) in [
            ("gcc", "gcc"),
            ("gcc-*", "gcc-12"),
            ("*-dev", "libpq-dev"),
            ("*", ""),
            ("openjdk-*-jdk", "openjdk-21-jdk"),
            ("a*b*c", "a1bbc"),
            ("a**c", "ac"),
        ] {
            assert!(matches(pattern, name), "{pattern} {name}");
        }
    }

    #[test]
    fn everything_but_the_star_must_be_there_once() {
        for (pattern, name) in [
            ("gcc", "gcc-12"),
            ("gcc-*", "gcc"),
            ("*-dev", "dev"),
            ("openjdk-*-jdk", "openjdk-jdk"),
            ("openjdk-*-jdk", "openjdk-21-jre"),
            ("ab*ba", "aba"),
            ("a*b*c", "acb"),
        ] {
            assert!(!matches(pattern, name), "{pattern} {name}");
        }
    }

    #[test]
    fn the_most_exact_pattern_wins() {
        let entries =
            BTreeMap::from(["*-dev", "python3*-dev", "python3-dev"].map(|pattern| (pattern.to_owned(), pattern)));
        assert_eq!(most_exact(&entries, "python3-dev"), Some(&"python3-dev"));
        assert_eq!(most_exact(&entries, "python3.12-dev"), Some(&"python3*-dev"));
        assert_eq!(most_exact(&entries, "libpq-dev"), Some(&"*-dev"));
        assert_eq!(most_exact(&entries, "libpq5"), None);
    }
}
