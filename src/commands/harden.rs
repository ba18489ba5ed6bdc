//! `harden [PATH]…`: reads, hardens, and prints, compares, writes or checks.

use std::path::PathBuf;

use harden::dockerfile::bytes;
use harden::engine::Outcome;
use harden::report::json::{self, Entry, RulesOf};
use harden::report::{self, Detail, Tally, diff};
use harden::templates::Rules;
use rayon::prelude::*;

use super::console::Console;
use super::failure::Failure;
use super::input::{self, Found, Input};
use super::pipeline::{self, Pipeline};
use super::{Exit, config, files};
use crate::cli::{Format, Harden};

/// What becomes of a result.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Mode {
    /// Print the file.
    Print,
    /// Print what would change.
    Diff,
    /// Rewrite the file.
    Write,
    /// Name the files that would change.
    Check,
    /// Print what would change, and fail if anything would.
    CheckDiff,
    /// Write the result to another file.
    Output(PathBuf),
}

impl Mode {
    fn of(args: &Harden) -> Self {
        match &args.output {
            Some(path) => Self::Output(path.clone()),
            None if args.write => Self::Write,
            None if args.check && args.diff => Self::CheckDiff,
            None if args.check => Self::Check,
            None if args.diff => Self::Diff,
            None => Self::Print,
        }
    }

    fn is_check(&self) -> bool {
        matches!(self, Self::Check | Self::CheckDiff)
    }

    fn takes_one_file(&self) -> bool {
        matches!(self, Self::Print | Self::Output(_))
    }
}

/// A file and what came of it.
struct Done {
    name: String,
    result: Result<(Input, Outcome), Failure>,
}

/// Runs the command.
pub fn run(args: &Harden, console: &mut Console) -> Result<Exit, Failure> {
    let mode = Mode::of(args);
    let found = inputs(args, &mode)?;
    let (config, overlays) = config::load(&args.choices)?;
    let pipeline = Pipeline::new(config, &overlays)?;
    let done: Vec<Done> = found.into_par_iter().map(|found| harden(found, &pipeline, args)).collect();
    Ok(Delivery { mode: &mode, args, rules: pipeline.rules(), console, tally: Tally::default() }.all(done))
}

fn inputs(args: &Harden, mode: &Mode) -> Result<Vec<Found>, Failure> {
    if args.report == Format::Json && !matches!(mode, Mode::Check | Mode::Write) {
        return Err(Failure::new("--report json needs standard output for itself").hint("add --check or --write"));
    }
    pipeline::refuse_context(&args.choices)?;
    let found = match args.paths.as_slice() {
        [] => vec![Found::from(input::default(*mode != Mode::Write)?)],
        paths => input::collect(paths),
    };
    if *mode == Mode::Write && found.iter().any(|found| matches!(found.input, Ok(Input::Stdin))) {
        return Err(Failure::new("standard input cannot be rewritten in place")
            .hint("name a file, or leave --write out to print the result"));
    }
    if found.len() > 1 && mode.takes_one_file() {
        return Err(Failure::new(format!("{} files, but there is room for one result", found.len()))
            .hint("add --diff, --write or --check to work on several"));
    }
    Ok(found)
}

fn harden(found: Found, pipeline: &Pipeline, args: &Harden) -> Done {
    let Found { name, input } = found;
    let result = input.and_then(|input| {
        let text = files::read(&input)?;
        let outcome = pipeline.harden(&input, &text, &args.choices)?;
        Ok((input, outcome))
    });
    Done { name, result }
}

/// Hands the results out, in the order of the files.
struct Delivery<'r, 'c> {
    mode: &'r Mode,
    args: &'r Harden,
    rules: &'r Rules,
    console: &'r mut Console<'c>,
    tally: Tally,
}

