//! The hardened images of `examples/` against the originals, and `harden verify`, on a real container engine.
//!
//! Without an engine every test is reported as ignored, and so are those of an example whose base images the engine has
//! not got; with `HARDEN_ENGINE=required` they run, and fail where they must; so do those of Podman with
//! `HARDEN_PODMAN=required`. The test of `harden lock` also needs a registry. The harness is libtest-mimic because only it
//! can decide that when the tests run.

mod claims;
mod docker;
mod examples;
mod http;
mod lock;
mod observe;
mod podman;
mod program;
mod verify;

use std::env;
use std::process::ExitCode;

use libtest_mimic::{Arguments, Trial};

use claims::CLAIMS;
use examples::EXAMPLES;

fn main() -> ExitCode {
    let required = is_required("HARDEN_ENGINE");
    let missing = docker::engine_answers().err();
    if let Some(reason) = &missing {
        eprintln!("no container engine: {reason}");
    }
    let engine = missing.is_none();
    let trials = EXAMPLES.iter().filter(|example| example.is_hardened()).flat_map(|example| {
        let runs = required || (engine && has_bases(example.name, example.bases));
        CLAIMS.iter().filter(|claim| (claim.is_about)(example)).map(move |claim| {
            let name = format!("{}::{}", example.name, claim.name);
            Trial::test(name, || Ok((claim.holds)(example)?)).with_ignored_flag(!runs)
        })
    });
    let runs = (required || engine) && lock::can_be_tested();
    let lock = Trial::test("lock::what_is_locked_is_the_index_and_builds", || {
        Ok(lock::what_is_locked_is_the_index_and_builds()?)
    });
    let verifies = required
        || (engine
            && has_bases("harden verify", &verify::BASES)
            && verify::PLUGINS.into_iter().all(docker::has_plugin));
    let verify = verify::TESTS
        .iter()
        .map(|(name, test)| Trial::test(format!("verify::{name}"), move || Ok(test()?)).with_ignored_flag(!verifies));
    let observes = required || (engine && docker::has_image(observe::BASE));
    let observes_here = observes && docker::is_on_this_machine();
    let checks = observe::CHECKS.iter().map(|check| (check, observes));
    let observe = checks
        .chain(observe::LOCAL_CHECKS.iter().map(|check| (check, observes_here)))
        .map(|((name, check), runs)| Trial::test(format!("observe::{name}"), || Ok(check()?)).with_ignored_flag(!runs));
    let on_podman = is_required("HARDEN_PODMAN") || podman::can_be_tested();
    let podman = podman::TESTS
        .iter()
        .map(|(name, test)| Trial::test(format!("podman::{name}"), || Ok(test()?)).with_ignored_flag(!on_podman));
    let trials = trials.chain([lock.with_ignored_flag(!runs)]).chain(verify).chain(observe).chain(podman);
    libtest_mimic::run(&Arguments::from_args(), trials.collect()).exit_code()
}

fn is_required(variable: &str) -> bool {
    env::var(variable).is_ok_and(|value| value == "required")
}

fn has_bases(name: &str, bases: &[&str]) -> bool {
    let lacking: Vec<_> = bases.iter().filter(|base| !docker::has_image(base)).copied().collect();
    if !lacking.is_empty() {
        eprintln!("{name} is left out: docker pull {}", lacking.join(" "));
    }
    lacking.is_empty()
}
