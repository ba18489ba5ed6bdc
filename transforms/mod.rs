//! The decisions: one transform, one file, and its page beside it.
//!
//! A transform is a pure function from a view to decisions. It never touches the text: the engine orders, applies,
//! checks and records.

mod add_healthcheck;
mod add_labels;
mod add_to_copy;
mod as_casing;
mod clean_package_cache;
mod common;
mod drop_root;
mod exec_form;
mod layout;
mod legacy_key_value;
mod no_recommends;
mod own_copies;
mod own_writable_dirs;
mod pip_no_cache;
mod slim_base;
mod split_stages;
mod trim_packages;

use common::{chain, commands, owner, place};

use crate::decision::{Announced, Decision, Held};
use crate::engine::View;

/// One hardening step.
pub struct Transform {
    /// Its name in options, reports and `harden explain`.
    pub name: &'static str,
    /// Its page: what it does, when it refuses, and the fences that prove both.
    pub page: &'static str,
    /// What it may alter.
    pub announced: Announced,
    /// Decides. An `Err` holds the whole transform.
    pub plan: fn(&View) -> Result<Vec<Decision>, Held>,
}

/// The pipeline. The order is meaning: every transform sees the text that those above it left.
pub static ALL: [&Transform; 16] = [
    // The command's form tells everything below what runs; nothing else depends on it.
    &exec_form::TRANSFORM,
    // These mend single lines, so that the split copies mended ones.
    &as_casing::TRANSFORM,
    &legacy_key_value::TRANSFORM,
    &add_to_copy::TRANSFORM,
    &no_recommends::TRANSFORM,
    &pip_no_cache::TRANSFORM,
    // The split comes before the user: the builder stays root's.
    &split_stages::TRANSFORM,
    // Only a stage that no longer builds can lose its compilers.
    &trim_packages::TRANSFORM,
    // What the slim image lacks is known once the packages of the stage are.
    &slim_base::TRANSFORM,
    // After the packages are final, so that an emptied RUN is not given a clean-up.
    &clean_package_cache::TRANSFORM,
    &drop_root::TRANSFORM,
    // Ownership follows the user that is in force at the end.
    &own_copies::TRANSFORM,
    &own_writable_dirs::TRANSFORM,
    // What describes the image comes last: it stands at the end of the stage.
    &add_healthcheck::TRANSFORM,
    &add_labels::TRANSFORM,
    // White space is nobody's concern until all words stand.
    &layout::TRANSFORM,
];

/// Transforms that are left out unless they are asked for: matters of taste, or of what a build is run with.
pub const ON_REQUEST: [&str; 1] = ["layout"];

/// The transform of this name.
#[must_use]
pub fn named(name: &str) -> Option<&'static Transform> {
    ALL.iter().copied().find(|transform| transform.name == name)
}
