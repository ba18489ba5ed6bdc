//! `harden` turns a naive Dockerfile into a hardened one.
//!
//! The text is the only state: it is parsed, asked for facts, decided on and edited, one transform after another.
//! See `docs/decisions/` for the why.

pub mod config;
pub mod container;
pub mod context;
pub mod decision;
pub mod dockerfile;
pub mod edit;
pub mod engine;
pub mod evidence;
pub mod facts;
pub mod lock;
pub mod observe;
pub mod report;
pub mod shell;
pub mod templates;
pub mod toml_text;
#[path = "../transforms/mod.rs"]
pub mod transforms;
pub mod verify;
