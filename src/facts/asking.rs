//! For the tests of the facts: a question about a Dockerfile and the files beside it.

use super::{Facts, Input};
use crate::config::Config;
use crate::context::Context;
use crate::dockerfile::Dockerfile;
use crate::evidence::Observed;
use crate::templates::Templates;

/// The same, of a container that was seen to do something.
pub(super) fn ask_with<T>(observed: &Observed, dockerfile: &str, question: impl FnOnce(&Facts) -> T) -> T {
    let (context, config) = (Context::empty(), Config::default());
    let input = Input::new(&context, Templates::builtin(), &config).with_evidence(Some(observed));
    let dockerfile = Dockerfile::parse(dockerfile);
    question(&Facts::new(&dockerfile, &input))
}

pub(super) fn ask<T>(dockerfile: &str, files: &[(&str, &str)], question: impl FnOnce(&Facts) -> T) -> T {
    let context = if files.is_empty() { Context::empty() } else { Context::from_files(files.iter().copied()) };
    let config = Config::default();
    let input = Input::new(&context, Templates::builtin(), &config);
    let dockerfile = Dockerfile::parse(dockerfile);
    question(&Facts::new(&dockerfile, &input))
}
