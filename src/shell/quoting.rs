//! Words: quotes, escapes and expansions, read where they stand.

use super::substitution::closing_parenthesis;
use crate::edit::Span;

/// A word of a command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Word {
    /// Where the word stands, quotes and all.
    pub span: Span,
    /// The word after quote removal; `None` when it holds an expansion: a variable, a substitution, a glob, braces, `~`.
    pub value: Option<String>,
    /// What stands before the first expansion, where there is one.
    prefix: String,
    /// Whether any part of the word is quoted or escaped.
    pub quoted: bool,
    /// The variables that the word expands, in source order.
    pub variables: Vec<String>,
}

impl Word {
    /// Whether the word is exactly `text` after quote removal.
    #[must_use]
    pub fn is(&self, text: &str) -> bool {
        self.value.as_deref() == Some(text)
    }

    /// The literal text up to the first expansion: the whole value of a word without any.
    #[must_use]
    pub fn literal_start(&self) -> &str {
        self.value.as_deref().unwrap_or(&self.prefix)
    }
}

/// Quotes or brackets that do not close, or that this layer does not read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Unbalanced;

/// What a scan found: the word, and the scripts of its substitutions.
#[derive(Debug)]
pub(super) struct Scan {
    pub(super) word: Word,
    pub(super) substitutions: Vec<Span>,
}

impl Scan {
    fn empty(span: Span) -> Self {
        let word = Word { span, value: None, prefix: String::new(), quoted: false, variables: Vec::new() };
        Self { word, substitutions: Vec::new() }
    }
}

/// Reads the word at `span`.
pub(super) fn scan_word(text: &str, span: Span) -> Result<Scan, Unbalanced> {
    let raw = span.of(text);
    if raw.bytes().all(stands_for_itself) {
        let mut plain = Scan::empty(span);
        plain.word.value = Some(raw.to_owned());
        return Ok(plain);
    }
    Scanner::new(text, span, Quote::Bare).run()
}

/// Most words are made of these alone.
fn stands_for_itself(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b'/' | b':' | b'=' | b',' | b'+' | b'@' | b'%')
}

/// Reads what is expanded in the body of a here-document at `span`.
pub(super) fn scan_heredoc(text: &str, span: Span) -> Result<Scan, Unbalanced> {
    Scanner::new(text, span, Quote::Body).run()
}

/// What the scanner stands in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Quote {
    /// A word, outside of quotes.
    Bare,
    /// `"…"`.
    Double,
    /// The body of a here-document.
    Body,
    /// `${…}`; whether quotes stand around it.
    Parameter { quoted: bool },
    /// `$((…))`, with so many parentheses open.
    Arithmetic { open: usize },
}

struct Scanner<'t> {
    text: &'t str,
    start: usize,
    at: usize,
    end: usize,
    stack: Vec<Quote>,
    value: String,
    /// How much of the value precedes the first expansion.
    prefix: Option<usize>,
    scan: Scan,
}

impl<'t> Scanner<'t> {
    fn new(text: &'t str, span: Span, quote: Quote) -> Self {
        let scan = Scan::empty(span);
        let (start, end) = (span.start, span.end);
        Self { text, start, at: start, end, stack: vec![quote], value: String::new(), prefix: None, scan }
    }

    fn run(mut self) -> Result<Scan, Unbalanced> {
        while let Some(next) = self.peek(0) {
            let quote = self.stack.last().copied().ok_or(Unbalanced)?;
            self.step(quote, next)?;
        }
        if self.at != self.end || self.stack.len() != 1 {
            return Err(Unbalanced);
        }
        match self.prefix {
            Some(length) => {
                self.value.truncate(length);
                self.scan.word.prefix = self.value;
            }
            None => self.scan.word.value = Some(self.value),
        }
        Ok(self.scan)
    }

    fn peek(&self, ahead: usize) -> Option<u8> {
        let at = self.at + ahead;
        if at < self.end { self.text.as_bytes().get(at).copied() } else { None }
    }

