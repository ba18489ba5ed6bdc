//! What other tools are known to break, and this one must not: each test tempts the whole pipeline, with what runs on
//! request as well, and checks the property, not one result.

use harden::config::Config;
use harden::context::Context;
use harden::dockerfile::{Dockerfile, Keyword};
use harden::engine;
use harden::facts::Input;
use harden::templates::Templates;
use harden::transforms::{ALL, ON_REQUEST};

/// A file of the build context: path and text.
type File = (&'static str, &'static str);

/// What the whole pipeline makes of a file that it can't leave as it is.
fn hardened(text: &str, files: &[File]) -> String {
    let after = run(text, files);
    assert_ne!(after, text, "nothing was tempted");
    assert_eq!(run(&after, files), after, "a second run changes it");
    after
}

fn run(text: &str, files: &[File]) -> String {
    run_with(&Config { with: ON_REQUEST.map(str::to_owned).to_vec(), ..Config::default() }, text, files)
}

fn run_with(config: &Config, text: &str, files: &[File]) -> String {
    let context = if files.is_empty() { Context::empty() } else { Context::from_files(files.iter().copied()) };
    engine::run(text, &ALL, &Input::new(&context, Templates::builtin(), config)).after
}

/// The arguments of every `keyword`, in order.
fn arguments(text: &str, keyword: Keyword) -> Vec<String> {
    let dockerfile = Dockerfile::parse(text);
    dockerfile.instructions().filter(|it| it.is(keyword)).map(|it| it.rest().to_owned()).collect()
}

fn lines_with<'t>(text: &'t str, part: &str) -> Vec<&'t str> {
    text.lines().filter(|line| line.contains(part)).collect()
}

const FLASK: [File; 2] = [
    (
        "app.py",
        "from flask import Flask\napp = Flask(__name__)\n\n@app.get('/health')\ndef health():\n    return 'ok'\n",
    ),
    ("requirements.txt", "flask==3.0.0\ngunicorn==22.0.0\n"),
];

#[test]
fn a_string_of_several_lines_is_not_rewritten_into_one() {
    let text = "FROM debian:bookworm-slim\nRUN apt-get update && apt-get install -y curl && echo \"[app]\\n\\\nkey = \
                value\\n\\\n# no comment\\n\\\n\" > /etc/app.conf\nCMD [\"server\"]\n";
    let after = hardened(text, &[]);
    let string = |text: &str| lines_with(text, "\\n\\").join("\n");
    assert!(string(text).lines().count() == 3 && string(&after).ends_with("key = value\\n\\\n# no comment\\n\\"));
}

#[test]
fn two_edits_are_not_glued_into_one_word() {
    let text = "FROM debian:bookworm-slim\nRUN apt-get update&&apt-get install git&&apt-get install jq\nCMD server\n";
    let after = hardened(text, &[]);
    let scripts = arguments(&after, Keyword::Run).join(" ");
    let words: Vec<&str> = scripts.split([' ', '&', ';', '\n']).collect();
    for (word, times) in
        [("git", 1), ("jq", 1), ("install", 2), ("update", 1), ("-y", 2), ("--no-install-recommends", 2)]
    {
        assert_eq!(words.iter().filter(|it| **it == word).count(), times, "{word}: {scripts}");
    }
}

#[test]
fn no_user_is_set_that_nobody_created() {
    let made = [
        "python:3.12-slim",
        "python:3.12-alpine",
        "debian:12",
        "ubuntu:22.04",
        "fedora:42",
        "almalinux:9-minimal",
        "amazonlinux:2",
        "opensuse/leap:15.6",
        "busybox:1.37",
        "mcr.microsoft.com/dotnet/aspnet:6.0",
    ];
    let there = [
        ("node:22-slim", "1000"),
        ("ubuntu:24.04", "1000"),
        ("gcr.io/distroless/cc-debian12", "65532"),
        ("cgr.dev/chainguard/wolfi-base", "65532"),
        ("mcr.microsoft.com/dotnet/aspnet:8.0", "1654"),
    ];
    let user_and_runs = |base: &str| {
        let after = hardened(&format!("FROM {base}\nWORKDIR /app\nCOPY server .\nCMD [\"/app/server\"]\n"), &[]);
        (arguments(&after, Keyword::User).join(" "), arguments(&after, Keyword::Run).join("\n"))
    };
    for base in made {
        let (user, runs) = user_and_runs(base);
        let id = user.split(':').next().unwrap_or_default();
        let ways = [
            format!("--uid {id} "),
            format!("-u {id} "),
            format!(":{id}:{id}::/home/app:/sbin/nologin' >> /etc/passwd"),
        ];
        assert!(ways.iter().any(|way| runs.contains(way)), "{base}: {user} {runs}");
    }
    for (base, id) in there {
        let (user, runs) = user_and_runs(base);
        assert_eq!(user.split(':').next(), Some(id), "{base}");
        assert!(!runs.contains("add"), "{base}: {runs}");
    }
}

