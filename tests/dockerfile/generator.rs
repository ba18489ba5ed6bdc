//! Texts that look like Dockerfiles, with every trap of the line rules in them.

use proptest::prelude::*;
use proptest::sample::select;

const KEYWORDS: &[&str] = &[
    "FROM",
    "RUN",
    "run",
    "COPY",
    "ADD",
    "ARG",
    "ENV",
    "LABEL",
    "CMD",
    "ENTRYPOINT",
    "EXPOSE",
    "VOLUME",
    "USER",
    "WORKDIR",
    "SHELL",
    "STOPSIGNAL",
    "MAINTAINER",
    "HEALTHCHECK",
    "ONBUILD",
    "ONBUILD RUN",
    "ONBUILD ONBUILD",
    "RNU",
    "",
];

const BLANKS: &[&str] = &[" ", "  ", "\t", "\u{b}", "\u{a0}", ""];

const WORDS: &[&str] = &[
    "alpine",
    "AS",
    "base",
    "a=b",
    "a",
    "=",
    "x==y",
    "k='v w'",
    "k=\"v w\"",
    "'",
    "\"",
    "\\",
    "\\\\",
    "\\\"",
    "`",
    "``",
    "$x",
    "${x}",
    "${x:-y}",
    "${x:-",
    "${a[@]}",
    "${x/a/b}",
    "$",
    "#",
    "# note",
    "--from=base",
    "--mount=type=bind,from='a b'",
    "--",
    "--link",
    "--x=\\\"y",
    "é",
    "\u{10ffe9}",
    "\u{3000}",
    "CMD",
    "NONE",
    "80/tcp",
    "/app",
    ".",
    "&&",
    "|",
    ";",
];

const HEREDOCS: &[&str] = &[
    "<<A",
    "<<-A",
    "<<'A'",
    "<<\"A B\"",
    "3<<A",
    "<< A",
    "<<- A",
    "<<\\A",
    "<<<A",
    "<<",
    "<<-",
    "<<A<<B",
    "<<$x",
    "<<''",
];

const JSON: &[&str] = &[
    "[]",
    "[\"a\", \"b\"]",
    "[ \"a\" , \"\\u00e9\\n\" ]",
    "[\"a\" \"b\"]",
    "[\"a\",]",
    "['a']",
    "[1]",
    "[\"a\", null]",
    "[[\"a\"]]",
    "[\"a\"] b",
    "[",
    "[\"\\q\"]",
];

const ENDS: &[&str] =
    &["\n", "\n", "\n", "\r\n", "\\\n", " \\\n", "\\ \t\n", "\\\r\n", "\\\\\n", "\\\\\\\n", "`\n", "``\n", "\r", ""];

const WHOLE_LINES: &[&str] = &[
    "\n",
    " \n",
    "\r\n",
    "\u{b}\n",
    "# comment\n",
    "  # comment \\\n",
    "#\n",
    "# escape=`\n",
    "#escape = \\\n",
    "# escape=x\n",
    "# escape= \n",
    "#\u{a0}escape\u{b}=`\n",
    "# syntax=docker/dockerfile:1\n",
    "# SYNTAX=a\n",
    "# check=skip=all\n",
    "# other=x\n",
    "A\n",
    "\tA\n",
    "A B\n",
    "A\r\n",
    "B\n",
    "\\\n",
    "`\n",
    "\u{feff}FROM a\n",
    "FROM a\n",
    "FROM a AS b\n",
    "EOF",
];

/// A Dockerfile-like text: sometimes with a byte-order mark, mostly with a FROM at its head.
pub fn dockerfile_like() -> impl Strategy<Value = String> {
    let head = select(
        &["", "", "\u{feff}", "# escape=`\n", "FROM a\n", "FROM a\n", "FROM a\n", "# syntax=x\n# escape=`\nFROM a\r\n"]
            [..],
    );
    let lines = prop::collection::vec(line(), 0..12);
    (head, lines).prop_map(|(head, lines)| head.to_owned() + &lines.concat())
}

fn line() -> impl Strategy<Value = String> {
    prop_oneof![
        3 => instruction(),
        1 => select(WHOLE_LINES).prop_map(str::to_owned),
    ]
}

fn instruction() -> impl Strategy<Value = String> {
    let word = prop_oneof![6 => select(WORDS), 1 => select(HEREDOCS), 1 => select(JSON), 1 => select(KEYWORDS)];
    let words = prop::collection::vec((word, select(BLANKS)), 0..5)
        .prop_map(|words| words.into_iter().map(|(word, blank)| word.to_owned() + blank).collect::<String>());
    (select(BLANKS), select(KEYWORDS), select(BLANKS), words, select(ENDS))
        .prop_map(|(indent, keyword, blank, words, end)| format!("{indent}{keyword}{blank}{words}{end}"))
}
