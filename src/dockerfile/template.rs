//! Template syntax: a text that another tool has to fill in before it is a Dockerfile.

use super::instruction::Keyword;
use super::{Dockerfile, Item, ItemKind};
use crate::edit::Span;

/// What opens and closes a place to be filled in, for Jinja, Go, Mustache, ERB and EJS.
const MARKS: [(&str, &str); 3] = [("{{", "}}"), ("{%", "%}"), ("<%", "%>")];

/// Instructions that hold a command, whose quotes are a shell's.
const COMMANDS: [Keyword; 6] =
    [Keyword::Run, Keyword::Cmd, Keyword::Entrypoint, Keyword::Healthcheck, Keyword::Onbuild, Keyword::Unknown];

impl Dockerfile {
    /// The first lines with a place to be filled in: `{{ … }}`, `{% … %}` or `<% … %>`.
    ///
    /// Quoted in a command they are text for a program: `docker inspect -f '{{.Id}}'`.
    #[must_use]
    pub fn template(&self) -> Option<Span> {
        self.items().iter().find(|item| self.is_to_be_filled_in(item)).map(|item| item.span)
    }

    fn is_to_be_filled_in(&self, item: &Item) -> bool {
        match &item.kind {
            ItemKind::Instruction(instruction) if COMMANDS.contains(&instruction.keyword()) => {
                has_mark(&unquoted(instruction.logical.text()))
            }
            ItemKind::Instruction(instruction) => has_mark(instruction.logical.text()),
            ItemKind::Error(_) => has_mark(&unquoted(item.span.of(self.text()))),
            ItemKind::Blank | ItemKind::Comment | ItemKind::Directive { .. } => false,
        }
    }
}

fn has_mark(text: &str) -> bool {
    MARKS.iter().any(|(open, close)| text.split_once(open).is_some_and(|(_, rest)| rest.contains(close)))
}

/// `text` without what its quotes hold.
fn unquoted(text: &str) -> String {
    let mut quote = None;
    let mut escaped = false;
    let mut is_bare = |ch: char| {
        let was_escaped = std::mem::replace(&mut escaped, false);
        match (quote, ch) {
            (_, '\\') if !was_escaped => escaped = true,
            (None, '"' | '\'') if !was_escaped => quote = Some(ch),
            (Some(open), _) if open == ch && !was_escaped => quote = None,
            (None, _) => return true,
            (Some(_), _) => {}
        }
        false
    };
    text.chars().filter(|&ch| is_bare(ch)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line_of_template(text: &str) -> Option<usize> {
        let dockerfile = Dockerfile::parse(text);
        dockerfile.template().map(|span| dockerfile.line(span.start))
    }

    #[test]
    fn a_place_to_be_filled_in_makes_a_template() {
        for line in [
            "FROM {{ base }}",
            "ARG V={{ .version }}",
            "LABEL version=\"{{ version }}\"",
            "RUN apt-get install -y {{ packages }}",
            "RUN pip install <%= packages %>",
            "{% if debug %}",
            "ENV A=<% a %> B=b",
        ] {
            assert_eq!(line_of_template(&format!("FROM a\n{line}\nRUN b\n")), Some(2), "{line}");
        }
    }

    #[test]
    fn what_a_command_quotes_a_comment_or_a_here_document_says_is_text() {
        for lines in [
            "RUN docker inspect --format '{{.Id}}' x",
            "RUN sed -i \"s/{{ a }}/b/\" x",
            "CMD [\"docker\", \"inspect\", \"-f\", \"{{.Id}}\", \"x\"]",
            "# {{ a }}",
            "COPY <<EOF /x\n{{ a }}\nEOF",
            "RUN a ${b%%c} {d,{e,f}}",
            "RUN echo {% a",
        ] {
            assert_eq!(line_of_template(&format!("FROM a\n{lines}\n")), None, "{lines}");
        }
    }
}
