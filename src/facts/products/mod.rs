//! The commands that make a program out of sources, and where they leave it.
//!
//! Each language has a room of its own that reads the command lines of its tools.

mod c;
mod dotnet;
pub(super) mod go;
mod java;
mod rust;
pub(super) mod wanted;

use super::scope::{is_at_or_below, normalized};
use super::steps::Step;
use crate::context::Context;
use crate::shell::{self, Command, Word};
use crate::templates::{ToolChain, Verbs};

/// A command of a tool chain, or one that only works on its sources or moves its product.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Call {
    /// Index of its step among those that were asked about.
    pub step: usize,
    /// Index of the command in the script of its step.
    pub command: usize,
    /// Its first words: `go build`.
    pub call: String,
    /// What it leaves for later.
    pub product: Option<Product>,
    /// Whether it may make files that the program reads, in places that nobody can name.
    pub generates: bool,
    /// Whether it is one of the tool chain's own.
    pub is_tool: bool,
}

/// What a command leaves, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Product {
    /// A program at this path.
    Program(String),
    /// A program at this path, or programs in the folder of this path.
    AtOrIn(String),
    /// Programs at these paths.
    OneOf(Vec<String>),
    /// Whatever lies in a folder, and the folder.
    In(String),
    /// Whatever lies in a folder of this name, anywhere below a directory.
    Under {
        /// The directory.
        directory: String,
        /// The folder's name.
        folder: String,
    },
    /// Nobody knows; why.
    Unknown(String),
}

impl Product {
    /// Whether the file or folder at `path` is this product, or one of them.
    #[must_use]
    pub fn is_at(&self, path: &str) -> bool {
        match self {
            Self::Program(program) => program == path,
            Self::OneOf(programs) => programs.iter().any(|program| program == path),
            Self::AtOrIn(place) => {
                path == place || path.rsplit_once('/').is_some_and(|(folder, _)| folder == place.trim_end_matches('/'))
            }
            Self::In(folder) => is_at_or_below(path, folder),
            Self::Under { directory, folder } => {
                let below = path.strip_prefix(directory.trim_end_matches('/')).filter(|rest| rest.starts_with('/'));
                let parts = below.map(|rest| rest.split('/').skip(1).collect::<Vec<_>>()).unwrap_or_default();
                parts.iter().rev().skip(1).any(|part| part == folder)
            }
            Self::Unknown(_) => false,
        }
    }
}

/// What a room reads of a command.
struct Made {
    call: String,
    product: Option<Product>,
    generates: bool,
}

/// A command and all that its meaning depends on.
struct Site<'s, 'a> {
    name: &'s str,
    words: &'s [Word],
    command: &'s Command,
    /// The script that the command stands in.
    text: &'s str,
    /// `None` where it is not known.
    directory: Option<String>,
    step: &'s Step<'a>,
    /// The steps before its own.
    earlier: &'s [Step<'a>],
    context: &'s Context,
    chain: &'s ToolChain,
}

impl Site<'_, '_> {
    /// The value of a variable that stands before the command, or that the image sets.
    fn variable(&self, name: &str) -> Option<String> {
        let assigned = |word: &Word| word.value.as_deref()?.strip_prefix(name)?.strip_prefix('=').map(str::to_owned);
        let here = self.command.assignments.iter().find_map(assigned);
        here.or_else(|| self.step.scope.env(name).map(str::to_owned))
    }

    /// The text of a word that is literal, or would be but for `*`.
    fn pattern<'w>(&'w self, word: &'w Word) -> Option<&'w str> {
        let raw = word.span.of(self.text);
        let is_plain = !word.quoted && !raw.contains(['$', '`', '{', '~', '[', '?']);
        word.value.as_deref().or_else(|| Some(raw).filter(|_| is_plain))
    }

    /// The absolute path that a word names.
    fn path(&self, word: &Word) -> Option<String> {
        self.below(self.pattern(word)?)
    }

    fn below(&self, path: &str) -> Option<String> {
        Some(joined(self.directory.as_deref()?, path))
    }

    fn made(&self) -> Made {
        match self.name {
            "go" | "gofmt" => go::made(self),
            "cargo" => rust::made(self),
            "dotnet" => dotnet::made(self),
            "mvn" | "mvnw" | "gradle" | "gradlew" | "javac" | "jar" => java::made(self),
            _ if self.chain.links() => c::made(self),
            name => Made { call: name.to_owned(), product: None, generates: false },
        }
    }
}

/// The commands in `steps` that build, in order.
pub(super) fn calls(steps: &[Step], context: &Context, chain: &ToolChain) -> Vec<Call> {
    let mut calls: Vec<Call> = Vec::new();
    for_each_site(steps, context, chain, |site, step, command| {
        let is_tool = chain.has_tool(site.name);
        let made = if is_tool { Some(site.made()) } else { moved(site, &calls) };
        let call =
            made.map(|Made { call, product, generates }| Call { step, command, call, product, generates, is_tool });
        calls.extend(call);
    });
    let Some(last) = calls.last().map(|call| call.step) else { return calls };
    let mut helpers = Vec::new();
    for_each_site(steps.get(..=last).unwrap_or_default(), context, chain, |site, step, command| {
        let is_helper = works_on_sources(site) || makes_room(site, step, &calls);
        if is_helper && !calls.iter().any(|call| (call.step, call.command) == (step, command)) {
            let call = site.name.to_owned();
            helpers.push(Call { step, command, call, product: None, generates: false, is_tool: false });
        }
    });
    calls.extend(helpers);
    calls.sort_by_key(|call| (call.step, call.command));
    calls
}

