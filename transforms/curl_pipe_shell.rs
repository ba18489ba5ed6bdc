//! Advice for `curl … | sh`: a checksum holds what is run to what was read.

use super::commands::Site;
use super::{Transform, commands};
use crate::decision::{Announced, Change, Decision, Evidence, Held, Safety};
use crate::engine::View;
use crate::shell::{Command, Invocation, Joined, Scope, Word};
use crate::templates::Family;

pub(super) static TRANSFORM: Transform = Transform {
    name: "curl_pipe_shell",
    page: include_str!("curl_pipe_shell.md"),
    announced: Announced { touches: &[], meaning: &[], stages: 0 },
    plan,
};

const SHELLS: [&str; 5] = ["sh", "bash", "dash", "ash", "zsh"];

/// Interpreters without their version. A word of theirs that is no `-` makes the input data and no program.
const INTERPRETERS: [&str; 4] = ["python", "perl", "ruby", "node"];

/// Where the patch puts the script.
const FILE: &str = "/tmp/install";

fn plan(view: &View) -> Result<Vec<Decision>, Held> {
    commands::each(view, "nothing is run that was just fetched", |site| {
        let fetch = site.command.program().filter(|invocation| matches!(invocation.name, "curl" | "wget"))?;
        let runner = runner(site)?;
        Some(Ok(advice(view, site, &fetch, &runner)))
    })
}

/// What runs the script that a command fetches, as written.
struct Runner {
    /// The interpreter with what stands before it and its options.
    program: String,
    /// The words that the script is given.
    arguments: String,
}

/// The interpreter at the end of the pipe that a command begins, or around the substitution that it is in.
fn runner(site: &Site) -> Option<Runner> {
    let commands = &site.run.script.commands;
    if site.command.scope == Scope::Substitution {
        let around = commands
            .iter()
            .find(|command| command.span.contains(site.command.span) && command.span != site.command.span)?;
        return of_substitution(site, around);
    }
    let next = commands.iter().find(|command| command.span.start >= site.command.span.end)?;
    if next.joined == Joined::Pipe { of_pipe(site, next) } else { None }
}

/// `| sh -s -- words`.
fn of_pipe(site: &Site, command: &Command) -> Option<Runner> {
    let invocation = command.program()?;
    let is_shell = SHELLS.contains(&invocation.name);
    if !is_shell && !is_interpreter(invocation.name) {
        return None;
    }
    let mut options: Vec<&Word> = Vec::new();
    let mut words = invocation.words.iter();
    for word in words.by_ref() {
        let value = word.literal_start();
        match value {
            "-" | "-s" | "/dev/stdin" => break,
            _ if is_shell && value.starts_with('-') && !value.contains(['c', 'o']) => options.push(word),
            _ => return None,
        }
    }
    let arguments: Vec<&Word> = words.skip_while(|word| word.is("--")).collect();
    Some(Runner {
        program: [before(site, command, &invocation), raw(site, &options)].concat(),
        arguments: raw(site, &arguments),
    })
}

/// `sh -c "$(curl …)" name words` and `bash <(curl …) words`.
fn of_substitution(site: &Site, command: &Command) -> Option<Runner> {
    let invocation = command.program().filter(|invocation| SHELLS.contains(&invocation.name))?;
    let at = invocation.words.iter().position(|word| word.span.contains(site.command.span))?;
    let (options, rest) = invocation.words.split_at_checked(at)?;
    let (script, words) = rest.split_first()?;
    let text = script.span.of(site.run.text()).trim_matches('"');
    let starts = |opening: &str| {
        let inner = text.strip_prefix(opening).and_then(|inner| inner.strip_suffix(')'));
        inner.is_some_and(|inner| inner.trim() == site.command.span.of(site.run.text()))
    };
    let named = usize::from(starts("$("));
    let is_script = match options {
        [option] if starts("$(") => option.is("-c"),
        [] => starts("<("),
        _ => false,
    };
    let arguments: Vec<&Word> = words.iter().skip(named).collect();
    is_script.then(|| Runner { program: before(site, command, &invocation), arguments: raw(site, &arguments) })
}

fn is_interpreter(name: &str) -> bool {
    INTERPRETERS.contains(&name.trim_end_matches(|ch: char| ch.is_ascii_digit() || ch == '.'))
}

/// A command up to its program, with the assignments and the `sudo` before that.
fn before(site: &Site, command: &Command, invocation: &Invocation) -> String {
    let text = site.run.text().get(command.span.start..invocation.program.span.end).unwrap_or_default();
    text.split_whitespace().collect::<Vec<&str>>().join(" ")
}

/// Words as written, a blank before each.
fn raw(site: &Site, words: &[&Word]) -> String {
    words.iter().map(|word| format!(" {}", word.span.of(site.run.text()))).collect()
}

fn advice(view: &View, site: &Site, fetch: &Invocation, runner: &Runner) -> Change {
    let at = site.step.instruction.span;
    let address = address(site, fetch);
    let save = if fetch.name == "wget" { "wget -qO" } else { "curl -fsSLo" };
    let print = if fetch.name == "wget" { "wget -qO-" } else { "curl -fsSL" };
    let Runner { program, arguments } = runner;
    let mut notes = vec![
        format!("{save} {FILE} {address} \\"),
        format!("&& echo \"SHA256  {FILE}\" | sha256sum -c - \\"),
        format!("&& {program} {FILE}{arguments} && rm {FILE}"),
        format!("SHA256 is what `{print} {address} | sha256sum` says of the script that you have read"),
    ];
    notes.extend(pipefail(view, site));
    Change {
        at,
        edits: Vec::new(),
        safety: Safety::Advice,
        reason: "whatever that address answers is run; a checksum holds it to what somebody has read".into(),
        because: vec![Evidence::dockerfile(format!("{program} runs what {} fetches", fetch.name), at)],
        notes,
    }
}

/// The address that is fetched, as written.
fn address<'s>(site: &'s Site, fetch: &Invocation) -> &'s str {
    let mut words = fetch.words.iter().map(|word| word.span.of(site.run.text()));
    let last = words.clone().rfind(|word| !word.starts_with('-'));
    words.find(|word| word.contains("://")).or(last).unwrap_or("URL")
}

/// How a failed download fails the build where it stays in a pipe: by a shell that the image certainly has.
fn pipefail(view: &View, site: &Site) -> Option<String> {
    let base = view.facts.image_below(site.stage)?;
    let chosen = site.step.scope.shell.as_ref();
    let is_set = chosen.is_some_and(|words| words.iter().any(|word| word.contains("pipefail")))
        || site.step.instruction.logical.text().contains("pipefail");
    if is_set || site.command.scope == Scope::Substitution {
        return None;
    }
    let shell = match base.family {
        Some(Family::Alpine) => r#"SHELL ["/bin/ash", "-eo", "pipefail", "-c"]"#,
        _ if base.has_program("bash") => r#"SHELL ["/bin/bash", "-o", "pipefail", "-c"]"#,
        _ => return None,
    };
    Some(format!("as long as it is a pipe: `{shell}` before it, or a failed download goes unnoticed"))
}
