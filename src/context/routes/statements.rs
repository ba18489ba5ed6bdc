//! Sinatra and Rails, Laravel and Slim, minimal APIs of ASP.NET: a call for each route.

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
