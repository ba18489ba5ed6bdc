//! FastAPI, Flask and their kin, aiohttp, Django.

use super::{Files, Import, Mount, Router, Source, Surface, Token, answers_get, assigned_to, folder, prefix_argument};

/// Django's list of routes, the router of its file.
pub(super) const URLS: &str = "urlpatterns";

pub(super) fn read<'a>(files: &Files<'a>, source: &Source<'a>, surface: &mut Surface<'a>) {
    let is_django =
        source.tokens.contains(&Token::Word(URLS)) && !source.tokens.contains(&Token::Word("i18n_patterns"));
    if is_django {
        surface.bind(URLS, Router::Child(Some("")));
    }
    for at in 0..source.tokens.len() {
        match source.from(at) {
            [Token::Word("from"), ..] => from_import(files, source, at, surface),
            [Token::Word("import"), ..] if starts_a_line(source, at) => import(files, source, at, surface),
            [Token::Word("ROOT_URLCONF"), Token::Sign(b'='), Token::Text(module), ..] => {
                surface.root = module_file(files, source.path, 0, module);
            }
            [Token::Word("path"), Token::Sign(b'('), Token::Text(path), Token::Sign(b','), view @ ..] if is_django => {
                django(files, source, at, path, view, surface);
            }
            [Token::Word(name), Token::Sign(b'('), ..] => call(source, at, name, surface),
            _ => {}
        }
    }
}

fn call<'a>(source: &Source<'a>, at: usize, name: &str, surface: &mut Surface<'a>) {
    let arguments = || source.arguments(at + 1);
    match name {
        "APIRouter" => constructed(source, at, Router::Child(prefix_argument(arguments(), "prefix")), surface),
        "Blueprint" | "APIBlueprint" => {
            constructed(source, at, Router::Child(prefix_argument(arguments(), "url_prefix")), surface);
        }
        "FastAPI" | "Flask" | "Quart" | "Sanic" | "Bottle" | "Starlette" | "RouteTableDef" | "Application" => {
            constructed(source, at, Router::Root, surface);
        }
        "include_router" => mount(source, at, arguments(), "prefix", false, surface),
        "register_blueprint" => mount(source, at, arguments(), "url_prefix", true, surface),
        "mount" => sub_application(source, at, arguments(), surface),
        "route" | "get" | "api_route" if is_decorator(source.before(at)) => route(source, at, arguments(), surface),
        "add_url_rule" | "add_api_route" | "add_route" | "add_get" => route(source, at, arguments(), surface),
        _ => {}
    }
}

fn constructed<'a>(source: &Source<'a>, at: usize, router: Router<'a>, surface: &mut Surface<'a>) {
    if let Some(name) = assigned_to(source.before(at)) {
        surface.bind(name, router);
    }
}

fn mount<'a>(
    source: &Source<'a>,
    at: usize,
    arguments: &[Token<'a>],
    keyword: &str,
    replaces: bool,
    surface: &mut Surface<'a>,
) {
    let prefix = prefix_argument(arguments, keyword);
    if let Some(parent) = receiver(source.before(at)) {
        let replaces = replaces && prefix != Some("");
        surface.mounts.push(Mount { parent, child: dotted(arguments), prefix, replaces });
    }
}

fn sub_application<'a>(source: &Source<'a>, at: usize, arguments: &[Token<'a>], surface: &mut Surface<'a>) {
    if let Some(parent) = receiver(source.before(at))
        && let [prefix, Token::Sign(b','), child @ ..] = arguments
    {
        let prefix = if let Token::Text(prefix) = prefix { Some(*prefix) } else { None };
        surface.mounts.push(Mount { parent, child: dotted(child), prefix, replaces: false });
    }
}

fn route<'a>(source: &Source<'a>, at: usize, arguments: &[Token<'a>], surface: &mut Surface<'a>) {
    if let [Token::Text(path)] | [Token::Text(path), Token::Sign(b','), ..] = arguments
        && let Some(router) = receiver(source.before(at))
        && answers_get(arguments)
    {
        surface.route(Some(router), path, source.line(at));
    }
}

/// A route of Django, or the place of another file's routes.
fn django<'a>(
    files: &Files<'a>,
    source: &Source<'a>,
    at: usize,
    path: &'a str,
    view: &[Token<'a>],
    surface: &mut Surface<'a>,
) {
    match view {
        [Token::Word("include"), Token::Sign(b'('), Token::Text(module), Token::Sign(b')' | b','), ..] => {
            if let Some(file) = module_file(files, source.path, 0, module) {
                surface.imports.insert(module, Import { file, symbol: Some(URLS) });
                surface.mounts.push(Mount { parent: URLS, child: vec![module], prefix: Some(path), replaces: false });
            }
        }
        [Token::Word("include"), ..] => {}
        _ if source.arguments(at + 1).ends_with(&[Token::Sign(b'.'), Token::Word("urls")]) => {}
        _ => surface.route(Some(URLS), path, source.line(at)),
    }
}

