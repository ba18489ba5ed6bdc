//! Whether the image's Python is the one that the project asks for.

use super::Facts;
use super::steps::Step;

/// Variables by which uv takes no Python but one that is there.
const KEPT: [(&str, &[&str]); 2] =
    [("UV_PYTHON_DOWNLOADS", &["0", "never", "manual"]), ("UV_PYTHON_PREFERENCE", &["only-system"])];

impl Facts<'_> {
    /// Why `tool`, which fetches Pythons, could fetch one in `step`, where it could.
    #[must_use]
    pub fn fetched_python(&self, step: &Step, tool: &str) -> Option<String> {
        if tool == "uv" && takes_what_is_there(step) {
            return None;
        }
        let Some(manifest) = self.input.context.text("pyproject.toml") else {
            let setting = if tool == "uv" { ", or set UV_PYTHON_DOWNLOADS=never" } else { "" };
            return Some(format!(
                "pyproject.toml is not at hand, and {tool} fetches the Python that it asks for into the home directory \
                 where the image has another one; give its folder with --context{setting}"
            ));
        };
        let base = self.base()?;
        let words = || base.tag.as_deref().unwrap_or_default().split('-');
        let python = words().find_map(|word| word.strip_prefix("python")).or_else(|| words().next());
        let version = python.and_then(Version::parse);
        let asked = asked_by(manifest).map(|range| ("pyproject.toml", range));
        let pinned = self.input.context.text(".python-version").and_then(|text| text.lines().next());
        let pinned = pinned.map(|pin| (".python-version", format!("=={}.*", pin.trim())));
        let is_another = |(_, range): &(&str, String)| !version.is_some_and(|version| version.is_in(range));
        let (file, range) = asked.into_iter().chain(pinned).find(is_another)?;
        let range = range.trim_start_matches("==").trim_end_matches(".*");
        Some(format!(
            "{file} asks for Python {range}, which {} may not have, and {tool} would fetch one into the home directory, \
             where no copy finds it; name an image that certainly has it",
            base.reference
        ))
    }
}

/// Whether uv is told to take no Python but one that is there.
fn takes_what_is_there(step: &Step) -> bool {
    let is_set = |(name, values): &(&str, &[&str])| step.scope.env(name).is_some_and(|value| values.contains(&value));
    let text = step.instruction.logical.text();
    KEPT.iter().any(is_set) || text.contains("only-system") || text.contains("--no-python-downloads")
}

/// What a project says of the Python that it needs.
fn asked_by(manifest: &str) -> Option<String> {
    let manifest: toml::Table = manifest.parse().ok()?;
    manifest.get("project")?.get("requires-python")?.as_str().map(str::to_owned)
}

/// The version that a tag names; the parts that it leaves open are the newest there are.
#[derive(Debug, Clone, Copy)]
struct Version<'v> {
    written: &'v str,
}

impl<'v> Version<'v> {
    fn parse(tag: &'v str) -> Option<Self> {
        numbers(tag).filter(|numbers| numbers.len() > 1).map(|_| Self { written: tag })
    }

    /// Whether it certainly lies in a range such as `>=3.11,<4`.
    fn is_in(self, range: &str) -> bool {
        range.split(',').all(|part| self.fits(part.trim()).unwrap_or(false))
    }

    fn fits(self, part: &str) -> Option<bool> {
        let at = part.find(|ch: char| ch.is_ascii_digit())?;
        let (operator, bound) = part.split_at(at);
        let own = numbers(self.written)?;
        let (exact, any) = match bound.strip_suffix(".*") {
            Some(start) => (numbers(start)?, true),
            None => (numbers(bound)?, false),
        };
        let newest = [own.clone(), vec![u32::MAX; 3]].concat();
        let starts_alike = own.starts_with(&exact);
        Some(match operator.trim() {
            ">=" => newest >= exact,
            ">" => newest > exact && !starts_alike,
            "<" => own < exact && !exact.starts_with(&own),
            "<=" => own <= exact && !exact.starts_with(&own),
            "==" if any => starts_alike,
            "==" => own == exact,
            "!=" => !starts_alike && !exact.starts_with(&own),
            "~=" => newest >= exact && exact.split_last().is_some_and(|(_, series)| own.starts_with(series)),
            _ => return None,
        })
    }
}

/// The numbers of `3.12.1`; `None` for any other text.
fn numbers(text: &str) -> Option<Vec<u32>> {
    text.trim().split('.').map(|part| part.parse().ok()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tag_lies_in_the_ranges_that_every_patch_of_it_lies_in() {
        let fits = |tag: &str, range: &str| Version::parse(tag).is_some_and(|version| version.is_in(range));
        for (tag, range) in [
            ("3.12", ">=3.12"),
            ("3.12", ">=3.12.4"),
            ("3.12", ">=3.10, <4.0"),
            ("3.12", ">= 3.11,<3.13"),
            ("3.12", "~=3.11"),
            ("3.12", "==3.12.*"),
            ("3.12.7", "==3.12.7"),
            ("3.12.7", "~=3.12.0"),
            ("3.12", "!=3.11.*,>3.9"),
        ] {
            assert!(fits(tag, range), "{tag} {range}");
        }
        for (tag, range) in [
            ("3.12", ">=3.13"),
            ("3.12", "<3.12"),
            ("3.12", "<3.12.4"),
            ("3.12", "==3.12.7"),
            ("3.12", "~=3.12.0,<3.12.5"),
            ("3.12", "^3.12"),
            ("3", ">=3.8"),
            ("latest", ">=3.8"),
            ("slim", ""),
        ] {
            assert!(!fits(tag, range), "{tag} {range}");
        }
    }

    #[test]
    fn a_python_is_fetched_where_the_image_may_have_another_one() {
        let fetched = |dockerfile: &str, files: &[(&str, &str)]| {
            super::super::asking::ask(dockerfile, files, |facts| {
                facts.steps().all.last().and_then(|step| facts.fetched_python(step, "uv"))
            })
        };
        let fits = ("pyproject.toml", "[project]\nrequires-python = \">=3.12\"\n");
        let file = "FROM python:3.12-slim\nRUN uv sync\n";
        assert_eq!(fetched(file, &[fits]), None);
        assert_eq!(fetched(file, &[fits, (".python-version", "3.12\n")]), None);
        let odd =
            [(fits, "3.13\n"), (fits, "pypy\n"), (("pyproject.toml", "[project]\nrequires-python = \">=3.13\"\n"), "")];
        for (manifest, pin) in odd {
            assert!(fetched(file, &[manifest, (".python-version", pin)]).is_some());
        }
        assert!(fetched(file, &[]).is_some_and(|why| why.contains("--context")));
        assert_eq!(fetched("FROM python:3.12\nENV UV_PYTHON_DOWNLOADS=never\nRUN uv sync\n", &[]), None);
    }
}
