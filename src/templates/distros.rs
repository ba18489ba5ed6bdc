//! `distros.toml`: how packages are installed, what to clean up, how a user is created.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::placeholders::fill;
use super::table::Table;

/// A family of distributions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Family {
    /// Debian.
    Debian,
    /// Ubuntu.
    Ubuntu,
    /// Alpine Linux.
    Alpine,
    /// Fedora, RHEL and its rebuilds.
    Rhel,
    /// Their minimal variants: microdnf, and no commands for users.
    RhelMinimal,
    /// Amazon Linux.
    Amazon,
    /// openEuler.
    OpenEuler,
    /// openSUSE and SUSE Linux Enterprise.
    Suse,
    /// Wolfi.
    Wolfi,
    /// busybox alone.
    Busybox,
    /// No distribution: scratch, distroless.
    None,
    /// Windows.
    Windows,
}

impl Family {
    /// Its name in the templates.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Debian => "debian",
            Self::Ubuntu => "ubuntu",
            Self::Alpine => "alpine",
            Self::Rhel => "rhel",
            Self::RhelMinimal => "rhel-minimal",
            Self::Amazon => "amazon",
            Self::OpenEuler => "open-euler",
            Self::Suse => "suse",
            Self::Wolfi => "wolfi",
            Self::Busybox => "busybox",
            Self::None => "none",
            Self::Windows => "windows",
        }
    }
}

/// A package manager.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Manager {
    /// apt-get and apt.
    Apt,
    /// apk.
    Apk,
    /// dnf and yum.
    Dnf,
    /// microdnf.
    Microdnf,
    /// zypper.
    Zypper,
}

/// All package managers and families.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Distros {
    #[serde(default)]
    manager: BTreeMap<Manager, PackageManager>,
    #[serde(default)]
    family: BTreeMap<Family, Distro>,
}

/// How a package manager is called, and what it leaves behind.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct PackageManager {
    /// The programs that are this manager.
    pub commands: Vec<String>,
    /// Sub-commands that install packages.
    pub install: Vec<String>,
    /// Sub-commands that only fetch package lists.
    pub update: Vec<String>,
    /// Sub-commands that remove packages.
    pub remove: Vec<String>,
    /// Sub-commands that only empty the caches.
    pub empty: Vec<String>,
    /// Other sub-commands that read the package lists.
    #[serde(default)]
    pub from_lists: Vec<String>,
    /// Options whose value is the next word.
    pub value_options: Vec<String>,
    /// Options by which an install asks nobody; the first is the usual one.
    #[serde(default)]
    pub yes: Vec<String>,
    /// Flags that an install should have.
    pub flags: Vec<String>,
    /// Directories that hold nothing but what can be fetched again.
    pub caches: Vec<String>,
    clean: Option<String>,
}

impl PackageManager {
    /// The command that empties the caches that `command`, one of [`Self::commands`], filled.
    #[must_use]
    pub fn clean(&self, command: &str) -> Option<String> {
        self.clean.as_deref().map(|clean| fill(clean, &[("command", command)]))
    }

    /// Whether it empties all its caches itself, so that nobody has to know where they are.
    #[must_use]
    pub fn cleans_itself(&self) -> bool {
        self.clean.as_deref().is_some_and(|clean| clean.starts_with("{command}"))
    }
}

/// What a family of distributions offers.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Distro {
    /// Its package manager.
    pub manager: Option<Manager>,
    create_group: Option<String>,
    create_user: Option<String>,
    /// Programs that every image of the family has and that can probe a port.
    #[serde(default)]
    pub programs: Vec<String>,
    /// The package that must be installed before groups and users can be created.
    pub user_package: Option<UserPackage>,
    /// The family of its variants without the usual tools, where that is another one.
    pub slim: Option<Family>,
    /// The ids of accounts that are the same in all its releases, of those that programs run as.
    #[serde(default)]
    pub accounts: BTreeMap<String, u32>,
    /// Whether its wget is GNU's, not one that takes fewer options.
    #[serde(default)]
    pub gnu_wget: bool,
}

/// A package with the commands that create groups and users.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct UserPackage {
    /// Its name.
    pub name: String,
    /// The command that installs it.
    pub install: String,
    /// The command that removes what installing leaves behind.
    pub clean: String,
}

impl Distros {
    /// What `family` offers.
    pub fn family(&self, family: Family) -> Option<&Distro> {
        self.family.get(&family)
    }

