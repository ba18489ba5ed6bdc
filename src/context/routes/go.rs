//! `net/http`, gin, echo, fiber, chi, gorilla.

use super::{Router, Source, Surface, Token, assigned_to};

pub(super) fn read<'a>(source: &Source<'a>, surface: &mut Surface<'a>) {
    for at in 0..source.tokens.len() {
        match source.from(at) {
            [Token::Word(name), Token::Sign(b'*'), Token::Word(package), Token::Sign(b'.'), Token::Word(kind), ..]
            | [Token::Word(name), Token::Word(package), Token::Sign(b'.'), Token::Word(kind), ..] => {
                parameter(name, package, kind, surface);
            }
            // A part of an application: its routes have a prefix that is said where it is used.
            [
                Token::Word("StripPrefix"),
                Token::Sign(b'('),
                _,
                Token::Sign(b','),
                Token::Word(name),
                Token::Sign(b')'),
                ..,
            ] => {
                surface.bind(name, Router::Child(None));
            }
            _ => {}
        }
        if let [Token::Word(receiver), Token::Sign(b'.'), Token::Word(name), Token::Sign(b'('), ..] = source.from(at) {
            call(source, at, receiver, name, surface);
        }
    }
}

fn parameter<'a>(name: &'a str, package: &str, kind: &str, surface: &mut Surface<'a>) {
    match (package, kind) {
        ("gin", "Engine") | ("echo", "Echo") | ("fiber", "App") | ("http", "ServeMux") => {
            surface.bind(name, Router::Root)
        }
        ("gin", "RouterGroup" | "IRouter")
        | ("echo", "Group")
        | ("fiber", "Router")
        | ("chi" | "mux", "Router" | "Mux") => {
            surface.bind(name, Router::Child(None));
        }
        _ => {}
    }
}

fn call<'a>(source: &Source<'a>, at: usize, receiver: &'a str, name: &str, surface: &mut Surface<'a>) {
    let arguments = source.arguments(at + 3);
    let after = source.from(at + 4 + arguments.len());
    match (name, arguments) {
        ("Default" | "New" | "NewRouter" | "NewMux" | "NewServeMux", _)
            if matches!(receiver, "gin" | "echo" | "fiber" | "chi" | "mux" | "http" | "httprouter") =>
        {
            bind(source, at, Router::Root, surface);
        }
        ("Group" | "PathPrefix", [first, ..]) => {
            let prefix = if let Token::Text(prefix) = first { Some(*prefix) } else { None };
            bind(source, at, Router::Group(receiver, prefix), surface);
        }
        ("HandleFunc" | "Handle" | "GET" | "Get" | "Any", [Token::Text(path), Token::Sign(b','), ..]) => {
            let path = path.strip_prefix("GET ").unwrap_or(path);
            if path.starts_with('/') && has_get(after) {
                surface.route((receiver != "http").then_some(receiver), path, source.line(at));
            }
        }
        _ => {}
    }
}

fn bind<'a>(source: &Source<'a>, at: usize, router: Router<'a>, surface: &mut Surface<'a>) {
    if let Some(name) = assigned_to(source.before(at)) {
        surface.bind(name, router);
    }
}

/// Whether the call that ends here is not narrowed to other methods, as by gorilla's `.Methods("POST")`.
fn has_get(after: &[Token<'_>]) -> bool {
    match after {
        [Token::Sign(b')'), Token::Sign(b'.'), Token::Word("Methods"), Token::Sign(b'('), methods @ ..] => methods
            .iter()
            .take_while(|token| **token != Token::Sign(b')'))
            .any(|token| matches!(token, Token::Text("GET") | Token::Word("MethodGet"))),
        [Token::Sign(b')'), ..] => true,
        _ => false,
    }
}
