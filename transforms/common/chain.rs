//! Taking commands out of the chain of a RUN.

use crate::decision::Held;
use crate::edit::{Edit, Span};
use crate::facts::{Run, Step};
use crate::shell::{Command, Redirect};

/// Removes the items of a simple chain for which `goes` holds; `None` where the rest would run otherwise.
pub(in crate::transforms) fn without(run: &Run, goes: &[bool]) -> Option<Vec<Edit>> {
    if !run.script.is_simple_chain() {
        return None;
    }
    let items = &run.script.items;
    let first_kept = goes.iter().position(|goes| !goes)?;
    let removal = |at: usize| run.script.removal_of(run.text(), at);
    let mut spans = Vec::new();
    if first_kept > 0 {
        (0..first_kept).map(removal).collect::<Option<Vec<Span>>>()?;
        spans.push(Span::new(items.first()?.span.start, items.get(first_kept)?.span.start));
    }
    let later = goes.iter().enumerate().skip(first_kept).filter(|(_, goes)| **goes);
    spans.extend(later.map(|(at, _)| removal(at)).collect::<Option<Vec<Span>>>()?);
    let overlap = spans.iter().zip(spans.iter().skip(1)).any(|(span, next)| next.start < span.end);
    if overlap || !spans.iter().all(|&span| run.is_editable(span)) {
        return None;
    }
    let end = items.last()?.span.end;
    Some(spans.into_iter().map(|span| Edit::delete(in_file(run, span, end))).collect())
}

/// `span` in the file. What reaches the end of the script takes the line break before it along, even where no blank
/// stands before that: with nothing behind it, it would swallow the next instruction.
fn in_file(run: &Run, span: Span, end: usize) -> Span {
    let whole = run.to_file(span);
    match span.start.checked_sub(1).filter(|_| span.end == end) {
        Some(before) => Span::new(run.to_file(Span::new(before, span.start)).end, whole.end),
        None => whole,
    }
}

/// Holds a change for a RUN that [`without`] can't take apart.
pub(in crate::transforms) fn not_apart(step: &Step, what: &str) -> Held {
    let reason = format!("{what} in a line that can't be taken apart; give it a RUN of its own");
    Held::blocked_at(reason, step.instruction.span)
}

/// Whether a command only prepares the shell for those behind it, or talks.
pub(in crate::transforms) fn only_serves_others(command: &Command) -> bool {
    const SERVING: [&str; 10] = ["set", "cd", "export", "true", ":", "test", "[", "echo", "printf", "nproc"];
    let writes = command.redirects.iter().any(Redirect::writes_file);
    let serves = || command.program().is_some_and(|invocation| SERVING.contains(&invocation.name));
    !writes && (command.words.is_empty() || serves())
}

/// Whether a command removes nothing but what lies in one of the `caches`.
pub(in crate::transforms) fn only_empties<'c>(
    command: &Command,
    caches: impl Iterator<Item = &'c str> + Clone,
) -> bool {
    let Some(invocation) = command.program().filter(|invocation| invocation.name == "rm") else { return false };
    let in_caches = |path: &str| caches.clone().any(|cache| path.starts_with(cache));
    invocation.words.iter().all(|word| {
        let start = word.literal_start();
        start.starts_with('-') || in_caches(start)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Config;
    use crate::context::Context;
    use crate::dockerfile::Dockerfile;
    use crate::edit::Edits;
    use crate::engine::View;
    use crate::facts::Input;
    use crate::templates::Templates;

    /// The RUN without the commands that start with `x`.
    fn without_x(chain: &str) -> Option<String> {
        let text = format!("FROM a\nRUN {chain}\n");
        let dockerfile = Dockerfile::parse(&text);
        let (context, config) = (Context::empty(), Config::default());
        let input = Input::new(&context, Templates::builtin(), &config);
        let view = View::new(&dockerfile, &input);
        let run = view.facts.steps().own()[0].script().unwrap();
        let goes: Vec<bool> = run.script.items.iter().map(|item| item.span.of(run.text()).starts_with('x')).collect();
        let after = Edits::new(without(run, &goes)?).unwrap().apply(&text);
        Some(after.strip_prefix("FROM a\nRUN ")?.trim_end().to_owned())
    }

    #[test]
    fn neighbours_go_together() {
        assert_eq!(without_x("x 1 && x 2 && a").as_deref(), Some("a"));
        assert_eq!(without_x("a && x 1 && x 2 && b && x 3").as_deref(), Some("a && b"));
        assert_eq!(without_x("x 1; x 2; a").as_deref(), Some("a"));
        assert_eq!(without_x("a \\\n    && x 1 \\\n    && x 2 \\\n    && b").as_deref(), Some("a \\\n    && b"));
    }

    #[test]
    fn no_line_break_is_left_at_the_end() {
        assert_eq!(without_x("a \\\n    && b*\\\n    && x").as_deref(), Some("a \\\n    && b*"));
    }

    #[test]
    fn a_chain_of_which_nothing_stays_or_that_is_no_chain_is_left_alone() {
        assert_eq!(without_x("x 1 && x 2"), None);
        assert_eq!(without_x("x 1 || a"), None);
        assert_eq!(without_x("a && (x 1)"), None);
    }
}
