//! The runtime stage stands on the slim variant of its image, with what the program needs of the full one named.

mod jre;

use super::{Transform, place};
use crate::context::calls;
use crate::decision::{Announced, Change, Decision, Evidence, Held, Safety};
use crate::dockerfile::Keyword;
use crate::edit::Edit;
use crate::engine::View;
use crate::facts::{Effect, Step};
use crate::templates::Family;

pub(super) static TRANSFORM: Transform = Transform {
    name: "slim_base",
    page: include_str!("slim_base.md"),
    announced: Announced { touches: &[Keyword::From, Keyword::Run], meaning: &[], stages: 0 },
    plan,
};

fn plan(view: &View) -> Result<Vec<Decision>, Held> {
    if let Some((chain, jre)) = jre::of_final_stage(view) {
        return jre::plan(view, chain, jre);
    }
    let from = place::from(view)?;
    let slim = slim_reference(view)?;
    for step in &view.facts.steps().all {
        refuse_builds(view, step)?;
    }
    let needs = needs(view)?;
    let word = from.words().first().ok_or_else(place::no_stage)?;
    let mut edits = vec![Edit::replace(from.to_file(word.span), slim.clone())];
    let known = Evidence::template("what the full tag carries and the slim one does not", "full-tags.toml");
    edits.extend(install(view, &needs)?);
    Ok(vec![Ok(Change {
        at: from.span,
        edits,
        safety: Safety::Review,
        reason: match needs.as_slice() {
            [] => format!("{slim} is enough: nothing here builds, or calls a program that only the full image has"),
            needs => format!("{slim} is enough, with {} named: the full image carried them", needs.join(", ")),
        },
        because: std::iter::once(known).chain(view.facts.loaded(&needs)).collect(),
        notes: Vec::new(),
    })])
}

/// The slim variant of the final stage's image.
///
/// # Errors
/// Held where there is none, or where the reference is not written out.
pub(super) fn slim_reference(view: &View) -> Result<String, Held> {
    let from = place::from(view)?;
    let base = view.facts.base().ok_or_else(|| Held::satisfied("the base image is a variable without a default"))?;
    let slim = base
        .slim_reference(view.facts.input.templates)
        .ok_or_else(|| Held::satisfied(format!("{} has no slim variant that is known", base.reference)))?;
    let written = from.words().first().map_or("", |word| word.text.as_str());
    if written != base.reference {
        return Err(Held::blocked_at(
            format!("{written} is not written out here; a slim variant of it has to be named where it is"),
            from.span,
        ));
    }
    if base.family != Some(Family::Debian) {
        return Err(Held::satisfied(format!("{} is no Debian image", base.reference)));
    }
    if base.is_pinned {
        let reason = format!(
            "a digest pins the full image; take it out, and {slim} takes its place, which `harden lock` can pin"
        );
        return Err(Held::blocked_at(reason, from.span));
    }
    Ok(slim)
}

/// A stage that still builds keeps its tools.
fn refuse_builds(view: &View, step: &Step) -> Result<(), Held> {
    let odd = view.facts.effects(step).iter().find_map(|effect| match effect {
        Effect::Install(call) => Some(format!("{} may compile what it installs here", call.installer)),
        Effect::Build(program) => Some(format!("`{program}` may need the full image's compilers and headers")),
        Effect::Unknown(why) => Some(format!("this line may need something of the full image: {why}")),
        _ => None,
    });
    match odd {
        Some(reason) => Err(Held::blocked_at(reason, step.instruction.span)),
        None => Ok(()),
    }
}

/// The Debian packages that the slim image lacks and the program, or a line that stays, needs.
///
/// # Errors
/// Held where a program of the tool chain is called, or where what the program needs is not at hand.
pub(super) fn needs(view: &View) -> Result<Vec<String>, Held> {
    let mut needs = programs(view)?;
    needs.extend(libraries(view)?);
    needs.extend(view.facts.loaded_packages().map(str::to_owned));
    needs.sort();
    needs.dedup();
    let installed = view.facts.steps().all.iter().flat_map(|step| view.facts.effects(step));
    let installed: Vec<&str> = installed
        .filter_map(Effect::packages)
        .flat_map(|command| command.packages.iter().map(|package| package.name.as_str()))
        .collect();
    needs.retain(|package| !installed.contains(&package.as_str()));
    Ok(needs)
}

/// Packages of the programs that are called when the container runs or when it is probed.
fn programs(view: &View) -> Result<Vec<String>, Held> {
    let full = &view.facts.input.templates.full_tags;
    let mut needs = Vec::new();
    for program in full.programs() {
        let packages = full.packages_for(program).unwrap_or_default();
        let Some(place) = call(view, program) else { continue };
        if packages.is_empty() {
            return Err(Held::blocked(format!(
                "{place} calls {program}, which belongs to the tool chain of the full image"
            )));
        }
        needs.extend(packages.iter().cloned());
    }
    Ok(needs)
}

