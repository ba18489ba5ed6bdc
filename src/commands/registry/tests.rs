//! The client against a server that says what a test tells it to.

#[path = "../../../tests/server/mod.rs"]
mod server;

use super::*;
use server::{Server, response};

/// Long enough for a loaded machine.
const PATIENCE: Duration = Duration::from_secs(60);
const HEX: &str = "4a52b4e4b5cbaf1e0d6b34a2a5b1a0c7a3f1cf5d6e9b6d7c8e0f1a2b3c4d5e6f";

fn found() -> String {
    response("200 OK", &[&format!("docker-content-digest: sha256:{HEX}")], "")
}

fn ask(port: u16, credentials: &str, patience: Duration) -> Result<Digest, Failure> {
    let credentials = serde_json::from_str(&credentials.replace("PORT", &port.to_string())).unwrap();
    let image = Tagged::of(&format!("127.0.0.1:{port}/library/python:3.12-slim")).unwrap();
    Registries::new(credentials, patience).digest(&image)
}

/// The failure that `answers` lead to.
fn failure(answers: Vec<String>) -> (String, String) {
    let server = Server::new();
    let port = server.port;
    let served = server.answer(answers);
    let failure = ask(port, "{}", PATIENCE).unwrap_err();
    served.join().unwrap();
    words(&failure, port)
}

fn words(failure: &Failure, port: u16) -> (String, String) {
    let without_port = |text: &str| text.replace(&port.to_string(), "PORT");
    (without_port(&failure.message()), without_port(failure.advice().unwrap()))
}

const ASKED: &str = "cannot lock 127.0.0.1:PORT/library/python:3.12-slim: 127.0.0.1:PORT";

#[test]
fn the_digest_is_what_the_header_says() {
    let server = Server::new();
    let port = server.port;
    let served = server.answer(vec![found()]);
    assert_eq!(ask(port, "{}", PATIENCE).unwrap().as_str(), format!("sha256:{HEX}"));
    let requests = served.join().unwrap();
    assert!(requests[0].starts_with("head /v2/library/python/manifests/3.12-slim http/1.1\r\n"), "{requests:?}");
    for accepted in
        ["oci.image.index.v1+json", "manifest.list.v2+json", "oci.image.manifest.v1+json", "manifest.v2+json"]
    {
        assert!(requests[0].contains(accepted), "{requests:?}");
    }
    assert!(!requests[0].contains("authorization"), "{requests:?}");
}

