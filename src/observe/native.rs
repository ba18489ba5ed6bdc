//! What the native modules of Python and Node are linked with, whether they were loaded meanwhile or not.

use std::collections::BTreeSet;

use crate::container::{Error, Image};

/// Asks the loader for every module. What lies below `/usr/lib` is the system's: its packages know what they need.
const SCRIPT: &str = "\
find / -xdev \\( -path /proc -o -path /sys -o -path /usr/lib \\) -prune -o \
\\( -path '*/site-packages/*' -o -path '*/dist-packages/*' -o -path '*/node_modules/*' \\) \
-type f \\( -name '*.so' -o -name '*.so.*' -o -name '*.node' \\) -exec ldd {} \\; 2>/dev/null";

/// The shared libraries that native modules in `image` are linked with, by path; nothing where the image has no shell to ask.
pub(super) fn linked(image: &Image) -> Result<BTreeSet<String>, Error> {
    Ok(paths(&image.said("sh", &["-c", SCRIPT])?.stdout))
}

/// `libpq.so.5 => /usr/lib/x86_64-linux-gnu/libpq.so.5 (0x00007f1c2b400000)`, of `ldd`.
fn paths(said: &str) -> BTreeSet<String> {
    let path = |line: &str| {
        let (_, found) = line.split_once(" => ")?;
        let path = found.rsplit_once(" (0x").map_or(found, |(path, _)| path);
        path.starts_with('/').then(|| path.trim().to_owned())
    };
    said.lines().filter_map(path).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_loader_finds_is_linked() {
        let said = "\
\tlinux-vdso.so.1 (0x00007ffd3c5fe000)
\tlibpq.so.5 => /usr/lib/x86_64-linux-gnu/libpq.so.5 (0x00007f1c2b400000)
\tlibodd.so.1 => not found
\t/lib64/ld-linux-x86-64.so.2 (0x00007f1c2b800000)
\tlibc.musl-x86_64.so.1 => /lib/ld-musl-x86_64.so.1 (0x7f1c2b400000)
";
        let expected = ["/lib/ld-musl-x86_64.so.1", "/usr/lib/x86_64-linux-gnu/libpq.so.5"];
        assert_eq!(paths(said), expected.map(str::to_owned).into());
    }
}
