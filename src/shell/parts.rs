//! Words and redirects of the tree, found again in the text.

use rable::{Node, NodeKind};

use super::Opaque;
use super::command::Scope;
use super::quoting::{Scan, Word, scan_word};
use super::reader::{Place, Reader, unreadable};
use super::redirect::{HereDoc, Redirect, descriptor_before, operator_at};
use crate::edit::Span;

/// What a word ends at.
const ENDS_TOKEN: [char; 10] = [' ', '\t', '\n', ';', '&', '|', '<', '>', '(', ')'];

impl Reader<'_> {
    pub(super) fn words(&mut self, nodes: &[Node], place: Place) -> Result<Vec<Word>, Opaque> {
        nodes.iter().map(|node| self.word(node, place)).collect()
    }

    pub(super) fn word(&mut self, node: &Node, place: Place) -> Result<Word, Opaque> {
        let NodeKind::Word { value, .. } = &node.kind else { return Err(unreadable("a word that is none")) };
        if node.span.is_empty() {
            return Err(unreadable("`coproc`, or `time` in a pipeline"));
        }
        let start = self.offsets.byte(node.span.start);
        let length = written_length(self.text.get(start..self.end).unwrap_or_default(), value)
            .ok_or_else(|| unreadable("a word that can't be found"))?;
        let scan = scan_word(self.text, Span::new(start, start + length))?;
        Ok(self.keep(scan, place))
    }

    /// Remembers the substitutions of a scan, to be read once this script is done.
    fn keep(&mut self, scan: Scan, place: Place) -> Word {
        let inner = place.inside(Scope::Substitution);
        self.substitutions.extend(scan.substitutions.into_iter().map(|script| (script, inner)));
        scan.word
    }

    /// The substitutions in a part of the text whose words have no span.
    pub(super) fn expansions(&mut self, span: Span, place: Place) -> Result<(), Opaque> {
        let text = self.text.get(span.start..span.end).unwrap_or_default();
        if holds_substitution(text) {
            let scan = scan_word(self.text, span)?;
            self.keep(scan, place);
        }
        Ok(())
    }

    pub(super) fn group_redirects(&mut self, nodes: &[Node], place: Place) -> Result<(), Opaque> {
        let redirects = self.redirects(nodes, &[], place)?;
        self.script.redirects.extend(redirects);
        Ok(())
    }

    /// Redirects among the other `parts` of their command.
    pub(super) fn redirects(&mut self, nodes: &[Node], parts: &[Span], place: Place) -> Result<Vec<Redirect>, Opaque> {
        let mut before: Vec<usize> = parts.iter().map(|part| part.end).collect();
        let mut redirects = Vec::with_capacity(nodes.len());
        for node in nodes.iter().filter(|node| !node.span.is_empty()) {
            let redirect = self.redirect(node, &before, place)?;
            before.push(redirect.span.end);
            redirects.push(redirect);
        }
        Ok(redirects)
    }

    fn redirect(&mut self, node: &Node, before: &[usize], place: Place) -> Result<Redirect, Opaque> {
        let at = self.offsets.byte(node.span.start);
        let rest = self.text.get(at..self.end).unwrap_or_default();
        let operator = operator_at(rest);
        if operator.is_empty() {
            return Err(unreadable("a redirect that can't be found"));
        }
        let gap = blanks(rest.get(operator.len()..).unwrap_or_default());
        let start = at + operator.len() + gap;
        let target = self.ended(Span::new(start, self.target_end(node, start)))?;
        let substitutes = target.of(self.text).get(1..2) == Some("(");
        if target.is_empty() || (target.of(self.text).starts_with(ENDS_TOKEN) && !substitutes) {
            return Err(unreadable("a redirect without a target"));
        }
        let end = target.end;
        let scan = scan_word(self.text, target)?;
        let mut target = self.keep(scan, place);
        let floor = before.iter().copied().filter(|&end| end <= at).max().unwrap_or(self.offsets.base);
        let (first, fd) = descriptor_before(self.text, floor, at);
        let heredoc = if let NodeKind::HereDoc { delimiter, quoted, .. } = &node.kind {
            // A delimiter is never expanded.
            if holds_substitution(target.span.of(self.text)) {
                return Err(unreadable("a substitution in the delimiter of a here-document"));
            }
            target.value = Some(delimiter.clone());
            Some(HereDoc { body: Span::at(end), quoted: *quoted })
        } else {
            None
        };
        Ok(Redirect { span: Span::new(first, end), operator, fd, target, heredoc })
    }

    fn target_end(&self, node: &Node, start: usize) -> usize {
        let written = match &node.kind {
            NodeKind::Redirect { target, .. } => match &target.kind {
                NodeKind::Word { value, .. } => {
                    written_length(self.text.get(start..self.end).unwrap_or_default(), value)
                }
                _ => None,
            },
            _ => None,
        };
        let node_end = self.offsets.byte(node.span.end).max(start);
        written.map_or(node_end, |length| node_end.max(start + length))
    }

    /// `span`, unless its end cuts a token with escaped newlines in it, whose length `rable` does not tell.
    pub(super) fn ended(&self, span: Span) -> Result<Span, Opaque> {
        let (before, after) = (self.text.get(..span.end), self.text.get(span.end..self.end).unwrap_or_default());
        let backslashes = before.map_or(0, |before| before.len() - before.trim_end_matches('\\').len());
        let escaped = backslashes % 2 == 1 && after.starts_with('\n');
        let next = after.trim_start_matches("\\\n");
        if escaped || !(next.is_empty() || next.starts_with(ENDS_TOKEN)) {
            return Err(unreadable("an escaped newline within a token"));
        }
        Ok(span)
    }
}

pub(super) fn holds_substitution(text: &str) -> bool {
    ["$(", "`", "<(", ">("].iter().any(|opening| text.contains(opening))
}

/// Length of the word `value` at the start of `text`: `rable` takes escaped newlines out, unless quotes keep them.
fn written_length(text: &str, value: &str) -> Option<usize> {
    if text.starts_with(value) {
        return Some(value.len());
    }
    let (mut at, mut wanted) = (text, value);
    while !wanted.is_empty() {
        let keeps = wanted.starts_with("\\\n");
        if let (Some(rest), false) = (at.strip_prefix("\\\n"), keeps) {
            at = rest;
            continue;
        }
        // A backslash at the very end is doubled.
        if at.is_empty() && wanted == "\\" {
            break;
        }
        let character = wanted.chars().next()?;
        at = at.strip_prefix(character)?;
        wanted = wanted.get(character.len_utf8()..)?;
    }
    Some(text.len() - at.len())
}

/// Length of the blanks and escaped newlines that `text` starts with.
fn blanks(text: &str) -> usize {
    let mut rest = text;
    while let Some(after) = rest.strip_prefix("\\\n").or_else(|| rest.strip_prefix([' ', '\t'])) {
        rest = after;
    }
    text.len() - rest.len()
}
