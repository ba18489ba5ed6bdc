//! The Dockerfiles that the parsers and the pipeline are run over: our own nasty ones, and a folder of real ones.

use std::fs;
use std::path::{Path, PathBuf};

use harden::dockerfile::bytes;

/// The variable that names a folder of real files.
pub const VARIABLE: &str = "HARDEN_CORPUS";

/// A file and where it stands.
pub struct File {
    pub name: String,
    pub text: String,
}

/// Whether nobody named a folder of real files.
pub fn is_absent() -> bool {
    std::env::var_os(VARIABLE).is_none()
}

pub fn real_files() -> Vec<File> {
    std::env::var_os(VARIABLE).map_or_else(Vec::new, |folder| files_below(Path::new(&folder)))
}

pub fn nasty_files() -> Vec<File> {
    files_below(&Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/dockerfiles"))
}

pub fn read(path: &Path) -> File {
    let text = bytes::decode(&fs::read(path).expect("a file of the set can be read"));
    File { name: path.display().to_string(), text }
}

fn files_below(folder: &Path) -> Vec<File> {
    let mut paths = Vec::new();
    collect(folder, &mut paths);
    paths.sort();
    paths.iter().map(|path| read(path)).collect()
}

fn collect(folder: &Path, paths: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).expect("a folder of the set can be read") {
        let path = entry.expect("a folder of the set can be read").path();
        if path.is_dir() {
            collect(&path, paths);
        } else {
            paths.push(path);
        }
    }
}
