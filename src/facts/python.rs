//! Python environments: what pip is asked to do.

use crate::edit::Span;
use crate::shell::{Command, Invocation, Word};
use crate::templates::Templates;

/// A call of pip.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PipCommand {
    /// The sub-command: `install`, `download`, `config` …
    pub verb: String,
    /// Requirement and constraint files.
    pub files: Vec<String>,
    /// Package names, paths and URLs; an unknown word is given as written.
    pub packages: Vec<String>,
    /// Those of them that are installed in place, so that the environment points back at the sources.
    pub editables: Vec<String>,
    /// The other options, as written.
    pub options: Vec<String>,
    /// The command in the script.
    pub span: Span,
}

impl PipCommand {
    /// The option by which it installs somewhere else than into its own environment.
    #[must_use]
    pub fn elsewhere(&self) -> Option<&str> {
        const ELSEWHERE: [&str; 8] = ["--target", "-t", "--prefix", "--root", "--user", "--python", "-p", "--src"];
        let named = |option: &&String| ELSEWHERE.contains(&option.split('=').next().unwrap_or_default());
        self.options.iter().find(named).map(String::as_str)
    }

    /// The folders of the image that it installs projects from.
    pub fn folders(&self) -> impl Iterator<Item = &String> {
        self.packages.iter().filter(|package| package.starts_with(['.', '/']) && !package.ends_with(".whl"))
    }

    fn edits(&mut self, package: Option<String>) {
        self.editables.extend(package.clone());
        self.packages.extend(package);
    }

    /// Whether it does nothing but renew pip and its kin.
    #[must_use]
    pub fn renews_pip(&self) -> bool {
        self.verb == "install"
            && self.files.is_empty()
            && !self.packages.is_empty()
            && self.packages.iter().all(|package| {
                let name = package.split(['=', '<', '>', '~', '!', '[']).next().unwrap_or_default();
                matches!(name, "pip" | "setuptools" | "wheel")
            })
    }
}

/// What is asked of pip, by its own name or as a module.
pub(super) fn pip_command(command: &Command, invocation: &Invocation, templates: &Templates) -> Option<PipCommand> {
    let pip = &templates.python.pip;
    let (known, name, words) = match module(invocation) {
        Some((name, words)) => (&pip.modules, name, words),
        None => (&pip.commands, invocation.name, invocation.words),
    };
    let is_pip = known.iter().any(|known| known == name);
    is_pip.then(|| parsed(command.span, words, |option| pip.takes_value(option)))
}

/// The module that a Python is asked to run, and the words behind it.
pub(super) fn module<'c>(invocation: &Invocation<'c>) -> Option<(&'c str, &'c [Word])> {
    match invocation.words {
        [option, module, words @ ..] if is_python(invocation.name) && option.is("-m") => {
            Some((module.value.as_deref()?, words))
        }
        _ => None,
    }
}

/// pip's command line; `takes_value` tells the options whose value is the next word.
pub(super) fn parsed(span: Span, words: &[Word], takes_value: impl Fn(&str) -> bool) -> PipCommand {
    let mut parsed = PipCommand {
        verb: String::new(),
        files: Vec::new(),
        packages: Vec::new(),
        editables: Vec::new(),
        options: Vec::new(),
        span,
    };
    let mut words = words.iter();
    while let Some(word) = words.next() {
        let value = known_part(word);
        match value.as_str() {
            "-r" | "--requirement" | "--requirements" | "-c" | "--constraint" => {
                parsed.files.extend(words.next().and_then(|file| file.value.clone()));
            }
            "-e" | "--editable" => parsed.edits(words.next().map(known_part)),
            _ => match value
                .strip_prefix("--requirement=")
                .or_else(|| value.strip_prefix("-r").filter(|_| !value.starts_with("--")))
            {
                Some(file) => parsed.files.push(file.to_owned()),
                None if value.starts_with("--editable=") => {
                    parsed.edits(value.split_once('=').map(|(_, path)| path.to_owned()));
                }
                None if value.starts_with('-') => {
                    if takes_value(&value) {
                        words.next();
                    }
                    parsed.options.push(value);
                }
                None if parsed.verb.is_empty() => parsed.verb = value,
                None => parsed.packages.push(value),
            },
        }
    }
    parsed
}

/// What is certain of a word: `.[server]` is a pattern to a shell, and in `poetry==$VERSION` only the version is unknown.
fn known_part(word: &Word) -> String {
    let start = word.literal_start();
    let names_package = start.contains(['=', '<', '>', '~', '[']) && !start.starts_with('-');
    match word.variables.as_slice() {
        variables if !variables.is_empty() && !names_package => format!("${}", variables.join("$")),
        _ => start.to_owned(),
    }
}

/// Whether `program` is a Python interpreter: `python`, `python3`, `python3.12`.
#[must_use]
pub fn is_python(program: &str) -> bool {
    program.strip_prefix("python").is_some_and(|version| version.chars().all(|ch| ch.is_ascii_digit() || ch == '.'))
}
