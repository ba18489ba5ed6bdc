//! The directories that the program writes when it runs.

use std::collections::{HashMap, HashSet};

use super::scope::{is_at_or_below, normalized};
use super::start::{Start, StartWord};
use super::steps::{Step, Steps};
use super::{Input, copies};
use crate::context::{Kind, Write, writes};
use crate::decision::{Evidence, Known};
use crate::dockerfile::Keyword;
use crate::shell::Invocation;

/// Directories that the program writes, and places that it writes but that can't be given to a user.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Writable {
    /// The working directory, where a WORKDIR says which and it is not the system's.
    pub workdir: Option<Known<String>>,
    /// Absolute paths of the directories that are known to be written, in order.
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

pub(super) fn read(steps: &Steps, start: &Start, input: &Input) -> Writable {
    let mut collector = Collector::default();
    if let (Some(workdir), Some(evidence)) = (steps.end.workdir.as_deref(), workdir_evidence(steps))
        && !is_systems_own(workdir)
    {
        collector.writable.workdir = Some(Known::new(workdir.to_owned(), evidence));
    }
    let lasting = lasting_directories(&steps.all);
    for step in &steps.all {
        collector.step(step, &lasting);
    }
    collector.environment(steps);
    collector.start(start, steps);
    for write in input.writes() {
        collector.source(write, steps);
    }
    let seen = input.evidence.and_then(|observed| observed.writes.as_ref());
    for directory in seen.into_iter().flatten() {
        collector.add(normalized(directory), Evidence::observed(format!("observed to write in {directory}")));
    }
    collector.writable
}

fn workdir_evidence(steps: &Steps) -> Option<Evidence> {
    let step = steps.all.iter().rev().find(|step| step.is(Keyword::Workdir))?;
    Some(Evidence::dockerfile(format!("WORKDIR {}", step.instruction.rest()), step.instruction.span))
}

#[derive(Default)]
struct Collector {
    writable: Writable,
    seen: HashSet<String>,
}

impl Collector {
    fn add(&mut self, directory: String, because: Evidence) {
        if NOT_ON_DISK.iter().any(|place| is_at_or_below(&directory, place)) {
            return;
        }
        let list =
            if is_systems_own(&directory) { &mut self.writable.systems_own } else { &mut self.writable.directories };
        if self.seen.insert(directory.clone()) {
            list.push(Known::new(directory, because));
        }
    }

    fn step(&mut self, step: &Step, lasting: &HashSet<&str>) {
        if step.is(Keyword::Volume) {
            for path in volumes(step) {
                self.add(path.clone(), Evidence::dockerfile(format!("VOLUME {path}"), step.instruction.span));
            }
        }
        for path in made_directories(step) {
            if !is_systems_own(path) && !is_software(path) && lasting.contains(path.as_str()) {
                self.add(path.clone(), Evidence::dockerfile(format!("mkdir {path}"), step.instruction.span));
            }
        }
    }

    /// `DB_PATH=/data/app.db`, `UPLOAD_DIR=/uploads`, `DATABASE_URL=sqlite:////data/app.db`.
    fn environment(&mut self, steps: &Steps) {
        let mut values: HashMap<&str, Option<&str>> = HashMap::new();
        for (name, value) in steps.end.all_env() {
            values.entry(name).or_insert(value);
        }
        for step in steps.all.iter().filter(|step| step.is(Keyword::Env)) {
            for pair in step.instruction.pairs() {
                let Some(value) = values.get(pair.key.as_str()).copied().flatten() else { continue };
                if let Some(directory) = written_by_setting(&pair.key, value) {
                    let evidence = Evidence::dockerfile(format!("ENV {}={value}", pair.key), step.instruction.span);
                    self.add(directory, evidence);
                }
            }
        }
    }

    /// What the start scripts make and write.
    fn start(&mut self, start: &Start, steps: &Steps) {
        for started in &start.commands {
            if started.name == "mkdir" {
                let paths = started.words.iter().filter_map(|word| at_start(word, steps));
                paths.for_each(|path| self.add(path, started.evidence()));
            }
            for path in started.writes.iter().filter_map(|path| steps.end.absolute(path)) {
                self.add(parent(&path), Evidence { what: format!("writes {path}"), place: started.place.clone() });
            }
        }
    }

    fn source(&mut self, write: &Write, steps: &Steps) {
        let path = match write.place {
            writes::Place::Absolute => Some(normalized(&write.path)),
            writes::Place::WorkingDirectory => steps.end.absolute(&write.path),
            writes::Place::Code => in_image(steps, &write.path),
        };
        let Some(path) = path else { return };
        let directory = match write.kind {
            Kind::Directory => path,
            Kind::Sqlite | Kind::File => parent(&path),
        };
        self.add(directory, Evidence::context(format!("writes {}", write.path), &write.file, write.line));
    }
}

