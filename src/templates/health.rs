//! `health.toml`: known paths, timings and probes of health checks.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::placeholders::fill;
use super::table::{Table, replace_list};

/// All that is known about health checks.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Health {
    #[serde(default)]
    paths: Vec<String>,
    #[serde(default)]
    prefer: Vec<String>,
    #[serde(default)]
    timing: BTreeMap<TimingName, Timing>,
    #[serde(default)]
    probe: BTreeMap<String, Probe>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum TimingName {
    Default,
    Slow,
}

/// The options of a HEALTHCHECK.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Timing {
    /// Time between two probes.
    pub interval: String,
    /// Time after which a probe has failed.
    pub timeout: String,
    /// Time to start in, during which failures do not count.
    pub start_period: String,
    /// Failures in a row that make the container unhealthy.
    pub retries: u32,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct Probe {
    #[serde(default)]
    http: Vec<String>,
    #[serde(default)]
    tcp: Vec<String>,
    #[serde(default)]
    http_env: Vec<String>,
    #[serde(default)]
    tcp_env: Vec<String>,
}

/// What a probe asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ProbeTarget<'a> {
    /// The port, or the default of `variable`.
    pub port: u16,
    /// The variable of the environment that sets the port.
    pub variable: Option<&'a str>,
    /// The path that answers HTTP; `None` only connects.
    pub path: Option<&'a str>,
}

impl Health {
    /// Paths that serve health, best first.
    pub fn paths(&self) -> impl Iterator<Item = &str> {
        self.paths.iter().map(String::as_str)
    }

    /// The usual options; `slow` for programs that take long to start.
    pub fn timing(&self, slow: bool) -> Option<&Timing> {
        self.timing.get(if slow { &TimingName::Slow } else { &TimingName::Default })
    }

    /// The probe of `target` in exec form, by the first program that the image `has` and that can do it.
    ///
    /// `None` also where the path or the variable has characters that code would have to escape.
    pub fn probe(&self, target: &ProbeTarget<'_>, has: impl Fn(&str) -> bool) -> Option<Vec<String>> {
        let mut programs = self.prefer.iter().filter(|program| has(program));
        programs.find_map(|program| self.probe.get(program)?.command(target))
    }
}

impl Probe {
    fn command(&self, target: &ProbeTarget<'_>) -> Option<Vec<String>> {
        let path = target.path.unwrap_or_default();
        let variable = target.variable.unwrap_or_default();
        let words = match (target.path, target.variable) {
            (Some(_), Some(_)) => &self.http_env,
            (Some(_), None) => &self.http,
            (None, Some(_)) => &self.tcp_env,
            (None, None) => &self.tcp,
        };
        if words.is_empty() || !is_plain_path(path) || !is_plain_variable(variable) {
            return None;
        }
        let values = [("port", &*target.port.to_string()), ("path", path), ("variable", variable)];
        Some(words.iter().map(|word| fill(word, &values)).collect())
    }
}

fn is_plain_path(path: &str) -> bool {
    path.chars().all(|c| c.is_ascii_alphanumeric() || "/-_.~".contains(c))
}

fn is_plain_variable(variable: &str) -> bool {
    variable.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
}

impl Table for Health {
    const FILE: &'static str = "health.toml";
    const TEXT: &'static str = include_str!("../../templates/health.toml");

    fn merge(&mut self, later: Self) {
        replace_list(&mut self.paths, later.paths);
        replace_list(&mut self.prefer, later.prefer);
        self.timing.extend(later.timing);
        self.probe.extend(later.probe);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TCP: ProbeTarget<'_> = ProbeTarget { port: 8000, variable: None, path: None };
    const HTTP: ProbeTarget<'_> = ProbeTarget { path: Some("/healthz"), ..TCP };

    #[test]
    fn every_preferred_program_has_a_probe_and_the_other_way_round() {
        let health = Health::builtin();
        let mut preferred = health.prefer.clone();
        preferred.sort();
        assert_eq!(preferred, health.probe.keys().cloned().collect::<Vec<_>>());
    }

    #[test]
    fn no_probe_keeps_a_placeholder_or_lacks_its_target() {
        let variable = Some("MY_PORT");
        for (program, probe) in Health::builtin().probe {
            for target in [TCP, HTTP, ProbeTarget { variable, ..TCP }, ProbeTarget { variable, ..HTTP }] {
                let Some(words) = probe.command(&target) else { continue };
                let command = words.join(" ");
                assert!(command.contains("8000"), "{command}");
                assert_eq!(command.contains("/healthz"), target.path.is_some(), "{command}");
                assert_eq!(command.contains("MY_PORT"), target.variable.is_some(), "{command}");
                assert!(!["{port}", "{path}", "{variable}"].iter().any(|name| command.contains(name)), "{command}");
                assert_eq!(words[0], program);
            }
        }
    }

    #[test]
    fn the_first_program_that_the_image_has_and_that_can_do_it_probes() {
        let health = Health::builtin();
        let probe = |target, programs: &[&str]| health.probe(&target, |program| programs.contains(&program));
        let first = |target, programs: &[&str]| probe(target, programs).map(|words| words[0].clone());
        assert_eq!(first(HTTP, &["wget", "python3"]).as_deref(), Some("python3"));
        assert_eq!(first(HTTP, &["nc", "wget"]).as_deref(), Some("wget"));
        assert_eq!(first(TCP, &["nc", "wget"]).as_deref(), Some("nc"));
        assert_eq!(first(HTTP, &["nc"]), None);
        assert_eq!(first(HTTP, &[]), None);
        assert_eq!(probe(TCP, &["nc"]).unwrap(), ["nc", "-z", "127.0.0.1", "8000"]);
    }

    #[test]
    fn a_path_or_a_variable_that_needs_escapes_gets_no_probe() {
        let health = Health::builtin();
        for path in ["/a'b", "/a\"b", "/a b", "/$x", "/a`b", "/a?b", "/a\\b", "/{port}"] {
            assert_eq!(health.probe(&ProbeTarget { path: Some(path), ..TCP }, |_| true), None, "{path}");
        }
        assert_eq!(health.probe(&ProbeTarget { variable: Some("A'B"), ..TCP }, |_| true), None);
    }

    #[test]
    fn slow_programs_get_more_time_to_start() {
        let health = Health::builtin();
        assert_eq!(health.timing(false).unwrap().start_period, "20s");
        assert_eq!(health.timing(true).unwrap().start_period, "60s");
    }

    #[test]
    fn an_overlay_replaces_a_whole_list_and_single_probes() {
        let mut health = Health::builtin();
        health.overlay("paths = [\"/mine\"]\n[probe.nc]\ntcp = [\"nc\", \"{port}\"]\n").unwrap();
        assert_eq!(health.paths().collect::<Vec<_>>(), ["/mine"]);
        assert_eq!(health.probe(&TCP, |program| program == "nc").unwrap(), ["nc", "8000"]);
        assert!(health.probe(&TCP, |program| program == "node").is_some());
    }
}