impl Delivery<'_, '_> {
    fn all(mut self, done: Vec<Done>) -> Exit {
        let delivered: Vec<Done> = done.into_iter().map(|done| self.deliver(done)).collect();
        if self.args.report == Format::Json {
            let rules = self.rules.by_transform();
            let entries: Vec<Entry> = delivered.iter().map(|done| entry(done, &rules)).collect();
            self.console.data(json::array(&entries).as_bytes());
        } else if self.tally.files > 1 && !self.args.quiet {
            self.console.words(&format!("{}\n", self.tally));
        }
        self.exit()
    }

    fn exit(&self) -> Exit {
        match self.tally {
            Tally { errors: 1.., .. } => Exit::Errors,
            Tally { changed: 1.., .. } if self.mode.is_check() => Exit::Findings,
            _ => Exit::Fine,
        }
    }

    fn deliver(&mut self, done: Done) -> Done {
        let Done { name, result } = done;
        let result = result.and_then(|(input, outcome)| {
            self.put(&input, &outcome)?;
            Ok((input, outcome))
        });
        self.tally.files += 1;
        match &result {
            Ok((_, outcome)) => {
                self.tally.changed += usize::from(outcome.is_changed());
                self.report(&name, outcome);
            }
            Err(failure) => {
                self.tally.errors += 1;
                self.console.failure(failure);
            }
        }
        Done { name, result }
    }

    fn put(&mut self, input: &Input, outcome: &Outcome) -> Result<(), Failure> {
        match (self.mode, input) {
            (Mode::Print, _) => self.console.data(&bytes::encode(&outcome.after)),
            (Mode::Diff | Mode::CheckDiff, _) => {
                let diff = diff::unified(&input.path_for_git(), &outcome.before, &outcome.after);
                let diff = if self.console.data_in_colour() { diff::coloured(&diff) } else { diff };
                self.console.data(&bytes::encode(&diff));
            }
            (Mode::Check, _) if outcome.is_changed() && self.args.report == Format::Text => {
                self.console.data(input.name_bytes());
                self.console.data(b"\n");
            }
            (Mode::Write, Input::File(path)) => {
                files::refuse_link(path)?;
                if outcome.is_changed() {
                    files::replace(path, &bytes::encode(&outcome.after))?;
                }
            }
            (Mode::Output(path), _) => files::replace(path, &bytes::encode(&outcome.after))?,
            (Mode::Check, _) | (Mode::Write, Input::Stdin) => {}
        }
        Ok(())
    }

    fn report(&mut self, name: &str, outcome: &Outcome) {
        if self.args.quiet || self.args.report == Format::Json {
            return;
        }
        let detail = if self.args.verbose { Detail::Full } else { Detail::Short };
        self.console.words(&report::text(name, outcome, detail));
    }
}

