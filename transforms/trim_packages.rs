//! Takes build-only packages out of the final stage, and puts run-time libraries in the place of `-dev` packages.

mod emptied;
mod libraries;
mod observed;

use super::{Transform, chain, place};
use crate::context::calls;
use crate::decision::{Announced, Change, Decision, Evidence, Held, Safety};
use crate::dockerfile::Keyword;
use crate::edit::{Edit, Span};
use crate::engine::View;
use crate::facts::packages::{PackageCommand, PackageWord, Verb, installs_from_earlier_lists};
use crate::facts::{Effect, Run, Step};
use crate::templates::{Family, Fate, Manager};
use observed::Unnamed;

pub(super) use emptied::empties_package_caches;
pub(super) use libraries::has_unknown_library;

pub(super) static TRANSFORM: Transform = Transform {
    name: "trim_packages",
    page: include_str!("trim_packages.md"),
    announced: Announced { touches: &[Keyword::Run], meaning: &[], stages: 0 },
    plan,
};

fn plan(view: &View) -> Result<Vec<Decision>, Held> {
    let steps = view.facts.steps().own();
    let family = view.facts.family();
    let is_trimmed = |step: &Step| family.is_some_and(|family| installs_build_only(view, step, family));
    let build_only: Vec<usize> = (0..steps.len()).filter(|&at| steps.get(at).is_some_and(is_trimmed)).collect();
    let Some(family) = family.filter(|_| !build_only.is_empty()) else {
        return Err(nothing_to_trim(view));
    };
    if let Err(held) = refuse_builds(view, steps) {
        let leave = view.facts.build_packages(steps).is_empty();
        return Err(if leave {
            Held::satisfied("the build packages leave in the RUN that installs them")
        } else {
            held
        });
    }
    if view.facts.stages.len() < 2 {
        let at = build_only.first().and_then(|&at| steps.get(at)).map(|step| step.instruction.span);
        return Err(Held::Blocked {
            reason: "there is no builder stage that could keep the build packages".into(),
            at,
        });
    }
    let mut decisions = Vec::new();
    let mut emptied = Vec::new();
    let mut gone = Vec::new();
    let mut loaded = Unnamed::of(view);
    for (at, step) in steps.iter().enumerate() {
        let later = steps.get(at + 1..).unwrap_or_default();
        if !build_only.contains(&at) {
            let removal = Trim::of_removal(view, step, &gone);
            decisions.extend(removal.map(|trim| trim.decide(view, later)));
            continue;
        }
        let trim = Trim::of(view, step, later, family, &mut loaded);
        if let Ok(trim) = &trim {
            gone.extend(trim.gone.iter().cloned());
            if trim.installs_nothing {
                emptied.push(at);
            }
        }
        decisions.push(trim.and_then(|trim| trim.decide(view, later)));
    }
    let lone = (0..steps.len()).filter(|&at| fetches_for_nobody(view, steps, at, &emptied));
    decisions.extend(lone.filter_map(|at| steps.get(at)).map(|step| Ok(without_lone_update(view, step))));
    Ok(decisions)
}

fn nothing_to_trim(view: &View) -> Held {
    let below = view.facts.build_packages(view.facts.steps().below());
    if below.is_empty() {
        return Held::satisfied("the final stage installs nothing that only a build needs");
    }
    let tools = below.join(", ");
    Held::blocked(format!(
        "a stage below the final one installs {tools}, and other stages may need it; install it where it is needed"
    ))
}

/// The package commands of a step that are of this kind.
fn commands<'s>(view: &View, step: &'s Step, verb: Verb) -> impl Iterator<Item = &'s PackageCommand> {
    view.facts.effects(step).iter().filter_map(Effect::packages).filter(move |command| command.verb == verb)
}

fn installs<'s>(view: &View, step: &'s Step) -> impl Iterator<Item = &'s PackageCommand> {
    commands(view, step, Verb::Install)
}

fn removals<'s>(view: &View, step: &'s Step) -> impl Iterator<Item = &'s PackageCommand> {
    commands(view, step, Verb::Remove)
}

fn installs_build_only(view: &View, step: &Step, family: Family) -> bool {
    installs(view, step).flat_map(|command| &command.packages).any(|word| is_for_builds(view, step, family, &word.name))
}

