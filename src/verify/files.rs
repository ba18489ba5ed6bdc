//! What the file system of an image holds, from one pass over an archive of it: no shell in it is needed.

use std::collections::BTreeSet;
use std::io::{self, Read};

use tar::{Archive, Entry, EntryType};

use crate::container::{Error, Interrupt};
use crate::templates::{Kind, Verify};

/// The bits that let a program run as its owner or its group.
const SETUID: u32 = 0o6000;

/// Databases of packages are read up to here.
const MAX_TEXT: u64 = 64 << 20;

/// What an image holds.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Files {
    /// The programs that run as their owner or their group, by path.
    pub setuid: BTreeSet<String>,
    /// The names of its shells.
    pub shells: BTreeSet<String>,
    /// The names of its build tools.
    pub build_tools: BTreeSet<String>,
    /// The names of its package managers.
    pub package_managers: BTreeSet<String>,
    /// How many packages of the system it has; none is unknown.
    pub packages: Option<usize>,
    /// Its directories, by path.
    pub directories: BTreeSet<String>,
    users: Vec<Account>,
    owned: Vec<Owned>,
}

/// A line of `/etc/passwd`.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Account {
    name: String,
    uid: u64,
    gid: u64,
    home: String,
}

/// A file of the working directory.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Owned {
    uid: u64,
    gid: u64,
    mode: u32,
}

/// Whom a program runs as.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct User {
    /// Its number.
    pub uid: u64,
    /// The number of its group.
    pub gid: u64,
    /// Its name, where it has one.
    pub name: Option<String>,
    /// Its home, where it has one.
    pub home: Option<String>,
}

/// What the databases of packages say.
#[derive(Default)]
struct Databases {
    dpkg: Option<usize>,
    single: usize,
    apk: Option<usize>,
    rpm: bool,
}

impl Files {
    /// Reads `archive`, a tar of a container's files, whose program starts in `workdir`.
    ///
    /// # Errors
    /// If the archive can't be read, or the person asked to stop.
    pub fn read(archive: impl Read, workdir: &str, known: &Verify, interrupt: &Interrupt) -> Result<Self, Error> {
        let mut files = Self::default();
        let mut databases = Databases::default();
        for entry in Archive::new(archive).entries()? {
            interrupt.check()?;
            files.add(entry?, workdir, known, &mut databases)?;
        }
        files.packages = databases.count();
        Ok(files)
    }

    fn add(
        &mut self,
        mut entry: Entry<impl Read>,
        workdir: &str,
        known: &Verify,
        databases: &mut Databases,
    ) -> io::Result<()> {
        let path = path_of(&entry);
        let header = entry.header();
        let (kind, mode) = (header.entry_type(), header.mode()?);
        if kind == EntryType::Directory {
            self.directories.insert(path);
            return Ok(());
        }
        if kind == EntryType::Regular && mode & SETUID != 0 && mode & 0o111 != 0 {
            self.setuid.insert(path.clone());
        }
        if kind == EntryType::Regular && is_below(&path, workdir) {
            self.owned.push(Owned { uid: header.uid()?, gid: header.gid()?, mode });
        }
        if kind != EntryType::Regular || mode & 0o111 != 0 {
            self.add_program(&path, known);
        }
        match path.as_str() {
            "/etc/passwd" => self.users = text(&mut entry)?.lines().filter_map(account).collect(),
            path => databases.add(path, &mut entry)?,
        }
        Ok(())
    }

    fn add_program(&mut self, path: &str, known: &Verify) {
        let Some((directory, name)) = path.rsplit_once('/') else { return };
        let is_of_programs = directory.ends_with("/bin") || directory.ends_with("/sbin");
        let Some((kind, name)) = known.kind(name).filter(|_| is_of_programs) else { return };
        let names = match kind {
            Kind::BuildTool => &mut self.build_tools,
            Kind::Shell => &mut self.shells,
            Kind::PackageManager => &mut self.package_managers,
        };
        names.insert(name.to_owned());
    }

