//! Image references: `registry/path:tag@digest`.

/// A reference in its parts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImageRef<'a> {
    /// Registry host, where one is written.
    pub registry: Option<&'a str>,
    /// The path without `library/`: `python`, `bitnami/redis`.
    pub path: &'a str,
    /// The tag, where one is written.
    pub tag: Option<&'a str>,
    /// The digest, where one is written: `sha256:…`.
    pub digest: Option<&'a str>,
}

impl<'a> ImageRef<'a> {
    /// Reads a reference. It does not judge whether such an image could exist.
    #[must_use]
    pub fn parse(text: &'a str) -> Self {
        let (rest, digest) = match text.split_once('@') {
            Some((rest, digest)) => (rest, Some(digest)),
            None => (text, None),
        };
        let (rest, tag) = match rest.rsplit_once(':') {
            Some((rest, tag)) if !tag.contains('/') => (rest, Some(tag)),
            _ => (rest, None),
        };
        let (registry, path) = match rest.split_once('/') {
            Some((host, path)) if host.contains(['.', ':']) || host == "localhost" => (Some(host), path),
            _ => (None, rest),
        };
        let is_hub = registry.is_none_or(|host| matches!(host, "docker.io" | "index.docker.io"));
        let path = if is_hub { path.strip_prefix("library/").unwrap_or(path) } else { path };
        Self { registry, path, tag, digest }
    }

    /// The name that tells images apart: an image of Docker Hub by its path, any other with its registry.
    #[must_use]
    pub fn name(&self) -> String {
        match self.registry {
            None | Some("docker.io" | "index.docker.io") => self.path.to_owned(),
            Some(host) => format!("{host}/{}", self.path),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reference_comes_apart() {
        let image = ImageRef::parse("localhost:5000/library/python:3.12-slim@sha256:aa");
        assert_eq!(image.registry, Some("localhost:5000"));
        assert_eq!((image.path, image.tag, image.digest), ("library/python", Some("3.12-slim"), Some("sha256:aa")));
        assert_eq!(image.name(), "localhost:5000/library/python");
    }

    #[test]
    fn docker_hub_has_one_name_for_its_library() {
        for text in ["python", "docker.io/python", "docker.io/library/python:3", "library/python"] {
            assert_eq!(ImageRef::parse(text).name(), "python", "{text}");
        }
        assert_eq!(ImageRef::parse("bitnami/redis").name(), "bitnami/redis");
        assert_eq!(ImageRef::parse("localhost:5000/x").tag, None);
    }
}
