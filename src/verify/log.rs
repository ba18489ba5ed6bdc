//! What two programs printed, held against each other.

use std::collections::BTreeSet;

use crate::templates::Verify;

/// How many lines of a log are shown at most.
const EXCERPT: usize = 12;

/// The lines of `after` that tell of an error and that `before` has not.
pub(crate) fn new_complaints<'l>(before: &str, after: &'l str, known: &Verify) -> Vec<&'l str> {
    let printed: BTreeSet<String> = before.lines().map(normal).collect();
    complaints(after, known).into_iter().filter(|line| !printed.contains(&normal(line))).collect()
}

/// The lines that tell of an error.
pub(super) fn complaints<'l>(log: &'l str, known: &Verify) -> Vec<&'l str> {
    log.lines().map(str::trim).filter(|line| known.is_complaint(line)).collect()
}

/// The line that says most: the end of the last trace, `ImportError: …`, else the first.
pub(crate) fn telling<'l>(complaints: &[&'l str]) -> Option<&'l str> {
    let ends_a_trace = |line: &&&str| {
        line.split_once(": ").is_some_and(|(kind, _)| kind.ends_with("Error") || kind.ends_with("Exception"))
    };
    complaints.iter().rfind(ends_a_trace).or(complaints.first()).copied()
}

/// Whether both say the same, apart from numbers and names that a program makes up.
pub(super) fn is_same(before: &str, after: &str) -> bool {
    before.lines().map(normal).eq(after.lines().map(normal))
}

/// `before`, and the lines of `after` that it has not.
pub(super) fn union(before: &str, after: &str) -> String {
    let printed: BTreeSet<String> = before.lines().map(normal).collect();
    before
        .lines()
        .chain(after.lines().filter(|line| !printed.contains(&normal(line))))
        .map(|line| format!("{line}\n"))
        .collect()
}

/// The first line of `after` that `before` has not at its place.
pub(super) fn first_difference<'l>(before: &'l str, after: &'l str) -> Option<(&'l str, &'l str)> {
    let mut lines = (before.lines(), after.lines());
    loop {
        match (lines.0.next(), lines.1.next()) {
            (None, None) => return None,
            (before, after) => {
                let (before, after) = (before.unwrap_or_default(), after.unwrap_or_default());
                if normal(before) != normal(after) {
                    return Some((before, after));
                }
            }
        }
    }
}

/// The end of a log.
pub(crate) fn tail(log: &str) -> Vec<String> {
    let lines: Vec<&str> = log.lines().map(str::trim_end).filter(|line| !line.is_empty()).collect();
    lines.iter().skip(lines.len().saturating_sub(EXCERPT)).map(|line| (*line).to_owned()).collect()
}

/// A line without what differs from run to run: numbers, and the names of temporary files.
fn normal(line: &str) -> String {
    let words = line.split_whitespace().map(|word| match word.find("/tmp/") {
        Some(at) => format!("{}/tmp/", word.get(..at).unwrap_or_default()),
        None => without_numbers(word),
    });
    words.collect::<Vec<_>>().join(" ")
}

/// `#` for every number, also for one of sixteen digits such as an address in memory.
fn without_numbers(word: &str) -> String {
    let parts = word.split_inclusive(|ch: char| !ch.is_ascii_alphanumeric());
    let part = |part: &str| {
        let is_number = part.starts_with(|ch: char| ch.is_ascii_digit());
        match part.char_indices().next_back() {
            Some((at, last)) if is_number && !last.is_ascii_alphanumeric() => {
                format!("#{}", part.get(at..).unwrap_or_default())
            }
            Some(_) if is_number => "#".to_owned(),
            _ => part.to_owned(),
        }
    };
    parts.map(part).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::templates::Templates;

    fn new<'l>(before: &str, after: &'l str) -> Vec<&'l str> {
        new_complaints(before, after, &Templates::builtin().verify)
    }

    #[test]
    fn an_error_that_the_original_printed_too_is_none_of_ours() {
        let before = "[2025-01-02 10:00:00] Error: no metrics at 0x7f12\nready on 8080\n";
        assert_eq!(new(before, "[2026-11-24 09:13:44] Error: no metrics at 0x7a9f\n"), [] as [&str; 0]);
        assert_eq!(new(before, "open /data/x: Permission denied\nready\n"), ["open /data/x: Permission denied"]);
    }

    #[test]
    fn of_a_trace_the_last_line_tells() {
        let log =
            "Traceback (most recent call last):\n  File \"a.py\", line 1\nImportError: libpq.so.5\n[ERROR] ended\n";
        assert_eq!(telling(&new("", log)), Some("ImportError: libpq.so.5"));
        assert_eq!(telling(&new("", "fatal: one\nfatal: two\n")), Some("fatal: one"));
        assert_eq!(telling(&new("", "ready\n")), None);
    }

    #[test]
    fn temporary_files_and_numbers_are_no_difference() {
        assert!(is_same("pid 7: /tmp/abc took 3ms", "pid 12: /tmp/xyz took 41ms"));
        assert_eq!(first_difference("a 1\nb\n", "a 2\nc\n"), Some(("b", "c")));
        assert_eq!(first_difference("a\n", "a\nb\n"), Some(("", "b")));
        assert_eq!(first_difference("a\n", "a\n"), None);
    }

    #[test]
    fn what_two_runs_print_is_said_once() {
        assert_eq!(union("Error: 1\nready", "Error: 2\nlate\n"), "Error: 1\nready\nlate\n");
    }

    #[test]
    fn the_end_of_a_log_is_its_last_lines() {
        let log: String = (0..20).map(|number| format!("{number}\n\n")).collect();
        assert_eq!(tail(&log).len(), EXCERPT);
        assert_eq!(tail(&log).last().map(String::as_str), Some("19"));
    }
}
