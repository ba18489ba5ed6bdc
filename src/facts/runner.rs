//! Programs that a tool finds in the environment of a project, such as `uv run x`.

use toml::{Table, Value};

use super::{EnvironmentCall, Facts, Step};
use crate::context::Context;

/// The program that a tool would run.
#[derive(Debug, PartialEq, Eq)]
pub struct Target {
    /// How many words behind the tool stand before the program's name.
    pub skipped: usize,
    /// What must stand before it instead.
    pub before: &'static [&'static str],
}

/// What the project's files say of the programs that a tool runs.
pub struct Project<'v> {
    context: &'v Context,
    /// Whether the builder installs the project itself, and not what it needs alone.
    is_installed: bool,
}

impl<'a> Facts<'a> {
    /// The project whose programs tools run behind `steps`, which have these calls.
    #[must_use]
    pub fn project_run_by_tools(&self, steps: &[Step], calls: &[Vec<Option<EnvironmentCall>>]) -> Project<'a> {
        const WITHOUT: [&str; 4] = ["--no-install-project", "--no-root", "--no-self", "--no-install-workspace"];
        let commands = steps
            .iter()
            .zip(calls)
            .flat_map(|(step, calls)| step.script().into_iter().flat_map(|run| &run.script.commands).zip(calls));
        let fills = commands.filter(|(_, call)| matches!(call, Some(EnvironmentCall::Fills(_))));
        let last = fills.last().map(|(command, _)| command);
        let is_without = last.is_some_and(|it| it.words.iter().any(|word| WITHOUT.contains(&word.literal_start())));
        Project { context: self.input.context, is_installed: !is_without }
    }
}

impl Project<'_> {
    /// What `tool` called with `words` runs.
    ///
    /// # Errors
    /// Why the program by itself may be another one.
    pub fn target(&self, tool: &str, words: &[&str]) -> Result<Target, String> {
        const PLAIN: [&str; 7] = ["--no-sync", "--frozen", "--locked", "--no-dev", "--offline", "--no-cache", "--"];
        let other = |why: &str| Err(format!("`{tool} {}` {why}; call the program itself", words.join(" ")));
        if words.first() != Some(&"run") {
            return other("needs the tool, which would stay in the builder");
        }
        let skipped = 1 + words.iter().skip(1).take_while(|word| tool == "uv" && PLAIN.contains(word)).count();
        let name = words.get(skipped).copied().unwrap_or_default();
        let is_module = tool == "uv" && name == "-m";
        if name.is_empty() || (name.starts_with('-') && !is_module) {
            return other("runs a program in a way that is not known");
        }
        if let Some(why) = self.makes(tool, name) {
            return other(&why);
        }
        let is_script = tool == "uv" && name.ends_with(".py");
        Ok(Target { skipped, before: if is_module || is_script { &["python"] } else { &[] } })
    }

    /// Why `name` may be more than a program of the environment.
    fn makes(&self, tool: &str, name: &str) -> Option<String> {
        let file = if tool == "pipenv" { "Pipfile" } else { "pyproject.toml" };
        let needs_no_look = self.is_installed && matches!(tool, "uv" | "poetry");
        if needs_no_look {
            return None;
        }
        let Some(manifest) = self.context.text(file).and_then(|text| text.parse::<Table>().ok()) else {
            return Some(format!("may run a script of {file}, which is not at hand"));
        };
        let scripts: &[&[&str]] = match tool {
            "pdm" => &[&["tool", "pdm", "scripts"]],
            "pipenv" => &[&["scripts"]],
            _ => &[&["project", "scripts"], &["tool", "poetry", "scripts"]],
        };
        if scripts.iter().any(|path| table(&manifest, path).is_some_and(|scripts| scripts.contains_key(name))) {
            return Some(format!("runs a script of {file}"));
        }
        if tool == "uv" && is_package(&manifest) {
            return Some("would install the project itself, which the builder does not".into());
        }
        let reads_settings = tool == "pipenv" && self.context.may_exist(".env");
        reads_settings.then(|| "reads .env before it starts the program".into())
    }
}

/// Whether uv installs the project itself beside what it needs.
fn is_package(manifest: &Table) -> bool {
    let told = table(manifest, &["tool", "uv"]).and_then(|uv| uv.get("package")).and_then(Value::as_bool);
    told.unwrap_or_else(|| manifest.contains_key("build-system"))
}

fn table<'t>(manifest: &'t Table, path: &[&str]) -> Option<&'t Table> {
    path.iter().try_fold(manifest, |table, key| table.get(*key)?.as_table())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn program(tool: &str, words: &[&str], is_installed: bool, files: &[(&str, &str)]) -> Result<String, String> {
        let context = if files.is_empty() { Context::empty() } else { Context::from_files(files.iter().copied()) };
        let target = Project { context: &context, is_installed }.target(tool, words)?;
        Ok([target.before, &words[target.skipped..]].concat().join(" "))
    }

    #[test]
    fn a_plain_call_is_that_of_the_program() {
        for (words, expected) in [
            (&["run", "uvicorn", "a:b"][..], "uvicorn a:b"),
            (&["run", "--no-sync", "--", "python", "-m", "x"], "python -m x"),
            (&["run", "main.py", "--port", "1"], "python main.py --port 1"),
            (&["run", "-m", "x"], "python -m x"),
        ] {
            assert_eq!(program("uv", words, true, &[]).as_deref(), Ok(expected));
        }
    }

    #[test]
    fn a_call_in_a_way_of_its_own_is_none() {
        for words in
            [&["run", "--with", "x", "y"][..], &["sync"], &["run"], &["run", "--env-file", ".env", "x"], &["run", ""]]
        {
            assert!(program("uv", words, true, &[]).is_err(), "{words:?}");
        }
        assert!(program("poetry", &["run", "-m", "x"], true, &[]).is_err());
    }

    #[test]
    fn a_script_of_the_project_is_no_program_of_the_environment() {
        let scripts = [
            ("pyproject.toml", "[project.scripts]\nserve = \"a:b\"\n[tool.pdm.scripts]\nstart = \"x\"\n"),
            ("Pipfile", "[scripts]\nweb = \"x\"\n"),
        ];
        assert!(program("poetry", &["run", "serve"], false, &scripts).is_err());
        assert!(program("poetry", &["run", "serve"], true, &scripts).is_ok());
        assert!(program("pdm", &["run", "start"], true, &scripts).is_err());
        assert!(program("pdm", &["run", "gunicorn"], true, &scripts).is_ok());
        assert!(program("pdm", &["run", "gunicorn"], true, &[]).is_err());
        assert!(program("pipenv", &["run", "web"], true, &scripts).is_err());
        assert!(program("pipenv", &["run", "gunicorn"], true, &[scripts[1], (".env", "A=1")]).is_err());
    }

    #[test]
    fn uv_would_install_a_package_that_the_builder_left_out() {
        let package = [("pyproject.toml", "[project]\nname = \"x\"\n[build-system]\nrequires = []\n")];
        assert!(program("uv", &["run", "uvicorn"], false, &package).is_err());
        assert!(program("uv", &["run", "uvicorn"], true, &package).is_ok());
        assert!(program("uv", &["run", "uvicorn"], false, &[("pyproject.toml", "[project]\nname = \"x\"\n")]).is_ok());
    }
}
