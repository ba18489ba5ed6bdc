//! The programs that are built and started: where the builder leaves them, and where the runtime stage wants them.

use super::refusals::at_place;
use crate::decision::Held;
use crate::dockerfile::Keyword;
use crate::engine::View;
use crate::facts::products::{Call, Product};
use crate::facts::scope::is_at_or_below;
use crate::facts::{Started, Wanted};
use crate::templates::ToolChain;

/// A program that is built and started.
#[derive(PartialEq, Eq)]
pub(super) struct Program {
    /// Where the builder leaves it.
    pub(super) built: String,
    /// Where the runtime stage has it.
    pub(super) run: String,
}

/// Folders that every PATH has.
const FOLDERS: [&str; 6] = ["/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin"];

/// The programs that run at start and that one of `calls` makes.
pub(super) fn started(view: &View, chain: &ToolChain, calls: &[Call]) -> Result<Vec<Program>, Held> {
    let products: Vec<&Product> = calls.iter().filter_map(|call| call.product.as_ref()).collect();
    let mut programs: Vec<Program> = Vec::new();
    for started in &view.facts.start().commands {
        let wanted = view.facts.wanted_at_start(started).map_err(|reason| at_place(reason, &started.place))?;
        let found = match wanted {
            Wanted::Program => program(view, chain, started, &products).into_iter().collect(),
            Wanted::Files(paths) => files(paths, &products),
        };
        programs.extend(found.into_iter().filter(|program| !programs.contains(program)).collect::<Vec<_>>());
    }
    if programs.is_empty() {
        return Err(nothing_started(view, calls));
    }
    match programs.iter().find(|program| holds_sources(view, program)) {
        Some(program) => Err(Held::blocked(format!(
            "{} is to run, and the sources lie in it as well; build into a folder of its own",
            program.built
        ))),
        None => Ok(programs),
    }
}

/// The files that are made; one that holds `*` keeps its folder.
fn files(paths: Vec<String>, products: &[&Product]) -> Vec<Program> {
    let made = paths.into_iter().filter(|path| products.iter().any(|product| product.is_at(path)));
    let program = |path: String| match path.rsplit_once('/') {
        Some((folder, name)) if name.contains('*') => Program { built: path.clone(), run: format!("{folder}/") },
        _ => Program { built: path.clone(), run: path },
    };
    made.map(program).collect()
}

/// Whether a folder is one that sources are copied to.
fn holds_sources(view: &View, program: &Program) -> bool {
    let mut copies = view.facts.steps().own().iter().filter(|step| view.facts.copies_files(step));
    copies.any(|step| {
        let below = step.destination().is_some_and(|place| is_at_or_below(&place, &program.built));
        below && view.facts.brought(step).is_some_and(|brought| brought.has_sources)
    })
}

fn program(view: &View, chain: &ToolChain, started: &Started, products: &[&Product]) -> Option<Program> {
    let is_made = |path: &String| products.iter().any(|product| product.is_at(path));
    if started.program.contains('/') {
        let path = view.facts.steps().end.absolute(&started.program).filter(is_made)?;
        return Some(Program { built: path.clone(), run: path });
    }
    let own = folders_of_the_file(view);
    let in_folder = |folder: &str| format!("{}/{}", folder.trim_end_matches('/'), started.name);
    let stays = own.iter().map(String::as_str).chain(FOLDERS).map(in_folder).find(is_made);
    let moves = || chain.folders.iter().map(|folder| in_folder(folder)).find(is_made);
    stays.map(|path| Program { built: path.clone(), run: path }).or_else(|| {
        let built = moves()?;
        Some(Program { built, run: format!("/usr/local/bin/{}", started.name) })
    })
}

/// Folders that the file adds to PATH.
fn folders_of_the_file(view: &View) -> Vec<String> {
    let steps = view.facts.steps().own().iter().filter(|step| step.is(Keyword::Env));
    let pairs = steps.flat_map(|step| step.instruction.pairs());
    let paths = pairs.filter(|pair| pair.key == "PATH").filter_map(|pair| pair.value.as_deref());
    let folders = paths.flat_map(|path| path.trim_matches('"').split(':'));
    folders.filter(|folder| folder.starts_with('/')).map(str::to_owned).collect()
}

fn nothing_started(view: &View, calls: &[Call]) -> Held {
    let start = view.facts.start();
    let unknown = calls.iter().find_map(|call| match &call.product {
        Some(Product::Unknown(why)) => Some((call, why.clone())),
        _ => None,
    });
    if let Some((call, why)) = unknown {
        let step = view.facts.steps().own().get(call.step);
        return Held::Blocked { reason: why, at: step.map(|step| step.instruction.span) };
    }
    if let Some(missing) = &start.missing {
        return Held::blocked(format!("{missing} runs at start and is not at hand; give its folder with --context"));
    }
    let program = start.commands.first().map_or_else(|| "nothing".to_owned(), |started| named(view, started));
    Held::blocked(format!("{program} runs at start, and no line is known to build it there"))
}

/// What a reason calls a command: the first file that it runs, or the program.
fn named(view: &View, started: &Started) -> String {
    match view.facts.wanted_at_start(started) {
        Ok(Wanted::Files(files)) => files.into_iter().next().unwrap_or_default(),
        _ => started.program.clone(),
    }
}

/// What is built and not started: it stays in the builder.
pub(super) fn not_started(calls: &[Call], programs: &[Program]) -> Vec<String> {
    let places = calls.iter().filter_map(|call| match &call.product {
        Some(Product::Program(path) | Product::AtOrIn(path)) => call.product.as_ref().zip(Some(path)),
        _ => None,
    });
    let left = places.filter(|(product, _)| !programs.iter().any(|program| product.is_at(&program.built)));
    left.map(|(_, path)| format!("{path} is built and not started: it stays in the builder")).collect()
}
