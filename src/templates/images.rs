//! `images.toml`: what is in base images, and as whom they run.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::distros::Family;
use super::glob;
use super::placeholders::fill;
use super::table::Table;

/// All base images that are known.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Images {
    #[serde(default)]
    tag_word: BTreeMap<String, TagWord>,
    #[serde(default)]
    image: BTreeMap<String, Image>,
}

/// What a word between the dashes of a tag says.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct TagWord {
    /// The family that it selects.
    pub family: Option<Family>,
    /// The release that it selects.
    pub suite: Option<String>,
    /// Whether it marks a variant without the usual tools.
    #[serde(default)]
    pub slim: bool,
}

/// A base image.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Image {
    /// The family of its distribution, where the tag does not say otherwise.
    pub family: Option<Family>,
    suite: Option<String>,
    suites: BTreeMap<String, String>,
    /// Whether the suite of a minor version is that of all its patch releases.
    suite_lasts: bool,
    /// Whether [`Image::slim_word`] stands behind the suite in a tag (`22-bookworm-slim`), not before it (`3.12-slim-bookworm`).
    #[serde(default)]
    pub slim_last: bool,
    /// The tag word of its slim variant of the same suite.
    pub slim_word: Option<String>,
    /// The slim counterpart of `latest`, where it is more than [`Image::slim_word`].
    pub slim_latest: Option<String>,
    programs: Vec<String>,
    full_programs: Vec<String>,
    users: Vec<ImageUser>,
    /// USER of the image; `None` is root.
    pub user: Option<String>,
    /// WORKDIR of the image; `None` is `/`.
    pub workdir: Option<String>,
    /// ENV of the image, as far as Dockerfiles name it.
    pub env: BTreeMap<String, String>,
    /// CMD of the image.
    pub cmd: Vec<String>,
    /// ENTRYPOINT of the image.
    pub entrypoint: Vec<String>,
    runtime: Option<String>,
    /// Why the image must be left to choose its own user.
    pub keep_user: Option<String>,
    /// Whether nothing is in it, no accounts either: any number is a user.
    pub empty: bool,
    /// The platform that chooses the user of its containers, whatever USER says.
    pub platform: Option<String>,
    /// Whether its package wget is wget2, which takes other options than GNU's wget.
    pub wget2: bool,
    /// The port on which CMD serves, unless a file of `settings` says otherwise.
    pub port: Option<u16>,
    /// The files and folders that set the port.
    pub settings: Vec<String>,
    variants: BTreeMap<String, Variant>,
}

/// What a word of the tag changes.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct Variant {
    user: Option<String>,
    workdir: Option<String>,
    cmd: Option<Vec<String>>,
    port: Option<u16>,
    settings: Option<Vec<String>>,
}

/// A user without root's rights that an image has.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct ImageUser {
    /// The user's name.
    pub name: String,
    /// The user's id.
    pub uid: u32,
    /// The id of the user's group.
    pub gid: u32,
    /// The user's home.
    pub home: String,
    /// Folders of the image that are the user's, and that its tools fill.
    #[serde(default)]
    pub owns: Vec<String>,
    family: Option<Family>,
    #[serde(default)]
    suites: Vec<String>,
    /// The first version that has the user; every one where it is absent.
    #[serde(default)]
    since: u32,
}

impl Images {
    /// The image named `name`, with or without Docker Hub's address and `library/`; a mirror of `library/` counts.
    pub fn image(&self, name: &str) -> Option<&Image> {
        glob::most_exact(&self.image, short_name(name))
    }

    /// What `word`, one part between the dashes of a tag, says.
    pub fn tag_word(&self, word: &str) -> Option<&TagWord> {
        glob::most_exact(&self.tag_word, word)
    }
}

fn short_name(name: &str) -> &str {
    if let Some((_, official)) = name.rsplit_once("/library/") {
        return official;
    }
    ["docker.io/", "index.docker.io/", "library/"].iter().find_map(|start| name.strip_prefix(start)).unwrap_or(name)
}

impl Image {
    /// The image as `tag` chooses it among its variants.
    #[must_use]
    pub fn of_tag(&self, tag: &str) -> Self {
        let mut image = self.clone();
        image.users.retain(|user| major_version(tag).is_none_or(|version| user.since <= version));
        let Some(variant) = tag.split('-').find_map(|word| self.variants.get(word)).cloned() else { return image };
        Self {
            user: variant.user.or(image.user),
            workdir: variant.workdir.or(image.workdir),
            cmd: variant.cmd.unwrap_or(image.cmd),
            port: variant.port.or(image.port),
            settings: variant.settings.unwrap_or(image.settings),
            ..image
        }
    }

