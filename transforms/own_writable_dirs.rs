//! The working directory and the directories that the program writes are the user's.

use std::collections::{HashMap, HashSet};

use super::owner::{self, Owner};
use super::{Transform, place};
use crate::decision::{Announced, Change, Decision, Held, Known, Place, Safety};
use crate::dockerfile::Keyword;
use crate::edit::Edit;
use crate::engine::View;
use crate::facts::scope::is_at_or_below;
use crate::facts::writable::{is_systems_own, made_directories};
use crate::facts::{Effect, Step, user};
use crate::shell::Invocation;
use crate::templates::Family;

pub(super) static TRANSFORM: Transform = Transform {
    name: "own_writable_dirs",
    page: include_str!("own_writable_dirs.md"),
    announced: Announced { touches: &[Keyword::Run], meaning: &[], stages: 0 },
    plan,
};

fn plan(view: &View) -> Result<Vec<Decision>, Held> {
    let owner = owner::of_the_end(view)?;
    let steps = view.facts.steps().own();
    let wanted = Wanted::read(view, &owner);
    let owned = Owned::read(steps, &owner);
    let makers = makers(steps);
    let missing: Vec<&Known<String>> =
        wanted.directories.iter().copied().filter(|known| !owned.holds(&known.value)).collect();
    let mut edits = Vec::new();
    let mut to_prepare = Vec::new();
    for known in &missing {
        match makers.get(known.value.as_str()).filter(|_| !wanted.is_below_roots_code(&known.value)) {
            Some(step) => give_in(view, &mut edits, step, &owner, &known.value),
            None => to_prepare.push(known.value.as_str()),
        }
    }
    if !to_prepare.is_empty() {
        prepare(view, &owner, &wanted, &to_prepare).map(|edit| add(&mut edits, edit))?;
    }
    program_runs(view, &owner, &wanted, &owned).into_iter().for_each(|edit| add(&mut edits, edit));
    if edits.is_empty() {
        return Err(Held::satisfied("the program owns every directory that it writes"));
    }
    refuse_without_shell(view)?;
    Ok(vec![Ok(change(view, &owner, &missing, edits))])
}

/// The directories that are to be the user's.
struct Wanted<'v> {
    directories: Vec<&'v Known<String>>,
    /// The working directory, where the code in it stays root's.
    roots_code: Option<&'v str>,
}

impl<'v> Wanted<'v> {
    fn read(view: &'v View, owner: &Owner) -> Self {
        let writable = view.facts.writable();
        let roots = |workdir: &&Known<String>| owner::code_is_roots(view, &workdir.value, owner);
        if let Some(workdir) = writable.workdir.as_ref().filter(roots) {
            return Self { directories: writable.directories.iter().collect(), roots_code: Some(&workdir.value) };
        }
        // What is copied below the user's own directory is the user's. What is not there yet may be mounted, and a volume
        // whose directory the image does not have becomes root's.
        let context = view.facts.input.context;
        let covers = |known: &Known<String>| {
            let below = writable.workdir.as_ref().and_then(|workdir| known.value.strip_prefix(workdir.value.as_str()));
            below.is_some_and(|path| {
                path.is_empty() || (!is_named_by_the_file(known) && context.exists(path.trim_start_matches('/')))
            })
        };
        let others = writable.directories.iter().filter(|known| !covers(known));
        Self { directories: writable.workdir.iter().chain(others).collect(), roots_code: None }
    }

    /// A later COPY of root's code would take such a directory back.
    fn is_below_roots_code(&self, directory: &str) -> bool {
        self.roots_code.is_some_and(|workdir| is_at_or_below(directory, workdir))
    }
}

fn is_named_by_the_file(known: &Known<String>) -> bool {
    known.because.iter().any(|evidence| matches!(evidence.place, Place::Dockerfile(_)))
}

/// An image without a distribution has no commands, unless the file itself runs some.
fn refuse_without_shell(view: &View) -> Result<(), Held> {
    let runs = view.facts.steps().own().iter().any(|step| step.script().is_some());
    match view.facts.family() {
        None | Some(Family::None | Family::Windows) if !runs => {
            let name = view.facts.base().map_or("the base image", |base| base.reference.as_str());
            Err(Held::blocked(format!(
                "nothing is known to be in {name} that makes directories; copy them with --chown"
            )))
        }
        _ => Ok(()),
    }
}

fn change(view: &View, owner: &Owner, missing: &[&Known<String>], edits: Vec<Edit>) -> Change {
    let names: Vec<&str> = missing.iter().map(|known| known.value.as_str()).collect();
    let what = if names.is_empty() { "what RUN lines of the program made".to_owned() } else { names.join(", ") };
    Change {
        at: owner::stage_span(view),
        edits,
        safety: Safety::Review,
        reason: format!("the user owns {what}: the program writes there"),
        because: missing.iter().flat_map(|known| known.because.clone()).collect(),
        notes: volume_notes(view, owner, &names),
    }
}

