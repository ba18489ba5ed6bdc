//! What runs when the container starts: ENTRYPOINT and CMD, followed into the scripts that the file writes or copies.

use super::steps::Steps;
use super::{Input, copies};
use crate::decision::{Evidence, Place};
use crate::dockerfile::{Arguments, Instruction, Keyword};
use crate::edit::Span;
use crate::shell::Word;

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

    /// The program behind an interpreter: the module of `python -m`, the script of `python x.py`; or the program itself.
    #[must_use]
    pub fn application(&self) -> (&str, Vec<&str>) {
        let literals = self.literals();
        if !super::python::is_python(&self.name) {
            return (&self.name, literals);
        }
        let at = literals.iter().position(|word| !word.starts_with('-') || *word == "-m").unwrap_or(literals.len());
        match literals.get(at..) {
            Some(["-m", module, rest @ ..]) => (module, rest.to_vec()),
            Some([script, rest @ ..]) => (script.rsplit('/').next().unwrap_or(script), rest.to_vec()),
            _ => (&self.name, literals),
        }
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

/// Follows the ENTRYPOINT and CMD at the end of `steps`.
pub(super) fn read(steps: &Steps, input: &Input) -> Start {
    let mut reader = Reader { steps, input, start: Start::default() };
    match instructions(steps) {
        (Some(entrypoint), cmd) => reader.entrypoint(entrypoint, cmd),
        (None, Some(cmd)) => reader.instruction(cmd),
        (None, None) => return reader.start,
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

/// The words of an instruction, as the container is given them.
fn argv_of(instruction: &Instruction) -> Vec<StartWord> {
    let literal = |text: &str| StartWord { raw: text.to_owned(), value: Some(text.to_owned()) };
    match &instruction.parts.arguments {
        Arguments::Json(words) => words.iter().map(|word| literal(&word.text)).collect(),
        Arguments::Text(text) => ["/bin/sh", "-c", &text.text].map(literal).to_vec(),
        _ => Vec::new(),
    }
}

struct Reader<'r, 'a> {
    steps: &'r Steps<'a>,
    input: &'r Input<'r>,
    start: Start,
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
        self.start.commands.push(started);
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
            self.start.commands.push(Started {
                name: invocation.name.to_owned(),
                program,
                words: words.clone(),
                writes,
                place: at(command.span),
            });
            if is_exec_shell {
                self.shell(&words, at(command.span));
            } else if let Some(path) = &invocation.program.value {
                self.follow(path, false);
            }
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
            let (text, place) = copies::file_at(&self.steps.all, &path, self.input.context)?;
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
mod tests {
    use super::super::asking::ask;

    /// The commands that run at start, each as one line.
    fn commands(dockerfile: &str, files: &[(&str, &str)]) -> Vec<String> {
        ask(dockerfile, files, |facts| facts.start().commands.iter().map(|started| started.evidence().what).collect())
    }

    #[test]
    fn an_init_is_passed_and_cmd_is_its_command() {
        let text = "FROM a\nENTRYPOINT [\"tini\", \"-g\", \"--\"]\nCMD [\"node\", \"x.js\"]\n";
        assert_eq!(commands(text, &[]), ["node x.js"]);
    }

    #[test]
    fn a_script_that_hands_over_runs_cmd() {
        let text = "FROM a\nCOPY go.sh /\nENTRYPOINT [\"/go.sh\"]\nCMD [\"node\", \"x.js\"]\n";
        assert_eq!(commands(text, &[("go.sh", "#!/bin/sh\nset -e\nexec \"$@\"\n")]).last().unwrap(), "node x.js");
        let alone = commands(text, &[("go.sh", "#!/bin/sh\nserve\n")]);
        assert_eq!(alone, ["/go.sh node x.js", "serve"]);
    }

    #[test]
    fn an_entrypoint_in_shell_form_leaves_no_cmd() {
        assert_eq!(commands("FROM a\nENTRYPOINT exec serve\nCMD [\"x\"]\n", &[]), ["serve"]);
    }

    #[test]
    fn the_cmd_of_a_stage_below_goes_with_a_new_entrypoint() {
        let below = "FROM a AS base\nCMD [\"x\"]\nFROM base\n";
        assert_eq!(commands(below, &[]), ["x"]);
        assert_eq!(commands(&format!("{below}ENTRYPOINT [\"serve\"]\n"), &[]), ["serve"]);
        assert_eq!(commands(&format!("{below}ENTRYPOINT [\"serve\"]\nCMD [\"y\"]\n"), &[]), ["serve y"]);
    }

    #[test]
    fn scripts_are_read_wherever_they_come_from() {
        let echoed = "FROM a\nRUN echo '#!/bin/sh\\nserve' > /go.sh\nCMD /go.sh\n";
        assert_eq!(commands(echoed, &[]), ["/go.sh", "serve"]);
        let heredoc = "FROM a\nCOPY <<EOF /go.sh\n#!/bin/sh\nserve\nEOF\nCMD [\"/go.sh\"]\n";
        assert_eq!(commands(heredoc, &[]), ["/go.sh", "serve"]);
        let in_run = "FROM a\nRUN cat <<EOF > /go.sh\nserve\nEOF\nCMD [\"sh\", \"/go.sh\"]\n";
        assert_eq!(commands(in_run, &[]), ["serve"]);
    }

    #[test]
    fn a_script_that_is_not_at_hand_is_missing() {
        let missing = |text: &str| ask(text, &[], |facts| facts.start().missing.clone());
        assert_eq!(missing("FROM a\nCMD [\"bash\", \"/go\"]\n").as_deref(), Some("/go"));
        assert_eq!(missing("FROM a\nCMD [\"/go\"]\n"), None);
    }

    #[test]
    fn nothing_is_given_where_neither_stands() {
        assert!(!ask("FROM a\nRUN x\n", &[], |facts| facts.start().is_given));
    }
}
