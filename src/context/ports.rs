//! Where the sources take their port from `PORT`.

use std::collections::BTreeSet;

use super::Context;
use super::environment::variables;
use super::role::Language;
use super::scan::{Source, Token, sources};

/// A place where a source takes its port from the environment's `PORT`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EnvPort {
    /// The literal default; `None` where there is none, or none that is literal.
    pub default: Option<u16>,
    /// The file that says so.
    pub file: String,
    /// Its line, from 1.
    pub line: usize,
}

/// The variable that platforms set and programs follow.
pub const VARIABLE: &str = "PORT";

/// Where the sources read `PORT`, in the order of files and lines. The settings of build tools don't count.
#[must_use]
pub fn ports(context: &Context) -> Vec<EnvPort> {
    sources(context).filter(|source| !is_tools_own(source)).flat_map(|source| of_source(context, &source)).collect()
}

/// `vite.config.js`, `playwright.config.ts`: their port is that of a development server.
pub(super) fn is_tools_own(source: &Source<'_>) -> bool {
    source.language == Language::JavaScript && source.path.contains(".config.")
}

fn of_source(context: &Context, source: &Source<'_>) -> Vec<EnvPort> {
    let mut found = in_code(source, 0);
    let holes = source.tokens.iter().enumerate().filter(|(_, token)| **token == Token::Hole);
    let holes: BTreeSet<usize> = holes.map(|(at, _)| source.line(at)).collect();
    let lines = context.text(source.path).unwrap_or_default().lines().enumerate();
    for (before, line) in lines.filter(|(before, line)| line.contains(VARIABLE) && holes.contains(&(before + 1))) {
        let inner = filled_in(line).map(|inner| Source::read(source.path, source.language, inner));
        found.extend(inner.flat_map(|inner| in_code(&inner, before)));
    }
    found.sort_by_key(|port| port.line);
    found.dedup();
    found
}

/// The readings in code that starts behind so many lines.
fn in_code(source: &Source<'_>, lines_before: usize) -> Vec<EnvPort> {
    let readings = variables(source).into_iter().filter(|variable| variable.name == VARIABLE);
    readings
        .map(|variable| EnvPort {
            default: variable.default.and_then(|text| text.parse().ok()).filter(|&number| number > 0),
            file: source.path.to_owned(),
            line: lines_before + variable.line,
        })
        .collect()
}

/// The code inside the braces of a string that is filled in.
fn filled_in(line: &str) -> impl Iterator<Item = &str> {
    line.split('{').skip(1).filter_map(|rest| rest.split_once('}').map(|(inner, _)| inner))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(path: &str, text: &str) -> Vec<(Option<u16>, usize)> {
        let ports = ports(&Context::from_files([(path, text)]));
        ports.into_iter().map(|port| (port.default, port.line)).collect()
    }

    #[test]
    fn a_port_has_its_default_and_its_line() {
        assert_eq!(found("a.js", "\nconst port = process.env.PORT || 3000;"), [(Some(3000), 2)]);
        assert_eq!(found("a.py", "port = os.environ['PORT']"), [(None, 1)]);
        assert_eq!(found("a.py", "port = os.environ.get('DB_PORT', '5432')"), []);
        assert_eq!(found("a.js", "process.env.PORT || '/run/socket'"), [(None, 1)]);
    }

    #[test]
    fn a_string_that_is_filled_in_is_read() {
        let gunicorn =
            "import os\nbind = f\"0.0.0.0:{os.environ.get('PORT', '8000')}\"\n# {os.environ.get('PORT', '1')}";
        assert_eq!(found("gunicorn.conf.py", gunicorn), [(Some(8000), 2)]);
        assert_eq!(found("a.js", "listen(`:${process.env.PORT ?? 4000}`)"), [(Some(4000), 1)]);
    }

    #[test]
    fn comments_tests_and_the_settings_of_tools_do_not_count() {
        assert_eq!(found("a.js", "// process.env.PORT || 3000"), []);
        assert_eq!(found("tests/a.js", "process.env.PORT || 3000"), []);
        assert_eq!(found("playwright.config.ts", "process.env.PORT || 3000"), []);
    }
}