/// The object that a method is called on: the last name before the dot, `app` in `app.router.add_get`.
fn receiver<'a>(before: &[Token<'a>]) -> Option<&'a str> {
    match before {
        [.., Token::Word(name), Token::Sign(b'.'), Token::Word("router"), Token::Sign(b'.')]
        | [.., Token::Word(name), Token::Sign(b'.')] => Some(name),
        _ => None,
    }
}

fn is_decorator(mut before: &[Token<'_>]) -> bool {
    while let [rest @ .., Token::Word(_), Token::Sign(b'.')] = before {
        if rest.last() == Some(&Token::Sign(b'@')) {
            return true;
        }
        before = rest;
    }
    false
}

/// The names of `a.b.c` at the start of the tokens.
fn dotted<'a>(mut tokens: &[Token<'a>]) -> Vec<&'a str> {
    let mut names = Vec::new();
    while let [Token::Word(name), rest @ ..] = tokens {
        names.push(*name);
        match rest {
            [] | [Token::Sign(b','), ..] => return names,
            [Token::Sign(b'.'), rest @ ..] => tokens = rest,
            _ => break,
        }
    }
    Vec::new()
}

fn starts_a_line(source: &Source<'_>, at: usize) -> bool {
    at == 0 || source.line(at - 1) != source.line(at)
}

/// `import a.b.c as d`
fn import<'a>(files: &Files<'a>, source: &Source<'a>, at: usize, surface: &mut Surface<'a>) {
    let (module, rest) = module_name(source.from(at + 1));
    if let [Token::Word("as"), Token::Word(name), ..] = rest
        && let Some(file) = module_file(files, source.path, 0, &module)
    {
        surface.imports.insert(name, Import { file, symbol: None });
    }
}

/// `from ..a.b import c as d, e`
fn from_import<'a>(files: &Files<'a>, source: &Source<'a>, at: usize, surface: &mut Surface<'a>) {
    let tokens = source.from(at + 1);
    let level = tokens.iter().take_while(|token| **token == Token::Sign(b'.')).count();
    let (module, rest) = module_name(tokens.get(level..).unwrap_or_default());
    let [Token::Word("import"), rest @ ..] = rest else { return };
    let start = source.tokens.len() - rest.len();
    let names = match rest {
        [Token::Sign(b'('), ..] => source.arguments(start),
        _ => {
            let line = source.line(at);
            let length = (start..source.tokens.len()).take_while(|&at| source.line(at) == line).count();
            rest.get(..length).unwrap_or_default()
        }
    };
    for item in names.split(|token| *token == Token::Sign(b',')) {
        let ([Token::Word(symbol)] | [Token::Word(symbol), Token::Word("as"), _]) = item else { continue };
        let name = if let [_, _, Token::Word(name)] = item { name } else { symbol };
        let submodule = if module.is_empty() { (*symbol).to_owned() } else { format!("{module}.{symbol}") };
        let import = match module_file(files, source.path, level, &submodule) {
            Some(file) => Some(Import { file, symbol: None }),
            None => module_file(files, source.path, level, &module).map(|file| Import { file, symbol: Some(symbol) }),
        };
        if let Some(import) = import {
            surface.imports.insert(name, import);
        }
    }
}

/// The dotted name at the start of the tokens, and what follows it.
fn module_name<'t, 'a>(mut tokens: &'t [Token<'a>]) -> (String, &'t [Token<'a>]) {
    let mut parts = Vec::new();
    while let [Token::Word(part), rest @ ..] = tokens
        && *part != "import"
    {
        parts.push(*part);
        tokens = rest;
        let [Token::Sign(b'.'), rest @ ..] = rest else { break };
        tokens = rest;
    }
    (parts.join("."), tokens)
}

/// The file of a module: relative to the importing file with a level, else the one whose path ends with the name.
fn module_file<'a>(files: &Files<'a>, importer: &str, level: usize, module: &str) -> Option<&'a str> {
    let module = module.replace('.', "/");
    let find = |path: &str| if level == 0 { files.ending(path) } else { files.exact(path) };
    let above = (1..level).fold(folder(importer), |path, _| folder(path));
    let base = if level == 0 || above.is_empty() { module } else { format!("{above}/{module}") };
    let base = base.trim_end_matches('/');
    find(&format!("{base}.py")).or_else(|| find(&format!("{base}/__init__.py")))
}
