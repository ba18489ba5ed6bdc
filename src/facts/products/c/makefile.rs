//! A Makefile, as far as it says which programs it makes.

use std::collections::BTreeMap;

/// Programs of a recipe that leave nothing but what the target names, or work on that.
const PLAIN: [&str; 20] = [
    "$(CC)",
    "$(CXX)",
    "${CC}",
    "${CXX}",
    "$(LD)",
    "$(AR)",
    "$(RANLIB)",
    "gcc",
    "g++",
    "cc",
    "c++",
    "clang",
    "clang++",
    "ar",
    "ranlib",
    "strip",
    "mkdir",
    "rm",
    "echo",
    "chmod",
];

/// Ends of the names of files that only a build reads.
const INTERMEDIATE: [&str; 6] = [".o", ".d", ".a", ".obj", ".gch", ".h"];

/// Targets that are no files by custom, whether the Makefile says so or not.
const PHONY: [&str; 12] = [
    "all",
    "clean",
    "distclean",
    "mrproper",
    "install",
    "uninstall",
    "test",
    "tests",
    "check",
    "run",
    "debug",
    "format",
];

/// How deep variables are followed that name others.
const DEPTH: usize = 8;

/// The paths of the programs that `text` makes for `goals`, its own first target where there are none; `None` where it may
/// make files that nobody can name.
pub(super) fn made<'w>(
    text: &str,
    goals: &[&str],
    assigned: impl Iterator<Item = (&'w str, &'w str)>,
) -> Option<Vec<String>> {
    let text = text.replace("\\\n", " ");
    let variables = variables(&text, assigned);
    let rules = rules(&text, &variables)?;
    let first = rules.iter().flat_map(|rule| &rule.targets).find(|target| !target.starts_with('.'))?;
    let is_asked = |target: &String| goals.contains(&target.as_str()) || (goals.is_empty() && target == first);
    let phony: Vec<&str> = rules
        .iter()
        .filter(|rule| rule.targets.iter().any(|target| target == ".PHONY"))
        .flat_map(|rule| rule.needs.iter().map(String::as_str))
        .chain(PHONY)
        .collect();
    let mut programs = Vec::new();
    for rule in rules.iter().filter(|rule| !rule.targets.iter().any(|target| target.starts_with(".PHONY"))) {
        let is_phony = |target: &String| phony.contains(&target.as_str());
        if rule.targets.iter().all(|target| is_phony(target) && !is_asked(target)) {
            continue;
        }
        if !rule.recipe.iter().all(|line| is_plain(line)) {
            return None;
        }
        let files = rule.targets.iter().filter(|target| !is_phony(target) && !target.contains('%'));
        for file in files.filter(|file| !INTERMEDIATE.iter().any(|end| file.ends_with(end))) {
            let name = file.rsplit('/').next().unwrap_or(file);
            if file.contains('$') || name.contains('.') {
                return None;
            }
            programs.push(file.clone());
        }
        let outputs = rule.recipe.iter().filter_map(|line| output(line, &variables));
        programs
            .extend(outputs.filter(|path| !path.contains('$') && !INTERMEDIATE.iter().any(|end| path.ends_with(end))));
    }
    Some(programs)
}

struct Rule {
    targets: Vec<String>,
    needs: Vec<String>,
    recipe: Vec<String>,
}

fn variables<'w>(text: &str, assigned: impl Iterator<Item = (&'w str, &'w str)>) -> BTreeMap<String, String> {
    let mut variables = BTreeMap::new();
    for line in text.lines().filter(|line| !line.starts_with('\t')) {
        let Some((name, value)) = without_comment(line).split_once('=') else { continue };
        let name = name.trim().trim_end_matches([':', '?', '!']).trim_end();
        if !name.is_empty() && !name.contains([' ', '+']) {
            variables.insert(name.to_owned(), value.trim().to_owned());
        }
    }
    variables.extend(assigned.map(|(name, value)| (name.to_owned(), value.to_owned())));
    variables
}

