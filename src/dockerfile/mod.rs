//! The Dockerfile as written: a flat list of items that tile the file, read by BuildKit's line rules.
//!
//! No byte is unowned and none is lost. What BuildKit would reject is an [`ItemKind::Error`] with BuildKit's reason.

pub mod bytes;
mod check;
mod heredoc;
pub mod image;
mod instruction;
mod lexer;
mod line_parsers;
mod logical;
mod parse;
mod stage;
mod template;

pub use heredoc::Heredoc;
pub use instruction::{Argument, Arguments, Flag, Instruction, Keyword, Pair, Parts};
pub use lexer::{LexError, Lexed, Lexer};
pub use logical::Logical;
pub use stage::Stage;

use crate::edit::Span;

/// A Dockerfile and its items.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dockerfile {
    text: String,
    items: Vec<Item>,
    escape: char,
}

/// A piece of the file. Items follow each other without a gap.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Item {
    /// Whole lines, their newlines included.
    pub span: Span,
    /// What it is.
    pub kind: ItemKind,
}

/// What an item is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ItemKind {
    /// An empty line.
    Blank,
    /// A comment line outside of any instruction.
    Comment,
    /// A parser directive: `# syntax`, `# escape` or `# check`.
    Directive {
        /// In lower case.
        name: String,
        /// As written, trimmed.
        value: String,
    },
    /// An instruction.
    Instruction(Box<Instruction>),
    /// What BuildKit rejects, with its reason.
    Error(String),
}

impl Item {
    /// The instruction, if it is one.
    #[must_use]
    pub fn instruction(&self) -> Option<&Instruction> {
        match &self.kind {
            ItemKind::Instruction(instruction) => Some(instruction),
            _ => None,
        }
    }
}

/// A rejection by BuildKit and its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rejection {
    /// The lines that it is about.
    pub span: Span,
    /// BuildKit's reason, verbatim.
    pub reason: String,
}

impl Dockerfile {
    /// The whole text.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The items in order; their spans tile the text.
    #[must_use]
    pub fn items(&self) -> &[Item] {
        &self.items
    }

    /// The instructions in order.
    pub fn instructions(&self) -> impl DoubleEndedIterator<Item = &Instruction> {
        self.items.iter().filter_map(Item::instruction)
    }

    /// The escape character: a backslash, or a backtick after `# escape`.
    #[must_use]
    pub fn escape(&self) -> char {
        self.escape
    }

    /// Every reason for which BuildKit would reject the file, in order.
    #[must_use]
    pub fn rejections(&self) -> Vec<Rejection> {
        let mut rejections: Vec<Rejection> = self
            .items
            .iter()
            .filter_map(|item| match &item.kind {
                ItemKind::Error(reason) => Some(Rejection { span: item.span, reason: reason.clone() }),
                _ => None,
            })
            .collect();
        if rejections.is_empty() && self.instructions().next().is_none() {
            rejections.push(Rejection { span: Span::at(0), reason: "file with no instructions".into() });
        }
        rejections
    }

    /// The line (from 1) of byte `at`.
    #[must_use]
    pub fn line(&self, at: usize) -> usize {
        1 + self.text.as_bytes().iter().take(at).filter(|&&byte| byte == b'\n').count()
    }

    /// The file's own line ending: CRLF if its first line has it.
    #[must_use]
    pub fn newline(&self) -> &'static str {
        match self.text.split_once('\n') {
            Some((line, _)) if line.ends_with('\r') => "\r\n",
            _ => "\n",
        }
    }
}
