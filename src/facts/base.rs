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
    /// Whether a digest says which image of that tag.
    pub is_pinned: bool,
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
        let tag = parsed.tag.unwrap_or("latest");
        let image = templates.images.image(&name).map(|image| image.of_tag(tag));
        let words = || tag.split('-').filter_map(|word| templates.images.tag_word(word));
        let windows =
            from.flag("--platform").and_then(|flag| flag.value.as_deref()).is_some_and(|it| it.contains("windows"));
        let family = if windows { Some(Family::Windows) } else { words().find_map(|word| word.family) };
        let family = family.or_else(|| image.as_ref().and_then(|image| image.family));
        let version = tag.split('-').next().unwrap_or(tag);
        let slim = words().any(|word| word.slim);
        let of_slim = || templates.distros.family(family?).filter(|_| slim)?.slim;
        let family = of_slim().or(family);
        let bare = || image.as_ref().and_then(|image| image.bare_suite(version)).map(str::to_owned);
        Self {
            reference: reference.to_owned(),
            suite: words()
                .find_map(|word| word.suite.clone())
                .or_else(|| bare_suite_applies(family, image.as_ref()).then(bare).flatten()),
            slim,
            programs: programs(image.as_ref(), family, slim, templates),
            tag: parsed.tag.map(str::to_owned),
            is_pinned: parsed.digest.is_some(),
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

    /// Whether the wget of its distribution is GNU's.
    #[must_use]
    pub fn has_gnu_wget(&self, templates: &Templates) -> bool {
        let of_family = self.family.and_then(|family| templates.distros.family(family));
        of_family.is_some_and(|distro| distro.gnu_wget) && !self.image.as_ref().is_some_and(|image| image.wget2)
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

    /// The user that owns folders which the image's tools fill.
    #[must_use]
    pub fn user_with_folders(&self) -> Option<&ImageUser> {
        self.users().find(|user| !user.owns.is_empty())
    }

    /// The user that the image brings for programs, whatever its id.
    #[must_use]
    pub fn own_user(&self) -> Option<&ImageUser> {
        self.users().next()
    }

    fn users(&self) -> impl Iterator<Item = &ImageUser> {
        self.image.iter().flat_map(|image| image.users(self.family, self.suite.as_deref()))
    }

    /// The slim variant of the same version and suite, where the image has one and this is not it. A digest is left out.
    #[must_use]
    pub fn slim_reference(&self, templates: &Templates) -> Option<String> {
        let image = self.image.as_ref()?;
        let slim = image.slim_word.as_deref()?;
        let is_bare = self.is_pinned && self.tag.is_none();
        if self.slim || self.family != image.family || is_bare {
            return None;
        }
        let tagged = self.reference.split('@').next().unwrap_or_default();
        let name = self.tag.as_ref().map_or(tagged, |tag| tagged.trim_end_matches(tag).trim_end_matches(':'));
        let tag = match self.tag.as_deref() {
            None | Some("latest") => image.slim_latest.as_deref().unwrap_or(slim).to_owned(),
            Some(tag) => slim_tag(tag, slim, image.slim_last, |word| templates.images.tag_word(word).is_some())?,
        };
        Some(format!("{name}:{tag}"))
    }

    /// The image that runs what this one builds: of the same suite, or of the same release of Alpine.
    #[must_use]
    pub fn runtime_reference(&self) -> Option<String> {
        let words = || self.tag.as_deref().unwrap_or_default().split('-');
        if self.family == Some(Family::Alpine) {
            let release = words().find_map(|word| word.strip_prefix("alpine")).filter(|release| !release.is_empty());
            return release.map(|release| format!("alpine:{release}"));
        }
        let image = self.image.as_ref().filter(|image| self.family == image.family)?;
        image.runtime_image(words().next().unwrap_or_default(), self.suite.as_deref())
    }

    /// The image of Python that an image of a tool is made of: `python:3.12-slim-bookworm` of `python3.12-bookworm-slim`.
    #[must_use]
    pub fn python_reference(&self) -> Option<String> {
        let mut words = self.tag.as_deref()?.split('-').skip_while(|word| !word.starts_with("python"));
        let version = words.next()?.strip_prefix("python").filter(|version| version.contains('.'))?;
        let variant = match words.collect::<Vec<_>>().as_slice() {
            [] => String::new(),
            [suite] => format!("-{suite}"),
            [suite, "slim"] => format!("-slim-{suite}"),
            _ => return None,
        };
        Some(format!("python:{version}{variant}"))
    }

    /// The CMD of the image, where it is a server's.
    #[must_use]
    pub fn serving_cmd(&self) -> Option<&[String]> {
        self.image.as_ref().filter(|image| image.port.is_some()).map(|image| image.cmd.as_slice())
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

/// The programs that the image certainly has: its own, and those of every image of its family. What is known of an image
/// is known of its variants for Linux.
fn programs(image: Option<&Image>, family: Option<Family>, slim: bool, templates: &Templates) -> Vec<String> {
    let own = image
        .filter(|_| family != Some(Family::Windows))
        .into_iter()
        .flat_map(|image| image.programs(family, slim))
        .map(str::to_owned);
    let of_family =
        family.and_then(|family| templates.distros.family(family)).into_iter().flat_map(|distro| &distro.programs);
    own.chain(of_family.cloned()).collect()
}

/// `3.12` becomes `3.12-slim`, `3.12-bookworm` becomes `3.12-slim-bookworm` or `3.12-bookworm-slim`. A tag with other
/// words has no slim variant that we know.
fn slim_tag(tag: &str, slim: &str, slim_last: bool, is_suite: impl Fn(&str) -> bool) -> Option<String> {
    match tag.split('-').collect::<Vec<_>>().as_slice() {
        [suite] if is_suite(suite) && slim_last => Some(format!("{suite}-{slim}")),
        [suite] if is_suite(suite) => Some(format!("{slim}-{suite}")),
        [version] => Some(format!("{version}-{slim}")),
        [version, suite] if is_suite(suite) && slim_last => Some(format!("{version}-{suite}-{slim}")),
        [version, suite] if is_suite(suite) => Some(format!("{version}-{slim}-{suite}")),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dockerfile::Dockerfile;

    fn slim(reference: &str) -> Option<String> {
        let dockerfile = Dockerfile::parse(&format!("FROM {reference}\n"));
        let from = dockerfile.instructions().next().expect("a FROM");
        let templates = Templates::builtin();
        Base::of(reference, from, templates).slim_reference(templates)
    }

    #[test]
    fn the_slim_variant_is_of_the_same_version_and_suite() {
        for (full, expected) in [
            ("python:3.12", "python:3.12-slim"),
            ("python:3.12-bookworm", "python:3.12-slim-bookworm"),
            ("node:22-bookworm", "node:22-bookworm-slim"),
            ("debian:bookworm", "debian:bookworm-slim"),
            ("debian:12", "debian:12-slim"),
            ("debian", "debian:stable-slim"),
            ("node", "node:slim"),
            ("docker.io/library/ruby:3.3", "docker.io/library/ruby:3.3-slim"),
            ("node:lts", "node:lts-slim"),
            ("node:22@sha256:aa", "node:22-slim"),
        ] {
            assert_eq!(slim(full).as_deref(), Some(expected), "{full}");
        }
    }

    #[test]
    fn what_runs_is_of_the_suite_that_built_it() {
        let runtime = |reference: &str| {
            let dockerfile = Dockerfile::parse(&format!("FROM {reference}\n"));
            let from = dockerfile.instructions().next().expect("a FROM");
            Base::of(reference, from, Templates::builtin()).runtime_reference()
        };
        for (build, expected) in [
            ("golang:1.25", Some("debian:trixie-slim")),
            ("golang:1.22", Some("debian:bookworm-slim")),
            ("golang:1.25.4-bookworm", Some("debian:bookworm-slim")),
            ("golang:buster", Some("debian:buster-slim")),
            ("golang:1.25.4", None),
            ("golang:1.25-alpine3.22", Some("alpine:3.22")),
            ("golang:1.25-alpine", None),
            ("golang:1.25-windowsservercore", None),
        ] {
            assert_eq!(runtime(build).as_deref(), expected, "{build}");
        }
    }

    #[test]
    fn an_image_of_a_tool_is_made_of_one_of_python() {
        let python = |tag: &str| {
            let reference = format!("ghcr.io/astral-sh/uv:{tag}");
            let dockerfile = Dockerfile::parse(&format!("FROM {reference}\n"));
            let from = dockerfile.instructions().next().expect("a FROM");
            Base::of(&reference, from, Templates::builtin()).python_reference()
        };
        for (tag, expected) in [
            ("python3.12-bookworm-slim", Some("python:3.12-slim-bookworm")),
            ("0.8.3-python3.12-trixie", Some("python:3.12-trixie")),
            ("python3.13-alpine3.22", Some("python:3.13-alpine3.22")),
            ("debian-slim", None),
            ("latest", None),
        ] {
            assert_eq!(python(tag).as_deref(), expected, "{tag}");
        }
    }

    #[test]
    fn what_is_slim_or_of_another_family_stays() {
        for reference in ["python:3.12-slim", "python:3.12-alpine", "node@sha256:aa", "golang:1.25", "example/python:3"]
        {
            assert_eq!(slim(reference), None, "{reference}");
        }
    }
}
