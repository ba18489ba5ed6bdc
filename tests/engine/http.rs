//! An HTTP/1.0 client of one request a connection: all that the examples need, so that no crate is built for it.

use std::fmt;
use std::io::{Error, ErrorKind, Read, Result, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

const TIMEOUT: Duration = Duration::from_secs(20);

#[derive(Clone, Copy)]
pub struct Request<'a> {
    pub method: &'a str,
    pub path: &'a str,
    pub body: &'a str,
}

#[derive(Debug, PartialEq, Eq)]
pub struct Response {
    pub status: u16,
    pub body: String,
}

pub const fn get(path: &str) -> Request<'_> {
    Request { method: "GET", path, body: "" }
}

pub const fn post<'a>(path: &'a str, body: &'a str) -> Request<'a> {
    Request { method: "POST", path, body }
}

impl Request<'_> {
    pub fn send(&self, server: SocketAddr) -> Result<Response> {
        let mut stream = TcpStream::connect_timeout(&server, TIMEOUT)?;
        stream.set_read_timeout(Some(TIMEOUT))?;
        stream.write_all(self.text(server).as_bytes())?;
        let mut text = String::new();
        stream.read_to_string(&mut text)?;
        Response::parse(&text).ok_or_else(|| Error::new(ErrorKind::InvalidData, format!("no HTTP response: {text:?}")))
    }

    fn text(&self, host: SocketAddr) -> String {
        let Self { method, path, body } = self;
        let length = body.len();
        // The examples that take something else than JSON don't ask for its type.
        format!(
            "{method} {path} HTTP/1.0\r\nHost: {host}\r\n\
             Content-Type: application/json\r\nContent-Length: {length}\r\n\r\n{body}"
        )
    }
}

impl Response {
    fn parse(text: &str) -> Option<Self> {
        let (head, body) = text.split_once("\r\n\r\n")?;
        let status = head.split(' ').nth(1)?.parse().ok()?;
        Some(Self { status, body: body.to_owned() })
    }
}

impl fmt::Display for Request<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} {}", self.method, self.path, self.body)
    }
}
