//! BuildKit's scanner gives up on a line of 65,536 bytes, its LF not counted.

use harden::dockerfile::Dockerfile;
use libtest_mimic::{Failed, Trial};

const MAX: usize = 65_536;

/// One test a place where a long line can stand.
pub fn trials() -> Vec<Trial> {
    let too_long = "dockerfile line greater than max allowed size of 65535";
    [
        ("an instruction", "FROM a\nRUN ", "\nRUN b\n", too_long),
        ("the last line", "FROM a\nRUN ", "", too_long),
        ("a comment", "FROM a\n# ", "\nRUN b\n", too_long),
        ("a continuation", "FROM a\nRUN a \\\n", "\nRUN b\n", too_long),
        ("a here-document", "FROM a\nRUN <<A\n", "\nA\nRUN b\n", "unterminated heredoc"),
    ]
    .into_iter()
    .map(|(place, before, after, reason)| {
        Trial::test(format!("the longest line is one byte short of 65,536: {place}"), move || {
            let started = before.len() - before.rfind('\n').map_or(0, |newline| newline + 1);
            same(&reasons(before, MAX - 1 - started, after), &[])?;
            same(&reasons(before, MAX - started, after), &[reason])
        })
    })
    .collect()
}

fn reasons(before: &str, length: usize, after: &str) -> Vec<String> {
    let text = format!("{before}{}{after}", "x".repeat(length));
    Dockerfile::parse(&text).rejections().into_iter().map(|rejection| rejection.reason).collect()
}

fn same(ours: &[String], buildkit: &[&str]) -> Result<(), Failed> {
    if ours == buildkit { Ok(()) } else { Err(format!("ours {ours:?}, BuildKit {buildkit:?}").into()) }
}
