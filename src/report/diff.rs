//! The unified diff of two texts, as `git apply` takes it.
//!
//! Lines end at `\n` alone: a `\r` before it, or anywhere else, belongs to the line, as it does for git.

use std::fmt::Write as _;

use anstyle::{AnsiColor, Effects, Style};
use similar::{Algorithm, DiffOp, DiffTag, capture_diff_slices, group_diff_ops};

/// Unchanged lines around a change.
const CONTEXT: usize = 3;

/// What leads from `before` to `after`; empty if they are equal.
///
/// `path` is the file's path as bytes, relative to the folder where the diff will be applied, with `/` between its parts.
#[must_use]
pub fn unified(path: &[u8], before: &str, after: &str) -> String {
    let (old, new) = (lines(before), lines(after));
    let ops = capture_diff_slices(Algorithm::Myers, &old, &new);
    let mut diff = String::new();
    for hunk in group_diff_ops(ops, CONTEXT) {
        if diff.is_empty() {
            diff = format!("--- {}\n+++ {}\n", file_name("a/", path), file_name("b/", path));
        }
        push_hunk(&mut diff, &hunk, &old, &new);
    }
    diff
}

fn lines(text: &str) -> Vec<&str> {
    text.split_inclusive('\n').collect()
}

fn push_hunk(diff: &mut String, ops: &[DiffOp], old: &[&str], new: &[&str]) {
    let (Some(first), Some(last)) = (ops.first(), ops.last()) else { return };
    let old_range = range(first.old_range().start, last.old_range().end);
    let new_range = range(first.new_range().start, last.new_range().end);
    diff.push_str(&format!("@@ -{old_range} +{new_range} @@\n"));
    for op in ops {
        let (removed, added) = (old.get(op.old_range()), new.get(op.new_range()));
        match op.tag() {
            DiffTag::Equal => push_lines(diff, ' ', removed),
            DiffTag::Delete | DiffTag::Insert | DiffTag::Replace => {
                push_lines(diff, '-', removed);
                push_lines(diff, '+', added);
            }
        }
    }
}

/// Lines from 1, and how many; of no lines, the line before them.
fn range(start: usize, end: usize) -> String {
    match end - start {
        0 => format!("{start},0"),
        1 => format!("{}", start + 1),
        len => format!("{},{len}", start + 1),
    }
}

fn push_lines(diff: &mut String, sign: char, lines: Option<&[&str]>) {
    for line in lines.unwrap_or_default() {
        diff.push(sign);
        diff.push_str(line);
        if !line.ends_with('\n') {
            diff.push_str("\n\\ No newline at end of file\n");
        }
    }
}

/// The name in a header line, quoted where git would quote it; a tab ends a name with blanks in it.
fn file_name(prefix: &str, path: &[u8]) -> String {
    let is_plain = |byte: &u8| (b' '..0x7f).contains(byte) && !matches!(byte, b'"' | b'\\');
    let mut name = String::from(prefix);
    if path.iter().all(is_plain) {
        name.extend(path.iter().copied().map(char::from));
        if path.contains(&b' ') {
            name.push('\t');
        }
        return name;
    }
    for byte in path {
        match byte {
            b'"' | b'\\' => name.extend(['\\', char::from(*byte)]),
            byte if is_plain(byte) => name.push(char::from(*byte)),
            byte => {
                // Writing to a String never fails.
                let _ = write!(name, "\\{byte:03o}");
            }
        }
    }
    format!("\"{name}\"")
}

/// A diff with the colours that git gives it, for a terminal alone.
#[must_use]
pub fn coloured(diff: &str) -> String {
    let mut in_hunk = false;
    let mut coloured = String::with_capacity(diff.len() * 2);
    for line in lines(diff) {
        in_hunk |= line.starts_with("@@");
        let style = line_style(line, in_hunk);
        let text = line.trim_end_matches('\n');
        coloured += &format!("{style}{text}{style:#}\n");
    }
    coloured
}

fn line_style(line: &str, in_hunk: bool) -> Style {
    match line.chars().next() {
        _ if !in_hunk => Style::new().effects(Effects::BOLD),
        Some('@') => AnsiColor::Cyan.on_default(),
        Some('-') => AnsiColor::Red.on_default(),
        Some('+') => AnsiColor::Green.on_default(),
        _ => Style::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_texts_have_no_diff() {
        assert_eq!(unified(b"Dockerfile", "FROM a\n", "FROM a\n"), "");
    }

    #[test]
    fn a_changed_line_shows_with_three_lines_around_it() {
        let diff = unified(b"app/Dockerfile", "1\n2\n3\n4\n5\n6\n7\n8\n", "1\n2\n3\n4\nfive\n6\n7\n8\n");
        assert_eq!(
            diff,
            "--- a/app/Dockerfile\n+++ b/app/Dockerfile\n@@ -2,7 +2,7 @@\n 2\n 3\n 4\n-5\n+five\n 6\n 7\n 8\n"
        );
    }

    #[test]
    fn a_missing_last_newline_is_told_on_each_side() {
        let hint = "\\ No newline at end of file\n";
        assert!(unified(b"f", "a\nb", "a\nb\n").ends_with(&format!(" a\n-b\n{hint}+b\n")));
        assert!(unified(b"f", "a\nb\n", "a\nb").ends_with(&format!(" a\n-b\n+b\n{hint}")));
        assert!(unified(b"f", "a\nb", "A\nb").ends_with(&format!("-a\n+A\n b\n{hint}")));
    }

    #[test]
    fn a_lone_carriage_return_ends_no_line() {
        assert_eq!(unified(b"f", "a\rb\r\n", "a\rc\r\n"), "--- a/f\n+++ b/f\n@@ -1 +1 @@\n-a\rb\r\n+a\rc\r\n");
        assert!(unified(b"f", "a\r", "b\r").contains("-a\r\n\\ No newline"));
    }

    #[test]
    fn colours_tell_a_removed_line_from_a_header() {
        let coloured = coloured(&unified(b"f", "-- x\n", "b\n"));
        assert!(coloured.starts_with("\u{1b}[1m--- a/f\u{1b}[0m\n"), "{coloured:?}");
        assert!(coloured.contains("\u{1b}[31m--- x\u{1b}[0m\n\u{1b}[32m+b\u{1b}[0m\n"), "{coloured:?}");
    }

    #[test]
    fn names_are_quoted_as_git_quotes_them() {
        assert_eq!(file_name("a/", b"my file"), "a/my file\t");
        assert_eq!(file_name("a/", b"a\"b\\c\n"), "\"a/a\\\"b\\\\c\\012\"");
        assert_eq!(file_name("b/", "é".as_bytes()), "\"b/\\303\\251\"");
    }
}
