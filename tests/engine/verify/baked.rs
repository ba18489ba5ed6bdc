//! The file for `docker buildx bake`, baked.

use std::fs::File;
use std::process::Command;

use serde_json::Value;

use super::SERVER;
use super::project::{Project, Said};
use crate::docker::{Result, docker, remove};

/// Images that are removed with the value.
struct Images(Vec<String>);

impl Drop for Images {
    fn drop(&mut self) {
        let tags: Vec<&str> = self.0.iter().map(String::as_str).collect();
        remove(&[&["image", "rm", "--force"], &tags[..]].concat());
    }
}

/// What an image says of whom it runs as, and of what is in its environment.
fn settings(tag: &str) -> Result<(String, String)> {
    let of = |field: &str| docker(&["image", "inspect", "--format", &format!("{{{{.Config.{field}}}}}"), tag]);
    Ok((of("User")?, of("Env")?))
}

pub fn the_pairs_are_built_by_bake() -> Result<()> {
    let project = Project::new(SERVER)?;
    project.write("Dockerfile.worker", &SERVER.replace("EXPOSE", "ARG NOTE\nENV NOTE=\"a ${NOTE}\"\nEXPOSE"))?;
    // Bake would take `${x}` for a variable of its own.
    let said = Said::of(&mut project.command(&["--bake", "--build-arg", "NOTE=${x}", "."]))?;
    said.ends_with_code(0)?;
    let file: Value = serde_json::from_str(said.data()).map_err(|error| error.to_string())?;
    let targets = file["target"].as_object().ok_or("no targets")?;
    let images = Images(targets.values().filter_map(|target| target["tags"][0].as_str()).map(str::to_owned).collect());
    bake(&project, said.data())?;
    let built: Vec<(String, String)> = images.0.iter().map(|tag| settings(tag)).collect::<Result<_>>()?;
    let users: Vec<&str> = built.iter().map(|(user, _)| user.as_str()).collect();
    assert_eq!(users, ["1000:1000", "", "1000:1000", ""], "{:?}", images.0);
    let notes: Vec<bool> = built.iter().map(|(_, environment)| environment.contains("NOTE=a ${x}")).collect();
    assert_eq!(notes, [false, false, true, true], "{built:?}");
    Ok(())
}

fn bake(project: &Project, file: &str) -> Result<()> {
    project.write("bake.json", file)?;
    let file = File::open(project.path().join("bake.json")).map_err(|error| format!("bake.json: {error}"))?;
    let mut command = Command::new("docker");
    command.args(["buildx", "bake", "--load", "--file", "-"]).current_dir(project.path()).stdin(file);
    let output = command.output().map_err(|error| format!("docker buildx bake: {error}"))?;
    if output.status.success() { Ok(()) } else { Err(String::from_utf8_lossy(&output.stderr).into_owned()) }
}
