//! Ctrl-C, SIGTERM and SIGHUP: a flag that everything that waits looks at.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use super::Error;

const LOOK_AGAIN: Duration = Duration::from_millis(50);

/// Whether the person asked to stop.
#[derive(Debug, Clone, Default)]
pub struct Interrupt(Arc<AtomicBool>);

impl Interrupt {
    /// An interrupt that the signals of this process set. What was begun is then cleaned up, not cut off.
    ///
    /// # Errors
    /// If the process handles these signals already.
    pub fn on_signals() -> Result<Self, Error> {
        let interrupt = Self::default();
        let asked = interrupt.clone();
        ctrlc::set_handler(move || asked.ask()).map_err(std::io::Error::other)?;
        Ok(interrupt)
    }

    /// Asks to stop, as a signal does.
    pub fn ask(&self) {
        self.0.store(true, Ordering::SeqCst);
    }

    /// Whether to stop.
    #[must_use]
    pub fn is_asked(&self) -> bool {
        self.0.load(Ordering::SeqCst)
    }

    /// Stops what asks.
    ///
    /// # Errors
    /// [`Error::Interrupted`] once the person asked to stop.
    pub fn check(&self) -> Result<(), Error> {
        if self.is_asked() { Err(Error::Interrupted) } else { Ok(()) }
    }

    /// Sleeps for `time`, or until the person asks to stop.
    ///
    /// # Errors
    /// [`Error::Interrupted`] once the person asked to stop.
    pub fn sleep(&self, time: Duration) -> Result<(), Error> {
        let end = Instant::now() + time;
        loop {
            self.check()?;
            match end.checked_duration_since(Instant::now()) {
                Some(left) if !left.is_zero() => thread::sleep(left.min(LOOK_AGAIN)),
                _ => return Ok(()),
            }
        }
    }
}
