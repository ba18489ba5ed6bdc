//! `[[runtime]]` of `ecosystems/*.toml`: the images that run what others build.

use serde::Deserialize;

use super::glob;

/// What runs the products of images whose tag looks like this.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct Runtime {
    image: String,
    tag: String,
    runs: String,
    #[serde(default)]
    versions: Vec<String>,
    #[serde(default)]
    variants: Vec<String>,
}

impl Runtime {
    /// The image that runs what `image:tag` builds.
    pub(super) fn of(&self, image: &str, tag: &str) -> Option<String> {
        if image != self.image {
            return None;
        }
        let mut words = tag.split('-');
        let mut version = "";
        for pattern in self.tag.split('-') {
            let word = words.next()?;
            match pattern.strip_suffix("{version}") {
                Some(start) => {
                    version =
                        word.strip_prefix(start).filter(|rest| starts_with_digit(rest) || rest.starts_with("${"))?
                }
                None if glob::matches(pattern, word) => {}
                None => return None,
            }
        }
        let is_known = self.versions.is_empty() || self.versions.iter().any(|known| is_of(version, known));
        let variants: Vec<&str> = words.collect();
        let is_variant = |word: &&str| self.variants.iter().any(|pattern| glob::matches(pattern, word));
        if !is_known || !variants.iter().all(is_variant) {
            return None;
        }
        let release = version.splitn(3, '.').take(2).collect::<Vec<_>>().join(".");
        let runs = self.runs.replace("{version}", version).replace("{release}", &release);
        Some([&[runs.as_str()], variants.as_slice()].concat().join("-"))
    }
}

fn starts_with_digit(text: &str) -> bool {
    text.starts_with(|first: char| first.is_ascii_digit())
}

/// Whether `version` is of the release `known`: `8u342` and `8` of `8`, `11.0.16` of `11`.
fn is_of(version: &str, known: &str) -> bool {
    version.strip_prefix(known).is_some_and(|rest| !starts_with_digit(rest))
}
