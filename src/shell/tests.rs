//! What is read from the bodies that people write.

use super::{Joined, Opaque, Scope, Script, parse};

fn commands<'t>(text: &'t str, script: &Script) -> Vec<&'t str> {
    script.commands.iter().map(|command| command.span.of(text)).collect()
}

fn read(text: &str) -> Script {
    parse(text).unwrap_or_else(|opaque| panic!("{opaque}: {text}"))
}

#[test]
fn a_chain_is_read_command_by_command() {
    let text = "set -ex; apt-get update && apt-get install -y \"lib é\" || true\nrm -rf /x";
    let script = read(text);
    assert_eq!(
        commands(text, &script),
        ["set -ex", "apt-get update", "apt-get install -y \"lib é\"", "true", "rm -rf /x"]
    );
    let joined: Vec<_> = script.commands.iter().map(|command| command.joined).collect();
    assert_eq!(joined, [Joined::First, Joined::Semicolon, Joined::And, Joined::Or, Joined::Semicolon]);
    let words: Vec<_> = script.commands[2].words.iter().map(|word| word.span.of(text)).collect();
    assert_eq!(words, ["apt-get", "install", "-y", "\"lib é\""]);
    assert_eq!(script.commands[2].words[3].value.as_deref(), Some("lib é"));
}

#[test]
fn pipes_and_ampersands_join_commands() {
    let script = read("a | b |& c & d &");
    let joined: Vec<_> = script.commands.iter().map(|command| command.joined).collect();
    assert_eq!(joined, [Joined::First, Joined::Pipe, Joined::Pipe, Joined::Background]);
    assert!(script.ends_in_background);
    assert_eq!(script.items.len(), 2);
    assert!(read("a &\nb").commands[1].joined == Joined::Background);
    assert!(read("a && b &").ends_in_background);
}

#[test]
fn every_command_knows_what_it_stands_in_and_whether_it_surely_runs() {
    for (text, scope, conditional) in [
        ("X", Scope::TopLevel, false),
        ("a && X", Scope::TopLevel, false),
        ("a || X", Scope::TopLevel, true),
        ("a || b && X", Scope::TopLevel, false),
        ("[ -f x ] && X", Scope::TopLevel, true),
        ("[[ -f x ]] && a && X", Scope::TopLevel, true),
        ("! a && X", Scope::TopLevel, true),
        ("[ -f x ] && a; X", Scope::TopLevel, false),
        ("a | X", Scope::TopLevel, false),
        ("! X", Scope::TopLevel, false),
        ("time X", Scope::TopLevel, false),
        ("if X; then a; fi", Scope::If, false),
        ("if a; then X; fi", Scope::If, true),
        ("if a; then b; elif c; then d; else X; fi", Scope::If, true),
        ("while X; do a; done", Scope::Loop, false),
        ("for x in a b; do X; done", Scope::Loop, true),
        ("case a in b|c) X;; esac", Scope::Case, true),
        ("(a; X)", Scope::Subshell, false),
        ("{ a; X; }", Scope::Group, false),
        ("f() { X; }", Scope::Group, true),
        ("f() (X)", Scope::Subshell, true),
        ("a \"$(X)\"", Scope::Substitution, false),
        ("a || b `X`", Scope::Substitution, true),
        ("diff <(X)", Scope::Substitution, false),
        ("for x in $(X); do a; done", Scope::Loop, false),
        ("[[ -n $(X) ]]", Scope::Substitution, false),
        ("cat <<E\n$(X)\nE", Scope::Substitution, false),
        ("a > $(X)", Scope::Substitution, false),
        ("A=$(X)", Scope::Substitution, false),
        ("coproc { X; }", Scope::Group, false),
    ] {
        let script = read(text);
        let command = script.commands.iter().find(|command| command.span.of(text) == "X").unwrap();
        let expected = if text.contains("$(X); do") { Scope::Substitution } else { scope };
        assert_eq!((command.scope, command.conditional), (expected, conditional), "{text}");
    }
}

