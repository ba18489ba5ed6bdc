//! From bytes to items: directives, comments, blank lines and instructions, as BuildKit's scanner reads them.

use super::heredoc::{self, Heredoc};
use super::instruction::{Arguments, Instruction, Keyword};
use super::line_parsers;
use super::logical::Logical;
use super::{Dockerfile, Item, ItemKind, check};
use crate::edit::Span;

/// `bufio.MaxScanTokenSize`: a physical line of this many bytes, its LF not counted, is an error.
const MAX_LINE: usize = 65_536;

const BOM: char = '\u{feff}';

/// White space in BuildKit's pattern of a directive: less than in Unicode.
const DIRECTIVE_BLANKS: [char; 5] = ['\t', '\n', '\x0c', '\r', ' '];

impl Dockerfile {
    /// Reads a Dockerfile. Whatever BuildKit would reject becomes an [`ItemKind::Error`]; no byte is lost.
    #[must_use]
    pub fn parse(text: &str) -> Self {
        let mut parser = Parser { text, at: 0, escape: '\\', directives: Some(Vec::new()), in_stage: false };
        let mut items = Vec::new();
        while parser.at < text.len() {
            items.push(parser.item());
        }
        Self { text: text.to_owned(), items, escape: parser.escape }
    }
}

struct Parser<'a> {
    text: &'a str,
    at: usize,
    escape: char,
    /// The directives seen so far; `None` once one can no longer stand here.
    directives: Option<Vec<String>>,
    in_stage: bool,
}