fn entry<'a>(done: &'a Done, rules: &'a RulesOf) -> Entry<'a> {
    match &done.result {
        Ok((_, outcome)) => Entry::outcome(&done.name, outcome, rules),
        Err(failure) => Entry::error(&done.name, &failure.message()),
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;
    use crate::cli::Cli;

    struct Seen {
        exit: Exit,
        data: String,
        words: String,
    }

    fn done(name: &str, before: &str, after: &str) -> Done {
        let outcome = Outcome { before: before.to_owned(), after: after.to_owned(), ..Outcome::default() };
        Done { name: name.to_owned(), result: Ok((Input::File(name.into()), outcome)) }
    }

    fn deliver(options: &[&str], done: Vec<Done>) -> Seen {
        let args = Cli::parse_from([&["harden"], options].concat()).harden;
        let (mut data, mut words) = (Vec::new(), anstream::StripStream::new(Vec::new()));
        let mut console = Console::new(&mut data, &mut words);
        let (mode, rules) = (Mode::of(&args), Rules::default());
        let delivery =
            Delivery { mode: &mode, args: &args, rules: &rules, console: &mut console, tally: Tally::default() };
        let exit = delivery.all(done);
        let exit = console.finish(exit);
        let text = |bytes| String::from_utf8(bytes).unwrap();
        Seen { exit, data: text(data), words: text(words.into_inner()) }
    }

    fn one_of_each() -> Vec<Done> {
        vec![
            done("a", "FROM a\n", "FROM b\n"),
            done("b", "FROM a\n", "FROM a\n"),
            Done { name: "c".to_owned(), result: Err(Failure::new("c is bad").hint("mend it")) },
        ]
    }

    #[test]
    fn check_names_the_files_that_would_change() {
        let seen = deliver(&["--check"], vec![done("a", "FROM a\n", "FROM b\n"), done("b", "FROM a\n", "FROM a\n")]);
        assert_eq!((seen.exit, seen.data.as_str()), (Exit::Findings, "a\n"));
    }

    #[test]
    fn check_is_content_where_nothing_would_change() {
        let seen = deliver(&["--check"], vec![done("a", "FROM a\n", "FROM a\n")]);
        assert_eq!((seen.exit, seen.data.as_str()), (Exit::Fine, ""));
    }

    #[test]
    fn one_bad_file_does_not_stop_the_others_and_makes_the_exit_code() {
        let seen = deliver(&["--check"], one_of_each());
        assert_eq!((seen.exit, seen.data.as_str()), (Exit::Errors, "a\n"));
        assert!(seen.words.contains("error: c is bad\nhint: mend it\n"), "{}", seen.words);
        assert!(seen.words.ends_with("3 files: 1 with changes, 1 fine, 1 error\n"), "{}", seen.words);
    }

    #[test]
    fn quiet_leaves_the_errors() {
        assert_eq!(deliver(&["--check", "--quiet"], one_of_each()).words, "error: c is bad\nhint: mend it\n");
    }

    #[test]
    fn a_diff_is_no_finding_unless_checked() {
        let diff = "--- a/a\n+++ b/a\n@@ -1 +1 @@\n-FROM a\n+FROM b\n";
        let changed = || vec![done("a", "FROM a\n", "FROM b\n")];
        let seen = deliver(&["--diff"], changed());
        assert_eq!((seen.exit, seen.data.as_str()), (Exit::Fine, diff));
        let seen = deliver(&["--diff", "--check"], changed());
        assert_eq!((seen.exit, seen.data.as_str()), (Exit::Findings, diff));
    }

    #[test]
    fn json_tells_of_every_file_and_is_alone_on_standard_output() {
        let seen = deliver(&["--check", "--report", "json"], one_of_each());
        let json: serde_json::Value = serde_json::from_str(&seen.data).unwrap();
        assert_eq!(json[0]["changed"], true);
        assert_eq!(
            json[1],
            serde_json::json!({"file": "b", "changed": false, "applied": [], "advice": [], "held": []})
        );
        assert_eq!(json[2], serde_json::json!({"file": "c", "error": "c is bad"}));
        assert_eq!(seen.words, "error: c is bad\nhint: mend it\n");
    }

    #[test]
    fn writing_touches_the_changed_files_alone() {
        let root = tempfile::tempdir().unwrap();
        let path = |name: &str| root.path().join(name).to_str().unwrap().to_owned();
        std::fs::write(path("changed"), "FROM a\n").unwrap();
        let seen = deliver(
            &["-w"],
            vec![done(&path("changed"), "FROM a\n", "FROM b\n"), done(&path("unchanged"), "FROM a\n", "FROM a\n")],
        );
        assert_eq!(seen.exit, Exit::Fine);
        assert_eq!(std::fs::read_to_string(path("changed")).unwrap(), "FROM b\n");
        assert!(!root.path().join("unchanged").exists());
    }

    #[test]
    fn output_goes_to_the_named_file_and_not_to_standard_output() {
        let root = tempfile::tempdir().unwrap();
        let target = root.path().join("out");
        let seen = deliver(&["-o", target.to_str().unwrap()], vec![done("a", "FROM a\n", "FROM b\n")]);
        assert_eq!((seen.exit, seen.data.as_str()), (Exit::Fine, ""));
        assert_eq!(std::fs::read_to_string(target).unwrap(), "FROM b\n");
    }
}
