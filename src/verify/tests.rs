use std::collections::BTreeSet;

use super::compare::compare;
use super::*;
use crate::container::{Answer, Change, ChangeKind, Configuration};
use crate::templates::Templates;

fn reply(status: u16, body: &str) -> Reply {
    let answer = Answer { status, content_type: "text/plain".to_owned(), body: body.into() };
    Reply { answer: Some(answer), is_stable: true }
}

/// A server that says hello, and keeps a file in `/data`.
fn server(user: &str, size: u64) -> Trial {
    let mut run = Run::of(Started::Running, "ready\n".to_owned());
    run.answers.insert(Question { port: 80, path: "/".to_owned() }, reply(200, "hello"));
    run.writes = Writes::of(&[Change { kind: ChangeKind::Added, path: "/data/x".to_owned() }], None, BTreeSet::new());
    let configuration = Configuration { size, user: user.to_owned(), ..Configuration::default() };
    let mut trial = Trial { configuration, files: Files::default(), run };
    trial.files.packages = Some(2);
    trial.files.setuid.insert("/usr/bin/su".to_owned());
    trial
}

/// What is said of a server as root after `change`.
fn compared(change: impl FnOnce(&mut Trial)) -> Comparison {
    let mut hardened = server("", 1000);
    change(&mut hardened);
    compare(&server("", 1000), &hardened, &Templates::builtin().verify)
}

fn failures(change: impl FnOnce(&mut Run)) -> Vec<(Phase, String)> {
    let compared = compared(|trial| change(&mut trial.run));
    compared.failures.into_iter().map(|failure| (failure.phase, failure.what)).collect()
}

fn answered(answer: Reply) -> Vec<(Phase, String)> {
    failures(|run| {
        run.answers.insert(Question { port: 80, path: "/".to_owned() }, answer);
    })
}

fn plain(comparison: &Comparison) -> String {
    anstream::adapter::strip_str(&text("Dockerfile", comparison)).to_string()
}

#[test]
fn a_smaller_image_of_another_user_that_does_the_same_is_proved() {
    let mut original = server("", 400_000_000);
    original.files.build_tools = BTreeSet::from(["as", "cc", "gcc", "make"].map(str::to_owned));
    let mut hardened = server("1000", 161_300_000);
    hardened.run.health = Checked::Healthy;
    let mut comparison = compare(&original, &hardened, &Templates::builtin().verify);
    let survival = |setting| Survival { setting, volumes: Vec::new(), fails: None, original_survives: None };
    let [mut read_only, no_capabilities, mut no_new] = Setting::ALL.map(survival);
    read_only.volumes.push("/data".to_owned());
    no_new.fails = Some("GET :80/ is not answered".to_owned());
    no_new.original_survives = Some(false);
    comparison.confined = Some(Confined { settings: vec![read_only, no_capabilities, no_new] });
    let expected = "\
Dockerfile: proved, the hardened image does what the original does

                    original             hardened
  image size        400.0 MB             161.3 MB  better, 60 % smaller
  user              root                 1000      better
  build tools       4: gcc, make, cc, …  none      better
  package managers  none                 none      same
  shells            none                 none      same
  setuid files      1: su                1: su     same
  file ownership    -                    -         same
  packages          2                    2         same
  builds            yes                  yes       same
  starts            yes                  yes       same
  answers           / 200                / 200     same
  health check      none                 healthy   better
  logs              no error             no error  same
  writes            /data                /data     same

  also proved with  read-only root   read_only: true + tmpfs: [/tmp] + a volume at /data
                    no capabilities  cap_drop: [ALL]
  fails with        no new privileges: GET :80/ is not answered; the original fails with it, too
";
    assert_eq!(plain(&comparison), expected);
}

#[test]
fn what_is_worse_is_said_with_the_end_of_the_log() {
    let comparison = compared(|trial| {
        trial.run = Run::of(Started::Exited(1), "Traceback:\nImportError: libpq.so.5\n".to_owned());
    });
    let text = plain(&comparison);
    assert!(text.starts_with("Dockerfile: worse than the original\n"), "{text}");
    assert!(text.contains("  starts            yes       exit code 1  worse\n"), "{text}");
    let end = "\n  start: the program ends with exit code 1: ImportError: libpq.so.5\n    Traceback:\n    ImportError: libpq.so.5\n";
    assert!(text.ends_with(end), "{text}");
}

#[test]
fn a_build_that_fails_is_all_there_is_to_say() {
    let comparison = Comparison::not_built("#5 RUN exit 3\nERROR: exit code: 3\nView build details: x\n");
    assert_eq!(comparison.rows.len(), 1);
    assert!(plain(&comparison).contains("build: the hardened file can't be built: ERROR: exit code: 3\n"));
}

