//! Installs of the project's own sources: what a build leaves beside them would stay in the builder.

use super::pip;
use crate::decision::Held;
use crate::edit::Span;
use crate::engine::View;
use crate::facts::python::PipCommand;
use crate::facts::{InstallCall, Step};
use crate::templates::Sources;

/// The files that say how a project is built.
const MANIFESTS: [&str; 3] = ["pyproject.toml", "setup.cfg", "setup.py"];

/// Holds the split for an install that may leave something beside the sources.
pub(super) fn refuse(view: &View, step: &Step, call: &InstallCall) -> Result<(), Held> {
    let Some(pip) = &call.pip else {
        let project = Project::of(view, step, ".").filter(|_| call.installs);
        return project.map_or(Ok(()), |project| project.refuse_tool(call));
    };
    for package in pip.folders() {
        Project::of(view, step, package).map_or(Ok(()), |project| project.refuse_generated())?;
    }
    let in_files =
        pip.files.iter().filter_map(|file| Some(editables(&view.facts.text_at(&step.scope.absolute(file)?)?)));
    let editables = pip.editables.iter().cloned().chain(in_files.flatten());
    // What is fetched lies in the environment, sources and all.
    for package in editables.filter(|package| !package.contains("://")) {
        let held = || Held::blocked_at("it is not known which folder is installed with -e here", step.instruction.span);
        Project::of(view, step, &package).ok_or_else(held)?.refuse_editable(pip)?;
    }
    Ok(())
}

/// What the lines of a requirement file with `-e` name.
fn editables(text: &str) -> Vec<String> {
    let named = |line: &str| {
        let rest = line.strip_prefix("-e").or_else(|| line.strip_prefix("--editable"))?;
        Some(rest.trim_start_matches(['=', ' ']).split([' ', '#']).next()?.to_owned())
    };
    text.lines().filter_map(|line| named(line.trim())).collect()
}

/// A project that is installed from its folder.
struct Project<'v, 'a> {
    view: &'v View<'a>,
    /// The line that installs it.
    line: Span,
    folder: String,
}

impl<'v, 'a> Project<'v, 'a> {
    /// The project that `package`, a path with or without extras, means; `None` where its folder is not known.
    fn of(view: &'v View<'a>, step: &Step, package: &str) -> Option<Self> {
        let path = package.split('[').next().unwrap_or_default().trim_start_matches("file:");
        let moves = pip::with_effects(view, step)
            .any(|(command, _)| command.program().is_some_and(|invocation| matches!(invocation.name, "cd" | "pushd")));
        let folder = step.scope.absolute(path).filter(|_| !moves || path.starts_with('/'))?;
        Some(Self { view, line: step.instruction.span, folder })
    }

    fn held<T>(&self, reason: String) -> Result<T, Held> {
        Err(Held::blocked_at(reason, self.line))
    }

    fn sources(&self) -> &'v Sources {
        &self.view.facts.input.templates.python.sources
    }

    fn text(&self, manifest: &str) -> Option<String> {
        self.view.facts.text_at(&format!("{}/{manifest}", self.folder.trim_end_matches('/')))
    }

    /// A word of the project's files that is one of `words`.
    fn says(&self, words: &'v [String]) -> Option<(&'static str, &'v str)> {
        let found = |manifest: &'static str| {
            let text = self.text(manifest)?;
            words.iter().find(|word| text.contains(word.as_str())).map(|word| (manifest, word.as_str()))
        };
        MANIFESTS.into_iter().find_map(found)
    }

    /// A version file and the like, which the sources in the working directory need as well.
    fn refuse_generated(&self) -> Result<(), Held> {
        match self.says(&self.sources().generated) {
            Some((file, word)) => self.held(format!(
                "the build writes a file beside the sources ({word} in {file}), which would stay in the builder"
            )),
            None => Ok(()),
        }
    }

    fn refuse_compiled(&self, otherwise: &str) -> Result<(), Held> {
        match self.says(&self.sources().compiled) {
            Some((file, word)) => self.held(format!(
                "an editable install may put what it builds beside the sources ({word} in {file}), \
                 and that would stay in the builder; {otherwise}"
            )),
            None => self.refuse_generated(),
        }
    }

    /// An editable install is whole where the backend puts everything but the sources into the environment.
    fn refuse_editable(&self, pip: &PipCommand) -> Result<(), Held> {
        const BUILDS_OTHERWISE: [&str; 4] = ["--no-build-isolation", "--no-use-pep517", "-C", "--config-settings"];
        let is_known = |backend: &str| self.sources().backends.iter().any(|known| known == backend);
        let Some(text) = self.text("pyproject.toml") else { return self.held(self.no_manifest()) };
        let manifest: toml::Table = text.parse().unwrap_or_default();
        let system = manifest.get("build-system");
        let backend = system.and_then(|system| system.get("build-backend")).and_then(toml::Value::as_str);
        let requires = system.and_then(|system| system.get("requires")).and_then(toml::Value::as_array);
        let mut requires = requires.into_iter().flatten().filter_map(toml::Value::as_str);
        let is_old = requires.any(|requirement| requirement.contains(['<', '~']) || requirement.contains("=="));
        let builds_otherwise =
            pip.options.iter().any(|option| BUILDS_OTHERWISE.contains(&option.split('=').next().unwrap_or_default()));
        if !backend.is_some_and(is_known) || is_old || builds_otherwise {
            return self.held(format!(
                "an editable install of {} may leave its metadata beside the sources: its [build-system] is not known \
                 to be a new one; install without -e",
                self.folder
            ));
        }
        self.refuse_compiled("install without -e")
    }

    fn no_manifest(&self) -> String {
        if self.view.facts.input.context.is_complete() {
            return "an editable install of a project without pyproject.toml may leave its metadata beside the sources, \
                    which would stay in the builder; install without -e"
                .into();
        }
        format!(
            "{}/pyproject.toml is not at hand, so what an editable install leaves beside the sources is not known; \
             give its folder with --context, or install without -e",
            self.folder.trim_end_matches('/')
        )
    }

    /// Poetry installs the project in place, Pipenv what its Pipfile says.
    fn refuse_tool(&self, call: &InstallCall) -> Result<(), Held> {
        match call.installer.as_str() {
            "poetry" => self.refuse_compiled("install what `poetry build` makes"),
            "pipenv" if self.text("Pipfile").is_some_and(|text| text.contains("editable")) => {
                self.held("the Pipfile has an editable install, which points back at the sources".into())
            }
            _ => Ok(()),
        }
    }
}
