//! Processes of a container in `/proc` of this machine, where looking disturbs nobody and is quick.

use std::collections::BTreeSet;
use std::fs;
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::Duration;

use super::look::Look;
use super::sockets::listening;
use crate::container::Process;

/// Whether a process of the engine is one of this machine: an engine elsewhere has other numbers.
pub(super) fn has(process: &Process) -> bool {
    let Ok(command) = fs::read(of(process.pid, "cmdline")) else { return false };
    let command = String::from_utf8_lossy(&command).replace('\0', " ");
    !process.command.is_empty() && command.split_whitespace().eq(process.command.split(' '))
}

/// What `processes` run, load and listen on; none where none of them can be seen.
pub(super) fn look(processes: &BTreeSet<u32>) -> Option<Look> {
    processes.iter().filter_map(|pid| look_at(*pid)).reduce(|earlier, look| look.and(earlier))
}

fn look_at(pid: u32) -> Option<Look> {
    let table = |name: &str| fs::read_to_string(of(pid, name)).unwrap_or_default();
    let program = fs::read_link(of(pid, "exe")).ok()?;
    Some(Look {
        programs: Some(program.to_str().and_then(program_of).into_iter().collect()),
        ports: Some(listening(&table("net/tcp")).into_iter().chain(listening(&table("net/tcp6"))).collect()),
        libraries: Some(libraries(&fs::read_to_string(of(pid, "maps")).ok()?)),
        ..Look::default()
    })
}

/// A program that lives this long is seen.
const GLANCE_AGAIN: Duration = Duration::from_millis(20);

/// What begins beside the processes of which `told` tells, until it tells no more.
pub(super) fn glances(told: &Receiver<BTreeSet<u32>>) -> Look {
    let (mut known, mut seen) = (BTreeSet::new(), Look::default());
    loop {
        match told.recv_timeout(GLANCE_AGAIN) {
            Ok(now) => known = now,
            Err(RecvTimeoutError::Disconnected) => return seen,
            Err(RecvTimeoutError::Timeout) => {
                if let Some(look) = look(&since(&known)) {
                    seen = look.and(seen);
                }
            }
        }
    }
}

/// The processes that descend from `known`, and are not among them.
fn since(known: &BTreeSet<u32>) -> BTreeSet<u32> {
    let mut new = BTreeSet::new();
    let mut open: Vec<u32> = known.iter().copied().collect();
    while let Some(pid) = open.pop() {
        open.extend(children(pid).into_iter().filter(|child| !known.contains(child) && new.insert(*child)));
    }
    new
}

/// The processes that the threads of `pid` started, and that still run.
fn children(pid: u32) -> Vec<u32> {
    let Ok(threads) = fs::read_dir(of(pid, "task")) else { return Vec::new() };
    let of_thread =
        threads.flatten().map(|thread| fs::read_to_string(thread.path().join("children")).unwrap_or_default());
    of_thread.flat_map(|pids| pids.split_whitespace().flat_map(str::parse).collect::<Vec<_>>()).collect()
}

fn of(pid: u32, name: &str) -> String {
    format!("/proc/{pid}/{name}")
}

/// The path of a program, from the link that names it.
pub(super) fn program_of(link: &str) -> Option<String> {
    let path = link.strip_suffix(" (deleted)").unwrap_or(link);
    (path.starts_with('/') && !path.contains(' ')).then(|| path.to_owned())
}

/// The shared libraries of a table of mapped files.
pub(super) fn libraries(maps: &str) -> BTreeSet<String> {
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
    fn a_program_that_was_replaced_is_known_by_its_path() {
        assert_eq!(program_of("/usr/bin/app (deleted)").as_deref(), Some("/usr/bin/app"));
        assert_eq!(program_of("7f1c2b400000-7f1c2b428000 r--p /usr/bin/app"), None);
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn what_a_process_started_since_is_found_with_its_program() {
        use std::process::{Child, Command, id};

        struct Ended(Child);
        impl Drop for Ended {
            fn drop(&mut self) {
                let _ = self.0.kill().and_then(|()| self.0.wait());
            }
        }
        let child = Ended(Command::new("sleep").arg("600").spawn().unwrap());
        let known = BTreeSet::from([id()]);
        let new = since(&known);
        assert!(new.contains(&child.0.id()) && !new.contains(&id()));
        assert!(look(&known).unwrap().programs.is_some_and(|programs| programs.len() == 1));
        assert_eq!(look(&BTreeSet::new()), None);
    }
}
