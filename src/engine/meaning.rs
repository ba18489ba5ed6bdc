//! The final image's configuration, as far as the file says it: what a container runs, and with which settings.

use std::collections::BTreeMap;

use super::checks::CONFIGURING;
use crate::decision::Meaning;
use crate::dockerfile::{Arguments, Dockerfile, Instruction, Keyword, Stage};

/// What the final stage and the stages below it set. Values are compared as written, quotes removed.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Configuration {
    env: BTreeMap<String, String>,
    labels: BTreeMap<String, String>,
    /// WORKDIR lines in order: a relative one builds on those before it.
    workdir: Vec<String>,
    /// EXPOSE, VOLUME, STOPSIGNAL and ONBUILD as written.
    lines: Vec<String>,
    user: Option<String>,
    shell: Option<String>,
    healthcheck: Option<String>,
    entrypoint: Option<String>,
    cmd: Option<String>,
}

impl Configuration {
    pub(super) fn of(dockerfile: &Dockerfile, target: Option<&str>) -> Self {
        let mut stages = dockerfile.stages();
        stages.truncate(dockerfile.built_stage(target).map_or(0, |built| built + 1));
        let mut configuration = Self::default();
        for stage in chain(&stages) {
            for instruction in &stage.body {
                configuration.take(instruction);
            }
        }
        configuration
    }

    fn take(&mut self, instruction: &Instruction) {
        let rest = || instruction.rest().to_owned();
        let line = || format!("{} {}", instruction.keyword().as_str(), instruction.behind_keyword());
        match instruction.keyword() {
            Keyword::Env => take_pairs(&mut self.env, instruction),
            Keyword::Label => take_pairs(&mut self.labels, instruction),
            Keyword::Workdir => self.workdir.push(rest()),
            Keyword::User => self.user = Some(rest()),
            Keyword::Shell => self.shell = Some(rest()),
            Keyword::Healthcheck => self.healthcheck = Some(health(instruction)),
            Keyword::Entrypoint => self.entrypoint = Some(command(instruction)),
            Keyword::Cmd => self.cmd = Some(command(instruction)),
            // The protocol is stored in lower case.
            Keyword::Expose => self.lines.push(line().to_ascii_lowercase()),
            keyword if CONFIGURING.contains(&keyword) => self.lines.push(line()),
            _ => {}
        }
    }

    /// What differs in `new` and was not announced.
    pub(super) fn difference(&self, new: &Self, announced: &[Meaning]) -> Option<String> {
        let env_differs =
            |(key, value): &(&String, &String)| !announces_env(announced, key) && self.env.get(*key) != Some(value);
        if let Some((key, _)) = new.env.iter().find(env_differs) {
            return Some(format!("ENV {key} changed"));
        }
        if let Some(key) = self.env.keys().find(|key| !new.env.contains_key(*key)) {
            return Some(format!("ENV {key} was lost"));
        }
        if let Some(key) = self.labels.iter().find(|&(key, value)| new.labels.get(key) != Some(value)) {
            return Some(format!("LABEL {} changed", key.0));
        }
        if new.labels.len() > self.labels.len() && !announced.contains(&Meaning::Labels) {
            return Some("a LABEL was added".into());
        }
        let commands = announced.contains(&Meaning::ExecForm) || announced.contains(&Meaning::Runner);
        let parts = [
            ("WORKDIR", self.workdir != new.workdir && !announced.contains(&Meaning::Workdir)),
            ("EXPOSE, VOLUME, STOPSIGNAL or ONBUILD", self.lines != new.lines),
            ("USER", self.user != new.user && !announced.contains(&Meaning::User)),
            ("SHELL", self.shell != new.shell),
            ("HEALTHCHECK", self.healthcheck != new.healthcheck && !announced.contains(&Meaning::Healthcheck)),
            ("ENTRYPOINT", self.entrypoint != new.entrypoint && !commands),
            ("CMD", self.cmd != new.cmd && !commands),
        ];
        parts.iter().find(|(_, differs)| *differs).map(|(what, _)| format!("{what} changed"))
    }
}

fn announces_env(announced: &[Meaning], key: &str) -> bool {
    announced.iter().any(|meaning| matches!(meaning, Meaning::Env(name) if *name == key))
}

/// The stages that the final image is made of, the lowest first.
fn chain<'s, 'a>(stages: &'s [Stage<'a>]) -> Vec<&'s Stage<'a>> {
    let mut chain: Vec<&Stage> = stages.last().into_iter().collect();
    let mut base = chain.first().map(|stage| stage.base().to_ascii_lowercase());
    for lower in stages.iter().rev().skip(1) {
        if base.is_some() && lower.name() == base {
            base = Some(lower.base().to_ascii_lowercase());
            chain.push(lower);
        }
    }
    chain.reverse();
    chain
}

fn take_pairs(into: &mut BTreeMap<String, String>, instruction: &Instruction) {
    for pair in instruction.pairs() {
        let value = pair.value.as_deref().unwrap_or_default();
        into.insert(pair.key.clone(), value.trim_matches('"').to_owned());
    }
}

/// The options and the command of a health check, whatever blanks stand between them.
fn health(instruction: &Instruction) -> String {
    let flags = instruction.parts.flags.iter();
    let flags = flags.map(|flag| format!("{}={}", flag.name, flag.value.as_deref().unwrap_or_default()));
    flags.chain([instruction.rest().to_owned()]).collect::<Vec<_>>().join("\0")
}

fn command(instruction: &Instruction) -> String {
    match &instruction.parts.arguments {
        Arguments::Json(words) => words.iter().map(|word| word.text.as_str()).collect::<Vec<_>>().join("\0"),
        _ => instruction.rest().to_owned(),
    }
}
