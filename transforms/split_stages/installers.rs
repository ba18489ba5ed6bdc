//! The tools beside pip that fill the environment: where they are installed themselves, and what they need.

use super::pip;
use crate::decision::Held;
use crate::dockerfile::Keyword;
use crate::engine::View;
use crate::facts::python::PipCommand;
use crate::facts::{Effect, InstallCall, Step};
use crate::templates::SystemInstalls;

/// The tools that fill the environment of a stage in the place of pip.
pub(super) struct Installers<'v> {
    /// Those that are installed outside of the environment, and stay in the builder with it.
    outside: Vec<&'v str>,
    /// The variables by which the tools find the environment.
    variables: Vec<&'v str>,
    /// Whether what runs calls a tool, which then has to find the environment.
    run: bool,
}

impl<'v> Installers<'v> {
    pub(super) fn of(view: &'v View, steps: &'v [Step]) -> Result<Self, Held> {
        let mut installers = Self { outside: Vec::new(), variables: Vec::new(), run: false };
        for call in steps.iter().flat_map(|step| pip::calls(view, step)) {
            installers.add(view, call)?;
        }
        Ok(installers)
    }

    fn add(&mut self, view: &'v View, call: &'v InstallCall) -> Result<(), Held> {
        let name = call.installer.as_str();
        let Some(system) = system(view, name) else { return Ok(()) };
        let is_run = is_called_later(view, &[name]);
        if is_run && call.pip.is_some() {
            return Err(Held::blocked(format!("`{name}` may install at start; start the program by its name")));
        }
        self.run |= is_run;
        if call.installs && !self.variables.contains(&system.found_by.as_str()) {
            self.variables.push(&system.found_by);
        }
        if !call.as_module && !is_run && !self.outside.contains(&name) {
            self.outside.push(name);
        }
        Ok(())
    }

    /// Whether a call only brings the tools, or prepares them, and installs nothing for the program.
    pub(super) fn prepare_by(&self, call: &InstallCall) -> bool {
        let prepares = |pip: &PipCommand| pip.renews_pip() || self.are_installed_by(pip);
        !self.outside.is_empty() && call.pip.as_ref().map_or(!call.installs, prepares)
    }

    /// Whether pip installs tools that live outside of the environment, what extends them, and nothing else.
    pub(super) fn are_installed_by(&self, pip: &PipCommand) -> bool {
        let is_tool = |package: &&String| self.outside.iter().any(|tool| is_or_extends(package, tool));
        let is_kin = |package: &&String| ["pip", "setuptools", "wheel"].iter().any(|name| is_or_extends(package, name));
        pip.verb == "install"
            && pip.files.is_empty()
            && pip.packages.iter().any(|package| is_tool(&package))
            && pip.packages.iter().all(|package| is_tool(&package) || is_kin(&package))
    }

    /// `ENV` of the builder: where the environment is.
    pub(super) fn builder_env(&self, environment: &str) -> String {
        let variables = self.variables.iter().map(|variable| format!("{variable}={environment} "));
        format!("ENV {}PATH=\"{environment}/bin:$PATH\"\n", variables.collect::<String>())
    }

    /// `ENV` of the runtime stage.
    pub(super) fn runtime_env(&self, environment: &str) -> String {
        let variable = if self.run { format!("VIRTUAL_ENV={environment} ") } else { String::new() };
        format!("ENV {variable}PATH=\"{environment}/bin:$PATH\"\n")
    }

    /// Whether a COPY brings a tool that stays in the builder.
    pub(super) fn are_copied_by(&self, view: &View, step: &Step) -> bool {
        let from = step.instruction.flag("--from").and_then(|flag| flag.value.as_deref());
        let is_image = |from: &str| view.facts.input.templates.python.is_image_of_installer(from);
        step.is(Keyword::Copy) && !self.outside.is_empty() && from.is_some_and(is_image)
    }
}

/// Whether a requirement is of `tool`, or of what extends it: `poetry-plugin-export`.
fn is_or_extends(requirement: &str, tool: &str) -> bool {
    let name = requirement.split(['=', '<', '>', '~', '!', '[']).next().unwrap_or_default();
    name.strip_prefix(tool).is_some_and(|rest| rest.is_empty() || rest.starts_with('-'))
}

/// How the tool `name` fills the environment of the system's Python.
pub(super) fn system<'v>(view: &'v View, name: &str) -> Option<&'v SystemInstalls> {
    view.facts.input.templates.python.installer(name)?.system.as_ref()
}

/// Whether something that stays, or runs in the container, calls one of `programs`.
pub(super) fn is_called_later(view: &View, programs: &[&str]) -> bool {
    let names_one =
        |text: &str| text.split(|ch: char| !ch.is_ascii_alphanumeric()).any(|word| programs.contains(&word));
    let start = view.facts.start();
    start.scripts.iter().any(|script| names_one(&script.text))
        || start
            .commands
            .iter()
            .any(|started| names_one(&started.program) || started.words.iter().any(|word| names_one(&word.raw)))
        || view.facts.steps().own().iter().any(|step| {
            let mut programs = pip::with_effects(view, step).filter(|(_, effect)| matches!(effect, Effect::Program(_)));
            programs.any(|(command, _)| command.words.iter().any(|word| names_one(word.literal_start())))
        })
}
