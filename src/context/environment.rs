//! The environment variables that a source reads, with their literal defaults.

use super::scan::{Source, Token};

/// A variable of the environment that a source reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Variable<'a> {
    pub(super) name: &'a str,
    /// What stands in for it where it is not set, if that is literal.
    pub(super) default: Option<&'a str>,
    /// The line, from 1.
    pub(super) line: usize,
}

/// The variables that the source reads, in order.
pub(super) fn variables<'a>(source: &Source<'a>) -> Vec<Variable<'a>> {
    let mut found = Vec::new();
    for at in 0..source.tokens.len() {
        let line = source.line(at);
        if let Some((name, rest, form)) = read(source, at) {
            let default = default(rest, form).or_else(|| assigned_later(source, at));
            found.push(Variable { name, default, line });
        }
        if is_taken_apart(source, at) {
            let defaults = taken_apart(source.before(at));
            found.extend(defaults.map(|(name, default)| Variable { name, default: Some(default), line }));
        }
    }
    found
}

/// Where a default may stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    /// `get("NAME", default)`
    Call,
    /// `env.NAME || default`
    Member,
    /// `cmp.Or(os.Getenv("NAME"), default)`
    Choice,
}

/// The variable whose reading starts at the `at`th token, and what follows its name.
fn read<'s, 'a>(source: &'s Source<'a>, at: usize) -> Option<(&'a str, &'s [Token<'a>], Form)> {
    let before = source.before(at);
    match source.from(at) {
        [
            Token::Word("env" | "environ"),
            Token::Sign(b'.'),
            Token::Word("get"),
            Token::Sign(b'('),
            Token::Text(name),
            rest @ ..,
        ]
        | [
            Token::Word("ENV"),
            Token::Sign(b'.'),
            Token::Word("fetch"),
            Token::Sign(b'('),
            Token::Text(name),
            rest @ ..,
        ]
        | [Token::Word("getenv" | "GetEnvironmentVariable"), Token::Sign(b'('), Token::Text(name), rest @ ..] => {
            Some((name, rest, Form::Call))
        }
        [Token::Word("getOrDefault"), Token::Sign(b'('), Token::Text(name), rest @ ..] => {
            let of_environment = [Token::Word("getenv"), Token::Sign(b'('), Token::Sign(b')'), Token::Sign(b'.')];
            before.ends_with(&of_environment).then_some((*name, rest, Form::Call))
        }
        [Token::Word("Getenv"), Token::Sign(b'('), Token::Text(name), rest @ ..] => {
            let chosen = [Token::Word("Or"), Token::Sign(b'('), Token::Word("os"), Token::Sign(b'.')];
            Some((name, rest, if before.ends_with(&chosen) { Form::Choice } else { Form::Call }))
        }
        [Token::Word("var"), Token::Sign(b'('), Token::Text(name), rest @ ..] => {
            let of_environment = [Token::Word("env"), Token::Sign(b':'), Token::Sign(b':')];
            before.ends_with(&of_environment).then_some((*name, rest, Form::Call))
        }
        [Token::Word("env"), Token::Sign(b'.'), Token::Word(name), rest @ ..]
        | [Token::Word("env"), Token::Sign(b'['), Token::Text(name), rest @ ..] => {
            let of_process = matches!(before, [.., Token::Word("process" | "Bun"), Token::Sign(b'.')]);
            of_process.then_some((*name, rest, Form::Member))
        }
        [Token::Word("environ" | "ENV"), Token::Sign(b'['), Token::Text(name), rest @ ..] => {
            Some((name, rest, Form::Member))
        }
        _ => None,
    }
}

/// The literal that stands in for the variable, from what follows its name.
fn default<'a>(rest: &[Token<'a>], form: Form) -> Option<&'a str> {
    let (mut rest, mut closed) = (rest, 0);
    loop {
        rest = match rest {
            [Token::Sign(b')' | b']'), rest @ ..] => {
                closed += 1;
                rest
            }
            // The base of `parseInt`.
            [Token::Sign(b','), Token::Word("10"), rest @ ..] => rest,
            [Token::Sign(b','), value, ..] => {
                let is_default = matches!((form, closed), (Form::Call, 0) | (Form::Choice, 1));
                return is_default.then(|| literal(value)).flatten();
            }
            [Token::Sign(b'|'), Token::Sign(b'|'), value, ..]
            | [Token::Sign(b'?'), Token::Sign(b'?' | b':'), value, ..]
            | [Token::Word("or"), value, ..]
            | [Token::Sign(b'.'), Token::Word("unwrap_or"), Token::Sign(b'('), value, ..]
            | [
                Token::Sign(b'.'),
                Token::Word("unwrap_or_else"),
                Token::Sign(b'('),
                Token::Sign(b'|'),
                Token::Word("_"),
                Token::Sign(b'|'),
                value,
                ..,
            ] => return literal(value),
            _ => return None,
        };
    }
}

