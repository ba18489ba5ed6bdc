//! What runs when the container starts: ENTRYPOINT and CMD, followed into the scripts that the file writes or copies.

mod manifest;

use super::steps::Steps;
use super::{Base, Input};
use crate::decision::{Evidence, Place};
use crate::dockerfile::{Arguments, Instruction, Keyword};
use crate::edit::Span;
use crate::shell::Word;
use manifest::Asked;

/// A word of a command that runs at start.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StartWord {
    /// As written.
    pub raw: String,
    /// Its literal value, if it has one.
    pub value: Option<String>,
}

/// A command that runs at start.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Started {
    /// The program without its folders; empty where it is not literal.
    pub name: String,
    /// The program as written.
    pub program: String,
    /// Its arguments.
    pub words: Vec<StartWord>,
    /// Files that it writes by a redirect.
    pub writes: Vec<String>,
    /// Where it stands.
    pub place: Place,
}

impl Started {
    /// The literal arguments.
    #[must_use]
    pub fn literals(&self) -> Vec<&str> {
        self.words.iter().filter_map(|word| word.value.as_deref()).collect()
    }

    /// Evidence of it.
    #[must_use]
    pub fn evidence(&self) -> Evidence {
        let words: Vec<&str> = self.words.iter().map(|word| word.raw.as_str()).collect();
        Evidence { what: format!("{} {}", self.program, words.join(" ")).trim().to_owned(), place: self.place.clone() }
    }

    /// The program behind a wrapper and an interpreter: the X of `uv run X`, the module of `python -m`, the script of
    /// `python x.py`; or the program itself.
    #[must_use]
    pub fn application(&self) -> (&str, Vec<&str>) {
        let literals = self.literals();
        let (name, words) = unwrapped(&self.name, &literals);
        if !super::python::is_python(name) {
            return (name, words.to_vec());
        }
        let at = words.iter().position(|word| !word.starts_with('-') || *word == "-m").unwrap_or(words.len());
        match words.get(at..) {
            Some(["-m", module, rest @ ..]) => (module, rest.to_vec()),
            Some([script, rest @ ..]) => (base_name(script), rest.to_vec()),
            _ => (name, words.to_vec()),
        }
    }
}

/// Programs that run another one in an environment of the project, and the word that makes them do so.
const WRAPPERS: [(&str, &str); 7] = [
    ("uv", "run"),
    ("poetry", "run"),
    ("pipenv", "run"),
    ("pdm", "run"),
    ("bundle", "exec"),
    ("npx", ""),
    ("ddtrace-run", ""),
];

/// Options of the wrappers whose value is a word of its own.
const VALUED: [&str; 15] = [
    "--with",
    "--with-editable",
    "--with-requirements",
    "--extra",
    "--group",
    "--only-group",
    "--no-group",
    "--package",
    "--python",
    "-p",
    "--env-file",
    "--directory",
    "--project",
    "-C",
    "--cache-dir",
];

/// The program and the words behind wrappers.
fn unwrapped<'w, 'a>(name: &'a str, words: &'w [&'a str]) -> (&'a str, &'w [&'a str]) {
    let Some((_, verb)) = WRAPPERS.iter().find(|(wrapper, _)| *wrapper == name) else { return (name, words) };
    let mut rest = words;
    let mut awaits_verb = !verb.is_empty();
    loop {
        rest = match rest {
            [option, _, after @ ..] if VALUED.contains(option) => after,
            ["-m" | "--module", module, after @ ..] if !awaits_verb => return (module, after),
            [option, after @ ..] if option.starts_with('-') => after,
            [word, after @ ..] if awaits_verb && word == verb => {
                awaits_verb = false;
                after
            }
            [program, after @ ..] if !awaits_verb => return unwrapped(base_name(program), after),
            _ => return (name, words),
        };
    }
}

/// A script that runs at start.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StartScript {
    /// Its path in the image.
    pub path: String,
    /// Its text.
    pub text: String,
    /// Where the text was found.
    pub place: Place,
}

/// Everything that is known to run at start.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Start {
    /// The commands, of ENTRYPOINT and CMD first.
    pub commands: Vec<Started>,
    /// The scripts behind them.
    pub scripts: Vec<StartScript>,
    /// A script that could not be found: its path in the image.
    pub missing: Option<String>,
    /// Whether the file says at all what runs.
    pub is_given: bool,
}

/// Programs that only start another one and reap its children.
const INITS: [&str; 4] = ["tini", "dumb-init", "catatonit", "docker-init"];

const MAX_SCRIPTS: usize = 16;

/// The text of a file of the image, and where that was found.
type FileAt<'r> = &'r dyn Fn(&str) -> Option<(String, Place)>;

