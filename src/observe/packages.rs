//! The system's packages that libraries belong to.

use std::collections::{BTreeMap, BTreeSet};

use crate::container::{Built, Error, Image, Recipe, Session};

/// The packages that bring what was loaded, and that nothing else that stays brings: neither `base`, an image, nor the
/// packages of `named`. None where no package manager tells.
pub(super) fn of(
    session: &Session,
    image: &Image,
    libraries: &BTreeSet<String>,
    base: &str,
    named: &[String],
) -> Result<Option<BTreeSet<String>>, Error> {
    let files: Vec<&str> = libraries.iter().map(String::as_str).filter(|path| is_systems(path)).collect();
    let Some(base) = base_image(session, base)? else { return Ok(None) };
    let dpkg = ["-W", "-f", "${Package}\t${Pre-Depends}, ${Depends}\n"];
    if let (Some(here), Some(there)) = (printed(image, "dpkg-query", &dpkg)?, printed(&base, "dpkg-query", &dpkg)?) {
        let spelt: Vec<String> = files.iter().flat_map(|path| spellings(path)).collect();
        let found = search(image, "dpkg", &["-S"], &spelt)?;
        let needs = dependencies(&here);
        let mut stays: BTreeSet<String> = dependencies(&there).into_keys().collect();
        stays.extend(closure(&needs, named.iter().map(String::as_str)));
        return Ok(Some(roots(&owners_by_dpkg(&found), &stays, &needs)));
    }
    if let Some(there) = printed(&base, "apk", &["info"])? {
        let files: Vec<String> = files.iter().map(|path| (*path).to_owned()).collect();
        let found = search(image, "apk", &["info", "-W"], &files)?;
        let stays = there.lines().map(str::trim).chain(named.iter().map(String::as_str));
        let stays: BTreeSet<String> = stays.map(str::to_owned).collect();
        return Ok(Some(owners_by_apk(&found).difference(&stays).cloned().collect()));
    }
    Ok(None)
}

/// An image without anything of the program's; none if it can't be had.
fn base_image<'s>(session: &'s Session, base: &str) -> Result<Option<Image<'s>>, Error> {
    let nothing = tempfile::tempdir()?;
    let dockerfile = format!("FROM {base}\n");
    let recipe = Recipe { dockerfile: &dockerfile, context: nothing.path(), ignore: None, target: None, options: &[] };
    Ok(match session.build("base", &recipe)? {
        Built::Image(image) => Some(image),
        Built::Failed { .. } => None,
    })
}

/// What a program prints that is there and ends well.
fn printed(image: &Image, program: &str, words: &[&str]) -> Result<Option<String>, Error> {
    let output = image.said(program, words)?;
    Ok(output.is_success().then_some(output.stdout))
}

fn search(image: &Image, program: &str, options: &[&str], files: &[String]) -> Result<String, Error> {
    if files.is_empty() {
        return Ok(String::new());
    }
    let words: Vec<&str> = options.iter().copied().chain(files.iter().map(String::as_str)).collect();
    Ok(image.said(program, &words)?.stdout)
}

/// Packages put their libraries there; what lies elsewhere is the program's or the interpreter's.
fn is_systems(path: &str) -> bool {
    path.starts_with("/lib/") || path.starts_with("/lib64/") || path.starts_with("/usr/lib/")
}

/// `/lib` is `/usr/lib` in images of today, and packages name either.
fn spellings(path: &str) -> [String; 2] {
    match path.strip_prefix("/usr") {
        Some(short) => [path.to_owned(), short.to_owned()],
        None => [path.to_owned(), format!("/usr{path}")],
    }
}

/// `libgomp1:amd64: /usr/lib/x86_64-linux-gnu/libgomp.so.1`, of `dpkg -S`.
fn owners_by_dpkg(said: &str) -> BTreeSet<String> {
    let names = said.lines().filter(|line| !line.starts_with("diversion by")).filter_map(|line| line.split_once(": /"));
    names
        .flat_map(|(names, _)| names.split(", "))
        .filter_map(|name| name.split(':').next())
        .map(str::to_owned)
        .collect()
}

/// `/usr/lib/libgomp.so.1 is owned by libgomp-13.2.1_git20231014-r0`, of `apk info -W`.
fn owners_by_apk(said: &str) -> BTreeSet<String> {
    let name = |line: &str| {
        let (_, package) = line.trim().rsplit_once(" is owned by ")?;
        let (versioned, _) = package.rsplit_once("-r")?;
        versioned.rsplit_once('-').map(|(name, _)| name.to_owned())
    };
    said.lines().filter_map(name).collect()
}