    fn rest(&self) -> &'t str {
        self.text.get(self.at..self.end).unwrap_or_default()
    }

    fn step(&mut self, quote: Quote, next: u8) -> Result<(), Unbalanced> {
        match (quote, next) {
            (_, b'\\') => self.escape(quote),
            (_, b'$') => return self.dollar(quote),
            (_, b'`') => return self.backquotes(),
            (Quote::Body, _) => self.take(),
            (Quote::Double, b'"') | (Quote::Parameter { .. }, b'}') => self.close(),
            (Quote::Double, _) => self.take(),
            (_, b'"') => self.open(Quote::Double, 1),
            (Quote::Bare | Quote::Parameter { quoted: false }, b'\'') => return self.single(),
            (Quote::Arithmetic { open }, _) => return self.arithmetic(open, next),
            (Quote::Parameter { .. }, _) => self.take(),
            (Quote::Bare, b'<' | b'>') if self.peek(1) == Some(b'(') => return self.substitution(),
            (Quote::Bare, _) => self.bare(next),
        }
        Ok(())
    }

    fn bare(&mut self, next: u8) {
        let expands = match next {
            b'*' | b'?' | b'[' | b'(' | b')' => true,
            b'{' => self.peek(1) != Some(b'}') && self.rest().len() > 1,
            b'~' => self.at == self.start || matches!(self.text.as_bytes().get(self.at - 1), Some(b'=' | b':')),
            _ => false,
        };
        // `[` is a command, and no pattern, when it stands alone.
        if expands && !(next == b'[' && self.end - self.start == 1) {
            self.expand();
        }
        self.take();
    }

    /// From here on the value is not literal.
    fn expand(&mut self) {
        self.prefix.get_or_insert(self.value.len());
    }

    /// Takes one character as it stands.
    fn take(&mut self) {
        if let Some(character) = self.rest().chars().next() {
            self.value.push(character);
            self.at += character.len_utf8();
        }
    }

    fn open(&mut self, quote: Quote, length: usize) {
        self.scan.word.quoted |= quote == Quote::Double;
        self.stack.push(quote);
        self.at += length;
    }

    fn close(&mut self) {
        self.stack.pop();
        self.at += 1;
    }

    fn escape(&mut self, quote: Quote) {
        let next = self.peek(1);
        if next == Some(b'\n') {
            self.at += 2;
            return;
        }
        let special = match quote {
            Quote::Double => matches!(next, Some(b'$' | b'`' | b'"' | b'\\')),
            Quote::Body => matches!(next, Some(b'$' | b'`' | b'\\')),
            _ => next.is_some(),
        };
        self.scan.word.quoted = true;
        if special {
            self.at += 1;
        }
        self.take();
    }

    fn single(&mut self) -> Result<(), Unbalanced> {
        self.scan.word.quoted = true;
        let inner = self.rest().get(1..).unwrap_or_default();
        let length = inner.find('\'').ok_or(Unbalanced)?;
        self.value.push_str(inner.get(..length).unwrap_or_default());
        self.at += length + 2;
        Ok(())
    }

    fn dollar(&mut self, quote: Quote) -> Result<(), Unbalanced> {
        match self.peek(1) {
            Some(b'(') if self.peek(2) == Some(b'(') => {
                self.expand();
                self.open(Quote::Arithmetic { open: 2 }, 3);
            }
            Some(b'(') => return self.substitution(),
            Some(b'{') => self.parameter(quote),
            Some(b'\'') if !matches!(quote, Quote::Double | Quote::Body) => return self.ansi_c(),
            Some(b'"') if !matches!(quote, Quote::Double | Quote::Body) => {
                self.expand();
                self.open(Quote::Double, 2);
            }
            _ => self.variable(1),
        }
        Ok(())
    }

    /// `$'…'`: bash decodes it, dash takes it as it stands, so its value is nobody's.
    fn ansi_c(&mut self) -> Result<(), Unbalanced> {
        self.expand();
        self.scan.word.quoted = true;
        self.at += 2;
        loop {
            match self.peek(0).ok_or(Unbalanced)? {
                b'\'' => break,
                b'\\' => self.at += 2,
                _ => self.at += 1,
            }
        }
        self.at += 1;
        Ok(())
    }

    fn parameter(&mut self, quote: Quote) {
        let quoted = match quote {
            Quote::Double | Quote::Body => true,
            Quote::Parameter { quoted } => quoted,
            Quote::Bare | Quote::Arithmetic { .. } => false,
        };
        self.expand();
        self.open(Quote::Parameter { quoted }, 2);
        if matches!(self.peek(0), Some(b'#' | b'!')) && self.peek(1).is_some_and(|byte| byte != b'}') {
            self.at += 1;
        }
        self.variable(0);
    }

    /// A variable's name, `sigil` bytes ahead; a lone `$` is a character.
    fn variable(&mut self, sigil: usize) {
        let after = self.rest().get(sigil..).unwrap_or_default();
        let length = name_length(after);
        if length == 0 {
            if sigil > 0 {
                self.take();
            }
            return;
        }
        self.expand();
        self.scan.word.variables.push(after[..length].to_owned());
        self.at += sigil + length;
    }

    fn arithmetic(&mut self, open: usize, next: u8) -> Result<(), Unbalanced> {
        match next {
            b'(' => self.set_open(open + 1),
            // `$((a) b)` is a subshell in a substitution: only a pair of parentheses ends arithmetic.
            b')' if open == 2 && self.peek(1) != Some(b')') => return Err(Unbalanced),
            b')' if open == 2 => {
                self.at += 1;
                self.close();
            }
            b')' => self.set_open(open - 1),
            b'A'..=b'Z' | b'a'..=b'z' | b'_' => self.variable(0),
            _ => self.take(),
        }
        Ok(())
    }

    fn set_open(&mut self, open: usize) {
        self.stack.pop();
        self.open(Quote::Arithmetic { open }, 1);
    }

    fn substitution(&mut self) -> Result<(), Unbalanced> {
        let inner = self.at + 2;
        let close = closing_parenthesis(self.text.as_bytes().get(..self.end).unwrap_or_default(), inner)?;
        self.substitute(Span::new(inner, close));
        Ok(())
    }

    fn backquotes(&mut self) -> Result<(), Unbalanced> {
        let inner = self.rest().get(1..).unwrap_or_default();
        let length = inner.find('`').ok_or(Unbalanced)?;
        // An escape changes the inner text: its spans could not be mapped.
        if inner.get(..length).unwrap_or_default().contains('\\') {
            return Err(Unbalanced);
        }
        let start = self.at + 1;
        self.substitute(Span::new(start, start + length));
        Ok(())
    }

    fn substitute(&mut self, script: Span) {
        self.expand();
        self.scan.substitutions.push(script);
        self.at = script.end + 1;
    }
}

