//! What stands in the way of a split.

use super::ENVIRONMENT;
use crate::decision::Held;
use crate::dockerfile::{Instruction, Keyword};
use crate::engine::View;
use crate::facts::scope::is_at_or_below;
use crate::facts::{Base, Effect, InstallCall, Step};

/// Where an environment of Python lives without a split.
const OLD_PLACES: [&str; 3] = ["/usr/local/bin/", "/usr/local/lib/python", "site-packages"];

/// A stage more moves the numbers of those behind it.
pub(super) fn later_stages_by_number(view: &View) -> Result<(), Held> {
    let built = view.facts.final_stage().map_or(0, |stage| stage.stage.index);
    let later = view.facts.stages.iter().skip(built + 1).flat_map(|stage| &stage.stage.body);
    let is_number = |from: &str| !from.is_empty() && from.bytes().all(|byte| byte.is_ascii_digit());
    let mut numbered = later.filter(|line| line.from_references().any(is_number));
    match numbered.next() {
        Some(line) => Err(Held::blocked_at("a stage is called by its number here, which would move", line.span)),
        None => Ok(()),
    }
}

/// The stages below the final one in the file: what their pip made would not be in the environment.
pub(super) fn stages_below(view: &View) -> Result<(), Held> {
    for step in view.facts.steps().below() {
        let call = view.facts.effects(step).iter().find_map(|effect| effect.install());
        if let Some(InstallCall { installer, .. }) = call {
            let reason = format!(
                "the stage below calls {installer}, and what it installs would not be in the environment; \
                 call {installer} in the final stage alone"
            );
            return Err(Held::blocked_at(reason, step.instruction.span));
        }
        step_nobody_knows(view, step, |_| false)?;
    }
    Ok(())
}

/// A step that nobody can follow may feed a build, or need what it or a compiler left. `is_followed` tells the programs
/// whose builds are.
pub(super) fn step_nobody_knows(view: &View, step: &Step, is_followed: impl Fn(&str) -> bool) -> Result<(), Held> {
    let odd = view.facts.effects(step).iter().find_map(|effect| match effect {
        Effect::Unknown(why) => Some(format!("it is not known what this line reads and writes: {why}")),
        Effect::Build(program) if !is_followed(program) => {
            Some(format!("`{program}` builds something in a place that is not known"))
        }
        _ => None,
    });
    if let Some(reason) = odd {
        return Err(Held::blocked_at(reason, step.instruction.span));
    }
    if step.is(Keyword::Onbuild) {
        return Err(Held::blocked_at("ONBUILD lines run in the images built on this one", step.instruction.span));
    }
    let is_tool = |from: &str| view.facts.input.templates.python.is_image_of_installer(from);
    let mut from = step.mounts().flat_map(|mount| mount.split(',')).filter_map(|part| part.strip_prefix("from="));
    if from.any(|from| !is_tool(from)) {
        return Err(Held::blocked_at("a mount from another stage feeds this line", step.instruction.span));
    }
    Ok(())
}

/// An environment that the file makes or brings itself: a second one would hide it.
pub(super) fn environments_of_the_file(view: &View) -> Result<(), Held> {
    const WORDS: [&str; 5] = ["venv", ".venv", "virtualenv", "VIRTUAL_ENV", ".local"];
    for step in &view.facts.steps().all {
        let names_one = words(step.instruction).any(|word| WORDS.contains(&word));
        let brings_one = step.is(Keyword::Copy)
            && step.instruction.flag("--from").is_some()
            && step.destination().is_none_or(|place| holds_packages(&place));
        if names_one || brings_one {
            let reason = "the file makes or copies an environment of its own here, which another one would hide";
            return Err(Held::blocked_at(reason, step.instruction.span));
        }
    }
    Ok(())
}

fn holds_packages(place: &str) -> bool {
    const LIBRARY: &str = "/usr/local/lib/python3";
    is_at_or_below(LIBRARY, place) || place.starts_with(LIBRARY)
}

fn words(instruction: &Instruction) -> impl Iterator<Item = &str> {
    let breaks = |ch: char| !ch.is_alphanumeric() && !matches!(ch, '_' | '.' | '-');
    instruction.logical.text().split(breaks)
}

/// Why a Python that is not the one of `python:*` has no environment that could be copied.
pub(super) fn other_python(view: &View, base: &Base) -> String {
    let reference = &base.reference;
    let installed = view.facts.steps().all.iter().flat_map(|step| view.facts.effects(step));
    let mut packages = installed.filter_map(Effect::packages).flat_map(|command| &command.packages);
    match packages.find(|package| package.name.starts_with("python3")) {
        Some(package) => format!(
            "{} of {reference} may need packages of the system, which an environment does not see; \
             start from python:* to have it split",
            package.name
        ),
        None => format!("Python environments are split on python:* images alone, this is {reference}"),
    }
}

