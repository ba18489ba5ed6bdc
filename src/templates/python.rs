//! `python.toml`: packages that need the operating system, pip's options, servers and workers.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::table::{Table, replace_list};

/// All that is known about Python.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct PythonTools {
    #[serde(default)]
    package: BTreeMap<String, PythonPackage>,
    /// The command line of pip.
    #[serde(default)]
    pub pip: Pip,
    #[serde(default)]
    installer: BTreeMap<String, Installer>,
    #[serde(default)]
    server: BTreeMap<String, Server>,
    #[serde(default)]
    worker: BTreeMap<String, Worker>,
}

/// How a package comes to its machine code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Wheel {
    /// A wheel that brings its libraries.
    Bundled,
    /// A wheel that loads libraries of the system.
    System,
    /// Python alone, which loads libraries or runs programs of the system.
    Pure,
    /// No wheel: it is compiled.
    None,
}

/// A package of PyPI.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct PythonPackage {
    /// How it comes to its machine code.
    pub wheel: Wheel,
    /// Debian packages that compiling it needs.
    #[serde(default)]
    pub build: Vec<String>,
    /// Debian -dev packages whose run-time libraries it needs (see `Templates::runtime_packages`).
    #[serde(default)]
    pub headers: Vec<String>,
    /// Other Debian packages that it needs when it runs.
    #[serde(default)]
    pub runtime: Vec<String>,
    /// Alpine packages that it needs when it runs.
    #[serde(default)]
    pub alpine: Vec<String>,
}

/// The command line of pip.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Pip {
    /// Programs that are pip.
    pub commands: Vec<String>,
    /// Modules that are pip, for `python -m`.
    pub modules: Vec<String>,
    value_options: Vec<String>,
    /// Flags that an install should have.
    pub flags: Vec<String>,
    /// Directories that hold nothing but what pip can fetch again.
    pub caches: Vec<String>,
}

/// A tool that installs a project and its dependencies into an environment.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Installer {
    /// Images that bring it.
    pub images: Vec<String>,
    /// What the addresses of its install scripts contain.
    pub scripts: Vec<String>,
    /// Sub-commands that install what the project's files name.
    pub installs: Vec<String>,
    /// Sub-commands that only serve later calls.
    pub settings: Vec<String>,
    /// Files in which the installed packages are named, the most exact first.
    pub manifests: Vec<String>,
    /// The variable that names the directory of the environment.
    pub place: Option<String>,
    /// The variable that puts the environment into the working directory; `None` where it lies there anyway.
    pub in_project: Option<String>,
    /// Options and sub-commands that lead elsewhere.
    pub elsewhere: Vec<String>,
    /// Whether it can fetch a Python of its own.
    pub fetches_python: bool,
}

/// A command that serves HTTP.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Server {
    commands: Vec<String>,
    #[serde(default)]
    subcommands: Vec<String>,
    /// Options whose value is the port.
    #[serde(default)]
    pub port_options: Vec<String>,
    /// Options whose value is `HOST:PORT`, `:PORT` or `PORT`.
    #[serde(default)]
    pub bind_options: Vec<String>,
    /// Whether a word `PORT` or `HOST:PORT` after the sub-command is the address.
    #[serde(default)]
    pub positional: bool,
    /// Variables that set the port.
    #[serde(default)]
    pub port_env: Vec<String>,
    /// The port where nothing sets it.
    pub port: Option<u16>,
    /// Whether it listens on 127.0.0.1 alone unless told otherwise.
    #[serde(default)]
    pub loopback: bool,
    /// The path that it serves health on by itself.
    pub health: Option<String>,
}

/// A command that serves nothing and needs no health check.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Worker {
    commands: Vec<String>,
    #[serde(default)]
    subcommands: Vec<String>,
    /// Why it needs none, for the reader.
    pub because: String,
}

impl PythonTools {
    /// The package `name`, in any of the spellings that pip takes for the same.
    pub fn package(&self, name: &str) -> Option<&PythonPackage> {
        self.package.get(&normal_name(name))
    }

    /// The tool that installs projects and is called `program`.
    pub fn installer(&self, program: &str) -> Option<&Installer> {
        self.installer.get(program)
    }

    /// All tools that install projects, with their names.
    pub fn installers(&self) -> impl Iterator<Item = (&str, &Installer)> {
        self.installer.iter().map(|(name, installer)| (name.as_str(), installer))
    }

    /// The server that `program`, a console script or a module, is when it is called with `words`.
    pub fn server(&self, program: &str, words: &[&str]) -> Option<&Server> {
        self.server.values().find(|server| is_call(&server.commands, &server.subcommands, program, words))
    }

    /// The worker that `program`, a console script or a module, is when it is called with `words`.
    pub fn worker(&self, program: &str, words: &[&str]) -> Option<&Worker> {
        self.worker.values().find(|worker| is_call(&worker.commands, &worker.subcommands, program, words))
    }
}

