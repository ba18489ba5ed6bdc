//! `harden lock [PATH]…`: asks registries for digests and writes `harden.lock`.

mod file;

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::time::Duration;

use harden::lock::{Digest, Tagged};

use self::file::LockFile;
use super::console::Console;
use super::failure::Failure;
use super::input::{self, Input};
use super::pipeline::{self, Pipeline};
use super::registry::{Credentials, Registries};
use super::{Exit, config, files};
use crate::cli;

pub use self::file::of;

/// No registry is waited for any longer.
const PATIENCE: Duration = Duration::from_secs(10);

/// What the files of one lock name.
#[derive(Default)]
struct Named {
    images: BTreeSet<Tagged>,
    files: Vec<PathBuf>,
}

/// Runs the command.
pub fn run(args: &cli::Lock, console: &mut Console) -> Result<Exit, Failure> {
    let mut locks = Vec::new();
    for (path, named) in named(args)? {
        locks.push((LockFile::read(path)?, named));
    }
    if args.check {
        let exits = locks.iter().map(|(file, named)| check(file, named, console));
        return Ok(exits.max().unwrap_or(Exit::Fine));
    }
    let digests = ask(&locks, args.update)?;
    for (file, named) in locks {
        write(file, &named, &digests, console)?;
    }
    Ok(Exit::Fine)
}

/// The images that the hardened files name, by the lock that they belong to.
fn named(args: &cli::Lock) -> Result<BTreeMap<PathBuf, Named>, Failure> {
    pipeline::refuse_context(&args.choices)?;
    let found = match args.paths.as_slice() {
        [] => vec![input::default(false)?.into()],
        paths => input::collect(paths),
    };
    let (config, overlays) = config::load(&args.choices)?;
    let pipeline = Pipeline::new(config, &overlays)?;
    let mut locks: BTreeMap<PathBuf, Named> = BTreeMap::new();
    for found in found {
        let input = found.input?;
        let text = files::read(&input)?;
        let images = pipeline.images(&input, &text, &args.choices)?;
        let named = locks.entry(file::path_of(&input)?).or_default();
        named.images.extend(images);
        if let Input::File(path) = input {
            named.files.push(path);
        }
    }
    Ok(locks)
}

fn check(file: &LockFile, named: &Named, console: &mut Console) -> Exit {
    let missing: Vec<&Tagged> = named.images.iter().filter(|image| file.lock.digest(image).is_none()).collect();
    for image in &missing {
        console.words(&format!("{}: {image} is missing\n", file.name()));
    }
    if missing.is_empty() { Exit::Fine } else { Exit::Findings }
}

/// The digests of the images that no lock has yet; of all of them to `update`. Nothing is written before all are known.
fn ask(locks: &[(LockFile, Named)], update: bool) -> Result<BTreeMap<Tagged, Digest>, Failure> {
    let wanted = locks
        .iter()
        .flat_map(|(file, named)| named.images.iter().filter(move |image| update || file.lock.digest(image).is_none()));
    let wanted: BTreeSet<&Tagged> = wanted.collect();
    if wanted.is_empty() {
        return Ok(BTreeMap::new());
    }
    let registries = Registries::new(Credentials::of_user()?, PATIENCE);
    wanted.into_iter().map(|image| Ok((image.clone(), registries.digest(image)?))).collect()
}

/// Writes a lock where it changes, and says how.
fn write(
    mut file: LockFile,
    named: &Named,
    digests: &BTreeMap<Tagged, Digest>,
    console: &mut Console,
) -> Result<(), Failure> {
    let mut changes = Vec::new();
    for (image, digest) in digests.iter().filter(|(image, _)| named.images.contains(image)) {
        match file.lock.set(image.clone(), digest.clone()) {
            Some(old) if old == *digest => {}
            Some(old) => changes.push(format!("{image} is {digest}, and was {old}")),
            None => changes.push(format!("{image} is {digest}")),
        }
    }
    changes.extend(drop_unused(&mut file, named).iter().map(|image| format!("{image} is no longer named")));
    for change in &changes {
        console.words(&format!("{}: {change}\n", file.name()));
    }
    if changes.is_empty() {
        let what = if named.images.is_empty() { "no image with a tag is named" } else { "nothing to change" };
        console.words(&format!("{}: {what}\n", file.name()));
        return Ok(());
    }
    file.write()
}

/// Takes out what no file names, where all files of the lock were looked at.
fn drop_unused(file: &mut LockFile, named: &Named) -> Vec<Tagged> {
    if file.is_of_these_alone(&named.files) {
        return file.lock.retain(|image| named.images.contains(image));
    }
    Vec::new()
}