fn literal<'a>(value: &Token<'a>) -> Option<&'a str> {
    match value {
        Token::Text(text) => Some(text),
        Token::Word(word) if word.starts_with(|ch: char| ch.is_ascii_digit()) => Some(word),
        _ => None,
    }
}

/// `x := os.Getenv("NAME")`, then `if x == "" { x = "default" }`: the tokens in which that has to follow.
const NEAR: usize = 24;

fn assigned_later<'a>(source: &Source<'a>, at: usize) -> Option<&'a str> {
    let name = assigned_to(source.before(at))?;
    let after = source.from(at);
    let after = after.get(..NEAR).unwrap_or(after);
    let condition = after.iter().position(|token| *token == Token::Word("if"))?;
    after.get(condition..)?.windows(4).find_map(|window| match window {
        [before, Token::Word(own), Token::Sign(b'='), value] if *own == name && *before != Token::Sign(b'.') => {
            literal(value)
        }
        _ => None,
    })
}

/// The name before `= os.` or `= System.`
fn assigned_to<'a>(before: &[Token<'a>]) -> Option<&'a str> {
    match before {
        [.., Token::Word(name), Token::Sign(b'='), Token::Word(_), Token::Sign(b'.')]
        | [.., Token::Word(name), Token::Sign(b':'), Token::Sign(b'='), Token::Word(_), Token::Sign(b'.')] => {
            Some(name)
        }
        _ => None,
    }
}

/// `const { NAME = default } = process.env`
fn is_taken_apart(source: &Source<'_>, at: usize) -> bool {
    let is_environment = matches!(source.from(at), [Token::Word("process"), Token::Sign(b'.'), Token::Word("env"), rest @ ..]
            if rest.first() != Some(&Token::Sign(b'.')));
    is_environment && source.before(at).ends_with(&[Token::Sign(b'}'), Token::Sign(b'=')])
}

fn taken_apart<'s, 'a>(before: &'s [Token<'a>]) -> impl Iterator<Item = (&'a str, &'a str)> + use<'s, 'a> {
    let start = before.iter().rposition(|token| *token == Token::Sign(b'{')).unwrap_or(before.len());
    before.get(start..).unwrap_or_default().windows(3).filter_map(|window| match window {
        [Token::Word(name), Token::Sign(b'='), value] => Some((*name, literal(value)?)),
        _ => None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::context::role::Language;

    fn found(language: Language, text: &str) -> Vec<(&str, Option<&str>)> {
        let source = Source::read("x", language, text);
        variables(&source).into_iter().map(|variable| (variable.name, variable.default)).collect()
    }

    #[test]
    fn every_language_has_its_own_defaults() {
        let cases = [
            (Language::JavaScript, "process.env.A || 1"),
            (Language::JavaScript, "process.env.A ?? '1'"),
            (Language::JavaScript, "Number(process.env['A']) || 1"),
            (Language::JavaScript, "parseInt(process.env.A, 10) || 1"),
            (Language::JavaScript, "const { B, A = 1 } = process.env;"),
            (Language::JavaScript, "Deno.env.get('A') ?? '1'"),
            (Language::Python, "int(os.environ.get('A', '1'))"),
            (Language::Python, "int(os.getenv('A', 1))"),
            (Language::Python, "int(os.environ.get('A') or 1)"),
            (Language::Jvm, "System.getenv().getOrDefault(\"A\", \"1\")"),
            (Language::Jvm, "String a = System.getenv(\"A\"); if (a == null) a = \"1\";"),
            (Language::Go, "a := os.Getenv(\"A\")\nif a == \"\" {\na = \"1\"\n}"),
            (Language::Go, "cmp.Or(os.Getenv(\"A\"), \"1\")"),
            (Language::Ruby, "ENV.fetch('A', 1)"),
            (Language::Ruby, "ENV['A'] || 1"),
            (Language::Rust, "env::var(\"A\").unwrap_or_else(|_| \"1\".into())"),
            (Language::Php, "getenv('A') ?: '1'"),
            (Language::CSharp, "Environment.GetEnvironmentVariable(\"A\") ?? \"1\""),
        ];
        for (language, text) in cases {
            assert_eq!(found(language, text), [("A", Some("1"))], "{text}");
        }
    }

    #[test]
    fn what_is_no_default_is_not_taken_for_one() {
        let cases = [
            (Language::JavaScript, "f(process.env.A, 'x')"),
            (Language::JavaScript, "process.env.A || b"),
            (Language::JavaScript, "process.env.A === 'x'"),
            (Language::Python, "f(os.getenv('A'), 'x')"),
            (Language::Python, "os.environ['A']"),
            (Language::Jvm, "System.getenv().getOrDefault(\"A\", properties.getProperty(\"a\"))"),
            (Language::Go, "a := os.Getenv(\"A\")\nb = \"1\""),
        ];
        for (language, text) in cases {
            assert_eq!(found(language, text), [("A", None)], "{text}");
        }
        assert_eq!(found(Language::Jvm, "map.getOrDefault(\"A\", \"1\")"), []);
        assert_eq!(found(Language::JavaScript, "config.env.A || 1"), []);
    }
}
