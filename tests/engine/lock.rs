//! `harden lock` against a real registry on this machine: what is pinned builds.

use std::fs;
use std::net::SocketAddr;
use std::process;

use crate::docker::{Result, docker, has_image, remove};
use crate::http::{Request, get};
use crate::program::harden;

const REGISTRY: &str = "127.0.0.1:5000";
const BASE: &str = "python:3.12-slim";

/// Whether there is something to lock and a registry to ask.
pub fn can_be_tested() -> bool {
    let answers = address().is_ok_and(|address| get("/v2/").send(address).is_ok_and(|answer| answer.status == 200));
    if !answers {
        eprintln!("lock is left out: docker run --detach --publish {REGISTRY}:5000 registry:3");
    }
    answers && has_image(BASE)
}

fn address() -> Result<SocketAddr> {
    REGISTRY.parse().map_err(|error| format!("{REGISTRY}: {error}"))
}

/// An image that is pushed, and an index that holds it; both are gone when the value is.
struct Pushed {
    name: String,
    index: String,
    single: String,
}

impl Pushed {
    fn new() -> Result<Self> {
        let name = format!("harden-test/python-{}", process::id());
        let tag = |tag: &str| format!("localhost:5000/{name}:{tag}");
        let pushed = Self { index: tag("3.12-slim"), single: tag("single"), name };
        docker(&["tag", BASE, &pushed.single])?;
        docker(&["push", "--quiet", &pushed.single])?;
        docker(&["buildx", "imagetools", "create", "--prefer-index=true", "--tag", &pushed.index, &pushed.single])?;
        Ok(pushed)
    }

    /// The kind of the manifest that `reference` names, and its digest.
    fn manifest(reference: &str) -> Result<(String, String)> {
        let manifest = docker(&["buildx", "imagetools", "inspect", "--format", "{{json .Manifest}}", reference])?;
        let manifest: serde_json::Value = serde_json::from_str(&manifest).map_err(|error| error.to_string())?;
        let field =
            |name: &str| manifest[name].as_str().map(str::to_owned).ok_or_else(|| format!("{name}: {manifest}"));
        Ok((field("mediaType")?, field("digest")?))
    }

    fn delete(&self, reference: &str) -> Result<()> {
        let (_, digest) = Self::manifest(reference)?;
        let path = format!("/v2/{}/manifests/{digest}", self.name);
        let request = Request { method: "DELETE", path: &path, body: "" };
        request.send(address()?).map(drop).map_err(|error| error.to_string())
    }
}

impl Drop for Pushed {
    fn drop(&mut self) {
        remove(&["image", "rm", &self.single]);
        for reference in [&self.index, &self.single] {
            if let Err(error) = self.delete(reference) {
                eprintln!("{error}");
            }
        }
    }
}

pub fn what_is_locked_is_the_index_and_builds() -> Result<()> {
    let pushed = Pushed::new()?;
    let folder = tempfile::tempdir().map_err(|error| error.to_string())?;
    let dockerfile = folder.path().join("Dockerfile");
    fs::write(&dockerfile, format!("FROM {}\nRUN python --version\n", pushed.index))
        .map_err(|error| error.to_string())?;
    harden(folder.path(), &["lock"])?;
    harden(folder.path(), &["lock", "--check"])?;
    harden(folder.path(), &["--write", "--only", "pin_digest", "Dockerfile"])?;

    let pinned = fs::read_to_string(&dockerfile).map_err(|error| error.to_string())?;
    let (kind, digest) = Pushed::manifest(&pushed.index)?;
    assert!(kind.contains("index") || kind.contains("list"), "{kind}");
    assert!(pinned.starts_with(&format!("FROM {}@{digest}\n", pushed.index)), "{pinned}");
    docker(&["build", "--quiet", "--output", "type=cacheonly", &folder.path().display().to_string()]).map(drop)
}
