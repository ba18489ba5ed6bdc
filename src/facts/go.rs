//! Go: its commands in the lines of a stage, and where they leave what they build.

use super::copies;
use super::effects::Effect;
use super::scope::normalized;
use super::steps::Step;
use crate::context::Context;
use crate::context::ignore::Ignore;
use crate::shell::{self, Command, Word};
use crate::templates::ToolChain;

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

/// A command of the tool chain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GoCall {
    /// Index of its step among those that were asked about.
    pub step: usize,
    /// Its first word: `build`; empty where there is none.
    pub verb: String,
    /// What it leaves for later.
    pub product: Option<Product>,
}

/// What a command leaves, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Product {
    /// A program at this path.
    Program(String),
    /// A program at this path, or programs in the folder of this path.
    AtOrIn(String),
    /// Nobody knows; why.
    Unknown(String),
}

impl Product {
    /// Whether the program at `path` is this product, or one of them.
    #[must_use]
    pub fn is_at(&self, path: &str) -> bool {
        match self {
            Self::Program(program) => program == path,
            Self::AtOrIn(place) => {
                path == place || path.rsplit_once('/').is_some_and(|(folder, _)| folder == place.trim_end_matches('/'))
            }
            Self::Unknown(_) => false,
        }
    }
}

/// The commands of the tool chain in `steps`, in order.
pub(super) fn calls(steps: &[Step], context: &Context, go: &ToolChain) -> Vec<GoCall> {
    let reader = Reader { steps, context, go, modules: modules_made_here(steps) };
    (0..steps.len()).flat_map(|at| reader.step(at)).collect()
}

/// A command, and the directory that it runs in; `None` where that is not known.
fn with_directories<'s>(step: &'s Step) -> Vec<(&'s Command, Option<String>)> {
    let Some(run) = step.script() else { return Vec::new() };
    let mut directory = step.scope.absolute(".");
    let mut found = Vec::new();
    for command in &run.script.commands {
        found.push((command, directory.clone()));
        let Some(invocation) = command.program().filter(|invocation| invocation.name == "cd") else { continue };
        let is_certain = command.scope == shell::Scope::TopLevel && !command.conditional;
        let target = invocation.words.first().and_then(|word| word.value.as_deref()).filter(|_| is_certain);
        directory = target.zip(directory).map(|(target, directory)| joined(&directory, target));
    }
    found
}

/// The modules that `go mod init` names: their directory and their path.
fn modules_made_here(steps: &[Step]) -> Vec<(String, String)> {
    let commands = steps.iter().flat_map(with_directories);
    let module = |(command, directory): (&Command, Option<String>)| {
        let invocation = command.program().filter(|invocation| invocation.name == "go")?;
        match invocation.words {
            [module, init, path] if module.is("mod") && init.is("init") => Some((directory?, path.value.clone()?)),
            _ => None,
        }
    };
    commands.filter_map(module).collect()
}

struct Reader<'r, 'a> {
    steps: &'r [Step<'a>],
    context: &'r Context,
    go: &'r ToolChain,
    modules: Vec<(String, String)>,
}

impl Reader<'_, '_> {
    fn step(&self, at: usize) -> Vec<GoCall> {
        let Some(step) = self.steps.get(at) else { return Vec::new() };
        let calls = with_directories(step).into_iter().filter_map(|(command, directory)| {
            let invocation = command.program().filter(|invocation| self.go.has_tool(invocation.name))?;
            let product = match (invocation.name, invocation.words) {
                ("go", [verb, words @ ..]) if verb.is("build") => Some(self.built(step, directory, words)),
                ("go", [verb, words @ ..]) if verb.is("install") => {
                    Some(self.installed(step, command, directory, words))
                }
                _ => None,
            };
            let verb = invocation.words.first().map_or("", Word::literal_start).to_owned();
            Some(GoCall { step: at, verb, product })
        });
        calls.collect()
    }

