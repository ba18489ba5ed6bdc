//! What is in force at a line: WORKDIR, USER, SHELL, ENV and ARG.

use std::cell::Cell;
use std::rc::Rc;

use crate::dockerfile::{Instruction, Keyword};

/// The kernel takes no longer path. Longer values are unknown, as variables that hold each other double with every line.
const LONGEST: usize = 4_096;

#[derive(Debug)]
struct Variable {
    name: String,
    value: Option<String>,
    earlier: Option<Rc<Variable>>,
}

/// Variables in the order in which they were set; a clone shares what was set before it.
#[derive(Debug, Clone, Default)]
struct Variables {
    latest: Option<Rc<Variable>>,
}

impl Variables {
    fn set(&mut self, name: String, value: Option<String>) {
        self.latest = Some(Rc::new(Variable { name, value, earlier: self.latest.take() }));
    }

    /// The latest first.
    fn iter(&self) -> impl Iterator<Item = &Variable> {
        std::iter::successors(self.latest.as_deref(), |variable| variable.earlier.as_deref())
    }

    fn find(&self, name: &str) -> Option<&Variable> {
        self.iter().find(|variable| variable.name == name)
    }
}

/// The state before an instruction. Cloning is cheap.
#[derive(Debug, Clone, Default)]
pub struct Scope {
    /// ENV: they last into the container.
    env: Variables,
    /// ARG: they end with the stage.
    args: Variables,
    /// What `TOOL config NAME VALUE` set, as `TOOL NAME`.
    settings: Variables,
    /// The working directory, absolute; `None` where it holds a variable that nobody knows.
    pub workdir: Option<Rc<str>>,
    /// The user as written, variables filled in; `None` where no USER was seen.
    pub user: Option<Rc<str>>,
    /// The words of the SHELL in force; `None` for the default.
    pub shell: Option<Rc<[String]>>,
}

impl Scope {
    /// The state at the start of an image whose working directory is `workdir` and whose user is `user`.
    #[must_use]
    pub fn of_image(workdir: &str, user: Option<&str>) -> Self {
        Self { workdir: Some(workdir.into()), user: user.map(Into::into), ..Self::default() }
    }

    /// The value of a variable: ENV wins over ARG, as in BuildKit.
    #[must_use]
    pub fn lookup(&self, name: &str) -> Option<String> {
        self.env.find(name).or_else(|| self.args.find(name)).and_then(|variable| variable.value.clone())
    }

    /// The value of an ENV.
    #[must_use]
    pub fn env(&self, name: &str) -> Option<&str> {
        self.env.find(name).and_then(|variable| variable.value.as_deref())
    }

    /// The ENV variables, the latest first; a name may come twice, the first one counts.
    pub fn all_env(&self) -> impl Iterator<Item = (&str, Option<&str>)> {
        self.env.iter().map(|variable| (variable.name.as_str(), variable.value.as_deref()))
    }

    /// What `tool config name VALUE` of a RUN before this line set.
    #[must_use]
    pub fn setting(&self, tool: &str, name: &str) -> Option<&str> {
        let variable = self.settings.find(&format!("{tool} {name}"))?;
        variable.value.as_deref()
    }

    /// The state within a RUN whose script is `script`.
    #[must_use]
    pub(super) fn with_settings_of(&self, script: &str) -> Self {
        let mut scope = self.clone();
        scope.set(script);
        scope
    }

    fn set(&mut self, script: &str) {
        let words: Vec<&str> = script.split_whitespace().filter(|word| !word.starts_with('-')).collect();
        for call in words.windows(4) {
            if let [tool, "config", name, value] = call {
                let value = value.trim_matches(['"', '\'', ';']);
                self.settings.set(format!("{tool} {name}"), Some(value.to_owned()));
            }
        }
    }

    /// What a stage that starts from this one begins with: everything but the ARGs.
    #[must_use]
    pub fn inherited(&self) -> Self {
        Self { args: Variables::default(), ..self.clone() }
    }

    /// `text` of `instruction` with variables filled in; `None` where one is not known.
    #[must_use]
    pub fn expand(&self, instruction: &Instruction, text: &str) -> Option<String> {
        let (unknown, filled_in) = (Cell::new(false), Cell::new(0));
        let lookup = |name: &str| {
            let value = self.lookup(name);
            unknown.set(unknown.get() || value.is_none());
            filled_in.set(filled_in.get() + value.as_ref().map_or(0, String::len));
            value.filter(|_| filled_in.get() <= LONGEST)
        };
        let expanded = instruction.expand(text, &lookup)?;
        if filled_in.get() > LONGEST {
            return None;
        }
        // `${x:-default}` of an unset variable is known all the same; a lone `$x` is not.
        (!unknown.get() || text.contains(":-")).then_some(expanded)
    }

