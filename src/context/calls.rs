//! Where sources, scripts and settings call a program.

use super::Context;
use super::role::{Language, Role, role};

/// The files and lines that call `program`: a command of a script, or a literal that starts with its name, as in
/// `subprocess.run(["git", "log"])`. A word of prose is no call.
///
/// Docs, tests, lock files, the files of build services and Dockerfiles are not looked at, nor are lines that are
/// comments.
#[must_use]
pub fn calls(context: &Context, program: &str) -> Vec<(String, usize)> {
    lines(context, program, |file, line| match role(file) {
        Role::Script => is_command(line, program),
        _ if tells_a_type(file, line) => false,
        _ => starts_a_literal(line, program),
    })
}

fn lines(context: &Context, word: &str, names: impl Fn(&str, &str) -> bool) -> Vec<(String, usize)> {
    let mut found = Vec::new();
    for (file, text) in context.texts().filter(|(_, text)| !word.is_empty() && text.contains(word)) {
        let Some(comment) = comment(file) else { continue };
        for (number, line) in text.lines().enumerate().filter(|(_, line)| line.contains(word)) {
            let start = line.trim_start();
            let is_comment = start.starts_with(comment) && !start.starts_with("#!");
            if !is_comment && names(file, line) {
                found.push((file.to_owned(), number + 1));
            }
        }
    }
    found
}

/// `"type": "git"` of a manifest says where a package comes from.
fn tells_a_type(file: &str, line: &str) -> bool {
    file.ends_with(".json") && line.trim_start_matches([' ', '\t', '{', ',']).starts_with("\"type\"")
}

/// How a comment line starts in a file that is looked at.
fn comment(file: &str) -> Option<&'static str> {
    match role(file) {
        Role::Source(Language::Python | Language::Ruby) | Role::Script | Role::Config => Some("#"),
        Role::Source(_) => Some("//"),
        Role::Doc | Role::Ci | Role::Test | Role::Dockerfile | Role::Lock | Role::Data => None,
    }
}

/// Whether `program` stands where a shell expects a command.
fn is_command(line: &str, program: &str) -> bool {
    line.match_indices(program).any(|(at, _)| {
        let before = line.get(..at).unwrap_or_default().trim_end_matches("/usr/bin/").trim_end();
        let after = line.get(at + program.len()..).and_then(|after| after.chars().next());
        let opens = before.is_empty() || before.ends_with(['|', '&', ';', '(', '`', '{']);
        let follows = ["exec", "if", "then", "do", "else", "!", "sudo", "env"]
            .iter()
            .any(|word| before.strip_suffix(word).is_some_and(|rest| !rest.ends_with(|ch: char| ch.is_alphanumeric())));
        (opens || follows) && after.is_none_or(|ch| ch.is_whitespace() || matches!(ch, ';' | ')' | '`' | '|' | '&'))
    })
}

/// Whether a literal, or an item of a list in settings, starts with `program`.
fn starts_a_literal(line: &str, program: &str) -> bool {
    const QUOTES: [char; 3] = ['"', '\'', '`'];
    line.match_indices(program).any(|(at, _)| {
        let before = line.get(..at).unwrap_or_default().trim_end_matches("/usr/bin/").trim_end_matches("/bin/");
        let after = line.get(at + program.len()..).unwrap_or_default();
        let quoted = before.ends_with(QUOTES) && (after.starts_with(QUOTES) || after.starts_with(' '));
        quoted
            || ((before.ends_with(' ') || before.is_empty()) && (after.starts_with(" -") || after.starts_with(" http")))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(path: &str, text: &str, program: &str) -> Vec<usize> {
        calls(&Context::from_files([(path, text)]), program).into_iter().map(|(_, line)| line).collect()
    }

    #[test]
    fn a_call_is_a_command_or_a_literal_and_no_prose() {
        let python = "run(['git', 'log'])\nos.system(\"git log\")\nmake = 1  # make\nlog('a file to make')\n";
        assert_eq!(lines("a.py", python, "git"), [1, 2]);
        assert_eq!(lines("a.py", python, "make"), [0; 0]);
        assert_eq!(lines("a.py", python, "file"), [0; 0]);
        assert_eq!(lines("a.js", "# curl\n// curl\nexec('curl')", "curl"), [3]);
        assert_eq!(lines("run.sh", "x && curl y\necho curl\nexec /usr/bin/curl z\n", "curl"), [1, 3]);
        assert_eq!(lines("package.json", "{\"type\": \"git\",\n\"start\": \"git pull\"}", "git"), [2]);
        assert_eq!(lines("compose.yaml", "test: curl -f x\ntest: [CMD, \"curl\"]\n", "curl"), [1, 2]);
    }

    #[test]
    fn docs_tests_ci_files_dockerfiles_and_lock_files_do_not_count() {
        for path in ["README.md", "docs/a.py", "tests/a.py", ".github/workflows/a.yml", "Dockerfile", "Cargo.lock"] {
            assert_eq!(lines(path, "'curl'", "curl"), [0; 0], "{path}");
        }
        for path in ["package.json", "docker-compose.yml", "app.py"] {
            assert_eq!(lines(path, "'curl'", "curl"), [1], "{path}");
        }
    }

    #[test]
    fn no_program_is_called_nowhere() {
        assert_eq!(lines("a.py", "a", ""), [0; 0]);
    }
}
