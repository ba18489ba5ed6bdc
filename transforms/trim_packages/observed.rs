//! What observation adds: the libraries that the container was seen to load.

use super::Fortune;
use crate::engine::View;

/// The packages whose libraries the container was seen to load, and that no line names.
pub(super) struct Unnamed(Vec<String>);

impl Unnamed {
    pub(super) fn of(view: &View) -> Self {
        let named = view.facts.installed(&view.facts.steps().all, |_, _| true);
        Self(
            view.facts.loaded_packages().filter(|name| !named.iter().any(|it| it == name)).map(str::to_owned).collect(),
        )
    }

    /// Puts them in the place of the first package that goes, where none brings them already: they came with a build
    /// package alone.
    pub(super) fn take_place(&mut self, fortunes: &mut [Fortune]) {
        let brings = |fortune: &Fortune, name: &String| matches!(fortune, Fortune::Becomes(libraries) if libraries.contains(name));
        self.0.retain(|name| !fortunes.iter().any(|fortune| brings(fortune, name)));
        let first = fortunes.iter_mut().find(|fortune| matches!(fortune, Fortune::Goes));
        if let Some(first) = first.filter(|_| !self.0.is_empty()) {
            *first = Fortune::Becomes(std::mem::take(&mut self.0));
        }
    }
}

/// The packages of the name of the `-dev` package `headers` whose libraries the container was seen to load.
pub(super) fn libraries(view: &View, headers: &str) -> Option<Vec<String>> {
    let stem = headers.strip_suffix("-dev").unwrap_or(headers);
    let is_of_it = |package: &&str| {
        package.strip_prefix(stem).is_some_and(|rest| !rest.starts_with(|ch: char| ch.is_ascii_alphabetic()))
    };
    let seen: Vec<String> = view.facts.loaded_packages().filter(is_of_it).map(str::to_owned).collect();
    (!seen.is_empty()).then_some(seen)
}
