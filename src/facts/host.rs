//! What the container needs of the host or of whoever starts it, and only root may have there.

use super::Input;
use super::start::Start;
use super::steps::Steps;
use crate::context::{Context, built_services, code_lines};
use crate::decision::{Evidence, Place};
use crate::dockerfile::Keyword;

/// Why the container has to start as root, if the host asks for it.
pub(super) fn root_need(steps: &Steps, start: &Start, input: &Input) -> Option<Evidence> {
    let because = |text: &str, place: &dyn Fn() -> Place| {
        input.templates.root.mentioned_in(text).map(|what| Evidence { what: what.to_owned(), place: place() })
    };
    let of_file = || {
        let settings = steps.all.iter().filter(|step| step.is(Keyword::Volume) || step.is(Keyword::Env));
        settings.map(|step| step.instruction).find_map(|it| because(it.rest(), &|| Place::Dockerfile(it.span)))
    };
    let of_commands = || start.commands.iter().find_map(|it| because(&it.evidence().what, &|| it.place.clone()));
    let of_scripts = || start.scripts.iter().find_map(|script| because(&script.text, &|| script.place.clone()));
    let of_context = || {
        let mut lines = code_lines(input.context).chain(built_services(input.context));
        lines.find_map(|(path, line, text)| because(text, &|| Place::Context { path: path.to_owned(), line }))
    };
    of_file().or_else(of_commands).or_else(of_scripts).or_else(of_context).or_else(|| github_action(input.context))
}

/// The image of a GitHub action: the runner gives its workspace to root alone.
fn github_action(context: &Context) -> Option<Evidence> {
    ["action.yml", "action.yaml"].into_iter().find_map(|path| {
        let mut lines = context.text(path)?.lines().zip(1..);
        let (_, line) = lines.find(|(line, _)| {
            let using = line.trim().strip_prefix("using:").map(|value| value.trim().trim_matches(['"', '\'']));
            using == Some("docker")
        })?;
        let what = "GitHub runs the image of an action as root, to whom the workspace belongs".to_owned();
        Some(Evidence { what, place: Place::Context { path: path.to_owned(), line } })
    })
}
