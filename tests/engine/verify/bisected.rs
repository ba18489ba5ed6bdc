//! Transforms that break a program for reasons that no file tells: they are named, and left out.

use super::project::Project;
use super::{SERVER, server_with};
use crate::docker::Result;

pub fn the_transform_to_blame_is_named_and_the_file_without_it_is_written() -> Result<()> {
    let project = Project::new(SERVER)?;
    let said = project.verify(&["--env", "DOES=chown", "--fix"])?;
    said.ends_with_code(0)?;
    let failure = "the program ends with exit code 1: PermissionError: [Errno 1] Operation not permitted: '/data'";
    said.shows(&format!("\n  start: {failure}\n    Traceback (most recent call last):\n"))?;
    said.shows(&format!("\n  culprit: drop_root, {failure}\n  proved without: `harden --skip drop_root`\n"))?;
    said.tells("\ntrying without drop_root\n")?;
    said.tells("\nDockerfile: written without drop_root, as it was proved; `skip = [\"drop_root\"]` in harden.toml keeps it so\n")?;
    let written = project.read("Dockerfile")?;
    if !written.contains("HEALTHCHECK") || written.contains("USER") {
        return Err(format!("what is written is not hardened, or has the culprit:\n{written}"));
    }
    project.write("harden.toml", "skip = [\"drop_root\"]\n")?;
    let said = project.verify(&["--env", "DOES=chown"])?;
    said.ends_with_code(0)?;
    said.has_row(&["health check", "healthy", "healthy", "same"])
}

pub fn each_of_two_transforms_to_blame_is_named() -> Result<()> {
    let script = server_with("RUN touch start.sh && chmod 777 start.sh");
    let project = Project::new(&script)?;
    let said = project.verify(&["--env", "DOES=nobody patch"])?;
    said.ends_with_code(1)?;
    said.shows("\n  culprit: drop_root, the program ends with exit code 1: PermissionError: [Errno 1] Operation not permitted\n")?;
    said.shows("\n  culprit: no_world_writable, the program ends with exit code 1: PermissionError: [Errno 13] Permission denied: '/app/start.sh'\n")?;
    said.shows("\n  proved without: `harden --skip drop_root,no_world_writable`\n")?;
    if project.read("Dockerfile")? == script { Ok(()) } else { Err("the file was written".to_owned()) }
}