fn for_each_site(steps: &[Step], context: &Context, chain: &ToolChain, mut visit: impl FnMut(&Site, usize, usize)) {
    for (at, step) in steps.iter().enumerate() {
        let text = step.script().map_or("", |run| run.text());
        for (index, (command, directory)) in with_directories(step).into_iter().enumerate() {
            let Some(invocation) = command.program() else { continue };
            let earlier = steps.get(..at).unwrap_or_default();
            let (name, words) = (invocation.name, invocation.words);
            visit(&Site { name, words, command, text, directory, step, earlier, context, chain }, at, index);
        }
    }
}

/// Whether a command only makes, marks or removes sources: the `src/main.rs` that stands in for the program while its
/// dependencies are built, the `gradlew` that is to be called.
fn works_on_sources(site: &Site) -> bool {
    let paths: Option<Vec<&str>> = match site.name {
        "mkdir" | "touch" | "rm" => {
            let paths = site.words.iter().filter(|word| !word.literal_start().starts_with('-'));
            paths.map(|word| site.pattern(word)).collect()
        }
        "chmod" => site.words.iter().skip(1).map(|word| site.pattern(word)).collect(),
        "echo" | "printf" => {
            let targets = site.command.redirects.iter().filter(|redirect| redirect.writes_file());
            targets.map(|redirect| redirect.target.value.as_deref()).collect()
        }
        _ => None,
    };
    let is_source = |path: &&str| !path.starts_with('/') && path.split('/').any(|part| site.chain.is_source(part));
    paths.is_some_and(|paths| !paths.is_empty() && paths.iter().all(is_source))
}

/// Whether a command makes the folder that a tool in the same step fills.
fn makes_room(site: &Site, step: usize, calls: &[Call]) -> bool {
    let products =
        calls.iter().filter(|call| call.step == step && call.is_tool).filter_map(|call| call.product.as_ref());
    let places: Vec<&String> = products
        .filter_map(|product| match product {
            Product::Program(place) | Product::AtOrIn(place) | Product::In(place) => Some(place),
            Product::OneOf(_) | Product::Under { .. } | Product::Unknown(_) => None,
        })
        .collect();
    let mut folders = site.words.iter().filter(|word| !word.literal_start().starts_with('-'));
    let is_filled = |word: &Word| {
        let folder = site.path(word);
        folder.is_some_and(|folder| places.iter().any(|place| is_at_or_below(place, &folder)))
    };
    site.name == "mkdir" && folders.all(is_filled)
}

/// A command, and the directory that it runs in; `None` where that is not known.
fn with_directories<'s>(step: &'s Step) -> Vec<(&'s Command, Option<String>)> {
    let Some(run) = step.script() else { return Vec::new() };
    let mut directory = step.scope.absolute(".");
    let mut found = Vec::new();
    for command in &run.script.commands {
        found.push((command, directory.clone()));
        let Some(invocation) = command.program().filter(|invocation| invocation.name == "cd") else { continue };
        let is_certain = command.scope == shell::Scope::TopLevel && !command.conditional;
        let target = invocation.words.first().and_then(|word| word.value.as_deref()).filter(|_| is_certain);
        directory = target.zip(directory).map(|(target, directory)| joined(&directory, target));
    }
    found
}

/// What `cp`, `mv` or `install` makes of products: the same under another path.
fn moved(site: &Site, calls: &[Call]) -> Option<Made> {
    if !matches!(site.name, "cp" | "mv" | "install") {
        return None;
    }
    let mut words = site.words.iter();
    let mut paths = Vec::new();
    while let Some(word) = words.next() {
        let is_mode = matches!(word.literal_start(), "-m" | "--mode" | "-o" | "-g") && site.name == "install";
        match word.literal_start() {
            _ if is_mode => drop(words.next()),
            "-t" | "-d" | "-D" => return None,
            option if option.starts_with('-') => {}
            _ => paths.push(site.path(word)?),
        }
    }
    let (target, sources) = paths.split_last()?;
    let is_made = |path: &String| calls.iter().filter_map(|call| call.product.as_ref()).any(|made| made.is_at(path));
    let product = (!sources.is_empty() && sources.iter().all(is_made)).then(|| Product::AtOrIn(target.clone()))?;
    Some(Made { call: site.name.to_owned(), product: Some(product), generates: false })
}

/// What a tool is asked for: the words that are neither options nor their values. `None` where one is not literal.
fn asked<'w>(words: &'w [Word], verbs: &Verbs) -> Option<Vec<&'w str>> {
    let mut asked = Vec::new();
    let mut words = words.iter();
    while let Some(word) = words.next() {
        let start = word.literal_start();
        if verbs.valued.iter().any(|option| option == start) {
            words.next();
        } else if !start.starts_with(['-', '+']) {
            asked.push(word.value.as_deref()?);
        }
    }
    Some(asked)
}

/// The value of the first of these options: the word behind it, or what is behind its `=`. `Some(None)` is no literal.
fn option<'w>(words: &'w [Word], names: &[&str]) -> Option<Option<&'w str>> {
    words.iter().enumerate().find_map(|(at, word)| {
        let start = word.literal_start();
        if names.contains(&start) {
            return words.get(at + 1).map(|value| value.value.as_deref());
        }
        let (name, _) = start.split_once('=').filter(|(name, _)| names.contains(name) && name.starts_with('-'))?;
        Some(word.value.as_deref().and_then(|value| value.get(name.len() + 1..)))
    })
}

fn joined(directory: &str, path: &str) -> String {
    if path.starts_with('/') { normalized(path) } else { normalized(&format!("{directory}/{path}")) }
}
