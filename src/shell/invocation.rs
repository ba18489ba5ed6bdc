//! What a command really runs: past `sudo`, `env` and their kin, and into `sh -c`.

use super::command::Command;
use super::quoting::Word;
use super::{Opaque, Script, parse_within};
use crate::edit::Span;

/// A program and its arguments, wrappers removed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Invocation<'c> {
    /// The program without its folders.
    pub name: &'c str,
    /// The word that names the program.
    pub program: &'c Word,
    /// Its arguments.
    pub words: &'c [Word],
}

/// A command that runs another one.
struct Wrapper {
    name: &'static str,
    /// Options that take the next word.
    valued: &'static [&'static str],
    /// Options after which no other command is run.
    ends: &'static [&'static str],
    /// Whether `A=b` may stand before the command.
    assigns: bool,
}

const fn plain(name: &'static str) -> Wrapper {
    Wrapper { name, valued: &[], ends: &[], assigns: false }
}

const WRAPPERS: &[Wrapper] = &[
    Wrapper {
        name: "sudo",
        valued: &[
            "-u", "--user", "-g", "--group", "-h", "--host", "-p", "--prompt", "-C", "-r", "-t", "-T", "-U", "-D", "-R",
        ],
        ends: &["-l", "--list", "-e", "--edit", "-v", "--validate", "-s", "--shell", "-i", "--login"],
        assigns: true,
    },
    Wrapper {
        name: "env",
        valued: &["-u", "--unset", "-C", "--chdir"],
        ends: &["-S", "--split-string"],
        assigns: true,
    },
    Wrapper { name: "exec", valued: &["-a"], ends: &[], assigns: false },
    Wrapper { name: "command", valued: &[], ends: &["-v", "-V"], assigns: false },
    Wrapper { name: "time", valued: &["-f", "--format", "-o", "--output"], ends: &[], assigns: false },
    Wrapper { name: "nice", valued: &["-n", "--adjustment"], ends: &[], assigns: false },
    plain("nohup"),
    plain("eatmydata"),
    plain("builtin"),
];

impl Command {
    /// The program that the command runs, past `sudo`, `env`, `exec`, `command`, `time`, `nice`, `nohup`, `eatmydata`
    /// and `builtin`. `None` where there is none or its name is not literal.
    #[must_use]
    pub fn program(&self) -> Option<Invocation<'_>> {
        let mut words = self.words.as_slice();
        loop {
            let (program, rest) = words.split_first()?;
            let name = base_name(program.value.as_deref()?);
            let inner = WRAPPERS.iter().find(|wrapper| wrapper.name == name).map(|wrapper| wrapper.inner(rest));
            match inner {
                Some(Inner::Command(inner)) => words = inner,
                Some(Inner::Unknown) => return None,
                Some(Inner::None) | None => return Some(Invocation { name, program, words: rest }),
            }
        }
    }
}

/// What a wrapper runs.
enum Inner<'c> {
    Command(&'c [Word]),
    /// An option is not literal: what follows it is a guess.
    Unknown,
    None,
}

impl Wrapper {
    fn inner<'c>(&self, words: &'c [Word]) -> Inner<'c> {
        let mut words = words;
        while let Some((word, rest)) = words.split_first() {
            let Some(value) = word.value.as_deref() else {
                return if self.assigns && assigns(word) { self.inner(rest) } else { Inner::Unknown };
            };
            words = match value {
                "--" => return self.inner_after_options(rest),
                _ if self.ends.contains(&value) => return Inner::None,
                _ if self.valued.contains(&value) => rest.get(1..).unwrap_or_default(),
                _ if value.starts_with('-') || (self.assigns && value.contains('=')) => rest,
                _ => return Inner::Command(words),
            };
        }
        Inner::None
    }

    fn inner_after_options<'c>(&self, words: &'c [Word]) -> Inner<'c> {
        let assignments = words.iter().take_while(|word| self.assigns && assigns(word)).count();
        match words.get(assignments..) {
            Some(inner) if !inner.is_empty() => Inner::Command(inner),
            _ => Inner::None,
        }
    }
}

