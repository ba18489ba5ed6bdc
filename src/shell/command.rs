//! A simple command and where it stands.

use super::quoting::Word;
use super::redirect::Redirect;
use crate::edit::Span;

/// How a command is joined to the one before it in the same list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Joined {
    /// The first of its list.
    First,
    /// After `&&`.
    And,
    /// After `||`.
    Or,
    /// After `;` or a newline.
    Semicolon,
    /// After `|` or `|&`.
    Pipe,
    /// After `&`.
    Background,
}

/// The innermost construct that holds a command.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope {
    /// None: the script itself.
    TopLevel,
    /// The condition or a branch of an `if`.
    If,
    /// The condition or the body of a `for`, `while`, `until` or `select`.
    Loop,
    /// A branch of a `case`.
    Case,
    /// `( … )` or a coprocess.
    Subshell,
    /// `{ …; }`.
    Group,
    /// The body of a function.
    Function,
    /// `$( … )`, backquotes or `<( … )`.
    Substitution,
}

/// A simple command: assignments, words and redirects.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Command {
    /// From the first assignment, word or redirect to the last one. The body of a here-document lies outside.
    pub span: Span,
    /// `FOO=bar` before the command.
    pub assignments: Vec<Word>,
    /// The program and its arguments; empty where the command only assigns or redirects.
    pub words: Vec<Word>,
    /// Redirects, in source order.
    pub redirects: Vec<Redirect>,
    /// How the command is joined to the one before it.
    pub joined: Joined,
    /// The innermost construct around it.
    pub scope: Scope,
    /// Whether the command may be skipped although no command before it failed: it stands in a branch, a loop or a
    /// function, after `||`, or behind a test as in `[ -f x ] && rm x`.
    pub conditional: bool,
}

impl Command {
    /// What must go to remove `word` from this command: the word and the blanks before it.
    #[must_use]
    pub fn removal_of(&self, word: &Word) -> Span {
        let start = self.part_spans().map(|part| part.end).filter(|&end| end <= word.span.start).max();
        Span::new(start.unwrap_or(word.span.start), word.span.end)
    }

    /// The spans of assignments, words and redirects.
    pub(super) fn part_spans(&self) -> impl Iterator<Item = Span> {
        let words = self.assignments.iter().chain(&self.words).map(|word| word.span);
        words.chain(self.redirects.iter().map(|redirect| redirect.span))
    }

    /// Whether its success is a question rather than a step: `test`, `[`.
    pub(super) fn is_test(&self) -> bool {
        let name = self.words.first().and_then(|word| word.value.as_deref());
        matches!(name, Some("test" | "["))
    }
}

#[cfg(test)]
mod tests {
    use super::super::parse;
    use crate::edit::Edits;

    #[test]
    fn an_argument_is_removed_with_the_blanks_before_it_and_no_escaped_blank() {
        let text = r"cp a\   b 2>err c";
        let script = parse(text).unwrap();
        let command = &script.commands[0];
        let without = |at: usize| {
            let removal = crate::edit::Edit::delete(command.removal_of(&command.words[at]));
            Edits::new(vec![removal]).unwrap().apply(text)
        };
        assert_eq!(without(1), "cp  b 2>err c");
        assert_eq!(without(2), r"cp a\  2>err c");
        assert_eq!(without(3), r"cp a\   b 2>err");
    }
}