/// Where `program` is called: at start, by the health check, by a RUN line, by what was observed, or in the sources.
fn call(view: &View, program: &str) -> Option<String> {
    let start = view.facts.start();
    if let Some(started) = start.commands.iter().find(|started| started.name == program) {
        return Some(format!("the start ({})", started.program));
    }
    let words =
        |text: &str| text.split(|ch: char| !ch.is_ascii_alphanumeric() && ch != '-').any(|word| word == program);
    if start.scripts.iter().any(|script| words(&script.text)) {
        return Some("a start script".into());
    }
    let probes = |step: &&Step| step.is(Keyword::Healthcheck) && words(step.instruction.rest());
    if view.facts.steps().all.iter().any(|step| probes(&step)) {
        return Some("the health check".into());
    }
    if let Some(step) = view.facts.steps().all.iter().find(|step| step.calls(program)) {
        return Some(format!("line {}", view.dockerfile.line(step.instruction.span.start)));
    }
    if view.facts.ran(program) {
        return Some("the container".into());
    }
    calls(view.facts.input.context, program).first().map(|(file, line)| format!("{file}:{line}"))
}

/// Libraries that packages of the program's language load and only the full image carries.
fn libraries(view: &View) -> Result<Vec<String>, Held> {
    let mut needs = Vec::new();
    for requirement in view.facts.requirements().map_err(|missing| not_at_hand(&missing))? {
        let Some(package) = python_package(view, &requirement) else { continue };
        needs.extend(package.runtime.iter().cloned());
        needs.extend(behind_headers(view, &requirement, &package.headers)?);
    }
    let ecosystem = view.facts.base().and_then(|base| view.facts.input.templates.ecosystems.of_image(&base.name));
    let Some(ecosystem) = ecosystem else { return Ok(needs) };
    let named = match view.facts.manifest_packages(ecosystem) {
        Some(named) => named,
        None if view.facts.input.context.is_complete() => Vec::new(),
        None => return Err(not_at_hand(&ecosystem.manifests.join(" or "))),
    };
    for name in named {
        let Some(package) = ecosystem.package(&name) else { continue };
        if let Some(why) = &package.hold {
            return Err(Held::blocked(format!("{name} needs what can't be told from the outside: {why}")));
        }
        needs.extend(package.runtime.iter().cloned());
        needs.extend(behind_headers(view, &name, &package.headers)?);
    }
    Ok(needs)
}

fn not_at_hand(missing: &str) -> Held {
    Held::blocked(format!(
        "{missing} is not at hand, so what it needs of the full image is not known; give its folder with --context"
    ))
}

/// The run-time libraries behind the `-dev` packages that `package` is compiled with.
fn behind_headers(view: &View, package: &str, headers: &[String]) -> Result<Vec<String>, Held> {
    let suite = view.facts.base().and_then(|base| base.suite.as_deref());
    let mut libraries = Vec::new();
    for header in headers {
        let suite = suite.ok_or_else(|| {
            Held::blocked(format!(
                "{package} needs the library behind {header}, and the release of the image is not known"
            ))
        })?;
        let known = view.facts.input.templates.runtime_packages(suite, header);
        libraries.extend(known.ok_or_else(|| {
            Held::blocked(format!("the run-time library of {header}, which {package} needs, is not known on {suite}"))
        })?);
    }
    Ok(libraries)
}

/// What is known of a requirement; `psycopg[binary]` is what `psycopg-binary` is.
fn python_package<'v>(view: &'v View, requirement: &str) -> Option<&'v crate::templates::PythonPackage> {
    let python = &view.facts.input.templates.python;
    let (name, extras) = requirement.split_once('[').unwrap_or((requirement, ""));
    let mut extras = extras.trim_end_matches(']').split(',').map(str::trim);
    extras.find_map(|extra| python.package(&format!("{name}-{extra}"))).or_else(|| python.package(name))
}

/// One RUN that brings the packages, before the first line that could need them.
fn install(view: &View, needs: &[String]) -> Result<Option<Edit>, Held> {
    const SETTING: [Keyword; 6] =
        [Keyword::Env, Keyword::Arg, Keyword::Workdir, Keyword::Shell, Keyword::Label, Keyword::Maintainer];
    if needs.is_empty() {
        return Ok(None);
    }
    let text = format!(
        "# What the full image carried and the program needs\n\
         RUN apt-get update && apt-get install --no-install-recommends -y {} {}\n    && rm -rf /var/lib/apt/lists/*\n",
        needs.join(" "),
        view.dockerfile.escape()
    );
    let steps = view.facts.steps().own();
    match steps.iter().find(|step| !SETTING.contains(&step.instruction.keyword())) {
        Some(step) => Ok(Some(place::before(view, step.instruction, &text))),
        None => place::behind_the_work(view, &text).map(Some),
    }
}