    /// Whom `USER user` stands for; none if the image does not know the name.
    #[must_use]
    pub fn user(&self, user: &str) -> Option<User> {
        let (user, group) = user.split_once(':').map_or((user, None), |(user, group)| (user, Some(group)));
        let user = if user.is_empty() { "root" } else { user };
        let number = user.parse().ok().or_else(|| (user == "root").then_some(0));
        let account = self.users.iter().find(|known| known.name == user || number == Some(known.uid));
        Some(User {
            uid: number.or_else(|| account.map(|account| account.uid))?,
            gid: group.and_then(|group| group.parse().ok()).or_else(|| account.map(|known| known.gid)).unwrap_or(0),
            name: account.map(|account| account.name.clone()),
            home: account.map(|account| account.home.clone()),
        })
    }

    /// How many files of the working directory `user` may write, and of how many.
    #[must_use]
    pub fn writable(&self, user: &User) -> (usize, usize) {
        (self.owned.iter().filter(|file| file.may_be_written_by(user)).count(), self.owned.len())
    }
}

impl Owned {
    fn may_be_written_by(&self, user: &User) -> bool {
        let bit = match user {
            User { uid: 0, .. } => return true,
            User { uid, .. } if *uid == self.uid => 0o200,
            User { gid, .. } if *gid == self.gid => 0o020,
            User { .. } => 0o002,
        };
        self.mode & bit != 0
    }
}

impl Databases {
    fn add(&mut self, path: &str, entry: &mut Entry<impl Read>) -> io::Result<()> {
        match path {
            "/var/lib/dpkg/status" => {
                let installed = text(entry)?.lines().filter(|line| *line == "Status: install ok installed").count();
                self.dpkg = Some(installed);
            }
            "/lib/apk/db/installed" | "/usr/lib/apk/db/installed" => {
                self.apk = Some(text(entry)?.lines().filter(|line| line.starts_with("P:")).count());
            }
            _ if path.starts_with("/var/lib/dpkg/status.d/") => self.single += usize::from(!path.ends_with(".md5sums")),
            _ if path.starts_with("/var/lib/rpm/") || path.starts_with("/usr/lib/sysimage/rpm/") => self.rpm = true,
            _ => {}
        }
        Ok(())
    }

    /// The database of rpm is not read.
    fn count(&self) -> Option<usize> {
        let known = self.dpkg.unwrap_or_default() + self.single + self.apk.unwrap_or_default();
        (!self.rpm || known > 0).then_some(known)
    }
}

fn path_of(entry: &Entry<impl Read>) -> String {
    let path = entry.path_bytes();
    let path = String::from_utf8_lossy(&path);
    format!("/{}", path.trim_start_matches("./").trim_matches('/'))
}

/// The root itself is no directory of a program's own.
fn is_below(path: &str, directory: &str) -> bool {
    let directory = directory.trim_end_matches('/');
    !directory.is_empty() && path.strip_prefix(directory).is_some_and(|rest| rest.starts_with('/'))
}

