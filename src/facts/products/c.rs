//! C and C++: what compilers, Make and CMake leave, and where.

mod makefile;

use super::super::copies;
use super::{Made, Product, Site, joined, option, with_directories};
use crate::shell::{Command, Word};

/// The names under which Make looks for its file, in its order.
const MAKEFILES: [&str; 3] = ["GNUmakefile", "makefile", "Makefile"];

/// Commands of CMake whose results are files that nobody can name.
const GENERATORS: [&str; 5] = ["add_custom_command", "add_custom_target", "configure_file", "execute_process", "file("];

/// What a command of a C compiler or of what drives one makes.
pub(super) fn made(site: &Site) -> Made {
    match site.name {
        "make" | "gmake" => of_make(site),
        "cmake" => of_cmake(site),
        "configure" | "strip" => Made { call: site.name.to_owned(), product: None, generates: false },
        _ => Made { call: site.name.to_owned(), product: compiled(site), generates: false },
    }
}

/// The program that a compiler links.
fn compiled(site: &Site) -> Option<Product> {
    const NO_PROGRAM: [&str; 6] = ["-c", "-S", "-E", "-M", "-MM", "--version"];
    if site.words.iter().any(|word| NO_PROGRAM.contains(&word.literal_start())) {
        return None;
    }
    let attached = || {
        let mut words = site.words.iter().filter_map(|word| word.value.as_deref()?.strip_prefix("-o"));
        words.find(|name| !name.is_empty()).map(Some)
    };
    let output = option(site.words, &["-o"]).or_else(attached).unwrap_or(Some("a.out"));
    let path = output.and_then(|output| site.below(output));
    Some(path.map_or_else(|| unknown(site.name, "in a place that is in a variable"), Product::Program))
}

fn unknown(call: &str, place: &str) -> Product {
    Product::Unknown(format!("`{call}` leaves its program {place}"))
}

fn of_make(site: &Site) -> Made {
    let Some(words) = words_of_make(site) else { return unclear("make".to_owned()) };
    let goals: Vec<&str> = words.iter().copied().filter(|word| !word.contains('=')).collect();
    let call = ["make"].iter().chain(&goals).copied().collect::<Vec<_>>().join(" ");
    let directory = match option(site.words, &["-C", "--directory"]) {
        Some(folder) => folder.and_then(|folder| site.below(folder)),
        None => site.directory.clone(),
    };
    let Some(directory) = directory else { return unclear(call) };
    if let Some(configured) = configured(site).into_iter().rev().find(|configured| configured.build == directory) {
        let installs = goals.contains(&"install");
        return if installs { configured.installed(site, call) } else { configured.built(site, call) };
    }
    let assigned = words.iter().filter_map(|word| word.split_once('='));
    let made = makefile_in(site, &directory).and_then(|text| makefile::made(&text, &goals, assigned));
    let Some(paths) = made else { return unclear(call) };
    let paths = paths.iter().map(|path| joined(&directory, path)).collect();
    Made { call, product: Some(Product::OneOf(paths)), generates: false }
}

/// A call that may make files that nobody can name.
fn unclear(call: String) -> Made {
    let why = format!(
        "it is not known what `{call}` makes: its settings are not at hand, or call more than a compiler; \
         build the program in a line of its own"
    );
    Made { call, product: Some(Product::Unknown(why)), generates: true }
}

/// Goals and variables; `None` where one is not literal.
fn words_of_make<'s>(site: &'s Site) -> Option<Vec<&'s str>> {
    const JOBS: [&str; 4] = ["-j", "--jobs", "-l", "--load-average"];
    const VALUED: [&str; 7] = ["-C", "--directory", "-f", "--file", "-I", "-o", "-W"];
    let mut found = Vec::new();
    let mut before = "";
    for word in site.words {
        let start = word.literal_start();
        let is_count = word.value.as_deref().is_none_or(|value| value.parse::<u32>().is_ok()) && JOBS.contains(&before);
        if !is_count && !VALUED.contains(&before) && !start.starts_with('-') {
            found.push(word.value.as_deref()?);
        }
        before = start;
    }
    Some(found)
}

/// The Makefile in `directory`, where no option names another one.
fn makefile_in(site: &Site, directory: &str) -> Option<String> {
    let mut texts = MAKEFILES
        .iter()
        .filter_map(|name| copies::file_at(site.earlier, &joined(directory, name), site.context).map(|(text, _)| text));
    texts.next().filter(|_| option(site.words, &["-f", "--file"]).is_none())
}

