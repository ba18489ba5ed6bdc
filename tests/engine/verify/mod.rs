//! `harden verify` on a real engine: what is the same is proved, and each seeded fault is found and named.

mod baked;
mod bisected;
mod composed;
mod interrupted;
mod left;
mod printed;
pub mod project;
mod scanned;

use std::net::TcpListener;

use crate::docker::Result;
use project::{Project, Said};

type Test = (&'static str, fn() -> Result<()>);

/// The images that the projects build on.
pub const BASES: [&str; 1] = ["python:3.12-slim"];

/// What `docker` has to have beside its own commands.
pub const PLUGINS: [&str; 2] = ["buildx", "compose"];

pub const TESTS: [Test; 29] = [
    ("what_harden_makes_of_a_server_is_proved", what_harden_makes_of_a_server_is_proved),
    ("a_program_that_ends_is_compared_by_what_it_prints", a_program_that_ends_is_compared_by_what_it_prints),
    ("what_differs_from_start_to_start_is_no_difference", what_differs_from_start_to_start_is_no_difference),
    ("what_a_program_does_not_survive_is_named", what_a_program_does_not_survive_is_named),
    ("a_removed_library_is_named", a_removed_library_is_named),
    ("a_directory_that_the_user_can_not_write_is_named", a_directory_that_the_user_can_not_write_is_named),
    ("a_volume_that_is_not_written_any_more_is_named", a_volume_that_is_not_written_any_more_is_named),
    ("a_wrong_port_in_the_health_check_is_named", a_wrong_port_in_the_health_check_is_named),
    ("a_missing_console_script_is_named", a_missing_console_script_is_named),
    ("a_program_that_needs_root_is_named", a_program_that_needs_root_is_named),
    ("a_hardened_file_that_does_not_build_is_worse", a_hardened_file_that_does_not_build_is_worse),
    ("an_original_that_does_not_build_or_start_is_an_error", an_original_that_does_not_build_or_start_is_an_error),
    ("an_engine_that_does_not_run_is_an_error", an_engine_that_does_not_run_is_an_error),
    ("a_port_in_use_is_an_error", a_port_in_use_is_an_error),
    (
        "the_transform_to_blame_is_named_and_the_file_without_it_is_written",
        bisected::the_transform_to_blame_is_named_and_the_file_without_it_is_written,
    ),
    ("each_of_two_transforms_to_blame_is_named", bisected::each_of_two_transforms_to_blame_is_named),
    ("a_program_runs_as_its_compose_file_says", composed::a_program_runs_as_its_compose_file_says),
    ("a_service_beside_it_that_fails_is_named", composed::a_service_beside_it_that_fails_is_named),
    (
        "a_service_beside_it_that_is_built_is_left_out_and_named",
        composed::a_service_beside_it_that_is_built_is_left_out_and_named,
    ),
    ("the_pairs_are_built_by_bake", baked::the_pairs_are_built_by_bake),
    ("the_vulnerabilities_of_both_images_are_counted", scanned::the_vulnerabilities_of_both_images_are_counted),
    ("a_scanner_that_fails_is_an_error_with_its_words", scanned::a_scanner_that_fails_is_an_error_with_its_words),
    ("without_a_scanner_the_rest_is_compared", scanned::without_a_scanner_the_rest_is_compared),
    ("a_program_reads_the_comparison", printed::a_program_reads_the_comparison),
    ("a_page_shows_the_comparison", printed::a_page_shows_the_comparison),
    ("an_interrupt_in_any_step_leaves_nothing_behind", interrupted::an_interrupt_in_any_step_leaves_nothing_behind),
    (
        "an_interrupt_while_the_culprit_is_looked_for_leaves_nothing_behind",
        interrupted::an_interrupt_while_the_culprit_is_looked_for_leaves_nothing_behind,
    ),
    (
        "an_interrupt_beside_a_service_leaves_nothing_behind",
        interrupted::an_interrupt_beside_a_service_leaves_nothing_behind,
    ),
    ("a_volume_that_services_share_is_one", composed::a_volume_that_services_share_is_one),
];

/// Starts the server of `app.py`, with the faults that `DOES` names.
pub const SERVER: &str = "\
FROM python:3.12-slim
RUN mkdir /data
WORKDIR /app
COPY app.py .
EXPOSE 8080
CMD [\"python\", \"app.py\"]
";

/// `SERVER`, with `line` before its last one.
fn server_with(line: &str) -> String {
    SERVER.replace("CMD", &format!("{line}\nCMD"))
}

fn what_harden_makes_of_a_server_is_proved() -> Result<()> {
    let said = Project::new(SERVER)?.verify(&["--env", "DOES=load"])?;
    said.ends_with_code(0)?;
    said.shows("proved, the hardened image does what the original does")?;
    said.shows("also proved with  read-only root     read_only: true + tmpfs: [/tmp]\n")
}

fn a_program_that_ends_is_compared_by_what_it_prints() -> Result<()> {
    let text = |word: &str| format!("FROM python:3.12-slim\nCMD [\"python\", \"-c\", \"print('{word}')\"]\n");
    let project = Project::new(&text("one"))?;
    project.against(&text("one"), &[])?.ends_with_code(0)?;
    let said = project.against(&text("two"), &[])?;
    said.ends_with_code(1)?;
    said.shows(r#"logs: it prints "two", not "one""#)
}

fn what_differs_from_start_to_start_is_no_difference() -> Result<()> {
    let said = Project::new(SERVER)?.against(SERVER, &["--env", "DOES=chance"])?;
    said.ends_with_code(0)?;
    said.tells("running the original again\n")?;
    said.shows("also proved with  read-only root ")
}

fn what_a_program_does_not_survive_is_named() -> Result<()> {
    let said = Project::new(SERVER)?.against(SERVER, &["--env", "DOES=chown"])?;
    said.ends_with_code(0)?;
    said.shows("also proved with  no new privileges  security_opt: [no-new-privileges:true]\n")?;
    said.shows("fails with        read-only root: the program ends with exit code 1: OSError: [Errno 30] Read-only file system")?;
    said.shows("fails with        no capabilities: the program ends with exit code 1: PermissionError: [Errno 1]")?;
    said.shows("Operation not permitted: '/data'; the original fails with it, too\n")
}

fn a_removed_library_is_named() -> Result<()> {
    let said = Project::new(SERVER)?
        .against(&server_with("RUN find / -xdev -name 'libsqlite3.so*' -delete"), &["--env", "DOES=load"])?;
    said.ends_with_code(1)?;
    said.shows("start: the program ends with exit code 1: OSError: libsqlite3.so.0: cannot open shared object file")
}

fn a_directory_that_the_user_can_not_write_is_named() -> Result<()> {
    let said = Project::new(SERVER)?.against(&server_with("USER 1000:1000"), &["--env", "DOES=write"])?;
    said.ends_with_code(1)?;
    said.shows("answer: GET :8080/ is not answered")?;
    said.shows("PermissionError: [Errno 13] Permission denied: '/data/hits'")?;
    said.shows("writes: it does not write to /data any more")
}

fn a_volume_that_is_not_written_any_more_is_named() -> Result<()> {
    let project = Project::new(SERVER)?;
    let said = project.against(SERVER, &["--env", "DOES=try", "--volume=data:/data"])?;
    said.ends_with_code(0)?;
    said.has_row(&["writes", "/data", "/data", "same"])?;
    said.shows("read-only root     read_only: true + tmpfs: [/tmp]\n")?;
    let said = project.against(&server_with("USER 1000:1000"), &["--env", "DOES=try", "--volume=data:/data"])?;
    said.ends_with_code(1)?;
    said.shows("writes: it does not write to /data any more")
}

fn a_wrong_port_in_the_health_check_is_named() -> Result<()> {
    let check = "HEALTHCHECK CMD python -c \"import urllib.request as u; u.urlopen('http://127.0.0.1:9999/')\"";
    let said = Project::new(SERVER)?.against(&server_with(check), &[])?;
    said.ends_with_code(1)?;
    said.shows("health: the health check fails: urllib.error.URLError: <urlopen error [Errno 111] Connection refused>")
}

fn a_missing_console_script_is_named() -> Result<()> {
    let script =
        "RUN printf '#!/bin/sh\\nexec python app.py\\n' > /usr/local/bin/serve && chmod +x /usr/local/bin/serve";
    let starts = |text: &str| text.replace("[\"python\", \"app.py\"]", "[\"serve\"]");
    let said = Project::new(&starts(&server_with(script)))?.against(&starts(SERVER), &[])?;
    said.ends_with_code(1)?;
    said.shows("start: the program can't be started: exec: \"serve\": executable file not found in $PATH")
}

fn a_program_that_needs_root_is_named() -> Result<()> {
    let said = Project::new(SERVER)?.against(&server_with("USER 1000:1000"), &["--env", "DOES=chown"])?;
    said.ends_with_code(1)?;
    said.shows("ends with exit code 1: PermissionError: [Errno 1] Operation not permitted: '/data'")
}

fn a_hardened_file_that_does_not_build_is_worse() -> Result<()> {
    let said = Project::new(SERVER)?.against(&server_with("RUN exit 3"), &[])?;
    said.ends_with_code(1)?;
    said.shows("build: the hardened file can't be built: ERROR:")?;
    said.shows("exit code: 3")
}

fn an_original_that_does_not_build_or_start_is_an_error() -> Result<()> {
    let said = Project::new(&server_with("RUN exit 3"))?.against(SERVER, &[])?;
    said.ends_with_code(2)?;
    said.tells("error: the original can't be built: ERROR:")?;
    let said = Project::new(SERVER)?.against(SERVER, &["--env", "DOES=fail"])?;
    said.ends_with_code(2)?;
    said.tells(
        "  there is no DATABASE_URL\nerror: the original ends with exit code 1\nhint: there is nothing to compare with",
    )
}

fn an_engine_that_does_not_run_is_an_error() -> Result<()> {
    let project = Project::new(SERVER)?;
    let said = Said::of(project.command(&[]).env("DOCKER_HOST", "tcp://127.0.0.1:1"))?;
    said.ends_with_code(2)?;
    said.tells("error: docker does not reach its engine: ")?;
    said.tells("hint: start the engine")
}

fn a_port_in_use_is_an_error() -> Result<()> {
    let taken = TcpListener::bind("127.0.0.1:0").map_err(|error| error.to_string())?;
    let port = taken.local_addr().map_err(|error| error.to_string())?.port();
    let publish = format!("--run-arg=--publish=127.0.0.1:{port}:8080");
    let said = Project::new(SERVER)?.against(SERVER, &[&publish])?;
    said.ends_with_code(2)?;
    said.tells("address already in use")?;
    said.tells("hint: another program has that port of this machine")
}
