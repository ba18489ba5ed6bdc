//! The applications under `examples/` and what one has to know to talk to them.
//!
//! `php-composer`, `poetry-app`, `rust-http` and `sinatra` are not here: their packages and base images can't be had on the
//! machines that run these tests.
//! `tests/examples.rs` checks those as text alone.

use std::fs;
use std::path::PathBuf;
use std::sync::OnceLock;

use crate::docker::{Result, docker};
use crate::http::{Request, get, post};
use crate::program::harden;

pub struct Example {
    pub name: &'static str,
    /// The images that the two Dockerfiles build on.
    pub bases: &'static [&'static str],
    pub port: u16,
    /// Whether the server listens on `$PORT` where that is set.
    pub follows_port: bool,
    /// Whether the hardened image has a program that can ask for the server's health.
    pub health_check: bool,
    /// Programs of the original image that nothing needs once it is built.
    pub build_tools: &'static [&'static str],
    /// Answered in the same way whatever was written.
    pub ready: Request<'static>,
    /// Neither reads nor writes what `data` is about.
    pub others: &'static [Request<'static>],
    pub data: Option<Data>,
    images: OnceLock<Result<Images>>,
}

/// What an application that remembers something keeps, and where.
pub struct Data {
    pub directory: &'static str,
    pub write: Request<'static>,
    pub read: Request<'static>,
    /// Found in the answer to `read` once `write` was sent, and not before.
    pub written: &'static str,
}

pub struct Images {
    pub before: String,
    pub after: String,
}

