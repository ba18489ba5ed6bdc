//! The lines that leave the runtime stage, and those that come.

use super::super::super::trim_packages::empties_package_caches;
use super::super::super::{chain, place};
use super::programs::Program;
use super::refusals;
use crate::decision::Held;
use crate::edit::Edit;
use crate::engine::View;
use crate::facts::sources::Datum;
use crate::facts::{Effect, Step, go};
use crate::shell::Command;

/// Takes a step out.
pub(super) fn without(view: &View, step: &Step) -> Edit {
    Edit::delete(place::whole(view, step.instruction))
}

/// The lines that bring what the builder made: certificates, what the program may read, the program.
pub(super) fn copies(
    view: &View,
    builder: &str,
    runtime: &str,
    data: &[(&Step, Vec<Datum>)],
    programs: &[Program],
) -> String {
    let mut out = String::new();
    if runtime.starts_with("debian:") && !view.facts.has_program("ca-certificates") {
        out.push_str(&format!(
            "# The certificate authorities, which {runtime} does not have\n\
             COPY --from={builder} /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/\n"
        ));
    }
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

/// Takes the build out of a step; `replacement`, whole lines, stands in its place.
pub(super) fn without_build(
    view: &View,
    step: &Step,
    programs: &[Program],
    replacement: &str,
) -> Result<Vec<Edit>, Held> {
    let blocked = || chain::not_apart(step, "the build stands");
    let run = step.script().ok_or_else(blocked)?;
    let go = &view.facts.input.templates.go;
    let effects = view.facts.effects(step);
    let commands: Vec<(&Command, &Effect)> = run.script.commands.iter().zip(effects).collect();
    let goes = |(command, effect): &(&Command, &Effect)| go::is_call(effect, go) || serves_the_build(command, programs);
    let stays = |(command, effect): &&(&Command, &Effect)| {
        !goes(&(*command, *effect)) && !chain::only_serves_others(command) && !empties_package_caches(view, command)
    };
    if !commands.iter().any(|command| stays(&command)) {
        let span = if replacement.is_empty() {
            place::whole(view, step.instruction)
        } else {
            view.facts.block(step.instruction.span)
        };
        return Ok(vec![Edit::replace(span, place::spelled(view, replacement))]);
    }
    if let Some(reason) =
        commands.iter().filter(stays).find_map(|(command, effect)| refusals::of_build(command, effect))
    {
        return Err(Held::blocked_at(reason, step.instruction.span));
    }
    let items = &run.script.items;
    let leaves: Vec<bool> =
        items.iter().map(|item| item.command.and_then(|at| commands.get(at)).is_some_and(goes)).collect();
    let found = leaves.iter().filter(|leaves| **leaves).count();
    if found != commands.iter().filter(|command| goes(command)).count() {
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
