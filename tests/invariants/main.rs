//! What the pipeline promises of every Dockerfile, whatever it is: checked on our own files and on a folder of real ones.
//!
//! `HARDEN_CORPUS` names that folder; every file below it is run, with no build context and with that of a small
//! project. Without it those tests have to be seen as *ignored*: hence `libtest-mimic` in the place of the built-in
//! harness. Run them optimised: `HARDEN_CORPUS=… cargo test --release --test invariants`.

mod comments;
#[path = "../corpus/mod.rs"]
mod corpus;
mod findings;
mod reports;
mod rewrite;
mod run;
mod sets;
mod summary;
mod users;

use libtest_mimic::{Arguments, Trial};
use run::Promise;

/// Every promise, in the order in which a breach is worth looking at.
static PROMISES: [Promise; 16] = [
    Promise { name: "both readings tile their text", holds: rewrite::items_tile },
    Promise {
        name: "a file that BuildKit rejects, or a template, comes back byte for byte",
        holds: rewrite::rejected_is_untouched,
    },
    Promise { name: "BuildKit takes every result", holds: rewrite::result_is_taken },
    Promise { name: "a second run changes nothing", holds: rewrite::is_idempotent },
    Promise { name: "line endings stay", holds: rewrite::line_endings_stay },
    Promise {
        name: "instructions that nobody announced keep their bytes and their order",
        holds: rewrite::rest_is_kept,
    },
    Promise { name: "only lines of announced instructions go", holds: rewrite::lines_go_as_announced },
    Promise { name: "stages grow only as announced", holds: rewrite::stages_grow_as_announced },
    Promise { name: "comments outlive all but their instruction", holds: comments::survive },
    Promise { name: "comments stay with their instruction", holds: comments::stay_in_place },
    Promise { name: "the user of an added USER exists", holds: users::exist },
    Promise { name: "nothing is built behind an added USER", holds: users::come_after_the_work },
    Promise { name: "no engine check fails", holds: reports::no_check_fails },
    Promise { name: "every transform says what it did, or why not", holds: reports::are_complete },
    Promise { name: "every report has a reason and a line of the file", holds: reports::have_reasons },
    Promise { name: "a change is reported, and a report of a change is true", holds: reports::are_true },
];

fn main() {
    let trials = sets::SETS.iter().flat_map(|set| {
        let ignored = set.is_absent();
        let unbroken = Trial::test(format!("{}: nothing panics", set.name), || Ok(set.findings().no_panics()?));
        let promises = PROMISES.iter().map(move |promise| {
            let name = format!("{}: {}", set.name, promise.name);
            Trial::test(name, || Ok(set.findings().of_promise(promise.name)?))
        });
        std::iter::once(unbroken).chain(promises).map(move |trial| trial.with_ignored_flag(ignored))
    });
    libtest_mimic::run(&Arguments::from_args(), trials.collect()).exit();
}
