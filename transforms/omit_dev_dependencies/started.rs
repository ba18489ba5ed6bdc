//! What starts may need nothing of development.

use super::kept::{Fate, Kept};
use crate::context::package_of;
use crate::decision::Place;
use crate::engine::View;
use crate::facts::Started;
use crate::facts::node::NodeProject;
use crate::shell::Word;
use crate::templates::{Program, Purpose, ToolCall};

/// A command line, judged.
pub(super) struct Judge<'j, 'a> {
    pub(super) view: &'j View<'a>,
    pub(super) project: &'j NodeProject,
    pub(super) kept: &'j Kept<'j>,
}

impl Judge<'_, '_> {
    /// Why a command that starts may need what goes; `None` where it certainly does not.
    pub(super) fn objection(&self, started: &Started) -> Option<String> {
        let words: Vec<&str> = started.words.iter().map(|word| word.value.as_deref().unwrap_or_default()).collect();
        let scripts = &self.view.facts.start().scripts;
        let is_script = scripts.iter().any(|script| script.path.rsplit('/').next() == Some(&started.name));
        if started.name.is_empty() {
            return Some("what starts is in a variable".into());
        }
        if is_script { None } else { self.command(&started.name, &words) }
    }

    fn command(&self, name: &str, words: &[&str]) -> Option<String> {
        match name {
            "node" | "nodejs" => self.node(words),
            "npx" | "pnpx" | "bunx" => self.behind_options(words),
            "npm" | "yarn" | "yarnpkg" | "pnpm" | "bun" => self.manager(name, words),
            "sh" | "bash" | "ash" | "dash" => None,
            _ => match self.view.facts.input.templates.commands.purpose(name) {
                Some(Purpose::Runtime | Purpose::Fetch) => None,
                _ => self.program(name, words),
            },
        }
    }

    /// `node`: the modules that it loads first, and a program that lies in a package.
    fn node(&self, words: &[&str]) -> Option<String> {
        const LOADING: [&str; 6] =
            ["-r", "--require", "--import", "--loader", "--experimental-loader", "--env-file-if-exists"];
        let mut rest = words.iter();
        while let Some(word) = rest.next() {
            let (option, value) = word.split_once('=').map_or((*word, None), |(option, value)| (option, Some(value)));
            if LOADING.contains(&option) {
                let module = value.or_else(|| rest.next().copied()).unwrap_or_default();
                if let Some(why) = package_of(module).and_then(|package| self.package(package, module)) {
                    return Some(why);
                }
            } else if !word.starts_with('-') {
                return self.file(word, rest.as_slice());
            }
        }
        None
    }

    fn file(&self, path: &str, rest: &[&str]) -> Option<String> {
        if path.is_empty() {
            return Some("what node starts is in a variable".into());
        }
        match path.rsplit_once("node_modules/") {
            Some((_, inner)) => match inner.strip_prefix(".bin/") {
                Some(program) => self.program(program, rest),
                None => {
                    let package = package_of(inner)?;
                    let name = package.rsplit('/').next().unwrap_or(package);
                    self.package(package, inner).or_else(|| self.program(name, rest))
                }
            },
            None => None,
        }
    }

    fn manager(&self, name: &str, words: &[&str]) -> Option<String> {
        let plain: Vec<&str> = words.iter().copied().skip_while(|word| word.starts_with('-')).collect();
        let (verb, rest) = match plain.split_first() {
            Some((verb, rest)) => (*verb, rest),
            None => return Some(format!("`{name}` starts without a script")),
        };
        let script = match verb {
            "run" | "run-script" => rest.iter().find(|word| !word.starts_with('-')).copied().unwrap_or_default(),
            "exec" | "x" => return self.behind_options(rest),
            "install" | "i" | "ci" | "add" | "dlx" | "create" => return Some(format!("`{name} {verb}` runs at start")),
            verb => verb,
        };
        let is_file = |word: &str| [".ts", ".tsx", ".js", ".mjs"].iter().any(|ending| word.ends_with(ending));
        if name == "bun" && is_file(script) {
            return None;
        }
        let is_elsewhere = ["--prefix", "-C", "--cwd", "--dir", "--filter", "-F", "--workspace", "-w"];
        let goes_elsewhere =
            words.iter().any(|word| is_elsewhere.contains(&word.split('=').next().unwrap_or_default()));
        let moves = self.view.facts.start().commands.iter().any(|command| command.name == "cd");
        if goes_elsewhere || moves {
            return Some(format!("`{name}` starts a script in another folder"));
        }
        if self.project.manifest.scripts.contains_key(script) || (name == "npm" && script == "start") {
            // What the script runs is among the commands that start.
            let is_followed =
                self.view.facts.start().commands.iter().any(
                    |command| matches!(&command.place, Place::Context { path, .. } if path.ends_with("package.json")),
                );
            let is_default = !self.project.manifest.scripts.contains_key(script);
            return (!is_followed && !is_default).then(|| format!("what `{name} {script}` starts is not known"));
        }
        let at = rest.iter().position(|word| *word == script).map_or(0, |at| at + 1);
        self.program(script, rest.get(at..).unwrap_or_default())
    }

