//! The Dockerfile layer against BuildKit's golden answers, against its own promises, and against three other parsers.
//!
//! The tests are made at run time (one a probe, one a parser and set of files), and a test whose means are missing has
//! to be seen as *ignored*: hence `libtest-mimic` in the place of the built-in harness. Two variables turn more on:
//!
//! - `HARDEN_REFERENCE_PYTHON`: a Python that can import the package `dockerfile`, BuildKit's own parser;
//! - `HARDEN_CORPUS`: a folder of Dockerfiles, every file of which is read by all parsers.

mod as_buildkit;
mod buildkit;
#[path = "../corpus/mod.rs"]
mod corpus;
mod differential;
mod dockerfile_parser;
mod generator;
mod limits;
mod parse_dockerfile;
mod probes;
mod properties;

fn main() {
    let arguments = libtest_mimic::Arguments::from_args();
    let mut trials = probes::trials();
    trials.extend(limits::trials());
    trials.extend(properties::trials());
    trials.extend(differential::trials());
    libtest_mimic::run(&arguments, trials).exit();
}
