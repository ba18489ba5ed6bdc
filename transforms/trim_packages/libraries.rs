//! The run-time libraries of `-dev` packages.

use super::observed;
use crate::engine::View;
use crate::templates::{Class, Family};

/// A package whose run-time library nobody knows, and which would have to stay for it.
pub(in super::super) fn has_unknown_library(view: &View, family: Family, name: &str) -> bool {
    let package = view.facts.input.templates.packages.package(family, name);
    package.is_some_and(|package| is_headers(package.class)) && at_run_time(view, family, name).is_none()
}

/// Whether packages of this class stand for libraries, which the program may need when it runs.
pub(super) fn is_headers(class: Class) -> bool {
    matches!(class, Class::Headers | Class::LanguageHeaders)
}

/// The libraries of a `-dev` package as they are known; else those of its name that the container was seen to load.
pub(super) fn at_run_time(view: &View, family: Family, name: &str) -> Option<Vec<String>> {
    known(view, family, name).or_else(|| observed::libraries(view, name))
}

/// The libraries of a `-dev` package on the stage's suite; where that is unknown, what all suites agree on.
fn known(view: &View, family: Family, name: &str) -> Option<Vec<String>> {
    const DEBIAN: [&str; 3] = ["bullseye", "bookworm", "trixie"];
    let templates = view.facts.input.templates;
    if family == Family::Alpine {
        return templates.runtime_packages("alpine", name);
    }
    if let Some(suite) = view.facts.base().and_then(|base| base.suite.as_deref()) {
        return templates.runtime_packages(suite, name);
    }
    let mut answers = DEBIAN.iter().map(|suite| templates.runtime_packages(suite, name));
    let first = answers.next().flatten().filter(|_| family == Family::Debian)?;
    answers.all(|answer| answer.as_ref() == Some(&first)).then_some(first)
}
