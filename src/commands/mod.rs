//! The commands, one file each, and what they share: failures, streams, inputs, reading and writing.

mod config;
mod console;
mod engine;
mod evidence;
mod explain;
mod failure;
mod files;
mod harden;
mod input;
mod list;
mod lock;
mod names;
mod observe;
mod pipeline;
mod progress;
mod prose;
mod registry;
mod verify;

use std::process::ExitCode;

use crate::cli::{Cli, Command};
use console::Console;
use failure::Failure;

/// How a run ended; the worse is the greater.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Exit {
    /// All went well.
    Fine,
    /// `--check` found something to change, or `verify` something that is worse.
    Findings,
    /// Something could not be done.
    Errors,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(match exit {
            Exit::Fine => 0,
            Exit::Findings => 1,
            Exit::Errors => 2,
        })
    }
}

/// Does what `cli` asks for.
pub fn run(cli: &Cli) -> Exit {
    cli.color.apply();
    let mut console = Console::standard();
    let exit = dispatch(cli, &mut console).unwrap_or_else(|failure| {
        console.failure(&failure);
        Exit::Errors
    });
    console.finish(exit)
}

fn dispatch(cli: &Cli, console: &mut Console) -> Result<Exit, Failure> {
    match &cli.command {
        Some(Command::Explain { words }) => explain::run(words, console),
        Some(Command::Lock(args)) => lock::run(args, console),
        Some(Command::Verify(args)) => verify::run(args, console),
        Some(Command::Observe(args)) => observe::run(args, console),
        None if cli.harden.list => Ok(list::run(console)),
        None => harden::run(&cli.harden, console),
    }
}
