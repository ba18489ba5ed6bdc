//! Where sources, scripts and settings name a program or a file.

use super::Context;
use super::role::{Language, Role, role};

/// The files and lines that name `word` as a whole word: sources, scripts, settings and manifests.
///
/// Docs, tests, lock files, the files of build services and Dockerfiles are not looked at, nor are lines that are
/// comments.
#[must_use]
pub fn mentions(context: &Context, word: &str) -> Vec<(String, usize)> {
    let mut found = Vec::new();
    for (file, text) in context.texts().filter(|(_, text)| !word.is_empty() && text.contains(word)) {
        let Some(comment) = comment(file) else { continue };
        for (number, line) in text.lines().enumerate().filter(|(_, line)| line.contains(word)) {
            let start = line.trim_start();
            let is_comment = start.starts_with(comment) && !start.starts_with("#!");
            if !is_comment && has_word(line, word) {
                found.push((file.to_owned(), number + 1));
            }
        }
    }
    found
}

/// How a comment line starts in a file that is looked at.
fn comment(file: &str) -> Option<&'static str> {
    match role(file) {
        Role::Source(Language::Python | Language::Ruby) | Role::Script | Role::Config => Some("#"),
        Role::Source(_) => Some("//"),
        Role::Doc | Role::Ci | Role::Test | Role::Dockerfile | Role::Lock | Role::Data => None,
    }
}

fn has_word(line: &str, word: &str) -> bool {
    let glues = |ch: char| ch.is_alphanumeric() || ch == '_' || ch == '-';
    line.match_indices(word).any(|(at, _)| {
        let before = line.get(..at).and_then(|before| before.chars().next_back());
        let after = line.get(at + word.len()..).and_then(|after| after.chars().next());
        !before.is_some_and(glues) && !after.is_some_and(glues)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(path: &str, text: &str, word: &str) -> Vec<usize> {
        mentions(&Context::from_files([(path, text)]), word).into_iter().map(|(_, line)| line).collect()
    }

    #[test]
    fn a_program_is_named_as_a_whole_word() {
        let text = "#!/bin/sh\n# curl\ncurl -f x\npycurl\n/usr/bin/curl\ncurl-config\n\"curl\"\nlibcurl4";
        assert_eq!(lines("start.sh", text, "curl"), [3, 5, 7]);
        assert_eq!(lines("start.sh", "#!/usr/bin/env bash", "bash"), [1]);
        assert_eq!(lines("a.js", "# curl\n// curl\nexec('curl')", "curl"), [1, 3]);
    }

    #[test]
    fn a_file_is_named_with_its_folder_or_without() {
        assert_eq!(
            lines("setup.py", "open('./requirements.txt')\nopen('dev-requirements.txt')", "requirements.txt"),
            [1]
        );
    }

    #[test]
    fn docs_tests_ci_files_dockerfiles_and_lock_files_do_not_count() {
        for path in ["README.md", "docs/a.py", "tests/a.py", ".github/workflows/a.yml", "Dockerfile", "Cargo.lock"] {
            assert_eq!(lines(path, "curl", "curl"), [0; 0], "{path}");
        }
        for path in ["package.json", "docker-compose.yml", "app.py", "Makefile"] {
            assert_eq!(lines(path, "curl", "curl"), [1], "{path}");
        }
    }

    #[test]
    fn no_word_is_named_nowhere() {
        assert_eq!(lines("a.py", "a", ""), [0; 0]);
    }
}
