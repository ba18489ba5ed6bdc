//! What the project says of itself: its name, description, license and origin.

use serde_json::Value;

use super::Context;

/// Where a project's name was read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NameSource {
    /// `pyproject.toml`.
    Pyproject,
    /// `package.json`.
    PackageJson,
    /// `Cargo.toml`.
    CargoToml,
    /// `go.mod`: the last part of the module's path.
    GoMod,
    /// The repository's name in git's `origin`.
    GitOrigin,
}

/// What is known of the project. A value with control characters is not taken.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Project {
    /// The name, without an npm scope.
    pub name: Option<String>,
    /// Where the name was read.
    pub name_source: Option<NameSource>,
    /// The manifest's description.
    pub description: Option<String>,
    /// The manifest's version, where it is literal.
    pub version: Option<String>,
    /// An SPDX expression.
    pub license: Option<String>,
    /// Where the license was read: a manifest or a license file.
    pub license_file: Option<String>,
    /// The repository's `https` URL, without credentials.
    pub source_url: Option<String>,
}

/// A manifest's own words.
#[derive(Debug, Default)]
struct Manifest {
    name: Option<String>,
    description: Option<String>,
    version: Option<String>,
    license: Option<String>,
}

/// A manifest's file, what its name counts as, and how it is read.
type Reader = (&'static str, NameSource, fn(&str) -> Manifest);

const MANIFESTS: [Reader; 4] = [
    ("pyproject.toml", NameSource::Pyproject, pyproject),
    ("package.json", NameSource::PackageJson, package_json),
    ("Cargo.toml", NameSource::CargoToml, cargo_toml),
    ("go.mod", NameSource::GoMod, go_mod),
];

/// What the project says of itself.
///
/// `license_of` tells the SPDX identifier of a license text, where it is certain.
#[must_use]
pub fn project(context: &Context, license_of: impl Fn(&str) -> Option<String>) -> Project {
    let mut project = Project::default();
    for (file, source, read) in MANIFESTS {
        let Some(manifest) = context.project_text(file).map(read) else { continue };
        if project.name.is_none() && manifest.name.is_some() {
            project.name = manifest.name;
            project.name_source = Some(source);
            project.description = manifest.description;
            project.version = manifest.version;
        }
        if project.license.is_none() && manifest.license.is_some() {
            project.license = manifest.license;
            project.license_file = Some(file.to_owned());
        }
    }
    if project.license.is_none()
        && let Some((file, license)) = license_text(context, license_of)
    {
        project.license = Some(license);
        project.license_file = Some(file);
    }
    project.source_url = context.project_text(".git/config").and_then(origin).and_then(https);
    if project.name.is_none()
        && let Some((_, name)) = project.source_url.as_deref().and_then(|url| url.rsplit_once('/'))
    {
        project.name = clean(name);
        project.name_source = project.name.as_ref().map(|_| NameSource::GitOrigin);
    }
    project
}

fn pyproject(text: &str) -> Manifest {
    ["project", "tool.poetry"]
        .into_iter()
        .map(|table| toml_table(text, table))
        .find(|manifest| manifest.name.is_some())
        .unwrap_or_default()
}

fn cargo_toml(text: &str) -> Manifest {
    toml_table(text, "package")
}

fn toml_table(text: &str, table: &str) -> Manifest {
    let document = text.parse::<toml::Table>().unwrap_or_default();
    let mut parts = table.split('.');
    let first = parts.next().and_then(|part| document.get(part));
    let Some(table) = parts.fold(first, |value, part| value?.get(part)) else { return Manifest::default() };
    let value = |key: &str| table.get(key).and_then(toml::Value::as_str).and_then(clean);
    let older_license = || table.get("license")?.get("text")?.as_str().and_then(clean);
    Manifest {
        name: value("name"),
        description: value("description"),
        version: value("version"),
        license: value("license").or_else(older_license).filter(|license| is_spdx(license)),
    }
}

fn package_json(text: &str) -> Manifest {
    let document: Value = serde_json::from_str(text).unwrap_or_default();
    let value = |key: &str| document.get(key).and_then(Value::as_str).and_then(clean);
    let unscoped = |name: String| name.rsplit_once('/').map_or(name.clone(), |(_, name)| name.to_owned());
    Manifest {
        name: value("name").map(unscoped),
        description: value("description"),
        version: value("version"),
        license: value("license").filter(|license| is_spdx(license)),
    }
}

fn go_mod(text: &str) -> Manifest {
    let path = text.lines().find_map(|line| line.trim().strip_prefix("module ")).unwrap_or_default();
    let path = path.split("//").next().unwrap_or_default().trim().trim_matches('"');
    let mut parts = path.rsplit('/');
    let last = parts.next().unwrap_or_default();
    // `example.com/tool/v2` is version 2 of `tool`.
    let is_version = last.strip_prefix('v').is_some_and(|number| number.bytes().all(|byte| byte.is_ascii_digit()));
    let name = if is_version { parts.next().unwrap_or(last) } else { last };
    Manifest { name: clean(name), ..Manifest::default() }
}

/// Whether the words form an SPDX expression; "see LICENSE" and `UNLICENSED` do not.
fn is_spdx(license: &str) -> bool {
    let word = |word: &str| {
        let plain = word.bytes().all(|byte| byte.is_ascii_alphanumeric() || b".-+:".contains(&byte));
        plain && !word.is_empty() && !matches!(word, "UNLICENSED" | "Proprietary" | "proprietary")
    };
    let operator = |word: &str| matches!(word, "AND" | "OR" | "WITH");
    let bare = license.replace(['(', ')'], "");
    let mut words = bare.split(' ').enumerate();
    words.all(|(at, one)| word(one) && operator(one) == (at % 2 == 1)) && bare.split(' ').count() % 2 == 1
}

/// The license file whose text is told, and its license; two files with different licenses tell nothing.
fn license_text(context: &Context, license_of: impl Fn(&str) -> Option<String>) -> Option<(String, String)> {
    let is_license = |path: &&str| !path.to_ascii_uppercase().starts_with("README") && is_license_name(path);
    let mut found: Vec<(&str, String)> = Vec::new();
    for path in context.project_paths().filter(is_license) {
        found.push((path, license_of(context.project_text(path)?)?));
    }
    let (file, license) = found.first()?;
    found.iter().all(|(_, other)| other == license).then(|| ((*file).to_owned(), license.clone()))
}

fn is_license_name(path: &str) -> bool {
    let upper = path.to_ascii_uppercase();
    ["LICENSE", "LICENCE", "COPYING", "UNLICENSE"].iter().any(|name| upper.starts_with(name))
}

/// The URL of git's `origin`.
fn origin(config: &str) -> Option<&str> {
    let mut in_origin = false;
    for line in config.lines().map(str::trim) {
        if line.starts_with('[') {
            in_origin = line == "[remote \"origin\"]";
        } else if in_origin
            && let Some((key, value)) = line.split_once('=')
            && key.trim() == "url"
        {
            return Some(value.trim());
        }
    }
    None
}

/// The page of a repository: `git@host:path` and `ssh://` become `https://`; credentials, ports and `.git` go.
fn https(url: &str) -> Option<String> {
    let (host, path) = match url.split_once("://") {
        Some(("https" | "http" | "ssh" | "git" | "git+ssh", rest)) => rest.split_once('/')?,
        Some(_) => return None,
        None => url.split_once(':')?,
    };
    let host = host.rsplit_once('@').map_or(host, |(_, host)| host);
    let host = host.split_once(':').map_or(host, |(host, _)| host);
    let path = path.trim_matches('/');
    let path = path.strip_suffix(".git").unwrap_or(path);
    let is_host = host.contains('.') && host.bytes().all(|byte| byte.is_ascii_alphanumeric() || b".-".contains(&byte));
    let is_path = !path.is_empty() && path.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._-/~".contains(&byte));
    (is_host && is_path).then(|| format!("https://{host}/{path}"))
}

fn clean(value: &str) -> Option<String> {
    let value = value.trim();
    (!value.is_empty() && !value.contains(char::is_control)).then(|| value.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn license_of(text: &str) -> Option<String> {
        let phrases = [("MIT", "Permission is hereby granted, free of charge"), ("ISC", "Permission to use, copy")];
        phrases.iter().find(|(_, phrase)| text.contains(phrase)).map(|(id, _)| (*id).to_owned())
    }

    fn read(files: &[(&str, &str)]) -> Project {
        project(&Context::from_files(files.iter().copied()), license_of)
    }

    #[test]
    fn pyproject_names_the_project_before_the_others() {
        let text = "[project]\nname = \"a\"\ndescription = \"d\"\nversion = \"1\"\nlicense = { text = \"MIT\" }";
        let project = read(&[("pyproject.toml", text), ("package.json", "{\"name\": \"b\"}")]);
        let expected = (Some("a"), Some(NameSource::Pyproject), Some("d"), Some("1"));
        let found =
            (project.name.as_deref(), project.name_source, project.description.as_deref(), project.version.as_deref());
        assert_eq!(found, expected);
        assert_eq!(
            (project.license.as_deref(), project.license_file.as_deref()),
            (Some("MIT"), Some("pyproject.toml"))
        );
        let poetry = read(&[("pyproject.toml", "[tool.poetry]\nname = \"p\"")]);
        assert_eq!(poetry.name.as_deref(), Some("p"));
    }

    #[test]
    fn each_manifest_names_the_project_in_its_way() {
        let cases = [
            ("package.json", "{\"name\": \"@scope/web\", \"license\": \"(MIT OR Apache-2.0)\"}", "web"),
            ("Cargo.toml", "[package]\nname = \"tool\"\nversion.workspace = true", "tool"),
            ("go.mod", "module example.com/x/tool/v2 // c\n\ngo 1.22", "tool"),
            (".git/config", "[remote \"origin\"]\n\turl = git@example.com:x/tool.git", "tool"),
        ];
        for (file, text, name) in cases {
            assert_eq!(read(&[(file, text)]).name.as_deref(), Some(name), "{file}");
        }
    }

    #[test]
    fn an_origin_becomes_an_https_url_without_credentials() {
        let cases = [
            ("https://user:token@example.com/a/b.git", Some("https://example.com/a/b")),
            ("git@example.com:a/b.git", Some("https://example.com/a/b")),
            ("ssh://git@example.com:2222/a/b", Some("https://example.com/a/b")),
            ("https://localhost/a/b", None),
            ("gitlab:a/b", None),
            ("/srv/git/a.git", None),
            ("file:///srv/a.b/git", None),
            ("https://example.com/a b", None),
        ];
        for (url, expected) in cases {
            assert_eq!(https(url).as_deref(), expected, "{url}");
        }
        let other = "[remote \"fork\"]\nurl = https://example.com/a/b\n[branch \"x\"]\nurl = https://example.com/c/d";
        assert_eq!(read(&[(".git/config", other)]).source_url, None);
    }

    #[test]
    fn a_license_text_is_told_by_its_phrases_though_ignored() {
        let text = "Copyright\n\nPermission is hereby granted, free of charge, to";
        let project = read(&[("LICENSE.txt", text), (".dockerignore", "*")]);
        assert_eq!((project.license.as_deref(), project.license_file.as_deref()), (Some("MIT"), Some("LICENSE.txt")));
    }

    #[test]
    fn license_files_that_differ_or_are_not_told_give_no_license() {
        let mit = "Permission is hereby granted, free of charge";
        assert_eq!(read(&[("LICENSE-A", mit), ("LICENSE-B", "ISC: Permission to use, copy")]).license, None);
        assert_eq!(read(&[("LICENSE-A", mit), ("LICENSE-B", "All rights reserved")]).license, None);
        assert_eq!(read(&[("README", mit)]).license, None);
    }

    #[test]
    fn a_license_that_is_no_spdx_expression_is_not_taken() {
        for license in ["SEE LICENSE IN x", "UNLICENSED", "MIT License", "", "MIT OR", "GPL v3"] {
            assert!(!is_spdx(license), "{license}");
        }
        for license in ["MIT", "GPL-3.0-only WITH Classpath-exception-2.0", "(MIT OR Apache-2.0)"] {
            assert!(is_spdx(license), "{license}");
        }
    }

    #[test]
    fn a_value_with_control_characters_is_dropped() {
        assert_eq!(read(&[("package.json", "{\"name\": \"a\\nb\", \"description\": \"c\"}")]), Project::default());
        assert_eq!(read(&[("package.json", "{"), ("pyproject.toml", "=")]), Project::default());
    }
}
