//! A stage on a JDK that only runs what was built elsewhere: the JRE of the same version and suite is enough.

use super::super::split_stages::programs_left_behind;
use super::{place, refuse_builds};
use crate::decision::{Change, Decision, Evidence, Held, Safety};
use crate::dockerfile::image::ImageRef;
use crate::edit::Edit;
use crate::engine::View;
use crate::facts::{Effect, Step};
use crate::templates::ToolChain;

/// The JRE of the name, version and suite of the JDK that the final stage starts from.
pub(super) fn of_final_stage<'v>(view: &'v View) -> Option<(&'v ToolChain, String)> {
    let chain = view.facts.tool_chain().filter(|chain| chain.runs_too)?;
    let written = &view.facts.final_stage()?.stage.from.words().first()?.text;
    let base = view.facts.base()?;
    let tag = ImageRef::parse(written).tag.filter(|_| !written.contains('@'))?;
    let jre = chain.runtime(&base.name, tag)?;
    jre.starts_with(&format!("{}:", base.name)).then_some((chain, jre))
}

pub(super) fn plan(view: &View, chain: &ToolChain, jre: String) -> Result<Vec<Decision>, Held> {
    let from = place::from(view)?;
    let word = from.words().first().ok_or_else(place::no_stage)?;
    for step in &view.facts.steps().all {
        refuse_builds(view, step)?;
        refuse_path_of_jdk(step)?;
        refuse_other_programs(view, step)?;
    }
    refuse_start(view)?;
    refuse_tools(view, chain, &jre)?;
    refuse_sources(view, &jre)?;
    Ok(vec![Ok(Change {
        at: from.span,
        edits: vec![Edit::replace(from.to_file(word.span), jre.clone())],
        safety: Safety::Review,
        reason: format!("{jre} is enough: nothing here compiles, or calls a program that only the JDK has"),
        because: vec![Evidence::template("what the JDK has and the JRE has not", "ecosystems/java.toml")],
        notes: Vec::new(),
    })])
}

/// A JDK of version 8 has its JRE in a folder `jre`, and a JRE has not.
fn refuse_path_of_jdk(step: &Step) -> Result<(), Held> {
    if step.instruction.logical.text().contains("/jre/") {
        return Err(Held::blocked_at("this line names a path of the JDK", step.instruction.span));
    }
    Ok(())
}

/// A server that is fetched or copied from elsewhere, and the pages that one compiles when they are asked for.
fn refuse_other_programs(view: &View, step: &Step) -> Result<(), Held> {
    let at = |reason: &str| Err(Held::blocked_at(reason, step.instruction.span));
    let is_of_file = |name: &str| {
        view.facts.stages.iter().any(|stage| stage.stage.name().as_deref() == Some(name))
            || name.parse::<usize>().is_ok()
    };
    let from = step.instruction.flag("--from").and_then(|flag| flag.value.as_deref());
    if view.facts.effects(step).contains(&Effect::Fetch)
        || step.sources().iter().any(|source| source.contains("://"))
        || from.is_some_and(|name| !is_of_file(&name.to_ascii_lowercase()))
    {
        return at("this line brings something from elsewhere, and it is not known what of the JDK that needs");
    }
    if step.instruction.logical.text().contains(".war") {
        return at("a .war may hold pages that a server compiles with the JDK");
    }
    Ok(())
}

fn refuse_start(view: &View) -> Result<(), Held> {
    let start = view.facts.start();
    if let Some(missing) = &start.missing {
        return Err(Held::blocked(format!(
            "{missing} runs at start and is not at hand; give its folder with --context"
        )));
    }
    if start.commands.iter().any(|started| started.name == "java") {
        return Ok(());
    }
    Err(Held::blocked("nothing is known to start `java`, so what is needed of the JDK is not known"))
}

fn refuse_tools(view: &View, chain: &ToolChain, jre: &str) -> Result<(), Held> {
    programs_left_behind(view, chain, jre)?;
    for step in &view.facts.steps().all {
        let mut commands = step.script().into_iter().flat_map(|run| &run.script.commands);
        let names = |command: &crate::shell::Command| command.program().map(|invocation| invocation.name.to_owned());
        if let Some(name) =
            commands.find_map(|command| names(command).filter(|name| chain.programs().any(|one| one == name)))
        {
            return Err(Held::blocked_at(
                format!("`{name}` is called here, and {jre} lacks it"),
                step.instruction.span,
            ));
        }
    }
    Ok(())
}

fn refuse_sources(view: &View, jre: &str) -> Result<(), Held> {
    if !view.facts.has_code() {
        return Err(Held::blocked(format!(
            "no source of the program is at hand, so it is not known whether {jre} is enough; give their folder with --context"
        )));
    }
    match view.facts.use_of_tool_chain() {
        Some(evidence) => Err(Held::blocked(format!("the program needs {}, which {jre} lacks", evidence.what))),
        None => Ok(()),
    }
}
