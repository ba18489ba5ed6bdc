//! What a service finds in its file system beside its image's files, as the values of `--volume`.

use std::path::Path;

use serde::Deserialize;

/// Where a secret or a config is kept.
#[derive(Deserialize)]
pub(super) struct Kept {
    pub(super) file: Option<String>,
}

/// A secret or a config that a service is given.
#[derive(Deserialize)]
pub(super) struct Grant {
    pub(super) source: String,
    pub(super) target: Option<String>,
}

/// A volume, or a folder or a file of this machine.
#[derive(Deserialize)]
pub(super) struct Mount {
    #[serde(rename = "type")]
    kind: String,
    source: Option<String>,
    target: String,
    #[serde(default)]
    read_only: bool,
}

impl Grant {
    /// Where the program finds it: below `folder`, unless it says otherwise.
    pub(super) fn path(&self, folder: &str) -> String {
        let target = self.target.as_ref().unwrap_or(&self.source);
        if target.starts_with('/') { target.clone() } else { format!("{folder}{target}") }
    }
}

impl Mount {
    /// The value of `--volume`. Nothing that a person keeps is written: what could be is a volume of our own, which begins
    /// with the image's files.
    pub(super) fn volume(&self, notes: &mut Vec<String>) -> Option<String> {
        let Self { target, .. } = self;
        if self.kind == "volume" {
            let source = self.source.as_ref().map(|source| format!("{source}:")).unwrap_or_default();
            return Some(format!("{source}{target}"));
        }
        let source = self.source.as_deref().filter(|_| self.kind == "bind")?;
        let path = Path::new(source);
        if path.is_file() || (self.read_only && path.is_dir()) {
            return Some(format!("{source}:{target}:ro"));
        }
        if path.exists() && !path.is_dir() {
            notes.push(format!("{source} is no file, and was left out"));
            return None;
        }
        notes.push(format!("{target} is a fresh volume in place of {source}"));
        let name = source.replace(|ch: char| !ch.is_ascii_alphanumeric(), "-");
        Some(format!("{}:{target}", name.trim_matches('-')))
    }
}
