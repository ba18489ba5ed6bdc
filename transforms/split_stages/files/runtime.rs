//! The image that runs what the final stage builds.

use crate::decision::Held;
use crate::dockerfile::image::ImageRef;
use crate::engine::View;
use crate::templates::ToolChain;

/// The image of the runtime stage: the tool chain's own, or a plain one of the release below the final stage's.
pub(super) fn image(view: &View, chain: &ToolChain) -> Result<String, Held> {
    let base = view.facts.base().ok_or_else(|| Held::satisfied("the base image is not known"))?;
    let from = view.facts.final_stage().map(|stage| stage.stage.from);
    let written = from.and_then(|from| from.words().first()).map_or("", |word| word.text.as_str());
    if chain.is_installed_on(&base.name) {
        return Ok(written.to_owned());
    }
    let examples = chain.examples.join(", ");
    let reason = if chain.has_runtimes() {
        format!(
            "no image is known that runs what {} builds and has no {}; there is one for {examples}",
            base.reference, chain.name
        )
    } else {
        format!(
            "the tag of {} does not name the release below it, and the program is to run on the same one; \
             write it: {examples}",
            base.reference
        )
    };
    let tag = ImageRef::parse(written).tag.filter(|_| !written.contains('@'));
    let runtime = if chain.has_runtimes() {
        chain.runtime(&base.name, tag.unwrap_or_default())
    } else {
        base.runtime_reference()
    };
    let runtime = runtime.ok_or_else(|| Held::Blocked { reason, at: from.map(|from| from.span) })?;
    if !runtime.contains("/aspnet:") {
        return Ok(runtime);
    }
    match view.facts.is_packed() {
        Some(true) => Ok(runtime),
        Some(false) => Ok(runtime.replace("/aspnet:", "/runtime:")),
        None => Err(Held::blocked(
            "no project file is at hand, and it says whether this is for the web; give its folder with --context",
        )),
    }
}

/// The images of ASP.NET set the address that a server listens on, and that of the SDK does not.
pub(super) fn settings(view: &View, runtime: &str) -> Result<(), Held> {
    const VARIABLES: [&str; 4] = ["ASPNETCORE_URLS", "ASPNETCORE_HTTP_PORTS", "DOTNET_URLS", "URLS"];
    let is_set = VARIABLES.iter().any(|name| view.facts.steps().end.env(name).is_some());
    let mut started = view.facts.start().commands.iter().flat_map(|started| &started.words);
    let is_given = started.any(|word| word.raw.starts_with("--urls"));
    if !runtime.contains("/aspnet:") || is_set || is_given || view.facts.says_where_it_listens() {
        return Ok(());
    }
    Err(Held::blocked(format!(
        "nothing says where the server listens, and {runtime} would choose another port than the SDK does; \
         set ASPNETCORE_URLS"
    )))
}
