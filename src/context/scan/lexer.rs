//! Splits a text into tokens, by the rules for strings and comments of its language.

use super::super::role::Language;
use super::{Source, Token};

pub(super) struct Lexer<'a> {
    text: &'a str,
    bytes: &'a [u8],
    at: usize,
    line: u32,
    source: Source<'a>,
}

impl<'a> Lexer<'a> {
    pub(super) fn new(path: &'a str, language: Language, text: &'a str) -> Self {
        // Real sources have a token in four to six bytes.
        let likely = text.len() / 5;
        let (tokens, lines) = (Vec::with_capacity(likely), Vec::with_capacity(likely));
        let source = Source { path, language, tokens, lines };
        Self { text, bytes: text.as_bytes(), at: 0, line: 1, source }
    }

    pub(super) fn run(mut self) -> Source<'a> {
        while self.step() {}
        self.source
    }

    fn step(&mut self) -> bool {
        let Some(&byte) = self.bytes.get(self.at) else { return false };
        match byte {
            b'\n' => {
                self.line += 1;
                self.at += 1;
            }
            b' ' => self.at += self.rest().iter().take_while(|&&byte| byte == b' ').count(),
            byte if byte.is_ascii_whitespace() => self.at += 1,
            byte if is_word(byte) => self.word(),
            b'"' | b'\'' | b'`' => self.string(byte, false),
            b'/' if self.source.language == Language::JavaScript && self.is_pattern() => self.pattern(),
            _ => match self.comment() {
                Some(end) => self.skip_to(end),
                None => {
                    self.push(Token::Sign(byte), self.line);
                    self.at += 1;
                }
            },
        }
        true
    }

    fn push(&mut self, token: Token<'a>, line: u32) {
        self.source.tokens.push(token);
        self.source.lines.push(line);
    }

    fn rest(&self) -> &'a [u8] {
        self.bytes.get(self.at..).unwrap_or_default()
    }

    fn slice(&self, start: usize, end: usize) -> &'a str {
        self.text.get(start..end).unwrap_or_default()
    }

    fn skip_to(&mut self, end: usize) {
        let newlines = self.slice(self.at, end).bytes().filter(|&byte| byte == b'\n').count();
        self.line = self.line.saturating_add(u32::try_from(newlines).unwrap_or(u32::MAX));
        self.at = end;
    }

    fn word(&mut self) {
        let length = self.rest().iter().take_while(|&&byte| is_word(byte)).count();
        let word = self.slice(self.at, self.at + length);
        let quote = self.bytes.get(self.at + length).copied();
        if let Some(quote @ (b'"' | b'\'')) = quote
            && self.source.language == Language::Python
            && word.len() <= 2
            && word.bytes().all(|byte| b"rRbBuUfF".contains(&byte))
        {
            self.at += length;
            return self.string(quote, word.bytes().any(|byte| b"fF".contains(&byte)));
        }
        self.push(Token::Word(word), self.line);
        self.at += length;
    }

    /// Where the comment that starts here ends.
    fn comment(&self) -> Option<usize> {
        use Language::{Php, Python, Ruby};
        let language = self.source.language;
        let rest = self.rest();
        let slashes = !matches!(language, Python | Ruby);
        let hash = !slashes || language == Php;
        let end = |needle: &str| {
            let found = self.text.get(self.at + 1..)?.find(needle)?;
            Some(self.at + 1 + found)
        };
        if (slashes && rest.starts_with(b"//")) || (hash && rest.starts_with(b"#") && !rest.starts_with(b"#[")) {
            Some(end("\n").unwrap_or(self.bytes.len()))
        } else if slashes && rest.starts_with(b"/*") {
            Some(end("*/").map_or(self.bytes.len(), |at| at + 2))
        } else {
            None
        }
    }

    fn string(&mut self, quote: u8, formatted: bool) {
        let triple = [quote; 3];
        let long = matches!(self.source.language, Language::Python | Language::Jvm) && self.rest().starts_with(&triple);
        let delimiter = if long { &triple[..] } else { &triple[..1] };
        let start = self.at + delimiter.len();
        match self.end_of_string(start, delimiter) {
            Some(end) => {
                let content = self.slice(start, end);
                let token = if self.is_literal(content, quote, formatted) { Token::Text(content) } else { Token::Hole };
                self.push(token, self.line);
                self.skip_to(end + delimiter.len());
            }
            None => {
                self.push(Token::Sign(quote), self.line);
                self.at += 1;
            }
        }
    }

    /// A string of one quote ends on its line, or it is none (an apostrophe in a text, a lifetime).
    fn end_of_string(&self, start: usize, delimiter: &[u8]) -> Option<usize> {
        use Language::{Go, JavaScript, Php, Ruby};
        let language = self.source.language;
        let raw = delimiter == b"`" && language == Go;
        let many_lines = delimiter.len() == 3
            || (delimiter == b"`" && matches!(language, Go | JavaScript))
            || matches!(language, Php | Ruby);
        let mut at = start;
        loop {
            match self.bytes.get(at)? {
                b'\\' if !raw => at += 2,
                b'\n' if !many_lines => return None,
                byte if Some(byte) == delimiter.first() && self.bytes.get(at..)?.starts_with(delimiter) => {
                    return Some(at);
                }
                _ => at += 1,
            }
        }
    }

    fn is_literal(&self, content: &str, quote: u8, formatted: bool) -> bool {
        use Language::{JavaScript, Jvm, Php, Ruby};
        let interpolates = match self.source.language {
            JavaScript => quote == b'`' && content.contains("${"),
            Jvm | Php => quote != b'\'' && content.contains('$'),
            Ruby => content.contains("#{"),
            _ => formatted && content.contains('{'),
        };
        !interpolates && !content.contains('\\')
    }

    /// Whether a `/` starts a regular expression: no value stands before it.
    fn is_pattern(&self) -> bool {
        let comment = matches!(self.bytes.get(self.at + 1), Some(b'/' | b'*'));
        let operand = match self.source.tokens.last() {
            None => false,
            Some(Token::Word(word)) => !matches!(*word, "return" | "typeof" | "case"),
            Some(Token::Sign(sign)) => matches!(sign, b')' | b']' | b'}' | b'<'),
            Some(Token::Text(_) | Token::Hole) => true,
        };
        !comment && !operand
    }

    fn pattern(&mut self) {
        let mut in_class = false;
        let mut at = self.at + 1;
        let end = loop {
            match self.bytes.get(at) {
                None | Some(b'\n') => break self.at,
                Some(b'\\') => at += 1,
                Some(b'[') => in_class = true,
                Some(b']') => in_class = false,
                Some(b'/') if !in_class => break at,
                _ => {}
            }
            at += 1;
        };
        self.push(Token::Hole, self.line);
        self.at = end + 1;
    }
}

