//! `.dockerignore`, by Docker's rules: `filepath.Match` and `**`, negations, the last match wins.

/// What `.dockerignore` excludes.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Ignore {
    patterns: Vec<Pattern>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Pattern {
    includes: bool,
    steps: Vec<Step>,
    /// The literal path where nothing in it is special.
    literal: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Step {
    /// This character.
    Char(char),
    /// `?`: one character but `/`.
    One,
    /// `*`: any number of characters but `/`.
    Star,
    /// `**` at the end: anything.
    Rest,
    /// `**/`: any number of folders.
    Folders,
    /// `[a-z]`.
    Class { negated: bool, ranges: Vec<(char, char)> },
}

impl Ignore {
    /// Reads a `.dockerignore`. A pattern that Docker would reject excludes nothing.
    #[must_use]
    pub fn parse(text: &str) -> Self {
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        let lines = text.lines().filter(|line| !line.starts_with('#'));
        Self { patterns: lines.filter_map(|line| Pattern::parse(line.trim())).collect() }
    }

    /// Whether the path is not in the context: the last pattern that matches it or a folder above it decides.
    #[must_use]
    pub fn excludes(&self, path: &str) -> bool {
        self.patterns.iter().rev().find(|pattern| pattern.covers(path)).is_some_and(|pattern| !pattern.includes)
    }

    /// Whether a negation could bring back something below an excluded folder.
    #[must_use]
    pub fn may_include_below(&self, folder: &str) -> bool {
        self.patterns.iter().any(|pattern| pattern.includes && pattern.may_reach_below(folder))
    }
}

impl Pattern {
    fn parse(line: &str) -> Option<Self> {
        let (includes, path) = match line.strip_prefix('!') {
            Some(path) => (true, path.trim()),
            None => (false, line),
        };
        let path = clean(path);
        if path.is_empty() {
            return None;
        }
        let literal = (!path.contains(['*', '?', '[', ']', '\\'])).then(|| path.clone());
        Some(Self { includes, steps: steps(&path)?, literal })
    }

    /// Whether the pattern matches the path or a folder above it.
    fn covers(&self, path: &str) -> bool {
        if let Some(literal) = &self.literal {
            return path.strip_prefix(literal.as_str()).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
        }
        let mut states = self.start();
        for ch in path.chars() {
            if ch == '/' && self.is_done(&states) {
                return true;
            }
            states = self.advance(&states, ch);
            if states.is_empty() {
                return false;
            }
        }
        self.is_done(&states)
    }

    fn may_reach_below(&self, folder: &str) -> bool {
        let mut states = self.start();
        for ch in folder.chars().chain(['/']) {
            if ch == '/' && self.is_done(&states) {
                return true;
            }
            states = self.advance(&states, ch);
        }
        !states.is_empty()
    }

    fn start(&self) -> Vec<usize> {
        let mut states = Vec::new();
        self.enter(0, &mut states);
        states
    }

    /// Enters a step, and what follows it where the step may match nothing.
    fn enter(&self, mut at: usize, states: &mut Vec<usize>) {
        while !states.contains(&at) {
            states.push(at);
            if !matches!(self.steps.get(at), Some(Step::Star | Step::Rest | Step::Folders)) {
                return;
            }
            at += 1;
        }
    }

    fn advance(&self, states: &[usize], ch: char) -> Vec<usize> {
        let mut next = Vec::new();
        for &at in states {
            match self.steps.get(at) {
                Some(Step::Char(own)) if *own == ch => self.enter(at + 1, &mut next),
                Some(Step::One) if ch != '/' => self.enter(at + 1, &mut next),
                Some(Step::Star) if ch != '/' => self.enter(at, &mut next),
                Some(Step::Rest) => self.enter(at, &mut next),
                Some(Step::Folders) if ch == '/' => self.enter(at, &mut next),
                // Inside a folder's name, the step must not be left.
                Some(Step::Folders) if !next.contains(&at) => next.push(at),
                Some(Step::Class { negated, ranges }) if *negated != in_ranges(ranges, ch) => {
                    self.enter(at + 1, &mut next);
                }
                _ => {}
            }
        }
        next
    }

    fn is_done(&self, states: &[usize]) -> bool {
        states.contains(&self.steps.len())
    }
}

fn in_ranges(ranges: &[(char, char)], ch: char) -> bool {
    ranges.iter().any(|(first, last)| (*first..=*last).contains(&ch))
}

/// Go's `filepath.Clean`, then the leading `/` dropped.
fn clean(path: &str) -> String {
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." if parts.last().is_some_and(|last| *last != "..") => {
                parts.pop();
            }
            ".." if path.starts_with('/') => {}
            _ => parts.push(part),
        }
    }
    parts.join("/")
}