/// A path in a start script, with the variables of ENV filled in.
fn at_start(word: &StartWord, steps: &Steps) -> Option<String> {
    if word.raw.starts_with('-') {
        return None;
    }
    let expanded = || {
        let is_command = word.raw.contains("$(") || word.raw.contains('`');
        let instruction = steps.all.last().filter(|_| !is_command)?.instruction;
        steps.end.expand(instruction, &word.raw)
    };
    steps.end.absolute(&word.value.clone().or_else(expanded).filter(|path| !path.is_empty())?)
}

/// The paths that a VOLUME names.
#[must_use]
pub fn volumes(step: &Step) -> Vec<String> {
    let words = step.instruction.words().iter();
    words.filter_map(|word| step.scope.absolute(&step.scope.expand(step.instruction, &word.text)?)).collect()
}

/// The directories that the `mkdir` commands of a RUN make, and that are still there at its end.
#[must_use]
pub fn made_directories<'s>(step: &'s Step) -> &'s [String] {
    &step.directories().made
}

/// The directories that a RUN makes and removes.
#[derive(Debug, Default)]
pub(super) struct Directories {
    made: Vec<String>,
    removed: Vec<String>,
}

impl Directories {
    pub(super) fn of(step: &Step) -> Self {
        let mut directories = Self::default();
        let Some(run) = step.script() else { return directories };
        let Self { made, removed } = &mut directories;
        let mut moved = false;
        for invocation in run.script.commands.iter().filter_map(|command| command.program()) {
            let places = |moved| arguments(&invocation).into_iter().filter_map(move |path| place_of(step, path, moved));
            match invocation.name {
                "cd" | "pushd" => moved = true,
                "mkdir" => made.extend(places(moved)),
                "rm" | "rmdir" => {
                    places(moved).for_each(|gone| made.retain(|path| !is_at_or_below(path, &gone)));
                    removed.extend(places(false));
                }
                _ => {}
            }
        }
        directories
    }
}

/// The literal arguments that are no options.
fn arguments<'c>(invocation: &Invocation<'c>) -> Vec<&'c str> {
    let mut arguments = Vec::new();
    let mut words = invocation.words.iter().filter_map(|word| word.value.as_deref());
    while let Some(word) = words.next() {
        match word {
            "-m" | "--mode" => drop(words.next()),
            _ if word.starts_with('-') => {}
            path => arguments.push(path),
        }
    }
    arguments
}

/// Where a path of a RUN lies; not known behind a `cd`, or where the shell would make several of it.
fn place_of(step: &Step, path: &str, moved: bool) -> Option<String> {
    let is_known = !path.contains(['*', '?', '[', '{', '~']) && (!moved || path.starts_with('/'));
    is_known.then(|| step.scope.absolute(path)).flatten()
}

/// What RUN lines make and no later one takes away.
fn lasting_directories<'s>(steps: &'s [Step]) -> HashSet<&'s str> {
    let mut lasting: HashSet<&str> = HashSet::new();
    for Directories { made, removed } in steps.iter().map(Step::directories) {
        removed.iter().for_each(|gone| lasting.retain(|path| !is_at_or_below(path, gone)));
        lasting.extend(made.iter().map(String::as_str));
    }
    lasting
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

/// Where the context's `path` lies in the image, or would lie if it were there: next to what was copied.
fn in_image(steps: &Steps, path: &str) -> Option<String> {
    let copies = || {
        steps.all.iter().rev().filter(|step| step.copies_context()).flat_map(|step| {
            let sources = step.sources().into_iter().filter_map(copies::relative);
            sources.filter_map(|source| Some((source, step.destination()?)))
        })
    };
    let below = |(source, destination): (String, String)| {
        let rest = if source.is_empty() { path } else { path.strip_prefix(&source)?.strip_prefix('/')? };
        Some(normalized(&format!("{destination}/{rest}")))
    };
    let beside = |(source, destination): (String, String)| {
        let root = destination.strip_suffix(&source)?.strip_suffix('/')?;
        Some(normalized(&format!("{root}/{path}")))
    };
    copies().find_map(below).or_else(|| copies().find_map(beside))
}

fn parent(path: &str) -> String {
    match path.rsplit_once('/') {
        Some(("", _)) | None => "/".to_owned(),
        Some((parent, _)) => parent.to_owned(),
    }
}

#[cfg(test)]
mod tests;
