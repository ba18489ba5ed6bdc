//! Environments of Python that the file makes itself: where they lie, and which commands fill them.

use super::cwd::{self, joined};
use super::installs::InstallCall;
use super::python::{self, PipCommand};
use super::{Facts, Step};
use crate::dockerfile::Keyword;
use crate::shell::{Command, Invocation, Joined, Word};
use crate::templates::{Installer, Templates};

/// What a command has to do with an environment that the file makes itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EnvironmentCall {
    /// It makes an empty one in this directory.
    Makes(String),
    /// It installs into the one in this directory.
    Fills(String),
    /// It brings the tool of this name, or sets it up.
    Tool(String),
    /// It runs a program of the environment by the tool of this name: `uv run x`.
    Runs(String),
    /// It makes the shell find the programs of the environment.
    Activates,
    /// It installs where no copy finds it; why.
    Elsewhere(String),
}

impl EnvironmentCall {
    /// The directory of the environment that it fills.
    #[must_use]
    pub fn filled(&self) -> Option<&str> {
        match self {
            Self::Fills(place) => Some(place),
            _ => None,
        }
    }
}

impl Facts<'_> {
    /// For each of `steps`, which follow each other, what each of its commands has to do with an environment.
    #[must_use]
    pub fn environment_calls(&self, steps: &[Step]) -> Vec<Vec<Option<EnvironmentCall>>> {
        let mut reader = Reader { facts: self, made: Vec::new(), found: None, in_project: false };
        steps.iter().map(|step| reader.step(step)).collect()
    }

    /// Whether `step` copies an environment that an earlier stage filled.
    #[must_use]
    pub fn copies_environment(&self, step: &Step) -> bool {
        let from = step.instruction.flag("--from").and_then(|flag| flag.value.as_deref());
        let Some(stage) = from.and_then(|from| self.stage_named(from)) else { return false };
        let calls = self.environment_calls(&self.reader().with_those_below(stage).all);
        let sources = step.sources();
        let is_source = |place: &str| sources.iter().any(|source| source.trim_end_matches('/') == place);
        calls.iter().flatten().flatten().filter_map(EnvironmentCall::filled).any(is_source)
    }
}

struct Reader<'r, 'a> {
    facts: &'r Facts<'a>,
    /// The environments that are there so far.
    made: Vec<String>,
    /// The environment whose programs PATH finds first.
    found: Option<String>,
    /// Whether a tool was told to make its environment in the working directory.
    in_project: bool,
}

/// A command, and what is in force where it runs.
struct Call<'c> {
    step: &'c Step<'c>,
    command: &'c Command,
    invocation: Invocation<'c>,
    /// The working directory.
    dir: Option<&'c str>,
    /// The environment whose programs are found first.
    active: Option<&'c str>,
}

impl Reader<'_, '_> {
    fn step(&mut self, step: &Step) -> Vec<Option<EnvironmentCall>> {
        if step.is(Keyword::Env) {
            self.finds(step);
        }
        let Some(run) = step.script() else { return Vec::new() };
        let mut active = self.found.clone();
        let mut calls: Vec<Option<EnvironmentCall>> = Vec::new();
        for (command, dir) in run.script.commands.iter().zip(cwd::directories(step)) {
            let follows_tool =
                command.joined == Joined::Pipe && matches!(calls.last(), Some(Some(EnvironmentCall::Tool(_))));
            let call = if follows_tool {
                calls.last().cloned().flatten()
            } else {
                command.program().and_then(|invocation| {
                    let dir = dir.as_deref();
                    if let Some(place) = activated(&invocation, step, dir) {
                        active = Some(place);
                        return Some(EnvironmentCall::Activates);
                    }
                    self.call(&Call { step, command, invocation, dir, active: active.as_deref() })
                })
            };
            if let Some(EnvironmentCall::Makes(place) | EnvironmentCall::Fills(place)) = &call {
                self.made.push(place.clone());
            }
            calls.push(call);
        }
        calls
    }

    /// An ENV that puts the programs of an environment first.
    fn finds(&mut self, step: &Step) {
        for pair in step.instruction.pairs() {
            let value = pair.value.as_deref().unwrap_or_default().trim_matches('"');
            let place = match pair.key.as_str() {
                "PATH" => value.split(':').next().and_then(|first| first.strip_suffix("/bin")),
                "VIRTUAL_ENV" => Some(value),
                _ => None,
            };
            // A variable of the same ENV has its value from the next instruction on.
            let place = place.and_then(|place| step.scope.expand(step.instruction, place));
            self.found = place.and_then(|place| step.scope.absolute(&place)).or(self.found.take());
        }
    }