/// Data that a root container wrote before stays root's: one command moves it.
fn volume_notes(view: &View, owner: &Owner, names: &[&str]) -> Vec<String> {
    let workdir = view.facts.writable().workdir.as_ref().map(|workdir| workdir.value.as_str());
    let mounted = names.iter().filter(|name| Some(**name) != workdir);
    let note = |name: &&str| {
        let name = shell_word(name);
        format!(
            "a volume that already holds data of root: docker run --rm --user 0 --entrypoint chown -v VOLUME:{name} IMAGE -R {} {name}",
            owner.pair()
        )
    };
    mounted.map(note).collect()
}

/// What is the owner's already: the user makes it, or a step gives it.
#[derive(Default)]
struct Owned {
    paths: HashSet<String>,
    /// Given with everything below.
    trees: Vec<String>,
}

impl Owned {
    fn read(steps: &[Step], owner: &Owner) -> Self {
        let mut owned = Self::default();
        for step in steps {
            if !owner::runs_as_root(step) {
                owned.paths.extend(made_directories(step).iter().cloned());
                let workdir = step.is(Keyword::Workdir).then(|| step.scope.absolute(step.instruction.rest()));
                owned.paths.extend(workdir.flatten());
            }
            let commands = step.script().into_iter().flat_map(|run| &run.script.commands);
            let invocations = commands.filter_map(|command| command.program());
            invocations.filter(|invocation| owner.is_given_by(invocation)).for_each(|it| owned.give(step, &it));
        }
        owned
    }

    /// `chown 1000:1000 /data`, `chown -R 1000:1000 /srv`, `install -d -o 1000 /data`.
    fn give(&mut self, step: &Step, invocation: &Invocation) {
        let words = || invocation.words.iter().filter_map(|word| word.value.as_deref());
        let paths = || words().filter_map(|word| step.scope.absolute(word));
        if words().any(|word| word == "-R" || word == "--recursive") {
            self.trees.extend(paths().filter(|path| path != "/"));
        }
        self.paths.extend(paths());
    }

    fn holds(&self, directory: &str) -> bool {
        self.paths.contains(directory) || self.trees.iter().any(|tree| is_at_or_below(directory, tree))
    }
}

/// The first RUN of root that makes each directory and can do one thing more.
fn makers<'s, 'a>(steps: &'s [Step<'a>]) -> HashMap<&'s str, &'s Step<'a>> {
    let mut makers = HashMap::new();
    for step in steps.iter().filter(|step| owner::runs_as_root(step) && place::takes_another(step)) {
        for directory in made_directories(step) {
            makers.entry(directory.as_str()).or_insert(step);
        }
    }
    makers
}

/// Gives `directory` at the end of the RUN that makes it, in one command with others that it makes.
fn give_in(view: &View, edits: &mut Vec<Edit>, step: &Step, owner: &Owner, directory: &str) {
    let directory = shell_word(directory);
    let edit = place::and_then(view, step, &format!("chown {} {directory}", owner.pair()));
    match edits.iter_mut().find(|known| known.span == edit.span) {
        Some(known) => known.text.push_str(&format!(" {directory}")),
        None => edits.push(edit),
    }
}

/// Adds `edit`, behind one that stands at the same place already.
fn add(edits: &mut Vec<Edit>, edit: Edit) {
    match edits.iter_mut().find(|known| known.span == edit.span) {
        Some(known) => known.text.push_str(&edit.text),
        None => edits.push(edit),
    }
}

fn shell_word(path: &str) -> String {
    let is_plain = |ch: char| ch.is_ascii_alphanumeric() || "/._-+@:,".contains(ch);
    if path.chars().all(is_plain) { path.to_owned() } else { format!("'{}'", path.replace('\'', "'\\''")) }
}

/// Makes and gives the directories: in the RUN that creates the user, or in one of its own.
fn prepare(view: &View, owner: &Owner, wanted: &Wanted, directories: &[&str]) -> Result<Edit, Held> {
    let steps = view.facts.steps().own();
    let words: Vec<String> = directories.iter().map(|directory| shell_word(directory)).collect();
    let command = format!("install -d -o {} -g {} {}", owner.uid, owner.gid, words.join(" "));
    let run = format!("# The user owns what it works on\nRUN {command}\n");
    let before_user = || {
        let last = steps.iter().rev().find(|step| step.is(Keyword::User) && owner::runs_as_root(step));
        last.map(|step| place::before(view, step.instruction, &run)).ok_or_else(|| behind_user(steps))
    };
    let copies = || steps.iter().filter(|step| step.copies_context());
    if directories.iter().any(|directory| wanted.is_below_roots_code(directory)) {
        return if copies().all(owner::runs_as_root) { before_user() } else { Err(behind_user(steps)) };
    }
    let creates = |step: &&Step| {
        let creates = user::created(step).iter().any(|created| !created.is_group && created.id == Some(owner.uid));
        creates && owner::runs_as_root(step) && place::takes_another(step)
    };
    if let Some(step) = steps.iter().find(creates) {
        return Ok(place::and_then(view, step, &command));
    }
    match copies().next() {
        Some(copy) if !owner::runs_as_root(copy) => Err(behind_user(steps)),
        Some(_) => place::for_preparation(view, &run),
        None => before_user(),
    }
}

