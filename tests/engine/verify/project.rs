//! A small project in a folder of its own, and what `harden verify` says of it.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
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

    pub fn write(&self, name: &str, text: &str) -> Result<()> {
        fs::write(self.path().join(name), text).map_err(|error| format!("{name}: {error}"))
    }

    pub fn read(&self, name: &str) -> Result<String> {
        fs::read_to_string(self.path().join(name)).map_err(|error| format!("{name}: {error}"))
    }

    /// Puts a shell script into the folder that is returned.
    pub fn install(&self, name: &str, script: &str) -> Result<PathBuf> {
        let bin = self.path().join("bin");
        let installed = fs::create_dir_all(&bin)
            .and_then(|()| fs::write(bin.join(name), format!("#!/bin/sh\n{script}")))
            .and_then(|()| fs::set_permissions(bin.join(name), fs::Permissions::from_mode(0o755)));
        installed.map(|()| bin).map_err(|error| format!("{name}: {error}"))
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

    /// The cells of a row of the table, which are as far apart as the widest of them wants.
    pub fn has_row(&self, cells: &[&str]) -> Result<()> {
        let row = cells.join("  ");
        let is_row =
            |line: &str| line.split("  ").filter(|cell| !cell.is_empty()).map(str::trim).eq(cells.iter().copied());
        self.check(self.data.lines().any(is_row), &format!("there is no row {row:?}"))
    }

    pub fn data(&self) -> &str {
        &self.data
    }

    pub fn tells(&self, text: &str) -> Result<()> {
        self.check(self.words.contains(text), &format!("standard error does not say {text:?}"))
    }

    fn check(&self, holds: bool, what: &str) -> Result<()> {
        if holds { Ok(()) } else { Err(format!("{what}:\n{}\n{}", self.data, self.words)) }
    }
}
