//! Where an image is asked for.

use harden::dockerfile::image::ImageRef;
use harden::lock::Tagged;

/// Docker Hub goes by three names: this is where its API is, and the other is where `docker login` keeps its credentials.
const HUB: &str = "registry-1.docker.io";
const HUB_LOGIN: &str = "index.docker.io";

/// A tag of a repository of a registry.
#[derive(Debug, PartialEq, Eq)]
pub struct Address {
    /// The host, with its port where one is written.
    pub host: String,
    /// The host that `docker login` knows.
    pub login: String,
    repository: String,
    tag: String,
}

impl Address {
    pub fn of(image: &Tagged) -> Self {
        let image = ImageRef::parse(image.as_str());
        let (host, login) = image.registry.map_or((HUB, HUB_LOGIN), |host| (host, host));
        let is_official = image.registry.is_none() && !image.path.contains('/');
        let repository = if is_official { format!("library/{}", image.path) } else { image.path.to_owned() };
        let tag = image.tag.unwrap_or("latest").to_owned();
        Self { host: host.to_owned(), login: login.to_owned(), repository, tag }
    }

    /// The URL of the manifest that the tag names.
    pub fn manifest(&self) -> String {
        let Self { host, repository, tag, .. } = self;
        let scheme = if is_local(host) { "http" } else { "https" };
        format!("{scheme}://{host}/v2/{repository}/manifests/{tag}")
    }
}

/// The host of a URL, with its port, or of a name that has no scheme.
pub fn host_of(url: &str) -> &str {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    rest.split(['/', '?']).next().unwrap_or_default()
}

/// Whether `host` is this machine: like Docker, `harden` speaks plain HTTP with it, and asks no proxy.
pub fn is_local(host: &str) -> bool {
    let name = match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => name,
        _ => host,
    };
    let address: Option<std::net::IpAddr> = name.trim_start_matches('[').trim_end_matches(']').parse().ok();
    name == "localhost" || address.is_some_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn manifest(reference: &str) -> String {
        Address::of(&Tagged::of(reference).unwrap()).manifest()
    }

    #[test]
    fn the_images_of_docker_hub_live_under_another_host_and_the_official_ones_in_a_library() {
        assert_eq!(manifest("python:3.12"), "https://registry-1.docker.io/v2/library/python/manifests/3.12");
        assert_eq!(manifest("docker.io/bitnami/redis:7"), "https://registry-1.docker.io/v2/bitnami/redis/manifests/7");
        assert_eq!(Address::of(&Tagged::of("python:3.12").unwrap()).login, "index.docker.io");
    }

    #[test]
    fn other_registries_are_asked_as_written() {
        assert_eq!(manifest("ghcr.io/astral-sh/uv:0.8"), "https://ghcr.io/v2/astral-sh/uv/manifests/0.8");
        assert_eq!(manifest("localhost:5000/library/x:1"), "http://localhost:5000/v2/library/x/manifests/1");
    }

    #[test]
    fn this_machine_goes_by_several_names() {
        for host in ["localhost", "localhost:5000", "127.0.0.1:80", "127.8.8.8", "[::1]:5000"] {
            assert!(is_local(host), "{host}");
        }
        for host in ["ghcr.io", "localhost.example.com", "127.0.0.1.example.com:80", "10.0.0.1:5000"] {
            assert!(!is_local(host), "{host}");
        }
    }

    #[test]
    fn a_host_is_cut_out_of_its_url() {
        for (url, host) in
            [("https://index.docker.io/v1/", "index.docker.io"), ("ghcr.io", "ghcr.io"), ("http://a:1?b", "a:1")]
        {
            assert_eq!(host_of(url), host);
        }
    }
}
