//! The two streams: data on standard output, byte for byte; words for people on standard error.

use std::io::{self, Write};

use anstyle::{AnsiColor, Style};
use harden::report;

use super::Exit;
use super::failure::Failure;

const ERROR: Style = AnsiColor::Red.on_default().bold();
const HINT: Style = AnsiColor::Cyan.on_default().bold();

/// Where output goes. A reader that went away is no error: the rest is not written.
pub struct Console<'a> {
    data: Stream<'a>,
    words: Stream<'a>,
    data_in_colour: bool,
}

struct Stream<'a> {
    writer: Box<dyn Write + 'a>,
    broken: Option<io::Error>,
}

impl Console<'static> {
    /// The standard streams.
    pub fn standard() -> Self {
        let data_in_colour = anstream::AutoStream::choice(&io::stdout()) != anstream::ColorChoice::Never;
        Self { data_in_colour, ..Self::new(io::BufWriter::new(io::stdout()), anstream::stderr()) }
    }
}

impl<'a> Console<'a> {
    /// Writes data to `data`, without colours, and words to `words`.
    pub fn new(data: impl Write + 'a, words: impl Write + 'a) -> Self {
        Self { data: Stream::new(data), words: Stream::new(words), data_in_colour: false }
    }

    /// Whether data may have colours: it goes to a person.
    pub fn data_in_colour(&self) -> bool {
        self.data_in_colour
    }

    /// Prints data.
    pub fn data(&mut self, bytes: &[u8]) {
        self.data.write(bytes);
    }

    /// Prints words for people, after all data so far.
    pub fn words(&mut self, text: &str) {
        self.data.flush();
        self.words.write(text.as_bytes());
    }

    /// Prints an error and its hint.
    pub fn failure(&mut self, failure: &Failure) {
        let mut text = format!("{ERROR}error{ERROR:#}: {}\n", report::printable(&failure.message()));
        if let Some(hint) = failure.advice() {
            text += &format!("{HINT}hint{HINT:#}: {}\n", report::printable(hint));
        }
        self.words(&text);
    }

    /// Writes out what is left; the exit code is worse than `exit` if the data could not be written.
    pub fn finish(mut self, exit: Exit) -> Exit {
        self.data.flush();
        match self.data.broken.take() {
            Some(error) if error.kind() != io::ErrorKind::BrokenPipe => {
                self.failure(&Failure::from(anyhow::Error::new(error).context("cannot write to standard output")));
                Exit::Errors
            }
            _ => exit,
        }
    }
}

impl<'a> Stream<'a> {
    fn new(writer: impl Write + 'a) -> Self {
        Self { writer: Box::new(writer), broken: None }
    }

    fn write(&mut self, bytes: &[u8]) {
        if self.broken.is_none() {
            self.broken = self.writer.write_all(bytes).err();
        }
    }

    fn flush(&mut self) {
        if self.broken.is_none() {
            self.broken = self.writer.flush().err();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Refusing(io::ErrorKind);

    impl Write for Refusing {
        fn write(&mut self, _: &[u8]) -> io::Result<usize> {
            Err(self.0.into())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    fn exit_after_writing_to(kind: io::ErrorKind) -> (Exit, String) {
        let mut words = Vec::new();
        let mut console = Console::new(Refusing(kind), &mut words);
        console.data(b"FROM a\n");
        let exit = console.finish(Exit::Fine);
        (exit, String::from_utf8(words).unwrap())
    }

    #[test]
    fn a_closed_pipe_is_no_error() {
        assert_eq!(exit_after_writing_to(io::ErrorKind::BrokenPipe), (Exit::Fine, String::new()));
    }

    #[test]
    fn a_full_disk_is_an_error() {
        let (exit, words) = exit_after_writing_to(io::ErrorKind::StorageFull);
        assert_eq!(exit, Exit::Errors);
        assert!(words.contains("cannot write to standard output"), "{words}");
    }
}
