//! The decisions: one transform, one file, and its page beside it.
//!
//! A transform is a pure function from a view to decisions. It never touches the text: the engine orders, applies,
//! checks and records.

mod absolute_destination;
mod absolute_workdir;
mod add_healthcheck;
mod add_labels;
mod add_to_copy;
mod apk_no_cache;
mod apt_cache_mounts;
mod apt_get;
mod as_casing;
mod assume_yes;
mod cache_mounts;
mod clean_package_cache;
mod common;
mod curl_pipe_shell;
mod dockerignore;
mod drop_root;
mod drop_sudo;
mod exec_form;
mod explicit_shell;
mod expose_casing;
mod instruction_casing;
mod layout;
mod legacy_key_value;
mod maintainer_to_label;
mod no_empty_continuation;
mod no_recommends;
mod no_world_writable;
mod npm_ci;
mod numeric_user;
mod omit_dev_dependencies;
mod one_command_per_line;
mod own_copies;
mod own_writable_dirs;
mod pin_digest;
mod pip_no_cache;
mod secret_mounts;
mod single_cmd;
mod slim_base;
mod sort_packages;
mod split_stages;
mod stage_casing;
mod strip_setuid;
mod target_platform;
mod trim_packages;
mod wget_progress;

use common::{chain, commands, label, mounts, node, owner, place, runs};

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

/// A page of its own for one of the ways in which a transform works.
pub struct Chapter {
    /// Its name in `harden explain`: the transform's, a slash, and its own.
    pub name: &'static str,
    /// The text, whose fences are tests as those of the transform's page are.
    pub page: &'static str,
    /// The transform that it is about.
    pub transform: &'static Transform,
}

/// The chapters of every transform that has some.
pub static CHAPTERS: [Chapter; 7] = split_stages::CHAPTERS;

/// The pipeline. The order is meaning: every transform sees the text that those above it left.
pub static ALL: [&Transform; 44] = [
    // Of several commands only the one that counts is read below.
    &single_cmd::TRANSFORM,
    // The command's form tells everything below what runs; nothing else depends on it.
    &exec_form::TRANSFORM,
    // These mend single lines, so that the split copies mended ones.
    &no_empty_continuation::TRANSFORM,
    &instruction_casing::TRANSFORM,
    &as_casing::TRANSFORM,
    &stage_casing::TRANSFORM,
    &target_platform::TRANSFORM,
    &expose_casing::TRANSFORM,
    &legacy_key_value::TRANSFORM,
    &absolute_workdir::TRANSFORM,
    &maintainer_to_label::TRANSFORM,
    &drop_sudo::TRANSFORM,
    &apt_get::TRANSFORM,
    &assume_yes::TRANSFORM,
    &add_to_copy::TRANSFORM,
    &absolute_destination::TRANSFORM,
    // A cache that a mount keeps need not be switched off.
    &cache_mounts::TRANSFORM,
    &apk_no_cache::TRANSFORM,
    &no_recommends::TRANSFORM,
    &pip_no_cache::TRANSFORM,
    &npm_ci::TRANSFORM,
    &wget_progress::TRANSFORM,
    // Advice is about the file as its writer knows it, before the split moves its lines.
    &secret_mounts::TRANSFORM,
    &curl_pipe_shell::TRANSFORM,
    &dockerignore::TRANSFORM,
    // The split comes before the user: the builder stays root's.
    &split_stages::TRANSFORM,
    // What the builder leaves is pruned in it: the stage that runs copies the rest.
    &omit_dev_dependencies::TRANSFORM,
    // Only a stage that no longer builds can lose its compilers.
    &trim_packages::TRANSFORM,
    // What the slim image lacks is known once the packages of the stage are.
    &slim_base::TRANSFORM,
    // Every image that the file will name stands now.
    &pin_digest::TRANSFORM,
    // After the packages are final, so that an emptied RUN is not given a clean-up.
    &clean_package_cache::TRANSFORM,
    // A line that cleans up needs its lists no more, wherever they are.
    &apt_cache_mounts::TRANSFORM,
    &numeric_user::TRANSFORM,
    &drop_root::TRANSFORM,
    // Ownership follows the user that is in force at the end.
    &own_copies::TRANSFORM,
    &own_writable_dirs::TRANSFORM,
    // What the user owns need not be everybody's.
    &no_world_writable::TRANSFORM,
    // Only where a user takes over from root.
    &strip_setuid::TRANSFORM,
    // What describes the image comes last: it stands at the end of the stage.
    &add_healthcheck::TRANSFORM,
    &add_labels::TRANSFORM,
    // The form of lines is nobody's concern until all commands stand.
    &sort_packages::TRANSFORM,
    &one_command_per_line::TRANSFORM,
    // Until here a command in shell form says more: its words are read one by one.
    &explicit_shell::TRANSFORM,
    // White space is nobody's concern until all words stand.
    &layout::TRANSFORM,
];

/// Transforms that are left out unless they are asked for: matters of taste, or of what a build is run with.
pub const ON_REQUEST: [&str; 7] = [
    "apt_cache_mounts",
    "cache_mounts",
    "explicit_shell",
    "layout",
    "one_command_per_line",
    "sort_packages",
    "strip_setuid",
];

/// The transform of this name.
#[must_use]
pub fn named(name: &str) -> Option<&'static Transform> {
    ALL.iter().copied().find(|transform| transform.name == name)
}