/// Whether only a build needs the package: by what it is, or because it serves a tool that a builder calls.
fn is_for_builds(view: &View, step: &Step, family: Family, name: &str) -> bool {
    let drops = view.facts.package(step, name).is_some_and(|package| package.fate == Fate::Drop);
    drops || serves_tools(view, family, name, |tool| is_called_by_a_builder(view, tool) && !is_called(view, tool))
}

/// Whether the package serves a tool for which `is_left` holds, and nothing else that is known.
pub(super) fn serves_tools(view: &View, family: Family, name: &str, is_left: impl Fn(&str) -> bool) -> bool {
    view.facts.input.templates.packages.package(family, name).is_some_and(|package| {
        package.serves.iter().any(|tool| is_left(tool))
            && !package.commands.iter().any(|command| is_called(view, command))
    })
}

fn is_called_by_a_builder(view: &View, program: &str) -> bool {
    let builders = 0..view.facts.stages.len().saturating_sub(1);
    builders.into_iter().any(|stage| view.facts.steps_of(stage).own().iter().any(|step| step.calls(program)))
}

/// A stage that still builds keeps its tools.
fn refuse_builds(view: &View, steps: &[Step]) -> Result<(), Held> {
    for step in steps {
        let odd = view.facts.effects(step).iter().find_map(|effect| match effect {
            Effect::Install(call) => Some(format!("{} may compile what it installs here", call.installer)),
            Effect::Build(program) => Some(format!("`{program}` is called here")),
            Effect::Unknown(why) => Some(format!("this line may need a compiler: {why}")),
            _ => None,
        });
        if let Some(reason) = odd {
            return Err(Held::blocked_at(reason, step.instruction.span));
        }
    }
    Ok(())
}

/// What becomes of a package word.
enum Fortune {
    Goes,
    Becomes(Vec<String>),
    Stays,
}

/// What becomes of the packages of a step.
struct Trim<'s> {
    step: &'s Step<'s>,
    run: &'s Run<'s>,
    /// Edits of single words.
    words: Vec<Edit>,
    /// Commands of which nothing is left.
    emptied: Vec<Span>,
    /// The names that are not installed any more, and those that removed them.
    gone: Vec<String>,
    /// The libraries that came in their place.
    new: Vec<String>,
    installs_nothing: bool,
}

impl<'s> Trim<'s> {
    fn nothing(step: &'s Step<'s>, run: &'s Run<'s>) -> Self {
        let (words, emptied, gone, new) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        Self { step, run, words, emptied, gone, new, installs_nothing: false }
    }

    /// The first trim brings what is `loaded` and came with the build packages alone.
    fn of(view: &View, step: &'s Step<'s>, later: &[Step], family: Family, loaded: &mut Unnamed) -> Result<Self, Held> {
        let run = step.script().ok_or_else(|| Held::blocked_at("the line can't be read", step.instruction.span))?;
        let mut trim = Self::nothing(step, run);
        let mut installed = Vec::new();
        for command in installs(view, step) {
            trim.install(view, family, command, later, &mut installed, loaded)?;
        }
        if trim.gone.is_empty() {
            return Err(Held::satisfied("its build packages are used by what stays"));
        }
        trim.installs_nothing = installs(view, step).all(|command| trim.emptied.contains(&command.span));
        trim.removals(view);
        Ok(trim)
    }

