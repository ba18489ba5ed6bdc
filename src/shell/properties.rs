//! What holds for every text.

use proptest::prelude::*;
use proptest::test_runner::RngSeed;

use super::{Command, Script, parse};
use crate::edit::{Edit, Edits, Span};

/// Text from the pieces that shell scripts are made of, well nested or not.
fn shell_like() -> impl Strategy<Value = String> {
    let pieces = prop::sample::select(vec![
        "a",
        "é",
        "rm",
        " ",
        " ",
        " ",
        "\t",
        "\n",
        "\\\n",
        "\\",
        "'",
        "\"",
        "`",
        "$",
        "${",
        "$(",
        "$((",
        "(",
        ")",
        "))",
        "{ ",
        "}",
        "; }",
        ";",
        ";;",
        "&&",
        " && ",
        "||",
        "|",
        "|&",
        "&",
        "!",
        "if ",
        "; then ",
        "; fi",
        "else ",
        "elif ",
        "for x in ",
        "; do ",
        "; done",
        "while ",
        "case x in ",
        " esac",
        "f() ",
        "function ",
        "coproc ",
        "time ",
        "<<E\n",
        "\nE\n",
        "<<-'E' ",
        "<<<",
        ">",
        ">&",
        "2>&1",
        "{fd}>",
        "&>>",
        "<(",
        "[[ ",
        " ]]",
        "=",
        "a=(",
        "~",
        "*",
        "{a,b}",
        "#",
        "# c\n",
        "set -e",
        "sh -c 'a'",
        "$'",
        "$x",
        "\u{0}",
        "\r\n",
    ]);
    prop::collection::vec(pieces, 0..40).prop_map(|pieces| pieces.concat())
}

fn parts(command: &Command) -> Vec<Span> {
    let words = command.assignments.iter().chain(&command.words).map(|word| word.span);
    words.chain(command.redirects.iter().map(|redirect| redirect.span)).collect()
}

fn is_inside(text: &str, span: Span) -> bool {
    text.get(span.start..span.end).is_some()
}

fn check_spans(text: &str, script: &Script) -> Result<(), TestCaseError> {
    for command in &script.commands {
        prop_assert!(is_inside(text, command.span));
        let mut parts = parts(command);
        parts.sort();
        for part in &parts {
            prop_assert!(!part.is_empty() && is_inside(text, *part) && command.span.contains(*part), "{part:?}");
        }
        for pair in parts.windows(2) {
            prop_assert!(pair[0].end <= pair[1].start, "{pair:?}");
        }
        for word in &command.words {
            prop_assert!(is_inside(text, command.removal_of(word)));
        }
        for redirect in &command.redirects {
            prop_assert!(redirect.span.contains(redirect.target.span));
            prop_assert!(redirect.heredoc.as_ref().is_none_or(|heredoc| is_inside(text, heredoc.body)));
        }
    }
    prop_assert!(script.commands.windows(2).all(|pair| pair[0].span.start < pair[1].span.start));
    prop_assert!(script.items.iter().all(|item| is_inside(text, item.span)));
    for pair in script.items.windows(2) {
        prop_assert!(pair[0].span.end <= pair[1].span.start, "{pair:?}");
    }
    Ok(())
}

fn commands_of(text: &str) -> Vec<String> {
    let script = parse(text).unwrap();
    script.commands.iter().map(|command| command.span.of(text).to_owned()).collect()
}

proptest! {
    // The seed is fixed: the suite gives the same answer every time. PROPTEST_CASES looks further.
    #![proptest_config(ProptestConfig {
        failure_persistence: None,
        rng_seed: RngSeed::Fixed(20_260_724),
        ..ProptestConfig::default()
    })]

    #[test]
    fn any_text_is_read_or_opaque_and_its_spans_are_sound(text in prop_oneof![shell_like(), any::<String>()]) {
        if let Ok(script) = parse(&text) {
            check_spans(&text, &script)?;
            for command in &script.commands {
                if let Some(Ok(inner)) = command.program().and_then(|program| program.inner_script(&text)) {
                    check_spans(&text, &inner)?;
                }
            }
        }
    }

    #[test]
    fn removing_an_item_leaves_the_other_commands(
        items in prop::collection::vec(prop::sample::select(vec!["a 1", "b 'x y'", "FOO=1 c", "d > é", "{ e; f; }", "cat <<E"]), 1..6),
        joints in prop::collection::vec(prop::sample::select(vec![" && ", "; ", "\n", " # why; not\n", " && \\\n ", ";\n", " \\\n; "]), 6),
        chosen in 0..6usize,
    ) {
        let mut text = String::new();
        let mut open = false;
        for (at, item) in items.iter().enumerate() {
            text.push_str(item);
            open |= item.ends_with("<<E");
            let joint = if at + 1 == items.len() { "\n" } else { joints[at] };
            text.push_str(joint);
            if open && joint.ends_with('\n') {
                text.push_str("body; of E\nE\n");
                open = false;
            }
        }
        let script = parse(&text).unwrap();
        if let Some(removal) = script.removal_of(&text, chosen) {
            let gone = script.items[chosen].span;
            let kept = script.commands.iter().map(|command| command.span).filter(|&span| !gone.contains(span));
            let kept: Vec<_> = kept.map(|span| span.of(&text).to_owned()).collect();
            let rest = Edits::new(vec![Edit::delete(removal)]).unwrap().apply(&text);
            prop_assert_eq!(commands_of(&rest), kept, "{:?} from {:?} leaves {:?}", chosen, text, rest);
        }
    }
}
