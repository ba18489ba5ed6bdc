//! Proves on a container engine that a hardened image does what the original did.
pub mod bake;
pub mod bisect;
pub mod compose;
pub mod scan;
