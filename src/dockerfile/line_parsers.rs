//! From a logical line to keyword, flags and arguments, by BuildKit's rules for each instruction.

use super::instruction::{Argument, Arguments, Flag, Keyword, Pair, Parts};
use crate::edit::Span;

/// What BuildKit calls white space between words.
const BLANKS: [char; 5] = ['\t', '\x0b', '\x0c', '\r', ' '];

/// A rejection with BuildKit's reason.
type Parsed<T> = Result<T, String>;

/// ONBUILD of ONBUILD of … is rejected by BuildKit; this keeps the stack small before it does.
const MAX_ONBUILD: usize = 8;

/// Reads the logical line `text`.
pub(super) fn parts(text: &str, escape: char) -> Parsed<Parts> {
    parts_in(text, trimmed(text, Span::new(0, text.len())), escape, 0)
}

fn parts_in(text: &str, line: Span, escape: char, depth: usize) -> Parsed<Parts> {
    let (name, rest) = first_word(text, line);
    let keyword = Keyword::of(name.of(text));
    let (flags, rest) = flags(text, rest, escape);
    let rest = trimmed(text, rest);
    let arguments = arguments(keyword, text, rest, escape, depth)?;
    Ok(Parts { keyword, name: name.of(text).to_owned(), flags, rest, arguments })
}

/// `span` without the blanks at its ends.
fn trimmed(text: &str, span: Span) -> Span {
    let inner = span.of(text);
    let start = span.start + (inner.len() - inner.trim_start().len());
    Span::new(start, start + inner.trim().len())
}

/// Splits at the first run of blanks.
fn first_word(text: &str, span: Span) -> (Span, Span) {
    let inner = span.of(text);
    let Some(at) = inner.find(BLANKS) else { return (span, Span::at(span.end)) };
    let behind = inner[at..].trim_start_matches(BLANKS);
    (Span::new(span.start, span.start + at), Span::new(span.end - behind.len(), span.end))
}

/// Takes the leading `--flag` words off. A bare `--` ends them and goes too.
fn flags(text: &str, rest: Span, escape: char) -> (Vec<Flag>, Span) {
    let mut flags = Vec::new();
    let mut at = rest.start;
    loop {
        let left = &text[at..rest.end];
        let start = rest.end - left.trim_start().len();
        if !text[start..rest.end].starts_with("--") {
            return (flags, Span::new(start, rest.end));
        }
        let (word, end) = flag_word(text, Span::new(start, rest.end), escape);
        if word == "--" {
            return (flags, Span::new(end, rest.end));
        }
        let (name, value) = match word.split_once('=') {
            Some((name, value)) => (name.to_owned(), Some(value.to_owned())),
            None => (word, None),
        };
        flags.push(Flag { name, value, span: Span::new(start, end) });
        at = end;
    }
}

/// One flag with quotes and escapes processed, and where it ends.
fn flag_word(text: &str, span: Span, escape: char) -> (String, usize) {
    let mut word = String::new();
    let mut quote = None;
    let mut chars = span.of(text).char_indices();
    while let Some((at, ch)) = chars.next() {
        match (quote, ch) {
            (None, ch) if ch.is_whitespace() => return (word, span.start + at),
            (None, '\'' | '"') => quote = Some(ch),
            (Some(open), ch) if ch == open => quote = None,
            (_, ch) if ch == escape => word.extend(chars.next().map(|(_, ch)| ch)),
            (_, ch) => word.push(ch),
        }
    }
    (word, span.end)
}

fn arguments(keyword: Keyword, text: &str, rest: Span, escape: char, depth: usize) -> Parsed<Arguments> {
    match keyword {
        Keyword::Add | Keyword::Copy | Keyword::Volume => {
            Ok(json(text, rest)?.unwrap_or_else(|| blank_separated(text, rest)))
        }
        Keyword::Cmd | Keyword::Entrypoint | Keyword::Run | Keyword::Shell => maybe_json(text, rest),
        Keyword::Expose | Keyword::From => Ok(blank_separated(text, rest)),
        Keyword::Maintainer | Keyword::Stopsignal | Keyword::User | Keyword::Workdir | Keyword::Unknown => {
            Ok(whole(text, rest))
        }
        Keyword::Arg => Ok(arg_pairs(text, rest, escape)),
        Keyword::Env | Keyword::Label => pairs(keyword, text, rest, escape),
        Keyword::Healthcheck => health(text, rest),
        Keyword::Onbuild if rest.is_empty() => Ok(Arguments::None),
        Keyword::Onbuild if depth >= MAX_ONBUILD => Err("Chaining ONBUILD via `ONBUILD ONBUILD` isn't allowed".into()),
        Keyword::Onbuild => Ok(Arguments::Onbuild(Box::new(parts_in(text, rest, escape, depth + 1)?))),
    }
}

