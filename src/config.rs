//! `harden.toml`: the user's choices.

use serde::Deserialize;

use crate::toml_text;

/// Who owns the program's files.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Ownership {
    /// The user that the container runs as: nothing that wrote as root stops writing.
    #[default]
    User,
    /// Root: the program can't alter its own code; only the directories that it writes are the user's.
    Root,
}

/// The choices, with their defaults.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// Numeric user id of the container's user.
    pub uid: u32,
    /// Numeric group id of the container's user.
    pub gid: u32,
    /// Name given to the user where one has to be created.
    pub user_name: String,
    /// Who owns the program's files.
    pub ownership: Ownership,
    /// The stage that is built and hardened, as in `docker build --target`; the last one if there is none.
    pub target: Option<String>,
    /// Run these transforms alone; empty means all.
    pub only: Vec<String>,
    /// Run these transforms too, which are left out unless they are asked for.
    pub with: Vec<String>,
    /// Leave these transforms out.
    pub skip: Vec<String>,
    /// A folder, relative to the configuration file, whose TOML files overlay the built-in knowledge.
    pub templates: Option<String>,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            uid: 1000,
            gid: 1000,
            user_name: "app".to_owned(),
            ownership: Ownership::User,
            target: None,
            only: Vec::new(),
            with: Vec::new(),
            skip: Vec::new(),
            templates: None,
        }
    }
}

/// Ids above this make `useradd` write huge sparse files and are not valid everywhere.
const MAX_ID: u32 = 65_533;

impl Config {
    /// Reads the text of a `harden.toml`.
    ///
    /// # Errors
    /// A sentence with the line, and the nearest key where one is misspelt.
    pub fn parse(text: &str) -> Result<Self, String> {
        let config: Self = toml_text::read(text).map_err(|problem| problem.to_string())?;
        for id in [config.uid, config.gid] {
            if id == 0 || id > MAX_ID {
                return Err(format!("{id} is not an id for an unprivileged user: choose one from 1 to {MAX_ID}"));
            }
        }
        if config.user_name.is_empty() || !config.user_name.chars().all(|ch| ch.is_ascii_lowercase() || ch == '_') {
            return Err(format!("user_name {:?} must be of lower-case letters and underscores", config.user_name));
        }
        Ok(config)
    }

    /// Why the transform `name` is switched off, if it is; `on_request` if it is left out unless asked for.
    #[must_use]
    pub fn off(&self, name: &str, on_request: bool) -> Option<String> {
        let names = |list: &[String]| list.iter().any(|named| named == name);
        match () {
            () if names(&self.skip) => Some("skipped by your choice".to_owned()),
            () if names(&self.only) => None,
            () if !self.only.is_empty() => Some("not among --only".to_owned()),
            () if on_request && !names(&self.with) => Some(format!("runs on request: --with {name}")),
            () => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unknown_key_names_the_nearest_one() {
        let error = Config::parse("uid = 5\nowner_ship = \"root\"\n").unwrap_err();
        assert!(error.starts_with("line 2: ") && error.ends_with("did you mean `ownership`?"), "{error}");
    }

    #[test]
    fn root_is_no_unprivileged_user() {
        assert!(Config::parse("uid = 0").unwrap_err().contains("unprivileged"));
    }
}
