//! Reads Dockerfiles, and replaces files atomically.

use std::fs::{self, File, Metadata};
use std::io::{self, Read, Write};
use std::path::Path;

use anyhow::Context as _;
use harden::dockerfile::bytes;
use tempfile::{Builder, NamedTempFile};

use super::failure::Failure;
use super::input::Input;

/// Larger files are no Dockerfiles.
const MAX_BYTES: usize = 1 << 20;

/// The text of `input`; bytes that are not UTF-8 survive in it.
pub fn read(input: &Input) -> Result<String, Failure> {
    let name = input.name();
    let bytes = match input {
        Input::Stdin => read_bounded(io::stdin().lock()),
        Input::File(path) => File::open(path).and_then(read_bounded),
    }
    .with_context(|| format!("cannot read {name}"))?;
    if bytes.is_empty() && *input == Input::Stdin {
        return Err(Failure::new("nothing came in on standard input").hint("name a file: `harden Dockerfile`"));
    }
    if bytes.len() > MAX_BYTES {
        return Err(Failure::new(format!("{name} is larger than 1 MiB")).hint("is it a Dockerfile?"));
    }
    if bytes.contains(&0) {
        return Err(Failure::new(format!("{name} holds NUL bytes"))
            .hint("a Dockerfile is a text in UTF-8; if this one is in UTF-16, convert it with `iconv`"));
    }
    Ok(bytes::decode(&bytes))
}

/// One byte more than allowed tells a file that is too large.
fn read_bounded(from: impl Read) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    from.take(MAX_BYTES as u64 + 1).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// Puts `content` into the file at `path`, whole or not at all; owner and permissions stay.
pub fn replace(path: &Path, content: &[u8]) -> Result<(), Failure> {
    let old = replaceable(path)?;
    let written = write_beside(path, content, old.as_ref()).and_then(|file| {
        file.persist(path).map_err(|error| error.error)?;
        sync_folder(path)
    });
    Ok(written.with_context(|| format!("cannot write {}", path.display()))?)
}

/// The file that would be replaced, if there is one and it may be.
fn replaceable(path: &Path) -> Result<Option<Metadata>, Failure> {
    let name = path.display();
    let metadata = match fs::symlink_metadata(path) {
        Ok(metadata) => metadata,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return creatable(path),
        Err(error) => return Err(anyhow::Error::new(error).context(format!("cannot write {name}")).into()),
    };
    refuse_link(path)?;
    if metadata.is_dir() {
        return Err(Failure::new(format!("{name} is a folder")).hint("name the file to write"));
    }
    if !metadata.is_file() {
        return Err(Failure::new(format!("{name} is not a regular file")).hint("print the result and redirect it"));
    }
    if metadata.permissions().readonly() {
        return Err(Failure::new(format!("{name} is read-only")).hint("make it writable first: `chmod u+w`"));
    }
    Ok(Some(metadata))
}

fn creatable(path: &Path) -> Result<Option<Metadata>, Failure> {
    let folder = folder_of(path);
    if folder.is_dir() {
        return Ok(None);
    }
    Err(Failure::new(format!("cannot write {}: there is no folder {}", path.display(), folder.display()))
        .hint("create the folder first"))
}

/// Whoever names a symbolic link may not know which file they name.
pub fn refuse_link(path: &Path) -> Result<(), Failure> {
    match fs::read_link(path) {
        Ok(target) => Err(Failure::new(format!("{} is a symbolic link, which is never written", path.display()))
            .hint(format!("name the file that it points to: {}", target.display()))),
        Err(_) => Ok(()),
    }
}

/// A complete file in the folder of `path`, safely on the disk.
fn write_beside(path: &Path, content: &[u8], old: Option<&Metadata>) -> io::Result<NamedTempFile> {
    let mut builder = Builder::new();
    builder.prefix(".harden-");
    new_file_permissions(&mut builder);
    // The error itself names the temporary file, which nobody asked for.
    let mut file = builder.tempfile_in(folder_of(path)).map_err(|error| io::Error::from(error.kind()))?;
    file.write_all(content)?;
    if let Some(old) = old {
        keep_owner(file.as_file(), old)?;
        file.as_file().set_permissions(old.permissions())?;
    }
    file.as_file().sync_all()?;
    Ok(file)
}

