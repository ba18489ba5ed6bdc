//! Characters to bytes.

use crate::edit::Span;

/// `rable` counts characters; this maps them to bytes of the whole text.
pub(super) struct Offsets {
    pub(super) base: usize,
    end: usize,
    /// The byte of every character; empty for ASCII, where both are the same.
    bytes: Vec<usize>,
}

impl Offsets {
    pub(super) fn new(source: &str, base: usize) -> Self {
        let bytes = if source.is_ascii() { Vec::new() } else { source.char_indices().map(|(at, _)| at).collect() };
        Self { base, end: base + source.len(), bytes }
    }

    pub(super) fn byte(&self, character: usize) -> usize {
        let byte = if self.bytes.is_empty() { Some(character) } else { self.bytes.get(character).copied() };
        byte.map_or(self.end, |byte| self.end.min(self.base + byte))
    }

    pub(super) fn span(&self, span: &rable::Span) -> Span {
        let start = self.byte(span.start);
        Span::new(start, self.byte(span.end).max(start))
    }
}
