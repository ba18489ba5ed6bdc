//! What a compose file says that an image needs to run: its settings, and the services that it depends on.
//!
//! The engine's own compose reads the file, so that variables, profiles and `extends` mean what they mean there.

mod mounts;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::Deserialize;

use crate::container::{Cli, Error, Launch};
use mounts::{Grant, Kept, Mount};

const NAMES: [&str; 4] = ["compose.yaml", "compose.yml", "docker-compose.yaml", "docker-compose.yml"];

/// A service and what it depends on.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Setup {
    /// The service's name.
    pub service: String,
    /// What it is started with.
    pub launch: Launch,
    /// `NAME=value`, for the build.
    pub build_args: Vec<String>,
    /// The stage that is built.
    pub target: Option<String>,
    /// The services that have to run first, in their order.
    pub companions: Vec<Companion>,
    /// What was left out or replaced, and why.
    pub notes: Vec<String>,
}

/// A service that is started beside, from an image that somebody else made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Companion {
    /// Its name in the network.
    pub service: String,
    /// Its image.
    pub image: String,
    /// What it is started with.
    pub launch: Launch,
    /// What has to come of it before the program starts.
    pub condition: Condition,
}

/// What has to come of a service before those that depend on it start.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Condition {
    /// Its health check succeeds.
    ServiceHealthy,
    /// It ends, with the exit code 0.
    ServiceCompletedSuccessfully,
    /// It starts.
    #[default]
    #[serde(other)]
    ServiceStarted,
}

/// The compose file of a folder.
#[must_use]
pub fn file_in(folder: &Path) -> Option<PathBuf> {
    NAMES.iter().map(|name| folder.join(name)).find(|path| path.is_file())
}

/// What `file` says of the service that is built from `dockerfile`; of `service`, where it is named.
///
/// # Errors
/// If the engine has no compose, or compose does not take the file.
pub fn read(cli: Cli, file: &Path, dockerfile: &Path, service: Option<&str>) -> Result<Option<Setup>, Error> {
    let path = file.to_string_lossy();
    let args = ["compose", "--file", &path, "config", "--format", "json"];
    let said = cli.run(&args)?;
    let project: Project = serde_json::from_str(&said)
        .map_err(|error| Error::Unreadable { command: cli.spelt(&args), why: error.to_string() })?;
    let is_this = |name: &str, built: &Service| match service {
        Some(service) => service == name,
        None => built.build.as_ref().is_some_and(|build| build.is_of(dockerfile)),
    };
    let found = project.services.iter().find(|(name, built)| is_this(name, built));
    Ok(found.map(|(name, service)| project.setup(name, service)))
}

#[derive(Deserialize)]
struct Project {
    services: BTreeMap<String, Service>,
    #[serde(default)]
    secrets: BTreeMap<String, Kept>,
    #[serde(default)]
    configs: BTreeMap<String, Kept>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Service {
    build: Option<Build>,
    image: Option<String>,
    command: Option<Vec<String>>,
    entrypoint: Option<Vec<String>>,
    environment: BTreeMap<String, Option<String>>,
    ports: Vec<Port>,
    volumes: Vec<Mount>,
    secrets: Vec<Grant>,
    configs: Vec<Grant>,
    tmpfs: Vec<String>,
    user: Option<String>,
    working_dir: Option<String>,
    cap_add: Vec<String>,
    extra_hosts: Vec<String>,
    shm_size: Option<String>,
    init: bool,
    read_only: bool,
    depends_on: BTreeMap<String, Dependency>,
    healthcheck: Option<Healthcheck>,
}

#[derive(Deserialize)]
struct Build {
    context: PathBuf,
    #[serde(default = "dockerfile")]
    dockerfile: PathBuf,
    target: Option<String>,
    #[serde(default)]
    args: BTreeMap<String, Option<String>>,
}

#[derive(Deserialize)]
struct Port {
    target: u16,
    protocol: Option<String>,
}

#[derive(Deserialize)]
struct Healthcheck {
    #[serde(default)]
    test: Vec<String>,
}

#[derive(Deserialize)]
struct Dependency {
    #[serde(default)]
    condition: Condition,
}

fn dockerfile() -> PathBuf {
    "Dockerfile".into()
}

impl Build {
    fn is_of(&self, dockerfile: &Path) -> bool {
        let (ours, theirs) = (dockerfile.canonicalize(), self.context.join(&self.dockerfile).canonicalize());
        ours.is_ok_and(|ours| theirs.is_ok_and(|theirs| ours == theirs))
    }
}

impl Project {
    fn setup(&self, name: &str, service: &Service) -> Setup {
        let mut setup = Setup { service: name.to_owned(), ..Setup::default() };
        setup.launch = self.launch(service, &mut setup.notes);
        if let Some(build) = &service.build {
            setup.target.clone_from(&build.target);
            setup.build_args = pairs(&build.args);
        }
        self.add_companions(service, &mut setup);
        setup
    }

