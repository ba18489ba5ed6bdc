//! Where a new instruction goes in the final stage, and how it is set off from its neighbours.

use crate::decision::Held;
use crate::dockerfile::{Dockerfile, Instruction, ItemKind, Keyword};
use crate::edit::{Edit, Span};
use crate::engine::View;
use crate::facts::{Run, Step};

/// The FROM of the final stage.
pub(in crate::transforms) fn from<'v>(view: &'v View) -> Result<&'v Instruction, Held> {
    view.facts.final_stage().map(|stage| stage.stage.from).ok_or_else(no_stage)
}

pub(in crate::transforms) fn no_stage() -> Held {
    Held::satisfied("there is no stage")
}

/// `text`, whole lines, with its keywords in the case that the file has.
pub(in crate::transforms) fn spelled(view: &View, text: &str) -> String {
    let is_lower = |from: &Instruction| from.parts.name.chars().all(char::is_lowercase);
    if !view.facts.final_stage().is_some_and(|stage| is_lower(stage.stage.from)) {
        return text.to_owned();
    }
    let lowered = |line: &str| {
        let end = line
            .find(' ')
            .filter(|&end| line.get(..end).is_some_and(|word| word.bytes().all(|byte| byte.is_ascii_uppercase())));
        let (keyword, rest) = line.split_at(end.unwrap_or(0));
        format!("{}{rest}", keyword.to_ascii_lowercase())
    };
    text.split_inclusive('\n').map(lowered).collect()
}

/// `keyword` in the case that `instruction` has.
pub(in crate::transforms) fn in_case_of(instruction: &Instruction, keyword: Keyword) -> String {
    let is_lower = instruction.parts.name.chars().all(|ch| ch.is_ascii_lowercase());
    if is_lower { keyword.as_str().to_ascii_lowercase() } else { keyword.as_str().to_owned() }
}

/// Puts `text`, whole lines, before `instruction` and the comments that belong to it.
pub(in crate::transforms) fn before(view: &View, instruction: &Instruction, text: &str) -> Edit {
    let text = spelled(view, text);
    let block = view.facts.block(instruction.span);
    let gap = if follows_blank(view.dockerfile, block.start) { "\n" } else { "" };
    Edit::insert(block.start, format!("{text}{gap}"))
}

/// Puts `text`, whole lines, behind `instruction`.
pub(in crate::transforms) fn behind(view: &View, instruction: &Instruction, text: &str) -> Edit {
    let text = spelled(view, text);
    let end = instruction.span.end;
    let ends_line = instruction.span.of(view.dockerfile.text()).ends_with('\n');
    let gap = if follows_blank(view.dockerfile, view.facts.block(instruction.span).start) { "\n" } else { "" };
    if ends_line {
        return Edit::insert(end, format!("{gap}{text}"));
    }
    Edit::insert(end, format!("\n{gap}{}", text.trim_end_matches('\n')))
}

/// Before the ENTRYPOINT and CMD that end the stage, or at its end.
pub(in crate::transforms) fn before_the_command(view: &View, text: &str) -> Result<Edit, Held> {
    at_the_end(view, &[Keyword::Entrypoint, Keyword::Cmd], text)
}

/// Before the lines that end the stage and say how the container starts, stops and is looked after; or at its end.
pub(in crate::transforms) fn before_the_epilogue(view: &View, text: &str) -> Result<Edit, Held> {
    at_the_end(view, &[Keyword::Stopsignal, Keyword::Healthcheck, Keyword::Entrypoint, Keyword::Cmd], text)
}

fn at_the_end(view: &View, behind: &[Keyword], text: &str) -> Result<Edit, Held> {
    let steps = view.facts.steps().own();
    let tail = steps.get(tail_start(steps)..).unwrap_or_default();
    before_or_last(view, tail.iter().find(|step| behind.contains(&step.instruction.keyword())), text)
}

/// Behind everything that changes files, before what only describes the container.
pub(in crate::transforms) fn behind_the_work(view: &View, text: &str) -> Result<Edit, Held> {
    let steps = view.facts.steps().own();
    before_or_last(view, steps.get(tail_start(steps)), text)
}

fn before_or_last(view: &View, step: Option<&Step>, text: &str) -> Result<Edit, Held> {
    if let Some(step) = step {
        return Ok(before(view, step.instruction, text));
    }
    let last = view.facts.steps().own().last().map_or_else(|| from(view), |step| Ok(step.instruction))?;
    if goes_on(view.dockerfile, last) {
        let reason = "this line ends in a continuation, which would swallow what is added behind it; end it";
        return Err(Held::blocked_at(reason, last.span));
    }
    Ok(behind(view, last, text))
}

