//! What several transforms need: where new lines go, what of a chain can leave, single commands and whole RUN lines,
//! cache mounts, installs of Node's packages, whose files are whose, how a label is written.

pub(super) mod chain;
pub(super) mod commands;
pub(super) mod label;
pub(super) mod mounts;
pub(super) mod node;
pub(super) mod owner;
pub(super) mod place;
pub(super) mod runs;
