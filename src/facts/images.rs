//! The images that a build fetches, where the file names them.

use super::{Facts, StageBase};
use crate::dockerfile::{Flag, Instruction};
use crate::edit::Span;

/// A reference to an image: not to a stage of the file, nor to `scratch`.
#[derive(Debug, Clone, Copy)]
pub struct ImageUse<'a> {
    /// The line that names it.
    pub instruction: &'a Instruction,
    /// The reference as written, with its variables.
    pub reference: &'a str,
    /// Its place in the file.
    pub span: Span,
    /// Whether a FROM names it. What another line names may be a context that the build is given by that name.
    pub is_base: bool,
}

impl<'a> Facts<'a> {
    /// The images that the needed stages start from, copy from or mount, in order.
    #[must_use]
    pub fn image_uses(&self) -> Vec<ImageUse<'a>> {
        let stages = self.needed_stages().into_iter().filter_map(|index| self.stages.get(index));
        let uses = stages.flat_map(|stage| {
            let is_image = !matches!(stage.base, StageBase::Stage(_));
            let base = is_image.then(|| base(stage.stage.from)).flatten();
            let lines = stage.stage.body.iter().flat_map(|&line| line.parts.flags.iter().map(move |flag| (line, flag)));
            base.into_iter().chain(lines.filter_map(|(line, flag)| self.source(line, flag)))
        });
        uses.collect()
    }

    fn source(&self, instruction: &'a Instruction, flag: &Flag) -> Option<ImageUse<'a>> {
        let span = source_span(instruction, flag)?;
        let reference = span.of(instruction.logical.text());
        let is_stage = self.stage_named(reference).is_some() || reference.parse::<usize>().is_ok();
        let is_one_piece = instruction.logical.is_contiguous(span);
        (!is_stage && is_one_piece).then(|| ImageUse {
            instruction,
            reference,
            span: instruction.to_file(span),
            is_base: false,
        })
    }
}

fn base(from: &Instruction) -> Option<ImageUse<'_>> {
    let word = from.words().first()?;
    let is_image = word.text != "scratch" && from.logical.is_contiguous(word.span);
    is_image.then(|| ImageUse {
        instruction: from,
        reference: &word.text,
        span: from.to_file(word.span),
        is_base: true,
    })
}

/// Where `--from`, or the `from` of a `--mount`, names its source in the logical text.
fn source_span(instruction: &Instruction, flag: &Flag) -> Option<Span> {
    const KEY: &str = "from=";
    let written = flag.span.of(instruction.logical.text());
    let mut keys = written.match_indices(KEY).map(|(at, _)| at);
    let at = match flag.name.as_str() {
        "--from" => keys.next()?,
        "--mount" => keys.find(|&at| written.get(..at).is_some_and(|before| before.ends_with([',', '='])))?,
        _ => return None,
    };
    let start = at + KEY.len();
    let length = written.get(start..)?.split(',').next()?.len();
    Some(Span::new(flag.span.start + start, flag.span.start + start + length))
}

#[cfg(test)]
mod tests {
    use super::super::asking::ask;

    fn images(dockerfile: &str) -> Vec<String> {
        ask(dockerfile, &[], |facts| {
            Some(facts.image_uses().iter().map(|image| image.span.of(dockerfile).to_owned()).collect())
        })
        .unwrap()
    }

    #[test]
    fn every_line_that_names_an_image_is_found_where_it_names_it() {
        let text = "FROM --platform=linux/amd64 \\\n  golang:1.25 AS build\nCOPY --from=tool:1 /a /b\n\
                    RUN --mount=type=cache,target=/x --mount=type=bind,from=kit:2,target=/from=k go build\n\
                    FROM alpine:3.22\nCOPY --chown=1:1 --from=build /b /b\nCOPY --from=0 /b /b\n";
        assert_eq!(images(text), ["golang:1.25", "tool:1", "kit:2", "alpine:3.22"]);
    }

    #[test]
    fn a_stage_scratch_and_what_the_image_does_not_need_are_no_images() {
        let text =
            "FROM python:3 AS Base\nFROM node:22 AS test\nFROM base AS app\nFROM scratch\nCOPY --from=APP /a /a\n";
        assert_eq!(images(text), ["python:3"]);
    }

    #[test]
    fn a_variable_is_kept() {
        assert_eq!(images("ARG V=3\nFROM python:$V\nCOPY --from=tool:${T} /a /b\n"), ["python:$V", "tool:${T}"]);
    }
}
