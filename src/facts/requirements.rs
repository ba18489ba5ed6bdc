//! The Python packages that a file installs by name, as far as it and its context say.

mod manifests;

use super::python::{self, PipCommand};
use super::steps::Step;
use super::{Facts, copies, cwd};
use crate::shell::Invocation;
use crate::templates::Installer;
use manifests::{direct, locked};

/// Requirement files that name others, deeper than this, are a loop.
const MAX_DEPTH: usize = 8;

impl Facts<'_> {
    /// The packages that pip and the tools that install projects bring in any stage: names with their extras, as
    /// written.
    ///
    /// # Errors
    /// What is not at hand: a requirement file, or the project's own dependencies.
    pub fn requirements(&self) -> Result<Vec<String>, String> {
        let mut names = Vec::new();
        for index in 0..self.stages.len() {
            let steps = self.steps_of(index);
            for step in steps.own() {
                for pip in self.effects_in(index, step).iter().filter_map(|effect| effect.pip()) {
                    self.installed_by(pip, step, steps.own(), &mut names)?;
                }
                self.installed_by_tools(step, steps.own(), &mut names)?;
            }
        }
        names.sort();
        names.dedup();
        Ok(names)
    }

    fn installed_by(
        &self,
        pip: &PipCommand,
        step: &Step,
        steps: &[Step],
        names: &mut Vec<String>,
    ) -> Result<(), String> {
        for file in &pip.files {
            let path = step.scope.absolute(file).ok_or_else(|| file.clone())?;
            self.required_by(&path, steps, names, 0)?;
        }
        for package in &pip.packages {
            if package.starts_with(['.', '/']) {
                self.required_by_project(package, names)?;
            } else {
                names.push(requirement(package).to_owned());
            }
        }
        Ok(())
    }

    fn required_by(&self, path: &str, steps: &[Step], names: &mut Vec<String>, depth: usize) -> Result<(), String> {
        let found = copies::file_at(steps, path, self.input.context).filter(|_| depth < MAX_DEPTH);
        let (text, _) = found.ok_or_else(|| path.to_owned())?;
        let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder);
        for line in text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#')) {
            let other = line.strip_prefix("-r").or_else(|| line.strip_prefix("--requirement"));
            match other {
                Some(other) => {
                    let other = other.trim_start_matches(['=', ' ']);
                    self.required_by(&super::scope::normalized(&format!("{folder}/{other}")), steps, names, depth + 1)?;
                }
                None if line.starts_with('-') => {}
                None => names.push(requirement(line).to_owned()),
            }
        }
        Ok(())
    }

    /// The dependencies in the project's own files.
    fn required_by_project(&self, package: &str, names: &mut Vec<String>) -> Result<(), String> {
        let missing = || "the dependencies in pyproject.toml".to_owned();
        let folder = package.split('[').next().unwrap_or(package).trim_matches(['.', '/']);
        let in_folder = |file: &str| if folder.is_empty() { file.to_owned() } else { format!("{folder}/{file}") };
        let files = ["pyproject.toml", "setup.cfg"];
        let named = files.iter().filter_map(|file| direct(file, self.input.context.text(&in_folder(file))?));
        names.extend(
            named
                .reduce(|mut all, more| {
                    all.extend(more);
                    all
                })
                .ok_or_else(missing)?,
        );
        Ok(())
    }

    /// What uv, Poetry and their kin install for a project.
    fn installed_by_tools(&self, step: &Step, steps: &[Step], names: &mut Vec<String>) -> Result<(), String> {
        let Some(run) = step.script() else { return Ok(()) };
        for (command, dir) in run.script.commands.iter().zip(cwd::directories(step)) {
            let Some(invocation) = command.program() else { continue };
            let Some(installer) = self.input.templates.python.installer(invocation.name) else { continue };
            let mut plain = invocation.words.iter().filter(|word| !word.literal_start().starts_with('-'));
            let verb = plain.next().map_or("", |word| word.literal_start());
            if verb == "pip" {
                let pip =
                    Invocation { name: "pip", words: invocation.words.get(1..).unwrap_or_default(), ..invocation };
                if let Some(pip) = python::pip_command(command, &pip, self.input.templates) {
                    self.installed_by(&pip, step, steps, names)?;
                }
            } else if installer.project.installs.iter().any(|known| known == verb) {
                names.extend(self.of_project(installer, dir.as_deref(), steps)?);
            }
        }
        Ok(())
    }

    /// The packages of the project in `dir`: those that its lock file has, with the extras that the project asks for.
    fn of_project(&self, installer: &Installer, dir: Option<&str>, steps: &[Step]) -> Result<Vec<String>, String> {
        let text = |manifest: &String| {
            let copied = dir.and_then(|dir| copies::file_at(steps, &cwd::joined(dir, manifest), self.input.context));
            copied.map(|(text, _)| text).or_else(|| self.input.context.text(manifest).map(str::to_owned))
        };
        let found = installer.manifests.iter().filter_map(|manifest| Some((manifest, text(manifest)?)));
        let found: Vec<(&String, String)> = found.collect();
        if found.is_empty() {
            return Err(installer.manifests.join(" or "));
        }
        let mut names: Vec<String> = found.iter().filter_map(|(file, text)| direct(file, text)).flatten().collect();
        let locked = found.iter().find_map(|(file, text)| locked(file, text)).unwrap_or_default();
        let others = locked.into_iter().filter(|name| !names.iter().any(|known| is_same(known, name)));
        names.extend(others.collect::<Vec<_>>());
        Ok(names)
    }
}

