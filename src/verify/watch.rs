//! Watches a container until its program was seen at work.

use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use super::run::{Checked, Question, Reply, Run, Started};
use super::trial::Needs;
use super::writes::Writes;
use crate::container::{Answer, Container, Error, Health, Image, Interrupt, State, get, listens};

const LOOK_AGAIN: Duration = Duration::from_millis(200);

/// A program that listens nowhere is at work if it still runs then.
const AT_WORK: Duration = Duration::from_secs(5);

/// Other ports may open a little later than the first.
const OTHERS: Duration = Duration::from_secs(1);

/// How long one answer may take.
const PATIENCE: Duration = Duration::from_secs(10);

/// An error counts once it has lasted: what answers, or what it stands on, may still be starting.
const SETTLE: Duration = Duration::from_secs(5);

/// A check that fails may have begun before the program answered.
const DOUBT: Duration = Duration::from_secs(8);

/// No check takes longer to say anything.
const CHECK: Duration = Duration::from_secs(90);

pub(super) struct Watch<'w> {
    pub container: &'w Container<'w>,
    pub image: &'w Image<'w>,
    pub interrupt: &'w Interrupt,
    pub needs: &'w Needs,
    /// The ports that it may listen on.
    pub ports: BTreeSet<u16>,
    /// The ports that it has to listen on, where that is known.
    pub awaited: Option<&'w BTreeSet<u16>>,
    /// The home of its user.
    pub home: Option<&'w str>,
}

impl Watch<'_> {
    /// Waits for the program, asks it, and takes down what it did.
    pub(super) fn watch(&self) -> Result<Run, Error> {
        let mut run = Run::of(self.started()?, String::new());
        if run.started == Started::Running {
            run.answers = self.ask()?;
            run.health = self.health()?;
            if let State::Exited(code) = self.container.state()? {
                run.started = Started::Exited(code);
            }
        }
        run.log = self.container.logs()?;
        run.writes = self.writes()?;
        Ok(run)
    }

    fn writes(&self) -> Result<Writes, Error> {
        let mounts = self.container.mounts()?;
        let mut changes = self.container.changes()?;
        for volume in mounts.iter().filter(|mount| mount.is_volume) {
            changes.extend(self.container.changes_in(&volume.path, self.image)?);
        }
        Ok(Writes::of(&changes, self.home, mounts.into_iter().map(|mount| mount.path).collect()))
    }

    fn started(&self) -> Result<Started, Error> {
        let began = Instant::now();
        loop {
            if let State::Exited(code) = self.container.state()? {
                return Ok(Started::Exited(code));
            }
            if self.is_at_work(began)? || began.elapsed() > self.needs.wait {
                return Ok(Started::Running);
            }
            self.interrupt.sleep(LOOK_AGAIN)?;
        }
    }

    fn is_at_work(&self, began: Instant) -> Result<bool, Error> {
        let awaited = self.awaited.unwrap_or(&self.ports);
        if awaited.is_empty() {
            return Ok(began.elapsed() > AT_WORK);
        }
        let open = self.open()?;
        match self.awaited {
            Some(awaited) => Ok(awaited.iter().all(|port| open.contains_key(port))),
            None if open.is_empty() => Ok(false),
            None => self.interrupt.sleep(OTHERS).map(|()| true),
        }
    }

    /// The ports on which somebody listens, and where they are published.
    fn open(&self) -> Result<BTreeMap<u16, SocketAddr>, Error> {
        let mut open = BTreeMap::new();
        for port in &self.ports {
            if let Some(address) = self.container.address(*port)?.filter(|address| listens(*address)) {
                open.insert(*port, address);
            }
        }
        Ok(open)
    }

    fn ask(&self) -> Result<BTreeMap<Question, Reply>, Error> {
        let mut answers = BTreeMap::new();
        for (port, address) in self.open()? {
            for path in &self.needs.probes {
                answers.insert(Question { port, path: path.clone() }, self.reply(address, path)?);
            }
        }
        Ok(answers)
    }

    /// Asked twice: what differs by itself says nothing.
    fn reply(&self, address: SocketAddr, path: &str) -> Result<Reply, Error> {
        let answer = self.settled(address, path)?;
        let is_stable = answer.is_some() && answer == self.settled(address, path)?;
        Ok(Reply { answer, is_stable })
    }

    fn settled(&self, address: SocketAddr, path: &str) -> Result<Option<Answer>, Error> {
        let began = Instant::now();
        loop {
            self.interrupt.check()?;
            let answer = get(address, path, PATIENCE);
            if answer.as_ref().is_none_or(|answer| answer.status < 400) || began.elapsed() > SETTLE {
                return Ok(answer.map(|answer| without(address, answer)));
            }
            self.interrupt.sleep(LOOK_AGAIN)?;
        }
    }

    fn health(&self) -> Result<Checked, Error> {
        let began = Instant::now();
        loop {
            match self.container.health()? {
                Health::None => return Ok(Checked::No),
                Health::Healthy => return Ok(Checked::Healthy),
                Health::Unhealthy if began.elapsed() > DOUBT => return self.unhealthy(),
                Health::Starting if began.elapsed() > CHECK => return self.unhealthy(),
                Health::Unhealthy | Health::Starting => {}
            }
            if let State::Exited(_) = self.container.state()? {
                return Ok(Checked::No);
            }
            self.interrupt.sleep(LOOK_AGAIN)?;
        }
    }

    fn unhealthy(&self) -> Result<Checked, Error> {
        Ok(Checked::Unhealthy(self.container.health_said()?.unwrap_or_default()))
    }
}

/// The engine publishes each container on another port, and pages name where they are.
fn without(address: SocketAddr, mut answer: Answer) -> Answer {
    if let Ok(text) = String::from_utf8(answer.body.clone()) {
        answer.body = text.replace(&address.to_string(), "localhost").into_bytes();
    }
    answer
}
