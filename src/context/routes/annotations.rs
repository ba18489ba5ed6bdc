//! Spring, NestJS, Symfony: a class with a prefix, methods with paths.

use super::{Context, Language, Source, Surface, Token, answers_get, join};

/// The annotations of a framework, and the settings that put all of its routes elsewhere.
struct Framework {
    class: &'static str,
    method: &'static str,
    moved_by: &'static [&'static str],
}

const SPRING: Framework = Framework {
    class: "RequestMapping",
    method: "GetMapping",
    moved_by: &["context-path", "base-path", "servlet.path"],
};
const NEST: Framework = Framework {
    class: "Controller",
    method: "Get",
    moved_by: &["setGlobalPrefix", "enableVersioning", "RouterModule"],
};
const SYMFONY: Framework = Framework { class: "Route", method: "Route", moved_by: &["prefix:", "setBasePath"] };

pub(super) fn read<'a>(context: &Context, source: &Source<'a>, surface: &mut Surface<'a>) {
    let framework = match source.language {
        Language::Jvm => SPRING,
        Language::Php => SYMFONY,
        _ => NEST,
    };
    let mut found = Vec::new();
    // The prefix that the next class has, and that of the class we are in.
    let (mut next, mut prefix) = (Some(""), None);
    for at in 0..source.tokens.len() {
        match source.from(at) {
            [Token::Word("class"), Token::Word(_), ..] => prefix = next.replace(""),
            [Token::Sign(b'@' | b'['), Token::Word(name), rest @ ..] => {
                let called = rest.first() == Some(&Token::Sign(b'('));
                let arguments = if called { source.arguments(at + 2) } else { &[] };
                let belongs_to_class = || annotates_a_class(source, at);
                if *name == framework.class && belongs_to_class() {
                    next = path(arguments);
                } else if *name == framework.method
                    && let (Some(prefix), Some(path)) = (prefix, path(arguments))
                    && answers_get(arguments)
                {
                    found.push((join(prefix, path), source.line(at)));
                }
            }
            _ => {}
        }
    }
    if !found.is_empty() && !is_moved(context, &framework) {
        found.into_iter().for_each(|(path, line)| surface.route(None, &path, line));
    }
}

/// Whether `class` comes before any body: the annotation stands at a class, not at a method.
fn annotates_a_class(source: &Source<'_>, at: usize) -> bool {
    source.from(at).iter().find_map(|token| match token {
        Token::Word("class" | "interface") => Some(true),
        Token::Word("function") | Token::Sign(b'{' | b';') => Some(false),
        _ => None,
    }) == Some(true)
}

/// The one literal path of an annotation; `Some("")` without arguments.
fn path<'a>(arguments: &[Token<'a>]) -> Option<&'a str> {
    let named = || {
        arguments.windows(3).find_map(|window| match window {
            [Token::Word("value" | "path"), Token::Sign(b'=' | b':'), Token::Text(path)] => Some(*path),
            _ => None,
        })
    };
    match arguments {
        [] => Some(""),
        [Token::Text(path)] | [Token::Text(path), Token::Sign(b','), Token::Word(_), ..] => Some(path),
        [Token::Word(_), Token::Sign(b'=' | b':'), ..] => named(),
        _ => None,
    }
}

fn is_moved(context: &Context, framework: &Framework) -> bool {
    context.texts().any(|(_, text)| framework.moved_by.iter().any(|word| text.contains(word)))
}