/// Whether two requirements name the same package.
fn is_same(left: &str, right: &str) -> bool {
    let plain = |name: &str| name.split('[').next().unwrap_or_default().to_lowercase().replace(['_', '.'], "-");
    plain(left) == plain(right)
}

/// The name and the extras of a requirement: `psycopg[c]` of `psycopg[c]>=3 ; python_version > "3.8"`.
fn requirement(line: &str) -> &str {
    let line = line.rsplit_once("#egg=").map_or(line, |(_, egg)| egg);
    let end = line.find(['=', '<', '>', '~', '!', ';', ' ', '@', '#', '&']).unwrap_or(line.len());
    line.get(..end).unwrap_or(line).trim()
}

#[cfg(test)]
mod tests {
    use super::super::asking::ask;

    fn required(dockerfile: &str, files: &[(&str, &str)]) -> Result<Vec<String>, String> {
        ask(dockerfile, files, |facts| facts.requirements())
    }

    #[test]
    fn requirement_files_are_read_where_they_were_copied_and_followed() {
        let file = "FROM python:3.12\nWORKDIR /app\nCOPY req/ req/\nRUN pip install -r req/all.txt gunicorn==23\n";
        let files = [
            ("req/all.txt", "-r base.txt\nFlask>=3 # web\n--index-url https://x\n"),
            ("req/base.txt", "psycopg[c] ; x\n"),
        ];
        assert_eq!(required(file, &files), Ok(vec!["Flask".into(), "gunicorn".into(), "psycopg[c]".into()]));
    }

    #[test]
    fn what_is_not_at_hand_is_named() {
        let file = "FROM python:3.12\nWORKDIR /app\nCOPY . .\nRUN pip install -r requirements.txt\n";
        assert_eq!(required(file, &[]), Err("/app/requirements.txt".into()));
        let project = "FROM python:3.12\nCOPY . /src\nRUN pip install /src\n";
        assert!(required(project, &[("setup.py", "")]).is_err());
    }

    #[test]
    fn a_lock_file_names_what_is_installed_and_the_project_the_extras() {
        let file = "FROM python:3.12\nWORKDIR /app\nCOPY . .\nRUN uv sync --locked\n";
        let lock = "version = 1\n[[package]]\nname = \"psycopg\"\n[[package]]\nname = \"lxml\"\n";
        let manifest = "[project]\nname = \"x\"\ndependencies = [\"psycopg[binary]>=3\"]\n";
        let files = [("uv.lock", lock), ("pyproject.toml", manifest)];
        assert_eq!(required(file, &files), Ok(vec!["lxml".into(), "psycopg[binary]".into()]));
        assert_eq!(required(file, &[("a.py", "")]), Err("uv.lock or pyproject.toml or setup.cfg".into()));
    }

    #[test]
    fn the_requirements_of_uv_pip_count_as_those_of_pip() {
        let file =
            "FROM python:3.12\nWORKDIR /app\nCOPY . .\nRUN uv venv && uv pip install -r requirements.txt gunicorn\n";
        assert_eq!(required(file, &[("requirements.txt", "lxml\n")]), Ok(vec!["gunicorn".into(), "lxml".into()]));
    }

    #[test]
    fn a_projects_own_dependencies_count() {
        let file = "FROM python:3.12\nWORKDIR /app\nCOPY . .\nRUN pip install .[server]\n";
        let manifest = "[project]\nname = \"x\"\ndependencies = [\"lxml>=5\"]\n[project.optional-dependencies]\nserver = [\"uvicorn\"]\n";
        assert_eq!(required(file, &[("pyproject.toml", manifest)]), Ok(vec!["lxml".into(), "uvicorn".into()]));
    }
}
