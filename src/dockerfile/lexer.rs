//! BuildKit's own shell lexer: how `$name`, quotes and escapes of an instruction are read.
//!
//! It is not a shell: it knows `$x`, `${x}`, `${x:-word}` and their kin, single and double quotes, and one escape character.

use std::fmt;
use std::iter::Peekable;
use std::str::Chars;

/// Why BuildKit could not read a word.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LexError(String);

impl fmt::Display for LexError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for LexError {}

/// How to read: which characters stay, and what an unknown variable becomes.
#[derive(Debug, Clone, Copy)]
pub struct Lexer {
    /// The escape character: a backslash, or a backtick after `# escape`.
    pub escape: char,
    /// Keep quotes in the result.
    pub raw_quotes: bool,
    /// Keep escape characters in the result.
    pub raw_escapes: bool,
    /// Leave `$x` as it stands where `x` is not known, instead of making it empty.
    pub keep_unknown: bool,
}

/// A read text: as one string, and split into words at unquoted blanks.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Lexed {
    /// Everything, quotes and escapes processed.
    pub text: String,
    /// The same, split.
    pub words: Vec<String>,
}

/// `${x:-${x:-…}}` deeper than this is refused: no real file comes near, and the stack is finite.
const MAX_NESTING: usize = 64;

impl Lexer {
    /// The lexer that expands values: quotes and escapes go, unknown variables become empty.
    #[must_use]
    pub const fn expanding(escape: char) -> Self {
        Self { escape, raw_quotes: false, raw_escapes: false, keep_unknown: false }
    }

    /// Reads `source`; `lookup` knows the variables.
    ///
    /// # Errors
    /// [`LexError`] with BuildKit's reason, such as an unbalanced quote or an unsupported `${…}`.
    pub fn read(&self, source: &str, lookup: &dyn Fn(&str) -> Option<String>) -> Result<Lexed, LexError> {
        let mut reader =
            Reader { lexer: *self, chars: source.chars().peekable(), lookup, raw_escapes: self.raw_escapes, depth: 0 };
        reader.until(None)
    }
}

#[derive(Default)]
struct Words {
    done: Vec<String>,
    word: String,
}

impl Words {
    fn push(&mut self, ch: char) {
        if !ch.is_whitespace() {
            self.word.push(ch);
        } else if !self.word.is_empty() {
            self.done.push(std::mem::take(&mut self.word));
        }
    }

    fn finish(mut self) -> Vec<String> {
        if !self.word.is_empty() {
            self.done.push(self.word);
        }
        self.done
    }
}

struct Reader<'a> {
    lexer: Lexer,
    chars: Peekable<Chars<'a>>,
    lookup: &'a dyn Fn(&str) -> Option<String>,
    raw_escapes: bool,
    depth: usize,
}

fn error<T>(reason: impl Into<String>) -> Result<T, LexError> {
    Err(LexError(reason.into()))
}

