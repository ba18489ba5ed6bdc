//! The Python packages that a file installs by name, as far as it and its context say.

use super::python::PipCommand;
use super::steps::Step;
use super::{Facts, copies};

/// Requirement files that name others, deeper than this, are a loop.
const MAX_DEPTH: usize = 8;

impl Facts<'_> {
    /// The packages that pip installs in any stage: names with their extras, as written.
    ///
    /// # Errors
    /// What is not at hand: a requirement file, or the project's own dependencies.
    pub fn requirements(&self) -> Result<Vec<String>, String> {
        let mut names = Vec::new();
        for index in 0..self.stages.len() {
            let steps = self.steps_of(index);
            let family = self.image_below(index).and_then(|base| base.family);
            for step in steps.own() {
                for pip in step.effects(family, self.input).iter().filter_map(|effect| effect.pip()) {
                    self.installed_by(pip, step, steps.own(), &mut names)?;
                }
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

    /// The dependencies in a `pyproject.toml` of the context's root.
    fn required_by_project(&self, package: &str, names: &mut Vec<String>) -> Result<(), String> {
        let missing = || "the dependencies in pyproject.toml".to_owned();
        let folder = package.split('[').next().unwrap_or(package).trim_matches(['.', '/']);
        let path = if folder.is_empty() { "pyproject.toml".to_owned() } else { format!("{folder}/pyproject.toml") };
        let text = self.input.context.text(&path).ok_or_else(missing)?;
        let manifest: toml::Table = text.parse().map_err(|_| missing())?;
        let project = manifest.get("project").and_then(toml::Value::as_table).ok_or_else(missing)?;
        let listed = |value: &toml::Value| -> Vec<String> {
            let items = value.as_array().into_iter().flatten().filter_map(toml::Value::as_str);
            items.map(|item| requirement(item).to_owned()).collect()
        };
        names.extend(project.get("dependencies").map(listed).unwrap_or_default());
        let extras = project.get("optional-dependencies").and_then(toml::Value::as_table);
        names.extend(extras.into_iter().flat_map(|extras| extras.values()).flat_map(listed));
        Ok(())
    }
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
    fn a_projects_own_dependencies_count() {
        let file = "FROM python:3.12\nWORKDIR /app\nCOPY . .\nRUN pip install .[server]\n";
        let manifest = "[project]\nname = \"x\"\ndependencies = [\"lxml>=5\"]\n[project.optional-dependencies]\nserver = [\"uvicorn\"]\n";
        assert_eq!(required(file, &[("pyproject.toml", manifest)]), Ok(vec!["lxml".into(), "uvicorn".into()]));
    }
}
