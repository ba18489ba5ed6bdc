//! `recommends.toml`: what installing without Recommends leaves out.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::glob;
use super::table::Table;

/// All packages whose Recommends are known.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Recommends {
    #[serde(default)]
    package: BTreeMap<String, Vec<String>>,
}

impl Recommends {
    /// The Recommends of `package` that have to be named when it is installed without them; `None` is unknown.
    pub fn to_keep(&self, package: &str) -> Option<&[String]> {
        glob::most_exact(&self.package, package).map(Vec::as_slice)
    }
}

impl Table for Recommends {
    const FILE: &'static str = "recommends.toml";
    const TEXT: &'static str = include_str!("../../templates/recommends.toml");

    fn merge(&mut self, later: Self) {
        self.package.extend(later.package);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_compiler_keeps_the_headers_that_it_only_recommends() {
        assert_eq!(Recommends::builtin().to_keep("gcc-12"), Some(&["libc6-dev".to_owned()][..]));
        assert_eq!(Recommends::builtin().to_keep("libpq-dev"), Some(&[][..]));
        assert_eq!(Recommends::builtin().to_keep("libreoffice"), None);
    }
}
