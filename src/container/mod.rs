//! A container engine through its command line: builds images, runs containers, and removes what it made.
//!
//! Everything goes through a [`Session`], which knows every image, container, volume and network that it made, by a name of
//! its own, and removes them when it ends, however it ends. Nothing else is ever touched.

mod build;
mod cli;
mod error;
mod image;
mod interrupt;
mod launch;
mod mounts;
mod probe;
mod process;
mod processes;
mod running;
mod session;

pub use build::{Built, Recipe};
pub use cli::{Cli, Engine};
pub use error::Error;
pub use image::{Configuration, Image};
pub use interrupt::Interrupt;
pub use launch::{Confinement, Launch};
pub use mounts::Mount;
pub use probe::{Answer, get, listens};
pub use process::{Output, program};
pub use processes::Process;
pub use running::{Change, ChangeKind, Container, Health, State};
pub use session::Session;