    /// How `manager` is called.
    pub fn manager(&self, manager: Manager) -> Option<&PackageManager> {
        self.manager.get(&manager)
    }

    /// The package manager that the program `command` is.
    pub fn manager_of_command(&self, command: &str) -> Option<(Manager, &PackageManager)> {
        let mut managers = self.manager.iter();
        managers.find(|(_, known)| known.commands.iter().any(|name| name == command)).map(|(id, known)| (*id, known))
    }
}

impl Distro {
    /// The command that creates the group `name` with the id `gid`.
    pub fn create_group(&self, name: &str, gid: u32) -> Option<String> {
        let command = self.create_group.as_deref()?;
        Some(fill(command, &[("name", name), ("gid", &gid.to_string())]))
    }

    /// The command that creates the user `name` with the id `uid`, in the group `name` with the id `gid`, with a home.
    pub fn create_user(&self, name: &str, uid: u32, gid: u32) -> Option<String> {
        let command = self.create_user.as_deref()?;
        Some(fill(command, &[("name", name), ("uid", &uid.to_string()), ("gid", &gid.to_string())]))
    }
}

impl Table for Distros {
    const FILE: &'static str = "distros.toml";
    const TEXT: &'static str = include_str!("../../templates/distros.toml");

    fn merge(&mut self, later: Self) {
        self.manager.extend(later.manager);
        self.family.extend(later.family);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_family_and_every_manager_is_described() {
        let distros = Distros::builtin();
        for family in [
            Family::Debian,
            Family::Ubuntu,
            Family::Alpine,
            Family::Rhel,
            Family::RhelMinimal,
            Family::Amazon,
            Family::OpenEuler,
            Family::Suse,
            Family::Wolfi,
            Family::Busybox,
            Family::None,
            Family::Windows,
        ] {
            assert!(distros.family(family).is_some(), "{family:?}");
        }
        for manager in [Manager::Apt, Manager::Apk, Manager::Dnf, Manager::Microdnf, Manager::Zypper] {
            assert!(distros.manager(manager).is_some(), "{manager:?}");
        }
    }

    #[test]
    fn a_user_is_created_with_the_commands_of_its_family() {
        let distros = Distros::builtin();
        let debian = distros.family(Family::Debian).unwrap();
        assert_eq!(debian.create_group("app", 1000).as_deref(), Some("groupadd --gid 1000 app"));
        assert_eq!(
            debian.create_user("app", 1000, 1001).as_deref(),
            Some("useradd --uid 1000 --gid 1001 --no-log-init --create-home --shell /usr/sbin/nologin app")
        );
        let alpine = distros.family(Family::Alpine).unwrap();
        assert_eq!(
            alpine.create_user("app", 1000, 1000).as_deref(),
            Some("adduser -D -u 1000 -G app -h /home/app -s /sbin/nologin app")
        );
        assert_eq!(distros.family(Family::None).unwrap().create_user("app", 1000, 1000), None);
    }

    #[test]
    fn a_manager_is_known_by_its_commands() {
        let distros = Distros::builtin();
        let manager = |command| distros.manager_of_command(command).map(|(manager, _)| manager);
        assert_eq!(manager("apt"), Some(Manager::Apt));
        assert_eq!(manager("yum"), Some(Manager::Dnf));
        assert_eq!(manager("pacman"), None);
    }

    #[test]
    fn a_manager_is_cleaned_by_the_usual_command() {
        let distros = Distros::builtin();
        let clean = |manager, command| distros.manager(manager).unwrap().clean(command);
        assert_eq!(clean(Manager::Apt, "apt-get").as_deref(), Some("rm -rf /var/lib/apt/lists/*"));
        assert_eq!(clean(Manager::Dnf, "yum").as_deref(), Some("yum clean all"));
        assert_eq!(clean(Manager::Apk, "apk"), None);
    }

    #[test]
    fn an_overlay_replaces_one_family() {
        let mut distros = Distros::builtin();
        distros.overlay("[family.debian]\ncreate-group = \"mygroup {gid}\"\n").unwrap();
        assert_eq!(distros.family(Family::Debian).unwrap().create_group("app", 7).as_deref(), Some("mygroup 7"));
        assert!(distros.family(Family::Ubuntu).unwrap().create_user("app", 1, 1).is_some());
    }
}
