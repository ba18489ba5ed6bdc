//! Advice for secrets in `ARG` and `ENV`: how a build gets them without leaving them in the image.

use super::Transform;
use crate::decision::{Announced, Change, Decision, Evidence, Held, Safety};
use crate::dockerfile::{Keyword, Pair};
use crate::engine::View;
use crate::facts::Step;

pub(super) static TRANSFORM: Transform = Transform {
    name: "secret_mounts",
    page: include_str!("secret_mounts.md"),
    announced: Announced { touches: &[], meaning: &[], stages: 0 },
    plan,
};

/// Words of a name that make it a secret, as in BuildKit's check.
const SECRET: [&str; 10] =
    ["apikey", "auth", "credential", "credentials", "key", "password", "pword", "passwd", "secret", "token"];

/// Words that make it none: BuildKit's, and those of fingerprints that everybody may see.
const OPEN: [&str; 5] = ["public", "file", "version", "gpg", "fingerprint"];

/// The longest piece of a line that is shown, in characters.
const SHOWN: usize = 60;

fn plan(view: &View) -> Result<Vec<Decision>, Held> {
    let built = view.facts.final_stage().map(|facts| facts.stage.index);
    let image: Vec<usize> = built.into_iter().flat_map(|built| view.facts.lineage(built)).collect();
    let mut decisions = Vec::new();
    for stage in view.facts.needed_stages() {
        let steps = view.facts.steps_of(stage);
        for (at, step) in steps.own().iter().enumerate() {
            let later = steps.own().get(at + 1..).unwrap_or_default();
            let pairs = step.instruction.pairs().iter().filter(|pair| !step.is(Keyword::Env) || holds_something(pair));
            let names = pairs.map(|pair| pair.key.trim_matches(['"', '\'']));
            let secrets =
                names.filter(is_secret).map(|name| Secret { name, step, later, stays: image.contains(&stage) });
            decisions.extend(secrets.filter_map(|secret| secret.advice()).map(Ok));
        }
    }
    if decisions.is_empty() {
        return Err(Held::satisfied("no ARG and no ENV is named like a secret"));
    }
    Ok(decisions)
}

/// Whether an ENV holds more than nothing, a yes or a no.
fn holds_something(pair: &Pair) -> bool {
    let value = pair.value.as_deref().unwrap_or_default().trim_matches(['"', '\'']);
    !matches!(value.to_ascii_lowercase().as_str(), "" | "true" | "false" | "yes" | "no" | "0" | "1")
}

fn is_secret(name: &&str) -> bool {
    let name = name.to_ascii_lowercase();
    let has = |words: &[&str]| name.split('_').any(|part| words.contains(&part));
    has(&SECRET) && !has(&OPEN)
}

/// A variable that is named like a secret.
struct Secret<'s> {
    name: &'s str,
    step: &'s Step<'s>,
    /// The steps of the stage behind it.
    later: &'s [Step<'s>],
    /// Whether its stage is a part of the image, and not only of the build.
    stays: bool,
}

impl Secret<'_> {
    fn advice(&self) -> Option<Change> {
        let (place, notes) = match self.step.instruction.keyword() {
            Keyword::Arg => ("history", self.patch_of_arg()),
            Keyword::Env => ("settings", self.patch_of_env()),
            _ => return None,
        };
        let name = self.name;
        let at = self.step.instruction.span;
        let reason = if self.stays {
            format!("whoever gets the image reads {name} in its {place}")
        } else {
            format!("the build's cache and its provenance keep {name}")
        };
        Some(Change {
            at,
            edits: Vec::new(),
            safety: Safety::Advice,
            reason,
            because: vec![Evidence::dockerfile("it is named like a secret", at)],
            notes,
        })
    }

    fn patch_of_arg(&self) -> Vec<String> {
        let mut mounted = self.mounted();
        if mounted.is_empty() {
            mounted.push(format!("RUN {} …, for the line that needs it", self.mount()));
        }
        let out = format!("take `ARG {}` out", self.name);
        std::iter::once(out).chain(mounted).chain([self.build()]).collect()
    }

    fn patch_of_env(&self) -> Vec<String> {
        let mut notes = vec![format!("take {} out of `ENV`", self.name)];
        let mounted = self.mounted();
        if !mounted.is_empty() {
            notes.extend(mounted);
            notes.push(self.build());
        }
        if self.stays {
            notes.push(format!("docker run --env {} …, where the program needs it", self.name));
        }
        notes
    }

    /// The RUN lines that use the variable, with the mount that gives it to them alone.
    fn mounted(&self) -> Vec<String> {
        let runs = self.later.iter().filter(|step| step.is(Keyword::Run) && uses(step, self.name));
        runs.map(|step| format!("RUN {} {}", self.mount(), shown(step.instruction.rest()))).collect()
    }

    fn id(&self) -> String {
        self.name.to_ascii_lowercase()
    }

    fn mount(&self) -> String {
        format!("--mount=type=secret,id={},env={}", self.id(), self.name)
    }

    fn build(&self) -> String {
        format!("docker build --secret id={},env={} …", self.id(), self.name)
    }
}

fn uses(step: &Step, name: &str) -> bool {
    let commands = step.script().into_iter().flat_map(|run| &run.script.commands);
    let mut words = commands.flat_map(|command| command.assignments.iter().chain(&command.words));
    words.any(|word| word.variables.iter().any(|variable| variable == name))
}

/// The start of a line, blanks made one.
fn shown(text: &str) -> String {
    let text = text.split_whitespace().collect::<Vec<&str>>().join(" ");
    match text.char_indices().nth(SHOWN) {
        Some((end, _)) => format!("{} …", text.get(..end).unwrap_or_default().trim_end()),
        None => text,
    }
}