/// An environment of conda beside tools that would stay behind.
pub(super) fn conda(view: &View) -> Result<(), Held> {
    const PROGRAMS: [&str; 3] = ["conda", "mamba", "micromamba"];
    let steps = view.facts.steps().own();
    let calls = |step: &&Step| {
        let mut commands = step.script().into_iter().flat_map(|run| &run.script.commands);
        commands.any(|command| command.program().is_some_and(|call| PROGRAMS.contains(&call.name)))
    };
    let Some(step) = steps.iter().find(calls).filter(|_| !view.facts.build_packages(steps).is_empty()) else {
        return Ok(());
    };
    let reason = "conda sets variables when its environment is activated, and a copy of the environment alone would \
                  miss them; `conda-pack` makes one that can be copied";
    Err(Held::blocked_at(reason, step.instruction.span))
}

/// The environment moves: what calls programs by their old place would not find them.
pub(super) fn fixed_paths(view: &View) -> Result<(), Held> {
    let start = view.facts.start();
    let names_old_place = |text: &str| OLD_PLACES.iter().find(|place| text.contains(**place)).copied();
    let own_scripts = |text: &str| start.scripts.iter().any(|script| text.contains(&script.path));
    let is_copy = |step: &&Step| matches!(step.instruction.keyword(), Keyword::Copy | Keyword::Add);
    for step in view.facts.steps().all.iter().filter(|step| !is_copy(step)) {
        let text = step.instruction.logical.text();
        if let Some(place) = names_old_place(text).filter(|_| !own_scripts(text)) {
            let reason = format!(
                "{place} is named here, and the environment would move to {ENVIRONMENT}; call programs by their name"
            );
            return Err(Held::blocked_at(reason, step.instruction.span));
        }
    }
    for script in &start.scripts {
        if let Some(place) = names_old_place(&script.text) {
            let reason = format!(
                "{} names {place}, and the environment would move to {ENVIRONMENT}; call programs by their name",
                script.path
            );
            return Err(Held::blocked(reason));
        }
    }
    start_at_hand(view)
}

/// A script that nobody has read may do anything.
pub(super) fn start_at_hand(view: &View) -> Result<(), Held> {
    match &view.facts.start().missing {
        Some(missing) => {
            let reason = format!("{missing} runs at start and is not at hand; give its folder with --context");
            Err(Held::blocked(reason))
        }
        None => Ok(()),
    }
}

/// A builder would run as root what runs as somebody else here.
pub(super) fn not_as_root(step: &Step, who: &str) -> Result<(), Held> {
    match step.scope.user.as_deref().filter(|user| !matches!(*user, "root" | "0" | "0:0" | "root:root")) {
        Some(user) => {
            let reason = format!("{who} runs as {user} here, and a builder would run it as root; call it before USER");
            Err(Held::blocked_at(reason, step.instruction.span))
        }
        None => Ok(()),
    }
}

/// The environment is found by PATH: whatever sets PATH anew would miss it.
pub(super) fn paths_set_anew(view: &View, first_pip: usize) -> Result<(), Held> {
    let later = view.facts.steps().own().iter().skip(first_pip);
    for step in later.filter(|step| step.is(Keyword::Env)) {
        let mut pairs = step.instruction.pairs().iter();
        if pairs.any(|pair| pair.key == "PATH" && !pair.value.as_deref().unwrap_or_default().contains("PATH")) {
            let reason = "this PATH leaves out what it was before, and so the environment; begin or end it with $PATH";
            return Err(Held::blocked_at(reason, step.instruction.span));
        }
    }
    let start = view.facts.start();
    let commands = view.facts.steps().all.iter().filter(|step| step.is(Keyword::Entrypoint) || step.is(Keyword::Cmd));
    let texts =
        commands.map(|step| step.instruction.rest()).chain(start.scripts.iter().map(|script| script.text.as_str()));
    match texts.filter_map(resets_path).next() {
        Some(program) => {
            Err(Held::blocked(format!("`{program}` at start sets PATH anew, and the environment would not be found")))
        }
        None => Ok(()),
    }
}

/// A login shell, or a program that starts others with a PATH of its own.
fn resets_path(text: &str) -> Option<String> {
    const STARTERS: [&str; 5] = ["su", "sudo", "runuser", "cron", "crond"];
    const SHELLS: [&str; 3] = ["sh", "bash", "ash"];
    let breaks = |ch: char| ch.is_whitespace() || matches!(ch, '"' | '\'' | ',' | '[' | ']' | ';' | '&' | '(');
    let lines = text.lines().filter(|line| !line.trim_start().starts_with('#'));
    let words: Vec<&str> = lines.flat_map(|line| line.split(breaks)).filter(|word| !word.is_empty()).collect();
    let name = |word: &str| word.rsplit('/').next().unwrap_or_default().to_owned();
    let logs_in =
        |word: &str| word == "--login" || (word.starts_with('-') && !word.starts_with("--") && word.contains('l'));
    let starter = words.iter().map(|word| name(word)).find(|name| STARTERS.contains(&name.as_str()));
    starter.or_else(|| {
        let pair = words.windows(2).find(|pair| match pair {
            [shell, option] => SHELLS.contains(&name(shell).as_str()) && logs_in(option),
            _ => false,
        });
        pair.map(|pair| pair.join(" "))
    })
}
