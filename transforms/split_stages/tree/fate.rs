//! What becomes of a step before the last build in the runtime stage.

use super::super::super::chain;
use super::super::copies::copies_everything;
use super::build_tools;
use super::commands;
use super::reach::{self, Reach};
use crate::decision::Held;
use crate::dockerfile::Keyword;
use crate::engine::View;
use crate::facts::scope::is_at_or_below;
use crate::facts::{Effect, Step, cwd};
use crate::shell::{Command, Word};
use crate::templates::ToolCall;

/// Places that hold what can be fetched again.
const CACHES: [&str; 5] = ["/root/", "~/", "/tmp", "/usr/local/share/.cache", "/var/tmp"];

/// What becomes of a step.
#[derive(Debug)]
pub(in super::super) enum Fate {
    /// It stays, and stands in the builder as well.
    Stays,
    /// Everything that it made comes from the builder.
    Goes,
    /// Some of its commands go.
    Partly(Vec<bool>),
}

/// What becomes of a command.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(in super::super) enum Lot {
    Stays,
    Goes,
    /// It serves the others, and shares their lot.
    Serves,
}

impl Fate {
    /// `later` are the steps after the last build.
    pub(super) fn of(view: &View, step: &Step, trees: &[String], later: &[Step]) -> Result<Self, Held> {
        match step.instruction.keyword() {
            Keyword::Run if build_tools::installer(view, step) => Ok(Self::Goes),
            Keyword::Run => Self::of_run(view, step, trees),
            Keyword::Copy | Keyword::Add if build_tools::copy(view, step) => Ok(Self::Goes),
            Keyword::Copy | Keyword::Add => Self::of_copy(step, trees, later),
            _ => Ok(Self::Stays),
        }
    }

    fn of_run(view: &View, step: &Step, trees: &[String]) -> Result<Self, Held> {
        let builds = super::builds(view, step);
        let lots = commands(view, step)
            .map(|(command, effect, dir)| Call { view, step, command, effect, dir, trees, builds }.lot())
            .collect::<Result<Vec<Lot>, Held>>()?;
        let fate = Self::of_lots(&lots);
        let enters = |dir: &Option<String>| dir.as_deref() != step.scope.workdir.as_deref();
        if matches!(fate, Self::Partly(_)) && cwd::directories(step).iter().any(enters) {
            // The directory is not there yet where the rest of the line would run.
            return Err(chain::not_apart(step, "what builds stands"));
        }
        Ok(fate)
    }

    /// What becomes of a RUN whose commands have these lots.
    pub(in super::super) fn of_lots(lots: &[Lot]) -> Self {
        match (lots.contains(&Lot::Goes), lots.contains(&Lot::Stays)) {
            (false, _) => Self::Stays,
            (true, false) => Self::Goes,
            (true, true) => Self::Partly(lots.iter().map(|lot| *lot == Lot::Goes).collect()),
        }
    }

    fn of_copy(step: &Step, trees: &[String], later: &[Step]) -> Result<Self, Held> {
        let blocked = |reason: &str| Err(Held::blocked_at(reason, step.instruction.span));
        let Some(place) = step.destination() else { return blocked("it is not known where this line copies to") };
        if !trees.iter().any(|tree| is_at_or_below(&place, tree)) {
            return Ok(Self::Stays);
        }
        let comes_again = |later: &Step| {
            copies_everything(later) && later.destination().is_some_and(|again| is_at_or_below(&place, &again))
        };
        if gives_an_owner(step) && !later.iter().any(comes_again) {
            return blocked("the owner that this line gives would be lost in the copy from the builder");
        }
        Ok(Self::Goes)
    }
}

fn gives_an_owner(step: &Step) -> bool {
    let owner = step.instruction.flag("--chown").and_then(|flag| flag.value.as_deref());
    owner.is_some_and(|owner| !matches!(owner, "0" | "root" | "0:0" | "root:root"))
}

/// A command of a step before the last build, and where it runs.
struct Call<'c, 'v, 's> {
    view: &'c View<'v>,
    step: &'c Step<'s>,
    command: &'c Command,
    effect: &'c Effect,
    dir: Option<String>,
    trees: &'c [String],
    /// Whether the step builds.
    builds: bool,
}

