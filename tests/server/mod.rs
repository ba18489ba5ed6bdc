//! A server that says what a test tells it to.

use std::io::{Read, Write};
use std::net::TcpListener;
use std::thread::{self, JoinHandle};

/// A server on a port of its own.
pub struct Server {
    listener: TcpListener,
    pub port: u16,
}

impl Server {
    pub fn new() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        Self { listener, port }
    }

    /// Answers one connection after the other; the requests come out in the end.
    pub fn answer(self, answers: Vec<String>) -> JoinHandle<Vec<String>> {
        thread::spawn(move || {
            let one = |answer: String| {
                let (mut stream, _) = self.listener.accept().unwrap();
                let mut request = Vec::new();
                while !request.ends_with(b"\r\n\r\n") {
                    let mut byte = [0];
                    stream.read_exact(&mut byte).unwrap();
                    request.extend(byte);
                }
                stream.write_all(answer.as_bytes()).unwrap();
                String::from_utf8(request).unwrap().to_lowercase()
            };
            answers.into_iter().map(one).collect()
        })
    }
}

pub fn response(status: &str, headers: &[&str], body: &str) -> String {
    let headers: String = headers.iter().map(|header| format!("{header}\r\n")).collect();
    let length = body.len();
    format!("HTTP/1.1 {status}\r\nConnection: close\r\nContent-Length: {length}\r\n{headers}\r\n{body}")
}
