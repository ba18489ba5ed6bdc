//! One instruction: keyword, flags, arguments, here-documents, each with its place in the file.

use super::heredoc::Heredoc;
use super::lexer::Lexer;
use super::logical::Logical;
use crate::edit::Span;

/// What an instruction does. [`Keyword::Unknown`] is anything that BuildKit would reject.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[allow(missing_docs, reason = "each is the instruction of its name")]
pub enum Keyword {
    Add,
    Arg,
    Cmd,
    Copy,
    Entrypoint,
    Env,
    Expose,
    From,
    Healthcheck,
    Label,
    Maintainer,
    Onbuild,
    Run,
    Shell,
    Stopsignal,
    User,
    Volume,
    Workdir,
    Unknown,
}

impl Keyword {
    /// Every keyword that BuildKit knows, with the word for it.
    pub const ALL: [(&'static str, Self); 18] = [
        ("ADD", Self::Add),
        ("ARG", Self::Arg),
        ("CMD", Self::Cmd),
        ("COPY", Self::Copy),
        ("ENTRYPOINT", Self::Entrypoint),
        ("ENV", Self::Env),
        ("EXPOSE", Self::Expose),
        ("FROM", Self::From),
        ("HEALTHCHECK", Self::Healthcheck),
        ("LABEL", Self::Label),
        ("MAINTAINER", Self::Maintainer),
        ("ONBUILD", Self::Onbuild),
        ("RUN", Self::Run),
        ("SHELL", Self::Shell),
        ("STOPSIGNAL", Self::Stopsignal),
        ("USER", Self::User),
        ("VOLUME", Self::Volume),
        ("WORKDIR", Self::Workdir),
    ];

    /// The keyword of a word in any case.
    #[must_use]
    pub fn of(word: &str) -> Self {
        Self::ALL
            .iter()
            .find(|(name, _)| name.eq_ignore_ascii_case(word))
            .map_or(Self::Unknown, |&(_, keyword)| keyword)
    }

    /// The keyword in capitals; empty for [`Keyword::Unknown`].
    #[must_use]
    pub fn as_str(self) -> &'static str {
        Self::ALL.iter().find(|&&(_, keyword)| keyword == self).map_or("", |&(name, _)| name)
    }
}

/// A builder flag such as `--chown=1000:1000`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Flag {
    /// The name with its dashes: `--chown`.
    pub name: String,
    /// What follows the `=`, quotes and escapes processed; `None` for a bare flag.
    pub value: Option<String>,
    /// Its place in the logical text.
    pub span: Span,
}

/// An argument word and its place in the logical text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Argument {
    /// The text as BuildKit takes it: unquoted in a JSON array, as written elsewhere.
    pub text: String,
    /// Its place in the logical text; of a JSON array, the array's.
    pub span: Span,
}

/// A `key=value` of ENV, LABEL or ARG.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pair {
    /// The key as written.
    pub key: String,
    /// The value as written, quotes and all; `None` for `ARG name`.
    pub value: Option<String>,
    /// Its place in the logical text.
    pub span: Span,
}

/// The arguments, by the form that BuildKit reads them in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Arguments {
    /// Nothing was written.
    None,
    /// A JSON array of strings: the exec form.
    Json(Vec<Argument>),
    /// Text up to the end: the shell form, or a single value such as USER's.
    Text(Argument),
    /// Words between blanks.
    Words(Vec<Argument>),
    /// `key=value …`, or `key value` (the old form, one pair).
    Pairs {
        /// The pairs in order.
        pairs: Vec<Pair>,
        /// Whether this is the old form, whose value reaches to the end.
        legacy: bool,
    },
    /// HEALTHCHECK's type word and its command.
    Health {
        /// `CMD` or `NONE`, in any case.
        kind: Argument,
        /// What follows: [`Arguments::Json`], [`Arguments::Text`] or [`Arguments::None`].
        command: Box<Arguments>,
    },
    /// The instruction that ONBUILD holds; its spans are in the same logical text.
    Onbuild(Box<Parts>),
}

/// Keyword, flags and arguments of a logical line, or of the part behind ONBUILD.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parts {
    /// The keyword.
    pub keyword: Keyword,
    /// The word that stands for it, in its own case.
    pub name: String,
    /// Flags in order.
    pub flags: Vec<Flag>,
    /// Where the arguments stand in the logical text, trimmed.
    pub rest: Span,
    /// The arguments.
    pub arguments: Arguments,
}

