//! Steps that bring a tool which only a build calls.

use super::super::super::chain;
use crate::context::calls;
use crate::dockerfile::Keyword;
use crate::engine::View;
use crate::facts::Step;
use crate::shell::{Command, Word};
use crate::templates::ToolCall;

/// Whether a COPY brings nothing but such a tool: `COPY --from=composer /usr/bin/composer /usr/bin/`.
pub(super) fn copy(view: &View, step: &Step) -> bool {
    let name = |path: &str| path.rsplit('/').next().unwrap_or_default().to_owned();
    let [source] = step.sources()[..] else { return false };
    let comes_from_elsewhere = step.is(Keyword::Copy) && step.instruction.flag("--from").is_some();
    let target = step.instruction.words().last().map_or("", |word| word.text.as_str());
    let program = if target.ends_with('/') { name(source) } else { name(target) };
    comes_from_elsewhere && is_left_behind(view, &program)
}

/// Whether a RUN does nothing but fetch and run the installer of Composer.
pub(super) fn installer(view: &View, step: &Step) -> bool {
    let Some(run) = step.script().filter(|run| run.text().contains("getcomposer.org")) else { return false };
    let mut commands = run.script.commands.iter();
    let is_its_own = commands.all(|command| {
        let call = view.facts.tool_call(command);
        let builds = call.is_some_and(|call| call != ToolCall::IntoTrees);
        let names_it = command.span.of(run.text()).contains("composer");
        !builds && (names_it || chain::only_serves_others(command) || reads_its_input(command))
    });
    is_its_own && is_left_behind(view, "composer")
}

/// Whether a command sets up a tool for those who work in the container.
pub(super) fn sets_up_for_people(view: &View, command: &Command) -> bool {
    let is_build_only = |name: &str| {
        view.facts.input.templates.ecosystems.of_tool(name).is_some_and(|ecosystem| ecosystem.is_build_only(name))
    };
    view.facts.tool_call(command) == Some(ToolCall::IntoTrees)
        && command.program().is_some_and(|it| is_build_only(it.name) && !is_left_behind(view, it.name))
}

/// `php`, or `php -- OPTIONS`: the program comes through a pipe.
fn reads_its_input(command: &Command) -> bool {
    let is_option = |word: &Word| word.literal_start().starts_with('-');
    command.program().is_some_and(|invocation| invocation.name == "php" && invocation.words.iter().all(is_option))
}

/// Whether `program` is a tool that builds here, and that nothing calls when the container runs. A tool that only lies
/// there is for the people who work in the container.
pub(super) fn is_left_behind(view: &View, program: &str) -> bool {
    let ecosystem = view.facts.input.templates.ecosystems.of_tool(program);
    let start = view.facts.start();
    let in_script = |text: &str| text.split_whitespace().any(|word| word == program);
    let commands = view.facts.steps().own().iter().filter_map(Step::script).flat_map(|run| &run.script.commands);
    let mut calls_of_it = commands.filter(|command| command.program().is_some_and(|it| it.name == program));
    ecosystem.is_some_and(|ecosystem| ecosystem.is_build_only(program))
        && calls_of_it.any(|command| view.facts.tool_call(command) == Some(ToolCall::Build))
        && !start.commands.iter().any(|started| started.name == program)
        && !start.scripts.iter().any(|script| in_script(&script.text))
        && !view.facts.ran(program)
        && calls(view.facts.input.context, program).is_empty()
}
