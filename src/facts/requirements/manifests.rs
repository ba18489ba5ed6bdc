//! The files in which a Python project names its dependencies.

use serde_json::Value as Json;
use toml::{Table, Value};

use super::requirement;

/// What `pyproject.toml`, `Pipfile` or `setup.cfg` asks for itself; `None` for any other file, and for one that can't be
/// read or is about something else.
pub(super) fn direct(file: &str, text: &str) -> Option<Vec<String>> {
    match file {
        "pyproject.toml" => in_pyproject(&text.parse().ok()?),
        "Pipfile" => Some(of_table(text.parse::<Table>().ok()?.get("packages")?)),
        "setup.cfg" => in_setup_cfg(text),
        _ => None,
    }
}

/// What a lock file has; `None` for any other file, and for one that can't be read.
pub(super) fn locked(file: &str, text: &str) -> Option<Vec<String>> {
    if file == "Pipfile.lock" {
        let lock: Json = serde_json::from_str(text).ok()?;
        let packages = lock.get("default").and_then(Json::as_object)?;
        return Some(packages.keys().cloned().collect());
    }
    let lock: Table = if file.ends_with(".lock") { text.parse().ok()? } else { return None };
    let packages = lock.get("package").and_then(Value::as_array)?;
    let name = |package: &Value| package.get("name").and_then(Value::as_str).map(str::to_owned);
    Some(packages.iter().filter_map(name).collect())
}

fn in_pyproject(manifest: &Table) -> Option<Vec<String>> {
    let project = manifest.get("project").and_then(Value::as_table);
    let poetry = manifest.get("tool").and_then(|tool| tool.get("poetry")).and_then(|poetry| poetry.get("dependencies"));
    if project.is_none() && poetry.is_none() {
        return None;
    }
    let mut names: Vec<String> = poetry.map(of_table).unwrap_or_default();
    names.retain(|name| name != "python");
    names.extend(project.and_then(|project| project.get("dependencies")).map(listed).unwrap_or_default());
    let extras = project.and_then(|project| project.get("optional-dependencies")).and_then(Value::as_table);
    names.extend(extras.into_iter().flat_map(Table::values).flat_map(listed));
    Some(names)
}

fn listed(value: &Value) -> Vec<String> {
    let items = value.as_array().into_iter().flatten().filter_map(Value::as_str);
    items.map(|item| requirement(item).to_owned()).collect()
}

/// The keys of `name = "^1"` and `name = { version = "^1", extras = ["a"] }`.
fn of_table(table: &Value) -> Vec<String> {
    let with_extras = |(name, value): (&String, &Value)| {
        let extras = value.get("extras").map(listed).unwrap_or_default();
        if extras.is_empty() { name.clone() } else { format!("{name}[{}]", extras.join(",")) }
    };
    table.as_table().into_iter().flatten().map(with_extras).collect()
}

/// The indented lines behind `install_requires =`.
fn in_setup_cfg(text: &str) -> Option<Vec<String>> {
    let mut lines = text.lines().skip_while(|line| !line.starts_with("install_requires"));
    let first = lines.next()?.split_once('=')?.1;
    let more = lines.take_while(|line| line.starts_with([' ', '\t']) || line.is_empty());
    let names = std::iter::once(first).chain(more).map(|line| requirement(line.trim())).filter(|name| !name.is_empty());
    Some(names.map(str::to_owned).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_project_names_its_dependencies_in_the_way_of_its_tool() {
        let poetry = "[tool.poetry.dependencies]\npython = \"^3.12\"\nflask = \"^3\"\npsycopg = { version = \"^3\", extras = [\"c\"] }\n";
        assert_eq!(direct("pyproject.toml", poetry), Some(vec!["flask".into(), "psycopg[c]".into()]));
        assert_eq!(direct("pyproject.toml", "[tool.ruff]\n"), None);
        assert_eq!(
            direct("Pipfile", "[packages]\nlxml = \"*\"\n[dev-packages]\npytest = \"*\"\n"),
            Some(vec!["lxml".into()])
        );
        let setup = "[options]\ninstall_requires =\n    lxml>=5\n    # for PDF\n    pillow\n[tool]\nx = 1\n";
        assert_eq!(direct("setup.cfg", setup), Some(vec!["lxml".into(), "pillow".into()]));
        assert_eq!(direct("setup.py", ""), None);
    }

    #[test]
    fn a_lock_file_names_everything() {
        let poetry = "[[package]]\nname = \"lxml\"\nversion = \"5\"\n[[package]]\nname = \"idna\"\n";
        assert_eq!(locked("poetry.lock", poetry), Some(vec!["lxml".into(), "idna".into()]));
        assert_eq!(
            locked("Pipfile.lock", r#"{"default": {"lxml": {}}, "develop": {"pytest": {}}}"#),
            Some(vec!["lxml".into()])
        );
        assert_eq!(locked("pyproject.toml", poetry), None);
        assert_eq!(locked("uv.lock", "["), None);
    }
}
