//! The directories that the program writes when it runs.

use super::scope::{is_at_or_below, normalized};
use super::start::Start;
use super::steps::{Step, Steps};
use crate::context::{Kind, Write, writes};
use crate::decision::{Evidence, Known};
use crate::dockerfile::Keyword;

/// Directories that the program writes, and places that it writes but that can't be given to a user.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Writable {
    /// Absolute paths of directories, in order, the working directory first.
    pub directories: Vec<Known<String>>,
    /// Paths in directories that belong to the system.
    pub systems_own: Vec<Known<String>>,
}

/// Directories of the distribution. What lies deeper may be given away, they may not.
const SYSTEM: [&str; 22] = [
    "/",
    "/bin",
    "/boot",
    "/dev",
    "/etc",
    "/home",
    "/lib",
    "/lib64",
    "/media",
    "/mnt",
    "/opt",
    "/proc",
    "/root",
    "/run",
    "/sbin",
    "/srv",
    "/sys",
    "/usr",
    "/usr/local",
    "/var",
    "/var/lib",
    "/var/log",
];

/// Places that everybody may write, or nobody.
const NOT_ON_DISK: [&str; 6] = ["/tmp", "/var/tmp", "/dev", "/proc", "/sys", "/run/secrets"];

/// Trees whose files are the distribution's or the interpreter's, however deep.
const SYSTEM_TREES: [&str; 9] =
    ["/bin", "/sbin", "/lib", "/lib64", "/etc", "/usr/bin", "/usr/lib", "/usr/local/bin", "/usr/local/lib"];

/// Whether `path` belongs to the distribution and must stay root's.
#[must_use]
pub fn is_systems_own(path: &str) -> bool {
    SYSTEM.contains(&path)
        || SYSTEM_TREES.iter().any(|tree| is_at_or_below(path, tree))
        || is_at_or_below(path, "/root")
}

pub(super) fn read(steps: &Steps, start: &Start, from_sources: &[Write]) -> Writable {
    let mut collector = Collector { writable: Writable::default() };
    if let (Some(workdir), Some(evidence)) = (steps.end.workdir.as_deref(), workdir_evidence(steps))
        && !is_systems_own(workdir)
    {
        collector.add(workdir.to_owned(), evidence);
    }
    for step in &steps.all {
        collector.step(step);
    }
    collector.environment(steps);
    collector.start(start, steps);
    for write in from_sources {
        collector.source(write, steps);
    }
    collector.writable
}

fn workdir_evidence(steps: &Steps) -> Option<Evidence> {
    let step = steps.all.iter().rev().find(|step| step.is(Keyword::Workdir))?;
    Some(Evidence::dockerfile(format!("WORKDIR {}", step.instruction.rest()), step.instruction.span))
}

struct Collector {
    writable: Writable,
}

impl Collector {
    fn add(&mut self, directory: String, because: Evidence) {
        if NOT_ON_DISK.iter().any(|place| is_at_or_below(&directory, place)) {
            return;
        }
        let list =
            if is_systems_own(&directory) { &mut self.writable.systems_own } else { &mut self.writable.directories };
        if list.iter().all(|known| known.value != directory) {
            list.push(Known::new(directory, because));
        }
    }

    fn step(&mut self, step: &Step) {
        if step.is(Keyword::Volume) {
            for path in volumes(step) {
                self.add(path.clone(), Evidence::dockerfile(format!("VOLUME {path}"), step.instruction.span));
            }
        }
        for path in made_directories(step) {
            if !is_systems_own(&path) && !is_software(&path) {
                self.add(path.clone(), Evidence::dockerfile(format!("mkdir {path}"), step.instruction.span));
            }
        }
    }

    /// `DB_PATH=/data/app.db`, `UPLOAD_DIR=/uploads`, `DATABASE_URL=sqlite:////data/app.db`.
    fn environment(&mut self, steps: &Steps) {
        for step in steps.all.iter().filter(|step| step.is(Keyword::Env)) {
            for pair in step.instruction.pairs() {
                let Some(value) = steps.end.env(&pair.key) else { continue };
                if let Some(directory) = written_by_setting(&pair.key, value) {
                    let evidence = Evidence::dockerfile(format!("ENV {}={value}", pair.key), step.instruction.span);
                    self.add(directory, evidence);
                }
            }
        }
    }