    fn behind_options(&self, words: &[&str]) -> Option<String> {
        let at = words.iter().position(|word| !word.starts_with('-')).unwrap_or(words.len());
        match words.get(at..) {
            Some([program, rest @ ..]) => self.program(program, rest),
            _ => Some("what npx starts is not known".into()),
        }
    }

    /// A program of a package.
    fn program(&self, name: &str, words: &[&str]) -> Option<String> {
        let name = name.rsplit('/').next().unwrap_or(name);
        let known = self.kept.ecosystem.and_then(|ecosystem| ecosystem.program(name));
        match self.kept.package_of(name) {
            Some(package) => {
                if let Some(why) = self.package(&package, name) {
                    return Some(why);
                }
            }
            None if self.is_installed_globally(name, known) => {}
            None => return Some(format!("`{name}` runs at start, and it is not known which package brings it")),
        }
        let Some(known) = known else {
            return Some(format!("`{name}` runs at start, and what it reads then is not known"));
        };
        if !known.is_start(words) {
            let call = [&[name], words.get(..words.len().min(1)).unwrap_or_default()].concat().join(" ");
            return Some(format!("`{call}` at start is for development"));
        }
        self.needs_of(name, known).or_else(|| self.wrapped(name, words))
    }

    fn needs_of(&self, name: &str, known: &Program) -> Option<String> {
        let reads_typed = || {
            let settings = known.settings.iter();
            settings.into_iter().any(|start| self.view.facts.beside(self.project, &format!("{start}ts")).is_some())
        };
        let typed = known.typed_settings.as_deref().filter(|_| reads_typed());
        if let Some(needed) =
            known.needs.as_deref().into_iter().chain(typed).find(|it| self.kept.fate(it) != Fate::Stays)
        {
            return Some(format!("`{name}` at start needs {needed}, which is not among the dependencies"));
        }
        let named = self.view.facts.named_by_settings(self.project, known);
        let goes = named.iter().find(|named| match self.kept.fate(&named.name) {
            Fate::Goes => true,
            Fate::Unknown => named.is_imported,
            Fate::Stays | Fate::Foreign => false,
        });
        goes.map(|named| format!("{} names {}, and `{name}` reads it at start", named.file, named.name))
    }

    /// The command that a program only hands over to.
    fn wrapped(&self, name: &str, words: &[&str]) -> Option<String> {
        let at = match name {
            "cross-env" => words.iter().position(|word| !word.contains('='))?,
            "dotenv" => words.iter().position(|word| *word == "--").map(|at| at + 1)?,
            "env-cmd" => return Some("what `env-cmd` starts is not known".into()),
            _ => return None,
        };
        let (program, rest) = words.get(at..)?.split_first()?;
        self.command(program, rest)
    }

    fn is_installed_globally(&self, name: &str, known: Option<&Program>) -> bool {
        let package = known.and_then(|known| known.package.as_deref()).unwrap_or(name);
        let steps = self.view.facts.steps().all.iter();
        let mut commands = steps.filter_map(|step| step.script()).flat_map(|run| &run.script.commands);
        commands.any(|command| {
            let is_global =
                matches!(self.view.facts.tool_call(command), Some(ToolCall::Global | ToolCall::PlainGlobal));
            let names = |word: &Word| word.literal_start().split('@').next() == Some(package);
            is_global && command.words.iter().any(names)
        })
    }

    /// Why `package`, which `what` needs, may not be there.
    fn package(&self, package: &str, what: &str) -> Option<String> {
        match self.kept.fate(package) {
            Fate::Stays => None,
            Fate::Goes if package == what => Some(format!("{package} runs at start, and is a development dependency")),
            Fate::Goes => Some(format!("`{what}` runs at start, and is of the development dependency {package}")),
            Fate::Unknown | Fate::Foreign => {
                Some(format!("`{what}` runs at start, and package.json does not name {package}"))
            }
        }
    }
}
