//! Go: where `go build` and `go install` leave what they build.

use super::super::copies;
use super::super::steps::Step;
use super::{Made, Product, Site, joined, with_directories};
use crate::context::Context;
use crate::context::ignore::Ignore;
use crate::shell::{Command, Word};

/// Options of `go build` and `go install` that take the next word.
const VALUED: [&str; 17] = [
    "o",
    "p",
    "covermode",
    "coverpkg",
    "asmflags",
    "buildmode",
    "compiler",
    "gccgoflags",
    "gcflags",
    "installsuffix",
    "ldflags",
    "mod",
    "modfile",
    "overlay",
    "pgo",
    "pkgdir",
    "tags",
];

/// What a command of Go makes.
pub(super) fn made(site: &Site) -> Made {
    let verb = site.words.first().map_or("", Word::literal_start).to_owned();
    let product = match site.words {
        [build, words @ ..] if build.is("build") => Some(built(site, words)),
        [install, words @ ..] if install.is("install") => Some(installed(site, words)),
        _ => None,
    };
    let runs_code = matches!(&*verb, "run" | "generate" | "tool");
    Made { call: format!("go {verb}"), product, generates: runs_code && site.name == "go" }
}

fn built(site: &Site, words: &[Word]) -> Product {
    let unknown = |what: &str| Product::Unknown(format!("`go build` leaves its program {what}"));
    let Some(options) = Options::of(words) else { return unknown("in a place that is in a variable") };
    if options.is_library {
        return Product::Unknown("`go build` makes a library here, not a program".into());
    }
    let directory = site.directory.as_ref().map(|from| joined(from, options.directory.as_deref().unwrap_or(".")));
    let Some(directory) = directory else { return unknown("in a directory that is not known") };
    if let Some(output) = options.output {
        return Product::AtOrIn(joined(&directory, &output));
    }
    match name(site, &directory, &options.packages) {
        Some(name) => Product::Program(joined(&directory, &name)),
        None => unknown("under a name that is not known; give it one with -o"),
    }
}

fn installed(site: &Site, words: &[Word]) -> Product {
    let path = || site.step.scope.env("GOPATH").unwrap_or("/go").trim_end_matches('/').to_owned();
    let folder = site.variable("GOBIN").unwrap_or_else(|| format!("{}/bin", path()));
    let named = Options::of(words).zip(site.directory.clone());
    let name = named.and_then(|(options, directory)| name(site, &directory, &options.packages));
    match name {
        Some(name) => Product::Program(joined(&folder, &name)),
        None => Product::AtOrIn(folder),
    }
}

/// The name that a program gets: the last part of its package's path, or of its first source.
fn name(site: &Site, directory: &str, packages: &[String]) -> Option<String> {
    match packages {
        [] => package_name(site, directory),
        [file, ..] if file.ends_with(".go") => {
            file.rsplit('/').next().and_then(|name| name.strip_suffix(".go")).map(str::to_owned)
        }
        [package] if package.contains("...") => None,
        [package] if package.starts_with(['.', '/']) => package_name(site, &joined(directory, package)),
        [path] => Some(last_part(path.split('@').next().unwrap_or(path)).to_owned()),
        _ => None,
    }
}

/// The name of the package in `directory`: its module's, where that begins there.
fn package_name(site: &Site, directory: &str) -> Option<String> {
    let manifest = format!("{}/go.mod", directory.trim_end_matches('/'));
    let copied = copies::file_at(site.earlier, &manifest, site.context).map(|(text, _)| text);
    let text = copied.or_else(|| manifest_by_pattern(site.earlier, directory, site.context));
    let module = text.and_then(|text| module_path(&text).map(str::to_owned));
    let path = module.or_else(|| module_made_here(site, directory)).unwrap_or_else(|| directory.to_owned());
    Some(last_part(&path).to_owned()).filter(|name| !name.is_empty())
}

/// The path of the module that `go mod init` makes in `directory`.
fn module_made_here(site: &Site, directory: &str) -> Option<String> {
    let commands = site.earlier.iter().chain([site.step]).flat_map(with_directories);
    let module = |(command, at): (&Command, Option<String>)| {
        let invocation = command.program().filter(|invocation| invocation.name == "go")?;
        match invocation.words {
            [module, init, path] if module.is("mod") && init.is("init") && at? == directory => path.value.clone(),
            _ => None,
        }
    };
    commands.filter_map(module).next()
}

/// The go.mod that `COPY go.* ./` brings to `directory`.
fn manifest_by_pattern(steps: &[Step], directory: &str, context: &Context) -> Option<String> {
    let describes =
        |source: &&str| source.contains('*') && Ignore::parse(source.trim_start_matches("./")).excludes("go.mod");
    let brings = |step: &&Step| step.copies_context() && step.destination().as_deref() == Some(directory);
    steps.iter().filter(brings).find(|step| step.sources().iter().any(describes))?;
    context.text("go.mod").map(str::to_owned)
}