impl Call<'_, '_, '_> {
    fn lot(&self) -> Result<Lot, Held> {
        match self.view.facts.tool_call(self.command) {
            Some(ToolCall::Cache) if self.builds => return Ok(Lot::Goes),
            Some(ToolCall::Setting | ToolCall::PlainGlobal | ToolCall::Cache) => return Ok(Lot::Stays),
            Some(_) if build_tools::sets_up_for_people(self.view, self.command) => {
                let reason = "this line sets up a tool that no build here calls: this image is for development";
                return self.blocked(reason.into());
            }
            Some(ToolCall::Compiles) => return Ok(Lot::Goes),
            Some(_) => return self.build(),
            None if chain::only_serves_others(self.command) => return Ok(Lot::Serves),
            None => {}
        }
        let names_owner = self.command.program().is_some_and(|invocation| matches!(invocation.name, "chown" | "chgrp"));
        if let Some(tree) = self.tree_with_a_mode() {
            return self.blocked(format!(
                "the mode that this line gives {tree} itself would be lost in the copy from the builder; \
                 put it behind the last build"
            ));
        }
        match (self.effect, self.reach()) {
            (Effect::Program(program), _) => {
                self.blocked(format!("`{program}` may handle any file before the last build"))
            }
            (_, Reach::Inside | Reach::Both) if names_owner => {
                self.blocked("the owner that this line gives would be lost in the copy from the builder".into())
            }
            (Effect::Packages(_), Reach::Inside | Reach::Both) | (_, Reach::Both) => {
                let trees = self.trees.join(", ");
                self.blocked(format!(
                    "this line handles files of {trees} and others before the last build; put it behind it"
                ))
            }
            (_, Reach::Inside) => Ok(Lot::Goes),
            (_, Reach::Outside) if self.builds && chain::only_empties(self.command, CACHES.into_iter()) => {
                Ok(Lot::Goes)
            }
            (_, Reach::Outside) => Ok(Lot::Stays),
        }
    }

    /// The tree whose own mode the command sets: a copy gives a directory that is there already none.
    fn tree_with_a_mode(&self) -> Option<&String> {
        let invocation = self.command.program()?;
        let has_mode = |word: &Word| ["-m", "--mode"].iter().any(|option| word.literal_start().starts_with(option));
        let sets_mode = match invocation.name {
            "chmod" | "setfacl" => true,
            "mkdir" | "install" => invocation.words.iter().any(has_mode),
            _ => false,
        };
        let dir = self.dir.as_deref().unwrap_or("/");
        let paths = invocation.words.iter().filter_map(|word| Some(cwd::joined(dir, word.value.as_deref()?)));
        let named: Vec<String> = paths.filter(|_| sets_mode).collect();
        self.trees.iter().find(|tree| named.contains(tree))
    }

    /// A call that builds may name no place outside of the trees, but for what can be fetched again.
    fn build(&self) -> Result<Lot, Held> {
        const PASSING: [&str; 3] = ["/tmp", "/root/", "/dev/"];
        let options = self.command.words.iter().chain(&self.command.assignments).map(|word| word.literal_start());
        let targets = self.command.redirects.iter().filter(|it| it.writes_file()).map(|it| it.target.literal_start());
        let paths = options.chain(targets).filter(|word| !word.contains("://"));
        let places =
            paths.filter_map(|word| word.find('/').filter(|&at| starts_path(word, at)).and_then(|at| word.get(at..)));
        let is_inside = |path: &str| self.trees.iter().any(|tree| is_at_or_below(path.trim_end_matches('/'), tree));
        let mut foreign = places.filter(|path| !is_inside(path) && !PASSING.iter().any(|it| path.starts_with(it)));
        match foreign.next() {
            Some(path) => {
                self.blocked(format!("{path} is named where this line builds, and would stay in the builder"))
            }
            None if self.climbs() => self
                .blocked("this line builds with files above its directory, and they would stay in the builder".into()),
            None => Ok(Lot::Goes),
        }
    }

    /// Whether a word leads out of the trees by `..`.
    fn climbs(&self) -> bool {
        let dir = self.dir.as_deref().unwrap_or("/");
        let words = self.command.words.iter().map(|word| word.literal_start());
        let values = words.map(|word| word.rsplit('=').next().unwrap_or(word));
        let mut up = values.filter(|word| word.starts_with("..")).map(|word| cwd::joined(dir, word));
        up.any(|path| !self.trees.iter().any(|tree| is_at_or_below(&path, tree)))
    }

    fn reach(&self) -> Reach {
        let caches = if self.builds { CACHES.as_slice() } else { &[] };
        reach::reach(self.step, self.command, self.effect, self.dir.as_deref(), self.trees, caches)
    }

    fn blocked<T>(&self, reason: String) -> Result<T, Held> {
        Err(Held::blocked_at(reason, self.step.instruction.span))
    }
}

/// Whether an absolute path starts at `at`: at the start of a word, or behind `=`, `:` or a short option.
fn starts_path(word: &str, at: usize) -> bool {
    let before = word.get(..at).unwrap_or_default();
    let is_short_option = before.len() == 2 && before.starts_with('-');
    before.is_empty() || before.ends_with(['=', ':']) || is_short_option
}
