//! What can go wrong when a registry is asked, in words.

use std::time::Duration;

use harden::lock::Tagged;

use super::address::Address;
use crate::commands::failure::Failure;

/// Why there is no digest.
#[derive(Debug)]
pub enum Problem {
    /// Nobody answers.
    Unreachable(String),
    /// Nobody answers in time.
    Slow(Duration),
    /// The registry has no such image.
    Unknown,
    /// The registry wants other credentials, or some.
    Denied,
    /// The registry can't answer now.
    Status(u16),
    /// The answer is none that a registry gives.
    Nonsense(String),
}

impl Problem {
    /// A request that got no answer within `patience`, or none at all.
    pub fn of_request(error: &ureq::Error, patience: Duration) -> Self {
        match error {
            ureq::Error::Timeout(_) => Self::Slow(patience),
            ureq::Error::Io(_)
            | ureq::Error::HostNotFound
            | ureq::Error::ConnectionFailed
            | ureq::Error::ConnectProxyFailed(_)
            | ureq::Error::Rustls(_)
            | ureq::Error::Tls(_) => Self::Unreachable(error.to_string()),
            _ => Self::Nonsense(error.to_string()),
        }
    }

    /// The words for people.
    pub fn failure(&self, image: &Tagged, address: &Address) -> Failure {
        let Address { host, login, .. } = address;
        let (what, hint) = match self {
            Self::Unreachable(error) => (
                format!("{host} cannot be reached: {error}"),
                "is the network there, and the registry? HTTPS_PROXY, NO_PROXY and SSL_CERT_FILE are honoured"
                    .to_owned(),
            ),
            Self::Slow(patience) => (
                format!("{host} did not answer within {} s", patience.as_secs_f32()),
                "try again later; behind a proxy, set HTTPS_PROXY".to_owned(),
            ),
            Self::Unknown => (format!("{host} does not have it"), "is the name or the tag misspelt?".to_owned()),
            Self::Denied => (
                format!("{host} denies access to it"),
                format!(
                    "is the name right? If it is private, `docker login {login}` first; what a credential helper keeps is \
                     not read, only `auths` of Docker's config.json"
                ),
            ),
            Self::Status(429) => (
                format!("{host} has had too many requests"),
                format!("try again later; `docker login {login}` may raise the limit"),
            ),
            Self::Status(status) => (format!("{host} answers with status {status}"), "try again later".to_owned()),
            Self::Nonsense(what) => (
                format!("{host} does not answer as a registry does: {what}"),
                "is it a registry of the OCI distribution API, and does nothing stand between it and here?".to_owned(),
            ),
        };
        Failure::new(format!("cannot lock {image}: {what}")).hint(hint)
    }
}
