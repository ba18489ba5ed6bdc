//! The same on Podman, which has its own words for what the tests beside this one ask Docker.

use std::fs;
use std::process::Command;

use harden::evidence::Evidence;

use crate::docker::Result;
use crate::verify::SERVER;
use crate::verify::project::{Project, Said};

type Test = (&'static str, fn() -> Result<()>);

pub const BASE: &str = "python:3.12-slim";

pub const TESTS: [Test; 5] = [
    ("it_is_asked_where_docker_does_not_answer", it_is_asked_where_docker_does_not_answer),
    ("what_harden_makes_of_a_server_is_proved", what_harden_makes_of_a_server_is_proved),
    ("a_check_that_fails_is_named", a_check_that_fails_is_named),
    ("what_is_seen_is_right", what_is_seen_is_right),
    ("nothing_is_left_behind", nothing_is_left_behind),
];

fn podman(args: &[&str]) -> Result<String> {
    let output = Command::new("podman").args(args).output().map_err(|error| format!("podman: {error}"))?;
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).trim().to_owned();
    if output.status.success() { Ok(text(&output.stdout)) } else { Err(text(&output.stderr)) }
}

/// Whether Podman has the image already and can run it: on many machines it is installed and can't.
pub fn can_be_tested() -> bool {
    podman(&["run", "--rm", "--pull", "never", BASE, "true"]).is_ok()
}

fn verify(project: &Project, options: &[&str]) -> Result<Said> {
    let mut command = Command::new(env!("CARGO_BIN_EXE_harden"));
    command.current_dir(project.path()).args(["verify", "--engine", "podman", "--wait", "30"]);
    Said::of(command.args(options))
}

fn what_harden_makes_of_a_server_is_proved() -> Result<()> {
    let said = verify(&Project::new(SERVER)?, &["--env", "DOES=write"])?;
    said.ends_with_code(0)?;
    said.shows("health check      none                      healthy                   better")?;
    said.shows("writes            /data                     /data                     same")?;
    // Podman would leave /run and /var/tmp to be written, if it were not told otherwise.
    said.shows("read-only root     read_only: true + tmpfs: [/tmp] + a volume at /data")
}

fn it_is_asked_where_docker_does_not_answer() -> Result<()> {
    let project = Project::new(SERVER)?;
    let mut command = Command::new(env!("CARGO_BIN_EXE_harden"));
    command.current_dir(project.path()).args(["verify", "--wait", "30"]).env("DOCKER_HOST", "tcp://127.0.0.1:1");
    Said::of(&mut command)?.ends_with_code(0)
}

fn a_check_that_fails_is_named() -> Result<()> {
    // Podman keeps the first 500 characters of what a check prints.
    let check = "HEALTHCHECK CMD python -c \"raise SystemExit('nobody is there')\"\nCMD";
    let project = Project::new(SERVER)?;
    let hardened = project.path().join("hardened.Dockerfile");
    fs::write(&hardened, SERVER.replace("CMD", check)).map_err(|error| error.to_string())?;
    let said = verify(&project, &["--hardened", "hardened.Dockerfile"])?;
    said.ends_with_code(1)?;
    said.shows("health: the health check fails: nobody is there")
}

fn what_is_seen_is_right() -> Result<()> {
    let project =
        Project::new(&SERVER.replace("EXPOSE", "RUN useradd -u 1500 web && chown web /data\nUSER web\nEXPOSE"))?;
    let mut observe = Command::new(env!("CARGO_BIN_EXE_harden"));
    observe.current_dir(project.path()).args(["observe", "--engine", "podman", "--for", "4s", "--env", "DOES=write"]);
    Said::of(&mut observe)?.ends_with_code(0)?;
    let text = fs::read_to_string(project.path().join("harden.evidence.toml")).map_err(|error| error.to_string())?;
    let observed = Evidence::parse(&text)?.of("Dockerfile", None).cloned().ok_or(text)?;
    assert_eq!(observed.ports, Some([8080].into()));
    assert_eq!(observed.writes, Some(["/data".to_owned()].into()));
    assert!(observed.programs.is_some_and(|programs| programs.contains("/usr/local/bin/python3.12")));
    // Podman tells the name alone.
    assert_eq!(observed.processes.first().map(|process| process.user), Some(1500));
    Ok(())
}

fn nothing_is_left_behind() -> Result<()> {
    let label = format!("harden-test={}", std::process::id());
    let build = format!("--build-option=--label={label}");
    let run = format!("--run-arg=--label={label}");
    verify(&Project::new(SERVER)?, &[&build, &run, "--volume=data:/data"])?.ends_with_code(0)?;
    let filter = format!("label={label}");
    assert_eq!(podman(&["ps", "--all", "--quiet", "--filter", &filter])?, "");
    assert_eq!(podman(&["images", "--quiet", "--filter", &filter])?, "");
    let volumes = podman(&["volume", "ls", "--format", "{{.Name}}"])?;
    assert!(!volumes.lines().any(|name| name.starts_with("harden-") && name.ends_with("-data")), "{volumes}");
    Ok(())
}
