//! The final stage's tool chain: its calls, what they make, and what the program needs of it when it runs.

use super::products::wanted::{Asker, Wanted};
use super::{Base, Facts, Started, Step, products, sources, user};
use crate::decision::Evidence;
use crate::templates::ToolChain;

impl<'a> Facts<'a> {
    /// Whether the image at `reference` certainly has the user `name`, or a line of the final stage creates it.
    #[must_use]
    pub fn has_user(&self, reference: &str, name: &str) -> bool {
        let is_created = self.steps().all.iter().flat_map(user::created).any(|user| user.name == name);
        let base = self.final_stage().map(|stage| Base::of(reference, stage.stage.from, self.input.templates));
        is_created || base.is_some_and(|base| base.user_named(name).is_some())
    }

    /// The tool chain that the final stage's image carries.
    #[must_use]
    pub fn tool_chain(&self) -> Option<&'a ToolChain> {
        self.input.templates.chains.of_image(&self.base()?.name)
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
