//! Packages of the operating system: which command installs which.

use super::Facts;
use super::effects::Effect;
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
    /// Empty the caches.
    Clean,
    /// Anything else that reads the package lists: `upgrade`, `build-dep` …
    FromLists,
    /// Anything else: `hold`, `-v` …
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
    /// The name by which all of them can be removed: `apk add --virtual NAME`.
    pub virtual_name: Option<String>,
    /// The flags, as written.
    pub flags: Vec<String>,
    /// The command in the script.
    pub span: Span,
}

impl Facts<'_> {
    /// Whether the program of a command, of which nothing else is known, certainly installs no package of the system.
    #[must_use]
    pub fn installs_nothing(&self, command: &Command) -> bool {
        let program = command.program().and_then(|invocation| invocation.program.value.as_deref());
        program.is_some_and(|program| self.input.templates.commands.installs_nothing(program))
    }
}

impl PackageCommand {
    pub(super) fn of(command: &Command, invocation: &Invocation, templates: &Templates) -> Option<Self> {
        let (id, manager) = templates.distros.manager_of_command(invocation.name)?;
        let mut parsed = Self {
            manager: id,
            verb: Verb::Other,
            packages: Vec::new(),
            has_unknown: false,
            virtual_name: None,
            flags: Vec::new(),
            span: command.span,
        };
        let mut verb = None;
        let mut words = invocation.words.iter();
        while let Some(word) = words.next() {
            let Some(value) = literal_name(word).or_else(|| list_of_the_image(word)) else {
                parsed.has_unknown = true;
                continue;
            };
            if value.starts_with('-') {
                parsed.flags.push(value.to_owned());
                let takes_word = manager.value_options.iter().any(|option| option == value);
                let next = if takes_word { words.next() } else { None };
                parsed.virtual_name = parsed.virtual_name.or_else(|| virtual_name(id, value, next));
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
            () if among(&manager.empty) => Verb::Clean,
            () if among(&manager.from_lists) => Verb::FromLists,
            () => Verb::Other,
        };
        Some(parsed)
    }

    /// Whether it is `apt-mark auto '.*'`: nothing stays that nobody names again before the removal.
    fn forgets_all(&self) -> bool {
        self.manager == Manager::Apt && self.verb == Verb::Other && self.packages.iter().any(|word| word.name == ".*")
    }

    /// Whether it removes what nothing depends on any more, too.
    fn is_thorough(&self) -> bool {
        self.packages.is_empty()
            || self.flags.iter().any(|flag| matches!(flag.as_str(), "--auto-remove" | "--autoremove"))
    }
}

/// The word, as far as it names something for certain: in `libpq-dev=15*` the shell's pattern is but the version.
fn literal_name(word: &Word) -> Option<&str> {
    word.value.as_deref().or_else(|| Some(word.literal_start()).filter(|start| start.contains('=')))
}

/// A variable in which an image keeps names of packages.
fn list_of_the_image(word: &Word) -> Option<&'static str> {
    let is_alone =
        word.literal_start().is_empty() && matches!(word.variables.as_slice(), [name] if name == "PHPIZE_DEPS");
    is_alone.then_some("$PHPIZE_DEPS")
}

fn virtual_name(manager: Manager, option: &str, next: Option<&Word>) -> Option<String> {
    if manager != Manager::Apk {
        return None;
    }
    let name = match option {
        "-t" | "--virtual" => next?.value.as_deref(),
        _ => option.strip_prefix("--virtual="),
    };
    name.map(str::to_owned)
}

/// The packages that the commands of one RUN install and do not remove again, with what came along with them.
#[must_use]
pub fn left_installed(effects: &[Effect]) -> Vec<&PackageWord> {
    let commands = || effects.iter().filter_map(Effect::packages).enumerate();
    let mut left = Vec::new();
    for (at, install) in commands().filter(|(_, command)| command.verb == Verb::Install) {
        let later: Vec<&PackageCommand> = commands()
            .filter(|(index, command)| *index > at && command.verb == Verb::Remove)
            .map(|(_, it)| it)
            .collect();
        if commands().any(|(_, command)| command.forgets_all()) && later.iter().any(|command| command.is_thorough()) {
            continue;
        }
        let removes_dependencies = install.manager != Manager::Apt || later.iter().any(|command| command.is_thorough());
        let names = |name: &str| later.iter().any(|command| command.packages.iter().any(|word| word.name == name));
        let goes = |word: &PackageWord| names(&word.name) || install.virtual_name.as_deref().is_some_and(names);
        left.extend(install.packages.iter().filter(|word| !(removes_dependencies && goes(word))));
    }
    left
}

/// Whether a RUN installs without fetching lists first, so that an earlier one has to have left them.
#[must_use]
pub fn installs_from_earlier_lists(effects: &[Effect]) -> bool {
    let is = |verb: Verb| effects.iter().filter_map(Effect::packages).any(|command| command.verb == verb);
    (is(Verb::Install) || is(Verb::FromLists)) && !is(Verb::Update)
}

fn package_word(command: &Command, word: &Word, value: &str) -> PackageWord {
    let end = value.find(['=', ':', '/', '<', '>', '~']).unwrap_or(value.len());
    // A path such as ./x.deb is a package of its own.
    let name = if value.starts_with(['.', '/']) { value } else { value.get(..end).unwrap_or(value) };
    PackageWord { name: name.to_owned(), span: word.span, removal: command.removal_of(word) }
}
