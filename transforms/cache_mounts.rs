//! What a language's package manager downloads stays in a cache mount: the next build finds it, and no layer keeps it.

use super::{Transform, chain, commands, mounts, owner};
use crate::decision::{Announced, Change, Decision, Evidence, Held, Safety};
use crate::dockerfile::Keyword;
use crate::edit::Edit;
use crate::engine::View;
use crate::facts::{Effect, Run, Step};
use crate::shell::{Command, Word};
use crate::templates::CachingTool;

pub(super) static TRANSFORM: Transform = Transform {
    name: "cache_mounts",
    page: include_str!("cache_mounts.md"),
    announced: Announced { touches: &[Keyword::Run], meaning: &[], stages: 0 },
    plan,
};

fn plan(view: &View) -> Result<Vec<Decision>, Held> {
    let mut decisions = Vec::new();
    for stage in view.facts.needed_stages() {
        let steps = view.facts.steps_of(stage);
        for step in steps.own() {
            let Some(run) = step.script() else { continue };
            decisions.extend(Line { view, stage, step, run }.decide());
        }
    }
    if decisions.is_empty() {
        Err(Held::satisfied("no line fills a cache that a mount could keep"))
    } else {
        Ok(decisions)
    }
}

/// A command that calls a tool with a cache.
struct Call<'c> {
    name: &'c str,
    tool: &'c CachingTool,
    command: &'c Command,
}

impl Call<'_> {
    fn options(&self) -> impl Iterator<Item = &Word> {
        self.command.words.iter().filter(|word| word.literal_start().starts_with('-'))
    }

    fn has(&self, options: &[String]) -> bool {
        self.options().any(|word| options.iter().any(|option| word.is(option)))
    }

    /// Whether a program runs it as somebody else.
    fn changes_user(&self) -> bool {
        let first = self.command.words.first().and_then(|word| word.value.as_deref());
        first.is_none_or(|name| matches!(name, "sudo" | "su" | "gosu" | "su-exec" | "runuser"))
    }
}

/// A RUN.
struct Line<'s, 'v> {
    view: &'s View<'v>,
    stage: usize,
    step: &'s Step<'s>,
    run: &'s Run<'s>,
}

impl Line<'_, '_> {
    fn decide(&self) -> Option<Decision> {
        let calls = self.calls();
        match self.missing(&calls) {
            Ok(missing) if missing.is_empty() => None,
            Ok(missing) => Some(self.check(&calls, &missing).and_then(|()| self.change(&calls, &missing))),
            Err(held) => Some(Err(held)),
        }
    }

    /// The tools whose caches no mount keeps out, each once, and the folders of these.
    fn missing<'c>(&self, calls: &'c [Call<'c>]) -> Result<Vec<(&'c Call<'c>, String)>, Held> {
        let mut tools: Vec<&Call> = Vec::new();
        for call in calls {
            if !tools.iter().any(|other| other.name == call.name) && !self.keeps_no_cache(call) {
                tools.push(call);
            }
        }
        let folders = tools.into_iter().map(|call| Ok((call, self.folder(call)?))).collect::<Result<Vec<_>, Held>>()?;
        Ok(folders.into_iter().filter(|(_, folder)| !self.step.keeps_out(folder)).collect())
    }