/// `None` where the file takes in others, or defines what is no plain rule.
fn rules(text: &str, variables: &BTreeMap<String, String>) -> Option<Vec<Rule>> {
    let mut rules: Vec<Rule> = Vec::new();
    for line in text.lines() {
        if let Some(command) = line.strip_prefix('\t') {
            rules.last_mut()?.recipe.push(command.trim().to_owned());
            continue;
        }
        let line = without_comment(line).trim();
        if line.starts_with("include ") || line.starts_with("define ") || line.contains("$(eval") {
            return None;
        }
        let Some((targets, rest)) = line.split_once(':').filter(|_| !is_assignment(line)) else { continue };
        let (needs, command) = rest.trim_start_matches(':').split_once(';').unwrap_or((rest, ""));
        let words = |text: &str| expanded(text, variables, DEPTH).split_whitespace().map(str::to_owned).collect();
        let recipe = Some(command.trim().to_owned()).filter(|command| !command.is_empty()).into_iter().collect();
        rules.push(Rule { targets: words(targets), needs: words(needs.trim_start_matches(':')), recipe });
    }
    Some(rules)
}

/// Whether `=` comes before a colon that stands alone.
fn is_assignment(line: &str) -> bool {
    let equals = line.find('=');
    let colon = line.find(':');
    equals.is_some_and(|equals| colon.is_none_or(|colon| equals <= colon + 2))
}

fn without_comment(line: &str) -> &str {
    line.split('#').next().unwrap_or(line)
}

/// `text` with the values of its variables; what is not known stays as it is.
fn expanded(text: &str, variables: &BTreeMap<String, String>, depth: usize) -> String {
    let Some(depth) = depth.checked_sub(1) else { return text.to_owned() };
    let mut out = text.to_owned();
    for (name, value) in variables {
        for reference in [format!("$({name})"), format!("${{{name}}}")] {
            if out.contains(&reference) {
                out = out.replace(&reference, &expanded(value, variables, depth));
            }
        }
    }
    out
}

/// Whether each command of a line of a recipe is one that leaves nothing but its target.
fn is_plain(line: &str) -> bool {
    let line = line.trim_start_matches(['@', '-', '+']);
    !line.contains(['>', '`', '|']) && line.split("&&").flat_map(|part| part.split(';')).all(is_plain_command)
}

fn is_plain_command(command: &str) -> bool {
    let program = command.split_whitespace().next();
    program.is_none_or(|program| PLAIN.contains(&program) || program == ":")
}

/// What a line says behind `-o`.
fn output(line: &str, variables: &BTreeMap<String, String>) -> Option<String> {
    let mut words = line.split_whitespace().skip_while(|word| *word != "-o").skip(1);
    words.next().map(|path| expanded(path, variables, DEPTH))
}

#[cfg(test)]
mod tests {
    fn made(text: &str, goals: &[&str]) -> Option<String> {
        super::made(text, goals, std::iter::empty()).map(|paths| paths.join(" "))
    }

    #[test]
    fn a_target_that_is_a_file_is_a_program() {
        let text = "# The server\nCC ?= gcc\nBIN := bin\nTARGET = $(BIN)/server\n\nall: $(TARGET)\n\n\
                    $(TARGET): main.o http.o | $(BIN)\n\t$(CC) $(LDFLAGS) -o $@ $^\n\n\
                    %.o: %.c\n\t$(CC) -c -o $@ $<\n\n$(BIN):\n\tmkdir -p $@\n\nclean:\n\trm -rf bin\n\tpython3 x.py > y\n";
        assert_eq!(made(text, &[]).as_deref(), Some("bin/server bin"));
        assert_eq!(made(text, &["clean"]), None);
    }

    #[test]
    fn an_output_is_a_program() {
        assert_eq!(made("all:\n\tgcc -O2 main.c -o server\n", &[]).as_deref(), Some("server"));
        assert_eq!(super::made("all:\n\tgcc main.c -o $(T)\n", &[], [("T", "x")].into_iter()), Some(vec!["x".into()]));
    }

    #[test]
    fn what_may_make_other_files_is_not_told() {
        for text in [
            "all: server pages.db\nserver: main.c\n\tgcc -o $@ $<\npages.db: pages\n\tgcc x\n",
            "all:\n\t./generate\n",
            "all:\n\techo x > settings\n",
            "include more.mk\nall:\n\tgcc main.c -o server\n",
            "all:\n\t$(MAKE) -C src\n",
            "",
        ] {
            assert_eq!(made(text, &[]), None, "{text}");
        }
    }
}
