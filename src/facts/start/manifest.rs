//! The scripts of `package.json` that npm and its kin run.

use serde_json::Value;

use super::{StartWord, Started};

/// What a package manager is asked to run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Asked {
    /// The script's name.
    pub(super) script: String,
    /// What is put behind the script's last word.
    arguments: Vec<String>,
}

const MANAGERS: [&str; 4] = ["npm", "yarn", "pnpm", "bun"];

/// Options by which a package manager looks into another folder.
const ELSEWHERE: [&str; 9] =
    ["--prefix", "-C", "--cwd", "--dir", "--filter", "-F", "--workspace", "-w", "--workspaces"];

/// The script that `started` runs; `None` where it runs none, or one of another folder.
pub(super) fn asked(started: &Started) -> Option<Asked> {
    let manager = MANAGERS.into_iter().find(|manager| *manager == started.name)?;
    let end = started.words.iter().position(|word| word.raw == "--").unwrap_or(started.words.len());
    let (own, behind) = started.words.split_at_checked(end)?;
    let is_elsewhere = |word: &StartWord| ELSEWHERE.contains(&word.raw.split('=').next().unwrap_or_default());
    if own.iter().any(is_elsewhere) {
        return None;
    }
    let mut words = own.iter().skip_while(|word| word.raw.starts_with('-'));
    let verb = words.next()?.value.as_deref()?;
    let script = match verb {
        "run" | "run-script" => words.find(|word| !word.raw.starts_with('-'))?.value.as_deref()?,
        "start" | "stop" | "restart" | "test" => verb,
        script if matches!(manager, "yarn" | "pnpm") => script,
        _ => return None,
    };
    // npm keeps for itself what stands before `--`.
    let own_arguments = words.filter(|_| manager != "npm").map(|word| word.raw.clone());
    let arguments = own_arguments.chain(behind.iter().skip(1).map(|word| word.raw.clone())).collect();
    Some(Asked { script: script.to_owned(), arguments })
}

/// The commands that `asked` runs in the order in which they run, each with its line in `manifest`.
pub(super) fn commands(manifest: &str, asked: &Asked) -> Vec<(String, usize)> {
    let Ok(Value::Object(package)) = serde_json::from_str(manifest) else { return Vec::new() };
    let names = [format!("pre{}", asked.script), asked.script.clone(), format!("post{}", asked.script)];
    let found = names.iter().filter_map(|name| {
        let text = package.get("scripts")?.get(name)?.as_str()?;
        let is_asked = *name == asked.script && !asked.arguments.is_empty();
        let text = if is_asked { format!("{text} {}", asked.arguments.join(" ")) } else { text.to_owned() };
        Some((text, line(manifest, name)))
    });
    found.collect()
}

/// The line of a script, from 1.
fn line(manifest: &str, script: &str) -> usize {
    let key = format!("\"{script}\"");
    let scripts = manifest.lines().position(|line| line.contains("\"scripts\"")).unwrap_or_default();
    let own = manifest.lines().skip(scripts).position(|line| line.contains(&key)).unwrap_or_default();
    scripts + own + 1
}