fn text(entry: &mut Entry<impl Read>) -> io::Result<String> {
    let mut bytes = Vec::new();
    entry.take(MAX_TEXT).read_to_end(&mut bytes)?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

fn account(line: &str) -> Option<Account> {
    let fields: Vec<&str> = line.split(':').collect();
    let [name, _, uid, gid, _, home, ..] = fields[..] else { return None };
    Some(Account { name: name.to_owned(), uid: uid.parse().ok()?, gid: gid.parse().ok()?, home: home.to_owned() })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::templates::Templates;

    const FILE: EntryType = EntryType::Regular;

    fn archive(entries: &[(&str, EntryType, u32, u64, &str)]) -> Vec<u8> {
        let mut builder = tar::Builder::new(Vec::new());
        for (path, kind, mode, owner, text) in entries {
            let mut header = tar::Header::new_gnu();
            header.set_entry_type(*kind);
            header.set_mode(*mode);
            header.set_uid(*owner);
            header.set_gid(*owner);
            header.set_size(text.len() as u64);
            builder.append_data(&mut header, path, text.as_bytes()).unwrap();
        }
        builder.into_inner().unwrap()
    }

    fn read(entries: &[(&str, EntryType, u32, u64, &str)]) -> Files {
        let bytes = archive(entries);
        Files::read(&bytes[..], "/app", &Templates::builtin().verify, &Interrupt::default()).unwrap()
    }

    #[test]
    fn programs_are_known_by_their_name_in_a_directory_of_programs() {
        let files = read(&[
            ("usr/bin/gcc-12", FILE, 0o755, 0, ""),
            ("usr/bin/gcc", EntryType::Symlink, 0o777, 0, ""),
            ("usr/local/bin/pip3", FILE, 0o755, 0, ""),
            ("bin/busybox", FILE, 0o755, 0, ""),
            ("usr/share/doc/make", FILE, 0o755, 0, ""),
            ("usr/bin/cc", FILE, 0o644, 0, ""),
        ]);
        assert_eq!(files.build_tools, BTreeSet::from(["gcc".to_owned()]));
        assert_eq!(files.package_managers, BTreeSet::from(["pip".to_owned()]));
        assert_eq!(files.shells, BTreeSet::from(["busybox".to_owned()]));
    }

    #[test]
    fn a_program_that_runs_as_its_owner_is_found_and_a_directory_is_none() {
        let files = read(&[
            ("usr/bin/su", FILE, 0o4755, 0, ""),
            ("var/mail/", EntryType::Directory, 0o2775, 0, ""),
            ("var/x", FILE, 0o2644, 0, ""),
        ]);
        assert_eq!(files.setuid, BTreeSet::from(["/usr/bin/su".to_owned()]));
        assert!(files.directories.contains("/var/mail"));
    }

    #[test]
    fn packages_are_counted_wherever_they_are_listed() {
        let status = "Package: a\nStatus: install ok installed\n\nPackage: b\nStatus: deinstall ok config-files\n";
        assert_eq!(read(&[("var/lib/dpkg/status", FILE, 0o644, 0, status)]).packages, Some(1));
        let distroless = [
            ("var/lib/dpkg/status.d/base", FILE, 0o644, 0, "Package: base\n"),
            ("var/lib/dpkg/status.d/base.md5sums", FILE, 0o644, 0, ""),
        ];
        assert_eq!(read(&distroless).packages, Some(1));
        assert_eq!(read(&[("lib/apk/db/installed", FILE, 0o644, 0, "P:musl\nV:1\n\nP:zlib\n")]).packages, Some(2));
        assert_eq!(read(&[("var/lib/rpm/rpmdb.sqlite", FILE, 0o644, 0, "")]).packages, None);
        assert_eq!(read(&[("program", FILE, 0o755, 0, "")]).packages, Some(0));
    }

    #[test]
    fn a_user_is_known_by_number_and_by_name() {
        let files =
            read(&[("etc/passwd", FILE, 0o644, 0, "root:x:0:0:root:/root:/bin/sh\napp:x:1000:1001::/home/app:/x\n")]);
        let app = User { uid: 1000, gid: 1001, name: Some("app".to_owned()), home: Some("/home/app".to_owned()) };
        assert_eq!(files.user("app"), Some(app.clone()));
        assert_eq!(files.user("1000"), Some(app.clone()));
        assert_eq!(files.user("app:7"), Some(User { gid: 7, ..app }));
        assert_eq!(files.user("").map(|user| user.uid), Some(0));
        assert_eq!(files.user("7").map(|user| (user.uid, user.gid, user.name)), Some((7, 0, None)));
        assert_eq!(files.user("ghost"), None);
    }

    #[test]
    fn who_may_write_is_told_by_owner_group_and_others() {
        let files = read(&[
            ("app/own", FILE, 0o644, 1000, ""),
            ("app/roots", FILE, 0o644, 0, ""),
            ("app/open", FILE, 0o646, 0, ""),
            ("application/x", FILE, 0o666, 0, ""),
        ]);
        let user = |uid, gid| User { uid, gid, name: None, home: None };
        assert_eq!(files.writable(&user(1000, 1000)), (2, 3));
        assert_eq!(files.writable(&user(7, 7)), (1, 3));
        assert_eq!(files.writable(&user(0, 0)), (3, 3));
    }
}