/// Whether the last line of an instruction asks for another one, which the file does not have.
fn goes_on(dockerfile: &Dockerfile, instruction: &Instruction) -> bool {
    let rest = Span::new(instruction.end_of_line(), instruction.span.end).of(dockerfile.text());
    instruction.heredocs.is_empty() && rest.lines().next().is_some_and(|line| line.contains(dockerfile.escape()))
}

/// Where a RUN goes that prepares users and directories: before the first copy from the context, and not next to
/// another RUN where that can be had, since two in a row want to be one.
pub(in crate::transforms) fn for_preparation(view: &View, text: &str) -> Result<Edit, Held> {
    let steps = view.facts.steps().own();
    let Some(first_copy) = steps.iter().position(Step::copies_context) else { return behind_the_work(view, text) };
    let is_run = |at: Option<usize>| at.and_then(|at| steps.get(at)).is_some_and(|step| step.is(Keyword::Run));
    let stands_alone = |&at: &usize| !is_run(at.checked_sub(1)) && !is_run(Some(at));
    let candidates = (0..=first_copy).rev().take_while(|&at| is_settled(steps.get(at..first_copy).unwrap_or_default()));
    let at = candidates.into_iter().find(stands_alone).unwrap_or(first_copy);
    before_or_last(view, steps.get(at), text)
}

/// Whether nothing in `steps` changes what a preparing RUN rests on: packages, the directory, the user.
fn is_settled(steps: &[Step]) -> bool {
    steps.iter().all(|step| {
        !matches!(step.instruction.keyword(), Keyword::Workdir | Keyword::Run | Keyword::User | Keyword::Shell)
    })
}

/// Index of the first step after all that change files.
fn tail_start(steps: &[Step]) -> usize {
    let describing = steps.iter().rev().take_while(|step| only_describes(step)).count();
    steps.len() - describing
}

/// Whether an instruction changes no files and nothing that a later one reads; such stand at the end of a stage.
pub(in crate::transforms) fn only_describes(step: &Step) -> bool {
    matches!(
        step.instruction.keyword(),
        Keyword::Expose
            | Keyword::Healthcheck
            | Keyword::Label
            | Keyword::Cmd
            | Keyword::Entrypoint
            | Keyword::Stopsignal
            | Keyword::Volume
            | Keyword::Maintainer
    )
}

fn follows_blank(dockerfile: &Dockerfile, at: usize) -> bool {
    let items = dockerfile.items();
    let index = items.partition_point(|item| item.span.start < at);
    let previous = index.checked_sub(1).and_then(|index| items.get(index));
    previous.is_some_and(|item| item.kind == ItemKind::Blank)
}

/// What must go to take `instruction` out: its lines, the comments that belong to it, and one blank line behind.
pub(in crate::transforms) fn whole(view: &View, instruction: &Instruction) -> Span {
    stretch(view, instruction, instruction)
}

/// What must go to take out everything from `first` to `last`.
pub(in crate::transforms) fn stretch(view: &View, first: &Instruction, last: &Instruction) -> Span {
    let lines = Span::new(view.facts.block(first.span).start, last.span.end);
    let items = view.dockerfile.items();
    let next = items.partition_point(|item| item.span.start < lines.end);
    match items.get(next) {
        Some(item) if item.kind == ItemKind::Blank && follows_blank(view.dockerfile, lines.start) => {
            Span::new(lines.start, item.span.end)
        }
        _ => lines,
    }
}

/// ` && command` on a line of its own, for the end of a RUN's chain.
pub(in crate::transforms) fn and_then(view: &View, step: &Step, command: &str) -> Edit {
    let escape = view.dockerfile.escape();
    let indent = chain_indent(view.dockerfile, step.instruction);
    Edit::insert(step.instruction.end_of_line(), format!(" {escape}\n{indent}&& {command}"))
}

/// Whether ` && command` can be put at the end of a RUN: its last list runs in the shell itself and stops at errors,
/// and neither a comment nor a `;` stands behind it.
pub(in crate::transforms) fn takes_another(step: &Step) -> bool {
    let ends_with_a_command = |run: &Run| {
        let end = run.script.items.last().map_or(0, |item| item.span.end);
        run.script.is_simple_chain() && run.text().get(end..).is_some_and(|rest| rest.trim().is_empty())
    };
    step.instruction.heredocs.is_empty() && step.script().is_some_and(ends_with_a_command)
}

/// The blanks before the `&&` that starts a line of this RUN, or four.
fn chain_indent(dockerfile: &Dockerfile, instruction: &Instruction) -> String {
    let text = instruction.span.of(dockerfile.text());
    let line = text.lines().skip(1).find(|line| line.trim_start().starts_with("&&"));
    line.map_or("    ".to_owned(), |line| line.chars().take_while(|ch| ch.is_whitespace()).collect())
}