    fn launch(&self, service: &Service, notes: &mut Vec<String>) -> Launch {
        let mut launch = service.launch(notes);
        let secrets = service.secrets.iter().map(|secret| (secret, &self.secrets, "/run/secrets/"));
        let configs = service.configs.iter().map(|config| (config, &self.configs, "/"));
        for (grant, kept, folder) in secrets.chain(configs) {
            match kept.get(&grant.source).and_then(|kept| kept.file.as_ref()) {
                Some(file) => launch.volumes.push(format!("{file}:{}:ro", grant.path(folder))),
                None => notes.push(format!("{} is in no file, and was left out", grant.source)),
            }
        }
        launch
    }

    /// Those that a companion depends on come before it; a circle, which compose refuses, ends at its first member.
    fn add_companions(&self, service: &Service, setup: &mut Setup) {
        for (name, dependency) in &service.depends_on {
            let is_there = setup.companions.iter().any(|companion| companion.service == *name);
            let Some(other) = self.services.get(name).filter(|_| !is_there) else { continue };
            self.add_companions(other, setup);
            // Where it is built, its image is only the name that the build gives it.
            let Some(image) = other.image.as_ref().filter(|_| other.build.is_none()) else {
                setup.notes.push(format!("the service {name} is built itself, and was not started"));
                continue;
            };
            let mut launch = Launch { ports: Vec::new(), ..self.launch(other, &mut setup.notes) };
            launch.options.extend(other.healthcheck.iter().flat_map(Healthcheck::options));
            setup.companions.push(Companion {
                service: name.clone(),
                image: image.clone(),
                launch,
                condition: dependency.condition,
            });
        }
    }
}

impl Service {
    fn launch(&self, notes: &mut Vec<String>) -> Launch {
        let tcp = self.ports.iter().filter(|port| port.protocol.as_deref().is_none_or(|protocol| protocol == "tcp"));
        Launch {
            env: pairs(&self.environment),
            volumes: self.volumes.iter().filter_map(|mount| mount.volume(notes)).collect(),
            ports: tcp.map(|port| port.target).collect(),
            user: self.user.clone(),
            options: self.options(),
            command: self.arguments(),
            ..Launch::default()
        }
    }

    /// Compose takes an entrypoint as a list; `run` takes its first word, and the others before the command.
    fn arguments(&self) -> Vec<String> {
        let entrypoint = self.entrypoint.iter().flatten().skip(1);
        entrypoint.chain(self.command.iter().flatten()).map(|word| plain(word)).collect()
    }

    fn options(&self) -> Vec<String> {
        let each = |name: &'static str, values: &[String]| -> Vec<String> {
            values.iter().flat_map(|value| [name.to_owned(), value.clone()]).collect()
        };
        let one =
            |name: &'static str, value: Option<&String>| each(name, &value.cloned().into_iter().collect::<Vec<_>>());
        let entrypoint = self.entrypoint.as_ref().and_then(|words| words.first()).map(|word| plain(word));
        // Compose prints `host=address`; `run` takes `host:address`.
        let hosts: Vec<String> = self.extra_hosts.iter().map(|host| host.replacen('=', ":", 1)).collect();
        let flags = [("--init", self.init), ("--read-only", self.read_only)];
        let flags = flags.into_iter().filter(|(_, is_set)| *is_set).map(|(flag, _)| flag.to_owned()).collect();
        [
            one("--entrypoint", entrypoint.as_ref()),
            one("--workdir", self.working_dir.as_ref()),
            one("--shm-size", self.shm_size.as_ref()),
            each("--tmpfs", &self.tmpfs),
            each("--cap-add", &self.cap_add),
            each("--add-host", &hosts),
            flags,
        ]
        .concat()
    }
}

impl Healthcheck {
    /// `run` takes a check as one line for the shell. It is made often: somebody waits for it.
    fn options(&self) -> Vec<String> {
        let (kind, words) = self.test.split_first().map_or(("", &[][..]), |(kind, words)| (kind.as_str(), words));
        let line = match kind {
            "CMD" => words.iter().map(|word| quoted(&plain(word))).collect::<Vec<_>>().join(" "),
            "CMD-SHELL" => plain(&words.join(" ")),
            _ => return Vec::new(),
        };
        ["--health-cmd", &line, "--health-interval", "1s"].map(str::to_owned).into()
    }
}

/// A word that no shell reads anything into.
fn quoted(word: &str) -> String {
    format!("'{}'", word.replace('\'', "'\\''"))
}

fn pairs(values: &BTreeMap<String, Option<String>>) -> Vec<String> {
    let pair = |(name, value): (&String, &Option<String>)| match value {
        Some(value) => format!("{name}={}", plain(value)),
        None => name.clone(),
    };
    values.iter().map(pair).collect()
}