impl Invocation<'_> {
    /// The script that `sh -c`, `bash -lc` and their kin run, with spans in `text`: the text that the command is from.
    /// `None` where no script is given on the command line.
    ///
    /// # Errors
    /// [`Opaque`] as for [`super::parse`], and where quotes or expansions make the script another text than is written.
    #[must_use]
    pub fn inner_script(&self, text: &str) -> Option<Result<Script, Opaque>> {
        if !matches!(self.name, "sh" | "bash" | "dash" | "ash") {
            return None;
        }
        let word = self.script_word()?;
        Some(verbatim(text, word).ok_or(Opaque::Quoting).and_then(|span| parse_within(text, span)))
    }

    fn script_word(&self) -> Option<&Word> {
        let mut given = false;
        let mut words = self.words.iter();
        while let Some(word) = words.next() {
            let start = word.literal_start();
            if start.starts_with("--") {
                continue;
            }
            match start.strip_prefix(['-', '+']) {
                Some(letters) => {
                    given |= start.starts_with('-') && letters.contains('c');
                    if letters.ends_with(['o', 'O']) {
                        words.next();
                    }
                }
                None => return given.then_some(word),
            }
        }
        None
    }
}

/// The span within `word` that is its value to the byte: without its quotes, where they change nothing.
fn verbatim(text: &str, word: &Word) -> Option<Span> {
    let value = word.value.as_deref()?;
    let raw = text.get(word.span.start..word.span.end)?;
    let quotes = raw.len().checked_sub(value.len())? / 2;
    let span = Span::new(word.span.start + quotes, word.span.end - quotes);
    (text.get(span.start..span.end)? == value).then_some(span)
}

fn assigns(word: &Word) -> bool {
    word.literal_start().contains('=')
}

fn base_name(program: &str) -> &str {
    program.rsplit('/').next().unwrap_or(program)
}

#[cfg(test)]
mod tests {
    use super::super::{Opaque, parse};

    /// The program and its arguments; an argument that is no literal shows as `_`.
    fn program(text: &str) -> Option<String> {
        let script = parse(text).unwrap();
        let invocation = script.commands[0].program()?;
        let words = invocation.words.iter().map(|word| word.value.as_deref().unwrap_or("_"));
        Some(std::iter::once(invocation.name).chain(words).collect::<Vec<_>>().join(" "))
    }

    #[test]
    fn wrappers_and_their_options_are_removed() {
        for (text, runs) in [
            ("/usr/bin/apt-get update", "apt-get update"),
            ("sudo -E -u app make -j2", "make -j2"),
            ("sudo DEBIAN_FRONTEND=noninteractive apt-get install x", "apt-get install x"),
            ("env -i A=b \"PATH=$PATH\" -- make", "make"),
            ("env -u HOME -- A=$B make", "make"),
            ("exec -a name prog", "prog"),
            ("nice -n 10 nohup time -p eatmydata make", "make"),
            ("command -p ls", "ls"),
            ("command -v ls", "command -v ls"),
            ("A=1 builtin cd /x", "cd /x"),
            ("sudo -i", "sudo -i"),
            ("env", "env"),
            ("echo $x", "echo _"),
        ] {
            assert_eq!(program(text).as_deref(), Some(runs), "{text}");
        }
    }

    #[test]
    fn a_program_that_is_an_expansion_has_no_name() {
        for text in ["$cmd x", "A=1", "sudo $options make", "env $x make"] {
            assert_eq!(program(text), None, "{text}");
        }
    }

    #[test]
    fn an_inner_script_has_spans_in_the_outer_text() {
        for text in [
            "é; sh -c 'apt-get update && rm -rf x'",
            "é; /bin/bash -o pipefail -lc \"apt-get update && rm -rf x\"",
            "é; sudo bash --login -ec 'apt-get update && rm -rf x' name",
        ] {
            let script = parse(text).unwrap();
            let inner = script.commands[1].program().unwrap().inner_script(text).unwrap().unwrap();
            let commands: Vec<_> = inner.commands.iter().map(|command| command.span.of(text)).collect();
            assert_eq!(commands, ["apt-get update", "rm -rf x"], "{text}");
        }
    }

    #[test]
    fn an_inner_script_that_is_no_plain_text_is_opaque() {
        for text in ["sh -c \"a $b\"", r#"sh -c "a \"b\"""#, "sh -c 'a'b", "sh -c \"$(b)\""] {
            let script = parse(text).unwrap();
            let inner = script.commands[0].program().unwrap().inner_script(text);
            assert_eq!(inner, Some(Err(Opaque::Quoting)), "{text}");
        }
    }

    #[test]
    fn a_shell_without_a_script_on_its_command_line_has_no_inner_script() {
        for text in ["sh install.sh -c x", "bash", "python -c 'a'", "bash +c x", "sh -x"] {
            let script = parse(text).unwrap();
            assert_eq!(script.commands[0].program().unwrap().inner_script(text), None, "{text}");
        }
    }
}
