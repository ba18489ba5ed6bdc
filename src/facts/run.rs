//! The script of a RUN: its commands, with spans in the file.

use std::rc::Rc;

use super::Input;
use crate::dockerfile::{Dockerfile, Instruction};
use crate::edit::Span;
use crate::shell::{Opaque, Script};

/// A RUN's script and the way from its bytes to the file's.
#[derive(Debug)]
pub struct Run<'a> {
    instruction: &'a Instruction,
    text: String,
    /// Length of the part that stands in the logical line.
    head: usize,
    /// Where the part behind it starts in the file.
    tail: usize,
    /// The commands, with spans in [`Run::text`].
    pub script: Rc<Script>,
}

impl<'a> Run<'a> {
    /// Reads the shell form of a RUN.
    ///
    /// # Errors
    /// [`Opaque`] where the shell layer can't read it.
    pub(super) fn parse(dockerfile: &Dockerfile, instruction: &'a Instruction, input: &Input) -> Result<Self, Opaque> {
        let (text, head, tail) = source(dockerfile, instruction);
        let script = input.script(&text)?;
        Ok(Self { instruction, text, head, tail, script })
    }

    /// The script's text: the logical line, then the here-documents; or the one here-document that is the script.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// `span` of the script as a span of the file.
    #[must_use]
    pub fn to_file(&self, span: Span) -> Span {
        if span.end <= self.head {
            let start = self.instruction.parts.rest.start;
            return self.instruction.to_file(Span::new(start + span.start, start + span.end));
        }
        let offset = self.tail.saturating_sub(self.head);
        Span::new(span.start.max(self.head) + offset, span.end + offset)
    }

    /// Whether an edit at `span` leaves the file's other bytes where they belong: it lies in the line or in the body.
    #[must_use]
    pub fn is_editable(&self, span: Span) -> bool {
        span.end <= self.head || span.start >= self.head
    }
}

fn source(dockerfile: &Dockerfile, instruction: &Instruction) -> (String, usize, usize) {
    let file = dockerfile.text();
    if let Some(heredoc) = instruction.heredoc_script() {
        return (heredoc.body.of(file).to_owned(), 0, heredoc.body.start);
    }
    let line = instruction.rest();
    let Some(first) = instruction.heredocs.first() else { return (line.to_owned(), line.len(), 0) };
    let bodies = Span::new(first.body.start, instruction.span.end);
    (format!("{line}\n{}", bodies.of(file)), line.len() + 1, bodies.start)
}