/// Compose prints `$` as its own files write it.
fn plain(value: &str) -> String {
    value.replace("$$", "$")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn setup(services: &str) -> Setup {
        let project: Project = serde_json::from_str(&format!("{{\"services\": {services}}}")).unwrap();
        project.setup("web", &project.services["web"])
    }

    #[test]
    fn a_service_is_started_with_its_own_settings() {
        let found = setup(
            r#"{"web": {"build": {"context": "/c", "target": "prod", "args": {"A": "1"}}, "entrypoint": ["sh", "-c"],
               "command": ["echo $$HOME"], "environment": {"A": "b$$c", "B": null}, "working_dir": "/w", "init": true,
               "ports": [{"target": 80, "protocol": "tcp"}, {"target": 9, "protocol": "udp"}], "user": "5",
               "extra_hosts": ["a=1.2.3.4"], "tmpfs": ["/run"]}}"#,
        );
        let options = ["--entrypoint", "sh", "--workdir", "/w", "--tmpfs", "/run", "--add-host", "a:1.2.3.4", "--init"];
        assert_eq!(found.launch.options, options);
        assert_eq!(found.launch.command, ["-c", "echo $HOME"]);
        assert_eq!(found.launch.env, ["A=b$c", "B"]);
        assert_eq!((found.launch.ports, found.launch.user), (vec![80], Some("5".to_owned())));
        assert_eq!((found.target, found.build_args), (Some("prod".to_owned()), vec!["A=1".to_owned()]));
    }

    #[test]
    fn what_a_person_keeps_is_never_mounted_to_be_written() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("app.conf");
        std::fs::write(&file, "").unwrap();
        let (folder, file) = (folder.path().display(), file.display());
        let found = setup(&format!(
            r#"{{"web": {{"volumes": [{{"type": "bind", "source": "{folder}", "target": "/srv/data"}},
               {{"type": "bind", "source": "{folder}", "target": "/etc/app", "read_only": true}},
               {{"type": "bind", "source": "{file}", "target": "/etc/app.conf"}},
               {{"type": "volume", "source": "db", "target": "/db"}}, {{"type": "volume", "target": "/cache"}}]}}}}"#,
        ));
        let name = found.launch.volumes.first().and_then(|volume| volume.strip_suffix(":/srv/data")).unwrap();
        assert!(name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-'), "{name}");
        let volumes = [
            format!("{name}:/srv/data"),
            format!("{folder}:/etc/app:ro"),
            format!("{file}:/etc/app.conf:ro"),
            "db:/db".to_owned(),
            "/cache".to_owned(),
        ];
        assert_eq!(found.launch.volumes, volumes);
        assert_eq!(found.notes, [format!("/srv/data is a fresh volume in place of {folder}")]);
    }

    #[test]
    fn secrets_and_configs_are_files_that_are_read() {
        let project = r#"{"services": {"web": {"secrets": [{"source": "a"}, {"source": "b", "target": "c"}, {"source": "d"}],
            "configs": [{"source": "e", "target": "/etc/e"}, {"source": "f"}]}},
            "secrets": {"a": {"file": "/s/a"}, "b": {"file": "/s/b"}, "d": {"environment": "D"}},
            "configs": {"e": {"file": "/s/e"}, "f": {"file": "/s/f"}}}"#;
        let project: Project = serde_json::from_str(project).unwrap();
        let found = project.setup("web", &project.services["web"]);
        let volumes = ["/s/a:/run/secrets/a:ro", "/s/b:/run/secrets/c:ro", "/s/e:/etc/e:ro", "/s/f:/f:ro"];
        assert_eq!(found.launch.volumes, volumes);
        assert_eq!(found.notes, ["d is in no file, and was left out"]);
    }

    #[test]
    fn what_a_service_depends_on_is_started_before_it() {
        let found = setup(
            r#"{"web": {"depends_on": {"api": {"condition": "service_started"}, "built": {"condition": "service_started"}}},
               "api": {"image": "api", "depends_on": {"db": {"condition": "service_healthy"}}},
               "built": {"build": {"context": "/b"}, "image": "me/built:latest"}, "db": {"image": "postgres", "ports": [{"target": 5432}],
               "healthcheck": {"test": ["CMD", "pg_isready", "-U", "it's"], "interval": "30s"}}}"#,
        );
        let check = ["--health-cmd", r"'pg_isready' '-U' 'it'\''s'", "--health-interval", "1s"];
        assert_eq!(found.companions[0].launch.options, check);
        let companions: Vec<_> = found.companions.iter().map(|one| (one.image.as_str(), one.condition)).collect();
        assert_eq!(companions, [("postgres", Condition::ServiceHealthy), ("api", Condition::ServiceStarted)]);
        assert!(found.companions.iter().all(|companion| companion.launch.ports.is_empty()));
        assert_eq!(found.notes, ["the service built is built itself, and was not started"]);
    }
}