pub static EXAMPLES: [Example; 13] = [
    Example {
        name: "fastapi-sqlite",
        bases: &["python:3.12-slim"],
        port: 8080,
        follows_port: true,
        health_check: true,
        build_tools: &["gcc"],
        ready: get("/health"),
        others: &[get("/"), get("/openapi.json"), get("/api/notes/7"), post("/api/notes", r#"{"title": ""}"#)],
        data: Some(Data {
            directory: "/data",
            write: post("/api/notes", r#"{"title": "Milk", "text": "two bottles"}"#),
            read: get("/api/notes"),
            written: "two bottles",
        }),
        images: OnceLock::new(),
    },
    Example {
        name: "flask-psycopg2",
        bases: &["python:3.12-slim"],
        port: 5000,
        follows_port: false,
        health_check: true,
        build_tools: &["gcc"],
        ready: get("/healthz"),
        others: &[get("/"), post("/items", r#"{"quantity": 1}"#), post("/items", "no JSON")],
        data: Some(Data {
            directory: "/app/instance",
            write: post("/items", r#"{"name": "screws", "quantity": 250}"#),
            read: get("/items"),
            written: "screws",
        }),
        images: OnceLock::new(),
    },
    Example {
        name: "django-collectstatic",
        bases: &["python:3.12-slim"],
        port: 8000,
        follows_port: false,
        health_check: true,
        build_tools: &["gcc", "g++", "make"],
        ready: get("/static/journal/style.css"),
        others: &[get("/nowhere"), get("/static/staticfiles.json"), post("/api/entries/", "{}")],
        data: Some(Data {
            directory: "/data",
            write: post("/api/entries/", r#"{"title": "First day", "text": "Calm sea."}"#),
            read: get("/"),
            written: "<p>Calm sea.</p>",
        }),
        images: OnceLock::new(),
    },
    Example {
        name: "python-full",
        bases: &["python:3.12", "python:3.12-slim"],
        port: 8000,
        follows_port: false,
        health_check: true,
        build_tools: &["gcc", "g++", "make"],
        ready: get("/health"),
        others: &[get("/feeds"), post("/feeds", "no XML")],
        data: Some(Data {
            directory: "/data",
            write: post(
                "/feeds",
                "<rss><channel><title>Tides</title>\
                 <item><title>Spring tide</title><link>http://tides.example/1</link></item></channel></rss>",
            ),
            read: get("/"),
            written: "Spring tide",
        }),
        images: OnceLock::new(),
    },
    Example {
        name: "uv-app",
        bases: &["python:3.12", "python:3.12-slim"],
        port: 8000,
        follows_port: false,
        health_check: true,
        build_tools: &["uv", "gcc", "g++", "make"],
        ready: get("/health"),
        others: &[
            get("/"),
            get("/openapi.json"),
            post("/sightings", r#"{"animal": ""}"#),
            post("/sightings", "no JSON"),
        ],
        data: Some(Data {
            directory: "/app/data",
            write: post("/sightings", r#"{"animal": "limpet", "count": 12}"#),
            read: get("/sightings"),
            written: r#""limpet":12"#,
        }),
        images: OnceLock::new(),
    },
    Example {
        name: "express-api",
        bases: &["node:22", "node:22-slim"],
        port: 3000,
        follows_port: true,
        health_check: true,
        build_tools: &["gcc", "g++", "make"],
        ready: get("/health"),
        others: &[get("/"), post("/dishes", "{}")],
        data: Some(Data {
            directory: "/usr/src/app/data",
            write: post("/dishes", r#"{"dish": "Potato salad", "guest": "Ines"}"#),
            read: get("/dishes"),
            written: "Potato salad",
        }),
        images: OnceLock::new(),
    },
    Example {
        name: "typescript-api",
        bases: &["node:22", "node:22-slim"],
        port: 3000,
        follows_port: true,
        health_check: true,
        build_tools: &["gcc", "g++", "make"],
        ready: get("/health"),
        others: &[
            get("/repairs"),
            post("/repairs", "{}"),
            post("/repairs", r#"{"bicycle": "tandem", "fault": "loose chain"}"#),
        ],
        data: None,
        images: OnceLock::new(),
    },
    Example {
        name: "vite-static",
        bases: &["node:22", "node:22-slim"],
        port: 8080,
        follows_port: false,
        health_check: true,
        build_tools: &["gcc", "g++", "make"],
        ready: get("/healthz"),
        others: &[get("/"), get("/favicon.svg"), get("/nowhere")],
        data: None,
        images: OnceLock::new(),
    },
    Example {
        name: "multi-stage-dev",
        bases: &["node:22-slim"],
        port: 4000,
        follows_port: true,
        health_check: true,
        build_tools: &[],
        ready: get("/health"),
        others: &[get("/"), post("/passes", "{}")],
        data: Some(Data {
            directory: "/var/lib/turnstile",
            write: post("/passes", r#"{"gate": "north", "people": 4}"#),
            read: get("/counts"),
            written: r#""north":4"#,
        }),
        images: OnceLock::new(),
    },
    Example {
        name: "go-http",
        bases: &["golang:1.25", "debian:trixie-slim"],
        port: 8080,
        follows_port: true,
        health_check: true,
        build_tools: &["go", "gcc", "make"],
        ready: get("/healthz"),
        others: &[get("/"), get("/api/departures"), get("/static/board.css"), get("/nowhere")],
        data: None,
        images: OnceLock::new(),
    },
    Example {
        name: "go-cgo",
        bases: &["golang:1.25", "debian:trixie-slim"],
        port: 9000,
        follows_port: false,
        health_check: true,
        build_tools: &["go", "gcc"],
        ready: get("/health"),
        others: &[get("/"), get("/like/Mayer"), get("/like/Ashkroft"), get("/like/Nobody")],
        data: None,
        images: OnceLock::new(),
    },
    Example {
        name: "c-http",
        bases: &["debian:bookworm-slim"],
        port: 8080,
        follows_port: false,
        health_check: true,
        build_tools: &["gcc", "g++", "make"],
        ready: get("/health"),
        others: &[get("/"), get("/nowhere"), post("/tides", "")],
        data: Some(Data {
            directory: "/data",
            write: post("/tides", "High water at noon"),
            read: get("/tides"),
            written: "High water",
        }),
        images: OnceLock::new(),
    },
    Example {
        name: "java-plain",
        bases: &["eclipse-temurin:17-jdk", "eclipse-temurin:17-jre"],
        port: 8080,
        follows_port: true,
        health_check: true,
        build_tools: &["javac", "jar", "jcmd"],
        ready: get("/health"),
        others: &[get("/"), get("/nowhere"), post("/sowings", "")],
        data: Some(Data {
            directory: "/opt/almanac/journal",
            write: post("/sowings", "12 March: radishes"),
            read: get("/sowings"),
            written: "radishes",
        }),
        images: OnceLock::new(),
    },
];

impl Example {
    /// An example whose `after/` is not written yet has nothing to hold against the original.
    pub fn is_hardened(&self) -> bool {
        self.dockerfile("after").is_file()
    }

    pub fn images(&self) -> Result<&Images> {
        self.images.get_or_init(|| self.build_both()).as_ref().map_err(Clone::clone)
    }

    pub fn data(&self) -> Result<&Data> {
        self.data.as_ref().ok_or_else(|| format!("{} keeps nothing", self.name))
    }

    fn build_both(&self) -> Result<Images> {
        Ok(Images { before: self.build("before")?, after: self.build("after")? })
    }

    /// Both Dockerfiles are built from the same sources, those of `before`. The image is told by its id: a run beside this one
    /// may give the tag to another.
    fn build(&self, version: &str) -> Result<String> {
        let tag = format!("harden-test/{}:{version}", self.name);
        let dockerfile = self.dockerfile(version).display().to_string();
        let context = self.directory().join("before").display().to_string();
        docker(&["build", "--quiet", "--tag", &tag, "--file", &dockerfile, &context])
    }

    /// The original hardened with what runs on request, too: the Dockerfile, and the image.
    pub fn on_request(&self, transforms: &[&str]) -> Result<(String, String)> {
        let folder = tempfile::tempdir().map_err(|error| error.to_string())?;
        let dockerfile = folder.path().join("Dockerfile");
        let before = self.directory().join("before");
        let text = harden(&before, &["--quiet", "--with", &transforms.join(",")])?;
        fs::write(&dockerfile, &text).map_err(|error| error.to_string())?;
        let tag = format!("harden-test/{}:on-request", self.name);
        let file = dockerfile.display().to_string();
        let image = docker(&["build", "--quiet", "--tag", &tag, "--file", &file, &before.display().to_string()])?;
        Ok((text, image))
    }

    fn dockerfile(&self, version: &str) -> PathBuf {
        self.directory().join(version).join("Dockerfile")
    }

    fn directory(&self) -> PathBuf {
        PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/examples")).join(self.name)
    }
}
