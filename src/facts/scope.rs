//! What is in force at a line: WORKDIR, USER, SHELL, ENV and ARG.

use std::rc::Rc;

use crate::dockerfile::{Instruction, Keyword};

/// Where a variable comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    /// ENV: it lasts into the container.
    Env,
    /// ARG: it ends with the build.
    Arg,
}

#[derive(Debug)]
struct Variable {
    name: String,
    value: Option<String>,
    origin: Origin,
    earlier: Option<Rc<Variable>>,
}

/// The state before an instruction. Cloning is cheap.
#[derive(Debug, Clone, Default)]
pub struct Scope {
    variables: Option<Rc<Variable>>,
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
        self.find(name, Origin::Env)
            .or_else(|| self.find(name, Origin::Arg))
            .and_then(|variable| variable.value.clone())
    }

    /// The value of an ENV.
    #[must_use]
    pub fn env(&self, name: &str) -> Option<&str> {
        self.find(name, Origin::Env).and_then(|variable| variable.value.as_deref())
    }

    /// The ENV variables, the latest first; a name may come twice, the first one counts.
    pub fn all_env(&self) -> impl Iterator<Item = (&str, Option<&str>)> {
        std::iter::successors(self.variables.as_deref(), |variable| variable.earlier.as_deref())
            .filter(|variable| variable.origin == Origin::Env)
            .map(|variable| (variable.name.as_str(), variable.value.as_deref()))
    }

    fn find(&self, name: &str, origin: Origin) -> Option<&Variable> {
        std::iter::successors(self.variables.as_deref(), |variable| variable.earlier.as_deref())
            .find(|variable| variable.origin == origin && variable.name == name)
    }

    fn set(&mut self, name: String, value: Option<String>, origin: Origin) {
        self.variables = Some(Rc::new(Variable { name, value, origin, earlier: self.variables.take() }));
    }

    /// What a stage that starts from this one begins with: everything but the ARGs.
    #[must_use]
    pub fn inherited(&self) -> Self {
        let mut env: Vec<(String, Option<String>)> =
            self.all_env().map(|(name, value)| (name.to_owned(), value.map(ToOwned::to_owned))).collect();
        env.reverse();
        let mut scope = Self { variables: None, ..self.clone() };
        for (name, value) in env {
            scope.set(name, value, Origin::Env);
        }
        scope
    }

    /// `text` of `instruction` with variables filled in; `None` where one is not known.
    #[must_use]
    pub fn expand(&self, instruction: &Instruction, text: &str) -> Option<String> {
        let unknown = std::cell::Cell::new(false);
        let lookup = |name: &str| {
            let value = self.lookup(name);
            unknown.set(unknown.get() || value.is_none());
            value
        };
        let expanded = instruction.expand(text, &lookup)?;
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
                    self.set(name, value, Origin::Env);
                }
            }
            Keyword::Arg => {
                for pair in instruction.pairs() {
                    let value = match &pair.value {
                        Some(value) => self.expand(instruction, value),
                        None => globals.lookup(&pair.key),
                    };
                    self.set(pair.key.clone(), value, Origin::Arg);
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
            Keyword::Shell => {
                self.shell = instruction.exec().map(|words| words.into_iter().map(str::to_owned).collect())
            }
            _ => {}
        }
    }

    /// `path` from the working directory, without `.` and `..`; `None` where the working directory is not known.
    #[must_use]
    pub fn absolute(&self, path: &str) -> Option<String> {
        if path.starts_with('/') {
            return Some(normalized(path));
        }
        self.workdir.as_deref().map(|workdir| normalized(&format!("{workdir}/{path}")))
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
    fn a_shell_that_is_none_is_told_apart() {
        assert!(at_end("FROM a\nSHELL [\"/bin/bash\", \"-o\", \"pipefail\", \"-c\"]\n").has_posix_shell());
        assert!(!at_end("FROM a\nSHELL [\"powershell\", \"-Command\"]\n").has_posix_shell());
    }
}
