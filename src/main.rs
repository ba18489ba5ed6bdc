//! The command line of `harden`.
fn main() {}
