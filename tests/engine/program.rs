//! The program under test.

use std::path::Path;
use std::process::Command;

use crate::docker::Result;

/// What `harden` prints when it is run in `folder`.
pub fn harden(folder: &Path, args: &[&str]) -> Result<String> {
    let output = Command::new(env!("CARGO_BIN_EXE_harden")).args(args).current_dir(folder).output();
    let output = output.map_err(|error| error.to_string())?;
    match output.status.success() {
        true => Ok(String::from_utf8_lossy(&output.stdout).into_owned()),
        false => Err(format!("harden {}: {}", args.join(" "), String::from_utf8_lossy(&output.stderr))),
    }
}
