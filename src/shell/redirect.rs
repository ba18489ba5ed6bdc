//! Redirects and here-documents.

use super::quoting::Word;
use crate::edit::Span;

/// A redirect: `2> log`, `<<EOF`, `>&2`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Redirect {
    /// From the file descriptor, if any is written, to the end of the target.
    pub span: Span,
    /// The operator as written: `>`, `>>`, `<<-`, `&>`.
    pub operator: &'static str,
    /// The file descriptor before the operator, if one is written as a number.
    pub fd: Option<u32>,
    /// The file, the file descriptor, or the delimiter of the here-document.
    pub target: Word,
    /// The here-document that the redirect announces.
    pub heredoc: Option<HereDoc>,
}

/// A here-document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HereDoc {
    /// The lines between the command and the delimiter.
    pub body: Span,
    /// Whether the delimiter is quoted, so that nothing in the body is expanded.
    pub quoted: bool,
}

impl Redirect {
    /// Whether the redirect writes to a file: not to another descriptor, and not nowhere.
    #[must_use]
    pub fn writes_file(&self) -> bool {
        let writes = matches!(self.operator, ">" | ">>" | ">|" | "&>" | "&>>" | "<>" | ">&");
        let target = self.target.value.as_deref();
        let descriptor = self.operator == ">&" && target.is_some_and(is_descriptor);
        writes && !descriptor && target != Some("/dev/null")
    }
}

fn is_descriptor(target: &str) -> bool {
    let digits = target.strip_suffix('-').unwrap_or(target);
    digits.bytes().all(|byte| byte.is_ascii_digit())
}

const OPERATORS: [&str; 13] = ["&>>", "<<<", "<<-", "&>", "<<", "<&", "<>", ">>", ">|", ">&", "<", ">", ""];

/// The redirect operator at the start of `text`; empty where there is none.
pub(super) fn operator_at(text: &str) -> &'static str {
    OPERATORS.into_iter().find(|operator| text.starts_with(operator)).unwrap_or_default()
}

/// Where the file descriptor of an operator at `at` starts, and its number. `floor` is the end of the part before it.
pub(super) fn descriptor_before(text: &str, floor: usize, at: usize) -> (usize, Option<u32>) {
    let before = text.get(floor..at).unwrap_or_default();
    let digits = before.len() - before.trim_end_matches(|c: char| c.is_ascii_digit()).len();
    if digits > 0 {
        let start = at - digits;
        return (start, text.get(start..at).and_then(|number| number.parse().ok()));
    }
    let name = before.strip_suffix('}').and_then(|open| open.rfind('{').filter(|&brace| is_name(&open[brace + 1..])));
    (name.map_or(at, |brace| floor + brace), None)
}

fn is_name(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}
