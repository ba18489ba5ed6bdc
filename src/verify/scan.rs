//! Counts the known vulnerabilities of an image with the scanner that the machine has.

use std::collections::BTreeMap;
use std::fmt;

use serde_json::Value;

use crate::container::{Error, Interrupt, program};

/// A scanner of images.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scanner {
    /// <https://trivy.dev>
    Trivy,
    /// <https://github.com/anchore/grype>
    Grype,
    /// <https://docs.docker.com/scout>
    Scout,
}

/// How many vulnerabilities are known, by severity.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Counts(BTreeMap<Severity, usize>);

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Severity {
    Critical,
    High,
    Medium,
    Low,
    Other,
}

impl Scanner {
    /// In the order in which they are looked for.
    pub const ALL: [Self; 3] = [Self::Trivy, Self::Grype, Self::Scout];

    /// The first that is installed.
    ///
    /// # Errors
    /// If the person asks to stop.
    pub fn find(interrupt: &Interrupt) -> Result<Option<Self>, Error> {
        for scanner in Self::ALL {
            let [name, rest @ ..] = scanner.version() else { continue };
            match program(name, rest, interrupt) {
                Ok(output) if output.is_success() => return Ok(Some(scanner)),
                Err(Error::Interrupted) => return Err(Error::Interrupted),
                Ok(_) | Err(_) => {}
            }
        }
        Ok(None)
    }

    /// Its name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Trivy => "trivy",
            Self::Grype => "grype",
            Self::Scout => "docker scout",
        }
    }

    /// Counts what it finds in the engine's image `tag`.
    ///
    /// # Errors
    /// If it fails, or prints what can't be read.
    pub fn count(self, tag: &str, interrupt: &Interrupt) -> Result<Counts, Error> {
        let [name, args @ ..] = self.command() else { return Ok(Counts::default()) };
        let image = if self == Self::Grype { format!("docker:{tag}") } else { tag.to_owned() };
        let args: Vec<&str> = args.iter().copied().chain([image.as_str()]).collect();
        let command = || format!("{name} {}", args.join(" "));
        let output = program(name, &args, interrupt)?;
        if !output.is_success() {
            return Err(Error::Failed { command: command(), said: output.stderr });
        }
        let unreadable = |error: serde_json::Error| Error::Unreadable { command: command(), why: error.to_string() };
        Ok(self.counts(&serde_json::from_str(&output.stdout).map_err(unreadable)?))
    }

    const fn version(self) -> &'static [&'static str] {
        match self {
            Self::Trivy => &["trivy", "--version"],
            Self::Grype => &["grype", "version"],
            Self::Scout => &["docker", "scout", "version"],
        }
    }

    const fn command(self) -> &'static [&'static str] {
        match self {
            Self::Trivy => &["trivy", "image", "--quiet", "--scanners", "vuln", "--format", "json"],
            Self::Grype => &["grype", "--quiet", "--output", "json"],
            Self::Scout => &["docker", "scout", "cves", "--format", "sarif"],
        }
    }

    fn counts(self, report: &Value) -> Counts {
        let severities: Vec<&str> = match self {
            Self::Trivy => {
                let results = list(report, "/Results").flat_map(|result| list(result, "/Vulnerabilities"));
                results.map(|found| text(found, "/Severity")).collect()
            }
            Self::Grype => list(report, "/matches").map(|found| text(found, "/vulnerability/severity")).collect(),
            Self::Scout => list(report, "/runs").flat_map(severities_of_sarif).collect(),
        };
        let mut counts = Counts::default();
        for severity in severities {
            *counts.0.entry(Severity::of(severity)).or_default() += 1;
        }
        counts
    }
}

/// A result of SARIF names its rule, and Scout writes the severity there.
fn severities_of_sarif(run: &Value) -> impl Iterator<Item = &str> {
    let severity = |rule| (text(rule, "/id"), text(rule, "/properties/cvssV3_severity"));
    let rules: BTreeMap<&str, &str> = list(run, "/tool/driver/rules").map(severity).collect();
    list(run, "/results").map(move |result| rules.get(text(result, "/ruleId")).copied().unwrap_or_default())
}

fn list<'v>(value: &'v Value, pointer: &str) -> impl Iterator<Item = &'v Value> + use<'v> {
    value.pointer(pointer).and_then(Value::as_array).into_iter().flatten()
}

fn text<'v>(value: &'v Value, pointer: &str) -> &'v str {
    value.pointer(pointer).and_then(Value::as_str).unwrap_or_default()
}

impl Severity {
    const ALL: [(Self, &'static str); 5] = [
        (Self::Critical, "critical"),
        (Self::High, "high"),
        (Self::Medium, "medium"),
        (Self::Low, "low"),
        (Self::Other, "other"),
    ];

    fn of(word: &str) -> Self {
        let named = Self::ALL.into_iter().find(|(_, name)| name.eq_ignore_ascii_case(word));
        named.map_or(Self::Other, |(severity, _)| severity)
    }
}

impl Counts {
    /// All of them.
    #[must_use]
    pub fn total(&self) -> usize {
        self.0.values().sum()
    }
}

/// `12: 1 critical, 3 high, 8 low`
impl fmt::Display for Counts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let of = |(severity, name)| self.0.get(&severity).map(|count| format!("{count} {name}"));
        let counts: Vec<String> = Severity::ALL.into_iter().filter_map(of).collect();
        match counts.as_slice() {
            [] => f.write_str("0"),
            counts => write!(f, "{}: {}", self.total(), counts.join(", ")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counts(scanner: Scanner, report: &str) -> String {
        scanner.counts(&serde_json::from_str(report).unwrap()).to_string()
    }

    #[test]
    fn each_scanner_has_its_own_report() {
        let trivy = r#"{"Results": [{"Target": "debian", "Vulnerabilities": [{"Severity": "HIGH"}, {"Severity": "LOW"}]},
            {"Target": "node"}, {"Vulnerabilities": [{"Severity": "HIGH"}, {"Severity": "UNKNOWN"}]}]}"#;
        assert_eq!(counts(Scanner::Trivy, trivy), "4: 2 high, 1 low, 1 other");
        let grype = r#"{"matches": [{"vulnerability": {"severity": "Critical"}}, {"vulnerability": {"severity": "Negligible"}}]}"#;
        assert_eq!(counts(Scanner::Grype, grype), "2: 1 critical, 1 other");
        let scout = r#"{"runs": [{"tool": {"driver": {"rules": [{"id": "CVE-1", "properties": {"cvssV3_severity": "MEDIUM"}}]}},
            "results": [{"ruleId": "CVE-1"}, {"ruleId": "CVE-1"}, {"ruleId": "CVE-2"}]}]}"#;
        assert_eq!(counts(Scanner::Scout, scout), "3: 2 medium, 1 other");
    }

    #[test]
    fn an_image_without_vulnerabilities_has_none() {
        assert_eq!(counts(Scanner::Trivy, r#"{"Results": []}"#), "0");
    }
}
