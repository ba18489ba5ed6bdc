//! The final stage's tool chain: its calls, what they make, and what the program needs of it when it runs.

use super::products::wanted::{Asker, Wanted};
use super::{Base, Facts, Started, Step, products, sources, user};
use crate::decision::Evidence;
use crate::templates::{Origin, ToolChain};

impl<'a> Facts<'a> {
    /// Whether the image at `reference` certainly has the user `name`, or a line of the final stage creates it.
    #[must_use]
    pub fn has_user(&self, reference: &str, name: &str) -> bool {
        let is_created = self.steps().all.iter().flat_map(user::created).any(|user| user.name == name);
        let base = self.final_stage().map(|stage| Base::of(reference, stage.stage.from, self.input.templates));
        is_created || base.is_some_and(|base| base.user_named(name).is_some())
    }

    /// The tool chain that the final stage's image carries, or that the stage calls on a plain image, and no other.
    #[must_use]
    pub fn tool_chain(&self) -> Option<&'a ToolChain> {
        let (chains, image) = (&self.input.templates.chains, &self.base()?.name);
        chains
            .of_image(image)
            .or_else(|| chains.installed_on(image).filter(|chain| self.builds_with_nothing_but(chain)))
    }

    fn builds_with_nothing_but(&self, chain: &ToolChain) -> bool {
        let steps = self.steps().own();
        let mut commands = steps.iter().filter_map(Step::script).flat_map(|run| &run.script.commands);
        let calls = commands.any(|command| command.program().is_some_and(|program| chain.has_tool(program.name)));
        let mut effects = steps.iter().flat_map(|step| self.effects(step));
        calls && self.ecosystems(steps).is_empty() && !effects.any(|effect| effect.install().is_some())
    }

    /// The commands of the final stage's own steps that build with the image's tool chain.
    #[must_use]
    pub fn product_calls(&self) -> Vec<products::Call> {
        let calls = |chain| products::calls(self.steps().own(), self.input.context, chain);
        self.tool_chain().map(calls).unwrap_or_default()
    }

    /// What a command that runs at start needs of what the tool chain makes.
    ///
    /// # Errors
    /// Why that can't be told, and what would make it so.
    pub fn wanted_at_start(&self, started: &Started) -> Result<Wanted, String> {
        let Some(chain) = self.tool_chain() else { return Ok(Wanted::Program) };
        let (steps, calls) = (self.steps(), self.product_calls());
        let asker = Asker { steps: steps.own(), end: &steps.end, calls: &calls, context: self.input.context, chain };
        asker.wanted(started)
    }

    /// Whether a step copies something from the context.
    #[must_use]
    pub fn copies_files(&self, step: &Step) -> bool {
        sources::is_copy(step)
    }

    /// What a COPY or ADD from the context brings to a program that is built; `None` where that is not known.
    #[must_use]
    pub fn brought(&self, step: &Step) -> Option<sources::Brought> {
        sources::brought(step, self.input.context, self.tool_chain()?)
    }

    /// The programs that the sources start by name.
    #[must_use]
    pub fn started_by_sources(&self) -> Vec<(String, Evidence)> {
        self.tool_chain().map(|chain| sources::started(self.input.context, chain)).unwrap_or_default()
    }

    /// Where the sources call C.
    #[must_use]
    pub fn use_of_c(&self) -> Option<Evidence> {
        sources::uses_c(self.input.context, self.tool_chain()?)
    }

    /// Where the sources ask for a time zone that they do not bring.
    #[must_use]
    pub fn use_of_time_zones(&self) -> Option<Evidence> {
        sources::uses_time_zones(self.input.context, self.tool_chain()?)
    }

    /// Where the sources need the tool chain when the program runs.
    #[must_use]
    pub fn use_of_tool_chain(&self) -> Option<Evidence> {
        sources::uses_tool_chain(self.input.context, self.tool_chain()?)
    }

    /// Where the sources load a library when the program runs.
    #[must_use]
    pub fn use_of_loader(&self) -> Option<Evidence> {
        sources::loads(self.input.context, self.tool_chain()?)
    }

    /// The words with which lines and files of a build link the program with libraries.
    #[must_use]
    pub fn linked_libraries(&self) -> Vec<(Origin, Evidence)> {
        let Some(chain) = self.tool_chain() else { return Vec::new() };
        let mut lines: Vec<usize> = self.product_calls().iter().map(|call| call.step).collect();
        lines.dedup();
        let steps = lines.into_iter().filter_map(|at| self.steps().own().get(at));
        let in_lines = steps.flat_map(|step| {
            let found = sources::libraries(step.instruction.logical.text(), chain);
            found.into_iter().map(|(origin, word, _)| (origin, Evidence::dockerfile(word, step.instruction.span)))
        });
        let in_files = sources::manifests(self.input.context, chain).flat_map(|(path, text)| {
            let found = sources::libraries(text, chain);
            found.into_iter().map(move |(origin, word, line)| (origin, Evidence::context(word, path, line)))
        });
        in_lines.chain(in_files).collect()
    }

    /// Whether the sources of the program are at hand.
    #[must_use]
    pub fn has_code(&self) -> bool {
        self.tool_chain().is_some_and(|chain| sources::has_code(self.input.context, chain))
    }

    /// Whether a manifest of the project holds one of the tool chain's `packs`; `None` where none is at hand.
    #[must_use]
    pub fn is_packed(&self) -> Option<bool> {
        let chain = self.tool_chain()?;
        let texts = sources::manifests(self.input.context, chain).map(|(_, text)| text);
        texts
            .map(|text| chain.packs.iter().any(|pattern| text.contains(pattern.as_str())))
            .reduce(|one, other| one || other)
    }

    /// Whether a text of the project says where the program listens.
    #[must_use]
    pub fn says_where_it_listens(&self) -> bool {
        let says = |text: &str| {
            self.tool_chain().is_some_and(|chain| chain.listens.iter().any(|what| text.contains(what.as_str())))
        };
        self.input.context.texts().any(|(_, text)| says(text))
    }

    /// The modules that the project requires; `None` where the file that names them is not at hand.
    #[must_use]
    pub fn modules(&self) -> Option<Vec<sources::Module>> {
        sources::modules(self.input.context, self.tool_chain()?)
    }
}