const fn is_word(byte: u8) -> bool {
    WORD[byte as usize]
}

/// A table, because every byte of every source is asked.
const WORD: [bool; 256] = {
    let mut table = [false; 256];
    let mut byte = 0;
    while byte < 256 {
        table[byte] =
            (byte as u8).is_ascii_alphanumeric() || byte == b'_' as usize || byte == b'$' as usize || byte >= 0x80;
        byte += 1;
    }
    table
};

#[cfg(test)]
mod tests {
    use super::Token::{Hole, Sign, Text, Word};
    use super::*;

    fn tokens(language: Language, text: &str) -> Vec<Token<'_>> {
        Source::read("x", language, text).tokens
    }

    #[test]
    fn python_strings_have_prefixes_and_three_quotes() {
        let text = "f(r'a', f\"b{c}\", f'd', b\"\\n\") # \"e\"\n'''g\n'h''' don't";
        let expected = [
            Word("f"),
            Sign(b'('),
            Text("a"),
            Sign(b','),
            Hole,
            Sign(b','),
            Text("d"),
            Sign(b','),
            Hole,
            Sign(b')'),
            Text("g\n'h"),
            Word("don"),
            Sign(b'\''),
            Word("t"),
        ];
        assert_eq!(tokens(Language::Python, text), expected);
    }

    #[test]
    fn javascript_has_templates_comments_and_patterns() {
        let text = "a(`x`, `y${z}`) // 'b'\n/* \" */ c = /[/\"]'/; d / e / 'f'";
        let expected = [
            Word("a"),
            Sign(b'('),
            Text("x"),
            Sign(b','),
            Hole,
            Sign(b')'),
            Word("c"),
            Sign(b'='),
            Hole,
            Sign(b';'),
            Word("d"),
            Sign(b'/'),
            Word("e"),
            Sign(b'/'),
            Text("f"),
        ];
        assert_eq!(tokens(Language::JavaScript, text), expected);
    }

    #[test]
    fn go_raw_strings_have_no_escapes_and_php_attributes_are_no_comments() {
        assert_eq!(tokens(Language::Go, "`a"), [Sign(b'`'), Word("a")]);
        assert_eq!(tokens(Language::Go, "`a\nb` 'c'"), [Text("a\nb"), Text("c")]);
        assert_eq!(tokens(Language::Php, "# a\n#[B]"), [Sign(b'#'), Sign(b'['), Word("B"), Sign(b']')]);
    }

    #[test]
    fn any_text_is_read_to_its_end() {
        for text in ["\"\\", "'''", "é\"é", "/*", "/", "#", "`", "\\", "f\"", "/[\n"] {
            for language in [Language::Python, Language::JavaScript, Language::Go, Language::Php, Language::Ruby] {
                assert!(tokens(language, text).len() <= text.len());
            }
        }
    }
}
