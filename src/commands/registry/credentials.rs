//! What `docker login` left in `config.json`.

use std::collections::BTreeMap;
use std::env;
use std::fs;
use std::io::ErrorKind;
use std::path::PathBuf;

use anyhow::Context as _;
use serde::Deserialize;

use super::address::host_of;
use crate::commands::failure::Failure;

/// Credentials by registry.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Credentials {
    auths: BTreeMap<String, Login>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Login {
    auth: String,
}

impl Credentials {
    /// Those of the user; none where there is no file.
    pub fn of_user() -> Result<Self, Failure> {
        let Some(path) = path() else { return Ok(Self::default()) };
        let read = || format!("cannot read {}", path.display());
        match fs::read_to_string(&path) {
            Ok(text) => Ok(serde_json::from_str(&text).with_context(read)?),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(Self::default()),
            Err(error) => Err(anyhow::Error::new(error).context(read()).into()),
        }
    }

    /// User and password for `host`, in the form that HTTP sends them in.
    pub fn of(&self, host: &str) -> Option<&str> {
        let (_, login) = self.auths.iter().find(|(name, _)| host_of(name) == host)?;
        Some(login.auth.as_str()).filter(|auth| !auth.is_empty())
    }
}

fn path() -> Option<PathBuf> {
    let folder = env::var_os("DOCKER_CONFIG").map(PathBuf::from);
    let folder = folder.or_else(|| env::home_dir().map(|home| home.join(".docker")))?;
    Some(folder.join("config.json"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_login_is_found_by_its_host_however_docker_wrote_it() {
        let text = r#"{"auths": {"https://index.docker.io/v1/": {"auth": "dTpw"}, "ghcr.io": {"auth": "eDp5"}, "quay.io": {}}}"#;
        let credentials: Credentials = serde_json::from_str(text).unwrap();
        assert_eq!(credentials.of("index.docker.io"), Some("dTpw"));
        assert_eq!(credentials.of("ghcr.io"), Some("eDp5"));
        // A credential helper keeps what stands nowhere else.
        assert_eq!((credentials.of("quay.io"), credentials.of("example.com")), (None, None));
    }

    #[test]
    fn a_configuration_of_other_things_holds_no_login() {
        let credentials: Credentials = serde_json::from_str(r#"{"credsStore": "pass"}"#).unwrap();
        assert_eq!(credentials.of("ghcr.io"), None);
    }
}
