//! Runs the pipeline and records what happened.

mod outcome;

pub use outcome::{Applied, HeldBack, HeldKind, Outcome, Reason};
