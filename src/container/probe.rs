//! Asks a published port.

use std::io::{ErrorKind, Read};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use ureq::Agent;

/// Bodies are compared, not kept: longer ones are compared by their beginning.
const MAX_BODY: u64 = 4 << 20;

/// How long a connection has to stay open to be one with the program, not with the engine's proxy alone.
const OPEN: Duration = Duration::from_millis(300);

/// What a program answered by HTTP.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// The status.
    pub status: u16,
    /// The kind of the body, without its parameters.
    pub content_type: String,
    /// The body.
    pub body: Vec<u8>,
}

/// The answer to `GET path`; no redirect is followed.
#[must_use]
pub fn get(address: SocketAddr, path: &str, patience: Duration) -> Option<Answer> {
    let agent: Agent = Agent::config_builder()
        .timeout_global(Some(patience))
        .http_status_as_error(false)
        .max_redirects(0)
        .max_redirects_will_error(false)
        .proxy(None)
        .build()
        .new_agent();
    let mut response = agent.get(format!("http://{address}/{}", path.trim_start_matches('/'))).call().ok()?;
    let content_type = response.headers().get("content-type").and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    let content_type = content_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    let body = response.body_mut().with_config().limit(MAX_BODY).read_to_vec().ok()?;
    Some(Answer { status: response.status().as_u16(), content_type, body })
}

/// Whether a program listens. The engine's own proxy takes every connection, and closes it if nobody is behind.
#[must_use]
pub fn listens(address: SocketAddr) -> bool {
    let Ok(mut stream) = TcpStream::connect_timeout(&address, OPEN) else { return false };
    if stream.set_read_timeout(Some(OPEN)).is_err() {
        return false;
    }
    match stream.read(&mut [0]) {
        Ok(read) => read > 0,
        Err(error) => matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut),
    }
}
