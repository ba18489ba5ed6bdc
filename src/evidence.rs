//! `harden.evidence.toml`: what the images of Dockerfiles were seen to do.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::toml_text;

const HEAD: &str = "\
# What the images of the Dockerfiles here were seen to do. `harden observe` writes this file, and `harden` takes it for
# stronger than a guess: commit it, and observe again once the program changes.
#
# ports: what it listens on. writes: the directories in which it makes, changes or removes something.
# programs: what is executed. libraries: the packages whose shared libraries it loads, beyond those of the image below.
# root: whether it has to be root, and root_for what. processes: what ran at the end, and as which user.
";

/// What was seen, by the name of the Dockerfile in the folder of the file.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(transparent)]
pub struct Evidence {
    images: BTreeMap<String, Observed>,
}

/// What one image was seen to do.
///
/// A list that is empty says that nothing of its kind was seen; one that is absent, that nobody could look.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Observed {
    /// The stage that was built; none is the last one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub target: Option<String>,
    /// What ran in place of the image's command; none is that itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub command: Option<String>,
    /// For how many seconds it was looked at.
    pub seconds: u64,
    /// The TCP ports that it listened on, where others reach them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ports: Option<BTreeSet<u16>>,
    /// The directories that it made, and those in which it made, changed or removed something, in the image or in a volume.
    /// What does not last does not count: `/tmp`, `/run`, caches, compiled code.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub writes: Option<BTreeSet<String>>,
    /// The programs that ran, by path. One that lives for less than a moment may be missed: for 20 ms on the engine's own
    /// machine, for some seconds elsewhere.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub programs: Option<BTreeSet<String>>,
    /// The system's packages whose shared libraries were loaded, or are linked with a native module of Python or Node, and
    /// that neither the image below (or its slim variant) nor a package that stays brings.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub libraries: Option<BTreeSet<String>>,
    /// Whether it needs root: run as another user who owns what it writes, it did not start, answer or keep silent as before.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub root: Option<bool>,
    /// For what it needs root, in words.
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    pub root_for: BTreeSet<String>,
    /// The processes that ran at the end, and whom they ran as.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub processes: Vec<Process>,
}

/// A process that ran in the container.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Process {
    /// The user that it ran as, by number.
    pub user: u32,
    /// Its command line.
    pub command: String,
}

impl Evidence {
    /// Reads the text of a `harden.evidence.toml`.
    ///
    /// # Errors
    /// A sentence with the line.
    pub fn parse(text: &str) -> Result<Self, String> {
        toml_text::read(text).map_err(|problem| problem.to_string())
    }

    /// The text of the file, sorted by Dockerfile.
    ///
    /// # Errors
    /// If something can't be written as TOML.
    pub fn print(&self) -> Result<String, toml::ser::Error> {
        Ok(format!("{HEAD}\n{}", toml::to_string_pretty(&self.images)?))
    }

    /// What the image of `dockerfile`, built up to `target`, was seen to do.
    #[must_use]
    pub fn of(&self, dockerfile: &str, target: Option<&str>) -> Option<&Observed> {
        self.images.get(dockerfile).filter(|observed| observed.target.as_deref() == target)
    }

    /// Sets what the image of `dockerfile` was seen to do.
    pub fn set(&mut self, dockerfile: &str, observed: Observed) {
        self.images.insert(dockerfile.to_owned(), observed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_printed_reads_back() {
        let observed = Observed {
            seconds: 30,
            ports: Some(BTreeSet::from([8000])),
            writes: Some(BTreeSet::from(["/app/data".to_owned()])),
            root: Some(false),
            processes: vec![Process { user: 0, command: "python \"a\\b\".py".to_owned() }],
            ..Observed::default()
        };
        let mut evidence = Evidence::default();
        evidence.set("Dockerfile.dev", observed.clone());
        let text = evidence.print().unwrap();
        assert_eq!(Evidence::parse(&text).unwrap().of("Dockerfile.dev", None), Some(&observed), "{text}");
    }

    #[test]
    fn what_was_seen_of_one_stage_says_nothing_of_another() {
        let mut evidence = Evidence::default();
        evidence.set("Dockerfile", Observed { target: Some("web".to_owned()), ..Observed::default() });
        assert!(evidence.of("Dockerfile", Some("web")).is_some());
        assert!(evidence.of("Dockerfile", None).is_none() && evidence.of("Dockerfile.web", Some("web")).is_none());
    }

    #[test]
    fn an_error_names_the_line() {
        for (text, error) in [
            ("[Dockerfile]\nport = [80]\n", "line 2: unknown field `port`"),
            ("[Dockerfile]\n\nports = [\"80\"]\n", "line 3: "),
            ("[Dockerfile\n", "line 1: "),
        ] {
            let found = Evidence::parse(text).unwrap_err();
            assert!(found.starts_with(error), "{text}: {found}");
        }
    }
}