/// What the words behind `go build` say.
#[derive(Default)]
struct Options {
    output: Option<String>,
    directory: Option<String>,
    packages: Vec<String>,
    is_library: bool,
}

impl Options {
    /// `None` where a word that matters is not literal.
    fn of(words: &[Word]) -> Option<Self> {
        let mut options = Self::default();
        let mut words = words.iter();
        while let Some(word) = words.next() {
            let start = word.literal_start();
            let Some(option) = start.strip_prefix("--").or_else(|| start.strip_prefix('-')) else {
                options.packages.push(word.value.clone()?);
                continue;
            };
            let (name, given) = match option.split_once('=') {
                Some((name, value)) => (name, word.value.as_ref().map(|_| value.to_owned())),
                None if VALUED.contains(&option) || matches!(option, "C" | "toolexec") => {
                    (option, words.next().and_then(|word| word.value.clone()))
                }
                None => (option, None),
            };
            match name {
                "o" => options.output = Some(given?),
                "C" => options.directory = Some(given?),
                "buildmode" => options.is_library = !matches!(given?.as_str(), "default" | "exe" | "pie"),
                _ => {}
            }
        }
        Some(options)
    }
}

/// The path that the `module` line of a go.mod says.
pub(in crate::facts) fn module_path(manifest: &str) -> Option<&str> {
    let line = manifest.lines().find_map(|line| line.trim().strip_prefix("module "))?;
    line.split("//").next().map(|path| path.trim().trim_matches('"'))
}

/// The last part of a package's path; that of its major version is none.
fn last_part(path: &str) -> &str {
    let is_version =
        |part: &str| part.strip_prefix('v').is_some_and(|rest| rest.parse::<u32>().is_ok_and(|version| version > 1));
    let mut parts = path.trim_end_matches('/').rsplit('/');
    parts.by_ref().find(|part| !is_version(part)).unwrap_or(path)
}

#[cfg(test)]
mod tests {
    use super::super::super::asking::ask;
    use super::Product;

    fn products(lines: &str) -> Vec<Product> {
        let files = [("go.mod", "module example.com/shop/v2 // the shop\n"), ("cmd/worker/main.go", "package main")];
        let text = format!("FROM golang:1.25\nWORKDIR /src\nCOPY . .\n{lines}\n");
        ask(&text, &files, |facts| facts.product_calls().into_iter().filter_map(|call| call.product).collect())
    }

    fn program(path: &str) -> Vec<Product> {
        vec![Product::Program(path.into())]
    }

    #[test]
    fn a_program_without_a_name_gets_its_packages() {
        assert_eq!(products("RUN go build"), program("/src/shop"));
        assert_eq!(products("RUN go build -v ."), program("/src/shop"));
        assert_eq!(products("RUN go build -ldflags \"-s -w\" ./cmd/worker"), program("/src/worker"));
        assert_eq!(products("RUN cd cmd/worker && go build"), program("/src/cmd/worker/worker"));
        assert_eq!(products("RUN go build main.go other.go"), program("/src/main"));
        assert_eq!(products("RUN go -v build ."), []);
    }

    #[test]
    fn an_output_is_a_program_or_a_folder_of_them() {
        assert_eq!(products("RUN go build -o /bin/shop"), [Product::AtOrIn("/bin/shop".into())]);
        let folder = products("RUN go build -o=bin/ ./...");
        assert_eq!(folder, [Product::AtOrIn("/src/bin".into())]);
        assert!(folder[0].is_at("/src/bin/worker") && folder[0].is_at("/src/bin") && !folder[0].is_at("/src/bin/a/b"));
    }

    #[test]
    fn installed_programs_lie_below_gopath_or_in_gobin() {
        assert_eq!(products("RUN go install"), program("/go/bin/shop"));
        assert_eq!(products("RUN go install example.com/tool@latest"), program("/go/bin/tool"));
        assert_eq!(products("RUN go install ./..."), [Product::AtOrIn("/go/bin".into())]);
        assert_eq!(products("ENV GOBIN=/bin\nRUN go install ."), program("/bin/shop"));
        assert_eq!(products("RUN GOBIN=/opt go install ."), program("/opt/shop"));
    }

    #[test]
    fn a_module_that_a_pattern_brings_names_its_program() {
        assert_eq!(products("WORKDIR /app\nCOPY go.* *.go ./\nRUN go build"), program("/app/shop"));
    }

    #[test]
    fn a_module_that_the_file_makes_names_its_program() {
        assert_eq!(products("WORKDIR /tool\nRUN go mod init example.com/tool7 && go build"), program("/tool/tool7"));
    }

    #[test]
    fn what_is_in_a_variable_or_no_program_is_unknown() {
        for line in ["go build -o $OUT", "cd $X && go build", "go build -buildmode=c-shared", "go build ./..."] {
            let products = products(&format!("RUN {line}"));
            assert!(matches!(products.as_slice(), [Product::Unknown(_)]), "{line}: {products:?}");
        }
    }
}