/// Length of the variable name that `text` starts with: a name, or one special parameter.
fn name_length(text: &str) -> usize {
    let name = text.bytes().take_while(|&byte| byte.is_ascii_alphanumeric() || byte == b'_').count();
    match text.bytes().next() {
        Some(b'0'..=b'9' | b'@' | b'*' | b'#' | b'?' | b'-' | b'$' | b'!') => 1,
        _ => name,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn word(text: &str) -> Word {
        scan_word(text, Span::new(0, text.len())).unwrap().word
    }

    fn substitutions(text: &str) -> Vec<&str> {
        let scan = scan_word(text, Span::new(0, text.len())).unwrap();
        scan.substitutions.into_iter().map(|span| span.of(text)).collect()
    }

    #[test]
    fn quotes_and_escapes_are_removed_from_a_value() {
        for (raw, value) in [
            ("plain", "plain"),
            ("'a b'\"c d\"e", "a bc de"),
            (r"a\ b\\", r"a b\"),
            (r#""\$x \n \"q\"""#, r#"$x \n "q""#),
            ("a\\\nb", "ab"),
            ("''", ""),
            ("{}", "{}"),
            ("[", "["),
            ("cost$", "cost$"),
            ("a~b", "a~b"),
            ("é'ü'", "éü"),
        ] {
            assert_eq!(word(raw).value.as_deref(), Some(value), "{raw}");
        }
    }

    #[test]
    fn a_word_that_expands_has_no_value() {
        for raw in
            ["$x", "\"${x}\"", "*.deb", "a?", "[ab]", "{a,b}", "~/x", "PATH=~/x", "$(ls)", "`ls`", "$((1))", "$'a'"]
        {
            assert_eq!(word(raw).value, None, "{raw}");
        }
    }

    #[test]
    fn the_literal_start_ends_at_the_first_expansion() {
        assert_eq!(word("\"/opt/a b/\"$x/y").literal_start(), "/opt/a b/");
        assert_eq!(word("'/opt'").literal_start(), "/opt");
        assert_eq!(word("$x").literal_start(), "");
    }

    #[test]
    fn variables_are_listed_through_every_quoting() {
        let variables = word(r#"$a"${b:-$c}"'$no'\$no${#d}$((e+$f))$1$?"#).variables;
        assert_eq!(variables, ["a", "b", "c", "d", "e", "f", "1", "?"]);
    }

    #[test]
    fn substitutions_are_found_with_their_own_quotes_and_comments() {
        assert_eq!(substitutions(r#""$(a "$(b)" ')')"x`c`"#), [r#"a "$(b)" ')'"#, "c"]);
        assert_eq!(substitutions("$(a # :)\n)"), ["a # :)\n"]);
        assert_eq!(substitutions("<(a)"), ["a"]);
        assert_eq!(substitutions("${x:-$(a)}$((1 + $(b)))"), ["a", "b"]);
    }

    #[test]
    fn a_word_that_does_not_close_is_refused() {
        for raw in ["'a", "\"a", "$(a", "${a", "`a", "$((a)", "$((a) b)", r"`a \`b\``"] {
            assert!(scan_word(raw, Span::new(0, raw.len())).is_err(), "{raw}");
        }
    }
}
