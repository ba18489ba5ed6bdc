//! The lines that leave the runtime stage, and those that come.

use super::super::super::trim_packages::empties_package_caches;
use super::super::super::{chain, place};
use super::programs::Program;
use super::refusals;
use crate::decision::Held;
use crate::edit::Edit;
use crate::engine::View;
use crate::facts::sources::Datum;
use crate::facts::{Effect, Step};
use crate::shell::Command;

/// Takes a step out.
pub(super) fn without(view: &View, step: &Step) -> Edit {
    Edit::delete(place::whole(view, step.instruction))
}

/// The line that brings the certificate authorities to a plain Debian image, with the libraries where there are any.
pub(super) fn certificates(view: &View, builder: &str, runtime: &str, libraries: &[String]) -> String {
    if !libraries.is_empty() {
        let mut packages: Vec<&str> = libraries.iter().map(String::as_str).chain(["ca-certificates"]).collect();
        packages.sort_unstable();
        return format!(
            "# What the program is linked with, and {runtime} does not have\n\
             RUN apt-get update && apt-get install --no-install-recommends -y {} {}\n    && rm -rf /var/lib/apt/lists/*\n",
            packages.join(" "),
            view.dockerfile.escape()
        );
    }
    if !runtime.starts_with("debian:") || view.facts.has_program("ca-certificates") {
        return String::new();
    }
    format!(
        "# The certificate authorities, which {runtime} does not have\n\
         COPY --from={builder} /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/\n"
    )
}

/// The lines that bring what the builder made: what the program may read, the program.
pub(super) fn copies(builder: &str, data: &[(&Step, Vec<Datum>)], programs: &[Program]) -> String {
    let mut out = String::new();
    let data: String = data.iter().map(|(step, data)| data_lines(builder, step, data)).collect();
    if !data.is_empty() {
        out.push_str("# What the program may read\n");
        out.push_str(&data);
    }
    out.push_str("# The program, as the builder made it\n");
    for program in programs {
        out.push_str(&format!("COPY --from={builder} {} {}\n", program.built, program.run));
    }
    out
}

/// A line for each folder, and one for all files that lie together.
fn data_lines(builder: &str, step: &Step, data: &[Datum]) -> String {
    let owner = step.instruction.flag("--chown").and_then(|flag| flag.value.as_deref());
    let owner = owner.map(|owner| format!("--chown={owner} ")).unwrap_or_default();
    let copy = |from: &str, to: &str| format!("COPY --from={builder} {owner}{from} {to}\n");
    let mut folders: Vec<String> = Vec::new();
    let mut files: Vec<(&str, Vec<&str>)> = Vec::new();
    for datum in data {
        let (above, _) = datum.path.rsplit_once('/').unwrap_or_default();
        match files.iter_mut().find(|(folder, _)| *folder == above) {
            _ if datum.is_folder => folders.push(copy(&datum.path, &datum.path)),
            Some((_, together)) => together.push(&datum.path),
            None => files.push((above, vec![&datum.path])),
        }
    }
    let files = files.into_iter().map(|(folder, files)| match files.as_slice() {
        [file] => copy(file, file),
        files => copy(&files.join(" "), &format!("{folder}/")),
    });
    folders.into_iter().chain(files).collect()
}

/// Takes the build out of a step: the commands at the indexes for which `builds` holds, and what serves them.
/// `replacement`, whole lines, stands in its place.
pub(super) fn without_build(
    view: &View,
    step: &Step,
    builds: impl Fn(usize) -> bool,
    programs: &[Program],
    replacement: &str,
) -> Result<Vec<Edit>, Held> {
    let blocked = || chain::not_apart(step, "the build stands");
    let run = step.script().ok_or_else(blocked)?;
    let effects = view.facts.effects(step);
    let commands: Vec<(&Command, &Effect)> = run.script.commands.iter().zip(effects).collect();
    let goes =
        |at: usize| builds(at) || commands.get(at).is_some_and(|(command, _)| serves_the_build(command, programs));
    let only_serves = |command: &Command| chain::only_serves_others(command) || empties_package_caches(view, command);
    let staying: Vec<&(&Command, &Effect)> = (0..commands.len())
        .filter(|&at| !goes(at))
        .filter_map(|at| commands.get(at))
        .filter(|(command, _)| !only_serves(command))
        .collect();
    if staying.is_empty() {
        let span = if replacement.is_empty() {
            place::whole(view, step.instruction)
        } else {
            view.facts.block(step.instruction.span)
        };
        return Ok(vec![Edit::replace(span, place::spelled(view, replacement))]);
    }
    if let Some(reason) = staying.iter().find_map(|(command, effect)| refusals::of_build(command, effect)) {
        return Err(Held::blocked_at(reason, step.instruction.span));
    }
    let items = &run.script.items;
    let leaves: Vec<bool> = items.iter().map(|item| item.command.is_some_and(goes)).collect();
    let found = leaves.iter().filter(|leaves| **leaves).count();
    if found != (0..commands.len()).filter(|&at| goes(at)).count() {
        return Err(blocked());
    }
    let mut edits = chain::without(run, &leaves).ok_or_else(blocked)?;
    if !replacement.is_empty() {
        edits.push(place::behind(view, step.instruction, replacement));
    }
    Ok(edits)
}

/// What prepares a build, or works on what it made: it has no business where the sources are not.
fn serves_the_build(command: &Command, programs: &[Program]) -> bool {
    let Some(invocation) = command.program() else { return false };
    let starts = |start: &str| invocation.words.iter().any(|word| word.literal_start().starts_with(start));
    let last = invocation.words.last().and_then(|word| word.value.as_deref()).unwrap_or_default();
    let is_program = || programs.iter().any(|program| program.built.ends_with(last.trim_start_matches("./")));
    match invocation.name {
        "cd" => true,
        "rm" => !starts("/var/"),
        "chmod" => !last.is_empty() && is_program(),
        _ => false,
    }
}