    /// The release behind a tag that names none. `version` is the tag's first word: `3.12` of `3.12-slim`, `latest`.
    pub fn bare_suite(&self, version: &str) -> Option<&str> {
        // A patch release may be older than the distribution's release that the newest one is built on.
        let is_patch = version.split('.').count() > 2;
        let lasts = |start: &str| self.suite_lasts || !is_patch || !start.contains('.');
        let by_version = self.suites.iter().filter(|(start, _)| is_version_of(version, start) && lasts(start));
        let longest = by_version.max_by_key(|(start, _)| start.len()).map(|(_, suite)| suite);
        let newest = self.suite.as_ref().filter(|_| !is_patch);
        longest.or(newest).map(String::as_str)
    }

    /// The programs that the variant of that family certainly has, besides those of the family itself (see `Distro`).
    pub fn programs(&self, family: Option<Family>, slim: bool) -> impl Iterator<Item = &str> {
        let is_full = !slim && family.or(self.family) == self.family;
        let full_programs = if is_full { self.full_programs.as_slice() } else { &[] };
        self.programs.iter().chain(full_programs).map(String::as_str)
    }

    /// The users that exist in the variant of that family and release; an unknown release has only what all have.
    pub fn users<'a>(&'a self, family: Option<Family>, suite: Option<&'a str>) -> impl Iterator<Item = &'a ImageUser> {
        let family = family.or(self.family);
        self.users.iter().filter(move |user| {
            let in_family = user.family.is_none() || user.family == family;
            let in_suite = user.suites.is_empty() || user.suites.iter().any(|name| Some(name.as_str()) == suite);
            in_family && in_suite
        })
    }

    /// The image that runs what this one builds.
    pub fn runtime_image(&self, version: &str, suite: Option<&str>) -> Option<String> {
        let runtime = fill(self.runtime.as_deref()?, &[("version", version)]);
        match suite {
            Some(suite) => Some(fill(&runtime, &[("suite", suite)])),
            None => Some(runtime).filter(|runtime| !runtime.contains("{suite}")),
        }
    }
}

/// The number that a tag starts with: 8 of `8.0-jammy`.
fn major_version(tag: &str) -> Option<u32> {
    tag.split(|ch: char| !ch.is_ascii_digit()).next()?.parse().ok()
}

fn is_version_of(version: &str, start: &str) -> bool {
    version.strip_prefix(start).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
}

impl Table for Images {
    const FILE: &'static str = "images.toml";
    const TEXT: &'static str = include_str!("../../templates/images.toml");

