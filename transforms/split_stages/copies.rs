//! COPY lines that fed pip alone and that the runtime stage can do without.

use super::super::place;
use super::pip;
use crate::dockerfile::Keyword;
use crate::edit::Edit;
use crate::engine::View;
use crate::facts::Step;

/// COPY lines that bring nothing but files which a later COPY of everything brings again.
pub(super) fn unneeded(view: &View, steps: &[Step], last_pip: usize) -> Vec<Edit> {
    let unneeded = steps.iter().enumerate().take(last_pip).filter(|(at, step)| {
        let later = steps.get(at + 1..).unwrap_or_default();
        is_brought_again(step, later, &|step| pip::reads_no_files(view, step))
    });
    unneeded.map(|(_, step)| Edit::delete(place::whole(view, step.instruction))).collect()
}

/// Whether a later step copies the whole context to where this one copied files of it, and every RUN between
/// `reads_no_files` once what builds is gone.
pub(super) fn is_brought_again(step: &Step, later: &[Step], reads_no_files: &impl Fn(&Step) -> bool) -> bool {
    let Some(at) = later.iter().position(copies_everything) else { return false };
    let (between, whole) = later.split_at(at);
    let quiet = between.iter().all(|step| !step.is(Keyword::Run) || reads_no_files(step));
    let (Some(whole), Some(destination)) = (whole.first().and_then(Step::destination), step.destination()) else {
        return false;
    };
    let lands_alike = |source: &str| {
        let name = source.trim_start_matches("./");
        let file = name.rsplit('/').next().unwrap_or(name);
        let again = format!("{}/{name}", whole.trim_end_matches('/'));
        destination == again || format!("{}/{file}", destination.trim_end_matches('/')) == again
    };
    step.copies_context() && quiet && step.sources().iter().all(|source| is_plain_file(source) && lands_alike(source))
}

/// Whether a source is certainly a file, and one that ADD does not unpack.
fn is_plain_file(source: &str) -> bool {
    const ENDINGS: [&str; 9] = ["txt", "in", "toml", "cfg", "py", "lock", "pip", "md", "python-version"];
    let is_literal = !source.contains(['*', '?', '[', '$', ':']);
    is_literal && (source == "Pipfile" || source.rsplit_once('.').is_some_and(|(_, ending)| ENDINGS.contains(&ending)))
}

/// Whether a step copies the whole context.
pub(super) fn copies_everything(step: &Step) -> bool {
    step.copies_context()
        && step.instruction.flag("--exclude").is_none()
        && step.sources().iter().all(|source| matches!(*source, "." | "./"))
}
