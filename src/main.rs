//! The command line of `harden`: arguments, a command, an exit code.

use std::process::ExitCode;

use clap::Parser;

mod cli;
mod commands;

fn main() -> ExitCode {
    commands::run(&cli::Cli::parse()).into()
}