/// A line's content without its end, and how it goes on.
enum Content<'a> {
    Ends(&'a str),
    Continues(&'a str),
}

impl<'a> Parser<'a> {
    /// The next physical line with its newline.
    fn line(&mut self) -> Option<Span> {
        let rest = self.text.get(self.at..).filter(|rest| !rest.is_empty())?;
        let len = rest.find('\n').map_or(rest.len(), |newline| newline + 1);
        let span = Span::new(self.at, self.at + len);
        self.at = span.end;
        Some(span)
    }

    fn item(&mut self) -> Item {
        let start = self.at;
        let kind = match self.line() {
            Some(line) => self.kind(line),
            None => ItemKind::Blank,
        };
        Item { span: Span::new(start, self.at), kind }
    }

    fn kind(&mut self, line: Span) -> ItemKind {
        let mut content_at = line.start;
        if line.start == 0 && line.of(self.text).starts_with(BOM) {
            content_at += BOM.len_utf8();
        }
        if self.exceeds_scanner(line) {
            return self.too_long();
        }
        let content = trim_newline(&self.text[content_at..line.end]);
        let trimmed = content.trim_start();
        if let Some(kind) = self.directive(trimmed) {
            return kind;
        }
        if trimmed.is_empty() {
            return ItemKind::Blank;
        }
        if trimmed.starts_with('#') {
            return ItemKind::Comment;
        }
        self.instruction(line.start, trimmed, content_at + (content.len() - trimmed.len()))
    }

    /// `# escape=…` and its kin, only before anything else.
    fn directive(&mut self, line: &str) -> Option<ItemKind> {
        let seen = self.directives.as_mut()?;
        let Some((key, value)) = read_directive(line) else {
            self.directives = None;
            return None;
        };
        if seen.contains(&key) {
            return Some(ItemKind::Error(format!("only one {key} parser directive can be used")));
        }
        seen.push(key.clone());
        if key == "escape" {
            match value {
                "\\" => self.escape = '\\',
                "`" => self.escape = '`',
                _ => return Some(ItemKind::Error(format!("invalid escape token '{value}' does not match ` or \\"))),
            }
        }
        Some(ItemKind::Directive { name: key, value: value.to_owned() })
    }

    fn instruction(&mut self, start: usize, first: &'a str, first_at: usize) -> ItemKind {
        let mut logical = Logical::default();
        let mut content = (continuation(first, self.escape), first_at);
        loop {
            match content {
                (Content::Ends(text), at) => {
                    logical.push(text, at);
                    break;
                }
                (Content::Continues(text), at) => logical.push(text, at),
            }
            match self.next_content() {
                Ok(Some(next)) => content = next,
                Ok(None) => break,
                Err(TooLong) => return self.too_long(),
            }
        }
        self.finish(start, logical)
    }

    /// The next line of a continuation that is neither a comment nor blank.
    fn next_content(&mut self) -> Result<Option<(Content<'a>, usize)>, TooLong> {
        while let Some(line) = self.line() {
            if self.exceeds_scanner(line) {
                return Err(TooLong);
            }
            let text = trim_newline(line.of(self.text));
            let trimmed = text.trim_start();
            if !trimmed.is_empty() && !trimmed.starts_with('#') {
                return Ok(Some((continuation(text, self.escape), line.start)));
            }
        }
        Ok(None)
    }

    fn finish(&mut self, start: usize, logical: Logical) -> ItemKind {
        let parts = match line_parsers::parts(logical.text(), self.escape) {
            Ok(parts) => parts,
            Err(reason) => return ItemKind::Error(reason),
        };
        let mut instruction =
            Instruction { span: Span::at(start), logical, parts, heredocs: Vec::new(), escape: self.escape };
        if can_hold_heredocs(&instruction) {
            match self.heredocs(instruction.logical.text()) {
                Ok(heredocs) => instruction.heredocs = heredocs,
                Err(Unterminated) => return ItemKind::Error("unterminated heredoc".into()),
            }
        }
        instruction.span = Span::new(start, self.at);
        self.in_stage |= instruction.is(Keyword::From);
        match check::rejection(&instruction, self.in_stage) {
            Some(reason) => ItemKind::Error(reason),
            None => ItemKind::Instruction(Box::new(instruction)),
        }
    }

    fn heredocs(&mut self, line: &str) -> Result<Vec<Heredoc>, Unterminated> {
        let mut heredocs = heredoc::opened(line);
        for heredoc in &mut heredocs {
            heredoc.body = self.heredoc_body(&heredoc.name, heredoc.chomp)?;
        }
        Ok(heredocs)
    }

    fn heredoc_body(&mut self, terminator: &str, chomp: bool) -> Result<Span, Unterminated> {
        let start = self.at;
        while let Some(line) = self.line() {
            if self.exceeds_scanner(line) {
                self.at = self.text.len();
                break;
            }
            let text = trim_newline(line.of(self.text));
            let candidate = if chomp { text.trim_start_matches('\t') } else { text };
            if candidate == terminator {
                return Ok(Span::new(start, line.start));
            }
        }
        Err(Unterminated)
    }

    fn exceeds_scanner(&self, line: Span) -> bool {
        line.of(self.text).trim_end_matches('\n').len() >= MAX_LINE
    }

    /// BuildKit's scanner stops here: the rest of the file is one error.
    fn too_long(&mut self) -> ItemKind {
        self.at = self.text.len();
        ItemKind::Error(format!("dockerfile line greater than max allowed size of {}", MAX_LINE - 1))
    }
}

struct Unterminated;

struct TooLong;

fn trim_newline(line: &str) -> &str {
    line.trim_end_matches(['\r', '\n'])
}

fn read_directive(line: &str) -> Option<(String, &str)> {
    let (key, value) = line.strip_prefix('#')?.trim_start().split_once('=')?;
    let key = key.trim_end_matches(DIRECTIVE_BLANKS);
    // BuildKit's pattern wants a value, and if there are only blanks, the last of them is it.
    let value = match value.trim_matches(DIRECTIVE_BLANKS) {
        "" => value.char_indices().next_back().map_or("", |(last, _)| &value[last..]),
        trimmed => trimmed,
    };
    let is_word =
        key.starts_with(|ch: char| ch.is_ascii_alphabetic()) && key.chars().all(|ch| ch.is_ascii_alphanumeric());
    let key = key.to_ascii_lowercase();
    (is_word && !value.is_empty() && matches!(key.as_str(), "syntax" | "escape" | "check")).then_some((key, value))
}

/// A line goes on if it ends in a single escape character, blanks aside.
fn continuation(line: &str, escape: char) -> Content<'_> {
    let trimmed = line.trim_end_matches([' ', '\t']);
    match trimmed.strip_suffix(escape) {
        Some(before) if !before.ends_with(escape) => Content::Continues(before),
        _ => Content::Ends(line),
    }
}

fn can_hold_heredocs(instruction: &Instruction) -> bool {
    let parts = match &instruction.parts.arguments {
        Arguments::Onbuild(parts) => parts,
        _ => &instruction.parts,
    };
    matches!(parts.keyword, Keyword::Add | Keyword::Copy | Keyword::Run)
        && !matches!(parts.arguments, Arguments::Json(_))
}