    fn merge(&mut self, later: Self) {
        self.tag_word.extend(later.tag_word);
        self.image.extend(later.image);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn image(name: &str) -> Image {
        Images::builtin().image(name).unwrap().clone()
    }

    fn user_names(image: &Image, family: Option<Family>, suite: Option<&str>) -> Vec<String> {
        image.users(family, suite).map(|user| user.name.clone()).collect()
    }

    #[test]
    fn an_image_is_found_under_all_its_names() {
        for name in ["python", "library/python", "docker.io/library/python", "public.ecr.aws/docker/library/python"] {
            assert_eq!(image(name).slim_word.as_deref(), Some("slim"), "{name}");
        }
        assert!(image("docker.io/nginxinc/nginx-unprivileged").user.is_some());
        assert!(Images::builtin().image("example.org/python").is_none());
        assert!(Images::builtin().image("ghcr.io/mylibrary/python").is_none());
        assert!(Images::builtin().image("pythons").is_none());
    }

    #[test]
    fn a_bare_tag_has_the_suite_of_its_version() {
        assert_eq!(image("python").bare_suite("3.12"), Some("trixie"));
        assert_eq!(image("node").bare_suite("22"), Some("bookworm"));
        assert_eq!(image("node").bare_suite("22.1.0"), Some("bookworm"));
        assert_eq!(image("node").bare_suite("26"), Some("trixie"));
        assert_eq!(image("php").bare_suite("7.4"), Some("bullseye"));
        assert_eq!(image("rust").bare_suite("1.85.0"), Some("bookworm"));
        assert_eq!(image("rust").bare_suite("1.71.0"), Some("bullseye"));
        assert_eq!(image("golang").bare_suite("1.24.2"), Some("bookworm"));
        assert_eq!(image("golang").bare_suite("1.24.10"), None);
        assert_eq!(image("gcc").bare_suite("14"), None);
        assert_eq!(image("php").bare_suite("7.4.3"), None);
        assert_eq!(image("golang").bare_suite("1.22.5"), Some("bookworm"));
        assert_eq!(image("node").bare_suite("2"), None);
        assert_eq!(image("node").bare_suite("latest"), None);
        assert_eq!(image("ubuntu").bare_suite("24.04"), Some("noble"));
        assert_eq!(image("debian").bare_suite("12"), Some("bookworm"));
        assert_eq!(image("debian").bare_suite("latest"), Some("trixie"));
    }

    #[test]
    fn the_words_of_a_tag_tell_family_suite_and_slim() {
        let images = Images::builtin();
        let word = |word: &str| images.tag_word(word).cloned();
        assert_eq!(word("alpine3.20").unwrap().family, Some(Family::Alpine));
        assert_eq!(word("bookworm").unwrap().suite.as_deref(), Some("bookworm"));
        assert!(word("slim").unwrap().slim);
        assert_eq!(word("3.12"), None);
    }

    #[test]
    fn only_full_variants_of_the_family_itself_have_the_full_programs() {
        let python = image("python");
        let has = |family, slim, program| python.programs(family, slim).any(|name| name == program);
        assert!(has(None, false, "curl"));
        assert!(has(Some(Family::Debian), false, "curl"));
        assert!(!has(None, true, "curl"));
        assert!(!has(Some(Family::Alpine), false, "curl"));
        assert!(has(Some(Family::Alpine), false, "python3"));
    }

    #[test]
    fn users_depend_on_family_and_suite() {
        assert_eq!(user_names(&image("node"), None, None), ["node"]);
        assert_eq!(user_names(&image("ubuntu"), None, Some("noble")), ["ubuntu"]);
        assert!(user_names(&image("ubuntu"), None, Some("jammy")).is_empty());
        assert!(user_names(&image("ubuntu"), None, None).is_empty());
        let php = image("php");
        assert_eq!(php.users(Some(Family::Alpine), None).map(|user| user.uid).collect::<Vec<_>>(), [82]);
        assert_eq!(php.users(None, None).map(|user| user.uid).collect::<Vec<_>>(), [33]);
    }

    #[test]
    fn a_compiler_image_names_what_runs_its_programs() {
        assert_eq!(image("rust").runtime_image("1", Some("bookworm")).as_deref(), Some("debian:bookworm-slim"));
        assert_eq!(image("rust").runtime_image("1", None), None);
        assert_eq!(image("openjdk").runtime_image("17", None).as_deref(), Some("eclipse-temurin:17-jre"));
        assert_eq!(image("python").runtime_image("3", None), None);
    }

    #[test]
    fn a_word_of_the_tag_chooses_what_runs() {
        let php = image("php");
        let of = |tag: &str| (php.of_tag(tag).cmd, php.of_tag(tag).workdir);
        assert_eq!(of("8.3-apache"), (vec!["apache2-foreground".into()], Some("/var/www/html".into())));
        assert_eq!(of("8.3-fpm-alpine"), (vec!["php-fpm".into()], Some("/var/www/html".into())));
        assert_eq!(of("8.3-cli"), (vec!["php".into(), "-a".into()], None));
    }

    #[test]
    fn images_with_their_own_user_handling_say_why() {
        for name in ["postgres", "redis", "nginx", "linuxserver/sonarr", "lscr.io/linuxserver/plex", "bitnami/redis"] {
            assert!(image(name).keep_user.is_some(), "{name}");
        }
        for name in ["python", "node", "debian", "alpine", "gcr.io/distroless/static-debian13"] {
            assert_eq!(image(name).keep_user, None, "{name}");
        }
    }

    #[test]
    fn an_overlay_replaces_one_image_and_keeps_the_others() {
        let mut images = Images::builtin();
        images.overlay("[image.python]\nfamily = \"alpine\"\n").unwrap();
        assert_eq!(images.image("python").unwrap().family, Some(Family::Alpine));
        assert_eq!(images.image("python").unwrap().programs(None, false).next(), None);
        assert_eq!(images.image("node").unwrap().family, Some(Family::Debian));
    }
}