/// One instruction of a Dockerfile.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Instruction {
    /// The whole of it in the file: from the first blank of its line to the newline of its last line, here-documents included.
    pub span: Span,
    /// The joined line.
    pub logical: Logical,
    /// Keyword, flags, arguments.
    pub parts: Parts,
    /// Here-documents in order.
    pub heredocs: Vec<Heredoc>,
    /// The escape character that its words are read with.
    pub escape: char,
}

impl Instruction {
    /// The keyword.
    #[must_use]
    pub fn keyword(&self) -> Keyword {
        self.parts.keyword
    }

    /// Whether this is a `keyword`.
    #[must_use]
    pub fn is(&self, keyword: Keyword) -> bool {
        self.parts.keyword == keyword
    }

    /// The first flag of this name (`--chown`).
    #[must_use]
    pub fn flag(&self, name: &str) -> Option<&Flag> {
        self.parts.flags.iter().find(|flag| flag.name == name)
    }

    /// What `--from` and the `from` of `--mount` name: stages, their numbers, images or contexts.
    pub fn from_references(&self) -> impl Iterator<Item = &str> {
        let flags = self.parts.flags.iter().filter_map(|flag| Some((flag.name.as_str(), flag.value.as_deref()?)));
        flags.flat_map(|(name, value)| match name {
            "--from" => vec![value],
            "--mount" => value.split(',').filter_map(|part| part.strip_prefix("from=")).collect(),
            _ => Vec::new(),
        })
    }

    /// Flags and arguments as one text, continuations joined: what is behind the keyword, without the blanks around it.
    #[must_use]
    pub fn behind_keyword(&self) -> &str {
        self.logical.text().get(self.parts.name.len()..).unwrap_or_default().trim()
    }

    /// The arguments as one text, continuations joined.
    #[must_use]
    pub fn rest(&self) -> &str {
        self.parts.rest.of(self.logical.text())
    }

    /// The arguments' place in the file.
    #[must_use]
    pub fn rest_in_file(&self) -> Span {
        self.logical.to_file(self.parts.rest)
    }

    /// `span` of the logical text as a span of the file.
    #[must_use]
    pub fn to_file(&self, span: Span) -> Span {
        self.logical.to_file(span)
    }

    /// Where the logical line ends in the file: behind its last byte that is not a blank, before any here-document.
    #[must_use]
    pub fn end_of_line(&self) -> usize {
        let text = self.logical.text();
        self.logical.to_file(Span::at(text.trim_end().len())).end
    }

    /// The exec form's words.
    #[must_use]
    pub fn exec(&self) -> Option<Vec<&str>> {
        match &self.parts.arguments {
            Arguments::Json(words) => Some(words.iter().map(|word| word.text.as_str()).collect()),
            _ => None,
        }
    }

    /// The argument words, of a JSON array or between blanks.
    #[must_use]
    pub fn words(&self) -> &[Argument] {
        match &self.parts.arguments {
            Arguments::Json(words) | Arguments::Words(words) => words,
            Arguments::Text(word) => std::slice::from_ref(word),
            _ => &[],
        }
    }

    /// The pairs of ENV, LABEL and ARG.
    #[must_use]
    pub fn pairs(&self) -> &[Pair] {
        match &self.parts.arguments {
            Arguments::Pairs { pairs, .. } => pairs,
            _ => &[],
        }
    }

    /// `text`, a value of this instruction, with quotes and escapes processed and variables filled in by `lookup`.
    /// `None` where BuildKit could not read it.
    #[must_use]
    pub fn expand(&self, text: &str, lookup: &dyn Fn(&str) -> Option<String>) -> Option<String> {
        Lexer::expanding(self.escape).read(text, lookup).ok().map(|lexed| lexed.text)
    }

    /// The script of a RUN whose arguments are one here-document and nothing else.
    #[must_use]
    pub fn heredoc_script(&self) -> Option<&Heredoc> {
        match self.heredocs.as_slice() {
            [heredoc] if self.is(Keyword::Run) && super::heredoc::opening(self.rest()).is_some() => Some(heredoc),
            _ => None,
        }
    }
}
