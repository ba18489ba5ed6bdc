//! The process table of a container.

use std::io::Read;

use super::{Container, Engine, Error};

/// A process of a container.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Process {
    /// Its number on the machine of the engine.
    pub pid: u32,
    /// The user that it runs as, by number.
    pub user: u32,
    /// Its command line, with one space between words.
    pub command: String,
}

/// A row of the table; Podman names the user as the container does.
struct Row {
    pid: u32,
    user: String,
    command: String,
}

impl Container<'_> {
    /// Its processes.
    ///
    /// # Errors
    /// If the engine does not say, as once its program ended.
    pub fn processes(&self) -> Result<Vec<Process>, Error> {
        let columns: &[&str] = match self.session.cli.engine() {
            Engine::Docker | Engine::Nerdctl => &["-o", "pid,uid,args"],
            Engine::Podman => &["hpid", "user", "args"],
        };
        let table = self.session.cli.run(&[&["top", self.name()], columns].concat())?;
        let rows: Vec<Row> = table.lines().skip(1).filter_map(row).collect();
        let accounts = if rows.iter().all(Row::has_number) { String::new() } else { self.accounts()? };
        Ok(rows.into_iter().filter_map(|row| row.process(&accounts)).collect())
    }

    /// Its `/etc/passwd`.
    fn accounts(&self) -> Result<String, Error> {
        self.archive("/etc/passwd", |archive| {
            let mut text = String::new();
            for entry in tar::Archive::new(archive).entries()? {
                entry?.read_to_string(&mut text)?;
            }
            Ok(text)
        })
    }
}

impl Row {
    fn has_number(&self) -> bool {
        number(&self.user).is_some()
    }

    fn process(self, accounts: &str) -> Option<Process> {
        let user = number(&self.user).or_else(|| uid(&self.user, accounts))?;
        Some(Process { pid: self.pid, user, command: self.command })
    }
}

fn number(user: &str) -> Option<u32> {
    if user == "root" { Some(0) } else { user.parse().ok() }
}

/// The number of `name` in the text of a `/etc/passwd`.
fn uid(name: &str, accounts: &str) -> Option<u32> {
    accounts.lines().find_map(|line| {
        let mut fields = line.split(':');
        (fields.next() == Some(name)).then(|| fields.nth(1)?.parse().ok()).flatten()
    })
}

fn row(line: &str) -> Option<Row> {
    let mut words = line.split_whitespace();
    let (pid, user) = (words.next()?.parse().ok()?, words.next()?.to_owned());
    Some(Row { pid, user, command: words.collect::<Vec<_>>().join(" ") })
}

#[cfg(test)]
mod tests {
    use super::*;

    const ACCOUNTS: &str = "root:x:0:0:root:/root:/bin/sh\nweb:x:1500:1500::/home/web:/bin/sh\n";

    fn process(line: &str) -> Option<Process> {
        row(line)?.process(ACCOUNTS)
    }

    #[test]
    fn a_row_has_its_command_as_it_is_typed() {
        let expected = Process { pid: 4711, user: 33, command: "nginx: worker process".to_owned() };
        assert_eq!(process("4711   33  nginx: worker process "), Some(expected));
        assert_eq!(process("PID USER"), None);
    }

    #[test]
    fn a_user_is_a_number_or_a_name_of_the_container() {
        assert_eq!(process("1 root sh").map(|process| process.user), Some(0));
        assert_eq!(process("1 web sh").map(|process| process.user), Some(1500));
        assert_eq!(process("1 ghost sh"), None);
    }
}