    /// Goes past `instruction`. `globals` are the ARGs before the first FROM.
    pub fn pass(&mut self, instruction: &Instruction, globals: &Self) {
        match instruction.keyword() {
            Keyword::Env => {
                let values: Vec<(String, Option<String>)> = instruction
                    .pairs()
                    .iter()
                    .map(|pair| (pair.key.clone(), self.expand(instruction, pair.value.as_deref().unwrap_or_default())))
                    .collect();
                for (name, value) in values {
                    self.env.set(name, value);
                }
            }
            Keyword::Arg => {
                for pair in instruction.pairs() {
                    let value = match &pair.value {
                        Some(value) => self.expand(instruction, value),
                        None => globals.lookup(&pair.key),
                    };
                    self.args.set(pair.key.clone(), value);
                }
            }
            Keyword::Workdir => {
                let path = self.expand(instruction, instruction.rest());
                self.workdir = path.and_then(|path| self.absolute(&path)).map(Into::into);
            }
            Keyword::User => {
                let user = self.expand(instruction, instruction.rest());
                self.user = Some(user.unwrap_or_else(|| instruction.rest().to_owned()).into());
            }
            Keyword::Run => self.set(instruction.rest()),
            Keyword::Shell => {
                self.shell = instruction.exec().map(|words| words.into_iter().map(str::to_owned).collect())
            }
            _ => {}
        }
    }

    /// `path` from the working directory, without `.` and `..`; `None` where the working directory is not known, or
    /// where no system could hold the path.
    #[must_use]
    pub fn absolute(&self, path: &str) -> Option<String> {
        let path = match path.strip_prefix('/') {
            Some(_) => normalized(path),
            None => normalized(&format!("{}/{path}", self.workdir.as_deref()?)),
        };
        (path.len() <= LONGEST).then_some(path)
    }

    /// Whether RUN lines are for a POSIX shell.
    #[must_use]
    pub fn has_posix_shell(&self) -> bool {
        let Some(words) = &self.shell else { return true };
        let program = words.first().and_then(|word| word.rsplit('/').next()).unwrap_or_default();
        matches!(program, "sh" | "bash" | "ash" | "dash" | "zsh" | "ksh")
    }
}

/// `path`, absolute, without `.`, `..` and double slashes.
#[must_use]
pub fn normalized(path: &str) -> String {
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop();
            }
            part => parts.push(part),
        }
    }
    format!("/{}", parts.join("/"))
}

/// Whether `path` is `dir` or lies below it. Both are absolute.
#[must_use]
pub fn is_at_or_below(path: &str, dir: &str) -> bool {
    dir == "/" || path == dir || path.strip_prefix(dir).is_some_and(|rest| rest.starts_with('/'))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dockerfile::Dockerfile;

    fn at_end(text: &str) -> Scope {
        let dockerfile = Dockerfile::parse(text);
        let globals = Scope::default();
        let mut scope = Scope::of_image("/", None);
        dockerfile.instructions().for_each(|instruction| scope.pass(instruction, &globals));
        scope
    }

    #[test]
    fn a_relative_workdir_builds_on_the_one_before() {
        assert_eq!(at_end("FROM a\nWORKDIR /x\nWORKDIR y/../z\n").workdir.as_deref(), Some("/x/z"));
        assert_eq!(at_end("FROM a\nARG D\nWORKDIR $D\nWORKDIR y\n").workdir, None);
    }

    #[test]
    fn env_wins_over_arg_and_is_expanded_once() {
        let scope = at_end("FROM a\nARG V=1\nENV V=2\nENV W=\"$V/x\" V=3\n");
        assert_eq!(scope.lookup("V").as_deref(), Some("3"));
        assert_eq!(scope.env("W"), Some("2/x"));
    }

    #[test]
    fn a_value_with_an_unknown_variable_is_unknown() {
        let scope = at_end("FROM a\nARG V\nENV A=$V B=${V:-7}\n");
        assert_eq!(scope.env("A"), None);
        assert_eq!(scope.env("B"), Some("7"));
    }

    #[test]
    fn values_that_double_with_every_line_are_unknown_in_the_end() {
        let scope = at_end(&format!("FROM a\nENV A=12345678\n{}", "ENV A=$A$A\n".repeat(60)));
        assert_eq!((scope.env("A"), scope.lookup("A")), (None, None));
        assert_eq!(at_end(&format!("FROM a\n{}", "WORKDIR abc\n".repeat(2_000))).workdir, None);
    }

    #[test]
    fn args_end_with_their_stage() {
        let inherited = at_end("FROM a\nARG A=1\nENV B=$A\n").inherited();
        assert_eq!((inherited.lookup("A"), inherited.env("B")), (None, Some("1")));
    }

    #[test]
    fn a_setting_of_a_tool_lasts_into_the_stages_above() {
        let scope = at_end("FROM a\nRUN pip install poetry && poetry config --local virtualenvs.create false; x\n");
        assert_eq!(scope.inherited().setting("poetry", "virtualenvs.create"), Some("false"));
        assert_eq!(scope.setting("poetry", "x"), None);
    }

    #[test]
    fn a_shell_that_is_none_is_told_apart() {
        assert!(at_end("FROM a\nSHELL [\"/bin/bash\", \"-o\", \"pipefail\", \"-c\"]\n").has_posix_shell());
        assert!(!at_end("FROM a\nSHELL [\"powershell\", \"-Command\"]\n").has_posix_shell());
    }
}
