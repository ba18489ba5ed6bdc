//! A file for `docker buildx bake` that builds the pairs: many images are for a builder of many machines.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use serde::Serialize;

/// A Dockerfile and what becomes of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pair {
    /// The path of the Dockerfile, below the current folder.
    pub dockerfile: PathBuf,
    /// Its build context.
    pub context: PathBuf,
    /// The stage that is built; none is the last one.
    pub target: Option<String>,
    /// The build arguments, `NAME=VALUE`.
    pub args: Vec<String>,
    /// The text of the hardened file.
    pub hardened: String,
}

#[derive(Serialize)]
struct File<'a> {
    group: BTreeMap<&'a str, Group>,
    target: BTreeMap<String, Target<'a>>,
}

#[derive(Serialize)]
struct Group {
    targets: Vec<String>,
}

/// Of bake's `target`: <https://docs.docker.com/build/bake/reference/#target>
#[derive(Serialize)]
#[serde(rename_all = "kebab-case")]
struct Target<'a> {
    context: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    dockerfile: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    dockerfile_inline: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    target: Option<&'a str>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    args: BTreeMap<&'a str, String>,
    tags: Vec<String>,
}

/// The text of the bake file, as JSON: groups `original` and `hardened`, and `default` for both.
///
/// # Errors
/// If a name can't be written as JSON.
pub fn file(pairs: &[Pair]) -> Result<String, serde_json::Error> {
    let names = names(pairs);
    let both = names.iter().zip(pairs);
    let originals = both.clone().map(|(name, pair)| (format!("{name}-original"), pair.original(name)));
    let hardened = both.map(|(name, pair)| (format!("{name}-hardened"), pair.hardened(name)));
    let target: BTreeMap<String, Target> = originals.chain(hardened).collect();
    let group = |targets: Vec<String>| Group { targets };
    let ending = |end: &str| target.keys().filter(|name| name.ends_with(end)).cloned().collect::<Vec<_>>();
    let groups = [
        ("default", group(vec!["original".to_owned(), "hardened".to_owned()])),
        ("original", group(ending("-original"))),
        ("hardened", group(ending("-hardened"))),
    ];
    serde_json::to_string_pretty(&File { group: groups.into(), target }).map(|text| text + "\n")
}

impl Pair {
    fn original(&self, name: &str) -> Target<'_> {
        // Bake looks for the file below the context, unless the path is absolute.
        let dockerfile = std::path::absolute(&self.dockerfile).unwrap_or_else(|_| self.dockerfile.clone());
        let relative = std::path::absolute(&self.context)
            .ok()
            .and_then(|context| dockerfile.strip_prefix(context).map(PathBuf::from).ok());
        let dockerfile = relative.unwrap_or(dockerfile).to_string_lossy().into_owned();
        Target { dockerfile: Some(literal(&dockerfile)), ..self.target(format!("{name}:original")) }
    }

    fn hardened(&self, name: &str) -> Target<'_> {
        Target { dockerfile_inline: Some(literal(&self.hardened)), ..self.target(format!("{name}:hardened")) }
    }

    fn target(&self, tag: String) -> Target<'_> {
        Target {
            context: literal(&self.context.to_string_lossy()),
            dockerfile: None,
            dockerfile_inline: None,
            target: self.target.as_deref(),
            args: self
                .args
                .iter()
                .filter_map(|arg| arg.split_once('='))
                .map(|(name, value)| (name, literal(value)))
                .collect(),
            tags: vec![tag],
        }
    }
}

/// Bake takes `${` and `%{` for its own: <https://github.com/hashicorp/hcl/blob/main/json/spec.md>
fn literal(text: &str) -> String {
    text.replace("${", "$${").replace("%{", "%%{")
}

/// A name for each pair: the folder's and the file's, and a number where another pair has it.
fn names(pairs: &[Pair]) -> Vec<String> {
    let mut taken: BTreeSet<String> = BTreeSet::new();
    let mut unique = |pair: &Pair| {
        let name = name(pair);
        let numbered = (2..).map(|number| format!("{name}-{number}"));
        let free = [name.clone()].into_iter().chain(numbered).find(|name| taken.insert(name.clone()));
        free.unwrap_or(name)
    };
    pairs.iter().map(&mut unique).collect()
}

/// `api` for `api/Dockerfile`, `api-worker` for `api/Dockerfile.worker`, of the letters that targets may have.
fn name(pair: &Pair) -> String {
    let path = std::path::absolute(&pair.dockerfile).unwrap_or_else(|_| pair.dockerfile.clone());
    let folder = path.parent().and_then(Path::file_name).unwrap_or_default().to_string_lossy();
    let file = path.file_name().unwrap_or_default().to_string_lossy();
    let is_usual = |part: &str| ["dockerfile", "containerfile"].iter().any(|usual| part.eq_ignore_ascii_case(usual));
    let parts = [folder.as_ref()].into_iter().chain(file.split('.').filter(|part| !is_usual(part))).map(plain);
    match parts.filter(|part| !part.is_empty()).collect::<Vec<_>>().join("-") {
        name if name.is_empty() => "image".to_owned(),
        name => name,
    }
}

fn plain(part: &str) -> String {
    let plain = |ch: char| if ch.is_ascii_alphanumeric() { ch.to_ascii_lowercase() } else { '-' };
    part.chars().map(plain).collect::<String>().trim_matches('-').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pair(dockerfile: &str, hardened: &str) -> Pair {
        let dockerfile = PathBuf::from(dockerfile);
        let context = dockerfile.parent().unwrap().to_owned();
        Pair { dockerfile, context, target: None, args: vec!["A=${b}=c".to_owned()], hardened: hardened.to_owned() }
    }

    #[test]
    fn a_pair_is_two_targets_and_the_hardened_text_is_inline() {
        let text = file(&[pair("/srv/My App/Dockerfile", "FROM a\n")]).unwrap();
        let file: serde_json::Value = serde_json::from_str(&text).unwrap();
        assert_eq!(file["target"]["my-app-original"]["dockerfile"], "Dockerfile");
        assert_eq!(file["target"]["my-app-hardened"]["dockerfile-inline"], "FROM a\n");
        assert_eq!(file["target"]["my-app-hardened"]["context"], "/srv/My App");
        assert_eq!(file["target"]["my-app-original"]["args"]["A"], "$${b}=c");
        assert_eq!(file["group"]["hardened"]["targets"][0], "my-app-hardened");
    }

    #[test]
    fn variables_of_the_dockerfile_stay_its_own() {
        let text = file(&[pair("/a/Dockerfile", "RUN echo ${A} %{b}\n")]).unwrap();
        assert!(text.contains("$${A} %%{b}"), "{text}");
    }

    #[test]
    fn each_pair_has_a_name_of_its_own() {
        let of = |paths: &[&str]| names(&paths.iter().map(|path| pair(path, "")).collect::<Vec<_>>());
        assert_eq!(of(&["/a/x/Dockerfile", "/b/x/Dockerfile", "/x-2/Dockerfile"]), ["x", "x-2", "x-2-2"]);
        let names = ["x", "x-worker", "x-api"];
        assert_eq!(of(&["/x/Dockerfile", "/x/Dockerfile.worker", "/x/api.dockerfile"]), names);
        assert_eq!(of(&["/Dockerfile", "/é/Containerfile"]), ["image", "image-2"]);
    }
}
