//! A small project in a folder of its own, and what `harden verify` says of it.

use std::fs;
use std::path::Path;
use std::process::Command;

use tempfile::TempDir;

use crate::docker::Result;

const APP: &str = include_str!("app.py");

pub struct Project {
    folder: TempDir,
}

impl Project {
    pub fn new(dockerfile: &str) -> Result<Self> {
        let folder = tempfile::tempdir().map_err(|error| error.to_string())?;
        let project = Self { folder };
        project.write("app.py", APP)?;
        project.write("Dockerfile", dockerfile)?;
        Ok(project)
    }

    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    fn write(&self, name: &str, text: &str) -> Result<()> {
        fs::write(self.path().join(name), text).map_err(|error| format!("{name}: {error}"))
    }

    pub fn command(&self, options: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_harden"));
        command.current_dir(self.path()).args(["verify", "--engine", "docker", "--wait", "30"]).args(options);
        command
    }

    /// What is said of what harden makes of the file.
    pub fn verify(&self, options: &[&str]) -> Result<Said> {
        Said::of(&mut self.command(options))
    }

    /// What is said of `hardened` beside the file.
    pub fn against(&self, hardened: &str, options: &[&str]) -> Result<Said> {
        self.write("hardened.Dockerfile", hardened)?;
        Said::of(self.command(&["--hardened", "hardened.Dockerfile"]).args(options))
    }
}

/// What a run of `harden` printed, and how it ended.
pub struct Said {
    code: Option<i32>,
    data: String,
    words: String,
}

impl Said {
    pub fn of(command: &mut Command) -> Result<Self> {
        let output = command.output().map_err(|error| format!("harden: {error}"))?;
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        Ok(Self { code: output.status.code(), data: text(&output.stdout), words: text(&output.stderr) })
    }

    pub fn ends_with_code(&self, code: i32) -> Result<()> {
        self.check(self.code == Some(code), &format!("not the exit code {code}, but {:?}", self.code))
    }

    pub fn shows(&self, text: &str) -> Result<()> {
        self.check(self.data.contains(text), &format!("the comparison does not say {text:?}"))
    }

    pub fn tells(&self, text: &str) -> Result<()> {
        self.check(self.words.contains(text), &format!("standard error does not say {text:?}"))
    }

    fn check(&self, holds: bool, what: &str) -> Result<()> {
        if holds { Ok(()) } else { Err(format!("{what}:\n{}\n{}", self.data, self.words)) }
    }
}
