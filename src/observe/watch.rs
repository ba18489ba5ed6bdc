//! Watches a container for a while.

use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;
use std::sync::mpsc::{self, Sender};
use std::thread;
use std::time::{Duration, Instant};

use super::look::Look;
use super::machine;
use crate::container::{Container, Error, Interrupt, State, get, listens};

const LOOK_AGAIN: Duration = Duration::from_millis(250);

/// A look from inside starts programs there, which are not to be a burden.
const LOOK_AGAIN_INSIDE: Duration = Duration::from_secs(2);

/// How long one answer may take.
const PATIENCE: Duration = Duration::from_secs(10);

/// What is asked: a port of the container, and a path.
pub(super) type Question = (u16, String);

/// The status and the kind of what is answered; none where something listens that does not speak HTTP.
pub(super) type Reply = Option<(u16, String)>;

/// What a container was seen to do.
#[derive(Debug)]
pub(super) struct Seen {
    /// For how long.
    pub time: Duration,
    pub state: State,
    pub look: Look,
    pub answers: BTreeMap<Question, Reply>,
    pub log: String,
}

pub(super) struct Watch<'w> {
    pub container: &'w Container<'w>,
    pub interrupt: &'w Interrupt,
    /// Ends the watch, and what was seen counts.
    pub enough: &'w Interrupt,
    /// The ports that are published.
    pub ports: &'w [u16],
    pub probes: &'w [String],
    pub tell: &'w dyn Fn(&str),
}

impl Watch<'_> {
    /// Watches for `after` once what was answered is `enough`, for `patience` where it never is, or until the program ends.
    pub(super) fn watch(
        &self,
        patience: Duration,
        after: Duration,
        enough: impl Fn(&BTreeMap<Question, Reply>) -> bool,
    ) -> Result<Seen, Error> {
        let (known, told) = mpsc::channel();
        thread::scope(|scope| {
            // Programs start while this thread asks and waits.
            let glances = scope.spawn(move || machine::glances(&told));
            let mut seen = self.seen(patience, after, enough, known)?;
            seen.look = seen.look.and(glances.join().unwrap_or_default());
            Ok(seen)
        })
    }

    /// The same without what lives for a moment; the processes of each look are `known`.
    fn seen(
        &self,
        patience: Duration,
        after: Duration,
        enough: impl Fn(&BTreeMap<Question, Reply>) -> bool,
        known: Sender<BTreeSet<u32>>,
    ) -> Result<Seen, Error> {
        let began = Instant::now();
        let (mut end, mut has_answered) = (began + patience, false);
        let mut look = Look::default();
        let mut answers = BTreeMap::new();
        while self.container.state()? == State::Running && Instant::now() < end && !self.enough.is_asked() {
            look = Look::at(self.container)?.and(look);
            // Who no longer listens has seen enough.
            let _ = known.send(look.here.clone());
            self.ask_new(&mut answers)?;
            if enough(&answers) && !has_answered {
                (end, has_answered) = (Instant::now() + after, true);
            }
            self.interrupt.sleep(if look.is_from_inside { LOOK_AGAIN_INSIDE } else { LOOK_AGAIN })?;
        }
        let time = began.elapsed();
        // What starts with errors may end well.
        for (port, address) in self.open()? {
            self.ask(port, address, &mut answers);
        }
        Ok(Seen { time, state: self.container.state()?, look, answers, log: self.container.logs()? })
    }

    fn ask_new(&self, answers: &mut BTreeMap<Question, Reply>) -> Result<(), Error> {
        let asked: BTreeSet<u16> = answers.keys().map(|(port, _)| *port).collect();
        for (port, address) in self.open()?.into_iter().filter(|(port, _)| !asked.contains(port)) {
            (self.tell)(&format!("port {port} is at http://{address}"));
            self.ask(port, address, answers);
        }
        Ok(())
    }

    fn ask(&self, port: u16, address: SocketAddr, answers: &mut BTreeMap<Question, Reply>) {
        for path in self.probes {
            let answer = get(address, path, PATIENCE).map(|answer| (answer.status, answer.content_type));
            answers.insert((port, path.clone()), answer);
        }
    }

    /// The published ports on which somebody listens.
    fn open(&self) -> Result<Vec<(u16, SocketAddr)>, Error> {
        let mut open = Vec::new();
        for port in self.ports {
            if let Some(address) = self.container.address(*port)?.filter(|address| listens(*address)) {
                open.push((*port, address));
            }
        }
        Ok(open)
    }
}
