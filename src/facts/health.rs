//! The path that says whether the program is well.

use super::copies;
use super::start::{Start, StartWord, Started};
use super::steps::Steps;
use crate::context::{Context, Found, makes_application};
use crate::decision::{Evidence, Known, Place};
use crate::templates::{Server, Templates};

/// The health path: the server's own, or the best of the routes in the sources. `settings` is the text of the server's
/// configuration file.
pub(super) fn path(
    server: Option<(&Started, &Server)>,
    settings: &str,
    routes: &[Found],
    templates: &Templates,
) -> Option<Known<String>> {
    if server.is_some_and(|(started, _)| moves_its_paths(started, settings)) {
        return None;
    }
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

/// The routes that the server's application serves: where what it starts makes one of its own, those of others are not there.
pub(super) fn served(started: Option<&Started>, steps: &Steps, routes: &[Found], context: &Context) -> Vec<Found> {
    let own = started.and_then(|started| application_file(started, steps, context));
    let own = own.filter(|file| makes_application(context, file));
    let serves = |route: &&Found| own.is_none() || route.application.is_none() || route.application == own;
    routes.iter().filter(serves).cloned().collect()
}

/// The context's file of the application that the server names: `app.main:app`.
fn application_file(started: &Started, steps: &Steps, context: &Context) -> Option<String> {
    let (_, words) = started.application();
    let module = words.iter().find_map(|word| module_of(word))?;
    let path = steps.end.absolute(&format!("{}.py", module.replace('.', "/")))?;
    match copies::file_at(&steps.all, &path, context)? {
        (_, Place::Context { path, .. }) => Some(path),
        _ => None,
    }
}

/// `app.main` of `app.main:app` and of `app.main:create()`.
fn module_of(word: &str) -> Option<&str> {
    let (module, name) = word.split_once(':')?;
    name.starts_with(|first: char| first.is_alphabetic() || first == '_').then_some(module)
}

/// Django answers 400 to a host that ALLOWED_HOSTS does not list, and 127.0.0.1 often is not.
fn checks_the_host(route: &Found) -> bool {
    route.file.ends_with("urls.py")
}

/// An option puts everything that is served below a path of its own.
fn moves_its_paths(started: &Started, settings: &str) -> bool {
    const OPTIONS: [&str; 4] = ["baseUrlPath", "base_url", "static-prefix", "url_prefix"];
    let moves = |text: &str| OPTIONS.iter().any(|option| text.contains(option));
    moves(settings) || started.words.iter().any(|word| moves(&word.raw))
}

/// Whether the server speaks TLS, so that a plain HTTP request says nothing.
pub(super) fn speaks_tls(server: Option<(&Started, &Server)>, settings: &str) -> bool {
    const NAMES: [&str; 3] = ["ssl", "certfile", "keyfile"];
    let is_tls = |word: &StartWord| {
        let name = word.raw.split(['=', ':']).next().unwrap_or_default();
        name.trim_matches('"').starts_with('-') && NAMES.iter().any(|tls| name.contains(tls))
    };
    let sets_tls = |line: &str| NAMES.iter().any(|tls| line.trim_start().starts_with(tls));
    server.is_some_and(|(started, _)| started.words.iter().any(is_tls)) || settings.lines().any(sets_tls)
}

/// Why what starts is no server: it is a worker of a queue or the like.
pub(super) fn worker<'t>(start: &Start, templates: &'t Templates) -> Option<&'t str> {
    start.commands.iter().find_map(|started| {
        let (program, words) = started.application();
        templates.python.worker(program, &words).map(|worker| worker.because.as_str())
    })
}

#[cfg(test)]
mod tests {
    use super::super::asking::ask;

    fn path_of(cmd: &str, files: &[(&str, &str)]) -> Option<String> {
        let text = format!("FROM python:3.12-slim\nWORKDIR /app\nCOPY . .\nCMD {cmd}\n");
        ask(&text, files, |facts| facts.health_path().map(|path| path.value))
    }

    const FLASK: &str = "@app.route('/ping')\ndef a():\n    pass\n@app.route('/health')\ndef b():\n    pass\n";

    #[test]
    fn the_best_path_of_the_sources_is_taken() {
        assert_eq!(path_of("flask run", &[("app.py", FLASK)]).as_deref(), Some("/health"));
        assert_eq!(path_of("flask run", &[("app.py", "@app.route('/x')\ndef a():\n    pass\n")]), None);
    }

    #[test]
    fn a_route_of_another_application_is_not_asked() {
        let served = "app = Flask('churn')\n@app.route('/predict', methods=['POST'])\ndef a():\n    pass\n";
        let other = "app = Flask('ping')\n@app.route('/ping')\ndef a():\n    pass\n";
        let files = [("predict.py", served), ("ping.py", other)];
        assert_eq!(path_of("gunicorn predict:app", &files), None);
        assert_eq!(path_of("gunicorn --bind 0.0.0.0:80 ping:app", &files).as_deref(), Some("/ping"));
        let factory = [("wsgi.py", "from ping import app\n"), files[1]];
        assert_eq!(path_of("gunicorn wsgi:app", &factory).as_deref(), Some("/ping"));
    }

    #[test]
    fn a_server_knows_its_own_path_unless_it_is_moved() {
        assert_eq!(path_of("streamlit run a.py", &[]).as_deref(), Some("/_stcore/health"));
        assert_eq!(path_of("streamlit run a.py --server.baseUrlPath=/x", &[]), None);
        let moved = [(".streamlit/config.toml", "[server]\nbaseUrlPath = \"x\"\n")];
        assert_eq!(path_of("streamlit run a.py", &moved), None);
    }

    #[test]
    fn django_answers_no_host_that_it_does_not_know() {
        let urls = "from django.urls import path\nurlpatterns = [path('health/', view)]\n";
        assert_eq!(path_of("python manage.py runserver", &[("site/urls.py", urls)]), None);
    }

    #[test]
    fn nothing_is_asked_over_tls() {
        let files = [("app.py", FLASK), ("gunicorn.conf.py", "certfile = '/tls/cert.pem'\n")];
        assert_eq!(path_of("gunicorn app:app", &files), None);
        assert_eq!(path_of("uvicorn app:app --ssl-keyfile=k --ssl-certfile=c", &files[..1]), None);
        assert_eq!(path_of("gunicorn app:app", &files[..1]).as_deref(), Some("/health"));
    }

    #[test]
    fn a_worker_beside_a_server_serves() {
        let worker = |script: &str| {
            let text = "FROM python:3.12-slim\nCOPY start.sh /\nCMD [\"/start.sh\"]\n";
            ask(text, &[("start.sh", script)], |facts| facts.worker().is_some())
        };
        assert!(worker("celery -A a worker\n"));
        assert!(!worker("celery -A a worker &\ngunicorn a:b\n"));
        assert!(!worker("alembic upgrade head && uvicorn a:b\n"));
    }
}
