//! A program that needs what a compose file gives it.

use super::SERVER;
use super::left::nothing_is_left;
use super::project::Project;
use crate::docker::Result;

/// The server ends unless the backend answers when it starts. It writes to a volume, and not to the tmpfs.
pub const COMPOSE: &str = "\
services:
  web:
    build: .
    environment:
      DOES: ask write
      BACKEND: http://backend:9000/
    volumes: [\"data:/data\"]
    tmpfs: /scratch
    depends_on:
      backend:
        condition: service_healthy
      migration:
        condition: service_completed_successfully
  migration:
    image: python:3.12-slim
    command: sleep 1
  backend:
    image: python:3.12-slim
    command: python -m http.server 9000
    healthcheck:
      test: [CMD, python, -c, \"import urllib.request as u; u.urlopen('http://127.0.0.1:9000/')\"]
      interval: 60s
volumes:
  data:
";

pub fn project(compose: &str) -> Result<Project> {
    let project = Project::new(SERVER)?;
    project.write("compose.yaml", compose)?;
    Ok(project)
}

pub fn a_program_runs_as_its_compose_file_says() -> Result<()> {
    let project = project(COMPOSE)?;
    let said = project.verify(&[])?;
    said.ends_with_code(0)?;
    said.tells("run as the service web of compose.yaml\n")?;
    said.has_row(&["answers", "/ 200", "/ 200", "same"])?;
    said.has_row(&["writes", "/data", "/data", "same"])?;
    nothing_is_left()?;
    let said = project.verify(&["--no-compose", "--env", "DOES=ask"])?;
    said.ends_with_code(2)?;
    said.tells("  KeyError: 'BACKEND'\nerror: the original ends with exit code 1\n")
}

pub fn a_volume_that_services_share_is_one() -> Result<()> {
    let prepares = "sh -c 'echo hit > /data/hits'\n    volumes: [\"data:/data\"]";
    let reads = COMPOSE.replace("sleep 1", prepares).replace("DOES: ask write", "DOES: ask");
    let project = project(&reads)?;
    // The image has nothing there: the server starts only on what the migration left.
    project.write("Dockerfile", &SERVER.replace("\"app.py\"]", "\"-c\", \"open('/data/hits'); import app\"]"))?;
    project.verify(&[])?.ends_with_code(0)
}

pub fn a_service_beside_it_that_fails_is_named() -> Result<()> {
    let said = project(&COMPOSE.replace("http.server 9000", "no_such_module"))?.verify(&[])?;
    said.ends_with_code(2)?;
    said.tells("error: the service backend can't be started: it ends with exit code 1: ")?;
    said.tells("No module named no_such_module")?;
    let said = project(&COMPOSE.replace("sleep 1", "sh -c 'sleep 1; exit 3'"))?.verify(&[])?;
    said.ends_with_code(2)?;
    said.tells("error: the service migration can't be started: it ends with exit code 3\n")?;
    nothing_is_left()
}

pub fn a_service_beside_it_that_is_built_is_left_out_and_named() -> Result<()> {
    let built = "build: backend\n    image: harden-test/never-built";
    let said = project(&COMPOSE.replace("image: python:3.12-slim", built))?.verify(&[])?;
    said.ends_with_code(2)?;
    said.tells("compose.yaml: the service backend is built itself, and was not started\n")?;
    said.tells("error: the original ends with exit code 1\n")
}
