//! What is said about an [`Outcome`](crate::engine::Outcome): for people, as a diff, as JSON.

pub mod diff;
pub mod json;
mod text;

pub use text::{Detail, Tally, printable, text};
