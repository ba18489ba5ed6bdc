//! Every transform's page is its test: each fence is run, twice.
//!
//! - A `dockerfile before` fence becomes the `dockerfile after` fence that follows it, and that one stays as it is.
//! - A `dockerfile held "reason"` or `dockerfile satisfied "reason"` fence stays as it is, for that very reason.
//! - A `dockerfile advice "reason"` fence stays as it is, with this advice; the `patch` fence that follows it holds the
//!   notes of that advice, one a line.
//! - A `file PATH` fence is a file of the build context of the next Dockerfile; without one the context is unknown.
//! - A `config` fence is the `harden.toml` of the next Dockerfile, a `lock` fence its `harden.lock`, an `evidence`
//!   fence its entry in `harden.evidence.toml`.

use harden::config::Config;
use harden::context::Context;
use harden::engine::{self, HeldKind, Outcome};
use harden::evidence::Evidence;
use harden::facts::Input;
use harden::lock::Lock;
use harden::templates::Templates;
use harden::transforms::{ALL, CHAPTERS, Transform};

#[derive(Debug)]
struct Fence<'p> {
    line: usize,
    info: &'p str,
    text: String,
}

/// A Dockerfile of a page, with the files, the configuration, the lock and the evidence given above it.
#[derive(Debug)]
struct Case<'p> {
    line: usize,
    text: &'p str,
    expected: Expected<'p>,
    files: Vec<(&'p str, &'p str)>,
    config: &'p str,
    lock: Option<&'p str>,
    evidence: Option<&'p str>,
}

#[derive(Debug)]
enum Expected<'p> {
    After(&'p str),
    /// The reason and the notes.
    Advice(&'p str, &'p str),
    Held(HeldKind, &'p str),
}

fn fences(page: &str) -> Vec<Fence<'_>> {
    let mut fences = Vec::new();
    let mut open: Option<Fence> = None;
    for (number, line) in page.lines().enumerate() {
        match (&mut open, line.strip_prefix("```")) {
            (None, Some(info)) => open = Some(Fence { line: number + 1, info: info.trim(), text: String::new() }),
            (Some(_), Some("")) => fences.extend(open.take()),
            (Some(fence), _) => {
                fence.text.push_str(line);
                fence.text.push('\n');
            }
            (None, None) => {}
        }
    }
    assert!(open.is_none(), "a fence is left open");
    fences
}

