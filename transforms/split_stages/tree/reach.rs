//! Which files a command of a RUN handles: those of the trees, or others.

use crate::facts::cwd::joined;
use crate::facts::scope::{is_at_or_below, normalized};
use crate::facts::{Effect, Run};
use crate::shell::{Command, Word};

/// Programs whose arguments are files, relative ones too.
const HANDLERS: [&str; 32] = [
    "mkdir", "rmdir", "rm", "cp", "mv", "ln", "touch", "install", "chmod", "chgrp", "chown", "truncate", "tee", "cat",
    "sed", "awk", "grep", "find", "tar", "unzip", "gzip", "gunzip", "bzip2", "xz", "zstd", "rsync", "head", "tail",
    "sort", "dos2unix", "setfacl", "setcap",
];

/// Programs whose first argument is no file.
const PATTERN_FIRST: [&str; 8] = ["sed", "awk", "grep", "chmod", "chgrp", "chown", "setfacl", "setcap"];

/// Where the files of a command lie.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in super::super) enum Reach {
    /// In the trees alone.
    Inside,
    /// Outside of them, or the command handles no files.
    Outside,
    /// On both sides, or nobody knows.
    Both,
}

/// Where the files of a command lie that runs in `dir`.
pub(in super::super) fn reach(
    run: &Run,
    command: &Command,
    effect: &Effect,
    dir: Option<&str>,
    trees: &[String],
) -> Reach {
    let mut sides = Sides { trees, inside: false, outside: false };
    let targets = command.redirects.iter().filter(|redirect| redirect.heredoc.is_none()).map(|it| &it.target);
    targets.filter(|word| !word.is("/dev/null")).for_each(|word| sides.relative(run, word, dir));
    let Some(invocation) = command.program() else { return sides.reach() };
    let hands_over = invocation.words.iter().any(|word| word.is("-exec") || word.is("-execdir"));
    if invocation.name == "xargs" || (invocation.name == "find" && hands_over) {
        return Reach::Both;
    }
    let is_handler = HANDLERS.contains(&invocation.name);
    let mut skip = usize::from(PATTERN_FIRST.contains(&invocation.name));
    for word in invocation.words {
        let start = word.literal_start();
        if start.starts_with('-') {
            sides.absolute(word, start.find('/').and_then(|at| start.get(at..)).unwrap_or_default());
        } else if skip > 0 {
            skip -= 1;
        } else if is_handler {
            sides.relative(run, word, dir);
        } else if !start.contains("://") {
            sides.absolute(word, start);
        }
    }
    // Without a place of its own, what is fetched lands in the working directory.
    if matches!(effect, Effect::Fetch) && !is_handler && !sides.inside && !sides.outside {
        sides.path(dir.unwrap_or("/"), dir.is_some());
    }
    sides.reach()
}

struct Sides<'t> {
    trees: &'t [String],
    inside: bool,
    outside: bool,
}

impl Sides<'_> {
    fn relative(&mut self, run: &Run, word: &Word, dir: Option<&str>) {
        let start = word.literal_start();
        let raw = word.span.of(run.text());
        match dir {
            _ if start.starts_with('/') => self.absolute(word, start),
            _ if raw.starts_with('~') => self.outside = true,
            Some(dir) if !start.is_empty() || !raw.contains(['$', '`']) => {
                self.path(&joined(dir, start), word.value.is_some() || is_pattern(raw));
            }
            _ => (self.inside, self.outside) = (true, true),
        }
    }

    fn absolute(&mut self, word: &Word, path: &str) {
        if path.starts_with('/') {
            self.path(&normalized(path), word.value.is_some());
        }
    }

    /// A path; where it `is_literal` not, what follows may lead anywhere below.
    fn path(&mut self, path: &str, is_literal: bool) {
        let below_a_tree = self.trees.iter().any(|tree| is_at_or_below(path, tree));
        let above_a_tree = self.trees.iter().any(|tree| is_at_or_below(tree, path));
        self.inside |= below_a_tree || (above_a_tree && !is_literal) || path == "/";
        self.outside |= !below_a_tree;
    }

    const fn reach(&self) -> Reach {
        match (self.inside, self.outside) {
            (true, true) => Reach::Both,
            (true, false) => Reach::Inside,
            (false, _) => Reach::Outside,
        }
    }
}

/// Whether a word that is not literal is but a pattern for names.
fn is_pattern(raw: &str) -> bool {
    !raw.contains(['$', '`'])
}
