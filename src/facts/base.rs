//! The base image: its distribution, its users, its programs.

use crate::dockerfile::Instruction;
use crate::dockerfile::image::ImageRef;
use crate::templates::{Family, Image, ImageUser, Templates};

/// What is known of an image that a stage starts from.
#[derive(Debug, Clone)]
pub struct Base {
    /// The reference with variables filled in.
    pub reference: String,
    /// The name without tag and digest.
    pub name: String,
    /// The tag.
    pub tag: Option<String>,
    /// The family of the distribution; `None` where nobody knows.
    pub family: Option<Family>,
    /// The release of the distribution: `bookworm`.
    pub suite: Option<String>,
    /// Whether the tag marks a variant without the usual tools.
    pub slim: bool,
    programs: Vec<String>,
    image: Option<Image>,
}

impl Base {
    pub(super) fn of(reference: &str, from: &Instruction, templates: &Templates) -> Self {
        let parsed = ImageRef::parse(reference);
        let name = parsed.name();
        let image = templates.images.image(&name).cloned();
        let tag = parsed.tag.unwrap_or("latest");
        let words = || tag.split('-').filter_map(|word| templates.images.tag_word(word));
        let windows =
            from.flag("--platform").and_then(|flag| flag.value.as_deref()).is_some_and(|it| it.contains("windows"));
        let family = if windows { Some(Family::Windows) } else { words().find_map(|word| word.family) };
        let family = family.or_else(|| image.as_ref().and_then(|image| image.family));
        let version = tag.split('-').next().unwrap_or(tag);
        let slim = words().any(|word| word.slim);
        let bare = || image.as_ref().and_then(|image| image.bare_suite(version)).map(str::to_owned);
        Self {
            reference: reference.to_owned(),
            suite: words()
                .find_map(|word| word.suite.clone())
                .or_else(|| bare_suite_applies(family, image.as_ref()).then(bare).flatten()),
            slim,
            programs: programs(image.as_ref(), family, slim, templates),
            tag: parsed.tag.map(str::to_owned),
            family,
            name,
            image,
        }
    }

    /// Whether the image certainly has `program`.
    #[must_use]
    pub fn has_program(&self, program: &str) -> bool {
        self.programs.iter().any(|name| name == program)
    }

    /// Whether the full tag carries a compiler.
    #[must_use]
    pub fn carries_tool_chain(&self) -> bool {
        self.has_program("gcc")
    }

    /// The user that the image has with this id.
    #[must_use]
    pub fn user_with_uid(&self, uid: u32) -> Option<&ImageUser> {
        self.users().find(|user| user.uid == uid)
    }

    /// The user of this name.
    #[must_use]
    pub fn user_named(&self, name: &str) -> Option<&ImageUser> {
        self.users().find(|user| user.name == name)
    }

    fn users(&self) -> impl Iterator<Item = &ImageUser> {
        self.image.iter().flat_map(|image| image.users(self.family, self.suite.as_deref()))
    }

    /// What is known of images of this name.
    #[must_use]
    pub fn image(&self) -> Option<&Image> {
        self.image.as_ref()
    }
}

/// The suite of a bare tag is one of the image's own family: it says nothing of the Alpine variant.
fn bare_suite_applies(family: Option<Family>, image: Option<&Image>) -> bool {
    image.is_some_and(|image| image.family == family)
}

/// The programs that the image certainly has: its own, and those of every image of its family.
fn programs(image: Option<&Image>, family: Option<Family>, slim: bool, templates: &Templates) -> Vec<String> {
    let own = image.into_iter().flat_map(|image| image.programs(family, slim)).map(str::to_owned);
    let of_family =
        family.and_then(|family| templates.distros.family(family)).into_iter().flat_map(|distro| &distro.programs);
    own.chain(of_family.cloned()).collect()
}