/// What every package needs, by name; of alternatives all.
fn dependencies(said: &str) -> BTreeMap<String, BTreeSet<String>> {
    let name = |word: &str| word.split([' ', ':', '(']).next().unwrap_or_default().to_owned();
    let row = |line: &str| {
        let (package, needs) = line.split_once('\t')?;
        let needs = needs.split([',', '|']).map(|need| name(need.trim())).filter(|need| !need.is_empty());
        Some((package.to_owned(), needs.collect()))
    };
    said.lines().filter_map(row).collect()
}

/// The packages, what they need, what that needs, and so on.
fn closure<'n>(needs: &BTreeMap<String, BTreeSet<String>>, of: impl Iterator<Item = &'n str>) -> BTreeSet<String> {
    let mut all = BTreeSet::new();
    let mut open: Vec<String> = of.map(str::to_owned).collect();
    while let Some(package) = open.pop() {
        open.extend(needs.get(&package).into_iter().flatten().filter(|need| !all.contains(*need)).cloned());
        all.insert(package);
    }
    all
}

/// The packages of `loaded` that neither stay anyway nor come with another one of them.
fn roots(
    loaded: &BTreeSet<String>,
    stays: &BTreeSet<String>,
    needs: &BTreeMap<String, BTreeSet<String>>,
) -> BTreeSet<String> {
    let missing: BTreeSet<&String> = loaded.difference(stays).collect();
    let comes_with = |package: &String, other: &String| {
        package != other
            && closure(needs, std::iter::once(other.as_str())).contains(package)
            && !closure(needs, std::iter::once(package.as_str())).contains(other)
    };
    let is_root = |package: &&&String| !missing.iter().any(|other| comes_with(package, other));
    missing.iter().filter(is_root).map(|package| (*package).clone()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set(names: &[&str]) -> BTreeSet<String> {
        names.iter().map(|name| (*name).to_owned()).collect()
    }

    #[test]
    fn the_owners_of_files_are_read_from_what_the_package_managers_say() {
        let said = "diversion by dash from: /bin/sh\nlibgomp1:amd64: /usr/lib/x86_64-linux-gnu/libgomp.so.1.0.0\n\
                    liba, libb:amd64: /lib/x86_64-linux-gnu/libx.so.1\n";
        assert_eq!(owners_by_dpkg(said), set(&["liba", "libb", "libgomp1"]));
        let said = "/usr/lib/libgomp.so.1 is owned by libgomp-13.2.1_git20231014-r0\nERROR: /x: Could not find owner\n";
        assert_eq!(owners_by_apk(said), set(&["libgomp"]));
    }

    #[test]
    fn a_library_that_comes_with_another_need_not_be_named() {
        let needs = dependencies(
            "libpq5\tlibc6 (>= 2.34), libldap-2.5-0 (>= 2.5.4), libssl3\nlibldap-2.5-0\tlibsasl2-2\nffmpeg\tlibavcodec59 | \
             libavcodec-extra59\nlibavcodec59\tlibx264-164:any\n",
        );
        let loaded = set(&["libpq5", "libldap-2.5-0", "libsasl2-2", "libc6", "libx264-164", "libgomp1"]);
        let stays: BTreeSet<String> =
            closure(&needs, ["ffmpeg"].into_iter()).union(&set(&["libc6"])).cloned().collect();
        assert_eq!(roots(&loaded, &stays, &needs), set(&["libgomp1", "libpq5"]));
    }

    #[test]
    fn packages_that_need_each_other_are_both_named() {
        let needs = dependencies("a\tb\nb\ta\n");
        assert_eq!(roots(&set(&["a", "b"]), &BTreeSet::new(), &needs), set(&["a", "b"]));
    }

    #[test]
    fn a_library_has_two_spellings() {
        let long = "/usr/lib/x86_64-linux-gnu/libz.so.1".to_owned();
        let short = "/lib/x86_64-linux-gnu/libz.so.1".to_owned();
        assert_eq!(spellings(&long), [long.clone(), short.clone()]);
        assert_eq!(spellings(&short), [short, long]);
        assert!(!is_systems("/usr/local/lib/libpython3.12.so.1.0"));
    }
}