impl Pip {
    /// Whether the value of `option` is the next word.
    pub fn takes_value(&self, option: &str) -> bool {
        self.value_options.iter().any(|known| known == option)
    }
}

/// The first sub-command that occurs counts: options before it may have values that we don't know.
fn is_call(commands: &[String], subcommands: &[String], program: &str, words: &[&str]) -> bool {
    let is_subcommand = |word: &&str| subcommands.iter().any(|known| known == word);
    commands.iter().any(|known| known == program) && (subcommands.is_empty() || words.iter().any(is_subcommand))
}

/// PyPI's normal form: lower case, and one `-` for every run of `-`, `_` and `.`.
fn normal_name(name: &str) -> String {
    let parts: Vec<_> = name.split(['-', '_', '.']).filter(|part| !part.is_empty()).collect();
    parts.join("-").to_lowercase()
}

impl Table for PythonTools {
    const FILE: &'static str = "python.toml";
    const TEXT: &'static str = include_str!("../../templates/python.toml");

    fn merge(&mut self, later: Self) {
        self.package.extend(later.package);
        self.installer.extend(later.installer);
        self.server.extend(later.server);
        self.worker.extend(later.worker);
        replace_list(&mut self.pip.commands, later.pip.commands);
        replace_list(&mut self.pip.modules, later.pip.modules);
        replace_list(&mut self.pip.value_options, later.pip.value_options);
        replace_list(&mut self.pip.flags, later.pip.flags);
        replace_list(&mut self.pip.caches, later.pip.caches);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_package_is_found_in_every_spelling() {
        let python = PythonTools::builtin();
        for name in ["python-ldap", "Python_LDAP", "python.ldap", "python__ldap"] {
            assert_eq!(python.package(name).map(|package| package.wheel), Some(Wheel::None), "{name}");
        }
        assert_eq!(python.package("requests"), None);
    }

    #[test]
    fn every_listed_package_is_in_its_normal_form() {
        for name in PythonTools::builtin().package.keys() {
            assert_eq!(*name, normal_name(name));
        }
    }

    #[test]
    fn psycopg2_is_compiled_and_needs_the_library_behind_its_headers() {
        let python = PythonTools::builtin();
        let package = python.package("psycopg2").unwrap();
        assert_eq!(package.headers, ["libpq-dev"]);
        assert_eq!(package.alpine, ["libpq"]);
        assert_eq!(python.package("psycopg2-binary").unwrap().wheel, Wheel::Bundled);
    }

    #[test]
    fn every_header_package_is_known_to_the_newest_debian() {
        let dev_packages = super::super::DevPackages::default();
        for (name, package) in PythonTools::builtin().package {
            for header in package.headers {
                assert!(dev_packages.runtime("trixie", &header).is_some(), "{name}: {header}");
            }
        }
    }

    #[test]
    fn pip_options_with_a_value_are_known() {
        let pip = PythonTools::builtin().pip;
        for option in ["-r", "--requirement", "-i", "--index-url", "--extra-index-url", "-t", "--target", "-c"] {
            assert!(pip.takes_value(option), "{option}");
        }
        for option in ["--no-cache-dir", "--upgrade", "-U", "--user", "--pre", "install", ""] {
            assert!(!pip.takes_value(option), "{option}");
        }
    }

    #[test]
    fn servers_have_their_options_and_ports() {
        let python = PythonTools::builtin();
        let port = |program, words: &[&str]| python.server(program, words).and_then(|server| server.port);
        assert_eq!(port("uvicorn", &["main:app"]), Some(8000));
        assert_eq!(port("waitress-serve", &[]), Some(8080));
        assert_eq!(port("flask", &["--app", "x", "run"]), Some(5000));
        assert_eq!(port("flask", &["shell"]), None);
        assert_eq!(port("celery", &["worker"]), None);
        let runserver = python.server("manage.py", &["runserver", "0.0.0.0:8000"]).unwrap();
        assert!(runserver.positional);
        assert_eq!(python.server("streamlit", &["run", "a.py"]).unwrap().health.as_deref(), Some("/_stcore/health"));
    }

    #[test]
    fn a_worker_is_told_from_a_server_of_the_same_program() {
        let python = PythonTools::builtin();
        assert!(python.worker("celery", &["-A", "proj", "worker"]).is_some());
        assert!(python.worker("manage.py", &["migrate"]).is_some());
        assert_eq!(python.worker("manage.py", &["runserver"]), None);
        assert_eq!(python.worker("uvicorn", &["main:app"]), None);
    }

    #[test]
    fn an_overlay_adds_a_server_and_replaces_a_list_of_pip() {
        let mut python = PythonTools::builtin();
        python.overlay("[server.mine]\ncommands = [\"mine\"]\nport = 9\n[pip]\nflags = [\"--quiet\"]\n").unwrap();
        assert_eq!(python.server("mine", &[]).unwrap().port, Some(9));
        assert_eq!(python.pip.flags, ["--quiet"]);
        assert_eq!(python.pip.commands, ["pip", "pip3"]);
    }
}
