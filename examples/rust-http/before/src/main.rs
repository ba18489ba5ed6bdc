//! A proverb for each day of the month, over HTTP.

mod book;
mod server;

use std::env;
use std::io;
use std::net::TcpListener;
use std::sync::Arc;
use std::thread;

use book::Book;

fn main() -> io::Result<()> {
    let book = Arc::new(Book::open("pages")?);
    let address = env::var("BIND").unwrap_or_else(|_| "0.0.0.0:8000".to_owned());
    let listener = TcpListener::bind(&address)?;
    println!("listening on {address}");

    for stream in listener.incoming() {
        let book = Arc::clone(&book);
        thread::spawn(move || {
            if let Err(error) = stream.and_then(|stream| server::answer(stream, &book)) {
                eprintln!("{error}");
            }
        });
    }
    Ok(())
}
