//! A source as words, texts and signs: enough to see calls with literal arguments, without comments.

mod lexer;

use super::Context;
use super::role::{Language, Role, role};
use lexer::Lexer;

/// A token of a source.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Token<'a> {
    /// A name or a number.
    Word(&'a str),
    /// The content of a string that means what it says.
    Text(&'a str),
    /// A string with an escape or a value in it.
    Hole,
    /// Any other character.
    Sign(u8),
}

/// The tokens of a source and their lines.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Source<'a> {
    pub(super) path: &'a str,
    pub(super) language: Language,
    pub(super) tokens: Vec<Token<'a>>,
    lines: Vec<u32>,
}

/// The sources of the context, tests and docs left out.
pub(super) fn sources(context: &Context) -> impl Iterator<Item = Source<'_>> {
    context.texts().filter_map(|(path, text)| match role(path) {
        Role::Source(language) => Some(Source::read(path, language, text)),
        _ => None,
    })
}

impl<'a> Source<'a> {
    pub(super) fn read(path: &'a str, language: Language, text: &'a str) -> Self {
        Lexer::new(path, language, text).run()
    }

    /// The tokens from the `at`th on.
    pub(super) fn from(&self, at: usize) -> &[Token<'a>] {
        self.tokens.get(at..).unwrap_or_default()
    }

    /// The tokens before the `at`th.
    pub(super) fn before(&self, at: usize) -> &[Token<'a>] {
        self.tokens.get(..at).unwrap_or_default()
    }

    /// The line of the `at`th token, from 1.
    pub(super) fn line(&self, at: usize) -> usize {
        self.lines.get(at).map_or(0, |line| *line as usize)
    }

    /// The tokens of the call whose `(` is the `at`th token: what stands between the brackets.
    pub(super) fn arguments(&self, at: usize) -> &[Token<'a>] {
        let inside = near(self.from(at + 1));
        let mut depth = 0_usize;
        for (length, token) in inside.iter().enumerate() {
            match token {
                Token::Sign(b'(' | b'[' | b'{') => depth += 1,
                Token::Sign(b')' | b']' | b'}') if depth == 0 => return inside.get(..length).unwrap_or_default(),
                Token::Sign(b')' | b']' | b'}') => depth -= 1,
                _ => {}
            }
        }
        inside
    }

    /// The tokens of an expression that starts at the `at`th token: to the end of its line, or of its brackets.
    pub(super) fn statement(&self, at: usize) -> &[Token<'a>] {
        let rest = near(self.from(at));
        let mut depth = 0_usize;
        let mut line = self.line(at);
        for (length, token) in rest.iter().enumerate() {
            let here = self.line(at + length);
            match token {
                _ if depth == 0 && here != line => return rest.get(..length).unwrap_or_default(),
                Token::Sign(b';' | b',') if depth == 0 => return rest.get(..length).unwrap_or_default(),
                Token::Sign(b'(' | b'[' | b'{') => depth += 1,
                Token::Sign(b')' | b']' | b'}') if depth == 0 => return rest.get(..length).unwrap_or_default(),
                Token::Sign(b')' | b']' | b'}') => depth -= 1,
                _ => {}
            }
            line = here;
        }
        rest
    }

    /// The tokens of `x` in `x.name`, where `name` is the `at`th token: a word, or a bracket with the word before it.
    pub(super) fn receiver_expression(&self, at: usize) -> &[Token<'a>] {
        let before = self.before(at.saturating_sub(1));
        let mut depth = 0_usize;
        let mut start = before.len();
        for (position, token) in before.iter().enumerate().rev().take(NEAR) {
            let next = self.tokens.get(position + 1);
            let chained = next == Some(&Token::Sign(b'.'))
                || (matches!(next, Some(Token::Sign(b'(' | b'['))) && self.line(position) == self.line(position + 1));
            match token {
                Token::Sign(b')' | b']') if depth > 0 || chained => depth += 1,
                Token::Sign(b'(' | b'[') if depth > 0 => depth -= 1,
                Token::Word(_) if chained => {}
                Token::Sign(b'.') => {}
                _ if depth > 0 => {}
                _ => break,
            }
            start = position;
        }
        before.get(start..).unwrap_or_default()
    }
}

/// No expression is followed further than this, so that deep nesting takes no more than linear time.
const NEAR: usize = 4_096;

fn near<'t, 'a>(tokens: &'t [Token<'a>]) -> &'t [Token<'a>] {
    tokens.get(..NEAR).unwrap_or(tokens)
}

/// The value of the keyword argument `name`: the token after `name =` or `name :`.
pub(super) fn keyword<'t, 'a>(arguments: &'t [Token<'a>], name: &str) -> Option<&'t Token<'a>> {
    arguments.windows(3).find_map(|window| match window {
        [Token::Word(own), Token::Sign(b'=' | b':'), value] if *own == name => Some(value),
        _ => None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_know_their_lines() {
        let source = Source::read("x", Language::JavaScript, "a\n/*\n*/ `\n` b");
        assert_eq!((source.line(0), source.line(1), source.line(2)), (1, 3, 4));
    }

    #[test]
    fn the_arguments_of_a_call_end_at_its_bracket() {
        let source = Source::read("x", Language::Python, "f(a(1), k=[2]) b");
        assert_eq!(source.arguments(1).len(), 10);
        assert_eq!(keyword(source.arguments(1), "k"), Some(&Token::Sign(b'[')));
        assert_eq!(source.arguments(40), []);
    }
}
