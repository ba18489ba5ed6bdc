//! The body of a `RUN`: its commands and words, with spans in the text that was given.
//!
//! The grammar is `rable`'s; this layer adds byte spans that can be edited, the literal value of every word, wrappers
//! such as `sudo` and `sh -c`, and the spans whose deletion leaves a valid script. What it can't read with certainty
//! is [`Opaque`]: nothing in it may be edited and its effects are unknown.

mod chain;
mod command;
mod heredoc;
mod invocation;
mod limits;
mod offsets;
mod parts;
mod quoting;
mod reader;
mod redirect;
mod substitution;

use std::fmt;

use crate::edit::Span;

pub use chain::Item;
pub use command::{Command, Joined, Scope};
pub use invocation::Invocation;
pub use quoting::Word;
pub use redirect::{HereDoc, Redirect};

/// The commands of a script.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Script {
    /// Every simple command in source order, flattened out of lists, pipelines, groups, conditionals, loops, subshells,
    /// functions, command substitutions and here-documents.
    pub commands: Vec<Command>,
    /// The top-level list: what `&&`, `||`, `;`, `&` and newlines join.
    pub items: Vec<Item>,
    /// The redirects of groups, subshells, loops and conditionals, in source order.
    pub redirects: Vec<Redirect>,
    /// Whether an `&` ends the list.
    pub ends_in_background: bool,
}

/// Why nothing is known about a script.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Opaque {
    /// The script is larger than any that is worth reading.
    TooLong,
    /// The script nests deeper than any that a person wrote.
    TooDeep,
    /// An inner script stands in quotes that change its text, so that its spans can't be mapped.
    Quoting,
    /// The script is no shell script, or uses what this layer does not read.
    Syntax(String),
}

impl fmt::Display for Opaque {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooLong => f.write_str("the script is too long to be read"),
            Self::TooDeep => f.write_str("the script nests too deeply to be read"),
            Self::Quoting => f.write_str("the inner script is built from expansions or escapes"),
            Self::Syntax(reason) => write!(f, "the script can't be read: {reason}"),
        }
    }
}

impl std::error::Error for Opaque {}

/// Reads a shell script.
///
/// # Errors
/// [`Opaque`] when the script is too large, nests too deeply or can't be read with certainty.
pub fn parse(text: &str) -> Result<Script, Opaque> {
    parse_within(text, Span::new(0, text.len()))
}

/// Reads the script that stands at `span` of `text`; its spans are offsets into `text`.
fn parse_within(text: &str, span: Span) -> Result<Script, Opaque> {
    limits::check(span.of(text))?;
    reader::read(text, span)
}

#[cfg(test)]
mod properties;
#[cfg(test)]
mod tests;
