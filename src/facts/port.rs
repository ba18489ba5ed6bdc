//! The port that the program listens on: from the command line, the server's settings, the environment, then EXPOSE.

mod image;
mod listen;
mod seen;

use super::bind::{self, Bind};
use super::scope::Scope;
use super::start::{Start, StartWord, Started};
use super::steps::{Step, Steps};
use super::{Base, Input, copies};
use crate::context::EnvPort;
use crate::context::ports::VARIABLE;
use crate::decision::{Evidence, Known, Place};
use crate::dockerfile::Keyword;
use crate::templates::{Server, Templates};

use seen::Seen;

/// A port, and the variable that may set another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Port {
    /// The number, or the default of the variable.
    pub number: u16,
    /// The environment variable that the program follows.
    pub variable: Option<String>,
}

impl Port {
    fn fixed(number: u16) -> Self {
        Self { number, variable: None }
    }
}

/// A port, or why none is certain and what would make it so.
type Sought = Result<Known<Port>, String>;

/// The server that is started, with the command that starts it.
pub(super) fn server<'s, 't>(start: &'s Start, templates: &'t Templates) -> Option<(&'s Started, &'t Server)> {
    start.commands.iter().rev().find_map(|started| {
        let (program, words) = started.application();
        templates.python.server(program, &words).map(|server| (started, server))
    })
}

pub(super) fn read(steps: &Steps, start: &Start, base: Option<&Base>, input: &Input) -> Sought {
    let server = server(start, input.templates);
    if server.is_some_and(|(started, _)| started.literals().iter().any(|word| matches!(*word, "::" | "--host=::"))) {
        return Err("the server may listen on IPv6 alone, and a probe asks 127.0.0.1; listen on 0.0.0.0".into());
    }
    match Seen::read(input.evidence, &steps.all)? {
        Some(seen) => seen.settle(of_file(&Reader { steps, start, input, exposed: seen.ports() }, server, base)),
        None => of_file(&Reader { steps, start, input, exposed: exposed(&steps.all)? }, server, base),
    }
}

fn of_file(reader: &Reader, server: Option<(&Started, &Server)>, base: Option<&Base>) -> Sought {
    let Reader { steps, start, .. } = reader;
    if let Some(sought) = base.and_then(|base| image::port(base, start, steps)).filter(|_| reader.exposed.is_empty()) {
        return sought;
    }
    match server {
        Some((started, server)) => reader.of_server(started, server),
        None => reader.of_program(),
    }
}

struct Reader<'r, 'a> {
    steps: &'r Steps<'a>,
    start: &'r Start,
    input: &'r Input<'r>,
    exposed: Vec<Known<Port>>,
}

impl Reader<'_, '_> {
    fn of_server(&self, started: &Started, server: &Server) -> Sought {
        if let Some(word) = address(&started.words, server) {
            return self.of_address(&word, started.evidence());
        }
        if let Some(arguments) =
            self.steps.end.env("GUNICORN_CMD_ARGS").filter(|_| started.application().0 == "gunicorn")
        {
            let words: Vec<StartWord> = arguments.split_whitespace().map(literal_word).collect();
            if let Some(word) = address(&words, server) {
                return self.of_address(&word, started.evidence());
            }
        }
        if let Some(file) = bind::config_file(started, self.steps, self.input.context) {
            match file.bind() {
                Bind::Address(address, evidence) => return self.of_address(&address, evidence),
                Bind::Unknown => {
                    if let Some(known) = self.of_settings(&file.path) {
                        return Ok(known);
                    }
                    let reason = format!("{} sets the port in a way that is not read; name it in EXPOSE", file.path);
                    return self.only_exposed().map_err(|_| reason);
                }
                Bind::Unset => {}
            }
        }
        if let Some(variable) = server.port_env.iter().find(|name| self.steps.end.env(name).is_some()) {
            let number = self.steps.end.env(variable).and_then(number_in);
            let number = number.ok_or_else(|| format!("{variable} is set to something that is no port"))?;
            return Ok(Known::new(Port { number, variable: Some(variable.clone()) }, started.evidence()));
        }
        match server.port {
            Some(default) => self.of_default(default, started),
            None => self.only_exposed(),
        }
    }

    /// The settings read `PORT` once, and with a literal default.
    fn of_settings(&self, path: &str) -> Option<Known<Port>> {
        let (_, place) = copies::file_at(&self.steps.all, path, self.input.context)?;
        let mut readings = self.input.ports().iter().filter(|port| is_in_file(&place, &port.file));
        let reading = readings.next().filter(|_| readings.next().is_none())?;
        Some(follows_environment(self.steps.end.env(VARIABLE).and_then(number_in).or(reading.default)?, reading))
    }

