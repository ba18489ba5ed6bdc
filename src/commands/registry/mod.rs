//! Asks registries for digests, by the OCI distribution API.

mod address;
mod challenge;
mod credentials;
mod problem;
#[cfg(test)]
mod tests;

use std::time::Duration;

use harden::lock::{Digest, Tagged};
use rustls::crypto::ring;
use serde::Deserialize;
use ureq::http::Response;
use ureq::http::header::{ACCEPT, AUTHORIZATION, WWW_AUTHENTICATE};
use ureq::tls::{Certificate, RootCerts, TlsConfig};
use ureq::typestate::WithoutBody;
use ureq::{Agent, Body, RequestBuilder};

use self::address::{Address, host_of, is_local};
use self::challenge::Challenge;
use self::problem::Problem;
use super::failure::Failure;

pub use self::credentials::Credentials;

/// Indexes first: their digest is the same for every platform.
const MANIFESTS: &str = "application/vnd.oci.image.index.v1+json, \
    application/vnd.docker.distribution.manifest.list.v2+json, \
    application/vnd.oci.image.manifest.v1+json, \
    application/vnd.docker.distribution.manifest.v2+json";

const DIGEST: &str = "Docker-Content-Digest";

/// Tokens are of a few kilobytes.
const MAX_BYTES: u64 = 1 << 20;

/// A client of every registry.
pub struct Registries {
    agent: Agent,
    credentials: Credentials,
    patience: Duration,
}

impl Registries {
    /// A client that waits for no answer longer than `patience`, and trusts whom the machine trusts.
    pub fn new(credentials: Credentials, patience: Duration) -> Self {
        // A provider that is installed already is as good.
        let _ = ring::default_provider().install_default();
        let trusted = rustls_native_certs::load_native_certs().certs;
        let trusted = trusted.iter().map(|certificate| Certificate::from_der(certificate).to_owned());
        let agent = Agent::config_builder()
            .timeout_global(Some(patience))
            .http_status_as_error(false)
            .user_agent(concat!("harden/", env!("CARGO_PKG_VERSION")))
            .tls_config(TlsConfig::builder().root_certs(RootCerts::from(trusted)).build())
            .build()
            .new_agent();
        Self { agent, credentials, patience }
    }

    /// The digest that `image` has today.
    pub fn digest(&self, image: &Tagged) -> Result<Digest, Failure> {
        let address = Address::of(image);
        self.ask(&address).map_err(|problem| problem.failure(image, &address))
    }

    fn ask(&self, address: &Address) -> Result<Digest, Problem> {
        let mut answer = self.head(address, None)?;
        if answer.status() == 401 {
            let authorization = self.authorization(address, &answer)?;
            answer = self.head(address, Some(&authorization))?;
        }
        refuse_status(&answer)?;
        digest(&answer)
    }

    /// A HEAD, which no registry counts against its limit of downloads.
    fn head(&self, address: &Address, authorization: Option<&str>) -> Result<Response<Body>, Problem> {
        let url = address.manifest();
        self.send(&url, self.agent.head(&url).header(ACCEPT, MANIFESTS), authorization)
    }

    fn send(
        &self,
        url: &str,
        request: RequestBuilder<WithoutBody>,
        authorization: Option<&str>,
    ) -> Result<Response<Body>, Problem> {
        // Neither a redirect nor a token service leads out of TLS.
        let request = match is_local(host_of(url)) {
            true => request.config().proxy(None).build(),
            false => request.config().https_only(true).build(),
        };
        let request = match authorization {
            Some(authorization) => request.header(AUTHORIZATION, authorization),
            None => request,
        };
        request.call().map_err(|error| Problem::of_request(&error, self.patience))
    }

    /// The header that answers the challenge of `refusal`.
    fn authorization(&self, address: &Address, refusal: &Response<Body>) -> Result<String, Problem> {
        let headers = refusal.headers().get_all(WWW_AUTHENTICATE).iter();
        let challenge = headers.filter_map(|header| header.to_str().ok()).find_map(Challenge::parse);
        let login = self.credentials.of(&address.login).map(|login| format!("Basic {login}"));
        match challenge.ok_or(Problem::Denied)? {
            Challenge::Basic => login.ok_or(Problem::Denied),
            Challenge::Bearer { realm, query } => {
                Ok(format!("Bearer {}", self.token(&realm, query, login.as_deref())?))
            }
        }
    }

    fn token(&self, realm: &str, query: Vec<(String, String)>, login: Option<&str>) -> Result<String, Problem> {
        let mut answer = self.send(realm, self.agent.get(realm).query_pairs(query), login)?;
        refuse_status(&answer)?;
        let body = answer.body_mut().with_config().limit(MAX_BYTES).read_to_vec();
        let body = body.map_err(|error| Problem::of_request(&error, self.patience))?;
        let token: Token = serde_json::from_slice(&body).map_err(|_| no_token())?;
        token.token.or(token.access_token).ok_or_else(no_token)
    }
}

/// The two names that token services have for the same.
#[derive(Deserialize)]
struct Token {
    token: Option<String>,
    access_token: Option<String>,
}

fn no_token() -> Problem {
    Problem::Nonsense("its token service sends no token".to_owned())
}

fn refuse_status(answer: &Response<Body>) -> Result<(), Problem> {
    match answer.status().as_u16() {
        200 => Ok(()),
        401 | 403 => Err(Problem::Denied),
        404 => Err(Problem::Unknown),
        status => Err(Problem::Status(status)),
    }
}

fn digest(answer: &Response<Body>) -> Result<Digest, Problem> {
    let nonsense = |what: String| Problem::Nonsense(what);
    let header = answer.headers().get(DIGEST).ok_or_else(|| nonsense(format!("it sends no {DIGEST}")))?;
    let text = header.to_str().unwrap_or_default();
    Digest::parse(text).ok_or_else(|| nonsense(format!("its {DIGEST} is {text:?}")))
}
