//! The crate `parse-dockerfile`.

use parse_dockerfile::Instruction;

use crate::differential::{Cause, Peer, Refusal, Step, Verdict, judge_steps};

pub struct ParseDockerfile;

impl Peer for ParseDockerfile {
    fn name(&self) -> &'static str {
        "parse-dockerfile"
    }

    fn judge(&mut self, text: &str) -> Verdict {
        judge_steps(text, read(text), CAUSES)
    }
}

const CAUSES: &[Cause] = &[
    Cause {
        name: "a here-document of RUN only as its first word",
        explains: |difference| difference.instruction().is_some_and(|it| !it.heredocs.is_empty()),
    },
    Cause {
        name: "no continuation in a keyword",
        explains: |difference| {
            difference.source().split(char::is_whitespace).next().is_some_and(|word| word.ends_with('\\'))
        },
    },
    Cause {
        name: "an escaped escape character at the end of a line continues it",
        explains: |difference| difference.follows(r"\\"),
    },
    Cause {
        name: "no empty ENTRYPOINT",
        explains: |difference| difference.refused_with("ENTRYPOINT instruction requires at least one argument"),
    },
    Cause {
        name: "a duplicate stage name, which BuildKit only warns of",
        explains: |difference| difference.refused_with("duplicate stage name"),
    },
    Cause {
        name: "the byte-order mark is counted in the place of the first keyword",
        explains: |difference| difference.source().starts_with('\u{feff}'),
    },
];

fn read(text: &str) -> Result<Vec<Step>, Refusal> {
    match parse_dockerfile::parse(text) {
        Ok(file) => Ok(file.instructions.iter().map(|instruction| step(text, instruction)).collect()),
        Err(error) => Err(Refusal { line: Some(error.line()), reason: error.to_string() }),
    }
}

fn step(text: &str, instruction: &Instruction<'_>) -> Step {
    let keyword = match instruction {
        Instruction::Add(it) => &it.add,
        Instruction::Arg(it) => &it.arg,
        Instruction::Cmd(it) => &it.cmd,
        Instruction::Copy(it) => &it.copy,
        Instruction::Entrypoint(it) => &it.entrypoint,
        Instruction::Env(it) => &it.env,
        Instruction::Expose(it) => &it.expose,
        Instruction::From(it) => &it.from,
        Instruction::Healthcheck(it) => &it.healthcheck,
        Instruction::Label(it) => &it.label,
        Instruction::Maintainer(it) => &it.maintainer,
        Instruction::Onbuild(it) => &it.onbuild,
        Instruction::Run(it) => &it.run,
        Instruction::Shell(it) => &it.shell,
        Instruction::Stopsignal(it) => &it.stopsignal,
        Instruction::User(it) => &it.user,
        Instruction::Volume(it) => &it.volume,
        Instruction::Workdir(it) => &it.workdir,
        _ => unreachable!("a keyword that BuildKit does not know"),
    };
    let span = keyword.span.clone();
    Step { keyword: text[span.clone()].to_ascii_uppercase(), line: 1 + text[..span.start].matches('\n').count() }
}