/// The steps of a pattern, or `None` where Docker would call its syntax wrong.
fn steps(pattern: &str) -> Option<Vec<Step>> {
    // Docker takes `**.pyc` as any path that ends so, other than a `**` further on.
    if let Some(suffix) = pattern.strip_prefix("**")
        && !suffix.starts_with('/')
        && !suffix.contains(['*', '?', '[', ']', '\\'])
    {
        return Some([Step::Rest].into_iter().chain(suffix.chars().map(Step::Char)).collect());
    }
    let mut steps = Vec::new();
    let mut chars = pattern.chars().peekable();
    while let Some(ch) = chars.next() {
        steps.push(match ch {
            '*' if chars.next_if_eq(&'*').is_some() => {
                chars.next_if_eq(&'/');
                if chars.peek().is_some() { Step::Folders } else { Step::Rest }
            }
            '*' => Step::Star,
            '?' => Step::One,
            '[' => class(&mut chars)?,
            ']' => return None,
            '\\' => Step::Char(chars.next()?),
            _ => Step::Char(ch),
        });
    }
    Some(steps)
}

fn class(chars: &mut std::iter::Peekable<std::str::Chars<'_>>) -> Option<Step> {
    let negated = chars.next_if_eq(&'^').is_some();
    let mut ranges = Vec::new();
    loop {
        let first = match chars.next()? {
            ']' if ranges.is_empty() => return None,
            ']' => return Some(Step::Class { negated, ranges }),
            '\\' => chars.next()?,
            ch => ch,
        };
        let last = match chars.next_if_eq(&'-') {
            Some(_) => chars.next().filter(|last| *last != ']')?,
            None => first,
        };
        ranges.push((first, last));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn excludes(text: &str, path: &str) -> bool {
        Ignore::parse(text).excludes(path)
    }

    #[test]
    fn a_pattern_stands_for_the_root_and_for_what_is_below() {
        assert!(excludes("data", "data/app.db"));
        assert!(!excludes("data", "app/data"));
        assert!(!excludes("data", "data2"));
        assert!(excludes("/data/", "data/x"));
        assert!(excludes("./a/../b//c/", "b/c"));
    }

    #[test]
    fn stars_and_classes_stay_within_a_name() {
        assert!(excludes("*.md", "README.md") && !excludes("*.md", "docs/a.md"));
        assert!(excludes("*/temp*", "a/temporary") && !excludes("*/temp*", "a/b/temp"));
        assert!(excludes("a?c", "abc") && !excludes("a?c", "a/c"));
        assert!(excludes("*.py[cod]", "a.pyc") && !excludes("*.py[^cod]", "a.pyc"));
        assert!(excludes("[a-c]x", "bx") && excludes(r"\*", "*") && !excludes(r"\*", "a"));
    }

    #[test]
    fn two_stars_stand_for_any_number_of_folders() {
        for path in ["a.go", "x/a.go", "x/y/a.go"] {
            assert!(excludes("**/*.go", path));
            assert!(excludes("**.go", path));
        }
        assert!(excludes("**/node_modules", "a/node_modules/x") && !excludes("**/b", "ab"));
        assert!(excludes("a/**/b", "a/b") && excludes("a/**/b", "a/x/y/b") && !excludes("a/**/b", "a/xb"));
        assert!(excludes("a/**", "a/x/y") && !excludes("a/**", "a") && excludes("**", "x/y"));
    }

    #[test]
    fn the_last_match_wins() {
        let text = "*\n!src\n!README.md\nsrc/secret";
        assert!(!excludes(text, "src/app.py") && !excludes(text, "README.md"));
        assert!(excludes(text, "src/secret") && excludes(text, "LICENSE"));
    }

    #[test]
    fn comments_blank_lines_and_wrong_patterns_exclude_nothing() {
        let text = "\u{feff}# a\n\n  \n!\n/\n[\na[]\nb]\n #c";
        assert_eq!(Ignore::parse(text).patterns.len(), 1);
        assert!(excludes(text, "#c") && !excludes(text, "a"));
    }

    #[test]
    fn the_dockerfile_and_the_ignore_file_can_be_excluded() {
        assert!(excludes("Dockerfile*\n.dockerignore\r\n", "Dockerfile"));
        assert!(excludes("Dockerfile*\n.dockerignore\r\n", ".dockerignore"));
    }

    #[test]
    fn a_negation_reaches_only_its_own_folders() {
        let ignore = Ignore::parse("*\n!app/static\n!conf*/x");
        assert!(ignore.may_include_below("app") && ignore.may_include_below("config"));
        assert!(ignore.may_include_below("app/static/css"));
        assert!(!ignore.may_include_below("data") && !ignore.may_include_below("application"));
        assert!(Ignore::parse("*\n!**/a").may_include_below("x/y"));
    }

    #[test]
    fn many_stars_take_no_more_than_linear_time() {
        assert!(!excludes(&"*a".repeat(200), &"a".repeat(150)));
        assert!(excludes("**/a", &"b/".repeat(2_000).replace("b/b", "b/a")));
    }
}
