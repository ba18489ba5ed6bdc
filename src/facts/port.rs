//! The port that the program listens on: from the command line, then the environment, then EXPOSE.

use super::scope::Scope;
use super::start::{Start, StartWord, Started};
use super::steps::{Step, Steps};
use crate::decision::{Evidence, Known};
use crate::dockerfile::Keyword;
use crate::templates::{Server, Templates};

/// A port, and the variable that may set another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Port {
    /// The number, or the default of the variable.
    pub number: u16,
    /// The environment variable that the program follows.
    pub variable: Option<String>,
}

/// The server that is started, with the command that starts it.
pub(super) fn server<'s, 't>(start: &'s Start, templates: &'t Templates) -> Option<(&'s Started, &'t Server)> {
    start.commands.iter().rev().find_map(|started| {
        let (program, words) = started.application();
        templates.python.server(program, &words).map(|server| (started, server))
    })
}

pub(super) fn read(steps: &Steps, start: &Start, templates: &Templates) -> Option<Known<Port>> {
    let from_server =
        server(start, templates).and_then(|(started, server)| of_server(started, server, &steps.end, &steps.all));
    from_server.or_else(|| of_expansion(start, &steps.end)).or_else(|| of_env(steps)).or_else(|| of_expose(&steps.all))
}

fn of_server(started: &Started, server: &Server, scope: &Scope, steps: &[Step]) -> Option<Known<Port>> {
    let evidence = started.evidence();
    if let Some(word) = address(started, server) {
        return Some(Known::new(port_of(&word, scope)?, evidence));
    }
    if let Some(variable) = server.port_env.iter().find(|name| scope.env(name).is_some()) {
        let number = number_in(scope.env(variable)?)?;
        return Some(Known::new(Port { number, variable: Some(variable.clone()) }, evidence));
    }
    let default = server.port?;
    // A configuration file may say otherwise; EXPOSE tells.
    let exposed = of_expose(steps);
    match exposed {
        Some(exposed) if exposed.value.number != default => Some(exposed),
        _ => Some(Known::new(Port { number: default, variable: None }, evidence)),
    }
}

/// The word that holds the port or `HOST:PORT`.
fn address(started: &Started, server: &Server) -> Option<String> {
    let options = || server.port_options.iter().chain(&server.bind_options);
    for (at, word) in started.words.iter().enumerate() {
        for option in options() {
            if word.value.as_deref() == Some(option) {
                return started.words.get(at + 1).map(|next| next.raw.clone());
            }
            let joined = word.raw.strip_prefix(option.as_str());
            let value = joined.and_then(|rest| rest.strip_prefix('=').or_else(|| short_value(option, rest)));
            if let Some(value) = value {
                return Some(value.to_owned());
            }
        }
    }
    server.positional.then(|| started.words.iter().map(unquoted).rev().find(|word| looks_like_address(word))).flatten()
}

/// `-b0.0.0.0:80`: the value of a short option may follow at once.
fn short_value<'w>(option: &str, rest: &'w str) -> Option<&'w str> {
    (option.len() == 2 && !rest.is_empty()).then_some(rest)
}

fn unquoted(word: &StartWord) -> String {
    word.value.clone().unwrap_or_else(|| word.raw.clone())
}

fn looks_like_address(word: &str) -> bool {
    let port = word.rsplit(':').next().unwrap_or(word);
    port.parse::<u16>().is_ok() || word.starts_with('$')
}

/// The port in `8000`, `0.0.0.0:8000`, `[::]:8000`, `${PORT:-8080}`, `0.0.0.0:$PORT`. A socket has none.
fn port_of(word: &str, scope: &Scope) -> Option<Port> {
    let word = word.trim_matches(['"', '\'']);
    if word.starts_with("unix:") || word.starts_with('/') {
        return None;
    }
    if let Some((_, expansion)) = word.split_once('$') {
        return expanded(expansion, scope);
    }
    number_in(word.rsplit(':').next()?).map(|number| Port { number, variable: None })
}

/// The variable behind a `$`: `PORT`, `{PORT}`, `{PORT:-8080}`.
fn expanded(expansion: &str, scope: &Scope) -> Option<Port> {
    let inner = expansion.strip_prefix('{').and_then(|inner| inner.split('}').next()).unwrap_or(expansion);
    let end = inner.find(|ch: char| !ch.is_ascii_alphanumeric() && ch != '_').unwrap_or(inner.len());
    let (name, rest) = inner.split_at(end);
    let default = rest.strip_prefix(":-").or_else(|| rest.strip_prefix('-'));
    let number = scope.env(name).and_then(number_in).or_else(|| default.and_then(number_in))?;
    Some(Port { number, variable: Some(name.to_owned()) })
}

fn number_in(text: &str) -> Option<u16> {
    text.trim().parse().ok().filter(|&number| number > 0)
}

/// `--port ${PORT:-8080}` of a program that is not in the templates.
fn of_expansion(start: &Start, scope: &Scope) -> Option<Known<Port>> {
    start.commands.iter().rev().find_map(|started| {
        let word = started.words.iter().find(|word| word.raw.contains("PORT"))?;
        let (_, expansion) = word.raw.split_once('$')?;
        Some(Known::new(expanded(expansion, scope)?, started.evidence()))
    })
}

/// `ENV PORT=8080`.
fn of_env(steps: &Steps) -> Option<Known<Port>> {
    let number = number_in(steps.end.env("PORT")?)?;
    let env = steps.all.iter().rev().find(|step| step.instruction.pairs().iter().any(|pair| pair.key == "PORT"))?;
    let evidence = Evidence::dockerfile(format!("ENV PORT={number}"), env.instruction.span);
    Some(Known::new(Port { number, variable: Some("PORT".into()) }, evidence))
}

/// The only TCP port of EXPOSE.
fn of_expose(steps: &[Step]) -> Option<Known<Port>> {
    let mut ports = steps.iter().filter(|step| step.is(Keyword::Expose)).flat_map(|step| {
        step.instruction.words().iter().filter(|word| !word.text.ends_with("/udp")).map(move |word| (step, word))
    });
    let (step, word) = ports.next()?;
    if ports.next().is_some() {
        return None;
    }
    let text = word.text.trim_end_matches("/tcp");
    let port = match text.split_once('$') {
        Some((_, expansion)) => expanded(expansion, &step.scope)?,
        None => Port { number: number_in(text)?, variable: None },
    };
    let evidence = Evidence::dockerfile(format!("EXPOSE {}", word.text), step.instruction.span);
    Some(Known::new(port, evidence))
}
