//! `harden explain NAME`: a transform's page.

use super::console::Console;
use super::failure::Failure;
use super::{Exit, names};

/// Prints the page of the transform called `name`.
pub fn run(name: &str, console: &mut Console) -> Result<Exit, Failure> {
    let page = names::find(name)?.page.trim_end();
    console.data(format!("{page}\n").as_bytes());
    Ok(Exit::Fine)
}
