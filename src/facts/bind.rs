//! The address in a server's own configuration file.

use super::copies;
use super::start::Started;
use super::steps::Steps;
use crate::context::Context;
use crate::decision::{Evidence, Place};

/// How a server finds its configuration file, and which settings in it are the address.
struct Style {
    program: &'static str,
    options: &'static [&'static str],
    /// Endings of an argument that is the file itself.
    positional: &'static str,
    /// The file that is read when no option names one.
    default: &'static str,
    keys: &'static [&'static str],
}

const STYLES: [Style; 3] = [
    Style {
        program: "gunicorn",
        options: &["-c", "--config"],
        positional: "",
        default: "gunicorn.conf.py",
        keys: &["bind"],
    },
    Style {
        program: "uwsgi",
        options: &["--ini"],
        positional: ".ini",
        default: "",
        keys: &["http", "http-socket", "socket"],
    },
    Style { program: "streamlit", options: &[], positional: "", default: ".streamlit/config.toml", keys: &["port"] },
];

/// A configuration file that the server reads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct ConfigFile {
    /// Its path in the image.
    pub(super) path: String,
    /// Its text, where it is at hand.
    pub(super) text: Option<String>,
    place: Option<Place>,
    keys: &'static [&'static str],
}

/// What a configuration file says of the address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Bind {
    /// The address as written.
    Address(String, Evidence),
    /// The file sets it, or may set it, in a way that is not read.
    Unknown,
    /// The file does not set it.
    Unset,
}

/// The configuration file of the server that `started` starts; `None` where it reads none that is known.
pub(super) fn config_file(started: &Started, steps: &Steps, context: &Context) -> Option<ConfigFile> {
    let (program, words) = started.application();
    let style = STYLES.iter().find(|style| style.program == program)?;
    let named = named_file(style, &words);
    let path = steps.end.absolute(named.unwrap_or(style.default).trim_start_matches("file:"))?;
    let found = copies::file_at(&steps.all, &path, context);
    if found.is_none() && named.is_none() {
        return None;
    }
    let (text, place) = found.unzip();
    Some(ConfigFile { path, text, place, keys: style.keys })
}

fn named_file<'w>(style: &Style, words: &[&'w str]) -> Option<&'w str> {
    let after = |at: usize| words.get(at + 1).copied();
    words.iter().enumerate().find_map(|(at, word)| {
        if style.options.contains(word) {
            return after(at);
        }
        let joined = style.options.iter().find_map(|option| word.strip_prefix(option)?.strip_prefix('='));
        let is_file = !style.positional.is_empty() && word.ends_with(style.positional) && !word.starts_with('-');
        joined.or_else(|| is_file.then_some(*word))
    })
}

impl ConfigFile {
    /// The address that it sets: one literal, or nothing that is certain.
    pub(super) fn bind(&self) -> Bind {
        let (Some(text), Some(place)) = (&self.text, &self.place) else { return Bind::Unknown };
        let values: Vec<(usize, &str)> = text
            .lines()
            .enumerate()
            .filter_map(|(at, line)| {
                let (key, value) = line.split_once('=')?;
                self.keys.contains(&key.trim()).then(|| (at, value.trim()))
            })
            .collect();
        match values.as_slice() {
            [] => Bind::Unset,
            [(at, value)] => match literal(value, self.path.ends_with(".py")) {
                Some(address) => Bind::Address(address.to_owned(), evidence(place, *at, value)),
                None => Bind::Unknown,
            },
            _ => Bind::Unknown,
        }
    }
}

fn evidence(place: &Place, line: usize, value: &str) -> Evidence {
    let place = match place {
        Place::Context { path, .. } => Place::Context { path: path.clone(), line: line + 1 },
        other => other.clone(),
    };
    Evidence { what: format!("the address {value}"), place }
}

/// A value without anything to work out: a string in quotes, which Python demands, or a bare word.
fn literal(value: &str, quoted: bool) -> Option<&str> {
    let inside = |quote: char| value.strip_prefix(quote)?.strip_suffix(quote).filter(|inner| !inner.contains(quote));
    let bare = || (!quoted && !value.contains(['"', '\'', '$', '%', '[', '#', ' '])).then_some(value);
    inside('"').or_else(|| inside('\'')).or_else(bare)
}
