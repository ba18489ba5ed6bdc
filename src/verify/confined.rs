//! What an image does without: a root that it may write, capabilities, new privileges.

use std::collections::BTreeSet;

use serde::Serialize;

use super::behaviour;
use super::run::Run;
use super::trial::{Bench, Subject};
use crate::container::{Confinement, Error};

/// What an image does without.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Confined {
    /// Each setting on its own; all that are survived are survived together.
    pub settings: Vec<Survival>,
}

/// How an image takes a setting.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Survival {
    /// The setting.
    pub setting: Setting,
    /// Why the hardened image does not survive it; none if it does.
    pub fails: Option<String>,
    /// Whether the original survives it, where the hardened image does not.
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
            Self::ReadOnly => "read_only: true, tmpfs: [/tmp]",
            Self::NoCapabilities => "cap_drop: [ALL]",
            Self::NoNewPrivileges => "security_opt: [no-new-privileges:true]",
        }
    }

    fn alone(self) -> Confinement {
        Confinement::default().with(self)
    }
}

impl Confinement {
    fn with(self, setting: Setting) -> Self {
        match setting {
            Setting::ReadOnly => Self { read_only: true, ..self },
            Setting::NoCapabilities => Self { no_capabilities: true, ..self },
            Setting::NoNewPrivileges => Self { no_new_privileges: true, ..self },
        }
    }
}

impl Bench<'_, '_> {
    /// What `hardened`, which does `run` when nothing is taken away, does without. First everything is taken at once.
    pub(super) fn confine(&self, original: (&Subject, &Run), hardened: (&Subject, &Run)) -> Result<Confined, Error> {
        if self.why_not(hardened, Confinement::FULL)?.is_none() {
            let survival = |setting| Survival { setting, fails: None, original_survives: None };
            return Ok(Confined { settings: Setting::ALL.map(survival).into() });
        }
        let survival = |setting: Setting| {
            let fails = self.why_not(hardened, setting.alone())?;
            let original_survives = match fails {
                Some(_) => Some(self.why_not(original, setting.alone())?.is_none()),
                None => None,
            };
            Ok(Survival { setting, fails, original_survives })
        };
        let settings = Setting::ALL.into_iter().map(survival).collect::<Result<Vec<_>, Error>>()?;
        Ok(Confined { settings })
    }

    /// The first thing that an image does worse when confined; what it no longer writes is none.
    fn why_not(&self, (subject, run): (&Subject, &Run), confinement: Confinement) -> Result<Option<String>, Error> {
        let awaited: BTreeSet<u16> = run.ports();
        let confined = self.run(subject, Some(&awaited), confinement)?;
        let failures = behaviour::failures(run, &confined, |_| true, self.known);
        Ok(failures.into_iter().find(|failure| failure.phase != behaviour::Phase::Writes).map(|failure| failure.what))
    }
}