    /// What the start scripts make.
    fn start(&mut self, start: &Start, steps: &Steps) {
        for started in start.commands.iter().filter(|started| started.name == "mkdir") {
            for path in started.literals().into_iter().filter(|word| !word.starts_with('-')) {
                if let Some(path) = steps.end.absolute(path) {
                    self.add(path, started.evidence());
                }
            }
        }
    }

    fn source(&mut self, write: &Write, steps: &Steps) {
        let path = match write.place {
            writes::Place::Absolute => Some(normalized(&write.path)),
            writes::Place::WorkingDirectory => steps.end.absolute(&write.path),
            writes::Place::Code => code_root(steps).map(|root| normalized(&format!("{root}/{}", write.path))),
        };
        let Some(path) = path else { return };
        let directory = match write.kind {
            Kind::Directory => path,
            Kind::Sqlite | Kind::File => parent(&path),
        };
        // What lies below the working directory is the user's already, by its own ownership and that of the copies.
        let covered = self.writable.directories.first().is_some_and(|first| is_at_or_below(&directory, &first.value));
        if !covered {
            self.add(directory, Evidence::context(format!("writes {}", write.path), &write.file, write.line));
        }
    }
}

fn volumes(step: &Step) -> Vec<String> {
    let words = step.instruction.words().iter();
    words.filter_map(|word| step.scope.absolute(&step.scope.expand(step.instruction, &word.text)?)).collect()
}

/// The directories that the `mkdir` commands of a RUN make.
#[must_use]
pub fn made_directories(step: &Step) -> Vec<String> {
    let Some(run) = step.script() else { return Vec::new() };
    let mut made = Vec::new();
    for command in &run.script.commands {
        let Some(invocation) = command.program().filter(|invocation| invocation.name == "mkdir") else { continue };
        let mut words = invocation.words.iter().filter_map(|word| word.value.as_deref());
        while let Some(word) = words.next() {
            match word {
                "-m" | "--mode" => drop(words.next()),
                _ if word.starts_with('-') => {}
                path => made.extend(step.scope.absolute(path)),
            }
        }
    }
    made
}

/// Places where RUN lines keep programs and settings rather than data.
fn is_software(path: &str) -> bool {
    ["/usr", "/opt", "/home", "/var/www"].iter().any(|tree| is_at_or_below(path, tree))
        || is_at_or_below(path, "/run/sshd")
}

fn written_by_setting(key: &str, value: &str) -> Option<String> {
    if let Some((scheme, path)) = value.split_once(":///") {
        return (scheme.starts_with("sqlite") && path.starts_with('/')).then(|| parent(&normalized(path)));
    }
    if !value.starts_with('/') || value.contains([':', ' ', '$']) {
        return None;
    }
    let path = normalized(value);
    let is_database = [".db", ".sqlite", ".sqlite3"].iter().any(|extension| path.ends_with(extension));
    let words: Vec<&str> = key.split('_').collect();
    let says = |names: &[&str]| words.iter().any(|word| names.contains(&word.to_ascii_uppercase().as_str()));
    let is_directory = says(&["DIR", "DIRECTORY", "FOLDER", "ROOT", "PATH", "HOME"])
        && says(&[
            "DATA", "DB", "UPLOAD", "UPLOADS", "MEDIA", "STORAGE", "CACHE", "LOG", "LOGS", "STATE", "OUTPUT", "CONFIG",
        ]);
    match () {
        () if is_database => Some(parent(&path)),
        () if is_directory && !is_systems_own(&path) => Some(path),
        () => None,
    }
}

/// Where the context's root was copied to.
pub(super) fn code_root(steps: &Steps) -> Option<String> {
    steps.all.iter().rev().find_map(|step| {
        let whole = step.copies_context() && step.sources().iter().any(|source| matches!(*source, "." | "./" | "/"));
        whole.then(|| step.destination()).flatten()
    })
}

fn parent(path: &str) -> String {
    match path.rsplit_once('/') {
        Some(("", _)) | None => "/".to_owned(),
        Some((parent, _)) => parent.to_owned(),
    }
}
