//! The lines of sources and scripts.

use super::Context;
use super::role::{Role, role};

/// The lines of sources and scripts that are no comments of their own; tests left out: path, line from 1, and text.
pub fn code_lines(context: &Context) -> impl Iterator<Item = (&str, usize, &str)> {
    let code = context.texts().filter(|(path, _)| matches!(role(path), Role::Source(_) | Role::Script));
    code.flat_map(|(path, text)| {
        let lines = text.lines().enumerate().map(move |(at, line)| (path, at + 1, line));
        lines.filter(|(_, _, line)| !is_comment(line.trim_start()))
    })
}

fn is_comment(line: &str) -> bool {
    ["#", "//", "*", "/*"].iter().any(|mark| line.starts_with(mark))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn code_is_read_without_its_comments_and_tests() {
        let files = [("a.py", "# x\na = 1\n"), ("test_a.py", "b"), ("run.sh", "c"), ("README.md", "d")];
        let context = Context::from_files(files);
        assert_eq!(code_lines(&context).collect::<Vec<_>>(), [("a.py", 2, "a = 1"), ("run.sh", 1, "c")]);
    }
}
