use std::io::{self, BufRead, BufReader, Write};
use std::net::TcpStream;

use crate::book::Book;

/// Reads one request and answers it: `/health`, or `/` and the number of a day.
pub fn answer(mut stream: TcpStream, book: &Book) -> io::Result<()> {
    let path = read_path(&stream)?;
    match path.as_str() {
        "/health" => respond(&mut stream, "200 OK", "text/plain", "ok\n"),
        "/" => respond(&mut stream, "200 OK", "text/plain", "Ask for a day: /1 to /31\n"),
        _ => match path.trim_start_matches('/').parse().ok().and_then(|day| book.page(day)) {
            Some(page) => respond(&mut stream, "200 OK", "text/html; charset=utf-8", &page),
            None => respond(&mut stream, "404 Not Found", "text/plain", "No such day\n"),
        },
    }
}

fn read_path(stream: &TcpStream) -> io::Result<String> {
    let mut lines = BufReader::new(stream).lines();
    let request = lines.next().transpose()?.unwrap_or_default();
    for header in lines {
        if header?.is_empty() {
            break;
        }
    }
    Ok(request.split(' ').nth(1).unwrap_or("/").to_owned())
}

fn respond(stream: &mut TcpStream, status: &str, kind: &str, body: &str) -> io::Result<()> {
    let length = body.len();
    write!(
        stream,
        "HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{body}"
    )
}
