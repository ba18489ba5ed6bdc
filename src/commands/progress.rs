//! What is being done, while it is: a line that moves on a terminal, else a line for each step.

use std::io::{self, IsTerminal};
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};

const TICK: Duration = Duration::from_millis(120);

/// Tells people on standard error.
pub enum Progress {
    /// A line that moves.
    Moving(ProgressBar),
    /// A line for each step.
    Lines,
    /// Nobody listens.
    Silent,
}

impl Progress {
    /// What suits standard error.
    pub fn new(quiet: bool) -> Self {
        match quiet {
            true => Self::Silent,
            false if io::stderr().is_terminal() => Self::Moving(moving()),
            false => Self::Lines,
        }
    }

    /// Tells what is done now.
    pub fn tell(&self, what: &str) {
        match self {
            Self::Moving(bar) => {
                bar.set_message(what.to_owned());
                bar.enable_steady_tick(TICK);
            }
            Self::Lines => eprintln!("{what}"),
            Self::Silent => {}
        }
    }

    /// Tells what stays on the screen.
    pub fn note(&self, what: &str) {
        match self {
            Self::Moving(bar) => bar.println(format!("note: {what}")),
            Self::Lines => eprintln!("note: {what}"),
            Self::Silent => {}
        }
    }

    /// Takes the moving line away.
    pub fn finish(&self) {
        if let Self::Moving(bar) = self {
            bar.finish_and_clear();
        }
    }
}

fn moving() -> ProgressBar {
    let bar = ProgressBar::new_spinner();
    if let Ok(style) = ProgressStyle::with_template("{spinner:.cyan} {msg} {elapsed:.dim}") {
        bar.set_style(style);
    }
    bar
}