/// Follows the ENTRYPOINT and CMD at the end of `steps`, into the files of the image; where there is none, the CMD of
/// a server's image.
pub(super) fn read(steps: &Steps, base: Option<&Base>, input: &Input, file_at: FileAt) -> Start {
    let mut reader = Reader { steps, input, file_at, start: Start::default(), asked: Vec::new() };
    match instructions(steps) {
        (Some(entrypoint), cmd) => reader.entrypoint(entrypoint, cmd),
        (None, Some(cmd)) => reader.instruction(cmd),
        (None, None) => match base.and_then(Base::serving_cmd) {
            Some(words) => reader.argv(&words.iter().map(|word| literal(word)).collect::<Vec<_>>(), IMAGES),
            None => return reader.start,
        },
    }
    reader.start.is_given = true;
    reader.start
}

/// The ENTRYPOINT and CMD that count. An ENTRYPOINT in shell form leaves no CMD, and one of the stage itself none of
/// the stages below.
fn instructions<'s>(steps: &'s Steps) -> (Option<&'s Instruction>, Option<&'s Instruction>) {
    let last = |keyword| steps.all.iter().rposition(|step| step.is(keyword));
    let instruction = |at: usize| steps.all.get(at).map(|step| step.instruction);
    let own = steps.all.len() - steps.own().len();
    let entrypoint = last(Keyword::Entrypoint);
    let counts = |&cmd: &usize| entrypoint.is_none_or(|entrypoint| entrypoint < own || cmd >= own);
    let cmd = last(Keyword::Cmd).filter(counts).and_then(instruction);
    let entrypoint = entrypoint.and_then(instruction);
    let ignores_cmd = entrypoint.is_some_and(|instruction| instruction.exec().is_none());
    (entrypoint, cmd.filter(|_| !ignores_cmd))
}

const IMAGES: Place = Place::Template("images.toml");

fn literal(text: &str) -> StartWord {
    StartWord { raw: text.to_owned(), value: Some(text.to_owned()) }
}

/// The words of an instruction, as the container is given them.
fn argv_of(instruction: &Instruction) -> Vec<StartWord> {
    match &instruction.parts.arguments {
        Arguments::Json(words) => words.iter().map(|word| literal(&word.text)).collect(),
        Arguments::Text(text) => ["/bin/sh", "-c", &text.text].map(literal).to_vec(),
        _ => Vec::new(),
    }
}

struct Reader<'r, 'a> {
    steps: &'r Steps<'a>,
    input: &'r Input<'r>,
    file_at: FileAt<'r>,
    start: Start,
    /// The scripts of package.json that were followed.
    asked: Vec<Asked>,
}

impl Reader<'_, '_> {
    fn instruction(&mut self, instruction: &Instruction) {
        self.argv(&argv_of(instruction), Place::Dockerfile(instruction.span));
    }

    /// The words of CMD are the ENTRYPOINT's arguments. A script that hands over to them makes a command of them.
    fn entrypoint(&mut self, entrypoint: &Instruction, cmd: Option<&Instruction>) {
        let arguments = cmd.map(argv_of).unwrap_or_default();
        let words: Vec<StartWord> = argv_of(entrypoint).into_iter().chain(arguments).collect();
        self.argv(&words, Place::Dockerfile(entrypoint.span));
        let hands_over = |text: &str| text.contains("$@") || text.contains("$*");
        let may_hand_over = self.start.missing.is_some()
            || hands_over(entrypoint.rest())
            || self.start.scripts.iter().any(|script| hands_over(&script.text));
        if let Some(cmd) = cmd.filter(|_| may_hand_over) {
            self.instruction(cmd);
        }
    }

    fn argv(&mut self, words: &[StartWord], place: Place) {
        let Some((program, rest)) = words.split_first() else { return };
        let name = base_name(program.value.as_deref().unwrap_or_default()).to_owned();
        if INITS.contains(&name.as_str()) {
            let inner = match rest.iter().position(|word| word.raw == "--") {
                Some(end) => end + 1,
                None => rest.iter().position(|word| !word.raw.starts_with('-')).unwrap_or(rest.len()),
            };
            return self.argv(rest.get(inner..).unwrap_or_default(), place);
        }
        if is_shell(&name) {
            return self.shell(rest, place);
        }
        let path = program.value.clone();
        let started = Started { name, program: program.raw.clone(), words: rest.to_vec(), writes: Vec::new(), place };
        let asked = manifest::asked(&started);
        self.start.commands.push(started);
        self.package_script(asked);
        if let Some(path) = path {
            self.follow(&path, false);
        }
    }

