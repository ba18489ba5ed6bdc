//! Runs a program to its end, or stops it when the person asks to.

use std::io::{self, Read};
use std::process::{Child, Command, Stdio};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use super::{Error, Interrupt};

const LOOK_AGAIN: Duration = Duration::from_millis(15);

/// How long a program may take to end by itself once it is asked to.
const GRACE: Duration = Duration::from_secs(10);

/// What a program printed, and how it ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Output {
    /// Its exit code; none if a signal ended it.
    pub code: Option<i32>,
    /// What it printed as data.
    pub stdout: String,
    /// What it printed for people.
    pub stderr: String,
}

impl Output {
    /// Whether it ended well.
    #[must_use]
    pub fn is_success(&self) -> bool {
        self.code == Some(0)
    }
}

/// Runs the program `name` to its end, or until the person asks to stop; it may fail.
///
/// # Errors
/// If it could not be started, or was interrupted.
pub fn program(name: &str, args: &[&str], interrupt: &Interrupt) -> Result<Output, Error> {
    run(Command::new(name).args(args), Some(interrupt))
}

/// Runs `command` to its end; an interrupt ends it first, where one is given.
pub fn run(command: &mut Command, interrupt: Option<&Interrupt>) -> Result<Output, Error> {
    let mut child = spawn(command)?;
    let (stdout, stderr) = (drain(child.stdout.take()), drain(child.stderr.take()));
    let ended = wait(&mut child, interrupt);
    let (stdout, stderr) = (text(stdout)?, text(stderr)?);
    Ok(Output { code: ended?.code(), stdout, stderr })
}

/// Runs `command` and gives what it prints as data to `read` while it does.
pub fn stream<T>(
    command: &mut Command,
    read: impl FnOnce(&mut dyn Read) -> Result<T, Error>,
) -> Result<(T, Output), Error> {
    let mut child = spawn(command)?;
    let stderr = drain(child.stderr.take());
    let taken = match child.stdout.take() {
        Some(mut stdout) => read(&mut stdout).and_then(|taken| {
            // Who is not heard out fails.
            io::copy(&mut stdout, &mut io::sink())?;
            Ok(taken)
        }),
        None => Err(io::Error::from(io::ErrorKind::BrokenPipe).into()),
    };
    // A reader that stopped early leaves a writer that waits for ever.
    if taken.is_err() {
        signal(&mut child, Severity::Force)?;
    }
    let code = child.wait()?.code();
    let output = Output { code, stdout: String::new(), stderr: text(stderr)? };
    Ok((taken?, output))
}

/// A terminal sends its Ctrl-C to the whole group: a program in a group of its own is left to us to end.
fn spawn(command: &mut Command) -> Result<Child, Error> {
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    #[cfg(unix)]
    std::os::unix::process::CommandExt::process_group(command, 0);
    Ok(command.spawn()?)
}

fn wait(child: &mut Child, interrupt: Option<&Interrupt>) -> Result<std::process::ExitStatus, Error> {
    loop {
        if let Some(status) = child.try_wait()? {
            return Ok(status);
        }
        if interrupt.is_some_and(Interrupt::is_asked) {
            end(child)?;
            return Err(Error::Interrupted);
        }
        thread::sleep(LOOK_AGAIN);
    }
}

/// Asks politely first: a build that is asked to stop tells the engine so.
fn end(child: &mut Child) -> io::Result<()> {
    signal(child, Severity::Ask)?;
    let deadline = Instant::now() + GRACE;
    while Instant::now() < deadline {
        if child.try_wait()?.is_some() {
            return Ok(());
        }
        thread::sleep(LOOK_AGAIN);
    }
    signal(child, Severity::Force)?;
    child.wait().map(drop)
}

#[derive(Clone, Copy)]
enum Severity {
    Ask,
    Force,
}

/// Signals the program and all that it started: what lives on would keep our pipes open. SIGTERM, since a program that runs
/// in the background of a script is often made to ignore SIGINT.
#[cfg(unix)]
fn signal(child: &mut Child, severity: Severity) -> io::Result<()> {
    use rustix::process::{Pid, Signal, kill_process_group};

    let signal = match severity {
        Severity::Ask => Signal::TERM,
        Severity::Force => Signal::KILL,
    };
    // The first process of a group gives it its number. A group that has ended already need not be told.
    if let Some(group) = i32::try_from(child.id()).ok().and_then(Pid::from_raw) {
        let _ = kill_process_group(group, signal);
    }
    Ok(())
}

#[cfg(not(unix))]
fn signal(child: &mut Child, severity: Severity) -> io::Result<()> {
    match severity {
        Severity::Ask => Ok(()),
        Severity::Force => child.kill(),
    }
}

fn drain(pipe: Option<impl Read + Send + 'static>) -> JoinHandle<io::Result<Vec<u8>>> {
    thread::spawn(move || {
        let mut bytes = Vec::new();
        if let Some(mut pipe) = pipe {
            pipe.read_to_end(&mut bytes)?;
        }
        Ok(bytes)
    })
}

fn text(drained: JoinHandle<io::Result<Vec<u8>>>) -> Result<String, Error> {
    let bytes = drained.join().map_err(|_| io::Error::other("a thread that reads a pipe ended"))??;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    fn what_a_program_prints_and_its_exit_code_are_kept() {
        let output = run(Command::new("sh").args(["-c", "echo data; echo words >&2; exit 3"]), None).unwrap();
        assert_eq!(output, Output { code: Some(3), stdout: "data\n".to_owned(), stderr: "words\n".to_owned() });
    }

    #[test]
    fn an_interrupt_ends_the_program_and_its_children() {
        let interrupt = Interrupt::default();
        let asked = interrupt.clone();
        let asking = thread::spawn(move || asked.ask());
        let began = Instant::now();
        let ended = run(Command::new("sh").args(["-c", "sleep 60; true"]), Some(&interrupt));
        asking.join().unwrap();
        assert!(matches!(ended, Err(Error::Interrupted)));
        assert!(began.elapsed() < Duration::from_secs(30));
    }

    #[test]
    fn a_program_is_heard_out() {
        let first = |stdout: &mut dyn Read| {
            let mut byte = [0];
            stdout.read_exact(&mut byte)?;
            Ok(byte)
        };
        let (byte, output) = stream(Command::new("sh").args(["-c", "seq 1 100000"]), first).unwrap();
        assert_eq!((byte, output.code), (*b"1", Some(0)));
    }

    #[test]
    fn a_reader_that_gives_up_does_not_leave_the_program_waiting() {
        let given_up: Result<((), Output), Error> =
            stream(Command::new("sh").args(["-c", "yes"]), |_| Err(Error::Interrupted));
        assert!(matches!(given_up, Err(Error::Interrupted)));
    }
}
