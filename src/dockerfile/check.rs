//! What BuildKit's parser lets pass and its next step rejects: unknown instructions and flags, a missing stage.

use super::instruction::{Arguments, Instruction, Keyword, Parts};

/// The flags that BuildKit's stable syntax knows, by instruction.
const FLAGS: [(Keyword, &[&str]); 6] = [
    (
        Keyword::Add,
        &["--chown", "--chmod", "--link", "--keep-git-dir", "--checksum", "--exclude", "--unpack", "--parents"],
    ),
    (Keyword::Copy, &["--from", "--chown", "--chmod", "--link", "--parents", "--exclude"]),
    (Keyword::From, &["--platform"]),
    (Keyword::Healthcheck, &["--interval", "--timeout", "--start-period", "--start-interval", "--retries"]),
    (Keyword::Run, &["--mount", "--network", "--security", "--device"]),
    (Keyword::Onbuild, &[]),
];

/// BuildKit's reason to reject `instruction`, if it has one. `in_stage` says whether a FROM came before.
pub(super) fn rejection(instruction: &Instruction, in_stage: bool) -> Option<String> {
    let parts = &instruction.parts;
    unknown_instruction(parts)
        .or_else(|| (!in_stage && !matches!(parts.keyword, Keyword::Arg | Keyword::From)).then(no_stage))
        .or_else(|| unknown_flag(parts))
        .or_else(|| wrong_arguments(instruction))
}

fn no_stage() -> String {
    "no build stage in current context".into()
}

fn unknown_instruction(parts: &Parts) -> Option<String> {
    if parts.keyword != Keyword::Unknown {
        return None;
    }
    let near = Keyword::ALL
        .iter()
        .map(|(name, _)| (strsim::levenshtein(&parts.name.to_ascii_uppercase(), name), *name))
        .min_by_key(|&(distance, _)| distance)
        .filter(|&(distance, _)| distance <= 2);
    Some(match near {
        Some((_, name)) => {
            format!("unknown instruction: {} (did you mean {}?)", parts.name, in_case_of(&parts.name, name))
        }
        None => format!("unknown instruction: {}", parts.name),
    })
}

/// `keyword` in capitals where `written` is, else in lower case.
fn in_case_of(written: &str, keyword: &str) -> String {
    let is_upper = written == written.to_ascii_uppercase() && written != written.to_ascii_lowercase();
    if is_upper { keyword.to_owned() } else { keyword.to_ascii_lowercase() }
}

fn unknown_flag(parts: &Parts) -> Option<String> {
    let known = FLAGS.iter().find(|(keyword, _)| *keyword == parts.keyword).map_or(&[][..], |(_, flags)| flags);
    let unknown = parts.flags.iter().find(|flag| !known.contains(&flag.name.as_str()))?;
    Some(format!("unknown flag: {}", unknown.name))
}

fn wrong_arguments(instruction: &Instruction) -> Option<String> {
    let words = instruction.words().len();
    match instruction.keyword() {
        Keyword::From if !from_is_well_formed(instruction) => {
            Some("FROM requires either one or three arguments".into())
        }
        Keyword::Add if words < 2 => Some(
            "ADD requires at least two arguments, but only one was provided. Destination could not be determined"
                .into(),
        ),
        Keyword::Copy if words < 2 => Some(
            "COPY requires at least two arguments, but only one was provided. Destination could not be determined"
                .into(),
        ),
        keyword @ (Keyword::User | Keyword::Workdir | Keyword::Stopsignal | Keyword::Maintainer) if words != 1 => {
            Some(format!("{} requires exactly one argument", keyword.as_str()))
        }
        keyword @ (Keyword::Expose | Keyword::Volume) if words == 0 => {
            Some(format!("{} requires at least one argument", keyword.as_str()))
        }
        keyword @ (Keyword::Env | Keyword::Label | Keyword::Arg) if instruction.pairs().is_empty() => {
            Some(format!("{} requires at least one argument", keyword.as_str()))
        }
        Keyword::Shell if instruction.exec().is_none_or(|words| words.is_empty()) => {
            Some("SHELL requires the arguments to be in JSON form".into())
        }
        Keyword::Healthcheck => health(&instruction.parts.arguments),
        Keyword::Onbuild => onbuild(&instruction.parts.arguments),
        _ => None,
    }
}

fn from_is_well_formed(instruction: &Instruction) -> bool {
    match instruction.words() {
        [_] => true,
        [_, as_word, _] => as_word.text.eq_ignore_ascii_case("as"),
        _ => false,
    }
}

fn health(arguments: &Arguments) -> Option<String> {
    let Arguments::Health { kind, command } = arguments else {
        return Some("HEALTHCHECK requires at least one argument".into());
    };
    let is_empty = match command.as_ref() {
        Arguments::None => true,
        Arguments::Json(words) => words.is_empty(),
        _ => false,
    };
    match kind.text.to_ascii_uppercase().as_str() {
        "NONE" => (!is_empty).then(|| "HEALTHCHECK NONE takes no arguments".into()),
        "CMD" => is_empty.then(|| "Missing command after HEALTHCHECK CMD".into()),
        kind => Some(format!("Unknown type {kind:?} in HEALTHCHECK (try CMD)")),
    }
}

fn onbuild(arguments: &Arguments) -> Option<String> {
    let Arguments::Onbuild(parts) = arguments else { return Some("ONBUILD requires at least one argument".into()) };
    match parts.keyword {
        Keyword::Onbuild => Some("Chaining ONBUILD via `ONBUILD ONBUILD` isn't allowed".into()),
        Keyword::From | Keyword::Maintainer => {
            Some(format!("{} isn't allowed as an ONBUILD trigger", parts.keyword.as_str()))
        }
        _ => unknown_instruction(parts).or_else(|| unknown_flag(parts)),
    }
}
