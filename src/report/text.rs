//! The report for people: a header line for each file, then what was changed, what is advised, and what was held.

use std::fmt;

use anstyle::{AnsiColor, Effects, Style};

use crate::decision::Safety;
use crate::dockerfile::bytes;
use crate::engine::{Applied, HeldBack, HeldKind, Outcome};

const BOLD: Style = Style::new().effects(Effects::BOLD);
const DIM: Style = Style::new().effects(Effects::DIMMED);
const GREEN: Style = AnsiColor::Green.on_default();
const YELLOW: Style = AnsiColor::Yellow.on_default();
const CYAN: Style = AnsiColor::Cyan.on_default();
const MAGENTA: Style = AnsiColor::Magenta.on_default();

/// How much is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Detail {
    /// What matters.
    Short,
    /// Also what was fine already, and what was switched off.
    Full,
}

/// The report on the file called `name`, with colours: the stream it goes to strips them where there are none.
#[must_use]
pub fn text(name: &str, outcome: &Outcome, detail: Detail) -> String {
    let rows: Vec<Row> = rows(outcome, detail).collect();
    let width = rows.iter().map(|row| row.place.len()).max().unwrap_or_default();
    let mut text = format!("{BOLD}{}{BOLD:#}: {}\n", printable(name), headline(outcome));
    for row in &rows {
        text += &row.lines(width);
    }
    text
}

/// A text in one line that can't do anything to a terminal: what is no printable character is replaced.
#[must_use]
pub fn printable(text: &str) -> String {
    let text = bytes::encode(text);
    let printable = |ch: char| match ch {
        '\n' | '\t' => ' ',
        ch if ch.is_control() => char::REPLACEMENT_CHARACTER,
        ch => ch,
    };
    String::from_utf8_lossy(&text).trim_end().chars().map(printable).collect()
}

fn headline(outcome: &Outcome) -> String {
    let counts = [
        (outcome.applied.len(), if outcome.applied.len() == 1 { "change" } else { "changes" }),
        (outcome.advice.len(), "advised"),
        (outcome.blocked().count(), "held"),
    ];
    let parts: Vec<String> =
        counts.iter().filter(|(count, _)| *count > 0).map(|(count, what)| format!("{count} {what}")).collect();
    if parts.is_empty() { "nothing to change".to_owned() } else { parts.join(", ") }
}

/// One thing to tell: a line, and lines that say more.
struct Row<'a> {
    label: &'static str,
    style: Style,
    place: String,
    transform: &'static str,
    reason: &'a str,
    more: Vec<String>,
}

/// The longest label.
const LABEL_WIDTH: usize = "review".len();

fn rows(outcome: &Outcome, detail: Detail) -> impl Iterator<Item = Row<'_>> {
    let shown = move |held: &&HeldBack| detail == Detail::Full || held.kind == HeldKind::Blocked;
    let applied = outcome.applied.iter().chain(&outcome.advice).map(Row::applied);
    applied.chain(outcome.held.iter().filter(shown).map(Row::held))
}

impl<'a> Row<'a> {
    fn applied(applied: &'a Applied) -> Self {
        let style = match applied.safety {
            Safety::Safe => GREEN,
            Safety::Review => YELLOW,
            Safety::Advice => CYAN,
        };
        let because = applied.because.iter().map(|reason| format!("because {} ({})", reason.what, reason.place));
        let notes = applied.notes.iter().map(|note| format!("note: {note}"));
        Self {
            label: applied.safety.as_str(),
            style,
            place: format!("line {}", applied.line),
            transform: applied.transform,
            reason: &applied.reason,
            more: because.chain(notes).collect(),
        }
    }

    fn held(held: &'a HeldBack) -> Self {
        let (label, style) = match held.kind {
            HeldKind::Satisfied => ("fine", DIM),
            HeldKind::Blocked => ("held", MAGENTA),
            HeldKind::Off => ("off", DIM),
        };
        Self {
            label,
            style,
            place: held.line.map_or_else(String::new, |line| format!("line {line}")),
            transform: held.transform,
            reason: &held.reason,
            more: Vec::new(),
        }
    }

    fn lines(&self, place_width: usize) -> String {
        let Self { label, style, place, transform, reason, more } = self;
        let gap = if place_width == 0 { "" } else { "  " };
        let mut lines = format!(
            "  {style}{label:LABEL_WIDTH$}{style:#}  {place:place_width$}{gap}{BOLD}{transform}{BOLD:#}: {}\n",
            printable(reason)
        );
        let indent = " ".repeat(2 + LABEL_WIDTH + 2 + place_width + gap.len());
        for line in more {
            lines += &format!("{indent}{}\n", printable(line));
        }
        lines
    }
}

/// How a run over several files went, in a line.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Tally {
    /// All files.
    pub files: usize,
    /// Those whose text differs.
    pub changed: usize,
    /// Those that could not be worked on.
    pub errors: usize,
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { files, changed, errors } = self;
        write!(f, "{files} files: {changed} with changes, {} fine", files.saturating_sub(changed + errors))?;
        match errors {
            0 => Ok(()),
            1 => f.write_str(", 1 error"),
            _ => write!(f, ", {errors} errors"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::Reason;

    fn outcome() -> Outcome {
        let applied = |transform, line, safety| Applied {
            transform,
            line,
            safety,
            reason: "does this".to_owned(),
            because: vec![Reason { what: "`EXPOSE 80`".to_owned(), place: "line 9".to_owned() }],
            notes: vec!["look at that".to_owned()],
        };
        let held = |transform, kind, line| HeldBack { transform, kind, line, reason: "some reason".to_owned() };
        Outcome {
            before: "a".to_owned(),
            after: "b".to_owned(),
            applied: vec![applied("user", 1, Safety::Review)],
            advice: vec![applied("base", 12, Safety::Advice)],
            held: vec![held("split", HeldKind::Blocked, None), held("exec", HeldKind::Satisfied, None)],
        }
    }

    fn plain(text: &str) -> String {
        anstream::adapter::strip_str(text).to_string()
    }

    #[test]
    fn the_report_is_aligned_and_leaves_out_what_was_fine() {
        let expected = "\
Dockerfile: 1 change, 1 advised, 1 held
  review  line 1   user: does this
                   because `EXPOSE 80` (line 9)
                   note: look at that
  advice  line 12  base: does this
                   because `EXPOSE 80` (line 9)
                   note: look at that
  held             split: some reason
";
        assert_eq!(plain(&text("Dockerfile", &outcome(), Detail::Short)), expected);
    }

    #[test]
    fn the_full_report_tells_what_was_fine() {
        let report = plain(&text("Dockerfile", &outcome(), Detail::Full));
        assert!(report.ends_with("  fine             exec: some reason\n"), "{report}");
    }

    #[test]
    fn a_file_without_findings_has_a_header_alone() {
        assert_eq!(plain(&text("a", &Outcome::default(), Detail::Short)), "a: nothing to change\n");
    }

    #[test]
    fn what_a_file_says_cannot_drive_the_terminal() {
        assert_eq!(printable("a\u{1b}[2J\nb\u{10ffe9}"), "a\u{fffd}[2J b\u{fffd}");
    }

    #[test]
    fn a_tally_counts_errors_apart() {
        let tally = Tally { files: 5, changed: 2, errors: 1 };
        assert_eq!(tally.to_string(), "5 files: 2 with changes, 2 fine, 1 error");
    }
}
