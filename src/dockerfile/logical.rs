//! The logical line: what BuildKit is left with once continuations are joined and comments are gone.

use crate::edit::Span;

/// A text joined from pieces of the file, with the way back from each of its bytes.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Logical {
    text: String,
    pieces: Vec<Piece>,
}

/// A run of bytes that the logical text shares with the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Piece {
    logical: usize,
    file: usize,
    len: usize,
}

impl Logical {
    /// Appends `text`, which stands at `file` in the file.
    pub(super) fn push(&mut self, text: &str, file: usize) {
        if text.is_empty() {
            return;
        }
        self.pieces.push(Piece { logical: self.text.len(), file, len: text.len() });
        self.text.push_str(text);
    }

    /// The joined text.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Whether `span` of the logical text is one unbroken run in the file.
    #[must_use]
    pub fn is_contiguous(&self, span: Span) -> bool {
        self.to_file(span).len() == span.len()
    }

    /// The span in the file from the first to the last byte of `span`, whatever lies between them.
    #[must_use]
    pub fn to_file(&self, span: Span) -> Span {
        if span.is_empty() {
            return Span::at(self.byte_to_file(span.start));
        }
        Span::new(self.byte_to_file(span.start), self.byte_to_file(span.end - 1) + 1)
    }

    /// Where byte `at` stands in the file; the end of the text maps to the end of its last piece.
    fn byte_to_file(&self, at: usize) -> usize {
        let after = self.pieces.partition_point(|piece| piece.logical <= at);
        match after.checked_sub(1).and_then(|index| self.pieces.get(index)) {
            Some(piece) => piece.file + (at - piece.logical).min(piece.len),
            None => self.pieces.first().map_or(0, |piece| piece.file),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn joined() -> Logical {
        let mut logical = Logical::default();
        logical.push("RUN a ", 0);
        logical.push("  b", 9);
        logical
    }

    #[test]
    fn every_byte_knows_its_place_in_the_file() {
        assert_eq!(joined().text(), "RUN a   b");
        assert_eq!(joined().to_file(Span::new(4, 5)), Span::new(4, 5));
        assert_eq!(joined().to_file(Span::new(8, 9)), Span::new(11, 12));
        assert_eq!(joined().to_file(Span::new(4, 9)), Span::new(4, 12));
    }

    #[test]
    fn the_end_maps_behind_the_last_byte() {
        assert_eq!(joined().to_file(Span::at(9)), Span::at(12));
    }

    #[test]
    fn a_span_over_a_continuation_is_not_contiguous() {
        assert!(joined().is_contiguous(Span::new(0, 6)));
        assert!(!joined().is_contiguous(Span::new(4, 9)));
    }
}
