//! `harden.lock`: the digests of the images that the Dockerfiles name.

use std::collections::BTreeMap;
use std::fmt;

use serde::Deserialize;

use crate::dockerfile::image::ImageRef;
use crate::toml_text;

const HEAD: &str = "\
# The digests of the images that the Dockerfiles here name. `harden lock` writes this file: commit it.
# `harden lock --update` asks the registries for the digests of today.
";

/// A content digest as registries name it: `sha256:` and 64 hexadecimal digits.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct Digest(String);

impl Digest {
    /// Reads a digest; `None` if `text` is none.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (algorithm, hex) = text.split_once(':')?;
        let length = match algorithm {
            "sha256" => 64,
            "sha512" => 128,
            _ => return None,
        };
        let is_hex = hex.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
        (hex.len() == length && is_hex).then(|| Self(text.to_owned()))
    }

    /// The digest as it is written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for Digest {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        Self::parse(&text).ok_or_else(|| format!("{text:?} is no digest: sha256: and 64 hexadecimal digits"))
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// An image by its name and its tag, without a digest: `python:3.12-slim`. Docker Hub's images have one spelling.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(try_from = "String")]
pub struct Tagged(String);

impl Tagged {
    /// The image that `reference` names; `None` where it names no tag, or holds what no reference may.
    #[must_use]
    pub fn of(reference: &str) -> Option<Self> {
        let image = ImageRef::parse(reference);
        let tagged = format!("{}:{}", image.name(), image.tag?);
        let is_written_out = |ch: char| ch.is_ascii_alphanumeric() || "._-/:[]".contains(ch);
        tagged.chars().all(is_written_out).then_some(Self(tagged))
    }

    /// The image as it is written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for Tagged {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let tagged = Self::of(&text).filter(|tagged| tagged.0 == text);
        tagged.ok_or_else(|| format!("{text:?} is no image with a tag and without a digest, such as python:3.12-slim"))
    }
}

impl fmt::Display for Tagged {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The digests by image.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Lock {
    #[serde(default)]
    image: BTreeMap<Tagged, Entry>,
}

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    digest: Digest,
}

impl Lock {
    /// Reads the text of a `harden.lock`.
    ///
    /// # Errors
    /// A sentence with the line.
    pub fn parse(text: &str) -> Result<Self, String> {
        toml_text::read(text).map_err(|problem| problem.to_string())
    }

    /// The text of the file, sorted by image.
    #[must_use]
    pub fn print(&self) -> String {
        let entries = self.image.iter();
        let entries =
            entries.map(|(image, Entry { digest })| format!("\n[image.\"{image}\"]\ndigest = \"{digest}\"\n"));
        entries.fold(HEAD.to_owned(), |text, entry| text + &entry)
    }

    /// The digest of an image.
    #[must_use]
    pub fn digest(&self, image: &Tagged) -> Option<&Digest> {
        self.image.get(image).map(|entry| &entry.digest)
    }

    /// Sets the digest of an image, and returns the one that it had.
    pub fn set(&mut self, image: Tagged, digest: Digest) -> Option<Digest> {
        self.image.insert(image, Entry { digest }).map(|entry| entry.digest)
    }

    /// Takes the images out for which `keep` does not hold, and returns them.
    pub fn retain(&mut self, keep: impl Fn(&Tagged) -> bool) -> Vec<Tagged> {
        let out = self.image.extract_if(.., |image, _| !keep(image));
        out.map(|(image, _)| image).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn digest(digit: char) -> Digest {
        Digest::parse(&format!("sha256:{}", digit.to_string().repeat(64))).unwrap()
    }

    #[test]
    fn what_is_printed_is_sorted_and_reads_back() {
        let mut lock = Lock::default();
        for (image, digit) in [("python:3.12", 'b'), ("localhost:5000/library/x:1", 'a')] {
            assert_eq!(lock.set(Tagged::of(image).unwrap(), digest(digit)), None);
        }
        let text = lock.print();
        assert!(
            text.starts_with("# ") && text.find("localhost:5000").unwrap() < text.find("python").unwrap(),
            "{text}"
        );
        assert_eq!(Lock::parse(&text), Ok(lock));
    }

    #[test]
    fn docker_hub_has_one_spelling() {
        let mut lock = Lock::default();
        lock.set(Tagged::of("python:3.12").unwrap(), digest('a'));
        for reference in ["docker.io/library/python:3.12", "python:3.12@sha256:00"] {
            assert_eq!(lock.digest(&Tagged::of(reference).unwrap()), Some(&digest('a')), "{reference}");
        }
    }

    #[test]
    fn an_image_without_a_tag_or_with_a_variable_is_none_to_lock() {
        for reference in ["python", "python@sha256:00", "python:$V", "py\"thon:3", ""] {
            assert_eq!(Tagged::of(reference), None, "{reference}");
        }
    }

    #[test]
    fn an_error_names_the_line() {
        let hex = "a".repeat(64);
        for (text, error) in [
            ("[image.\"a:1\"]\ndigest = \"sha256:aa\"\n".to_owned(), "line 2: \"sha256:aa\" is no digest"),
            (format!("[image.\"a:1\"]\ndigest = \"SHA256:{hex}\"\n"), "line 2: "),
            (format!("[image.a]\ndigest = \"sha256:{hex}\"\n"), "line 1: \"a\" is no image"),
            (format!("[image.\"docker.io/a:1\"]\ndigest = \"sha256:{hex}\"\n"), "line 1: "),
            (format!("\n[image.\"a:1\"]\ndigest = \"sha256:{hex}\"\nsize = 1\n"), "line 4: unknown field `size`"),
            ("[image.\"a:1\"]\n".to_owned(), "line 1: missing field `digest`"),
            ("[image\n".to_owned(), "line 1: "),
            ("[images]\n".to_owned(), "line 1: unknown field `images`"),
        ] {
            let found = Lock::parse(&text).unwrap_err();
            assert!(found.starts_with(error), "{text}: {found}");
        }
    }

    #[test]
    fn what_is_not_kept_is_told() {
        let mut lock = Lock::default();
        let (old, new) = (Tagged::of("a:1").unwrap(), Tagged::of("a:2").unwrap());
        lock.set(old.clone(), digest('a'));
        lock.set(new.clone(), digest('b'));
        assert_eq!(lock.set(new.clone(), digest('c')), Some(digest('b')));
        assert_eq!(lock.retain(|image| *image != old), std::slice::from_ref(&old));
        assert_eq!((lock.digest(&old), lock.digest(&new)), (None, Some(&digest('c'))));
    }
}