impl Reader<'_> {
    fn until(&mut self, stop: Option<char>) -> Result<Lexed, LexError> {
        let mut text = String::new();
        let mut words = Words::default();
        while let Some(&ch) = self.chars.peek() {
            if Some(ch) == stop {
                self.chars.next();
                return Ok(Lexed { text, words: words.finish() });
            }
            match ch {
                '$' => {
                    let value = self.dollar()?;
                    text.push_str(&value);
                    value.chars().for_each(|ch| words.push(ch));
                }
                '\'' | '"' | '<' => {
                    let value = match ch {
                        '\'' => self.single_quoted()?,
                        '"' => self.double_quoted()?,
                        _ => self.possible_heredoc(),
                    };
                    text.push_str(&value);
                    words.word.push_str(&value);
                }
                _ => {
                    self.chars.next();
                    if ch == self.lexer.escape {
                        self.escaped(ch, &mut text, &mut words);
                    } else {
                        words.push(ch);
                        text.push(ch);
                    }
                }
            }
        }
        match stop {
            Some(stop) => error(format!("unexpected end of statement while looking for matching {stop}")),
            None => Ok(Lexed { text, words: words.finish() }),
        }
    }

    fn escaped(&mut self, escape: char, text: &mut String, words: &mut Words) {
        if self.raw_escapes {
            words.word.push(escape);
            text.push(escape);
        }
        if let Some(ch) = self.chars.next() {
            words.word.push(ch);
            text.push(ch);
        }
    }

    fn single_quoted(&mut self) -> Result<String, LexError> {
        let mut out = String::new();
        self.quote(&mut out);
        while let Some(&ch) = self.chars.peek() {
            if ch == '\'' {
                self.quote(&mut out);
                return Ok(out);
            }
            self.chars.next();
            out.push(ch);
        }
        error("unexpected end of statement while looking for matching single-quote")
    }

    fn double_quoted(&mut self) -> Result<String, LexError> {
        let mut out = String::new();
        self.quote(&mut out);
        while let Some(&ch) = self.chars.peek() {
            match ch {
                '"' => {
                    self.quote(&mut out);
                    return Ok(out);
                }
                '$' => out.push_str(&self.dollar()?),
                _ => {
                    self.chars.next();
                    self.in_double_quotes(ch, &mut out);
                }
            }
        }
        error("unexpected end of statement while looking for matching double-quote")
    }

    /// Inside double quotes only a quote, a dollar and the escape character itself can be escaped.
    fn in_double_quotes(&mut self, ch: char, out: &mut String) {
        if ch != self.lexer.escape {
            out.push(ch);
            return;
        }
        if self.raw_escapes {
            out.push(ch);
        }
        match self.chars.peek() {
            None => {}
            Some(&next) if matches!(next, '"' | '$') || next == self.lexer.escape => {
                self.chars.next();
                out.push(next);
            }
            Some(_) => out.push(ch),
        }
    }

    fn quote(&mut self, out: &mut String) {
        if let Some(ch) = self.chars.next()
            && self.lexer.raw_quotes
        {
            out.push(ch);
        }
    }

    /// `<<` takes the blanks behind it along, so that `<< EOF` is one word.
    fn possible_heredoc(&mut self) -> String {
        let mut out = String::new();
        out.extend(self.chars.next());
        if self.chars.next_if_eq(&'<').is_some() {
            out.push('<');
            while self.chars.next_if(|ch| ch.is_whitespace()).is_some() {}
        }
        out
    }

    fn dollar(&mut self) -> Result<String, LexError> {
        self.chars.next();
        if self.chars.next_if_eq(&'{').is_none() {
            let name = self.name();
            if name.is_empty() {
                return Ok("$".to_owned());
            }
            return Ok(self.value(&name, || format!("${name}")));
        }
        match self.chars.peek() {
            None => return error("syntax error: missing '}'"),
            Some('{' | '}' | ':') => return error("syntax error: bad substitution"),
            Some(_) => {}
        }
        let name = self.name();
        match self.chars.next() {
            Some('}') => Ok(self.value(&name, || format!("${{{name}}}"))),
            Some(':') => match self.chars.next() {
                Some(modifier @ ('+' | '-' | '?')) => self.modified(&name, ":", modifier),
                Some(other) => {
                    // BuildKit reads on to the brace before it complains, which is no different for us.
                    error(format!("unsupported modifier (:{other}) in substitution"))
                }
                None => error("syntax error: missing '}'"),
            },
            Some(modifier @ ('+' | '-' | '?' | '#' | '%')) => self.modified(&name, "", modifier),
            Some('/') => self.replaced(&name),
            Some(other) => error(format!("unsupported modifier ({other}) in substitution")),
            None => error("syntax error: missing '}'"),
        }
    }

    fn value(&self, name: &str, as_written: impl Fn() -> String) -> String {
        match (self.lookup)(name) {
            Some(value) => value,
            None if self.lexer.keep_unknown => as_written(),
            None => String::new(),
        }
    }

    fn nested(&mut self, stop: char, raw_escapes: bool) -> Result<String, LexError> {
        if self.depth >= MAX_NESTING {
            return error("substitutions nested too deeply");
        }
        let outer = std::mem::replace(&mut self.raw_escapes, raw_escapes);
        self.depth += 1;
        let lexed = self.until(Some(stop));
        self.depth -= 1;
        self.raw_escapes = outer;
        Ok(lexed?.text)
    }

    fn modified(&mut self, name: &str, colon: &str, modifier: char) -> Result<String, LexError> {
        let word = self.nested('}', matches!(modifier, '#' | '%'))?;
        let value = (self.lookup)(name);
        if value.is_none() && self.lexer.keep_unknown {
            return Ok(format!("${{{name}{colon}{modifier}{word}}}"));
        }
        let filled = value.clone().filter(|value| colon.is_empty() || !value.is_empty());
        match modifier {
            '-' => Ok(filled.unwrap_or(word)),
            '+' => Ok(filled.map_or(String::new(), |_| word)),
            '?' => filled.ok_or_else(|| LexError(format!("{name}: {word}"))),
            _ if value.is_none() => Ok(String::new()),
            _ => error("pattern substitutions are not evaluated"),
        }
    }

    fn replaced(&mut self, name: &str) -> Result<String, LexError> {
        let all = if self.chars.next_if_eq(&'/').is_some() { "/" } else { "" };
        let pattern = self.nested('/', true)?;
        let replacement = self.nested('}', true)?;
        match (self.lookup)(name) {
            None if self.lexer.keep_unknown => Ok(format!("${{{name}/{all}{pattern}/{replacement}}}")),
            None => Ok(String::new()),
            Some(_) => error("pattern substitutions are not evaluated"),
        }
    }

    fn name(&mut self) -> String {
        let mut name = String::new();
        match self.chars.peek() {
            Some(ch) if ch.is_numeric() => {
                while let Some(ch) = self.chars.next_if(|ch| ch.is_numeric()) {
                    name.push(ch);
                }
            }
            Some('@' | '*' | '#' | '?' | '-' | '$' | '!') => name.extend(self.chars.next()),
            _ => {
                while let Some(ch) = self.chars.next_if(|ch| ch.is_alphanumeric() || *ch == '_') {
                    name.push(ch);
                }
            }
        }
        name
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn expand(source: &str) -> Result<String, LexError> {
        let lookup = |name: &str| (name == "x").then(|| "1 2".to_owned());
        Lexer::expanding('\\').read(source, &lookup).map(|lexed| lexed.text)
    }

    #[test]
    fn variables_quotes_and_escapes_are_processed() {
        assert_eq!(expand("a$x\"b $x\"'$x'\\$x").unwrap(), "a1 2b 1 2$x$x");
        assert_eq!(expand("${x}${y}${y:-z}${x:+w}").unwrap(), "1 2zw");
        assert_eq!(expand(r#""\d+\"""#).unwrap(), "\\d+\"");
    }

    #[test]
    fn what_buildkit_cannot_read_is_an_error() {
        for source in ["'a", "\"a", "${", "${}", "${x:", "${x:1}", "${x[@]}", "${y?gone}"] {
            assert!(expand(source).is_err(), "{source}");
        }
    }

    #[test]
    fn words_split_at_unquoted_blanks_and_in_values() {
        let lookup = |name: &str| (name == "x").then(|| "1 2".to_owned());
        let lexed = Lexer::expanding('\\').read("a $x 'b c' d\\ e", &lookup).unwrap();
        assert_eq!(lexed.words, ["a", "1", "2", "b c", "d e"]);
    }

    #[test]
    fn deep_nesting_is_refused_and_does_not_overflow() {
        assert!(expand(&"${y:-".repeat(100_000)).is_err());
    }
}