/// Only root can make the directories, and no place is left where it could.
fn behind_user(steps: &[Step]) -> Held {
    let user = steps.iter().find(|step| step.is(Keyword::User));
    Held::Blocked {
        reason: "USER comes before the files: move it behind them".into(),
        at: user.map(|step| step.instruction.span),
    }
}

/// RUN lines in which root runs the program: what they leave behind, a migrated database or collected files, is root's.
fn program_runs(view: &View, owner: &Owner, wanted: &Wanted, owned: &Owned) -> Vec<Edit> {
    let steps = view.facts.steps().own();
    let is_copy = |step: &Step| matches!(step.instruction.keyword(), Keyword::Copy | Keyword::Add);
    let after_copy = steps.iter().enumerate().skip_while(|(_, step)| !is_copy(step));
    let by_root: Vec<(usize, &Step)> =
        after_copy.filter(|(_, step)| owner::runs_as_root(step) && place::takes_another(step)).collect();
    let chown = |places: &str| format!("find {places} ! -user {} -exec chown -h {} {{}} +", owner.uid, owner.pair());
    let runs_program = |step: &Step| {
        let runs = view.facts.effects(step).iter().any(|effect| matches!(effect, Effect::Program(_)));
        runs && !step.instruction.rest().contains("! -user")
    };
    let give = |&(at, step): &(usize, &Step)| {
        let places = places_at(steps, at, wanted).join(" ");
        (!places.is_empty()).then(|| place::and_then(view, step, &chown(&places)))
    };
    let left = by_root.iter().rev().find_map(|(_, step)| Some((*step, left_behind(view, step)?)));
    let given = left.filter(|(_, places)| places.iter().any(|place| !owned.holds(place))).map(|(step, places)| {
        let places = places.iter().map(|place| shell_word(place)).collect::<Vec<_>>().join(" ");
        let (uid, gid, escape) = (owner.uid, owner.gid, view.dockerfile.escape());
        let make = format!("install -d -o {uid} -g {gid} {places} {escape}\n    && ");
        place::and_then(view, step, &(make + &chown(&places)))
    });
    by_root.iter().filter(|(_, step)| runs_program(step)).filter_map(give).chain(given).collect()
}

/// The directories in which a tool of the program leaves files when it is called at build time, and which the program
/// writes itself.
fn left_behind(view: &View, step: &Step) -> Option<Vec<String>> {
    let workdir = step.scope.workdir.as_deref().filter(|workdir| !is_systems_own(workdir))?;
    let commands = step.script().into_iter().flat_map(|run| &run.script.commands);
    let mut leaves = commands.filter_map(|command| command.program()).filter_map(|invocation| {
        let program = behind_bundler(&invocation);
        Some(view.facts.input.templates.ecosystems.of_tool(program)?.left_by(program))
    });
    let leaves = leaves.find(|leaves| !leaves.is_empty())?;
    Some(leaves.iter().map(|place| format!("{workdir}/{place}")).collect())
}

/// The `rails` of `bundle exec rails`.
fn behind_bundler<'c>(invocation: &Invocation<'c>) -> &'c str {
    match (invocation.name, invocation.words) {
        ("bundle", [exec, program, ..]) if exec.is("exec") => {
            program.literal_start().rsplit('/').next().unwrap_or_default()
        }
        (name, _) => name,
    }
}

/// The directories of the user that are there when the step at `at` runs, none below another.
fn places_at(steps: &[Step], at: usize, wanted: &Wanted) -> Vec<String> {
    let makes = |directory: &str| steps.iter().position(|step| made_directories(step).iter().any(|it| it == directory));
    let exists = |directory: &str| match makes(directory) {
        Some(maker) => maker <= at,
        None => !wanted.is_below_roots_code(directory),
    };
    let all = || wanted.directories.iter().map(|known| known.value.as_str()).filter(|it| exists(it));
    let is_top = |directory: &&str| !all().any(|other| other != *directory && is_at_or_below(directory, other));
    all().filter(is_top).map(shell_word).collect()
}
