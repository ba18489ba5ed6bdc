//! Here-documents: `<<EOF` in ADD, COPY and RUN.

use super::lexer::Lexer;
use crate::edit::Span;

/// One here-document of an instruction.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Heredoc {
    /// The terminator, without quotes; the file's name in COPY and ADD.
    pub name: String,
    /// The file descriptor before `<<`, 0 where none is written.
    pub fd: u64,
    /// Whether variables in the body are expanded: not where the terminator is quoted.
    pub expand: bool,
    /// Whether leading tabs are stripped (`<<-`).
    pub chomp: bool,
    /// The body in the file, its last newline included, the terminator not.
    pub body: Span,
}

/// The here-documents that a logical line opens, with empty bodies. An unreadable line opens none.
pub(super) fn opened(line: &str) -> Vec<Heredoc> {
    if !line.contains("<<") {
        return Vec::new();
    }
    let raw = Lexer { escape: '\\', raw_quotes: true, raw_escapes: true, keep_unknown: true };
    let lexed = raw.read(line, &|_| None).unwrap_or_default();
    lexed.words.iter().filter_map(|word| opening(word)).collect()
}

/// Reads a word of the form `N<<-WORD`.
pub(super) fn opening(word: &str) -> Option<Heredoc> {
    let (fd, rest) = word.split_at(word.find(|ch: char| !ch.is_ascii_digit())?);
    let rest = rest.strip_prefix("<<")?;
    let (chomp, rest) = match rest.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, rest),
    };
    if rest.is_empty() || rest.contains('<') {
        return None;
    }
    let plain = Lexer { escape: '\\', raw_quotes: false, raw_escapes: false, keep_unknown: true };
    let words = plain.read(rest, &|_| None).ok()?.words;
    let [name] = words.as_slice() else { return None };
    let with_quotes = Lexer { raw_quotes: true, ..plain };
    let as_written = with_quotes.read(rest, &|_| None).ok()?.words;
    Some(Heredoc {
        fd: fd.parse().unwrap_or(0),
        expand: as_written.first() == Some(name),
        name: name.clone(),
        chomp,
        body: Span::at(0),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotes_round_the_terminator_turn_expansion_off() {
        assert!(opening("<<EOF").unwrap().expand);
        assert!(opening("<<\\EOF").unwrap().expand, "an escape is no quote to BuildKit");
        let quoted = opening("3<<-'E O'").unwrap();
        assert_eq!((quoted.name.as_str(), quoted.fd, quoted.chomp, quoted.expand), ("E O", 3, true, false));
    }

    #[test]
    fn here_strings_and_shifts_open_nothing() {
        for line in ["RUN cat <<< hi", "RUN echo $((1<<2))", "RUN x <<", "RUN echo 'a <<EOF'", "RUN echo \" <<EOF"] {
            assert!(opened(line).is_empty(), "{line}");
        }
    }
}