    /// EXPOSE is a note by people: where it names another port, the server is told so in a way that was not found.
    fn of_default(&self, default: u16, started: &Started) -> Sought {
        match self.exposed.first() {
            Some(other) if self.exposed.iter().all(|port| port.value.number != default) => Err(format!(
                "{} listens on {default} unless told otherwise, and EXPOSE says {}; give it the port on its command line",
                started.application().0,
                other.value.number
            )),
            _ => Ok(Known::new(Port::fixed(default), started.evidence())),
        }
    }

    /// The port in `8000`, `0.0.0.0:8000`, `[::]:8000`, `${PORT:-8080}`, `0.0.0.0:$PORT`. A socket has none.
    fn of_address(&self, word: &str, evidence: Evidence) -> Sought {
        let word = word.trim_matches(['"', '\'']);
        if word.starts_with("unix:") || word.starts_with('/') || word.ends_with(".sock") || word.starts_with("fd:") {
            return Err("the server listens on a socket file, which no other container reaches".into());
        }
        if let Some((_, expansion)) = word.split_once('$') {
            return self.of_expansion(expansion, evidence);
        }
        let number = word.rsplit(':').next().and_then(number_in);
        let number = number.ok_or_else(|| format!("the server listens on {word}, in which no port is found"))?;
        Ok(Known::new(Port::fixed(number), evidence))
    }

    /// The variable behind a `$`: set by ENV, by itself, by a start script, or known to EXPOSE alone.
    fn of_expansion(&self, expansion: &str, evidence: Evidence) -> Sought {
        let Expansion { name, default } = Expansion::read(expansion);
        let follows = |number| Port { number, variable: Some(name.to_owned()) };
        let value = self.steps.end.env(name).and_then(number_in).or(default).map(follows);
        if let Some(port) = value.or_else(|| self.of_script(name)) {
            return Ok(Known::new(port, evidence));
        }
        let exposed = self.only_exposed();
        exposed
            .map(|known| Known { value: follows(known.value.number), because: known.because })
            .map_err(|_| format!("the port is in ${name}, which has no default; set it by ENV or name it in EXPOSE"))
    }

    /// `PORT=${PORT:-8080}`, `: ${PORT:=8080}` or `PORT=8080` in a start script.
    fn of_script(&self, name: &str) -> Option<Port> {
        let texts = || self.start.scripts.iter().map(|script| script.text.as_str());
        let in_braces = |text: &str| {
            [":-", ":=", "-", "="].iter().find_map(|sign| {
                let (_, rest) = text.split_once(&format!("${{{name}{sign}"))?;
                rest.split('}').next().and_then(number_in)
            })
        };
        let assigned = |line: &str| {
            let line = line.trim_start().trim_start_matches("export ");
            number_in(line.strip_prefix(name)?.strip_prefix('=')?.trim_matches(['"', '\'']))
        };
        let follows = |number| Port { number, variable: Some(name.to_owned()) };
        let default = texts().find_map(in_braces).map(follows);
        default.or_else(|| texts().flat_map(str::lines).find_map(assigned).map(Port::fixed))
    }

    /// A program that is not in the templates.
    fn of_program(&self) -> Sought {
        if let Some((expansion, evidence)) = self.port_variable() {
            return self.of_expansion(expansion, evidence);
        }
        let said = self.of_env().or_else(|| self.of_source()).or_else(|| self.of_environment());
        let Some(said) = said else {
            return self.only_exposed().or_else(|why| self.of_listen().ok_or(why));
        };
        let number = said.value.number;
        match self.exposed.first() {
            Some(other) if self.exposed.iter().all(|port| port.value.number != number) => {
                let what = said.because.first().map_or("", |evidence| evidence.what.as_str());
                Err(format!("EXPOSE says {}, and {what} says {number}; make them agree", other.value.number))
            }
            _ => Ok(said),
        }
    }

    /// `--port ${PORT:-8080}`; a variable of another name may be the port of something else.
    fn port_variable(&self) -> Option<(&str, Evidence)> {
        const NAMES: [&str; 6] = ["PORT", "APP_PORT", "SERVER_PORT", "HTTP_PORT", "WEB_PORT", "LISTEN_PORT"];
        self.start.commands.iter().rev().filter(|started| started.name != "echo").find_map(|started| {
            let behind_dollar = started.words.iter().filter_map(|word| word.raw.split_once('$'));
            let (_, expansion) =
                behind_dollar.into_iter().find(|(_, expansion)| NAMES.contains(&Expansion::read(expansion).name))?;
            Some((expansion, started.evidence()))
        })
    }

