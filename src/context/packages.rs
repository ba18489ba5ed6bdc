//! The packages and programs that sources in JavaScript and TypeScript name.

use super::Context;
use super::role::Language;
use super::scan::{Source, Token, sources};

/// A name in a source.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Named {
    /// The package or program.
    pub name: String,
    /// Whether it is imported for certain: by `import`, `export … from` or `require`.
    pub is_imported: bool,
    /// The file.
    pub file: String,
    /// Its line, from 1.
    pub line: usize,
}

/// What is asked about a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Part {
    /// The program's own.
    Program,
    /// Read by a tool of development alone: its settings, a story of a component, declarations of types.
    Tooling,
}

/// What Node brings itself.
const BUILTIN: [&str; 43] = [
    "assert",
    "async_hooks",
    "buffer",
    "child_process",
    "cluster",
    "console",
    "constants",
    "crypto",
    "dgram",
    "diagnostics_channel",
    "dns",
    "domain",
    "events",
    "fs",
    "http",
    "http2",
    "https",
    "inspector",
    "module",
    "net",
    "os",
    "path",
    "perf_hooks",
    "process",
    "punycode",
    "querystring",
    "readline",
    "repl",
    "sea",
    "sqlite",
    "stream",
    "string_decoder",
    "sys",
    "test",
    "timers",
    "tls",
    "trace_events",
    "tty",
    "url",
    "util",
    "v8",
    "vm",
    "zlib",
];

/// The packages and programs below `folder` that the program's sources name in a literal: what they import, and what
/// they may load or start by its name. Tests are not looked at, nor are settings of tools, unless the program loads them.
#[must_use]
pub fn named(context: &Context, folder: &str) -> Vec<Named> {
    let own = |source: &Source| is_below(source.path, folder) && source.language == Language::JavaScript;
    let (tooling, program): (Vec<Source>, Vec<Source>) =
        sources(context).filter(own).partition(|source| part(source.path) == Part::Tooling);
    let is_loaded = |tool: &&Source| program.iter().any(|source| loads(source, tool.path));
    let loaded = tooling.iter().filter(is_loaded);
    program.iter().chain(loaded).flat_map(in_source).collect()
}

/// What the settings of tools name whose file's name starts with `start`.
#[must_use]
pub fn named_in_settings(context: &Context, folder: &str, start: &str) -> Vec<Named> {
    let is_asked = |source: &Source| {
        let (above, name) = source.path.rsplit_once('/').unwrap_or(("", source.path));
        above == folder && name.starts_with(start)
    };
    sources(context).filter(is_asked).flat_map(|source| in_source(&source)).collect()
}

fn is_below(path: &str, folder: &str) -> bool {
    folder.is_empty() || path.strip_prefix(folder).is_some_and(|rest| rest.starts_with('/'))
}

fn part(path: &str) -> Part {
    const STARTS: [&str; 8] = [".", "gulpfile.", "Gruntfile.", "webpack.", "rollup.", "karma.", "jest.", "vitest."];
    const PARTS: [&str; 4] = [".config.", ".conf.", ".stories.", ".d."];
    let name = path.rsplit('/').next().unwrap_or(path);
    let is_tooling = path.starts_with('.')
        || path.contains("/.")
        || STARTS.iter().any(|start| name.starts_with(start))
        || PARTS.iter().any(|part| name.contains(part));
    if is_tooling { Part::Tooling } else { Part::Program }
}

/// Whether a source names the file at `path` by a relative path, with or without its ending.
fn loads(source: &Source, path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path);
    let stem = name.rsplit_once('.').map_or(name, |(stem, _)| stem);
    source.tokens.iter().any(|token| match token {
        Token::Text(text) => {
            text.contains('/') && text.rsplit('/').next().is_some_and(|last| last == name || last == stem)
        }
        _ => false,
    })
}

fn in_source(source: &Source) -> Vec<Named> {
    let mut found = Vec::new();
    for (at, token) in source.tokens.iter().enumerate() {
        let Token::Text(text) = token else { continue };
        let use_ = use_of(source.before(at));
        let Some(name) = name_in(text).filter(|_| use_ != Use::Type) else { continue };
        let is_imported = use_ == Use::Import;
        found.push(Named { name, is_imported, file: source.path.to_owned(), line: source.line(at) });
    }
    found
}

