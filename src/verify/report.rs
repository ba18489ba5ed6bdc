//! A comparison in words: a table for a terminal or for a page, or JSON.

use anstyle::{AnsiColor, Effects, Style};
use serde::Serialize;

use super::behaviour::{Failure, Phase};
use super::bisect::Culprit;
use super::compare::{Bisected, Comparison, Judgement, Row};
use super::confined::{Confined, Survival};
use crate::report::printable;

const BOLD: Style = Style::new().effects(Effects::BOLD);
const DIM: Style = Style::new().effects(Effects::DIMMED);
const GREEN: Style = AnsiColor::Green.on_default();
const RED: Style = AnsiColor::Red.on_default();
const YELLOW: Style = AnsiColor::Yellow.on_default();

/// What stands before a setting that an image survives.
const PROVED: &str = "also proved with";

/// What stands before one that it does not survive.
const FAILS: &str = "fails with";

/// The longest cell; what is longer is cut.
const WIDEST: usize = 40;

/// The table for a terminal, with colours.
#[must_use]
pub fn text(name: &str, comparison: &Comparison) -> String {
    let rows: Vec<[String; 3]> = comparison.rows.iter().map(cells).collect();
    let width = |column: usize, least: usize| {
        rows.iter().filter_map(|row| row.get(column)).map(|cell| cell.chars().count()).fold(least, usize::max)
    };
    let (what, original, hardened) = (width(0, 0), width(1, "original".len()), width(2, "hardened".len()));
    let mut text = format!("{BOLD}{}{BOLD:#}: {}\n\n", printable(name), headline(comparison));
    text += &format!("  {:what$}  {DIM}{:original$}  hardened{DIM:#}\n", "", "original");
    for (row, [label, before, after]) in comparison.rows.iter().zip(&rows) {
        let style = style(row.judgement);
        let verdict = verdict(row);
        text += &format!(
            "  {BOLD}{label:what$}{BOLD:#}  {before:original$}  {after:hardened$}  {style}{verdict}{style:#}\n"
        );
    }
    for line in below(name, comparison) {
        text += &format!("{}\n", line.trim_end());
    }
    text
}

/// The table for a page.
#[must_use]
pub fn markdown(name: &str, comparison: &Comparison) -> String {
    let mut text =
        format!("**{}**: {}\n\n| | original | hardened | |\n|---|---|---|---|\n", escaped(name), headline(comparison));
    for row in &comparison.rows {
        let cells = [row.what, &row.original, &row.hardened, &verdict(row)].map(escaped);
        text += &format!("| {} |\n", cells.join(" | "));
    }
    for failure in &comparison.failures {
        text += &format!("\n- {}: {}\n", name_of(failure.phase), escaped(&failure.what));
        if !failure.log.is_empty() {
            let log: Vec<String> = failure.log.iter().map(|line| format!("      {}\n", printable(line))).collect();
            text += &format!("\n{}", log.concat());
        }
    }
    if let Some(bisected) = &comparison.bisected {
        for Culprit { transform, failure } in &bisected.culprits {
            text += &format!("\n- culprit: `{transform}`, {}\n", escaped(&failure.what));
        }
        text += &format!("\n{}\n", escaped(&way_out(name, bisected)));
    }
    let survivals = comparison.confined.iter().flat_map(|confined| &confined.settings);
    let lines: Vec<String> = survivals.map(|survival| format!("- {}\n", escaped(&survived(survival)))).collect();
    if lines.is_empty() { text } else { format!("{text}\n{}", lines.concat()) }
}

/// The comparison for programs.
#[must_use]
pub fn json(name: &str, comparison: &Comparison) -> String {
    #[derive(Serialize)]
    struct Report<'r> {
        file: &'r str,
        proved: bool,
        #[serde(flatten)]
        comparison: &'r Comparison,
    }
    let report = Report { file: name, proved: comparison.is_proved(), comparison };
    serde_json::to_string_pretty(&report).map(|text| text + "\n").unwrap_or_default()
}

fn headline(comparison: &Comparison) -> String {
    match comparison.failures.len() {
        0 => "proved, the hardened image does what the original does".to_owned(),
        1 => "worse than the original".to_owned(),
        count => format!("worse than the original in {count} ways"),
    }
}

fn cells(row: &Row) -> [String; 3] {
    [row.what, &row.original, &row.hardened].map(|cell| cut(&printable(cell)))
}

fn cut(cell: &str) -> String {
    if cell.chars().count() <= WIDEST {
        return cell.to_owned();
    }
    cell.chars().take(WIDEST - 1).chain(['…']).collect()
}