    fn install(
        &mut self,
        view: &View,
        family: Family,
        command: &PackageCommand,
        later: &[Step],
        installed: &mut Vec<String>,
        loaded: &mut Unnamed,
    ) -> Result<(), Held> {
        let is_dropped = is_removed_as_a_whole(view, std::iter::once(self.step).chain(later), command);
        let fortune = |word: &PackageWord| match is_dropped || is_removed_later(view, later, command, &word.name) {
            true => Ok(Fortune::Goes),
            false => fortune(view, self.step, family, &word.name),
        };
        let mut fortunes: Vec<Fortune> = command.packages.iter().map(fortune).collect::<Result<_, Held>>()?;
        loaded.take_place(&mut fortunes);
        let with_words = || command.packages.iter().zip(&fortunes);
        if fortunes.iter().all(|fortune| matches!(fortune, Fortune::Goes)) && !command.has_unknown {
            self.gone.extend(command.packages.iter().map(|word| word.name.clone()).chain(command.virtual_name.clone()));
            self.emptied.push(command.span);
            return Ok(());
        }
        let kept = with_words().filter(|(_, fortune)| matches!(fortune, Fortune::Stays));
        installed.extend(kept.map(|(word, _)| word.name.clone()));
        for (word, fortune) in with_words() {
            let libraries = match fortune {
                Fortune::Stays => continue,
                Fortune::Goes => &[],
                Fortune::Becomes(libraries) => libraries.as_slice(),
            };
            let missing: Vec<String> =
                libraries.iter().filter(|library| !installed.contains(library)).cloned().collect();
            self.words.push(word_edit(self.run, word, &missing));
            installed.extend(missing.iter().cloned());
            self.new.extend(missing);
            self.gone.push(word.name.clone());
        }
        Ok(())
    }

    /// A step that installs nothing, and removes what is not installed any more.
    fn of_removal(view: &View, step: &'s Step<'s>, gone: &[String]) -> Option<Self> {
        let run = step.script().filter(|_| installs(view, step).next().is_none())?;
        let mut trim = Self { gone: gone.to_vec(), ..Self::nothing(step, run) };
        trim.removals(view);
        let removed = removals(view, step).flat_map(|command| &command.packages).map(|word| &word.name);
        trim.gone = removed.filter(|name| gone.contains(name)).cloned().collect();
        trim.installs_nothing = removals(view, step).all(|command| trim.emptied.contains(&command.span));
        (!trim.gone.is_empty()).then_some(trim)
    }

    /// What is not installed any more needs no removal, and leaves nothing behind to remove.
    fn removals(&mut self, view: &View) {
        let (bare, named): (Vec<&PackageCommand>, Vec<&PackageCommand>) =
            removals(view, self.step).partition(|command| command.packages.is_empty() && !command.has_unknown);
        let mut stays = named.is_empty();
        for command in named {
            let is_gone = |word: &&PackageWord| self.gone.contains(&word.name);
            if command.packages.iter().all(|word| is_gone(&word)) && !command.has_unknown {
                self.emptied.push(command.span);
            } else {
                stays = true;
                self.words.extend(command.packages.iter().filter(is_gone).map(|word| word_edit(self.run, word, &[])));
            }
        }
        if !stays {
            self.emptied.extend(bare.into_iter().map(|command| command.span));
        }
    }

    fn decide(self, view: &View, later: &[Step]) -> Decision {
        let mut edits = self.words;
        if !self.emptied.is_empty() {
            let needy = later.iter().find(|step| installs_from_earlier_lists(view.facts.effects(step)));
            if let Some(needy) = needy.filter(|_| self.installs_nothing) {
                let reason = "this RUN installs from the lists that an earlier one fetched for build packages; \
                              give it an `apt-get update` of its own";
                return Err(Held::blocked_at(reason, needy.instruction.span));
            }
            edits.extend(emptied::without_commands(view, self.step, self.run, &self.emptied, self.installs_nothing)?);
        }
        let known =
            Evidence::template("what only a build needs, and which library a -dev package is for", "packages.toml");
        let seen = view.facts.loaded(&self.new);
        let reason = match installs(view, self.step).next() {
            Some(_) => reason(&self.gone, &self.new),
            None => format!("{}: what is not installed needs no removal", self.gone.join(", ")),
        };
        Ok(Change {
            at: self.step.instruction.span,
            edits,
            safety: Safety::Review,
            reason,
            because: std::iter::once(known).chain(seen).collect(),
            notes: Vec::new(),
        })
    }
}

fn removes(view: &View, step: &Step, name: &str) -> bool {
    removals(view, step).flat_map(|command| &command.packages).any(|word| word.name == name)
}

/// Whether a command of the steps removes all that this one installs, by the name that it gave them.
fn is_removed_as_a_whole<'s>(
    view: &View,
    mut steps: impl Iterator<Item = &'s Step<'s>>,
    command: &PackageCommand,
) -> bool {
    command.virtual_name.as_ref().is_some_and(|name| steps.any(|step| removes(view, step, name)))
}

