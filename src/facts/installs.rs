//! Calls that fill the Python environment: those of pip, and of the tools that take its place.

use super::python::{self, PipCommand};
use super::scope::Scope;
use crate::shell::{Command, Invocation};
use crate::templates::{SystemInstalls, Templates};

/// The script by which a project of setuptools installs itself.
pub const SETUP: &str = "setup.py";

/// A call that fills the environment of the system's Python, or prepares one that does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InstallCall {
    /// The tool: `pip`, [`SETUP`], or one that `templates/python.toml` knows.
    pub installer: String,
    /// What is asked of pip, or of a tool that reads pip's command line.
    pub pip: Option<PipCommand>,
    /// Whether it installs; otherwise it sets something for the calls behind it, or writes what they read.
    pub installs: bool,
    /// Whether this is `python -m`.
    pub as_module: bool,
}

impl InstallCall {
    pub(super) fn of(command: &Command, invocation: &Invocation, scope: &Scope, templates: &Templates) -> Option<Self> {
        let module = python::module(invocation);
        let as_module = module.is_some();
        if let Some(pip) = python::pip_command(command, invocation, templates) {
            return Some(Self { installer: "pip".into(), pip: Some(pip), installs: true, as_module });
        }
        if python::is_python(invocation.name) && calls_setup(invocation) {
            return Some(Self { installer: SETUP.into(), pip: None, installs: true, as_module: false });
        }
        let (name, words) = module.unwrap_or((invocation.name, invocation.words));
        let literal: Vec<&str> = words.iter().map(|word| word.value.as_deref().unwrap_or_default()).collect();
        let call = |pip, installs| Self { installer: name.to_owned(), pip, installs, as_module };
        if templates.python.pip.is_called_by(name, &literal) {
            return Some(call(None, true));
        }
        let installer = templates.python.installer(name)?;
        if installer.exports(&literal) {
            return Some(call(None, false));
        }
        let system = installer.system.as_ref().filter(|system| is_asked_for(name, system, &literal, command, scope))?;
        let installs = system.installs(&literal);
        let pip = words.split_first().filter(|(verb, _)| installs && verb.is("pip")).map(|(_, words)| {
            let takes_value = |option: &str| system.takes_value(option) || templates.python.pip.takes_value(option);
            python::parsed(command.span, words, takes_value)
        });
        (installs || system.sets(&literal)).then(|| call(pip, installs))
    }
}

/// Whether `poetry run x` and the like finds the program in the environment of the system's Python.
pub(super) fn runs_by_tool(command: &Command, invocation: &Invocation, scope: &Scope, templates: &Templates) -> bool {
    let system = templates.python.installer(invocation.name).and_then(|installer| installer.system.as_ref());
    let runs = invocation.words.first().is_some_and(|word| word.is("run"));
    runs && system.is_some_and(|system| is_asked_for(invocation.name, system, &[], command, scope))
}

/// `python setup.py install`, and `develop`.
fn calls_setup(invocation: &Invocation) -> bool {
    let mut words = invocation.words.iter().filter(|word| !word.literal_start().starts_with('-'));
    words.next().is_some_and(|word| matches!(word.value.as_deref(), Some(SETUP | "./setup.py")))
        && words.any(|word| word.is("install") || word.is("develop"))
}

/// Whether a tool is told to fill the environment of the system's Python, and to make none itself.
fn is_asked_for(name: &str, system: &SystemInstalls, words: &[&str], command: &Command, scope: &Scope) -> bool {
    let before = |variable: &str| {
        let mut pairs = command.assignments.iter().filter_map(|word| word.value.as_deref()?.split_once('='));
        pairs.find(|(name, _)| *name == variable).map(|(_, value)| value)
    };
    system.are_asked_for(
        words,
        |variable| before(variable).or_else(|| scope.env(variable)),
        |setting| scope.setting(name, setting),
    )
}

#[cfg(test)]
mod tests {
    use super::super::asking::ask;

    /// The installers of the last RUN's calls that fill the environment.
    fn installers(dockerfile: &str) -> Vec<String> {
        ask(dockerfile, &[], |facts| {
            let step = facts.steps().own().last().expect("a step");
            let calls = facts.effects(step).iter().filter_map(|effect| effect.install());
            calls.map(|call| call.installer.clone()).collect()
        })
    }

    #[test]
    fn poetry_fills_it_where_it_makes_none_of_its_own() {
        for text in [
            "FROM python\nRUN poetry config virtualenvs.create false\nRUN poetry install\n",
            "FROM python\nENV POETRY_VIRTUALENVS_CREATE=0\nRUN poetry install --only main\n",
            "FROM python\nRUN POETRY_VIRTUALENVS_CREATE=false poetry install\n",
            "FROM python AS a\nRUN poetry config virtualenvs.create false\nFROM a\nRUN python -m poetry sync\n",
        ] {
            assert_eq!(installers(text), ["poetry"], "{text}");
        }
        assert!(installers("FROM python\nRUN poetry install\n").is_empty());
        assert!(installers("FROM python\nENV POETRY_VIRTUALENVS_CREATE=true\nRUN poetry install\n").is_empty());
    }

    #[test]
    fn pipenv_and_uv_fill_it_where_they_are_told_to() {
        assert_eq!(installers("FROM python\nRUN pipenv install --system --deploy\n"), ["pipenv"]);
        assert_eq!(installers("FROM python\nENV UV_SYSTEM_PYTHON=1\nRUN uv pip install -r a.txt\n"), ["uv"]);
        for text in ["pipenv install", "uv pip install flask", "uv sync", "poetry run x", "python -m uvicorn"] {
            assert!(installers(&format!("FROM python\nRUN {text}\n")).is_empty(), "{text}");
        }
    }

    #[test]
    fn what_writes_a_requirement_file_prepares_a_call_that_reads_it() {
        let text = "FROM python\nRUN poetry export -o r.txt && pip install -r r.txt\n";
        assert_eq!(installers(text), ["poetry", "pip"]);
    }

    #[test]
    fn a_model_of_spacy_is_a_package() {
        assert_eq!(installers("FROM python\nRUN python3 -m spacy download en_core_web_sm\n"), ["spacy"]);
        assert!(installers("FROM python\nRUN python3 -m spacy info\n").is_empty());
    }

    #[test]
    fn uv_reads_the_command_line_of_pip() {
        let text = "FROM python\nRUN uv pip install --system --index-strategy first-index -r a.txt flask\n";
        let (files, packages) = ask(text, &[], |facts| {
            let effects = facts.effects(facts.steps().own().last().expect("a step"));
            let pip = effects[0].pip().expect("a call of pip");
            (pip.files.clone(), pip.packages.clone())
        });
        assert_eq!((files, packages), (vec!["a.txt".to_owned()], vec!["flask".to_owned()]));
    }
}
