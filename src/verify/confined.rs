//! What an image does without: a root that it may write, capabilities, new privileges.

use std::path::Path;

use serde::Serialize;

use super::behaviour::{self, Phase};
use super::trial::{Bench, Limits, Subject, Trial};
use crate::container::{Confinement, Error};

/// What an image does without.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Confined {
    /// Each setting; all that are survived are survived together.
    pub settings: Vec<Survival>,
}

/// How an image takes a setting.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Survival {
    /// The setting.
    pub setting: Setting,
    /// The directories that have to be volumes then.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub volumes: Vec<String>,
    /// Why the hardened image does not survive it; none if it does.
    pub fails: Option<String>,
    /// Whether the original survives it, where the hardened image does not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub original_survives: Option<bool>,
}

/// A setting that takes something away.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Setting {
    /// The root file system can't be written; `/tmp` is a tmpfs.
    ReadOnly,
    /// No capability is left.
    NoCapabilities,
    /// No program can gain privileges.
    NoNewPrivileges,
}

impl Setting {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::ReadOnly, Self::NoCapabilities, Self::NoNewPrivileges];

    /// What a person calls it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::ReadOnly => "read-only root",
            Self::NoCapabilities => "no capabilities",
            Self::NoNewPrivileges => "no new privileges",
        }
    }

    /// What a compose file calls it.
    #[must_use]
    pub const fn compose(self) -> &'static str {
        match self {
            Self::ReadOnly => "read_only: true + tmpfs: [/tmp]",
            Self::NoCapabilities => "cap_drop: [ALL]",
            Self::NoNewPrivileges => "security_opt: [no-new-privileges:true]",
        }
    }

    /// What `confinement` takes away, and this.
    fn beside(self, confinement: Confinement) -> Confinement {
        Confinement {
            read_only: confinement.read_only || self == Self::ReadOnly,
            no_capabilities: confinement.no_capabilities || self == Self::NoCapabilities,
            no_new_privileges: confinement.no_new_privileges || self == Self::NoNewPrivileges,
        }
    }
}

impl Survival {
    fn survived(setting: Setting, limits: &Limits) -> Self {
        let volumes = if setting == Setting::ReadOnly { limits.volumes.clone() } else { Vec::new() };
        Self { setting, volumes, fails: None, original_survives: None }
    }
}

/// An image, and what it does when nothing is taken away.
type Free<'f, 's> = (&'f Subject<'s>, &'f Trial);

impl Bench<'_, '_> {
    /// What `hardened` does without. First everything is taken at once, then one after the other.
    pub(super) fn confine(&self, original: Free, hardened: Free) -> Result<Confined, Error> {
        let written = written(hardened.1);
        for limits in within(Confinement::FULL, &Limits::default(), &written) {
            if self.why_not(hardened, &limits)?.is_none() {
                let settings = Setting::ALL.map(|setting| Survival::survived(setting, &limits));
                return Ok(Confined { settings: settings.into() });
            }
        }
        let mut kept = Limits::default();
        let mut settings = Vec::new();
        for setting in Setting::ALL {
            settings.push(self.take(setting, &mut kept, &written, original, hardened)?);
        }
        Ok(Confined { settings })
    }

    /// Takes `setting` away beside what `kept` takes already, and keeps that if it is survived.
    fn take(
        &self,
        setting: Setting,
        kept: &mut Limits,
        written: &[String],
        original: Free,
        hardened: Free,
    ) -> Result<Survival, Error> {
        let mut fails = None;
        for limits in within(setting.beside(kept.confinement), kept, written) {
            fails = self.why_not(hardened, &limits)?;
            if fails.is_none() {
                *kept = limits;
                return Ok(Survival::survived(setting, kept));
            }
        }
        let alone = Limits { confinement: setting.beside(Confinement::default()), volumes: Vec::new() };
        let original_survives = Some(self.why_not(original, &alone)?.is_none());
        Ok(Survival { setting, volumes: Vec::new(), fails, original_survives })
    }

    /// The first thing that an image does worse within `limits`; what it no longer writes is none.
    fn why_not(&self, (subject, free): Free, limits: &Limits) -> Result<Option<String>, Error> {
        let confined = self.run_within(subject, Some(&free.run.ports()), limits)?;
        let failures = behaviour::failures(&free.run, &confined, |_| true, self.known);
        Ok(failures.into_iter().find(|failure| failure.phase != Phase::Writes).map(|failure| failure.what))
    }
}

/// `confinement` with the volumes of `kept`; and where it makes the root read-only, with those for what is written as well.
fn within(confinement: Confinement, kept: &Limits, written: &[String]) -> Vec<Limits> {
    let limits = |volumes: &[String]| Limits { confinement, volumes: volumes.to_vec() };
    let becomes_read_only = confinement.read_only && !kept.confinement.read_only;
    let with_volumes = (becomes_read_only && !written.is_empty()).then(|| limits(written));
    [limits(&kept.volumes)].into_iter().chain(with_volumes).collect()
}

/// The directories that may become volumes: those that a program writes to, not the one that its code lies in. One volume is
/// enough for a directory and those below it.
fn written(trial: &Trial) -> Vec<String> {
    let user = trial.user();
    let home = user.as_ref().and_then(|user| user.home.as_deref()).unwrap_or("/root");
    let absolute = |directory: &str| match directory.strip_prefix('~') {
        Some(rest) => format!("{home}{rest}"),
        None => directory.to_owned(),
    };
    let workdir = trial.configuration.workdir.as_str();
    let holds_code = |directory: &String| directory == "/" || Path::new(workdir).starts_with(directory);
    let mut volumes: Vec<String> =
        trial.run.writes.unmounted().map(absolute).filter(|directory| !holds_code(directory)).collect();
    volumes.sort_by(|one, other| Path::new(one).cmp(Path::new(other)));
    volumes.dedup_by(|below, above| Path::new(below.as_str()).starts_with(above.as_str()));
    volumes
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::container::{Change, ChangeKind, Configuration};
    use crate::verify::{Files, Run, Started, Writes};

    #[test]
    fn a_volume_stands_for_what_is_below_it_and_never_for_the_code() {
        let paths = ["/srv/x", "/srv/sub/x", "/srv-b/x", "/app/x", "/app/data/x", "/x", "/root/.app/x", "/mounted/x"];
        let changes = paths.map(|path| Change { kind: ChangeKind::Added, path: path.to_owned() });
        let mut run = Run::of(Started::Running, String::new());
        run.writes = Writes::of(&changes, Some("/root"), BTreeSet::from(["/mounted".to_owned()]));
        let configuration = Configuration { workdir: "/app".to_owned(), ..Configuration::default() };
        let trial = Trial { configuration, files: Files::default(), run };
        assert_eq!(written(&trial), ["/app/data", "/root/.app", "/srv", "/srv-b"]);
    }
}
