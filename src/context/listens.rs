//! Where the sources listen, on a port that they name themselves.

use super::Context;
use super::ports::is_tools_own;
use super::role::Language;
use super::scan::{Source, Token, sources};

/// A call that makes a program listen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listen {
    /// The port; `None` where it is not literal.
    pub port: Option<u16>,
    /// The file.
    pub file: String,
    /// Its line, from 1.
    pub line: usize,
}

/// The calls of `listen` in JavaScript, in the order of files and lines.
#[must_use]
pub fn listens(context: &Context) -> Vec<Listen> {
    let javascript = sources(context).filter(|source| source.language == Language::JavaScript);
    javascript.filter(|source| !is_tools_own(source)).flat_map(|source| of_source(&source)).collect()
}

fn of_source(source: &Source) -> Vec<Listen> {
    let is_call = |at: &usize| {
        let called = matches!(source.from(*at), [Token::Word("listen"), Token::Sign(b'('), ..]);
        called && source.before(*at).ends_with(&[Token::Sign(b'.')])
    };
    let found = (0..source.tokens.len()).filter(is_call);
    found
        .map(|at| Listen {
            port: source.arguments(at + 1).split(|token| *token == Token::Sign(b',')).next().and_then(port),
            file: source.path.to_owned(),
            line: source.line(at),
        })
        .collect()
}

/// The port of `3000` or `"3000"`.
fn port(argument: &[Token]) -> Option<u16> {
    match argument {
        [Token::Word(number) | Token::Text(number)] => number.parse().ok().filter(|&number| number > 0),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(path: &str, text: &str) -> Vec<(Option<u16>, usize)> {
        let listens = listens(&Context::from_files([(path, text)]));
        listens.into_iter().map(|listen| (listen.port, listen.line)).collect()
    }

    #[test]
    fn a_literal_port_is_read_and_any_other_one_is_seen() {
        assert_eq!(found("main.ts", "\nawait app.listen(3000, '0.0.0.0');"), [(Some(3000), 2)]);
        assert_eq!(found("a.js", "app.listen('4000', () => {})"), [(Some(4000), 1)]);
        assert_eq!(found("a.js", "app.listen(config.port); app.listen({ port: 1 })"), [(None, 1), (None, 1)]);
    }

    #[test]
    fn comments_tests_and_other_calls_do_not_count() {
        assert_eq!(found("a.js", "// app.listen(3000)\nlisten(3000)"), []);
        assert_eq!(found("test/a.js", "app.listen(3000)"), []);
        assert_eq!(found("a.py", "app.listen(3000)"), []);
    }
}