    /// `sh -c 'script'`, or `sh script args`.
    fn shell(&mut self, words: &[StartWord], place: Place) {
        let takes_text =
            |word: &StartWord| word.raw.starts_with('-') && !word.raw.starts_with("--") && word.raw.ends_with('c');
        if let Some(at) = words.iter().position(takes_text) {
            if let Some(text) = words.get(at + 1).and_then(|word| word.value.clone()) {
                self.script(&text, &place);
            }
            return;
        }
        let script = words.iter().find(|word| !word.raw.starts_with('-'));
        if let Some(path) = script.and_then(|word| word.value.clone()) {
            self.follow(&path, true);
        }
    }

    fn script(&mut self, text: &str, place: &Place) {
        let Ok(script) = self.input.script(text) else { return };
        for command in &script.commands {
            let at = |span: Span| line_place(place, text, span);
            let writes = command.redirects.iter().filter(|redirect| redirect.writes_file());
            let writes = writes.filter_map(|redirect| redirect.target.value.clone()).collect();
            let Some(invocation) = command.program() else { continue };
            let words: Vec<StartWord> = invocation.words.iter().map(|word| start_word(word, text)).collect();
            let program = invocation.program.span.of(text).to_owned();
            let is_exec_shell = is_shell(invocation.name);
            let started = Started {
                name: invocation.name.to_owned(),
                program,
                words: words.clone(),
                writes,
                place: at(command.span),
            };
            let asked = manifest::asked(&started);
            self.start.commands.push(started);
            self.package_script(asked);
            if is_exec_shell {
                self.shell(&words, at(command.span));
            } else if let Some(path) = &invocation.program.value {
                self.follow(path, false);
            }
        }
    }

    /// Follows `npm start` and the like into package.json, where the folder is certain.
    fn package_script(&mut self, asked: Option<Asked>) {
        let Some(asked) = asked else { return };
        let may_have_moved = self.start.commands.iter().any(|started| started.name == "cd");
        if may_have_moved || self.asked.contains(&asked) || self.asked.len() >= MAX_SCRIPTS {
            return;
        }
        let path = self.steps.end.absolute("package.json");
        let found = path.and_then(|path| (self.file_at)(&path));
        let Some((manifest, Place::Context { path, .. })) = found else { return };
        let commands = manifest::commands(&manifest, &asked);
        self.asked.push(asked);
        for (text, line) in commands {
            self.script(&text, &Place::Context { path: path.clone(), line });
        }
    }

    /// Looks for the script at `path`; `certain` says that it must be one.
    fn follow(&mut self, path: &str, certain: bool) {
        if self.start.scripts.len() >= MAX_SCRIPTS {
            return;
        }
        let Some(found) = self.find(path) else {
            let looks_like_script = certain || path.ends_with(".sh");
            if looks_like_script && self.start.missing.is_none() {
                self.start.missing = Some(path.to_owned());
            }
            return;
        };
        if self.start.scripts.iter().any(|script| script.path == found.path) {
            return;
        }
        let (text, place) = (found.text.clone(), found.place.clone());
        self.start.scripts.push(found);
        if is_shell_script(&text) {
            self.script(&text, &place);
        }
    }

    fn find(&self, path: &str) -> Option<StartScript> {
        let candidates = if path.contains('/') {
            vec![self.steps.end.absolute(path)?]
        } else {
            let folders = ["/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin"];
            let in_workdir = self.steps.end.absolute(path);
            folders.iter().map(|folder| format!("{folder}/{path}")).chain(in_workdir).collect()
        };
        candidates.into_iter().find_map(|path| {
            let (text, place) = (self.file_at)(&path)?;
            Some(StartScript { path, text, place })
        })
    }
}

fn start_word(word: &Word, text: &str) -> StartWord {
    StartWord { raw: word.span.of(text).to_owned(), value: word.value.clone() }
}

/// A command's own line where the script stands in a file of the context.
fn line_place(place: &Place, text: &str, span: Span) -> Place {
    match place {
        Place::Context { path, line } => {
            let before = text.as_bytes().iter().take(span.start).filter(|&&byte| byte == b'\n').count();
            Place::Context { path: path.clone(), line: line + before }
        }
        other => other.clone(),
    }
}

fn base_name(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

fn is_shell(name: &str) -> bool {
    matches!(name, "sh" | "bash" | "ash" | "dash" | "zsh" | "ksh")
}

/// A text without `#!` is run by the shell that meets it.
fn is_shell_script(text: &str) -> bool {
    match text.strip_prefix("#!") {
        Some(rest) => rest.lines().next().is_some_and(|line| line.split(['/', ' ']).any(is_shell)),
        None => true,
    }
}

#[cfg(test)]
mod tests;