#[test]
fn a_comment_inside_a_continuation_is_not_turned_into_code() {
    let text = "FROM python:3.12\nRUN apt-get update && \\\n    # the compiler && rm -rf /\n    apt-get install -y gcc \
                && \\\n    # the rest; reboot\n    pip install -r requirements.txt\nCOPY . .\nCMD python app.py\n";
    let after = hardened(text, &FLASK);
    let dockerfile = Dockerfile::parse(&after);
    let is_code = |part: &str| dockerfile.instructions().any(|it| it.logical.text().contains(part));
    assert!(!is_code("the compiler") && !is_code("reboot"), "{after}");
}

#[test]
fn pipefail_is_not_set_under_dash() {
    let text = "FROM debian:bookworm-slim\nRUN apt-get update && apt-get install -y curl\nRUN curl -fsSL \
                https://example.com/install.sh | sh\nCMD [\"server\"]\n";
    assert!(!hardened(text, &[]).contains("pipefail"));
}

#[test]
fn tmp_stays_everybodys() {
    let text = "FROM debian:bookworm-slim\nCOPY start.sh /\nRUN chmod 777 /start.sh && chmod 777 /tmp\nCMD \
                [\"/start.sh\"]\n";
    let after = hardened(text, &[("start.sh", "#!/bin/sh\nexec server\n")]);
    assert!(after.contains("chmod 755 /start.sh") && after.contains("chmod 777 /tmp\n"), "{after}");
}