#[test]
fn answers_are_compared_by_status_kind_and_body() {
    assert_eq!(answered(reply(200, "hello")), []);
    let said = |what: &str| vec![(Phase::Answer, what.to_owned())];
    assert_eq!(answered(reply(500, "hello")), said("GET :80/ is answered with 500, not 200"));
    assert_eq!(answered(reply(200, "help")), said(r#"GET :80/ is answered with "help", not "hello""#));
    assert_eq!(answered(Reply { answer: None, is_stable: true }), said("GET :80/ is not answered"));
    assert_eq!(failures(|run| run.answers.clear()), said("nobody listens on port 80"));
    let html = Answer { status: 200, content_type: "text/html".to_owned(), body: b"hello".into() };
    let html = Reply { answer: Some(html), is_stable: true };
    assert_eq!(answered(html), said(r#"GET :80/ is answered in "text/html", not "text/plain""#));
}

#[test]
fn a_body_that_differs_by_itself_is_not_compared() {
    let mut original = server("", 1000);
    for reply in original.run.answers.values_mut() {
        reply.is_stable = false;
    }
    let mut hardened = server("", 1000);
    hardened.run.answers.insert(Question { port: 80, path: "/".to_owned() }, reply(200, "12:31"));
    assert!(compare(&original, &hardened, &Templates::builtin().verify).is_proved());
}

#[test]
fn who_becomes_root_or_runs_more_programs_as_their_owner_is_worse() {
    let known = &Templates::builtin().verify;
    let root = compare(&server("1000", 1000), &server("", 1000), known);
    assert_eq!(
        root.failures.first().map(|failure| failure.what.as_str()),
        Some("it runs as root, and the original does not")
    );
    let more = compared(|trial| {
        trial.files.setuid.insert("/usr/bin/sudo".to_owned());
    });
    let what = more.failures.first().map(|failure| (failure.phase, failure.what.as_str()));
    assert_eq!(what, Some((Phase::Rights, "more programs run as their owner: /usr/bin/sudo")));
}

#[test]
fn a_check_that_fails_or_is_gone_is_worse() {
    let fails = failures(|run| run.health = Checked::Unhealthy("trace\nConnection refused\n".to_owned()));
    assert_eq!(fails, [(Phase::Health, "the health check fails: Connection refused".to_owned())]);
    let mut original = server("", 1000);
    original.run.health = Checked::Healthy;
    let gone = compare(&original, &server("", 1000), &Templates::builtin().verify);
    assert_eq!(gone.failures.first().map(|failure| failure.phase), Some(Phase::Health));
}

#[test]
fn a_new_error_in_the_log_is_worse() {
    let fails = failures(|run| run.log += "open /data/x: Permission denied\n");
    let what = "it prints an error that the original does not: open /data/x: Permission denied";
    assert_eq!(fails, [(Phase::Logs, what.to_owned())]);
    assert_eq!(failures(|run| run.log += "listening\n"), []);
}

#[test]
fn what_is_no_longer_written_is_worse() {
    let elsewhere =
        |path: &str| Writes::of(&[Change { kind: ChangeKind::Added, path: path.to_owned() }], None, BTreeSet::new());
    let fails = failures(|run| run.writes = elsewhere("/srv/x"));
    let what = "it does not write to /data any more; it writes to /srv instead";
    assert_eq!(fails, [(Phase::Writes, what.to_owned())]);
    assert_eq!(failures(|run| run.writes = elsewhere("/data/y")), []);
}

#[test]
fn a_size_that_hardly_differs_is_the_same_and_a_larger_image_is_no_failure() {
    let size = |size| {
        let comparison = compare(&server("", 100_000_000), &server("", size), &Templates::builtin().verify);
        (comparison.rows.first().map(|row| row.judgement), comparison.is_proved())
    };
    assert_eq!(size(100_900_000), (Some(Judgement::Same), true));
    assert_eq!(size(99_100_000), (Some(Judgement::Same), true));
    assert_eq!(size(102_000_000), (Some(Judgement::Worse), true));
}

#[test]
fn a_page_gets_a_table_and_a_program_a_value() {
    let comparison = compared(|trial| trial.run.log += "Error: a | <b>\n");
    let page = markdown("Dockerfile", &comparison);
    assert!(page.contains("| user | root | root | same |\n"), "{page}");
    assert!(page.contains("- logs: it prints an error that the original does not: Error: a \\| &lt;b>\n"), "{page}");
    let value: serde_json::Value = serde_json::from_str(&json("Dockerfile", &comparison)).unwrap();
    assert_eq!(value["proved"], false);
    assert_eq!(value["rows"][1]["judgement"], "same");
    assert_eq!(value["failures"][0]["phase"], "logs");
}

#[test]
fn of_many_directories_the_first_are_shown() {
    let paths = ["/a/x", "/b/x", "/c/x", "/d/x"];
    let change = |path: &str| Change { kind: ChangeKind::Added, path: path.to_owned() };
    let written = |count: usize| {
        let changes: Vec<Change> = paths.iter().take(count).map(|path| change(path)).collect();
        let comparison = compared(|trial| trial.run.writes = Writes::of(&changes, None, BTreeSet::new()));
        comparison.rows.into_iter().find(|row| row.what == "writes").unwrap().hardened
    };
    assert_eq!([written(0), written(3), written(4)], ["nothing", "/a, /b, /c", "4: /a, /b, /c, …"]);
}
