//! The vulnerabilities, as a scanner that a test plays counts them in the images.

use std::env;

use super::project::{Project, Said};
use super::{SERVER, server_with};
use crate::docker::Result;

/// Looks into the image that is named last, and finds one vulnerability more where there is a compiler.
const TRIVY: &str = r#"
[ "$1" = --version ] && exit
for image; do :; done
echo '{"Results": [{"Vulnerabilities": [{"Severity": "LOW"}'
docker run --rm --entrypoint test "$image" -e /usr/bin/gcc && echo ', {"Severity": "HIGH"}'
echo ']}]}'
"#;

/// What `harden verify` says of a program that lost its compiler, where `trivy` is installed as this script.
fn scanned(trivy: &str) -> Result<Said> {
    let project = Project::new(&server_with("RUN touch /usr/bin/gcc"))?;
    project.write("hardened.Dockerfile", SERVER)?;
    let bin = project.install("trivy", trivy)?;
    let others = env::var_os("PATH").unwrap_or_default();
    let path =
        env::join_paths([bin].into_iter().chain(env::split_paths(&others))).map_err(|error| error.to_string())?;
    Said::of(project.command(&["--hardened", "hardened.Dockerfile", "--scan"]).env("PATH", path))
}

pub fn the_vulnerabilities_of_both_images_are_counted() -> Result<()> {
    let said = scanned(TRIVY)?;
    said.ends_with_code(0)?;
    said.tells("\nlooking for known vulnerabilities\n")?;
    said.has_row(&["vulnerabilities", "2: 1 high, 1 low", "1: 1 low", "better, by trivy"])
}

pub fn a_scanner_that_fails_is_an_error_with_its_words() -> Result<()> {
    let said = scanned("[ \"$1\" = --version ] && exit\necho 'FATAL no database' >&2\nexit 1\n")?;
    said.ends_with_code(2)?;
    said.has_row(&["starts", "yes", "yes", "same"])?;
    said.tells("error: `trivy image --quiet --scanners vuln --format json harden-")?;
    said.tells("` failed: FATAL no database\n")
}

pub fn without_a_scanner_the_rest_is_compared() -> Result<()> {
    let project = Project::new(SERVER)?;
    project.write("hardened.Dockerfile", SERVER)?;
    // This machine may have scanners: all that is found is an engine, and it has no plugin that is one.
    let path = env::var("PATH").map_err(|error| error.to_string())?;
    let bin =
        project.install("docker", &format!("[ \"$1\" = scout ] && exit 1\nPATH='{path}'\nexec docker \"$@\"\n"))?;
    let said = Said::of(project.command(&["--hardened", "hardened.Dockerfile", "--scan"]).env("PATH", bin))?;
    said.ends_with_code(0)?;
    said.tells("no scanner of vulnerabilities is installed: trivy, grype, docker scout\n")?;
    said.has_row(&["starts", "yes", "yes", "same"])
}
