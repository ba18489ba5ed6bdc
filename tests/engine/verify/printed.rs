//! The comparison for programs and for pages.

use serde_json::Value;

use super::project::Project;
use crate::docker::Result;

/// A program that ends at once, and one that prints something else.
const ORIGINAL: &str = "FROM python:3.12-slim\nCMD [\"python\", \"-c\", \"print('one')\"]\n";
const OTHER: &str = "FROM python:3.12-slim\nCMD [\"python\", \"-c\", \"print('<two>')\"]\n";

pub fn a_program_reads_the_comparison() -> Result<()> {
    let said = Project::new(ORIGINAL)?.verify(&["--format", "json", "--quiet"])?;
    said.ends_with_code(0)?;
    let report: Value = serde_json::from_str(said.data()).map_err(|error| error.to_string())?;
    assert_eq!(report["file"], "Dockerfile");
    assert_eq!(report["proved"], true);
    let row = |what: &str| report["rows"].as_array()?.iter().find(|row| row["what"] == what).cloned();
    let user = row("user").ok_or("no row of the user")?;
    assert_eq!((&user["original"], &user["judgement"]), (&"root".into(), &"better".into()));
    assert_eq!(row("starts").ok_or("no row of the start")?["hardened"], "exit code 0");
    assert_eq!(report["failures"], Value::Array(Vec::new()));
    assert_eq!(report["confined"]["settings"][0]["setting"], "read-only");
    Ok(())
}

pub fn a_page_shows_the_comparison() -> Result<()> {
    let said = Project::new(ORIGINAL)?.against(OTHER, &["--format", "markdown"])?;
    said.ends_with_code(1)?;
    said.shows(
        "**Dockerfile**: worse than the original\n\n| | original | hardened | |\n|---|---|---|---|\n| image size |",
    )?;
    said.shows("\n| starts | exit code 0 | exit code 0 | same |\n")?;
    said.shows("\n- logs: it prints \"&lt;two>\", not \"one\"\n\n      <two>\n")
}