fn of_cmake(site: &Site) -> Made {
    let folder = |name: &str| option(site.words, &[name]).map(|folder| folder.and_then(|folder| site.below(folder)));
    let (build, install) = (folder("--build"), folder("--install"));
    let is_configuration = build.is_none() && install.is_none();
    let verb = if is_configuration {
        ""
    } else if install.is_some() {
        " --install"
    } else {
        " --build"
    };
    let call = format!("cmake{verb}");
    if is_configuration {
        return Made { call, product: None, generates: false };
    }
    let is_install = install.is_some() || option(site.words, &["--target", "-t"]).flatten() == Some("install");
    let found = build
        .or(install)
        .flatten()
        .and_then(|folder| configured(site).into_iter().rev().find(|configured| configured.build == folder));
    match found {
        Some(mut configured) if is_install => {
            if let Some(prefix) = folder("--prefix") {
                configured.prefix = prefix;
            }
            configured.installed(site, call)
        }
        Some(configured) => configured.built(site, call),
        None => unclear(call),
    }
}

/// A folder that CMake or a `configure` prepares for a build.
struct Configured {
    source: String,
    build: String,
    /// Where the project is installed; `None` where that is a folder that others share.
    prefix: Option<String>,
}

impl Configured {
    /// The programs that lie in the folder itself once it is built.
    fn built(&self, site: &Site, call: String) -> Made {
        let programs = self.programs(site);
        if self.prefix.is_some() {
            let product = Product::Unknown(format!("`{call}` makes what is installed; start the program from there"));
            return Made { call, product: Some(product), generates: false };
        }
        match programs {
            Some(programs) => Made { call, product: Some(Product::OneOf(programs)), generates: false },
            None => unclear(call),
        }
    }

    fn installed(&self, site: &Site, call: String) -> Made {
        let prefix = self.prefix.clone().filter(|_| !lists(site).any(|(_, text)| installs_elsewhere(text)));
        match prefix {
            Some(prefix) => Made { call, product: Some(Product::In(prefix)), generates: false },
            None => {
                let why = format!(
                    "`{call}` installs into folders that others share; give the project one of its own, as with \
                     -DCMAKE_INSTALL_PREFIX=/opt/NAME"
                );
                Made { call, product: Some(Product::Unknown(why)), generates: true }
            }
        }
    }

    /// What `add_executable` names in the list of the folder itself; `None` where more is made.
    fn programs(&self, site: &Site) -> Option<Vec<String>> {
        let (text, _) = copies::file_at(site.earlier, &joined(&self.source, "CMakeLists.txt"), site.context)?;
        let makes_more = |text: &str| {
            text.contains("RUNTIME_OUTPUT_DIRECTORY") || GENERATORS.iter().any(|command| text.contains(command))
        };
        if lists(site).any(|(_, text)| makes_more(text)) {
            return None;
        }
        let names = text.split("add_executable(").skip(1).filter_map(|rest| rest.split([' ', '\n', ')']).next());
        Some(names.filter(|name| !name.contains('$')).map(|name| joined(&self.build, name)).collect())
    }
}

/// The lists of CMake in the context.
fn lists<'s>(site: &'s Site) -> impl Iterator<Item = (&'s str, &'s str)> {
    site.context.texts().filter(|(path, _)| path.ends_with("CMakeLists.txt") || path.ends_with(".cmake"))
}

fn installs_elsewhere(list: &str) -> bool {
    list.split("DESTINATION").skip(1).any(|rest| rest.trim_start().trim_start_matches('"').starts_with(['/', '$']))
}

/// The folders that commands before this one prepare.
fn configured(site: &Site) -> Vec<Configured> {
    let commands = site.earlier.iter().chain([site.step]).flat_map(with_directories);
    commands.filter_map(|(command, directory)| configures(command, &directory?)).collect()
}

