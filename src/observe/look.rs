//! One look at the processes of a container.
//!
//! On a machine of one's own the engine's processes are in `/proc`, where looking disturbs nobody. Else a shell in the
//! container reads it, where there is one. Whoever can do neither sees the process table alone.

use std::collections::BTreeSet;

use super::machine::{self, libraries, program_of};
use super::secrets;
use super::sockets::listening;
use crate::container::{self, Container, Error};
use crate::evidence::Process;

/// Prints the programs, the sockets and the mapped files of all processes but its own.
const SCRIPT: &str = "\
for process in /proc/[0-9]*; do [ $process = /proc/$$ ] || readlink $process/exe; done; \
cat /proc/net/tcp /proc/net/tcp6; cat /proc/[0-9]*/maps";

/// A command line in the evidence is no longer than this.
const MAX_COMMAND: usize = 120;

/// What was seen; what nobody could look at is not there.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Look {
    pub processes: BTreeSet<Process>,
    pub programs: Option<BTreeSet<String>>,
    pub ports: Option<BTreeSet<u16>>,
    /// The shared libraries that were loaded, by path.
    pub libraries: Option<BTreeSet<String>>,
    /// Whether programs had to be started in the container to see it.
    pub is_from_inside: bool,
    /// The processes that are processes of this machine, by their numbers here.
    pub here: BTreeSet<u32>,
}

impl Look {
    /// Looks at the processes, and at what they listen on and load.
    pub(super) fn at(container: &Container) -> Result<Self, Error> {
        let processes = processes(container)?;
        let here: BTreeSet<u32> = processes.iter().filter(|it| machine::has(it)).map(|it| it.pid).collect();
        let mut look = match machine::look(&here) {
            Some(look) => look,
            None if processes.is_empty() => Self::default(),
            None => Self { is_from_inside: true, ..inside(container)? },
        };
        look.processes = processes.iter().map(shown).collect();
        look.here = here;
        Ok(look)
    }

    /// This look and an earlier one; the processes are those of this one.
    pub(super) fn and(self, earlier: Self) -> Self {
        Self {
            processes: self.processes,
            programs: both(self.programs, earlier.programs),
            ports: both(self.ports, earlier.ports),
            libraries: both(self.libraries, earlier.libraries),
            is_from_inside: self.is_from_inside,
            here: self.here,
        }
    }
}

fn both<T: Ord>(one: Option<BTreeSet<T>>, other: Option<BTreeSet<T>>) -> Option<BTreeSet<T>> {
    match (one, other) {
        (Some(one), Some(other)) => Some(one.into_iter().chain(other).collect()),
        (one, other) => one.or(other),
    }
}

/// The process table; empty once the program ended.
fn processes(container: &Container) -> Result<Vec<container::Process>, Error> {
    match container.processes() {
        Err(Error::Failed { .. }) => Ok(Vec::new()),
        processes => processes,
    }
}

fn shown(process: &container::Process) -> Process {
    Process { user: process.user, command: secrets::hidden(&process.command).chars().take(MAX_COMMAND).collect() }
}

/// What a shell in the container says, or at least a program that prints files.
fn inside(container: &Container) -> Result<Look, Error> {
    let said = container.exec(&["--user", "0"], &["sh", "-c", SCRIPT])?;
    if said.stdout.contains("local_address") {
        return Ok(Look {
            programs: Some(said.stdout.lines().filter_map(program_of).collect()),
            ports: Some(listening(&said.stdout)),
            libraries: Some(libraries(&said.stdout)),
            ..Look::default()
        });
    }
    let said = container.exec(&["--user", "0"], &["cat", "/proc/net/tcp", "/proc/net/tcp6"])?.stdout;
    let ports = said.contains("local_address").then(|| listening(&said));
    Ok(Look { ports, ..Look::default() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_looks_see_what_either_saw_and_what_runs_now() {
        let look = |port: u16, user: u32| Look {
            processes: BTreeSet::from([Process { user, command: "a".to_owned() }]),
            ports: Some(BTreeSet::from([port])),
            ..Look::default()
        };
        let seen = look(80, 0).and(look(81, 1000));
        assert_eq!(seen.ports, Some(BTreeSet::from([80, 81])));
        assert_eq!(seen.processes.first().map(|process| process.user), Some(0));
        assert_eq!(seen.programs, None);
    }
}
