//! The Dockerfiles that the promises are checked on.

use std::fs;
use std::path::PathBuf;
use std::sync::OnceLock;

use harden::context::Context;
use harden::context::load::load;
use harden::evidence::Evidence;
use harden::transforms;

use crate::corpus::{self, File};
use crate::findings::Findings;
use crate::run::Case;

/// A named set of Dockerfiles, run once for all promises.
pub struct Set {
    pub name: &'static str,
    read: fn() -> Vec<Case>,
    is_corpus: bool,
    findings: OnceLock<Findings>,
}

impl Set {
    const fn own(name: &'static str, read: fn() -> Vec<Case>) -> Self {
        Self { name, read, is_corpus: false, findings: OnceLock::new() }
    }

    const fn corpus(name: &'static str, read: fn() -> Vec<Case>) -> Self {
        Self { name, read, is_corpus: true, findings: OnceLock::new() }
    }

    /// Whether it needs a folder that nobody named.
    pub fn is_absent(&self) -> bool {
        self.is_corpus && corpus::is_absent()
    }

    pub fn findings(&self) -> &Findings {
        self.findings.get_or_init(|| {
            let findings = Findings::of((self.read)());
            if self.is_corpus {
                println!("{}:\n{}", self.name, findings.summary);
            }
            findings
        })
    }
}

pub static SETS: [Set; 6] = [
    Set::own("nasty files", || cases(corpus::nasty_files(), &Context::empty())),
    Set::own("examples", examples),
    Set::own("pages", pages),
    Set::own("pages that were observed", observed_pages),
    Set::corpus("real files without a context", || cases(corpus::real_files(), &Context::empty())),
    Set::corpus("real files in a small project", || cases(corpus::real_files(), &small_project())),
];

fn examples() -> Vec<Case> {
    let examples = fs::read_dir(root().join("examples")).expect("the examples are there");
    let folders = examples.map(|entry| entry.expect("the examples can be read").path().join("before"));
    let case = |folder: PathBuf| {
        let path = folder.join("Dockerfile");
        let context = load(&folder, Some(&path)).expect("an example's context can be read");
        case(corpus::read(&path), context)
    };
    folders.filter(|folder| folder.is_dir()).map(case).collect()
}

/// The same, of images that were seen to do more than the files say.
fn observed_pages() -> Vec<Case> {
    let observed = "[Dockerfile]\nseconds = 30\nports = [8123]\nwrites = [\"/app/data\", \"/srv/reports\", \"/etc/server\"]\n\
                    programs = [\"/usr/bin/git\", \"/usr/bin/make\"]\nlibraries = [\"libgomp1\"]\nroot = false\n";
    let evidence = Evidence::parse(observed).expect("the evidence is valid").of("Dockerfile", None).cloned();
    pages().into_iter().map(|case| Case { evidence: evidence.clone(), ..case }).collect()
}

/// The Dockerfiles of the transforms' pages, each with the files given above it.
fn pages() -> Vec<Case> {
    let pages = transforms::ALL.iter().map(|transform| (transform.name, transform.page));
    let chapters = transforms::CHAPTERS.iter().map(|chapter| (chapter.name, chapter.page));
    pages.chain(chapters).flat_map(|(name, text)| page(name, text)).collect()
}

fn page(name: &str, page: &str) -> Vec<Case> {
    let mut files: Vec<(&str, String)> = Vec::new();
    let mut cases = Vec::new();
    let mut lines = page.lines().enumerate();
    while let Some((number, line)) = lines.next() {
        let Some(info) = line.strip_prefix("```").filter(|info| !info.is_empty()) else { continue };
        let body = lines.by_ref().map(|(_, line)| line).take_while(|line| *line != "```");
        let text: String = body.flat_map(|line| [line, "\n"]).collect();
        if let Some(path) = info.strip_prefix("file ") {
            files.push((path, text));
        } else if info.starts_with("dockerfile ") {
            let context =
                if files.is_empty() { Context::empty() } else { Context::from_files(std::mem::take(&mut files)) };
            cases.push(Case { name: format!("transforms/{name}.md:{}", number + 1), text, context, evidence: None });
        }
    }
    cases
}

/// What many real projects hold, so that the facts that are read from a context are known.
fn small_project() -> Context {
    Context::from_files([
        ("LICENSE", "MIT License\n"),
        ("requirements.txt", "flask\npsycopg2\ngunicorn\n"),
        ("pyproject.toml", "[project]\nname = \"shop\"\ndescription = \"A shop\"\nlicense = \"MIT\"\n"),
        ("package.json", "{\"name\": \"shop\"}\n"),
        ("app.py", "import sqlite3\n@app.route('/health')\ndef health():\n    sqlite3.connect('/data/shop.db')\n"),
        ("main.py", "open('/var/lib/shop/state', 'w')\n"),
        ("manage.py", ""),
        ("entrypoint.sh", "#!/bin/sh\nset -e\npython manage.py migrate\nexec \"$@\"\n"),
        ("docker-entrypoint.sh", "#!/bin/sh\nmkdir -p /uploads\nexec \"$@\"\n"),
        ("start.sh", "gunicorn --bind 0.0.0.0:8000 app:app\n"),
    ])
}

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn cases(files: Vec<File>, context: &Context) -> Vec<Case> {
    files.into_iter().map(|file| case(file, context.clone())).collect()
}

fn case(file: File, context: Context) -> Case {
    Case { name: file.name, text: file.text, context, evidence: None }
}
