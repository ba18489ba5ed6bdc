//! One look at the processes of a container.
//!
//! On a machine of one's own the engine's processes are in `/proc`, where looking disturbs nobody. Else a shell in the
//! container reads it, where there is one. Whoever can do neither sees the process table alone.

use std::collections::BTreeSet;
use std::fs;

use super::sockets::listening;
use crate::container::{Container, Error};
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
}

/// A row of the process table.
struct Row {
    pid: u32,
    process: Process,
}

impl Look {
    /// Looks at the processes, and at what they listen on and load.
    pub(super) fn at(container: &Container) -> Result<Self, Error> {
        let rows = rows(container)?;
        let seen = rows.iter().filter_map(here).reduce(|earlier, look| look.and(earlier));
        let mut look = match seen {
            Some(look) => look,
            None if rows.is_empty() => Self::default(),
            None => Self { is_from_inside: true, ..inside(container)? },
        };
        look.processes = rows.into_iter().map(|row| row.process).collect();
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
fn rows(container: &Container) -> Result<Vec<Row>, Error> {
    match container.processes("pid,uid,args") {
        Ok(rows) => Ok(rows.iter().filter_map(|row| read_row(row)).collect()),
        Err(Error::Failed { .. }) => Ok(Vec::new()),
        Err(error) => Err(error),
    }
}

fn read_row(row: &[String]) -> Option<Row> {
    let [pid, user, command @ ..] = row else { return None };
    let command = command.join(" ").chars().take(MAX_COMMAND).collect();
    Some(Row { pid: pid.parse().ok()?, process: Process { user: user.parse().ok()?, command } })
}

/// What `/proc` of this machine says of a process, if it is this one: an engine elsewhere has other numbers.
fn here(row: &Row) -> Option<Look> {
    let of = |name: &str| format!("/proc/{}/{name}", row.pid);
    let command = fs::read(of("cmdline")).ok()?;
    let command = String::from_utf8_lossy(&command).replace('\0', " ");
    let command: String = command.split_whitespace().collect::<Vec<_>>().join(" ").chars().take(MAX_COMMAND).collect();
    if command.is_empty() || command != row.process.command {
        return None;
    }
    let table = |name: &str| fs::read_to_string(of(name)).unwrap_or_default();
    let program = fs::read_link(of("exe")).ok()?;
    Some(Look {
        programs: Some(program.to_str().and_then(program_of).into_iter().collect()),
        ports: Some(listening(&table("net/tcp")).into_iter().chain(listening(&table("net/tcp6"))).collect()),
        libraries: Some(libraries(&fs::read_to_string(of("maps")).ok()?)),
        ..Look::default()
    })
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

/// The path of a program, from the link that names it.
fn program_of(link: &str) -> Option<String> {
    let path = link.strip_suffix(" (deleted)").unwrap_or(link);
    (path.starts_with('/') && !path.contains(' ')).then(|| path.to_owned())
}

/// The shared libraries of a table of mapped files.
fn libraries(maps: &str) -> BTreeSet<String> {
    let path = |line: &str| {
        let path = line.get(line.find(" /")? + 1..)?;
        let name = path.rsplit('/').next()?;
        let is_library = name.ends_with(".so") || name.contains(".so.");
        is_library.then(|| path.to_owned())
    };
    let is_row = |line: &&str| line.split_whitespace().nth(1).is_some_and(|flags| flags.len() == 4);
    maps.lines().filter(is_row).filter_map(path).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_libraries_of_a_process_are_the_shared_objects_that_it_has_mapped() {
        let maps = "\
7f1c2a000000-7f1c2a021000 rw-p 00000000 00:00 0 
7f1c2b400000-7f1c2b428000 r--p 00000000 00:2a 1187 /usr/lib/x86_64-linux-gnu/libc.so.6
7f1c2b428000-7f1c2b5bd000 r-xp 00028000 00:2a 1187 /usr/lib/x86_64-linux-gnu/libc.so.6
7f1c2b600000-7f1c2b610000 r-xp 00000000 00:2a 99 /app/my module/_fast.cpython-312-x86_64-linux-gnu.so
7f1c2b700000-7f1c2b710000 r--p 00000000 00:2a 12 /usr/lib/locale/C.utf8/LC_CTYPE
7ffd3c5fe000-7ffd3c600000 r-xp 00000000 00:00 0 [vdso]
/usr/local/bin/python3.12
";
        let expected = ["/app/my module/_fast.cpython-312-x86_64-linux-gnu.so", "/usr/lib/x86_64-linux-gnu/libc.so.6"];
        assert_eq!(libraries(maps), expected.map(str::to_owned).into());
    }

    #[test]
    fn a_row_has_its_command_as_it_is_typed() {
        let words = |text: &str| text.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
        let row = read_row(&words("4711 33 nginx: worker process")).unwrap();
        assert_eq!((row.pid, row.process), (4711, Process { user: 33, command: "nginx: worker process".to_owned() }));
        assert!(read_row(&words("PID USER")).is_none());
    }

    #[test]
    fn a_program_that_was_replaced_is_known_by_its_path() {
        assert_eq!(program_of("/usr/bin/app (deleted)").as_deref(), Some("/usr/bin/app"));
        assert_eq!(program_of("7f1c2b400000-7f1c2b428000 r--p /usr/bin/app"), None);
    }

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
