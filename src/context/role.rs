//! What a file is for, told by its path.

/// What a file is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Role {
    /// A program's text.
    Source(Language),
    /// A shell script.
    Script,
    /// Settings, manifests, templates: any other text.
    Config,
    /// Documents and pages: written for people.
    Doc,
    /// Read by a build service or a version control tool alone.
    Ci,
    /// Tests and their data.
    Test,
    /// A Dockerfile, its ignore file, or what `harden` reads with it.
    Dockerfile,
    /// Written by a package manager.
    Lock,
    /// Images, archives, databases and the like: no text.
    Data,
}

/// How a source is to be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Language {
    Python,
    JavaScript,
    Go,
    Ruby,
    /// Java, Kotlin, Scala and Groovy.
    Jvm,
    Php,
    Rust,
    CSharp,
}

const TEST_FOLDERS: [&str; 10] =
    ["test", "tests", "__tests__", "__mocks__", "spec", "specs", "e2e", "cypress", "testdata", "fixtures"];
const DOC_FOLDERS: [&str; 3] = ["doc", "docs", "man"];
const CI_FOLDERS: [&str; 7] = [".github", ".gitlab", ".circleci", ".ci", ".buildkite", ".azure", ".git"];
const LOCKS: [&str; 13] = [
    "package-lock.json",
    "npm-shrinkwrap.json",
    "yarn.lock",
    "pnpm-lock.yaml",
    "bun.lock",
    "poetry.lock",
    "uv.lock",
    "pdm.lock",
    "Pipfile.lock",
    "Cargo.lock",
    "go.sum",
    "Gemfile.lock",
    "composer.lock",
];
const DATA: [&str; 46] = [
    "png", "jpg", "jpeg", "gif", "webp", "ico", "bmp", "svg", "woff", "woff2", "ttf", "otf", "eot", "mp3", "mp4",
    "webm", "wav", "ogg", "pdf", "zip", "gz", "tgz", "bz2", "xz", "zst", "7z", "jar", "war", "class", "pyc", "whl",
    "so", "dll", "exe", "bin", "db", "sqlite", "sqlite3", "parquet", "csv", "tsv", "map", "wasm", "onnx", "pt",
    "lockb",
];

pub(super) fn role(path: &str) -> Role {
    let (folder, name) = path.rsplit_once('/').unwrap_or(("", path));
    let within = |folders: &[&str]| folder.split('/').any(|part| folders.contains(&part));
    let extension = name.rsplit_once('.').map_or("", |(_, extension)| extension);
    if DATA.contains(&extension) || name.ends_with(".min.js") || name.ends_with(".min.css") {
        Role::Data
    } else if LOCKS.contains(&name) {
        Role::Lock
    } else if within(&TEST_FOLDERS) || is_test(name) {
        Role::Test
    } else if within(&CI_FOLDERS) || is_ci(name) {
        Role::Ci
    } else if is_dockerfile(name) {
        Role::Dockerfile
    } else if is_prose(extension) || within(&DOC_FOLDERS) || is_doc(name) {
        Role::Doc
    } else if matches!(extension, "sh" | "bash" | "ash" | "zsh") {
        Role::Script
    } else {
        language(extension).map_or(Role::Config, Role::Source)
    }
}

fn language(extension: &str) -> Option<Language> {
    Some(match extension {
        "py" | "pyw" | "pyi" => Language::Python,
        "js" | "mjs" | "cjs" | "jsx" | "ts" | "mts" | "cts" | "tsx" | "vue" | "svelte" => Language::JavaScript,
        "go" => Language::Go,
        "rb" | "ru" | "rake" => Language::Ruby,
        "java" | "kt" | "kts" | "scala" | "groovy" => Language::Jvm,
        "php" => Language::Php,
        "rs" => Language::Rust,
        "cs" => Language::CSharp,
        _ => return None,
    })
}

fn is_test(name: &str) -> bool {
    let stem = name.split_once('.').map_or(name, |(stem, _)| stem);
    let python = stem.starts_with("test_") && name.ends_with(".py");
    let suffixed = ["_test", "_spec", "_tests"].iter().any(|suffix| stem.ends_with(suffix));
    let jvm = (stem.ends_with("Test") || stem.ends_with("Tests") || stem.ends_with("IT"))
        && [".java", ".kt", ".scala", ".groovy", ".php", ".cs"].iter().any(|extension| name.ends_with(extension));
    python || suffixed || jvm || stem == "conftest" || name.contains(".spec.") || name.contains(".test.")
}

fn is_ci(name: &str) -> bool {
    let named = matches!(name, "Jenkinsfile" | ".gitignore" | ".gitattributes" | ".travis.yml" | "appveyor.yml");
    named
        || name.starts_with(".gitlab-ci")
        || name.starts_with("azure-pipelines")
        || name.starts_with(".readthedocs")
        || name.starts_with(".pre-commit")
}

fn is_dockerfile(name: &str) -> bool {
    let lower = name.to_ascii_lowercase();
    let by_name = ["dockerfile", "containerfile"].iter().any(|own| {
        lower.strip_prefix(own).is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '-', '_']))
            || lower.ends_with(&format!(".{own}"))
    });
    by_name
        || lower.ends_with(".dockerignore")
        || matches!(name, "harden.toml" | "harden.lock" | "harden.evidence.toml")
}

/// Documents and pages: what they name, they show.
fn is_prose(extension: &str) -> bool {
    matches!(extension, "md" | "rst" | "adoc" | "markdown" | "html" | "htm" | "css" | "scss" | "less")
}

fn is_doc(name: &str) -> bool {
    let upper = name.to_ascii_uppercase();
    ["README", "LICENSE", "LICENCE", "COPYING", "CHANGELOG", "CONTRIBUTING", "AUTHORS", "NOTICE"]
        .iter()
        .any(|own| upper.strip_prefix(own).is_some_and(|rest| rest.is_empty() || rest == ".TXT"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_tells_what_the_file_is_for() {
        let cases = [
            ("app/main.py", Role::Source(Language::Python)),
            ("src/index.mts", Role::Source(Language::JavaScript)),
            ("entrypoint.sh", Role::Script),
            ("docker-compose.yml", Role::Config),
            ("requirements.txt", Role::Config),
            ("Makefile", Role::Config),
            ("docs/conf.py", Role::Doc),
            ("LICENSE", Role::Doc),
            ("README.rst", Role::Doc),
            (".github/workflows/ci.yml", Role::Ci),
            ("tests/data/app.py", Role::Test),
            ("app/test_main.py", Role::Test),
            ("main_test.go", Role::Test),
            ("a/x.spec.ts", Role::Test),
            ("src/AppTest.java", Role::Test),
            ("test.py", Role::Source(Language::Python)),
            ("latest.py", Role::Source(Language::Python)),
            ("deploy/Dockerfile.prod", Role::Dockerfile),
            ("dev.Dockerfile", Role::Dockerfile),
            ("Dockerfile.dockerignore", Role::Dockerfile),
            ("harden.lock", Role::Dockerfile),
            ("harden.evidence.toml", Role::Dockerfile),
            ("dockerfiles.py", Role::Source(Language::Python)),
            ("uv.lock", Role::Lock),
            ("app.sqlite3", Role::Data),
            ("static/jquery.min.js", Role::Data),
        ];
        for (path, expected) in cases {
            assert_eq!(role(path), expected, "{path}");
        }
    }
}
