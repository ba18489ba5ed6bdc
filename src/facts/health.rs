//! The path that says whether the program is well.

use super::start::{Start, Started};
use crate::context::Found;
use crate::decision::{Evidence, Known};
use crate::templates::{Server, Templates};

/// The health path: the server's own, or the best of the routes in the sources.
pub(super) fn path(
    server: Option<(&Started, &Server)>,
    routes: &[Found],
    templates: &Templates,
) -> Option<Known<String>> {
    if let Some((started, path)) =
        server.and_then(|(started, server)| server.health.as_ref().map(|path| (started, path)))
    {
        return Some(Known::new(path.clone(), started.evidence()));
    }
    templates.health.paths().find_map(|path| {
        let route = routes.iter().find(|route| route.path == path && !checks_the_host(route))?;
        Some(Known::new(path.to_owned(), Evidence::context(format!("route {path}"), &route.file, route.line)))
    })
}

/// Django answers 400 to a host that ALLOWED_HOSTS does not list, and 127.0.0.1 often is not.
fn checks_the_host(route: &Found) -> bool {
    route.file.ends_with("urls.py")
}

/// Whether the server speaks TLS, so that a plain HTTP request says nothing.
pub(super) fn speaks_tls(server: Option<(&Started, &Server)>) -> bool {
    let is_tls = |word: &&str| {
        let name = word.split('=').next().unwrap_or_default().trim_start_matches('-');
        word.starts_with('-') && (name.contains("ssl") || name.contains("certfile") || name.contains("keyfile"))
    };
    server.is_some_and(|(started, _)| started.literals().iter().any(is_tls))
}

/// Why what starts is no server: it is a worker of a queue or the like.
pub(super) fn worker<'t>(start: &Start, templates: &'t Templates) -> Option<&'t str> {
    start.commands.iter().find_map(|started| {
        let (program, words) = started.application();
        templates.python.worker(program, &words).map(|worker| worker.because.as_str())
    })
}
