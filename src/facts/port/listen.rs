//! The port that the program itself listens on, where its sources name it.

use super::{Known, Port};
use crate::context::Listen;
use crate::decision::Evidence;

/// The port of the only call that listens in the started program; `starts` tells whether a file of the context is it.
/// Where there are several calls, nobody can tell which of them serves.
pub(super) fn only(listens: &[Listen], starts: impl Fn(&str) -> bool) -> Option<Known<Port>> {
    let [listen] = listens else { return None };
    let evidence = Evidence::context("what the program listens on", listen.file.clone(), listen.line);
    listen.port.filter(|_| starts(&listen.file)).map(|port| Known::new(Port::fixed(port), evidence))
}