    fn built(&self, step: &Step, directory: Option<String>, words: &[Word]) -> Product {
        let unknown = |what: &str| Product::Unknown(format!("`go build` leaves its program {what}"));
        let Some(options) = Options::of(words) else { return unknown("in a place that is in a variable") };
        if options.is_library {
            return Product::Unknown("`go build` makes a library here, not a program".into());
        }
        let Some(directory) = directory.map(|from| joined(&from, options.directory.as_deref().unwrap_or("."))) else {
            return unknown("in a directory that is not known");
        };
        if let Some(output) = options.output {
            return Product::AtOrIn(joined(&directory, &output));
        }
        match self.name(step, &directory, &options.packages) {
            Some(name) => Product::Program(joined(&directory, &name)),
            None => unknown("under a name that is not known; give it one with -o"),
        }
    }

    fn installed(&self, step: &Step, command: &Command, directory: Option<String>, words: &[Word]) -> Product {
        let assigned = |word: &Word| word.value.as_deref()?.strip_prefix("GOBIN=").map(str::to_owned);
        let path = || step.scope.env("GOPATH").unwrap_or("/go").trim_end_matches('/').to_owned();
        let folder = command.assignments.iter().find_map(assigned);
        let folder = folder.or_else(|| step.scope.env("GOBIN").map(str::to_owned));
        let folder = folder.unwrap_or_else(|| format!("{}/bin", path()));
        let named = Options::of(words).zip(directory);
        let name = named.and_then(|(options, directory)| self.name(step, &directory, &options.packages));
        match name {
            Some(name) => Product::Program(joined(&folder, &name)),
            None => Product::AtOrIn(folder),
        }
    }

    /// The name that a program gets: the last part of its package's path, or of its first source.
    fn name(&self, step: &Step, directory: &str, packages: &[String]) -> Option<String> {
        match packages {
            [] => self.package_name(step, directory),
            [file, ..] if file.ends_with(".go") => {
                file.rsplit('/').next().and_then(|name| name.strip_suffix(".go")).map(str::to_owned)
            }
            [package] if package.contains("...") => None,
            [package] if package.starts_with(['.', '/']) => self.package_name(step, &joined(directory, package)),
            [path] => Some(last_part(path.split('@').next().unwrap_or(path)).to_owned()),
            _ => None,
        }
    }

    /// The name of the package in `directory`: its module's, where that begins there.
    fn package_name(&self, step: &Step, directory: &str) -> Option<String> {
        let until = self.steps.iter().position(|other| other.instruction.span == step.instruction.span)?;
        let earlier = self.steps.get(..until)?;
        let manifest = format!("{}/go.mod", directory.trim_end_matches('/'));
        let copied = copies::file_at(earlier, &manifest, self.context).map(|(text, _)| text);
        let text = copied.or_else(|| self.manifest_by_pattern(earlier, directory));
        let module = text.and_then(|text| module_path(&text).map(str::to_owned));
        let made = || self.modules.iter().find(|(place, _)| place == directory).map(|(_, path)| path.clone());
        let path = module.or_else(made).unwrap_or_else(|| directory.to_owned());
        Some(last_part(&path).to_owned()).filter(|name| !name.is_empty())
    }

    /// The go.mod that `COPY go.* ./` brings to `directory`.
    fn manifest_by_pattern(&self, steps: &[Step], directory: &str) -> Option<String> {
        let describes =
            |source: &&str| source.contains('*') && Ignore::parse(source.trim_start_matches("./")).excludes("go.mod");
        let brings = |step: &&Step| step.copies_context() && step.destination().as_deref() == Some(directory);
        steps.iter().filter(brings).find(|step| step.sources().iter().any(describes))?;
        self.context.text("go.mod").map(str::to_owned)
    }
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
pub(super) fn module_path(manifest: &str) -> Option<&str> {
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

fn joined(directory: &str, path: &str) -> String {
    if path.starts_with('/') { normalized(path) } else { normalized(&format!("{directory}/{path}")) }
}

/// Whether a command is one of the tool chain's.
#[must_use]
pub fn is_call(effect: &Effect, go: &ToolChain) -> bool {
    matches!(effect, Effect::Build(program) if go.has_tool(program))
}

#[cfg(test)]
mod tests {
    use super::super::asking::ask;
    use super::Product;

    fn products(lines: &str) -> Vec<Product> {
        let files = [("go.mod", "module example.com/shop/v2 // the shop\n"), ("cmd/worker/main.go", "package main")];
        let text = format!("FROM golang:1.25\nWORKDIR /src\nCOPY . .\n{lines}\n");
        ask(&text, &files, |facts| facts.go_calls().into_iter().filter_map(|call| call.product).collect())
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
