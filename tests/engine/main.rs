//! The hardened images of `examples/` against the originals, on a real container engine.
//!
//! Without an engine every test is reported as ignored; with `HARDEN_ENGINE=required` it fails instead. The harness is
//! libtest-mimic because only it can decide that when the tests run.

mod claims;
mod docker;
mod examples;
mod http;

use std::env;
use std::process::ExitCode;

use libtest_mimic::{Arguments, Trial};

fn main() -> ExitCode {
    let required = env::var("HARDEN_ENGINE").is_ok_and(|value| value == "required");
    let missing = docker::engine_answers().err();
    if let Some(reason) = &missing {
        eprintln!("no container engine: {reason}");
    }
    let ignored = missing.is_some() && !required;
    let trials = examples::EXAMPLES.iter().flat_map(|example| {
        claims::CLAIMS.into_iter().map(move |(name, claim)| {
            let name = format!("{}::{name}", example.name);
            Trial::test(name, move || Ok(claim(example)?)).with_ignored_flag(ignored)
        })
    });
    libtest_mimic::run(&Arguments::from_args(), trials.collect()).exit_code()
}
