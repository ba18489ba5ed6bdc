//! A HEALTHCHECK by the interpreter that the image certainly has.

use super::{Transform, owner, place};
use crate::decision::{Announced, Change, Decision, Held, Meaning, Safety};
use crate::dockerfile::Keyword;
use crate::engine::View;
use crate::templates::{ProbeTarget, Timing};

pub(super) static TRANSFORM: Transform = Transform {
    name: "add_healthcheck",
    page: include_str!("add_healthcheck.md"),
    announced: Announced { touches: &[Keyword::Healthcheck], meaning: &[Meaning::Healthcheck], stages: 0 },
    plan,
};

fn plan(view: &View) -> Result<Vec<Decision>, Held> {
    if let Some(step) = view.facts.steps().all.iter().rev().find(|step| step.is(Keyword::Healthcheck)) {
        let is_none = step.instruction.rest().eq_ignore_ascii_case("none");
        let has = if is_none { "the file wants no health check" } else { "the file has a HEALTHCHECK" };
        return Err(Held::satisfied(has));
    }
    if let Some(because) = view.facts.worker() {
        return Err(Held::satisfied(because));
    }
    if !view.facts.start().is_given && !view.facts.listened() {
        return Err(Held::blocked(nothing_starts(view)));
    }
    let port = view.facts.port_or_why().map_err(Held::blocked)?;
    let path = view.facts.health_path();
    let target = ProbeTarget {
        port: port.value.number,
        variable: port.value.variable.as_deref(),
        path: path.as_ref().map(|path| path.value.as_str()),
    };
    let health = &view.facts.input.templates.health;
    let command = health.probe(&target, |program| view.facts.has_program(program)).ok_or_else(|| {
        Held::blocked(
            "no program is known to be in the image that could ask the port: a probe needs an interpreter or a shell",
        )
    })?;
    let timing = health.timing(migrates_first(view)).ok_or_else(|| Held::blocked("the templates have no timing"))?;
    let edit = place::before_the_command(view, &text(view, &command, timing))?;
    let what = match target.path {
        Some(path) => format!("answers {path} on port {}", target.port),
        None => format!("accepts connections on port {}", target.port),
    };
    let mut because = port.because;
    because.extend(path.into_iter().flat_map(|path| path.because));
    Ok(vec![Ok(Change {
        at: owner::stage_span(view),
        edits: vec![edit],
        safety: Safety::Review,
        reason: format!("the container is healthy while it {what}"),
        because,
        notes: Vec::new(),
    })])
}

fn nothing_starts(view: &View) -> String {
    match view.facts.base().filter(|base| base.image().is_some_and(|image| image.keep_user.is_some())) {
        Some(base) => {
            format!("what runs is the command of {}, and no probe for it is known; write a HEALTHCHECK", base.name)
        }
        None => "the file has no CMD or ENTRYPOINT: what runs is decided elsewhere".into(),
    }
}

fn text(view: &View, command: &[String], timing: &Timing) -> String {
    let json = serde_json::to_string(command).unwrap_or_default().replace("\",\"", "\", \"");
    format!(
        "HEALTHCHECK --interval={} --timeout={} --start-period={} --retries={} {}\n    CMD {json}\n",
        timing.interval,
        timing.timeout,
        timing.start_period,
        timing.retries,
        view.dockerfile.escape()
    )
}

/// Whether a job runs to its end before the server starts: a migration takes the longer, the more data there are.
fn migrates_first(view: &View) -> bool {
    let python = &view.facts.input.templates.python;
    view.facts.start().commands.iter().any(|started| {
        let (program, words) = started.application();
        python.worker(program, &words).is_some() || matches!((program, words.as_slice()), ("flask", ["db", ..]))
    })
}