    fn call(&mut self, call: &Call) -> Option<EnvironmentCall> {
        let python = &self.facts.input.templates.python;
        if let Some(place) = made(call) {
            return place.map(EnvironmentCall::Makes);
        }
        if let Some(installer) = python.installer(call.invocation.name) {
            return self.installer(call, installer);
        }
        if let Some(pip) = python::pip_command(call.command, &call.invocation, self.facts.input.templates) {
            return self.pip(call, &pip);
        }
        let names = |text: &str| call.invocation.words.iter().any(|word| word.literal_start().contains(text));
        let brought = python.installers().find(|(name, installer)| {
            let by_pipx =
                call.invocation.name == "pipx" && call.invocation.words.iter().any(|word| is_package(word, name));
            by_pipx || installer.scripts.iter().any(|address| names(address))
        });
        brought.map(|(name, _)| EnvironmentCall::Tool(name.to_owned()))
    }

    fn pip(&self, call: &Call, pip: &PipCommand) -> Option<EnvironmentCall> {
        if let Some(tool) = brought_tool(pip, self.facts.input.templates) {
            return Some(EnvironmentCall::Tool(tool.to_owned()));
        }
        let place = self.environment_of(call)?;
        if let Some(option) = pip.elsewhere() {
            return Some(EnvironmentCall::Elsewhere(format!("`{option}` installs outside of the environment")));
        }
        Some(match pip.verb.as_str() {
            "install" | "uninstall" | "sync" => EnvironmentCall::Fills(place),
            _ => EnvironmentCall::Elsewhere(format!("`pip {}` leaves files outside of the environment", pip.verb)),
        })
    }

    /// The environment that a program called by its path, or found first, belongs to.
    fn environment_of(&self, call: &Call) -> Option<String> {
        let program = spelled(call.invocation.program, call.step);
        let by_path = program.as_deref().and_then(|path| path.rsplit_once("/bin/")).map(|(place, _)| place);
        let place = match by_path {
            Some(place) => joined(call.dir?, place),
            None => call.active?.to_owned(),
        };
        self.made.contains(&place).then_some(place)
    }

    fn installer(&mut self, call: &Call, installer: &Installer) -> Option<EnvironmentCall> {
        let name = call.invocation.name;
        let words: Vec<&str> = call.invocation.words.iter().map(Word::literal_start).collect();
        let mut plain = words.iter().filter(|word| !word.starts_with('-'));
        let verb = plain.next().copied().unwrap_or_default();
        let elsewhere = words.iter().find(|word| {
            installer.project.elsewhere.iter().any(|it| it == *word || word.split('=').next() == Some(it.as_str()))
        });
        if verb == "config" && words.contains(&"virtualenvs.in-project") {
            self.in_project = words.contains(&"true");
        }
        if verb.is_empty() || installer.project.settings.iter().any(|known| known == verb) {
            return Some(EnvironmentCall::Tool(name.to_owned()));
        }
        if let Some(option) = elsewhere {
            return Some(EnvironmentCall::Elsewhere(format!("`{option}` lets {name} work elsewhere")));
        }
        match verb {
            "run" => Some(EnvironmentCall::Runs(name.to_owned())),
            "venv" => {
                let place = plain.next().copied().unwrap_or(".venv");
                Some(EnvironmentCall::Makes(joined(call.dir?, place)))
            }
            "pip" => {
                let into_interpreter = words.contains(&"--system") || set(call, "UV_SYSTEM_PYTHON").is_some();
                let place = self.in_reach(call).filter(|place| !into_interpreter && self.made.contains(place))?;
                Some(EnvironmentCall::Fills(place))
            }
            _ if installer.project.installs.iter().any(|known| known == verb) => self.installs(call, installer),
            _ => Some(EnvironmentCall::Elsewhere(format!("`{name} {verb}` leaves files outside of an environment"))),
        }
    }

    /// The environment that `uv pip` finds: the active one, or that of the working directory.
    fn in_reach(&self, call: &Call) -> Option<String> {
        call.active.map(str::to_owned).or_else(|| Some(joined(call.dir?, ".venv")))
    }

