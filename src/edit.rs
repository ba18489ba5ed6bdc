//! Spans and edits against one version of a text.
//!
//! Every [`Edit`] names a span of the *same* text. A set of edits is checked to be disjoint once, applied once,
//! and can map positions of the new text back to the old one: reports always speak of the user's own lines.

use std::fmt;

/// A half-open range of byte offsets into a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Span {
    /// Offset of the first byte.
    pub start: usize,
    /// Offset after the last byte.
    pub end: usize,
}

impl Span {
    /// The span from `start` up to, but not including, `end`.
    #[must_use]
    pub const fn new(start: usize, end: usize) -> Self {
        Self { start, end }
    }

    /// The empty span at `at`: where an insertion goes.
    #[must_use]
    pub const fn at(at: usize) -> Self {
        Self { start: at, end: at }
    }

    /// Length in bytes.
    #[must_use]
    pub const fn len(self) -> usize {
        self.end - self.start
    }

    /// Whether the span covers no byte.
    #[must_use]
    pub const fn is_empty(self) -> bool {
        self.start == self.end
    }

    /// Whether `other` lies inside this span.
    #[must_use]
    pub const fn contains(self, other: Self) -> bool {
        self.start <= other.start && other.end <= self.end
    }

    /// The text that the span covers.
    ///
    /// # Panics
    /// When the span does not lie on character boundaries of `text`: spans come from the layer that read that very text.
    #[must_use]
    pub fn of(self, text: &str) -> &str {
        &text[self.start..self.end]
    }
}

/// One replacement: the bytes of `span` become `text`. An empty span inserts, an empty text deletes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Edit {
    /// What is replaced, in the text that the edit was planned on.
    pub span: Span,
    /// What stands there afterwards.
    pub text: String,
}

impl Edit {
    /// Puts `text` at offset `at`.
    pub fn insert(at: usize, text: impl Into<String>) -> Self {
        Self { span: Span::at(at), text: text.into() }
    }

    /// Puts `text` in the place of `span`.
    pub fn replace(span: Span, text: impl Into<String>) -> Self {
        Self { span, text: text.into() }
    }

    /// Takes the bytes of `span` out.
    #[must_use]
    pub fn delete(span: Span) -> Self {
        Self { span, text: String::new() }
    }
}

/// Two edits that touch the same bytes, or insert at the same offset.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Overlap {
    /// The edit that comes first.
    pub first: Span,
    /// The edit that collides with it.
    pub second: Span,
}

impl fmt::Display for Overlap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "the edit at bytes {}..{} collides with the one at {}..{}",
            self.second.start, self.second.end, self.first.start, self.first.end
        )
    }
}

impl std::error::Error for Overlap {}

/// Edits in ascending order that share no byte and no insertion point.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Edits {
    list: Vec<Edit>,
    /// Where each edit stands in the edited text.
    starts: Vec<usize>,
}

impl Edits {
    /// Sorts `edits` and checks that they are disjoint.
    ///
    /// # Errors
    /// [`Overlap`] when two edits touch the same byte or insert at one offset: their order would be a guess.
    pub fn new(mut edits: Vec<Edit>) -> Result<Self, Overlap> {
        edits.sort_by_key(|edit| edit.span);
        for pair in edits.windows(2) {
            let (first, second) = (pair[0].span, pair[1].span);
            if second.start < first.end || second.start == first.start {
                return Err(Overlap { first, second });
            }
        }
        let (mut starts, mut old_at, mut new_at) = (Vec::with_capacity(edits.len()), 0, 0);
        for edit in &edits {
            let start = new_at + (edit.span.start - old_at);
            starts.push(start);
            (old_at, new_at) = (edit.span.end, start + edit.text.len());
        }
        Ok(Self { list: edits, starts })
    }

    /// The edits, in ascending order.
    #[must_use]
    pub fn as_slice(&self) -> &[Edit] {
        &self.list
    }

    /// `text` with every edit applied.
    #[must_use]
    pub fn apply(&self, text: &str) -> String {
        let grown: usize = self.list.iter().map(|edit| edit.text.len()).sum();
        let mut out = String::with_capacity(text.len() + grown);
        let mut done = 0;
        for edit in &self.list {
            out.push_str(&text[done..edit.span.start]);
            out.push_str(&edit.text);
            done = edit.span.end;
        }
        out.push_str(&text[done..]);
        out
    }

    /// Where offset `new` of the edited text stood before. A byte that an edit wrote maps to the edit's start.
    #[must_use]
    pub fn map_back(&self, new: usize) -> usize {
        let before = self.starts.partition_point(|&start| start <= new);
        let last = before.checked_sub(1).and_then(|at| self.list.get(at).zip(self.starts.get(at)));
        match last {
            None => new,
            Some((edit, start)) if new < start + edit.text.len() => edit.span.start,
            Some((edit, start)) => edit.span.end + (new - start - edit.text.len()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn edits(list: &[(usize, usize, &str)]) -> Result<Edits, Overlap> {
        Edits::new(list.iter().map(|&(start, end, text)| Edit::replace(Span::new(start, end), text)).collect())
    }

    #[test]
    fn edits_are_applied_in_order_of_their_spans_whatever_the_order_given() {
        let edits = edits(&[(4, 5, "E"), (0, 0, ">"), (1, 3, "")]).unwrap();
        assert_eq!(edits.apply("abcdef"), ">adEf");
    }

    #[test]
    fn two_edits_at_one_offset_are_refused() {
        assert!(edits(&[(2, 2, "x"), (2, 2, "y")]).is_err());
        assert!(edits(&[(2, 2, "x"), (2, 4, "y")]).is_err());
        assert!(edits(&[(1, 3, "x"), (2, 4, "y")]).is_err());
        assert!(edits(&[(1, 3, "x"), (3, 4, "y")]).is_ok());
    }

    #[test]
    fn positions_map_back_through_insertions_and_deletions() {
        let edits = edits(&[(2, 2, "XX"), (4, 6, "")]).unwrap();
        assert_eq!(edits.apply("abcdefgh"), "abXXcdgh");
        assert_eq!([0, 1, 2, 3, 4, 5, 6, 7].map(|new| edits.map_back(new)), [0, 1, 2, 2, 2, 3, 6, 7]);
        assert_eq!(edits.map_back(8), 8);
    }
}