fn whole(text: &str, rest: Span) -> Arguments {
    if rest.is_empty() {
        return Arguments::None;
    }
    Arguments::Text(Argument { text: rest.of(text).to_owned(), span: rest })
}

fn maybe_json(text: &str, rest: Span) -> Parsed<Arguments> {
    Ok(json(text, rest)?.unwrap_or_else(|| whole(text, rest)))
}

/// A JSON array of strings. Anything that is not a JSON array is `None`: BuildKit falls back to the shell form.
fn json(text: &str, rest: Span) -> Parsed<Option<Arguments>> {
    if !rest.of(text).starts_with('[') {
        return Ok(None);
    }
    let Ok(values) = serde_json::from_str::<Vec<serde_json::Value>>(rest.of(text)) else { return Ok(None) };
    let words: Option<Vec<Argument>> = values
        .into_iter()
        .map(|value| match value {
            serde_json::Value::String(text) => Some(Argument { text, span: rest }),
            _ => None,
        })
        .collect();
    match words {
        Some(words) => Ok(Some(Arguments::Json(words))),
        None => Err("when using JSON array syntax, arrays must be comprised of strings only".into()),
    }
}

fn blank_separated(text: &str, rest: Span) -> Arguments {
    let mut words = Vec::new();
    let mut left = rest;
    while !left.is_empty() {
        let (word, behind) = first_word(text, left);
        words.push(Argument { text: word.of(text).to_owned(), span: word });
        left = behind;
    }
    if words.is_empty() { Arguments::None } else { Arguments::Words(words) }
}

/// Words between blanks, where quotes and escapes protect a blank. They stay in the word.
fn quoted_words(text: &str, rest: Span, escape: char) -> Vec<Span> {
    let mut words = Vec::new();
    let mut start = None;
    let mut quote = None;
    let mut end = rest.end;
    let mut chars = rest.of(text).char_indices();
    while let Some((at, ch)) = chars.next() {
        let at = rest.start + at;
        match quote {
            None if ch.is_whitespace() => {
                words.extend(start.take().map(|start| Span::new(start, at)));
                continue;
            }
            None if matches!(ch, '\'' | '"') => quote = Some(ch),
            Some(open) if ch == open => quote = None,
            _ if ch == escape && quote != Some('\'') => {
                // With nothing left to escape, BuildKit drops the character.
                let Some(_) = chars.next() else {
                    end = at;
                    break;
                };
            }
            _ => {}
        }
        start = start.or(Some(at));
    }
    words.extend(start.map(|start| Span::new(start, end)));
    words
}

fn arg_pairs(text: &str, rest: Span, escape: char) -> Arguments {
    let pairs: Vec<Pair> = quoted_words(text, rest, escape).into_iter().map(|span| pair(text, span)).collect();
    if pairs.is_empty() { Arguments::None } else { Arguments::Pairs { pairs, legacy: false } }
}

fn pair(text: &str, span: Span) -> Pair {
    match span.of(text).split_once('=') {
        Some((key, value)) => Pair { key: key.to_owned(), value: Some(value.to_owned()), span },
        None => Pair { key: span.of(text).to_owned(), value: None, span },
    }
}

fn pairs(keyword: Keyword, text: &str, rest: Span, escape: char) -> Parsed<Arguments> {
    let words = quoted_words(text, rest, escape);
    let Some(first) = words.first() else { return Ok(Arguments::None) };
    if !first.of(text).contains('=') {
        let (key, value) = first_word(text, rest);
        if value.is_empty() {
            return Err(format!("{} must have two arguments", keyword.as_str()));
        }
        let pair = Pair { key: key.of(text).to_owned(), value: Some(value.of(text).to_owned()), span: rest };
        return Ok(Arguments::Pairs { pairs: vec![pair], legacy: true });
    }
    let pairs: Vec<Pair> = words.into_iter().map(|span| pair(text, span)).collect();
    match pairs.iter().find(|pair| pair.value.is_none()) {
        Some(bad) => {
            Err(format!("Syntax error - can't find = in {:?}. Must be of the form: name=value", bad.span.of(text)))
        }
        None => Ok(Arguments::Pairs { pairs, legacy: false }),
    }
}

fn health(text: &str, rest: Span) -> Parsed<Arguments> {
    if rest.is_empty() {
        return Ok(Arguments::None);
    }
    let inner = rest.of(text);
    let end = inner.find(char::is_whitespace).unwrap_or(inner.len());
    let kind = Span::new(rest.start, rest.start + end);
    let command = trimmed(text, Span::new(kind.end, rest.end));
    Ok(Arguments::Health {
        kind: Argument { text: kind.of(text).to_owned(), span: kind },
        command: Box::new(maybe_json(text, command)?),
    })
}