    /// Where a tool installs the project; `None` where it installs into the interpreter.
    fn installs(&self, call: &Call, installer: &Installer) -> Option<EnvironmentCall> {
        let name = call.invocation.name;
        if self.fills_system(call) {
            return None;
        }
        if set(call, "UV_LINK_MODE").as_deref() == Some("symlink") {
            return Some(EnvironmentCall::Elsewhere("uv only links what it installs to its cache here".into()));
        }
        let Some(dir) = call.dir else {
            return Some(EnvironmentCall::Elsewhere(format!("it is not known in which directory {name} works here")));
        };
        if let Some(place) = installer.project.place.as_deref().and_then(|variable| set(call, variable)) {
            let place = joined(dir, &place);
            let is_own = !matches!(place.as_str(), "/" | "/usr" | "/usr/local");
            return is_own.then_some(EnvironmentCall::Fills(place));
        }
        // Only uv looks past the environment that is active.
        let active = call.active.filter(|_| installer.project.place.is_none());
        if let Some(place) = active.filter(|place| self.made.iter().any(|made| made == place)) {
            return Some(EnvironmentCall::Fills(place.to_owned()));
        }
        let own = joined(dir, ".venv");
        let asked =
            |variable: &str| set(call, variable).is_some_and(|value| matches!(value.as_str(), "1" | "true" | "yes"));
        let lies_here =
            installer.project.in_project.as_deref().is_none_or(asked) || self.in_project || self.made.contains(&own);
        Some(match (lies_here || self.settings_say_in_project(), &installer.project.in_project) {
            (true, _) | (_, None) => EnvironmentCall::Fills(own),
            (false, Some(variable)) => EnvironmentCall::Elsewhere(format!(
                "{name} makes its environment in the home directory; set {variable}=1"
            )),
        })
    }

    fn settings_say_in_project(&self) -> bool {
        self.facts
            .input
            .context
            .text("poetry.toml")
            .is_some_and(|text| text.lines().any(|line| line.replace(' ', "").starts_with("in-project=true")))
    }

    /// Whether a call fills the environment of the system's Python instead.
    fn fills_system(&self, call: &Call) -> bool {
        let Some(run) = call.step.script() else { return false };
        let scope = call.step.scope.with_settings_of(run.text());
        let install = InstallCall::of(call.command, &call.invocation, &scope, self.facts.input.templates);
        install.is_some_and(|install| install.installs)
    }
}

/// The value of a variable for a command: before it, or of ENV.
fn set(call: &Call, variable: &str) -> Option<String> {
    let before = call.command.assignments.iter().find_map(|word| {
        let value = word.value.as_deref()?;
        value.strip_prefix(variable)?.strip_prefix('=').map(str::to_owned)
    });
    before.or_else(|| call.step.scope.env(variable).map(str::to_owned))
}

/// The directory in which a command makes an environment, if that is what it does; `Some(None)` where nobody knows.
fn made(call: &Call) -> Option<Option<String>> {
    let words = match (call.invocation.name, call.invocation.words) {
        ("virtualenv", words) => words,
        (name, [option, module, words @ ..])
            if python::is_python(name) && option.is("-m") && (module.is("venv") || module.is("virtualenv")) =>
        {
            words
        }
        _ => return None,
    };
    let mut places = words.iter().filter(|word| !word.literal_start().starts_with('-'));
    let place = places.next_back().and_then(|word| spelled(word, call.step));
    Some(place.zip(call.dir).map(|(place, dir)| joined(dir, &place)))
}

/// A word with the variables of the file filled in.
fn spelled(word: &Word, step: &Step) -> Option<String> {
    if let Some(value) = &word.value {
        return Some(value.clone());
    }
    let text = step.script()?.text();
    step.scope.expand(step.instruction, word.span.of(text).trim_matches('"'))
}

/// The environment that `. DIR/bin/activate` puts first.
fn activated(invocation: &Invocation, step: &Step, dir: Option<&str>) -> Option<String> {
    let [script] = invocation.words else { return None };
    let path = matches!(invocation.name, "." | "source").then(|| spelled(script, step)).flatten()?;
    let place = path.strip_suffix("/bin/activate")?;
    Some(joined(dir?, place))
}

/// The tool that a call of pip brings and nothing else; pip itself where it only renews itself and its kin.
fn brought_tool<'t>(pip: &PipCommand, templates: &'t Templates) -> Option<&'t str> {
    const KIN: [&str; 5] = ["pip", "setuptools", "wheel", "virtualenv", "pipx"];
    let tool = |package: &String| {
        let installers = templates.python.installers().map(|(name, _)| name);
        installers.chain(KIN).find(|name| names(package, name))
    };
    let tools: Option<Vec<&str>> = pip.packages.iter().map(tool).collect();
    let tools = tools.filter(|tools| pip.verb == "install" && pip.files.is_empty() && !tools.is_empty())?;
    Some(tools.into_iter().find(|tool| !KIN.contains(tool)).unwrap_or("pip"))
}

fn is_package(word: &Word, name: &str) -> bool {
    names(word.literal_start(), name)
}

/// Whether a requirement is of the package `name`.
fn names(requirement: &str, name: &str) -> bool {
    requirement.split(['=', '<', '>', '~', '!', '[', '@', ' ']).next() == Some(name)
}

#[cfg(test)]
mod tests;
