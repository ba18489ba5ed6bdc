//! Each command of a chain starts a line of its own, and so does each option of a health check.

use super::{Transform, runs};
use crate::decision::{Announced, Decision, Held};
use crate::dockerfile::{Instruction, Keyword};
use crate::edit::{Edit, Span};
use crate::engine::View;
use crate::facts::{Run, Step};
use crate::shell::Joined;

pub(super) static TRANSFORM: Transform = Transform {
    name: "one_command_per_line",
    page: include_str!("one_command_per_line.md"),
    announced: Announced { touches: &[Keyword::Run, Keyword::Healthcheck], meaning: &[], stages: 0 },
    plan,
};

fn plan(view: &View) -> Result<Vec<Decision>, Held> {
    let checks = view.dockerfile.instructions().filter(|line| line.is(Keyword::Healthcheck));
    let checks: Vec<Decision> = checks.filter_map(|line| options(view, line)).collect();
    let chains = runs::each(view, "each command stands on a line of its own", |_, step, run| decide(view, step, run));
    match chains {
        Err(_) if !checks.is_empty() => Ok(checks),
        chains => chains.map(|chains| [chains, checks].concat()),
    }
}

/// Breaks a health check before each option but the first, and before its command.
fn options(view: &View, line: &Instruction) -> Option<Decision> {
    let file = view.dockerfile.text();
    let line_break = format!(" {}\n    ", view.dockerfile.escape());
    let flags = line.parts.flags.iter().map(|flag| flag.span);
    let parts: Vec<Span> = flags.chain([line.parts.rest]).map(|span| line.to_file(span)).collect();
    let gaps = parts.windows(2).filter_map(|pair| Some(Span::new(pair.first()?.end, pair.last()?.start)));
    let gaps = gaps.filter(|gap| !gap.of(file).contains('\n'));
    let edits: Vec<Edit> = gaps.map(|gap| Edit::replace(gap, line_break.clone())).collect();
    let reason = "each option of the health check stands on a line of its own";
    let because = "BuildKit joins continued lines before it reads them";
    (!edits.is_empty()).then(|| Ok(runs::change(line.span, edits, reason, because)))
}

fn decide(view: &View, step: &Step, run: &Run) -> Vec<Decision> {
    let is_chain = run.script.items.iter().skip(1).all(|item| matches!(item.joined, Joined::And | Joined::Or));
    if !is_chain || !step.instruction.heredocs.is_empty() {
        return Vec::new();
    }
    let file = view.dockerfile.text();
    let style = Style::of(view, step, run);
    let gaps = runs::gaps(&run.script).map(|(before, _, item)| runs::between(run, before.span, item.span));
    let breaks: Option<Vec<Edit>> = gaps
        .filter(|gap| !gap.of(file).contains('\n'))
        .map(|gap| Some(Edit::replace(gap, style.broken(gap.of(file))?)))
        .collect();
    let edits = breaks.filter(|edits| !edits.is_empty());
    let at = step.instruction.span;
    let reason = "each command of the chain starts a line of its own";
    let change =
        |edits| Ok(runs::change(at, edits, reason, "BuildKit joins continued lines before the shell sees them"));
    edits.map(change).into_iter().collect()
}

/// How the lines of a RUN are broken.
struct Style<'a> {
    line_break: String,
    indent: &'a str,
    /// Whether the operators end their lines.
    trailing: bool,
}

impl<'a> Style<'a> {
    fn of(view: &View<'a>, step: &Step, run: &Run) -> Self {
        let file = view.dockerfile.text();
        let lines = step.instruction.span.of(file).lines().skip(1);
        let mut indents = lines
            .filter(|line| !line.trim().is_empty() && !line.trim_start().starts_with('#'))
            .map(|line| line.get(..line.len() - line.trim_start().len()).unwrap_or_default());
        let line_break = format!("{}\n", view.dockerfile.escape());
        let trailing = runs::operators_end_lines(view, run);
        Self { line_break, indent: indents.next().unwrap_or("    "), trailing }
    }

    /// The gap with a line break; `None` where it holds more than an operator.
    fn broken(&self, gap: &str) -> Option<String> {
        let operator = gap.trim();
        let Self { line_break, indent, trailing } = self;
        match operator {
            "&&" | "||" if *trailing => Some(format!(" {operator} {line_break}{indent}")),
            "&&" | "||" => Some(format!(" {line_break}{indent}{operator} ")),
            _ => None,
        }
    }
}