    /// The calls that fill a cache.
    fn calls(&self) -> Vec<Call<'_>> {
        let effects = self.view.facts.effects_in(self.stage, self.step);
        let commands = self.run.script.commands.iter().zip(effects);
        commands.filter_map(|(command, effect)| self.call(command, effect)).collect()
    }

    /// The call of a tool whose cache the command fills.
    fn call<'c>(&'c self, command: &'c Command, effect: &Effect) -> Option<Call<'c>> {
        let caches = &self.view.facts.input.templates.caches;
        if let Some(pip) = effect.install().filter(|call| call.installer == "pip").and_then(|call| call.pip.as_ref()) {
            let (name, tool) = caches.tool("pip")?;
            return tool.installs(&[pip.verb.as_str()]).then_some(Call { name, tool, command });
        }
        let invocation = command.program()?;
        let (name, tool) = caches.tool(invocation.name)?;
        let fills = tool.installs(&verbs(invocation.words)) && !commands::asks_about_itself(invocation.words);
        fills.then_some(Call { name, tool, command })
    }

    /// Whether a variable switches the cache off, as people set it for images.
    fn keeps_no_cache(&self, call: &Call) -> bool {
        let text = self.step.instruction.logical.text();
        call.name == "pip" && (self.step.scope.env("PIP_NO_CACHE_DIR").is_some() || text.contains("PIP_NO_CACHE_DIR"))
    }

    /// Where the cache is.
    fn folder(&self, call: &Call) -> Result<String, Held> {
        let at = self.step.instruction.span;
        let scope = &self.step.scope;
        let set = |name: &str| scope.all_env().find(|(set, _)| *set == name);
        let moved = call.tool.moved_by().find_map(|(name, below)| Some((set(name)?, below)));
        if let Some(((name, folder), below)) = moved {
            let folder = folder.map(|folder| format!("{}{below}", folder.trim_end_matches('/')));
            let unknown =
                || Held::blocked_at(format!("{name} holds no folder that is known to be the cache's alone"), at);
            return folder.filter(|folder| may_be_mounted(folder)).ok_or_else(unknown);
        }
        if !owner::certainly_runs_as_root(self.view, self.stage, self.step) {
            let reason = format!("{} may run as another user than root, whose home is not known", call.name);
            return Err(Held::blocked_at(reason, at));
        }
        let is_known = self.view.facts.image_below(self.stage).is_some_and(|base| base.image().is_some());
        if !is_known || set("HOME").is_some_and(|(_, home)| home.is_none()) {
            return Err(Held::blocked_at("the home of root is not known in this image", at));
        }
        Ok(call.tool.folder(mounts::home(self.step)))
    }

    /// Holds where the line would not do the same with a mount.
    fn check(&self, calls: &[Call], missing: &[(&Call, String)]) -> Result<(), Held> {
        let at = self.step.instruction.span;
        mounts::check_syntax(self.view, at)?;
        missing.iter().try_for_each(|(_, folder)| mounts::check_commands(self.step, self.run, folder))?;
        match self.why_not(calls, missing) {
            Some(reason) => Err(Held::blocked_at(reason, at)),
            None => Ok(()),
        }
    }

    fn why_not(&self, calls: &[Call], missing: &[(&Call, String)]) -> Option<String> {
        let text = self.step.instruction.logical.text();
        let moves = |call: &Call| call.tool.moved_by().any(|(name, _)| text.contains(name));
        let chooses = |call: &Call| call.options().any(|word| word.literal_start().starts_with("--cache"));
        match () {
            () if calls.iter().any(|call| moves(call) || chooses(call)) || text.contains("HOME=") => {
                Some("the line chose a folder for the cache".into())
            }
            () if calls.iter().any(|call| self.is_configured(call)) => {
                Some("the file sets a folder for the cache by `config`".into())
            }
            () if calls.iter().any(|call| call.has(&call.tool.offline)) => {
                Some("the line installs what is in the cache".into())
            }
            () if calls.iter().any(Call::changes_user) => {
                Some("the line installs as another user, whose home is not known".into())
            }
            () => missing
                .iter()
                .find(|(_, folder)| self.is_named(folder))
                .map(|(_, folder)| format!("the file names {folder}, so that something may need what is in it")),
        }
    }

    /// Whether a line of the file is `npm config set cache /x` or its like.
    fn is_configured(&self, call: &Call) -> bool {
        let file = self.view.dockerfile;
        let mut lines = file.instructions().map(|instruction| instruction.span.of(file.text()));
        lines.any(|line| line.contains(&format!("{} config", call.name)) && line.contains("cache"))
    }

    fn is_named(&self, folder: &str) -> bool {
        let file = self.view.dockerfile;
        let short = folder.strip_prefix("/root/").unwrap_or(folder);
        let mut others = file.instructions().filter(|instruction| !instruction.is(Keyword::Env));
        others.any(|instruction| names(instruction.span.of(file.text()), short))
    }

    fn change(&self, calls: &[Call], missing: &[(&Call, String)]) -> Decision {
        let mounts = missing.iter().map(|(call, folder)| self.mount(call, folder));
        let mounts = mounts.collect::<Result<Vec<String>, Held>>()?;
        let mut edits =
            vec![Edit::insert(self.step.instruction.rest_in_file().start, mounts::lines(self.view, &mounts))];
        edits.extend(self.without_clean_up()?);
        let disabling = calls.iter().flat_map(|call| {
            let off = call.options().filter(|word| call.tool.off.iter().any(|option| word.is(option)));
            off.map(|word| Edit::delete(self.run.to_file(call.command.removal_of(word))))
        });
        edits.extend(disabling);
        let names: Vec<&str> = missing.iter().map(|(call, _)| call.name).collect();
        Ok(Change {
            at: self.step.instruction.span,
            edits,
            safety: Safety::Safe,
            reason: format!("what {} downloads stays for the next build and in no layer", names.join(" and ")),
            because: vec![Evidence::template("the folder of the cache", "caches.toml")],
            notes: Vec::new(),
        })
    }

    fn mount(&self, call: &Call, folder: &str) -> Result<String, Held> {
        let id = call.tool.of_one_image.then(|| mounts::id(self.view, self.stage, call.name)).transpose()?;
        let id = id.map(|id| format!("id={id},")).unwrap_or_default();
        let sharing = call.tool.sharing.as_ref().map(|sharing| format!(",sharing={sharing}")).unwrap_or_default();
        Ok(format!("--mount=type=cache,{id}target={folder}{sharing}"))
    }

    /// What takes the commands out that would empty the mount.
    fn without_clean_up(&self) -> Result<Vec<Edit>, Held> {
        let items = &self.run.script.items;
        let goes: Vec<bool> = items
            .iter()
            .map(|item| self.run.script.command_of(item).is_some_and(|command| self.empties(command)))
            .collect();
        if !self.run.script.commands.iter().any(|command| self.empties(command)) {
            return Ok(Vec::new());
        }
        let starts = goes.first() == Some(&true);
        let edits = if starts || !goes.contains(&true) { None } else { chain::without(self.run, &goes) };
        edits.ok_or_else(|| chain::not_apart(self.step, "the cache is emptied"))
    }

    fn empties(&self, command: &Command) -> bool {
        let Some(invocation) = command.program() else { return false };
        let tool = self.view.facts.input.templates.caches.tool(invocation.name);
        tool.is_some_and(|(_, tool)| tool.empties(&verbs(invocation.words)))
    }
}

/// Whether a folder can be a mount's target, and holds nothing else.
fn may_be_mounted(folder: &str) -> bool {
    const SHARED: [&str; 4] = ["/tmp", "/var/tmp", "/root", "/home"];
    folder.len() > 1 && folder.starts_with('/') && !folder.contains(['$', ',', ' ']) && !SHARED.contains(&folder)
}

/// The words that are no options.
fn verbs(words: &[Word]) -> Vec<&str> {
    words.iter().map(Word::literal_start).filter(|word| !word.starts_with('-')).collect()
}

/// Whether `text` names `folder` or something in it.
fn names(text: &str, folder: &str) -> bool {
    let goes_on = |ch: char| ch.is_alphanumeric() || ch == '_';
    text.split(folder).skip(1).any(|rest| !rest.starts_with(goes_on))
}
