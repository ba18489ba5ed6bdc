//! Express, Koa, Fastify, Hono.

use super::{Files, Import, Mount, Router, Source, Surface, Token, assigned_to, folder, prefix_argument};

/// What a module exports without a name.
const DEFAULT: &str = "default";

pub(super) fn read<'a>(files: &Files<'a>, source: &Source<'a>, surface: &mut Surface<'a>) {
    for at in 0..source.tokens.len() {
        match source.from(at) {
            [Token::Word(name), Token::Sign(b'('), ..] => call(files, source, at, name, surface),
            [Token::Word("from"), Token::Text(path), ..] => import(files, source, at, path, surface),
            [Token::Word("export"), Token::Word(DEFAULT), Token::Word(name), ..]
            | [
                Token::Word("module"),
                Token::Sign(b'.'),
                Token::Word("exports"),
                Token::Sign(b'='),
                Token::Word(name),
                ..,
            ] => {
                surface.imports.insert(DEFAULT, Import { file: source.path, symbol: Some(name) });
            }
            _ => {}
        }
    }
}

fn call<'a>(files: &Files<'a>, source: &Source<'a>, at: usize, name: &str, surface: &mut Surface<'a>) {
    let arguments = || source.arguments(at + 1);
    let before = source.before(at);
    match name {
        "express" | "fastify" | "Fastify" | "Hono" | "Koa" => bind(before, Router::Root, surface),
        "Router" => bind(before, Router::Child(prefix_argument(arguments(), "prefix")), surface),
        "require" => {
            if let [Token::Text(path)] = arguments()
                && let Some(file) = module_file(files, source.path, path)
            {
                surface.imports.insert(path, Import { file, symbol: Some(DEFAULT) });
                required(before, file, surface);
            }
        }
        _ => {
            if let [.., Token::Word(receiver), Token::Sign(b'.')] = before {
                method(source, at, receiver, name, surface);
            }
        }
    }
}

fn bind<'a>(before: &[Token<'a>], router: Router<'a>, surface: &mut Surface<'a>) {
    if let Some(name) = assigned_to(before) {
        surface.bind(name, router);
    }
}

fn method<'a>(source: &Source<'a>, at: usize, receiver: &'a str, name: &str, surface: &mut Surface<'a>) {
    let arguments = source.arguments(at + 1);
    match (name, arguments) {
        // With one argument, `app.get` reads a setting.
        ("get" | "all", [Token::Text(path), Token::Sign(b','), ..]) => {
            surface.route(Some(receiver), path, source.line(at));
        }
        ("route", [Token::Text(path)]) => {
            if let [Token::Sign(b')'), Token::Sign(b'.'), Token::Word("get" | "all"), ..] = source.from(at + 3) {
                surface.route(Some(receiver), path, source.line(at));
            }
        }
        ("use" | "route", _) => {
            let (prefix, children) = match arguments {
                [Token::Text(prefix), Token::Sign(b','), children @ ..] => (Some(*prefix), children),
                [Token::Hole | Token::Sign(b'['), ..] => (None, arguments),
                _ => (Some(""), arguments),
            };
            for child in children.split(|token| *token == Token::Sign(b',')) {
                let child = mounted(child);
                if !child.is_empty() {
                    surface.mounts.push(Mount { parent: receiver, child, prefix, replaces: false });
                }
            }
        }
        _ => {}
    }
}

/// The router that an argument of `use` names.
fn mounted<'a>(argument: &[Token<'a>]) -> Vec<&'a str> {
    match argument {
        [Token::Word("require"), Token::Sign(b'('), Token::Text(path), Token::Sign(b')')] => vec![path],
        [Token::Word(name)] | [Token::Word(name), Token::Sign(b'.'), Token::Word("routes"), Token::Sign(b'('), ..] => {
            vec![name]
        }
        [Token::Word(module), Token::Sign(b'.'), Token::Word(name)] => vec![module, name],
        _ => Vec::new(),
    }
}

/// `const a = require(…)` or `const { a, b: c } = require(…)`
fn required<'a>(before: &[Token<'a>], file: &'a str, surface: &mut Surface<'a>) {
    match before {
        [names @ .., Token::Sign(b'}'), Token::Sign(b'=')] => {
            named(names, file, surface);
        }
        [.., Token::Word(name), Token::Sign(b'=')] => {
            surface.imports.insert(name, Import { file, symbol: Some(DEFAULT) });
        }
        _ => {}
    }
}

/// `import a, { b as c } from …` or `import * as a from …`
fn import<'a>(files: &Files<'a>, source: &Source<'a>, at: usize, path: &str, surface: &mut Surface<'a>) {
    let Some(file) = module_file(files, source.path, path) else { return };
    let mut names = source.before(at);
    if let [before @ .., Token::Sign(b'}')] = names {
        names = named(before, file, surface);
    }
    if let [.., Token::Word("import"), Token::Word(name)]
    | [.., Token::Word("import"), Token::Word(name), Token::Sign(b',')] = names
    {
        surface.imports.insert(name, Import { file, symbol: Some(DEFAULT) });
    } else if let [.., Token::Sign(b'*'), Token::Word("as"), Token::Word(name)] = names {
        surface.imports.insert(name, Import { file, symbol: None });
    }
}

/// Reads the names after the last `{`, and gives what stands before it.
fn named<'t, 'a>(tokens: &'t [Token<'a>], file: &'a str, surface: &mut Surface<'a>) -> &'t [Token<'a>] {
    let Some(open) = tokens.iter().rposition(|token| *token == Token::Sign(b'{')) else { return &[] };
    let (before, names) = tokens.split_at(open);
    for name in names.get(1..).unwrap_or_default().split(|token| *token == Token::Sign(b',')) {
        if let [Token::Word(symbol)] = name {
            surface.imports.insert(symbol, Import { file, symbol: Some(symbol) });
        } else if let [Token::Word(symbol), Token::Word("as") | Token::Sign(b':'), Token::Word(name)] = name {
            surface.imports.insert(name, Import { file, symbol: Some(symbol) });
        }
    }
    before
}

/// The file of a relative import, with or without its extension.
fn module_file<'a>(files: &Files<'a>, importer: &str, path: &str) -> Option<&'a str> {
    if !path.starts_with('.') {
        return None;
    }
    let mut parts: Vec<&str> = folder(importer).split('/').filter(|part| !part.is_empty()).collect();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => drop(parts.pop()?),
            _ => parts.push(part),
        }
    }
    let base = parts.join("/");
    let stem = base.strip_suffix(".js").or_else(|| base.strip_suffix(".mjs")).unwrap_or(&base);
    let extensions = ["js", "ts", "mjs", "cjs", "mts", "cts", "jsx", "tsx"];
    let beside = |base: &str| extensions.iter().find_map(|extension| files.exact(&format!("{base}.{extension}")));
    files.exact(&base).or_else(|| beside(stem)).or_else(|| beside(&format!("{base}/index")))
}
