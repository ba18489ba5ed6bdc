//! Sinatra and Rails, Laravel and Slim, minimal APIs of ASP.NET, the HTTP servers of the JDK and of Node: a call or a
//! condition for each route.

use super::{Context, Source, Surface, Token};

/// Blocks that put the routes inside them elsewhere.
const RUBY_BLOCKS: [&str; 8] =
    ["namespace", "scope", "resources", "resource", "constraints", "concern", "member", "authenticate"];

pub(super) fn ruby<'a>(context: &Context, source: &Source<'a>, surface: &mut Surface<'a>) {
    if context.text("config.ru").is_some_and(|text| text.lines().any(|line| line.trim_start().starts_with("map "))) {
        return;
    }
    for (at, token) in source.tokens.iter().enumerate() {
        if matches!(token, Token::Word(word) if RUBY_BLOCKS.contains(word)) {
            return;
        }
        let starts = at == 0 || source.line(at - 1) != source.line(at);
        if let [Token::Word("get"), Token::Text(path), Token::Word("do") | Token::Sign(b',' | b'='), ..] =
            source.from(at)
            && starts
        {
            surface.route(None, &super::with_slash(path), source.line(at));
        }
    }
}

pub(super) fn php<'a>(source: &Source<'a>, surface: &mut Surface<'a>) {
    // Laravel puts the routes of this file below a prefix of its settings.
    if source.path.ends_with("routes/api.php") {
        return;
    }
    for at in 0..source.tokens.len() {
        match source.from(at) {
            [Token::Word("group" | "prefix" | "setBasePath"), Token::Sign(b'('), ..] => return,
            [
                Token::Word("Route"),
                Token::Sign(b':'),
                Token::Sign(b':'),
                Token::Word("get"),
                Token::Sign(b'('),
                Token::Text(path),
                Token::Sign(b','),
                ..,
            ]
            | [
                Token::Word("$app"),
                Token::Sign(b'-'),
                Token::Sign(b'>'),
                Token::Word("get"),
                Token::Sign(b'('),
                Token::Text(path),
                Token::Sign(b','),
                ..,
            ] => {
                surface.route(None, &super::with_slash(path), source.line(at));
            }
            _ => {}
        }
    }
}

pub(super) fn csharp<'a>(source: &Source<'a>, surface: &mut Surface<'a>) {
    if source.tokens.contains(&Token::Word("UsePathBase")) {
        return;
    }
    for at in 0..source.tokens.len() {
        if let [
            Token::Word("app"),
            Token::Sign(b'.'),
            Token::Word("MapGet" | "MapHealthChecks"),
            Token::Sign(b'('),
            Token::Text(path),
            ..,
        ] = source.from(at)
        {
            surface.route(None, &super::with_slash(path), source.line(at));
        }
    }
}

/// `server.createContext("/health", handler)` of the JDK's own server.
pub(super) fn jdk<'a>(source: &Source<'a>, surface: &mut Surface<'a>) {
    if !source.tokens.contains(&Token::Word("httpserver")) {
        return;
    }
    for at in 0..source.tokens.len() {
        if let [
            Token::Sign(b'.'),
            Token::Word("createContext"),
            Token::Sign(b'('),
            Token::Text(path),
            Token::Sign(b','),
            ..,
        ] = source.from(at)
        {
            surface.route(None, path, source.line(at));
        }
    }
}

/// `if (request.url === "/health")` in a source that makes Node's own server.
pub(super) fn node<'a>(source: &Source<'a>, surface: &mut Surface<'a>) {
    let is_part_of_more = |token: &Token<'_>| matches!(token, Token::Word("express" | "fastify" | "koa" | "next"));
    if !source.tokens.contains(&Token::Word("createServer")) || source.tokens.iter().any(is_part_of_more) {
        return;
    }
    for at in 0..source.tokens.len() {
        if let [
            Token::Word("req" | "request"),
            Token::Sign(b'.'),
            Token::Word("url"),
            Token::Sign(b'='),
            Token::Sign(b'='),
            rest @ ..,
        ] = source.from(at)
            && let [Token::Text(path), ..] | [Token::Sign(b'='), Token::Text(path), ..] = rest
            && is_alone(source, at)
        {
            surface.route(None, path, source.line(at));
        }
    }
}

/// Whether the comparison is a whole condition, or goes with nothing but a GET: `if (request.url === "/health")`.
fn is_alone(source: &Source<'_>, at: usize) -> bool {
    let opens = source.before(at).iter().rposition(|token| *token == Token::Sign(b'('));
    let Some(opens) = opens.filter(|opens| source.before(*opens).last() == Some(&Token::Word("if"))) else {
        return false;
    };
    let condition = source.arguments(opens);
    let is_said = |token: &Token<'_>| match token {
        Token::Word(word) => matches!(*word, "req" | "request" | "url" | "method"),
        Token::Text(text) => *text == "GET" || text.starts_with('/'),
        Token::Sign(sign) => matches!(sign, b'.' | b'=' | b'&' | b'|'),
        Token::Hole => false,
    };
    condition.iter().all(is_said)
}