/// The folder that the file at `path` lies in.
pub fn folder_of(path: &Path) -> &Path {
    match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    }
}

/// A file that was not there before gets the usual mode instead of a temporary file's private one.
#[cfg(unix)]
fn new_file_permissions(builder: &mut Builder) {
    use std::os::unix::fs::PermissionsExt;
    builder.permissions(fs::Permissions::from_mode(0o666));
}

#[cfg(not(unix))]
fn new_file_permissions(_: &mut Builder) {}

/// A rename would hand the file over to whoever runs `harden`: root, or another member of the group.
#[cfg(unix)]
fn keep_owner(file: &File, old: &Metadata) -> io::Result<()> {
    use std::os::unix::fs::{MetadataExt, fchown};
    let new = file.metadata()?;
    if (new.uid(), new.gid()) == (old.uid(), old.gid()) {
        return Ok(());
    }
    fchown(file, Some(old.uid()), Some(old.gid()))
}

#[cfg(not(unix))]
fn keep_owner(_: &File, _: &Metadata) -> io::Result<()> {
    Ok(())
}

/// The rename itself has to reach the disk as well.
#[cfg(unix)]
fn sync_folder(path: &Path) -> io::Result<()> {
    File::open(folder_of(path))?.sync_all()
}

#[cfg(not(unix))]
fn sync_folder(_: &Path) -> io::Result<()> {
    Ok(())
}

#[cfg(all(test, unix))]
mod tests {
    use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};

    use super::*;

    fn names(folder: &Path) -> Vec<String> {
        let mut names: Vec<String> =
            fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    #[test]
    fn a_replaced_file_keeps_its_permissions_and_leaves_nothing_beside_it() {
        let root = tempfile::tempdir().unwrap();
        let path = root.path().join("Dockerfile");
        fs::write(&path, "FROM a\n").unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();
        replace(&path, b"FROM b # \xe9\n").unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"FROM b # \xe9\n");
        assert_eq!(fs::metadata(&path).unwrap().mode() & 0o777, 0o640);
        assert_eq!(names(root.path()), ["Dockerfile"]);
    }

    #[test]
    fn a_new_file_is_as_readable_as_any_other() {
        let root = tempfile::tempdir().unwrap();
        replace(&root.path().join("new"), b"FROM a\n").unwrap();
        fs::write(root.path().join("other"), "").unwrap();
        let mode = |name: &str| fs::metadata(root.path().join(name)).unwrap().mode();
        assert_eq!(mode("new"), mode("other"));
    }

    #[test]
    fn a_symbolic_link_is_neither_followed_nor_replaced() {
        let root = tempfile::tempdir().unwrap();
        let (real, link) = (root.path().join("real"), root.path().join("link"));
        fs::write(&real, "FROM a\n").unwrap();
        symlink("real", &link).unwrap();
        let failure = replace(&link, b"FROM b\n").unwrap_err();
        assert!(failure.message().contains("symbolic link"), "{failure:?}");
        assert!(failure.advice().unwrap().ends_with("points to: real"), "{failure:?}");
        assert_eq!(fs::read(&real).unwrap(), b"FROM a\n");
        assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
    }

    #[test]
    fn a_read_only_file_and_a_folder_are_refused() {
        let root = tempfile::tempdir().unwrap();
        let path = root.path().join("Dockerfile");
        fs::write(&path, "FROM a\n").unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o444)).unwrap();
        assert!(replace(&path, b"").unwrap_err().message().contains("read-only"));
        assert!(replace(root.path(), b"").unwrap_err().message().contains("is a folder"));
        assert_eq!(fs::read(&path).unwrap(), b"FROM a\n");
    }

    #[test]
    fn a_file_of_more_than_one_mebibyte_is_not_read_to_its_end() {
        assert_eq!(read_bounded(io::repeat(b'x')).unwrap().len(), MAX_BYTES + 1);
    }
}
