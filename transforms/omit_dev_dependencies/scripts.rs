//! The scripts of package.json that run when packages are installed.

use super::super::node::Install;
use super::kept::{Fate, Kept};
use crate::decision::Held;
use crate::engine::View;
use crate::shell::{Command, Joined};

/// The scripts that an install runs, in order.
const AT_INSTALL: [&str; 7] =
    ["preinstall", "install", "postinstall", "prepublish", "preprepare", "prepare", "postprepare"];

/// Whether an install without development dependencies has to ignore scripts, because one calls what goes; an error where that
/// would lose something.
pub(super) fn at_install(view: &View, kept: &Kept, install: &Install) -> Result<bool, Held> {
    if install.has("--ignore-scripts") {
        return Ok(false);
    }
    let scripts = AT_INSTALL.iter().filter_map(|name| Some((*name, kept.manifest.scripts.get(*name)?)));
    let mut ignores = None;
    let mut others = Vec::new();
    for (name, text) in scripts {
        match calls_what_goes(view, kept, text) {
            Called::Nothing => others.push(name),
            Called::Hooks => ignores = Some(name),
            Called::Package(program) => {
                let reason = format!("the script `{name}` of package.json calls {program}, which may be gone");
                return Err(Held::blocked_at(reason, install.step.instruction.span));
            }
        }
    }
    let Some(name) = ignores else { return Ok(false) };
    if others.is_empty() && !kept.needs_scripts() {
        return Ok(true);
    }
    let reason = format!(
        "the script `{name}` of package.json sets up git hooks by a development dependency, and other scripts have to run; \
         end it with `|| true`"
    );
    Err(Held::blocked_at(reason, install.step.instruction.span))
}

/// What a script calls.
enum Called {
    Nothing,
    /// A program that sets up hooks of git, and nothing else.
    Hooks,
    /// A program that may be gone.
    Package(String),
}

fn calls_what_goes(view: &View, kept: &Kept, text: &str) -> Called {
    const PRESENT: [&str; 8] = ["node", "npm", "echo", "true", "exit", "test", "[", "cd"];
    let Ok(script) = view.facts.input.script(text) else { return Called::Package("what is not known".into()) };
    let forgives = |command: &Command| {
        command.joined == Joined::Or && command.program().is_some_and(|it| matches!(it.name, "true" | "exit" | "echo"))
    };
    if script.commands.last().is_some_and(forgives) {
        return Called::Nothing;
    }
    let mut found = Called::Nothing;
    for command in &script.commands {
        let Some(invocation) = command.program() else { return Called::Package("what is not known".into()) };
        let runs_script = invocation.name == "npm" && invocation.words.iter().any(|word| word.is("run"));
        if PRESENT.contains(&invocation.name) && !runs_script {
            continue;
        }
        if kept.ecosystem.is_some_and(|ecosystem| ecosystem.sets_up_git_hooks(invocation.name)) {
            found = Called::Hooks;
            continue;
        }
        let stays = kept.package_of(invocation.name).is_some_and(|package| kept.fate(&package) == Fate::Stays);
        if !stays {
            return Called::Package(format!("`{}`", invocation.name));
        }
    }
    found
}