#[test]
fn a_token_is_fetched_where_the_registry_asks_for_one() {
    let server = Server::new();
    let port = server.port;
    let challenge = format!(
        "WWW-Authenticate: Bearer realm=\"http://127.0.0.1:{port}/token\",service=\"r\",scope=\"repository:a:pull\""
    );
    let refused = response("401 Unauthorized", &[&challenge], "");
    let served = server.answer(vec![refused, response("200 OK", &[], r#"{"token": "t0ken"}"#), found()]);
    let login = r#"{"auths": {"127.0.0.1:PORT": {"auth": "dTpw"}}}"#;
    assert!(ask(port, login, PATIENCE).is_ok());
    let requests = served.join().unwrap();
    assert!(requests[1].starts_with("get /token?"), "{requests:?}");
    assert!(requests[1].contains("service=r") && requests[1].contains("scope=repository"), "{requests:?}");
    assert!(requests[1].contains("authorization: basic dtpw\r\n"), "{requests:?}");
    assert!(requests[2].contains("authorization: bearer t0ken\r\n"), "{requests:?}");
}

#[test]
fn a_user_and_a_password_are_sent_where_the_registry_asks_for_them() {
    let server = Server::new();
    let port = server.port;
    let refused = response("401 Unauthorized", &["WWW-Authenticate: Basic realm=\"r\""], "");
    let served = server.answer(vec![refused, found()]);
    assert!(ask(port, r#"{"auths": {"127.0.0.1:PORT": {"auth": "dTpw"}}}"#, PATIENCE).is_ok());
    assert!(served.join().unwrap()[1].contains("authorization: basic dtpw\r\n"));
}

#[test]
fn an_unknown_tag_is_told_from_a_refusal() {
    let (message, hint) = failure(vec![response("404 Not Found", &[], "")]);
    assert_eq!((message, hint.as_str()), (format!("{ASKED} does not have it"), "is the name or the tag misspelt?"));
    for status in ["401 Unauthorized", "403 Forbidden"] {
        let (message, hint) = failure(vec![response(status, &[], "")]);
        assert_eq!(message, format!("{ASKED} denies access to it"));
        assert!(hint.contains("`docker login 127.0.0.1:PORT`"), "{hint}");
    }
}

#[test]
fn credentials_that_are_wrong_are_a_refusal() {
    let server = Server::new();
    let port = server.port;
    let challenge = format!("WWW-Authenticate: Bearer realm=\"http://127.0.0.1:{port}/token\"");
    let served =
        server.answer(vec![response("401 Unauthorized", &[&challenge], ""), response("401 Unauthorized", &[], "")]);
    let failure = ask(port, "{}", PATIENCE).unwrap_err();
    served.join().unwrap();
    assert_eq!(words(&failure, port).0, format!("{ASKED} denies access to it"));
}

#[test]
fn a_busy_registry_says_so() {
    let (message, hint) = failure(vec![response("429 Too Many Requests", &[], "")]);
    assert_eq!(message, format!("{ASKED} has had too many requests"));
    assert!(hint.starts_with("try again later; `docker login "), "{hint}");
    assert_eq!(failure(vec![response("503 Busy", &[], "")]).0, format!("{ASKED} answers with status 503"));
}

#[test]
fn nonsense_is_told_as_such() {
    let bad = "docker-content-digest: sha256:abc";
    for (answer, what) in [
        (response("200 OK", &[], ""), "it sends no Docker-Content-Digest"),
        (response("200 OK", &[bad], ""), "its Docker-Content-Digest is \"sha256:abc\""),
        ("SSH-2.0-OpenSSH\r\n\r\n".to_owned(), ""),
    ] {
        let (message, _) = failure(vec![answer]);
        assert!(message.starts_with(&format!("{ASKED} does not answer as a registry does: {what}")), "{message}");
    }
}

#[test]
fn a_token_service_that_sends_no_token_is_nonsense() {
    for body in ["{}", "<html>", "[1]"] {
        let server = Server::new();
        let port = server.port;
        let challenge = format!("WWW-Authenticate: Bearer realm=\"http://127.0.0.1:{port}/token\"");
        let refused = response("401 Unauthorized", &[&challenge], "");
        let served = server.answer(vec![refused, response("200 OK", &[], body)]);
        let failure = ask(port, "{}", PATIENCE).unwrap_err();
        served.join().unwrap();
        assert!(failure.message().ends_with("its token service sends no token"), "{failure:?}");
    }
}

#[test]
fn a_password_leaves_this_machine_over_tls_alone() {
    let server = Server::new();
    let port = server.port;
    let challenge = "WWW-Authenticate: Bearer realm=\"http://registry.example.com/token\"";
    let served = server.answer(vec![response("401 Unauthorized", &[challenge], "")]);
    let failure = ask(port, r#"{"auths": {"127.0.0.1:PORT": {"auth": "dTpw"}}}"#, PATIENCE).unwrap_err();
    served.join().unwrap();
    assert!(failure.message().contains("http://registry.example.com/token"), "{failure:?}");
}

#[test]
fn a_port_where_nobody_listens_is_told() {
    let port = Server::new().port;
    let (message, hint) = words(&ask(port, "{}", PATIENCE).unwrap_err(), port);
    assert!(message.starts_with(&format!("{ASKED} cannot be reached: ")), "{message}");
    assert!(hint.contains("HTTPS_PROXY"), "{hint}");
}

#[test]
fn a_server_that_never_answers_is_given_up() {
    let server = Server::new();
    let (message, _) = words(&ask(server.port, "{}", Duration::from_millis(50)).unwrap_err(), server.port);
    assert_eq!(message, format!("{ASKED} did not answer within 0.05 s"));
}
