//! What came of a set: which promise was broken where, and a summary of what the pipeline did.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use rayon::iter::{IntoParallelIterator, ParallelIterator};

use crate::PROMISES;
use crate::run::{Case, Held, Run};
use crate::summary::Summary;

/// Breaches shown in full.
const SHOWN: usize = 20;

#[derive(Default)]
pub struct Findings {
    files: usize,
    panicked: Vec<String>,
    broken: BTreeMap<&'static str, Vec<String>>,
    pub summary: Summary,
}

/// What came of one file.
struct Finding {
    name: String,
    run: Option<Run>,
    broken: Vec<(&'static str, String)>,
    took: Duration,
}

impl Finding {
    fn of(case: Case) -> Self {
        let start = Instant::now();
        let run = Run::of(&case);
        let took = start.elapsed();
        let broken = run.iter().flat_map(breaches).collect();
        Self { name: case.name, run, broken, took }
    }
}

fn breaches(run: &Run) -> impl Iterator<Item = (&'static str, String)> {
    PROMISES.iter().filter_map(|promise| Some((promise.name, (promise.holds)(run).err()?)))
}

impl Findings {
    pub fn of(cases: Vec<Case>) -> Self {
        let findings: Vec<Finding> = cases.into_par_iter().map(Finding::of).collect();
        findings.into_iter().fold(Self::default(), Self::with)
    }

    fn with(mut self, finding: Finding) -> Self {
        self.files += 1;
        for (promise, what) in finding.broken {
            self.broken.entry(promise).or_default().push(format!("{}: {what}", finding.name));
        }
        match &finding.run {
            Some(run) => self.summary.add(&finding.name, run, finding.took),
            None => self.panicked.push(finding.name),
        }
        self
    }

    pub fn no_panics(&self) -> Held {
        if self.files == 0 {
            return Err("not one file was run: is there any?".into());
        }
        shown(&self.panicked)
    }

    pub fn of_promise(&self, promise: &str) -> Held {
        self.broken.get(promise).map_or(Ok(()), |broken| shown(broken))
    }
}

fn shown(broken: &[String]) -> Held {
    if broken.is_empty() {
        return Ok(());
    }
    let first: Vec<&str> = broken.iter().take(SHOWN).map(String::as_str).collect();
    Err(format!("broken by {} files:\n  {}", broken.len(), first.join("\n  ")))
}
