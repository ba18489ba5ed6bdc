//! The libraries of the system that a program is linked with.

use super::refusals::{at_place, installed};
use crate::decision::Held;
use crate::engine::View;
use crate::templates::{Family, Linked, Origin, ToolChain};

/// The packages that the runtime image lacks: the build image carried them, with their headers.
pub(super) fn needed(view: &View, chain: &ToolChain) -> Result<Vec<String>, Held> {
    let modules = view.facts.modules().ok_or_else(|| {
        Held::blocked(
            "Cargo.lock is not at hand, so what the program is linked with is not known; keep it beside Cargo.toml",
        )
    })?;
    let is_alpine = view.facts.family() == Some(Family::Alpine);
    let mut needed = Vec::new();
    for module in &modules {
        let needs: Vec<&str> = module.dependencies.iter().filter_map(|name| name.split(' ').next()).collect();
        let headers = match chain.linked(&module.name, &needs) {
            Linked::Nothing => continue,
            Linked::Unknown(why) => {
                return Err(Held::blocked(format!("the program is linked with {}, and {why}", module.name)));
            }
            Linked::Headers([]) => continue,
            Linked::Headers(_) if is_alpine => {
                let name = &module.name;
                return Err(Held::blocked(format!(
                    "{name} is linked with a library of the system, and alpine may lack it"
                )));
            }
            Linked::Headers(headers) => headers,
        };
        for header in headers.iter().filter(|header| !installed(view).any(|name| name == header.as_str())) {
            needed.extend(carried(view, chain, &module.name, header)?);
        }
    }
    needed.sort();
    needed.dedup();
    match view.facts.use_of_c().filter(|_| is_alpine) {
        Some(evidence) => {
            Err(at_place("the program calls C, and may need libraries that alpine lacks".into(), &evidence.place))
        }
        None => Ok(needed),
    }
}

/// Libraries that words of a build name: the runtime image has those of the C library, and those of packages that stay.
pub(super) fn linked_by_words(view: &View, chain: &ToolChain, runtime: &str) -> Result<(), Held> {
    if !chain.links() {
        return Ok(());
    }
    let has_packages = view.facts.base().is_some_and(|base| chain.is_installed_on(&base.name));
    for (origin, evidence) in view.facts.linked_libraries() {
        let word = &evidence.what;
        let reason = match origin {
            Origin::Image if has_packages => continue,
            Origin::Image => {
                format!("`{word}` may link with a library of the {} image that {runtime} lacks", chain.name)
            }
            Origin::Compiler => format!("`{word}` needs a library that comes with the compiler, and leaves with it"),
            Origin::Project => {
                format!("`{word}`: the program may load a library that is built here, and would stay behind")
            }
        };
        return Err(at_place(reason, &evidence.place));
    }
    match view.facts.use_of_loader() {
        Some(evidence) => {
            Err(at_place("the program loads libraries when it runs, and it is not known which".into(), &evidence.place))
        }
        None => Ok(()),
    }
}

/// The run-time packages behind headers that no line installs: the full image may carry them.
fn carried(view: &View, chain: &ToolChain, module: &str, header: &str) -> Result<Vec<String>, Held> {
    let base = view.facts.base();
    let is_carried =
        chain.carries(header) && base.is_some_and(|base| base.family == Some(Family::Debian) && !base.slim);
    if !is_carried {
        return Err(Held::blocked(format!(
            "{module} is linked with a library of {header}, which no line installs; install it in the final stage"
        )));
    }
    let suite = base.and_then(|base| base.suite.as_deref()).unwrap_or_default();
    view.facts.input.templates.runtime_packages(suite, header).ok_or_else(|| {
        Held::blocked(format!("the run-time library of {header}, which {module} needs, is not known on {suite}"))
    })
}