#[test]
fn substitutions_are_commands_at_any_depth() {
    let text = "a \"$(b \"$(c | d)\" `e`)\" ${x:-$(f)}";
    assert_eq!(
        commands(text, &read(text)),
        [text, "b \"$(c | d)\" `e`", "c | d".split_once(" |").unwrap().0, "d", "e", "f"]
    );
}

#[test]
fn redirects_have_a_descriptor_an_operator_and_a_target() {
    let text = "a2>x 2> 'y z' >&2 &>>/dev/null {fd}<w 3>&- > $v";
    let script = read(text);
    let command = &script.commands[0];
    assert_eq!(command.span.of(text), text);
    let seen: Vec<_> = command
        .redirects
        .iter()
        .map(|redirect| (redirect.span.of(text), redirect.fd, redirect.operator, redirect.target.value.as_deref()))
        .collect();
    assert_eq!(
        seen,
        [
            (">x", None, ">", Some("x")),
            ("2> 'y z'", Some(2), ">", Some("y z")),
            (">&2", None, ">&", Some("2")),
            ("&>>/dev/null", None, "&>>", Some("/dev/null")),
            ("{fd}<w", None, "<", Some("w")),
            ("3>&-", Some(3), ">&", Some("-")),
            ("> $v", None, ">", None),
        ]
    );
    let writes: Vec<_> = command.redirects.iter().map(|redirect| redirect.writes_file()).collect();
    assert_eq!(writes, [true, true, false, false, false, false, true]);
}

#[test]
fn the_redirects_of_groups_are_the_scripts() {
    let text = "{ a; } 2>log; while b; do c; done <in | d";
    let script = read(text);
    let redirects: Vec<_> = script.redirects.iter().map(|redirect| redirect.span.of(text)).collect();
    assert_eq!(redirects, ["2>log", "<in"]);
}

#[test]
fn here_documents_are_found_where_they_stand() {
    let text = "cat <<A <<-'B C' > x && echo 'q\nq'\none\nA\n\t$(no)\n\tB C\nb <<A\nA\nc";
    let script = read(text);
    let bodies: Vec<_> = script
        .commands
        .iter()
        .flat_map(|command| &command.redirects)
        .filter_map(|redirect| redirect.heredoc.as_ref())
        .map(|heredoc| (heredoc.body.of(text), heredoc.quoted))
        .collect();
    assert_eq!(bodies, [("one\n", false), ("\t$(no)\n", true), ("", false)]);
    assert_eq!(commands(text, &script), ["cat <<A <<-'B C' > x", "echo 'q\nq'", "b <<A", "c"]);
}

#[test]
fn escaped_newlines_in_words_and_between_them_keep_spans_right() {
    let text = "apt-\\\nget \\\n install 'a\\\nb' > /t\\\nmp && c";
    let script = read(text);
    let words: Vec<_> = script.commands[0].words.iter().map(|word| word.span.of(text)).collect();
    assert_eq!(words, ["apt-\\\nget", "install", "'a\\\nb'"]);
    assert_eq!(script.commands[0].redirects[0].target.value.as_deref(), Some("/tmp"));
    assert_eq!(script.items[0].span, script.commands[0].span);
    assert_eq!(script.commands[1].span.of(text), "c");
}

#[test]
fn what_can_not_be_read_with_certainty_is_opaque() {
    for text in [
        "if a",
        "a \"b",
        "a )",
        "a && && b",
        "a > \n",
        "echo `a \\`b\\``",
        "a $((b) c)",
        "$(case x in a) b;; esac)",
        "case x in $(a)) b;; esac",
        "a | time b",
        "if a; then b; f\\\ni; c",
    ] {
        assert!(matches!(parse(text), Err(Opaque::Syntax(_))), "{text}");
    }
}

#[test]
fn an_empty_script_and_one_of_comments_hold_no_command() {
    assert_eq!(parse(""), Ok(Script::default()));
    assert_eq!(parse(" # nothing\n\n"), Ok(Script::default()));
}
