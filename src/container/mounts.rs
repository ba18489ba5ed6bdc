//! What stands in for directories and files of a container, and what its program wrote there.

use std::collections::BTreeMap;
use std::io::Read;

use serde::Deserialize;
use tar::Archive;

use super::{Change, ChangeKind, Container, Error, Image, Interrupt};

/// A volume, a folder of the engine's machine or a tmpfs; asked for, or declared by the image.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Mount {
    /// Where it is in the container.
    pub path: String,
    /// Whether it is a volume of the engine: it begins with the files that the image has there.
    pub is_volume: bool,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Inspected {
    mounts: Option<Vec<InspectedMount>>,
    host_config: Option<InspectedHost>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct InspectedMount {
    r#type: String,
    destination: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct InspectedHost {
    tmpfs: Option<BTreeMap<String, String>>,
}

/// The files of a directory by path, with their sizes and the times of their last change.
#[derive(Debug, Default, PartialEq, Eq)]
struct Content(BTreeMap<String, (u64, u64)>);

impl Container<'_> {
    /// Its mounts.
    ///
    /// # Errors
    /// If the engine does not say.
    pub fn mounts(&self) -> Result<Vec<Mount>, Error> {
        Ok(self.inspect::<Inspected>()?.mounts())
    }

    /// What was made, changed or removed in its volume at `path`, which began as `image` is there.
    ///
    /// # Errors
    /// If the engine does not say.
    pub fn changes_in(&self, path: &str, image: &Image) -> Result<Vec<Change>, Error> {
        let before = match image.create()?.content(path) {
            // A volume may be put where the image has nothing.
            Err(Error::Failed { .. }) => Content::default(),
            content => content?,
        };
        Ok(before.changes(&self.content(path)?))
    }

    fn content(&self, directory: &str) -> Result<Content, Error> {
        self.archive(directory, |archive| Content::read(archive, directory, &self.session.interrupt))
    }
}

impl Inspected {
    fn mounts(self) -> Vec<Mount> {
        let mount = |path: &str, is_volume| Mount { path: path.trim_end_matches('/').to_owned(), is_volume };
        let tmpfs = self.host_config.and_then(|host| host.tmpfs).unwrap_or_default();
        let mounts = self.mounts.unwrap_or_default();
        let mounts = mounts.iter().map(|it| mount(&it.destination, it.r#type == "volume"));
        mounts.chain(tmpfs.keys().map(|path| mount(path, false))).collect()
    }
}

impl Content {
    /// Reads an archive of `directory`, whose paths begin with the name of that.
    fn read(archive: &mut dyn Read, directory: &str, interrupt: &Interrupt) -> Result<Self, Error> {
        let above = directory.trim_end_matches('/').rsplit_once('/').map_or("", |(above, _)| above);
        let mut content = Self::default();
        for entry in Archive::new(archive).entries()? {
            interrupt.check()?;
            let entry = entry?;
            let header = entry.header();
            if !header.entry_type().is_dir() {
                let path = String::from_utf8_lossy(&entry.path_bytes()).into_owned();
                content.0.insert(format!("{above}/{path}"), (header.size()?, header.mtime()?));
            }
        }
        Ok(content)
    }

    /// How `after` differs.
    fn changes(&self, after: &Self) -> Vec<Change> {
        let gone = self.0.keys().filter(|path| !after.0.contains_key(*path)).map(|path| (ChangeKind::Deleted, path));
        let changed = after.0.iter().filter_map(|(path, now)| match self.0.get(path) {
            None => Some((ChangeKind::Added, path)),
            Some(before) => (before != now).then_some((ChangeKind::Changed, path)),
        });
        gone.chain(changed).map(|(kind, path)| Change { kind, path: path.clone() }).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn volumes_folders_and_tmpfs_are_mounted() {
        let said = r#"{"Mounts": [{"Type": "bind", "Destination": "/app/state"}, {"Type": "volume", "Destination": "/data/"}],
            "HostConfig": {"Tmpfs": {"/scratch/": "size=1m"}}}"#;
        let inspected: Inspected = serde_json::from_str(said).unwrap();
        let mount = |path: &str, is_volume| Mount { path: path.to_owned(), is_volume };
        assert_eq!(inspected.mounts(), [mount("/app/state", false), mount("/data", true), mount("/scratch", false)]);
    }

    fn content(files: &[(&str, u64)]) -> Content {
        let mut builder = tar::Builder::new(Vec::new());
        for (path, size) in files {
            let mut header = tar::Header::new_gnu();
            header.set_size(*size);
            header.set_mtime(7);
            builder.append_data(&mut header, path, std::io::repeat(0).take(*size)).unwrap();
        }
        let archive = builder.into_inner().unwrap();
        Content::read(&mut &archive[..], "/srv/data", &Interrupt::default()).unwrap()
    }

    #[test]
    fn a_file_of_a_volume_is_made_changed_or_removed() {
        let before = content(&[("data/same", 1), ("data/grows", 1), ("data/goes", 1)]);
        let after = content(&[("data/same", 1), ("data/grows", 2), ("data/new", 1)]);
        let change = |kind, path: &str| Change { kind, path: path.to_owned() };
        let expected = [
            change(ChangeKind::Deleted, "/srv/data/goes"),
            change(ChangeKind::Changed, "/srv/data/grows"),
            change(ChangeKind::Added, "/srv/data/new"),
        ];
        assert_eq!(before.changes(&after), expected);
        assert_eq!(after.changes(&after), []);
    }
}
