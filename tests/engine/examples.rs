//! The applications under `examples/` and what one has to know to talk to them.

use std::sync::OnceLock;

use crate::docker::{Result, docker};
use crate::http::{Request, get, post};

pub struct Example {
    pub name: &'static str,
    pub port: u16,
    /// Whether the server listens on `$PORT` where that is set.
    pub follows_port: bool,
    pub data_directory: &'static str,
    /// Answered in the same way whatever the database holds.
    pub ready: Request,
    /// Neither reads nor writes what `write` writes.
    pub others: &'static [Request],
    pub write: Request,
    pub read: Request,
    /// Found in the answer to `read` once `write` was sent, and not before.
    pub written: &'static str,
    images: OnceLock<Result<Images>>,
}

pub struct Images {
    pub before: String,
    pub after: String,
}

pub static EXAMPLES: [Example; 3] = [
    Example {
        name: "fastapi-sqlite",
        port: 8080,
        follows_port: true,
        data_directory: "/data",
        ready: get("/health"),
        others: &[get("/"), get("/openapi.json"), get("/api/notes/7"), post("/api/notes", r#"{"title": ""}"#)],
        write: post("/api/notes", r#"{"title": "Milk", "text": "two bottles"}"#),
        read: get("/api/notes"),
        written: "two bottles",
        images: OnceLock::new(),
    },
    Example {
        name: "flask-psycopg2",
        port: 5000,
        follows_port: false,
        data_directory: "/app/instance",
        ready: get("/healthz"),
        others: &[get("/"), post("/items", r#"{"quantity": 1}"#), post("/items", "no JSON")],
        write: post("/items", r#"{"name": "screws", "quantity": 250}"#),
        read: get("/items"),
        written: "screws",
        images: OnceLock::new(),
    },
    Example {
        name: "django-collectstatic",
        port: 8000,
        follows_port: false,
        data_directory: "/data",
        ready: get("/static/journal/style.css"),
        others: &[get("/nowhere"), get("/static/staticfiles.json"), post("/api/entries/", "{}")],
        write: post("/api/entries/", r#"{"title": "First day", "text": "Calm sea."}"#),
        read: get("/"),
        written: "<p>Calm sea.</p>",
        images: OnceLock::new(),
    },
];

impl Example {
    pub fn images(&self) -> Result<&Images> {
        self.images.get_or_init(|| self.build_both()).as_ref().map_err(Clone::clone)
    }

    fn build_both(&self) -> Result<Images> {
        Ok(Images { before: self.build("before")?, after: self.build("after")? })
    }

    /// Both Dockerfiles are built from the same sources, those of `before`.
    fn build(&self, version: &str) -> Result<String> {
        let directory = format!("{}/examples/{}", env!("CARGO_MANIFEST_DIR"), self.name);
        let image = format!("harden-test/{}:{version}", self.name);
        let dockerfile = format!("{directory}/{version}/Dockerfile");
        docker(&["build", "--quiet", "--tag", &image, "--file", &dockerfile, &format!("{directory}/before")])?;
        Ok(image)
    }
}