fn configures(command: &Command, directory: &str) -> Option<Configured> {
    let invocation = command.program()?;
    let folder = |name: &str| option(invocation.words, &[name]).flatten().map(|path| joined(directory, path));
    let behind = |start: &str| {
        let mut words = invocation.words.iter().filter_map(|word| word.value.as_deref()?.strip_prefix(start));
        words.next().map(str::to_owned)
    };
    match invocation.name {
        "cmake" => {
            let is_plain = |word: &&Word| !word.literal_start().starts_with('-');
            let source =
                || invocation.words.iter().find(is_plain)?.value.as_deref().map(|path| joined(directory, path));
            let prefix = behind("-DCMAKE_INSTALL_PREFIX=").or_else(|| behind("-DCMAKE_INSTALL_PREFIX:PATH="));
            let source = folder("-S").or_else(source).unwrap_or_else(|| directory.to_owned());
            let build = folder("-B").unwrap_or_else(|| directory.to_owned());
            Some(Configured { source, build, prefix: prefix.filter(|prefix| is_own(prefix)) })
        }
        "configure" => {
            let prefix = behind("--prefix=").filter(|prefix| is_own(prefix));
            Some(Configured { source: directory.to_owned(), build: directory.to_owned(), prefix })
        }
        _ => None,
    }
}

/// Whether a folder is no part of the system's own tree, so that all in it is the project's.
fn is_own(prefix: &str) -> bool {
    prefix.starts_with("/opt/") || prefix.starts_with("/srv/") || prefix.starts_with("/app/")
}

#[cfg(test)]
mod tests {
    use super::super::super::asking::ask;
    use super::super::Product;

    const LIST: &str = "project(board C)\nadd_executable(board board.c)\ninstall(TARGETS board DESTINATION bin)\n";

    fn calls(lines: &str) -> Vec<(String, Option<Product>, bool)> {
        let files =
            [("Makefile", "server: server.c\n\t$(CC) -o $@ $<\n"), ("server.c", ""), ("list/CMakeLists.txt", LIST)];
        let text = format!("FROM gcc:14-bookworm\nWORKDIR /src\nCOPY . .\n{lines}\n");
        ask(&text, &files, |facts| {
            let calls = facts.product_calls().into_iter().filter(|call| call.is_tool);
            calls.map(|call| (call.call, call.product, call.generates)).collect()
        })
    }

    fn last(lines: &str) -> (Option<Product>, bool) {
        calls(lines).pop().map(|(_, product, generates)| (product, generates)).unwrap()
    }

    fn is_unclear(lines: &str) -> bool {
        matches!(last(lines), (Some(Product::Unknown(_)), true))
    }

    #[test]
    fn a_compiler_links_a_program_unless_it_is_told_not_to() {
        let program = |path: &str| (Some(Product::Program(path.into())), false);
        assert_eq!(last("RUN gcc -O2 server.c -o server -lm"), program("/src/server"));
        assert_eq!(last("RUN g++ -o/bin/server *.cpp"), program("/bin/server"));
        assert_eq!(last("RUN cc server.c"), program("/src/a.out"));
        assert_eq!(last("RUN gcc -c server.c -o server.o"), (None, false));
        assert!(matches!(last("RUN gcc server.c -o $OUT").0, Some(Product::Unknown(_))));
    }

    #[test]
    fn make_makes_what_its_file_says() {
        let server = (Some(Product::OneOf(vec!["/src/server".into()])), false);
        assert_eq!(last("RUN make -j 4"), server);
        assert_eq!(last("RUN make -C /src server"), server);
        assert!(is_unclear("RUN make -C /other"));
        assert!(is_unclear("RUN make -f other.mk"));
        assert_eq!(last("RUN make -j \"$(nproc)\" server"), server);
    }

    #[test]
    fn cmake_makes_what_its_list_says_or_what_is_installed() {
        let board = (Some(Product::OneOf(vec!["/src/out/board".into()])), false);
        assert_eq!(last("RUN cmake -S list -B out && cmake --build out"), board);
        assert_eq!(last("RUN mkdir out && cd out && cmake ../list && make -j"), board);
        let installed = (Some(Product::In("/opt/board".into())), false);
        let prefix = "RUN cmake -S list -B out -DCMAKE_INSTALL_PREFIX=/opt/board && cmake --build out";
        assert_eq!(last(&format!("{prefix} && cmake --install out")), installed);
        assert_eq!(last("RUN cmake -S list -B out && cmake --install out --prefix /opt/board"), installed);
        assert_eq!(last("RUN ./configure --prefix=/opt/board && make && make install"), installed);
        assert!(is_unclear("RUN cmake -S list -B out && cmake --install out"));
    }
}
