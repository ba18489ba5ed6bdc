//! What sessions leave behind in the engine.

use std::thread;
use std::time::{Duration, Instant};

use crate::docker::{Result, docker};

/// No test beside this one takes longer.
const OTHERS: Duration = Duration::from_secs(180);

/// Nothing stays in the engine that is there now and is of a session.
pub fn nothing_is_left() -> Result<()> {
    let left = staying(left_behind()?)?;
    if left.is_empty() { Ok(()) } else { Err(format!("{left:?} is left behind")) }
}

/// What of `left` stays: the sessions of tests beside this one go away.
fn staying(mut left: Vec<String>) -> Result<Vec<String>> {
    let deadline = Instant::now() + OTHERS;
    while !left.is_empty() && Instant::now() < deadline {
        thread::sleep(Duration::from_secs(1));
        let still = left_behind()?;
        left.retain(|name| still.contains(name));
    }
    Ok(left)
}

/// The containers, images, volumes and networks that are named as a session names them.
fn left_behind() -> Result<Vec<String>> {
    let lists: [&[&str]; 4] = [
        &["ps", "--all", "--format", "{{.Names}}"],
        &["images", "--format", "{{.Repository}}"],
        &["volume", "ls", "--format", "{{.Name}}"],
        &["network", "ls", "--format", "{{.Name}}"],
    ];
    let mut left = Vec::new();
    for list in lists {
        left.extend(docker(list)?.lines().filter(|name| is_of_session(name)).map(str::to_owned));
    }
    Ok(left)
}

/// `harden-01234567-8-run`
fn is_of_session(name: &str) -> bool {
    let id = name.strip_prefix("harden-").and_then(|rest| rest.split('-').next());
    id.is_some_and(|id| id.len() == 8 && id.bytes().all(|byte| byte.is_ascii_hexdigit()))
}