    /// `ENV PORT=8080`.
    fn of_env(&self) -> Option<Known<Port>> {
        let number = number_in(self.steps.end.env("PORT")?)?;
        let sets = |step: &&Step| step.instruction.pairs().iter().any(|pair| pair.key == "PORT");
        let env = self.steps.all.iter().rev().find(sets)?;
        let evidence = Evidence::dockerfile("ENV PORT", env.instruction.span);
        Some(Known::new(Port { number, variable: Some("PORT".into()) }, evidence))
    }

    /// `app.run(host="0.0.0.0", port=5000)` in the script that Python runs.
    fn of_source(&self) -> Option<Known<Port>> {
        self.start.commands.iter().rev().find_map(|started| {
            let script = started.literals().into_iter().find(|word| word.ends_with(".py"))?;
            let (text, place) =
                copies::file_at(&self.steps.all, &self.steps.end.absolute(script)?, self.input.context)?;
            let (line, number) = text.lines().enumerate().find_map(|(at, line)| Some((at, run_port(line)?)))?;
            let place = match place {
                Place::Context { path, .. } => Place::Context { path, line: line + 1 },
                other => other,
            };
            Some(Known::new(Port::fixed(number), Evidence { what: script.to_owned(), place }))
        })
    }

    /// `process.env.PORT || 3000` in the sources: the default that EXPOSE names too, or the only one. Where EXPOSE is
    /// silent, it has to stand in the program that is started.
    fn of_environment(&self) -> Option<Known<Port>> {
        let readings = self.input.ports();
        let is_exposed = |number: u16| self.exposed.iter().any(|port| port.value.number == number);
        let agreed = readings.iter().find(|port| port.default.is_some_and(is_exposed));
        if let Some((reading, number)) = agreed.and_then(|reading| Some((reading, reading.default?))) {
            return Some(follows_environment(number, reading));
        }
        if let (Some(reading), [only]) = (readings.iter().find(|port| port.default.is_none()), self.exposed.as_slice())
        {
            let mut known = follows_environment(only.value.number, reading);
            known.because.extend(only.because.iter().cloned());
            return Some(known);
        }
        let mut defaults = readings.iter().filter(|port| !self.exposed.is_empty() || self.is_started(&port.file));
        let first = defaults.next()?;
        let number = first.default?;
        defaults.all(|port| port.default == Some(number)).then(|| follows_environment(number, first))
    }

    /// `app.listen(3000)` in the program that is started, or in the source of the same name that it was built from.
    fn of_listen(&self) -> Option<Known<Port>> {
        let stem = |path: &str| path.rsplit('/').next().and_then(|name| name.split('.').next()).map(str::to_owned);
        let words = || self.start.commands.iter().filter(|started| started.name == "node").flat_map(Started::literals);
        let is_built_from = |file: &str| file.ends_with(".ts") && words().any(|word| stem(word) == stem(file));
        listen::only(self.input.listens(), |file| self.is_started(file) || is_built_from(file))
    }

    /// Whether a command that starts names the context's `file`.
    fn is_started(&self, file: &str) -> bool {
        let words = self.start.commands.iter().flat_map(Started::literals);
        let mut paths = words.filter_map(|word| self.steps.end.absolute(word));
        paths.any(|path| {
            let found = copies::file_at(&self.steps.all, &path, self.input.context);
            found.is_some_and(|(_, place)| is_in_file(&place, file))
        })
    }

    /// The only TCP port of EXPOSE.
    fn only_exposed(&self) -> Sought {
        match self.exposed.as_slice() {
            [] => Err("no port is known; name it in EXPOSE or on the command line".into()),
            [port] => Ok(port.clone()),
            _ => Err("EXPOSE names several ports; give the one to ask on the command line".into()),
        }
    }
}

fn is_in_file(place: &Place, file: &str) -> bool {
    matches!(place, Place::Context { path, .. } if path == file)
}

fn follows_environment(number: u16, reading: &EnvPort) -> Known<Port> {
    let port = Port { number, variable: Some(VARIABLE.to_owned()) };
    let what =
        if reading.default.is_some() { format!("the default of {VARIABLE}") } else { format!("reads {VARIABLE}") };
    Known::new(port, Evidence::context(what, &reading.file, reading.line))
}

fn literal_word(word: &str) -> StartWord {
    StartWord { raw: word.to_owned(), value: Some(word.to_owned()) }
}

