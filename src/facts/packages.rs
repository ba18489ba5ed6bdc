//! Packages of the operating system: which command installs which.

use crate::edit::Span;
use crate::shell::{Command, Invocation, Word};
use crate::templates::{Manager, Templates};

/// What a package manager is asked to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verb {
    /// Install packages.
    Install,
    /// Fetch package lists.
    Update,
    /// Remove packages.
    Remove,
    /// Anything else: `clean`, `upgrade`, `-v` …
    Other,
}

/// A package named on a command line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PackageWord {
    /// The name without version, architecture and release.
    pub name: String,
    /// The word in the script.
    pub span: Span,
    /// What must go from the script to remove it.
    pub removal: Span,
}

/// A call of a package manager.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PackageCommand {
    /// Which one.
    pub manager: Manager,
    /// What it is asked to do.
    pub verb: Verb,
    /// The packages that are named literally.
    pub packages: Vec<PackageWord>,
    /// Whether a word is not literal, so that more may be installed.
    pub has_unknown: bool,
    /// The flags, as written.
    pub flags: Vec<String>,
    /// The command in the script.
    pub span: Span,
}

impl PackageCommand {
    pub(super) fn of(command: &Command, invocation: &Invocation, templates: &Templates) -> Option<Self> {
        let (id, manager) = templates.distros.manager_of_command(invocation.name)?;
        let mut parsed = Self {
            manager: id,
            verb: Verb::Other,
            packages: Vec::new(),
            has_unknown: false,
            flags: Vec::new(),
            span: command.span,
        };
        let mut verb = None;
        let mut words = invocation.words.iter();
        while let Some(word) = words.next() {
            let Some(value) = word.value.as_deref() else {
                parsed.has_unknown = true;
                continue;
            };
            if value.starts_with('-') {
                parsed.flags.push(value.to_owned());
                if manager.value_options.iter().any(|option| option == value) {
                    words.next();
                }
            } else if verb.is_none() {
                verb = Some(value);
            } else {
                parsed.packages.push(package_word(command, word, value));
            }
        }
        let among = |verbs: &[String]| verb.is_some_and(|verb| verbs.iter().any(|known| known == verb));
        parsed.verb = match () {
            () if among(&manager.install) => Verb::Install,
            () if among(&manager.update) => Verb::Update,
            () if among(&manager.remove) => Verb::Remove,
            () => Verb::Other,
        };
        Some(parsed)
    }
}

fn package_word(command: &Command, word: &Word, value: &str) -> PackageWord {
    let end = value.find(['=', ':', '/', '<', '>', '~']).unwrap_or(value.len());
    // A path such as ./x.deb is a package of its own.
    let name = if value.starts_with(['.', '/']) { value } else { value.get(..end).unwrap_or(value) };
    PackageWord { name: name.to_owned(), span: word.span, removal: command.removal_of(word) }
}
