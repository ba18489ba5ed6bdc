//! The crate `dockerfile-parser`.

use dockerfile_parser::{Dockerfile, Instruction};
use harden::dockerfile::{Arguments, Keyword};

use crate::differential::{Cause, Difference, Peer, Refusal, Step, Verdict, judge_steps};

pub struct DockerfileParser;

impl Peer for DockerfileParser {
    fn name(&self) -> &'static str {
        "dockerfile-parser"
    }

    fn judge(&mut self, text: &str) -> Verdict {
        let theirs = read(text).map_err(|refusal| Refusal {
            line: refusal.line.or_else(|| line_refused_alone(text, &refusal.reason)),
            ..refusal
        });
        judge_steps(text, theirs, CAUSES)
    }
}

const CAUSES: &[Cause] = &[
    Cause {
        name: "no here-documents",
        explains: |difference| difference.instruction().is_some_and(|it| !it.heredocs.is_empty()),
    },
    Cause {
        name: "no `# escape`",
        explains: |difference| {
            let is_read_otherwise = difference.source().contains(['`', '\\']) || difference.follows(r"\");
            difference.file.escape() == '`' && is_read_otherwise
        },
    },
    Cause { name: "no byte-order mark", explains: |difference| difference.source().starts_with('\u{feff}') },
    Cause {
        name: "quoted strings are unescaped as a programming language would",
        explains: |difference| {
            difference.refused_with("error unescaping string") && difference.source().contains(['"', '\''])
        },
    },
    Cause {
        name: "no comment between the words of an instruction other than a command",
        explains: |difference| difference.refused_with("unexpected token comment") && has_inner_comment(difference),
    },
    Cause {
        name: "no blank line, lone escape or end of file in a continuation",
        explains: |difference| breaks_off(difference.source()),
    },
    Cause {
        name: "no end of file in a continuation",
        explains: |difference| {
            difference.refused_with("any_breakable")
                && difference.item.is_none()
                && difference.file.text().trim_end().ends_with('\\')
        },
    },
    Cause {
        name: "no continuation in a keyword",
        explains: |difference| {
            let first = difference.source().split(char::is_whitespace).next().unwrap_or_default();
            difference.refused_with("any_breakable") && first.ends_with('\\')
        },
    },
    Cause {
        name: "no escaped escape character at the end of a line",
        explains: |difference| difference.follows(r"\\"),
    },
    Cause {
        name: "nothing behind a JSON array",
        explains: |difference| {
            let is_command = is(difference, Keyword::Cmd) || is(difference, Keyword::Entrypoint);
            is_command && difference.refused_with("expected EOI") && difference.source().contains('[')
        },
    },
    Cause {
        name: "no instruction without arguments",
        explains: |difference| difference.instruction().is_some_and(|it| it.rest().is_empty()),
    },
    Cause {
        name: "no ARG of several names, no words behind its value",
        explains: |difference| is(difference, Keyword::Arg) && difference.refused_with("expected EOI"),
    },
    Cause {
        name: "no empty value in ARG and ENV",
        explains: |difference| {
            difference.refused_with("expected string or arg_value")
                || difference.refused_with("expected string or env_pair_value")
                || is(difference, Keyword::Env) && difference.refused_with("unexpected EOI; expected string")
        },
    },
    Cause {
        name: "no word of LABEL and ENV with quotes or escapes in its middle",
        explains: |difference| is_pairs(difference) && difference.source().contains(['"', '\'', '\\']),
    },
    Cause {
        name: "no old form of LABEL with a value of several words",
        explains: |difference| is(difference, Keyword::Label) && is_legacy(difference),
    },
    Cause {
        name: "no ENV whose name is more than letters, digits and underscores",
        explains: |difference| {
            let is_plain = |ch: char| ch.is_ascii_alphanumeric() || ch == '_';
            is(difference, Keyword::Env)
                && difference
                    .instruction()
                    .is_some_and(|it| it.pairs().iter().any(|pair| !pair.key.chars().all(is_plain)))
        },
    },
    Cause {
        name: "no image or stage name with other characters than its own few",
        explains: |difference| {
            is(difference, Keyword::From)
                && (difference.refused_with("expected EOI") || difference.refused_with("expected from_alias"))
                || difference.refused_with("image reference digest is invalid")
        },
    },
];

fn is(difference: &Difference<'_>, keyword: Keyword) -> bool {
    difference.instruction().is_some_and(|instruction| instruction.is(keyword))
}

fn is_pairs(difference: &Difference<'_>) -> bool {
    is(difference, Keyword::Label) || is(difference, Keyword::Env)
}

fn is_legacy(difference: &Difference<'_>) -> bool {
    difference.instruction().is_some_and(|it| matches!(it.parts.arguments, Arguments::Pairs { legacy: true, .. }))
}

fn has_inner_comment(difference: &Difference<'_>) -> bool {
    difference.source().lines().skip(1).any(|line| line.trim_start().starts_with('#'))
}

/// Whether a continuation meets a blank line, a lone escape character or the end of the file.
fn breaks_off(source: &str) -> bool {
    source.lines().skip(1).any(|line| matches!(line.trim(), "" | "\\")) || source.trim_end().ends_with('\\')
}

fn read(text: &str) -> Result<Vec<Step>, Refusal> {
    match Dockerfile::parse(text) {
        Ok(file) => Ok(file.instructions.iter().map(|instruction| step(text, instruction)).collect()),
        Err(error) => {
            let reason = error.to_string();
            Err(Refusal { line: line_of(&reason), reason })
        }
    }
}

fn step(text: &str, instruction: &Instruction) -> Step {
    let keyword = match instruction {
        Instruction::From(_) => "FROM",
        Instruction::Arg(_) => "ARG",
        Instruction::Label(_) => "LABEL",
        Instruction::Run(_) => "RUN",
        Instruction::Entrypoint(_) => "ENTRYPOINT",
        Instruction::Cmd(_) => "CMD",
        Instruction::Copy(_) => "COPY",
        Instruction::Env(_) => "ENV",
        Instruction::Misc(misc) => misc.instruction.as_ref(),
    };
    let before = &text[..instruction.span().start];
    Step { keyword: keyword.to_ascii_uppercase(), line: 1 + before.matches('\n').count() }
}

/// The line of the first instruction that is refused for `reason` when it stands alone.
fn line_refused_alone(text: &str, reason: &str) -> Option<usize> {
    let file = harden::dockerfile::Dockerfile::parse(text);
    let culprit = file.instructions().find(|instruction| {
        Dockerfile::parse(instruction.span.of(text)).is_err_and(|error| error.to_string() == reason)
    })?;
    Some(file.line(culprit.span.start))
}

/// The line in a message of pest: ` --> 3:5`.
fn line_of(reason: &str) -> Option<usize> {
    let (_, place) = reason.split_once("--> ")?;
    place.split_once(':')?.0.parse().ok()
}