/// The word that holds the port or `HOST:PORT`.
fn address(words: &[StartWord], server: &Server) -> Option<String> {
    let options = || server.port_options.iter().chain(&server.bind_options);
    for (at, word) in words.iter().enumerate() {
        for option in options() {
            if word.value.as_deref() == Some(option) {
                return words.get(at + 1).map(|next| next.raw.clone());
            }
            let joined = word.raw.strip_prefix(option.as_str());
            let value = joined.and_then(|rest| rest.strip_prefix('=').or_else(|| short_value(option, rest)));
            if let Some(value) = value {
                return Some(value.to_owned());
            }
        }
    }
    server.positional.then(|| positional(words)).flatten()
}

/// `-b0.0.0.0:80`: the value of a short option may follow at once.
fn short_value<'w>(option: &str, rest: &'w str) -> Option<&'w str> {
    (option.len() == 2 && !rest.is_empty()).then_some(rest)
}

/// The last word that looks like an address and is no option's value.
fn positional(words: &[StartWord]) -> Option<String> {
    const NUMBERED: [&str; 2] = ["-v", "--verbosity"];
    let is_value = |at: usize| {
        let before = at.checked_sub(1).and_then(|at| words.get(at));
        before.is_some_and(|word| NUMBERED.contains(&word.raw.as_str()))
    };
    let candidates = words.iter().enumerate().rev().filter(|(at, _)| !is_value(*at));
    candidates.map(|(_, word)| word.raw.trim_matches(['"', '\''])).find(|word| looks_like_address(word)).map(Into::into)
}

fn looks_like_address(word: &str) -> bool {
    let port = word.rsplit(':').next().unwrap_or(word);
    number_in(port).is_some() || (!word.starts_with('-') && word.contains('$'))
}

/// `PORT`, `{PORT}` or `{PORT:-8080}` behind a `$`.
struct Expansion<'t> {
    name: &'t str,
    default: Option<u16>,
}

impl<'t> Expansion<'t> {
    fn read(text: &'t str) -> Self {
        let inner = text.strip_prefix('{').and_then(|inner| inner.split('}').next()).unwrap_or(text);
        let end = inner.find(|ch: char| !ch.is_ascii_alphanumeric() && ch != '_').unwrap_or(inner.len());
        let (name, rest) = inner.split_at(end);
        let default = rest.strip_prefix(":-").or_else(|| rest.strip_prefix('-'));
        Self { name, default: default.and_then(number_in) }
    }
}

fn number_in(text: &str) -> Option<u16> {
    text.trim().parse().ok().filter(|&number| number > 0)
}

/// The literal port of a line that runs a server.
fn run_port(line: &str) -> Option<u16> {
    let code = line.split('#').next().unwrap_or_default();
    let (_, rest) = code.split_once("run(")?;
    let (_, value) = rest.split_once("port=").or_else(|| rest.split_once("port ="))?;
    let value = value.trim_start();
    let end = value.find(|ch: char| !ch.is_ascii_digit()).unwrap_or(value.len());
    number_in(value.get(..end)?)
}

/// The TCP ports of EXPOSE, each once.
fn exposed(steps: &[Step]) -> Result<Vec<Known<Port>>, String> {
    let mut ports: Vec<Known<Port>> = Vec::new();
    for step in steps.iter().filter(|step| step.is(Keyword::Expose)) {
        for word in step.instruction.words() {
            let lower = word.text.to_ascii_lowercase();
            if lower.ends_with("/udp") || lower.ends_with("/sctp") {
                continue;
            }
            let text = word.text.get(..lower.trim_end_matches("/tcp").len()).unwrap_or_default();
            let port = exposed_port(step, text)
                .ok_or_else(|| format!("EXPOSE {} is a range or not known; name one port", word.text))?;
            if ports.iter().all(|known| known.value.number != port.number) {
                let evidence = Evidence::dockerfile(format!("EXPOSE {}", word.text), step.instruction.span);
                ports.push(Known::new(port, evidence));
            }
        }
    }
    Ok(ports)
}

/// A variable of ENV may be set anew when the container runs; one of ARG may not.
fn exposed_port(step: &Step, text: &str) -> Option<Port> {
    let number = number_in(&step.scope.expand(step.instruction, text)?)?;
    let variable = text.split_once('$').map(|(_, expansion)| Expansion::read(expansion).name);
    Some(Port { number, variable: variable.filter(|name| is_env(&step.scope, name)).map(Into::into) })
}

fn is_env(scope: &Scope, name: &str) -> bool {
    scope.env(name).is_some()
}

#[cfg(test)]
mod tests;
