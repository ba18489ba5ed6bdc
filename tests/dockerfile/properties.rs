//! What holds for any text whatever: totality, tiling, and the way back from the logical line to the file.

use harden::dockerfile::{Arguments, Dockerfile, Instruction, ItemKind, Parts, bytes};
use harden::edit::{Edit, Edits, Span};
use libtest_mimic::{Failed, Trial};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestCaseError, TestRunner};

use crate::generator::dockerfile_like;

const CASES: u32 = 2_000;

type Checked = Result<(), TestCaseError>;

/// One test a property and kind of text.
pub fn trials() -> Vec<Trial> {
    vec![
        holds("any bytes come back as they were", any::<Vec<u8>>(), |read| bytes_come_back(&read)),
        holds("the items of any bytes tile the file", any::<Vec<u8>>(), |read| tiles(&bytes::decode(&read))),
        holds("the items of any Dockerfile tile the file", dockerfile_like(), |text| tiles(&text)),
        holds("every logical byte is the same byte in the file", dockerfile_like(), |text| logical_bytes(&text)),
        holds("every span lies on character boundaries inside its instruction", dockerfile_like(), |text| spans(&text)),
        holds("a comment line above an instruction changes nothing else", commented(), |(text, at)| comment(&text, at)),
        holds("lines number the newlines", dockerfile_like(), |text| lines(&text)),
    ]
}

fn commented() -> impl Strategy<Value = (String, prop::sample::Index)> {
    (dockerfile_like(), any::<prop::sample::Index>())
}

/// A property over many values, the same ones on every run.
fn holds<S>(name: &str, values: S, property: fn(S::Value) -> Checked) -> Trial
where
    S: Strategy + Send + 'static,
{
    Trial::test(name, move || {
        let config = Config { cases: CASES, failure_persistence: None, ..Config::default() };
        let seed = proptest::test_runner::TestRng::deterministic_rng(config.rng_algorithm);
        let mut runner = TestRunner::new_with_rng(config, seed);
        runner.run(&values, property).map_err(Failed::from)
    })
}

fn bytes_come_back(read: &[u8]) -> Checked {
    let text = bytes::decode(read);
    prop_assert_eq!(bytes::encode(&text), read);
    if let Ok(plain) = std::str::from_utf8(read)
        && !plain.contains(|ch| ch >= '\u{10ff00}')
    {
        prop_assert_eq!(text, plain);
    }
    Ok(())
}

/// That the items' spans cover `text` without a gap, and that an instruction covers its item.
pub fn tiles(text: &str) -> Checked {
    let file = Dockerfile::parse(text);
    let mut at = 0;
    for item in file.items() {
        prop_assert_eq!(item.span.start, at);
        prop_assert!(!item.span.is_empty());
        prop_assert!(text[..item.span.end].ends_with('\n') || item.span.end == text.len());
        if let Some(instruction) = item.instruction() {
            prop_assert_eq!(instruction.span, item.span);
        }
        at = item.span.end;
    }
    prop_assert_eq!(at, text.len());
    prop_assert_eq!(file.text(), text);
    Ok(())
}

fn logical_bytes(text: &str) -> Checked {
    for instruction in Dockerfile::parse(text).instructions() {
        let logical = instruction.logical.text();
        for (at, byte) in logical.bytes().enumerate() {
            let there = instruction.to_file(Span::new(at, at + 1));
            prop_assert!(instruction.span.contains(there));
            prop_assert_eq!(text.as_bytes()[there.start], byte);
        }
        let rest = instruction.rest_in_file();
        if instruction.logical.is_contiguous(instruction.parts.rest) {
            prop_assert_eq!(rest.of(text), instruction.rest());
        }
    }
    Ok(())
}

fn spans(text: &str) -> Checked {
    for instruction in Dockerfile::parse(text).instructions() {
        let logical = instruction.logical.text();
        for span in spans_of(&instruction.parts) {
            prop_assert!(span.start <= span.end, "{span:?}");
            prop_assert!(logical.get(span.start..span.end).is_some(), "{span:?}");
            prop_assert!(text.get(range(instruction.to_file(span))).is_some(), "{span:?}");
            prop_assert!(instruction.span.contains(instruction.to_file(span)), "{span:?}");
        }
        for heredoc in &instruction.heredocs {
            prop_assert!(instruction.span.contains(heredoc.body));
            prop_assert!(text.get(range(heredoc.body)).is_some());
        }
        prop_assert!(text.is_char_boundary(instruction.end_of_line()));
    }
    Ok(())
}

fn range(span: Span) -> std::ops::Range<usize> {
    span.start..span.end
}

fn spans_of(parts: &Parts) -> Vec<Span> {
    let mut spans: Vec<Span> = parts.flags.iter().map(|flag| flag.span).collect();
    spans.push(parts.rest);
    spans.extend(argument_spans(&parts.arguments));
    spans
}

fn argument_spans(arguments: &Arguments) -> Vec<Span> {
    match arguments {
        Arguments::None => Vec::new(),
        Arguments::Json(words) | Arguments::Words(words) => words.iter().map(|word| word.span).collect(),
        Arguments::Text(word) => vec![word.span],
        Arguments::Pairs { pairs, .. } => pairs.iter().map(|pair| pair.span).collect(),
        Arguments::Health { kind, command } => [vec![kind.span], argument_spans(command)].concat(),
        Arguments::Onbuild(inner) => spans_of(inner),
    }
}

/// `text` with a comment above one of its instructions: the same instructions, moved by the comment's length.
fn comment(text: &str, at: prop::sample::Index) -> Checked {
    const COMMENT: &str = "# harden: a comment \\\n";
    let file = Dockerfile::parse(text);
    let instructions: Vec<&Instruction> = file.instructions().collect();
    if instructions.is_empty() {
        return Ok(());
    }
    let start = at.get(&instructions).span.start;
    if text[start..].starts_with('\u{feff}') {
        return Ok(());
    }
    let edits = Edits::new(vec![Edit::insert(start, COMMENT)]).expect("one edit overlaps nothing");
    let after = Dockerfile::parse(&edits.apply(text));
    prop_assert_eq!(after.items().len(), file.items().len() + 1);
    let kept = after.items().iter().filter(|item| item.span.start != start);
    for (old, new) in file.items().iter().zip(kept) {
        let moved = if old.span.start >= start { COMMENT.len() } else { 0 };
        prop_assert_eq!(new.span, Span::new(old.span.start + moved, old.span.end + moved));
        prop_assert!(same_kind(&old.kind, &new.kind), "{:?}\n{:?}", old.kind, new.kind);
    }
    Ok(())
}

fn same_kind(old: &ItemKind, new: &ItemKind) -> bool {
    match (old, new) {
        (ItemKind::Instruction(old), ItemKind::Instruction(new)) => {
            old.logical.text() == new.logical.text()
                && old.parts == new.parts
                && old.heredocs.len() == new.heredocs.len()
        }
        _ => old == new,
    }
}

fn lines(text: &str) -> Checked {
    let file = Dockerfile::parse(text);
    for (number, line) in text.split_inclusive('\n').enumerate() {
        let start = line.as_ptr() as usize - text.as_ptr() as usize;
        prop_assert_eq!(file.line(start), number + 1);
        prop_assert_eq!(file.line(start + line.len() - 1), number + 1);
    }
    Ok(())
}