/// Whether a later RUN removes the package, and nothing before calls it: the image ends without it. apt leaves the
/// libraries behind that headers brought.
fn is_removed_later(view: &View, later: &[Step], command: &PackageCommand, name: &str) -> bool {
    let leaves_libraries = command.manager == Manager::Apt && name.ends_with("-dev");
    !leaves_libraries && later.iter().any(|step| removes(view, step, name)) && !is_called(view, name)
}

fn reason(gone: &[String], new: &[String]) -> String {
    let gone = gone.join(", ");
    match new {
        [] => format!("{gone}: only the builder needs it"),
        new => format!("{gone}: only the builder needs it; at run time {} is enough", new.join(", ")),
    }
}

fn word_edit(run: &Run, word: &PackageWord, libraries: &[String]) -> Edit {
    if libraries.is_empty() {
        return Edit::delete(run.to_file(word.removal));
    }
    Edit::replace(run.to_file(word.span), libraries.join(" "))
}

fn fortune(view: &View, step: &Step, family: Family, name: &str) -> Result<Fortune, Held> {
    let Some(package) = view.facts.package(step, name) else { return Ok(Fortune::Stays) };
    if !is_for_builds(view, step, family, name) {
        return Ok(Fortune::Stays);
    }
    if package.commands.iter().any(|command| is_called(view, command)) {
        return Ok(Fortune::Stays);
    }
    if !libraries::is_headers(package.class) {
        return Ok(Fortune::Goes);
    }
    match libraries::at_run_time(view, family, name) {
        Some(libraries) if libraries.is_empty() => Ok(Fortune::Goes),
        Some(libraries) => Ok(Fortune::Becomes(libraries)),
        None => Err(Held::blocked_at(
            format!(
                "the run-time library of {name} is not known; name the release in the image's tag, or it in an overlay"
            ),
            step.instruction.span,
        )),
    }
}

/// Whether something that stays in the final stage, or the program itself, calls `command`.
fn is_called(view: &View, command: &str) -> bool {
    let in_runs = view.facts.steps().own().iter().filter(|step| step.script().is_some()).any(|step| {
        let commands = step.script().into_iter().flat_map(|run| &run.script.commands).zip(view.facts.effects(step));
        let mut others = commands.filter(|(_, effect)| effect.packages().is_none());
        others.any(|(known, _)| {
            let named = known.program().is_some_and(|invocation| invocation.name == command);
            named || known.words.iter().any(|word| word.is(command))
        })
    });
    let start = view.facts.start();
    in_runs
        || view.facts.ran(command)
        || start.commands.iter().any(|started| started.name == command || started.literals().contains(&command))
        || start.scripts.iter().any(|script| script.text.split_whitespace().any(|word| word == command))
        || !calls(view.facts.input.context, command).is_empty()
}

/// Whether the step at `at` only fetches lists, and all that installed from them installs nothing any more.
fn fetches_for_nobody(view: &View, steps: &[Step], at: usize, emptied: &[usize]) -> bool {
    let has = |step: &Step, verb: Verb| commands(view, step, verb).next().is_some();
    let Some(step) = steps.get(at).filter(|step| has(step, Verb::Update)) else { return false };
    let script = step.script().into_iter().flat_map(|run| &run.script.commands);
    let only_fetches = view.facts.effects(step).iter().zip(script).all(|(effect, command)| match effect {
        Effect::Packages(packages) => packages.verb == Verb::Update,
        _ => chain::only_serves_others(command),
    });
    let mut users = (at + 1..steps.len())
        .take_while(|&later| steps.get(later).is_some_and(|step| !has(step, Verb::Update)))
        .filter(|&later| steps.get(later).is_some_and(|step| has(step, Verb::Install)))
        .peekable();
    only_fetches && users.peek().is_some() && users.all(|later| emptied.contains(&later))
}

fn without_lone_update(view: &View, step: &Step) -> Change {
    Change {
        at: step.instruction.span,
        edits: vec![Edit::delete(place::whole(view, step.instruction))],
        safety: Safety::Review,
        reason: "nothing is installed from these lists any more".into(),
        because: vec![Evidence::dockerfile("only build packages were installed from them", step.instruction.span)],
        notes: Vec::new(),
    }
}