/// What a literal is there for.
#[derive(PartialEq, Eq)]
enum Use {
    Import,
    /// An import of types alone, of which nothing is left when the program runs.
    Type,
    Other,
}

fn use_of(before: &[Token]) -> Use {
    match before {
        [.., Token::Word("from")] => from(before),
        [.., Token::Word("import")] | [.., Token::Word("require" | "import"), Token::Sign(b'(')] => Use::Import,
        _ => Use::Other,
    }
}

/// The use of the literal behind `from`.
fn from(before: &[Token]) -> Use {
    let is_keyword = |token: &Token| matches!(token, Token::Word("import" | "export"));
    let Some(start) = before.iter().rposition(is_keyword) else { return Use::Other };
    match before.get(start + 1..) {
        Some(
            [Token::Word("type"), Token::Sign(b'{' | b'*'), ..]
            | [Token::Word("type"), Token::Word(_), Token::Word("from")],
        ) => Use::Type,
        _ => Use::Import,
    }
}

/// The package that a module's name leads to, or the program that a command line starts.
fn name_in(text: &str) -> Option<String> {
    let first = match text.split_once(' ') {
        Some(_) => {
            text.split_ascii_whitespace().find(|word| !matches!(*word, "npx" | "yarn" | "pnpm" | "exec" | "run"))?
        }
        None => text,
    };
    package_of(first).filter(|name| !BUILTIN.contains(name)).map(str::to_owned)
}

/// The package of a module's name: the `a` of `a/b`, the `@a/b` of `@a/b/c`; none of a path or a part of Node.
#[must_use]
pub fn package_of(module: &str) -> Option<&str> {
    let is_plain = |text: &str| {
        let mut bytes = text.bytes();
        bytes.next().is_some_and(|first| first.is_ascii_alphanumeric() || first == b'@')
            && bytes.all(|byte| byte.is_ascii_alphanumeric() || b"-._~/".contains(&byte))
    };
    let parts = if module.starts_with('@') { 2 } else { 1 };
    let end = module.match_indices('/').nth(parts - 1).map_or(module.len(), |(at, _)| at);
    let name = module.get(..end)?;
    let is_whole = name.matches('/').count() == parts - 1 && !name.ends_with('/') && name != "@";
    (is_plain(module) && is_whole).then_some(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(files: &[(&str, &str)]) -> Vec<(String, bool)> {
        let found = named(&Context::from_files(files.iter().copied()), "");
        found.into_iter().map(|named| (named.name, named.is_imported)).collect()
    }

    fn names_of(text: &str) -> Vec<(String, bool)> {
        names(&[("src/a.ts", text)])
    }

    #[test]
    fn imports_are_told_from_other_literals() {
        for (text, name, is_imported) in [
            ("import a from 'b'", "b", true),
            ("import { type C } from 'b/c'", "b", true),
            ("import 'b'", "b", true),
            ("export * from '@b/c/d'", "@b/c", true),
            ("const a = require('b')", "b", true),
            ("await import('b')", "b", true),
            ("app.set('view engine', 'b')", "b", false),
            ("exec('npx b c')", "b", false),
        ] {
            assert!(names_of(text).contains(&(name.into(), is_imported)), "{text}");
        }
    }

    #[test]
    fn paths_parts_of_node_and_types_name_no_package() {
        for text in [
            "import './b'",
            "import '/b'",
            "require('node:fs')",
            "import type { B } from 'b'",
            "import type B from 'b'",
            "export type * from 'b'",
            "// import 'b'",
            "fetch('https://b')",
        ] {
            assert_eq!(names_of(text), [], "{text}");
        }
    }

    #[test]
    fn the_settings_of_tools_count_where_the_program_loads_them() {
        let settings = ("web/vite.config.ts", "import vue from 'vue-plugin'");
        assert_eq!(names(&[settings]), []);
        let server = ("server.js", "require('./web/vite.config')");
        assert_eq!(names(&[settings, server]), [("vue-plugin".into(), true)]);
        assert_eq!(names(&[("a.test.js", "require('b')"), ("test/c.js", "require('b')")]), []);
    }
}
