//! Ctrl-C in the middle of each step.

use std::io::{BufRead, BufReader, Read};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::Duration;

use super::left::nothing_is_left;
use super::project::Project;
use super::{SERVER, composed};
use crate::docker::Result;

/// The steps, as they are told on standard error, in their order.
const STEPS: [&str; 5] = [
    "building the original",
    "running the original",
    "building the hardened file",
    "running the hardened image",
    "confining the hardened image",
];

/// Slow enough for an interrupt to come in the middle: a build that lasts, and a program that is watched for some seconds.
const ORIGINAL: &str = "FROM python:3.12-slim\nRUN sleep 3 && date +%N > /never-the-same\nCMD [\"sleep\", \"600\"]\n";
const HARDENED: &str = "FROM python:3.12-slim\nRUN date +%N > /never-the-same && sleep 3\nCMD [\"sleep\", \"600\"]\n";

/// Long enough to be in the middle of a step, shorter than each.
const MIDDLE: Duration = Duration::from_millis(1500);

pub fn an_interrupt_in_any_step_leaves_nothing_behind() -> Result<()> {
    for step in STEPS {
        let project = Project::new(ORIGINAL)?;
        project.write("hardened.Dockerfile", HARDENED)?;
        let hardened = ["--hardened", "hardened.Dockerfile", "--build-option=--no-cache", "--volume=data:/data"];
        leaves_nothing(&project, &hardened, step)?;
    }
    Ok(())
}

pub fn an_interrupt_while_the_culprit_is_looked_for_leaves_nothing_behind() -> Result<()> {
    leaves_nothing(&Project::new(SERVER)?, &["--env", "DOES=chown"], "trying without drop_root")
}

pub fn an_interrupt_beside_a_service_leaves_nothing_behind() -> Result<()> {
    leaves_nothing(&composed::project(composed::COMPOSE)?, &[], "running the original")
}

fn leaves_nothing(project: &Project, options: &[&str], step: &str) -> Result<()> {
    let words = interrupted(project, options, step).map_err(|error| format!("{step}: {error}"))?;
    if !words.contains("error: interrupted") {
        return Err(format!("{step}: {words}"));
    }
    nothing_is_left().map_err(|error| format!("{step}: {error}"))
}

/// What `harden` says after it was interrupted in the middle of `step`.
fn interrupted(project: &Project, options: &[&str], step: &str) -> std::io::Result<String> {
    let mut command = project.command(options);
    let mut child = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn()?;
    let mut words = BufReader::new(child.stderr.take().ok_or(std::io::ErrorKind::BrokenPipe)?);
    let mut line = String::new();
    while line.trim() != step {
        line.clear();
        if words.read_line(&mut line)? == 0 {
            return Ok("it ended before".to_owned());
        }
    }
    thread::sleep(MIDDLE);
    interrupt(&child)?;
    let mut rest = String::new();
    words.read_to_string(&mut rest)?;
    child.wait()?;
    Ok(rest)
}

fn interrupt(child: &Child) -> std::io::Result<()> {
    Command::new("kill").args(["-INT", &child.id().to_string()]).status().map(drop)
}
