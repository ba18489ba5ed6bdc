//! Our structure in the flat words of BuildKit's parse tree.

use harden::dockerfile::{Arguments, Keyword, Pair, Parts};

/// The argument words, ENV's and LABEL's separators left out. Of ONBUILD: those of the instruction that it holds.
pub fn words(parts: &Parts) -> Vec<String> {
    match &parts.arguments {
        Arguments::Pairs { pairs, .. } if parts.keyword == Keyword::Arg => pairs.iter().map(assignment).collect(),
        Arguments::Onbuild(inner) => words(inner),
        arguments => words_of(arguments),
    }
}

fn words_of(arguments: &Arguments) -> Vec<String> {
    match arguments {
        Arguments::None | Arguments::Onbuild(_) => Vec::new(),
        Arguments::Json(words) | Arguments::Words(words) => words.iter().map(|word| word.text.clone()).collect(),
        Arguments::Text(word) => vec![word.text.clone()],
        Arguments::Pairs { pairs, .. } => {
            pairs.iter().flat_map(|pair| [pair.key.clone(), pair.value.clone().unwrap_or_default()]).collect()
        }
        Arguments::Health { kind, command } => std::iter::once(kind.text.clone()).chain(words_of(command)).collect(),
    }
}

fn assignment(pair: &Pair) -> String {
    match &pair.value {
        Some(value) => format!("{}={value}", pair.key),
        None => pair.key.clone(),
    }
}

/// The flags as words: `--from=build`, `--link`.
pub fn flags(parts: &Parts) -> Vec<String> {
    parts
        .flags
        .iter()
        .map(|flag| match &flag.value {
            Some(value) => format!("{}={value}", flag.name),
            None => flag.name.clone(),
        })
        .collect()
}

/// Whether the arguments are a JSON array. Of ONBUILD: those of the instruction that it holds.
pub fn is_json(parts: &Parts) -> bool {
    match &parts.arguments {
        Arguments::Json(_) => true,
        Arguments::Health { command, .. } => matches!(**command, Arguments::Json(_)),
        Arguments::Onbuild(inner) => is_json(inner),
        _ => false,
    }
}

/// The instruction behind ONBUILD.
pub fn inner(parts: &Parts) -> Option<&Parts> {
    match &parts.arguments {
        Arguments::Onbuild(inner) => Some(inner),
        _ => None,
    }
}