#[test]
fn node_env_is_not_production_where_the_build_runs() {
    let files = [
        (
            "package.json",
            r#"{"name": "a", "scripts": {"build": "tsc", "start": "node dist/index.js"}, "dependencies": {"express": "4.19.2"}, "devDependencies": {"typescript": "5.4.5"}}"#,
        ),
        ("package-lock.json", r#"{"name": "a", "lockfileVersion": 3, "packages": {}}"#),
        ("src/index.ts", "import express from 'express';\nexpress().listen(3000);\n"),
    ];
    let text = "FROM node:22\nWORKDIR /app\nCOPY . .\nRUN npm install && npm run build\nCMD [\"npm\", \"start\"]\n";
    let after = hardened(text, &files);
    let (before_build, _) = after.split_once("npm run build").expect("the build stays");
    assert!(!before_build.contains("NODE_ENV=production"), "{after}");
    assert_eq!(arguments(&after, Keyword::From).len(), 2, "{after}");
}

#[test]
fn cgo_is_not_switched_off_where_a_program_needs_it() {
    let files = [
        ("go.mod", "module example.com/a\n\ngo 1.25\n\nrequire github.com/mattn/go-sqlite3 v1.14.22\n"),
        ("go.sum", ""),
        ("main.go", "package main\n\nimport _ \"github.com/mattn/go-sqlite3\"\n\nfunc main() {}\n"),
    ];
    let text = "FROM golang:1.25\nWORKDIR /src\nCOPY . .\nRUN go build -o /usr/local/bin/a .\nCMD [\"a\"]\n";
    let after = hardened(text, &files);
    assert!(!after.contains("CGO_ENABLED=0"), "{after}");
    assert_eq!(arguments(&after, Keyword::From).len(), 2, "{after}");
}

#[test]
fn an_add_of_an_address_or_of_an_archive_stays_one() {
    let text = "FROM python:3.12-slim\nADD https://example.com/data.json /data.json\nADD site.tar.gz /srv/site\nADD . \
                /app\nCMD [\"python\", \"/app/app.py\"]\n";
    let after = hardened(text, &[("app.py", "print(1)\n"), ("site.tar.gz", "x")]);
    for source in ["https://example.com/data.json", "site.tar.gz"] {
        let lines = lines_with(&after, source);
        assert!(lines.len() == 1 && lines.iter().all(|line| line.starts_with("ADD ")), "{after}");
    }
    assert!(!after.contains("curl") && !after.contains("wget"), "{after}");
}

#[test]
fn the_syntax_directive_stays_the_first_line() {
    let text = "# syntax=docker/dockerfile:1.7\nFROM python:3.12\nWORKDIR /app\nCOPY . .\nRUN pip install -r \
                requirements.txt\nCMD python app.py\n";
    assert!(hardened(text, &FLASK).starts_with("# syntax=docker/dockerfile:1.7\nFROM "));
}

#[test]
fn onbuild_lines_keep_their_order() {
    let text = "FROM node:22\nMAINTAINER a\nWORKDIR /app\nONBUILD COPY package.json .\nONBUILD RUN npm install\nONBUILD \
                ADD . .\nONBUILD RUN apt-get install curl\nCMD npm start\n";
    assert_eq!(arguments(&hardened(text, &[]), Keyword::Onbuild), arguments(text, Keyword::Onbuild));
}

#[test]
fn nothing_is_tagged_latest() {
    let text = "ARG BASE=python\nFROM ${BASE} AS stage\nWORKDIR /app\nCOPY . .\n\nFROM scratch AS files\nCOPY --from=stage \
                /app /\n\nFROM stage\nCMD python app.py\n";
    let after = hardened(text, &FLASK);
    assert!(!after.contains(":latest"), "{after}");
}

#[test]
fn useradd_is_not_called_on_alpine_scratch_or_windows() {
    let bases = [
        "alpine:3.22",
        "node:22-alpine",
        "scratch",
        "busybox",
        "mcr.microsoft.com/windows/servercore:ltsc2022",
        "python:3.12-windowsservercore",
        "mcr.microsoft.com/dotnet/aspnet:8.0-nanoserver-ltsc2022",
    ];
    for base in bases {
        let after = hardened(&format!("FROM {base}\nMAINTAINER a\nCOPY server /app/\nCMD [\"/app/server\"]\n"), &[]);
        assert!(!after.contains("useradd") && !after.contains("groupadd"), "{base}: {after}");
    }
}

#[test]
fn a_health_check_asks_the_port_that_is_served_with_a_tool_that_is_there() {
    let text = "FROM python:3.12-slim\nWORKDIR /app\nCOPY . .\nRUN pip install -r requirements.txt\nEXPOSE 80\nCMD \
                [\"gunicorn\", \"-b\", \"0.0.0.0:8000\", \"app:app\"]\n";
    let after = hardened(text, &FLASK);
    let checks = arguments(&after, Keyword::Healthcheck);
    assert!(matches!(checks.as_slice(), [check] if check.contains("8000") && !check.contains("curl")), "{after}");
    assert!(!checks.concat().contains("wget") && !checks.concat().contains(":80/"), "{after}");
    // It is called python there.
    let on_windows = hardened(&text.replace("3.12-slim", "3.12-windowsservercore"), &FLASK);
    assert_eq!(arguments(&on_windows, Keyword::Healthcheck), [] as [&str; 0]);
}

#[test]
fn digests_are_not_dropped() {
    const DIGEST: &str = "sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";
    let text = format!(
        "FROM python:3.12@{DIGEST}\nWORKDIR /app\nCOPY . .\nRUN apt-get update && apt-get install -y gcc\nRUN pip \
         install -r requirements.txt\nCMD python app.py\n"
    );
    let images = arguments(&hardened(&text, &FLASK), Keyword::From);
    assert!(!images.is_empty() && images.iter().all(|image| image.contains(DIGEST)), "{images:?}");
}

#[test]
fn a_clean_up_is_not_repeated_by_a_second_run() {
    let text = "FROM debian:bookworm-slim\nRUN apt-get update && apt-get install -y curl\nCMD [\"server\"]\n";
    // With a cache mount there is nothing to clean up.
    let config = Config::default();
    let once = run_with(&config, text, &[]);
    let count = |text: &str| text.matches("rm -rf /var/lib/apt/lists").count();
    assert_eq!((count(&once), count(&run_with(&config, &once, &[]))), (1, 1), "{once}");
}

#[test]
fn npm_ci_is_not_called_without_a_lock_file() {
    let files = [
        ("package.json", r#"{"name": "a", "dependencies": {"express": "4.19.2"}}"#),
        ("index.js", "require('express')().listen(3000);\n"),
    ];
    let text = "FROM node:22\nWORKDIR /app\nCOPY . .\nRUN npm install\nCMD node index.js\n";
    assert!(!hardened(text, &files).contains("npm ci"));
}

#[test]
fn no_comment_between_two_runs_is_lost() {
    let text = "FROM python:3.12-slim\n# first\nRUN apt-get update\n# second\nRUN apt-get install -y curl\n# third\nRUN \
                pip install -r requirements.txt\n# fourth\nCMD python app.py\n";
    let after = hardened(text, &FLASK);
    for comment in ["# first", "# second", "# third", "# fourth"] {
        assert!(after.lines().any(|line| line.trim() == comment), "{comment} is gone: {after}");
    }
}

#[test]
fn the_user_can_write_the_data() {
    let files = [("app.py", "import sqlite3\ndb = sqlite3.connect(\"/data/app.db\")\n")];
    let text = "FROM python:3.12-slim\nWORKDIR /app\nCOPY . .\nVOLUME /data\nCMD [\"python\", \"app.py\"]\n";
    let after = hardened(text, &files);
    let user = arguments(&after, Keyword::User).concat();
    let (uid, gid) = user.split_once(':').expect("a user and a group");
    let gives = |run: &String| run.contains(&format!("install -d -o {uid} -g {gid}")) && run.contains(" /data");
    assert!(arguments(&after, Keyword::Run).iter().any(gives), "{after}");
}

#[test]
fn line_endings_of_windows_stay() {
    let text = "FROM python:3.12\nWORKDIR /app\nCOPY . .\nRUN apt-get update && apt-get install -y gcc\nRUN pip install \
                -r requirements.txt\nCMD python app.py\n";
    let after = hardened(&text.replace('\n', "\r\n"), &FLASK);
    assert!(!after.replace("\r\n", "").contains(['\n', '\r']), "{after:?}");
}

#[test]
fn a_chain_is_not_turned_into_a_here_document() {
    let text = "FROM debian:bookworm-slim\nRUN apt-get update && apt-get install -y curl && false && touch /a\nCMD \
                [\"server\"]\n";
    let after = hardened(text, &[]);
    assert!(!after.contains("<<") && arguments(&after, Keyword::Run).iter().any(|run| run.contains("&& touch /a")));
}

#[test]
fn a_template_of_a_dockerfile_stays_byte_for_byte() {
    for line in
        ["RUN pip install <%= packages %>", "ARG A={{ .version }}", "RUN apt-get install {{ packages }}", "{% a %}"]
    {
        let text = format!("FROM python:3.12\n{line}\nRUN apt-get install curl\nADD . .\nCMD python app.py\n");
        assert_eq!(run(&text, &FLASK), text, "{line}");
        hardened(&text.replace(line, "RUN a"), &FLASK);
    }
}

#[test]
fn what_runs_in_another_shell_stays_byte_for_byte() {
    for shell in [r#"["/usr/bin/python3", "-c"]"#, r#"["pwsh", "-Command"]"#, r#"["powershell", "-Command"]"#] {
        let text = format!(
            "FROM python:3.12\nSHELL {shell}\nRUN apt-get install curl\nADD . /app\nRUN pip install -r \
             requirements.txt\nCMD pip list\n"
        );
        let after = hardened(&text, &FLASK);
        for keyword in [Keyword::Run, Keyword::Cmd, Keyword::Shell, Keyword::User] {
            assert_eq!(arguments(&after, keyword), arguments(&text, keyword), "{after}");
        }
    }
}

#[test]
fn a_here_document_that_cannot_be_read_stays_byte_for_byte() {
    let script = "RUN <<EOF\nif [ ; then apt-get install curl\nEOF\n";
    let text = format!("FROM python:3.12\n{script}ADD . /app\nCMD [\"python\", \"/app/app.py\"]\n");
    assert!(hardened(&text, &FLASK).contains(script));
}