fn cases<'p>(fences: &'p [Fence<'p>]) -> Vec<Case<'p>> {
    let mut cases = Vec::new();
    let (mut files, mut config, mut lock, mut evidence) = (Vec::new(), "", None, None);
    let mut fences = fences.iter();
    while let Some(fence) = fences.next() {
        let (kind, rest) = fence.info.split_once(' ').unwrap_or((fence.info, ""));
        let expected = match (kind, rest.split_once(' ').unwrap_or((rest, ""))) {
            ("file", (path, "")) => {
                files.push((path, fence.text.as_str()));
                continue;
            }
            ("config", _) => {
                config = fence.text.as_str();
                continue;
            }
            ("lock", _) => {
                lock = Some(fence.text.as_str());
                continue;
            }
            ("evidence", _) => {
                evidence = Some(fence.text.as_str());
                continue;
            }
            ("dockerfile", ("before", "")) => {
                let after = fences.next().filter(|after| after.info == "dockerfile after");
                Expected::After(&after.unwrap_or_else(|| panic!("line {}: no after fence follows", fence.line)).text)
            }
            ("dockerfile", ("advice", reason)) => {
                let patch = fences.next().filter(|patch| patch.info == "patch");
                let patch = patch.unwrap_or_else(|| panic!("line {}: no patch fence follows", fence.line));
                Expected::Advice(reason.trim_matches('"'), &patch.text)
            }
            ("dockerfile", ("held", reason)) => Expected::Held(HeldKind::Blocked, reason.trim_matches('"')),
            ("dockerfile", ("satisfied", reason)) => Expected::Held(HeldKind::Satisfied, reason.trim_matches('"')),
            ("sh" | "text" | "toml", _) => continue,
            other => panic!("line {}: no such fence: {other:?}", fence.line),
        };
        let (files, config) = (std::mem::take(&mut files), std::mem::take(&mut config));
        let (lock, evidence) = (lock.take(), evidence.take());
        cases.push(Case { line: fence.line, text: &fence.text, expected, files, config, lock, evidence });
    }
    let is_used_up = files.is_empty() && config.is_empty() && lock.is_none() && evidence.is_none();
    assert!(is_used_up, "a file, config, lock or evidence fence has no Dockerfile");
    cases
}

fn run(transform: &Transform, text: &str, case: &Case) -> Outcome {
    let context =
        if case.files.is_empty() { Context::empty() } else { Context::from_files(case.files.iter().copied()) };
    let mut config = Config::parse(case.config).expect("the page's configuration is valid");
    config.with = vec![transform.name.to_owned()];
    let lock = case.lock.map(|text| Lock::parse(text).expect("the page's lock is valid"));
    let evidence = case.evidence.map(|text| Evidence::parse(text).expect("the page's evidence is valid"));
    let observed = evidence.as_ref().map(|evidence| evidence.of("Dockerfile", None).expect("it is of Dockerfile"));
    let input = Input::new(&context, Templates::builtin(), &config).with_lock(lock.as_ref()).with_evidence(observed);
    engine::run(text, &[transform], &input)
}

/// Checks a case of the page `name`.
fn check(name: &str, transform: &Transform, case: &Case) {
    let at = format!("transforms/{name}.md, line {}", case.line);
    let outcome = run(transform, case.text, case);
    match case.expected {
        Expected::After(after) => {
            assert_eq!(outcome.after, *after, "{at}: {:#?}", outcome.held);
            let again = run(transform, after, case);
            assert_eq!(again.after, *after, "{at}: a second run changes it");
        }
        Expected::Advice(reason, patch) => {
            assert_eq!(outcome.after, case.text, "{at}: it was to stay as it is");
            let advice: Vec<_> =
                outcome.advice.iter().map(|advice| (advice.reason.as_str(), advice.notes.join("\n") + "\n")).collect();
            assert!(advice.contains(&(reason, patch.to_owned())), "{at}: {advice:#?}");
        }
        Expected::Held(kind, reason) => {
            assert_eq!(outcome.after, case.text, "{at}: it was to stay as it is");
            let reasons: Vec<_> = outcome.held.iter().map(|held| (held.kind, held.reason.as_str())).collect();
            assert!(reasons.contains(&(kind, reason)), "{at}: {reasons:#?}");
        }
    }
}

/// Rules of a page beyond its fences: a title, a summary, its safety, and as many files that stay as they are as files that change.
fn check_page(transform: &Transform, cases: &[Case]) {
    let page = transform.page;
    let name = transform.name;
    assert!(page.starts_with(&format!("# {name}\n\n")), "{name}: the page starts with its name");
    assert!(page.contains("\n**Safety:** "), "{name}: the page has no safety");
    check_balance(name, page, cases);
}

/// As many files that stay as they are as files that change, each under its heading.
fn check_balance(name: &str, page: &str, cases: &[Case]) {
    let advises = cases.iter().any(|case| matches!(case.expected, Expected::Advice(..)));
    let changes = cases.iter().filter(|case| matches!(case.expected, Expected::After(_))).count();
    let stay = cases.len() - changes;
    assert!(page.contains("\n## Held\n"), "{name}: what is held has a heading");
    assert_eq!(page.contains("\n## Changes\n"), changes > 0, "{name}: changes have a heading");
    assert_eq!(page.contains("\n## Advice\n"), advises, "{name}: advice has a heading");
    assert!(changes > 0 || advises, "{name}: the page shows no change");
    assert!(stay >= changes, "{name}: {stay} files that stay against {changes} that change");
}

fn page(name: &str) {
    let transform = ALL.iter().copied().find(|transform| transform.name == name).expect("a transform of this name");
    let fences = fences(transform.page);
    let cases = cases(&fences);
    cases.iter().for_each(|case| check(name, transform, case));
    check_page(transform, &cases);
}

fn chapter(name: &str) {
    let chapter = CHAPTERS.iter().find(|chapter| chapter.name == name).expect("a chapter of this name");
    assert!(chapter.page.starts_with(&format!("# {name}\n\n")), "{name}: the page starts with its name");
    let fences = fences(chapter.page);
    let cases = cases(&fences);
    cases.iter().for_each(|case| check(name, chapter.transform, case));
    check_balance(name, chapter.page, &cases);
}

macro_rules! pages {
    ($($name:ident),* $(,)?) => {
        $(#[test]
        fn $name() {
            page(stringify!($name));
        })*

        #[test]
        fn every_transform_has_its_page_tested() {
            let tested = [$(stringify!($name)),*];
            let all: Vec<&str> = ALL.iter().map(|transform| transform.name).collect();
            assert_eq!(tested.as_slice(), all.as_slice());
        }
    };
}

pages!(
    single_cmd,
    exec_form,
    no_empty_continuation,
    instruction_casing,
    as_casing,
    stage_casing,
    target_platform,
    expose_casing,
    legacy_key_value,
    absolute_workdir,
    maintainer_to_label,
    drop_sudo,
    apt_get,
    assume_yes,
    add_to_copy,
    absolute_destination,
    cache_mounts,
    apk_no_cache,
    no_recommends,
    pip_no_cache,
    npm_ci,
    wget_progress,
    secret_mounts,
    curl_pipe_shell,
    dockerignore,
    split_stages,
    omit_dev_dependencies,
    trim_packages,
    slim_base,
    pin_digest,
    clean_package_cache,
    apt_cache_mounts,
    numeric_user,
    drop_root,
    own_copies,
    own_writable_dirs,
    no_world_writable,
    strip_setuid,
    add_healthcheck,
    add_labels,
    sort_packages,
    one_command_per_line,
    explicit_shell,
    layout,
);

#[test]
fn a_fence_that_promises_something_else_fails() {
    let text = "# x\n\n```dockerfile before\nFROM python:3.12-slim\nCMD python x.py\n```\n```dockerfile after\nFROM other\n```\n";
    let fences = fences(text);
    let cases = cases(&fences);
    let failed = std::panic::catch_unwind(|| check("a page", ALL[0], &cases[0])).is_err();
    assert!(failed, "a wrong page must fail");
}

macro_rules! chapters {
    ($($name:ident = $path:literal),* $(,)?) => {
        $(#[test]
        fn $name() {
            chapter($path);
        })*

        #[test]
        fn every_chapter_is_tested() {
            let tested = [$($path),*];
            let all: Vec<&str> = CHAPTERS.iter().map(|chapter| chapter.name).collect();
            assert_eq!(tested.as_slice(), all.as_slice());
        }
    };
}

chapters! {
    split_stages_python = "split_stages/python",
    split_stages_environments = "split_stages/environments",
    split_stages_node_and_ruby = "split_stages/node_and_ruby",
    split_stages_php = "split_stages/php",
    split_stages_go = "split_stages/go",
    split_stages_java_rust_and_dotnet = "split_stages/java_rust_and_dotnet",
    split_stages_c = "split_stages/c",
}
