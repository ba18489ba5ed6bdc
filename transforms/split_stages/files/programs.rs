//! The programs that are built and started: where the builder leaves them, and where the runtime stage wants them.

use crate::decision::Held;
use crate::dockerfile::Keyword;
use crate::engine::View;
use crate::facts::Started;
use crate::facts::go::{GoCall, Product};

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

/// Folders that the PATH of the build image has besides, and that of the runtime image has not.
const FOLDERS_OF_GO: [&str; 1] = ["/go/bin"];

/// The programs that run at start and that one of `calls` makes.
pub(super) fn started(view: &View, calls: &[GoCall]) -> Result<Vec<Program>, Held> {
    let products: Vec<&Product> = calls.iter().filter_map(|call| call.product.as_ref()).collect();
    let mut programs = Vec::new();
    for started in &view.facts.start().commands {
        if let Some(program) = program(view, started, &products).filter(|program| !programs.contains(program)) {
            programs.push(program);
        }
    }
    if programs.is_empty() { Err(nothing_started(view, calls)) } else { Ok(programs) }
}

fn program(view: &View, started: &Started, products: &[&Product]) -> Option<Program> {
    let is_made = |path: &String| products.iter().any(|product| product.is_at(path));
    if started.program.contains('/') {
        let path = view.facts.steps().end.absolute(&started.program).filter(is_made)?;
        return Some(Program { built: path.clone(), run: path });
    }
    let own = folders_of_the_file(view);
    let in_folder = |folder: &str| format!("{}/{}", folder.trim_end_matches('/'), started.name);
    let stays = own.iter().map(String::as_str).chain(FOLDERS).map(in_folder).find(is_made);
    let moves = || FOLDERS_OF_GO.into_iter().map(in_folder).find(is_made);
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

fn nothing_started(view: &View, calls: &[GoCall]) -> Held {
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
    let program = start.commands.first().map_or("nothing", |started| started.program.as_str());
    Held::blocked(format!("{program} runs at start, and no line is known to build it there"))
}

/// What is built and not started: it stays in the builder.
pub(super) fn not_started(calls: &[GoCall], programs: &[Program]) -> Vec<String> {
    let places = calls.iter().filter_map(|call| match &call.product {
        Some(Product::Program(path) | Product::AtOrIn(path)) => call.product.as_ref().zip(Some(path)),
        _ => None,
    });
    let left = places.filter(|(product, _)| !programs.iter().any(|program| product.is_at(&program.built)));
    left.map(|(_, path)| format!("{path} is built and not started: it stays in the builder")).collect()
}