const fn style(judgement: Judgement) -> Style {
    match judgement {
        Judgement::Better => GREEN,
        Judgement::Same => DIM,
        Judgement::Worse => RED,
    }
}

fn verdict(row: &Row) -> String {
    let word = match row.judgement {
        Judgement::Better => "better",
        Judgement::Same => "same",
        Judgement::Worse => "worse",
    };
    row.why.as_ref().map_or_else(|| word.to_owned(), |why| format!("{word}, {why}"))
}

fn below(name: &str, comparison: &Comparison) -> Vec<String> {
    let failures = comparison.failures.iter().flat_map(failure);
    let confined = comparison.confined.iter().flat_map(confined);
    let bisected = comparison.bisected.iter().flat_map(|found| bisected(name, found));
    failures.chain(confined).chain(bisected).collect()
}

/// The transforms to blame, and what to do without them.
fn bisected(name: &str, bisected: &Bisected) -> Vec<String> {
    let culprits = bisected.culprits.iter().map(|Culprit { transform, failure }| {
        format!("  {RED}culprit{RED:#}: {BOLD}{transform}{BOLD:#}, {}", printable(&failure.what))
    });
    [String::new()].into_iter().chain(culprits).chain([format!("  {}", printable(&way_out(name, bisected)))]).collect()
}

/// The command for the file `name`, which need not be said where it is the usual one.
fn way_out(name: &str, Bisected { culprits, passes }: &Bisected) -> String {
    let names: Vec<&str> = culprits.iter().map(|culprit| culprit.transform).collect();
    let path = if name == "Dockerfile" { String::new() } else { format!(" {name}") };
    match passes {
        true => format!("proved without: `harden --skip {}{path}`", names.join(",")),
        false => "no transform alone is to blame: without any of them it is worse, too".to_owned(),
    }
}

fn failure(failure: &Failure) -> Vec<String> {
    let Failure { phase, what, log } = failure;
    let heading = format!("\n  {RED}{}{RED:#}: {}", name_of(*phase), printable(what));
    let log = log.iter().map(|line| format!("    {DIM}{}{DIM:#}", printable(line)));
    [heading].into_iter().chain(log).collect()
}

const fn name_of(phase: Phase) -> &'static str {
    match phase {
        Phase::Build => "build",
        Phase::Rights => "rights",
        Phase::Start => "start",
        Phase::Answer => "answer",
        Phase::Health => "health",
        Phase::Logs => "logs",
        Phase::Writes => "writes",
    }
}

/// What was proved, aligned, and then what was not.
fn confined(confined: &Confined) -> Vec<String> {
    let proved = confined.settings.iter().filter(|survival| survival.fails.is_none());
    let proved: Vec<(&str, String)> = proved.map(|survival| (survival.setting.name(), compose(survival))).collect();
    let width = proved.iter().map(|(name, _)| name.len()).max().unwrap_or_default();
    let proved = proved.iter().enumerate().map(|(at, (name, compose))| {
        let label = if at == 0 { PROVED } else { "" };
        format!(
            "  {GREEN}{label:width_of_label$}{GREEN:#}  {name:width$}  {DIM}{}{DIM:#}",
            printable(compose),
            width_of_label = PROVED.len()
        )
    });
    let not = confined.settings.iter().filter_map(|survival| {
        let (name, why) = (survival.setting.name(), why_not(survival)?);
        Some(format!(
            "  {YELLOW}{FAILS:width_of_label$}{YELLOW:#}  {name}: {}",
            printable(&why),
            width_of_label = PROVED.len()
        ))
    });
    [String::new()].into_iter().chain(proved).chain(not).collect()
}

/// In a list.
fn survived(survival: &Survival) -> String {
    let name = survival.setting.name();
    match why_not(survival) {
        None => format!("{PROVED} {name}: `{}`", compose(survival)),
        Some(why) => format!("{FAILS} {name}: {why}"),
    }
}

fn compose(Survival { setting, volumes, .. }: &Survival) -> String {
    match volumes.as_slice() {
        [] => setting.compose().to_owned(),
        volumes => format!("{} + a volume at {}", setting.compose(), volumes.join(", ")),
    }
}

fn why_not(survival: &Survival) -> Option<String> {
    let why = survival.fails.as_ref()?;
    let too = if survival.original_survives == Some(false) { "; the original fails with it, too" } else { "" };
    Some(format!("{why}{too}"))
}

/// A page takes `<…>` for a tag, and shows nothing.
fn escaped(text: &str) -> String {
    printable(text).replace('|', "\\|").replace('<', "&lt;")
}
