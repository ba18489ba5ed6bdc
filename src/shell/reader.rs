//! From `rable`'s tree to a flat [`Script`] with byte spans.

use rable::{ListOperator, Node, NodeKind};

use super::chain::Item;
use super::command::{Command, Joined, Scope};
use super::quoting::{Scan, Unbalanced, Word, scan_heredoc, scan_word};
use super::redirect::{HereDoc, Redirect, descriptor_before, operator_at};
use super::{Opaque, Script, heredoc};
use crate::edit::Span;

/// Constructs within constructs, and scripts within scripts.
const DEPTH: usize = 48;
/// Every level of substitution is parsed again.
const SUBSTITUTION_DEPTH: usize = 8;

/// What a word ends at.
const ENDS_TOKEN: [char; 10] = [' ', '\t', '\n', ';', '&', '|', '<', '>', '(', ')'];

/// Reads the script at `span` of `text`.
pub(super) fn read(text: &str, span: Span) -> Result<Script, Opaque> {
    let top = Place { scope: Scope::TopLevel, conditional: false, joined: Joined::First };
    let mut script = read_at(text, span, top, 0)?;
    script.commands.sort_by_key(|command| command.span);
    script.redirects.sort_by_key(|redirect| redirect.span);
    if script.commands.windows(2).any(|pair| pair[0].span.start == pair[1].span.start) {
        return Err(unreadable("a text that is two commands"));
    }
    for item in &mut script.items {
        item.find_command(&script.commands);
    }
    Ok(script)
}

fn read_at(text: &str, span: Span, place: Place, level: usize) -> Result<Script, Opaque> {
    if level > SUBSTITUTION_DEPTH {
        return Err(Opaque::TooDeep);
    }
    let source = span.of(text);
    let nodes = rable::parse(source, false).map_err(|error| Opaque::Syntax(error.message().to_owned()))?;
    let offsets = Offsets::new(source, span.start);
    let mut reader = Reader { text, offsets, end: span.end, script: Script::default(), substitutions: Vec::new() };
    reader.top_level(&nodes, place)?;
    reader.finish(level)
}

/// Where the command stands that is read next.
#[derive(Debug, Clone, Copy)]
struct Place {
    scope: Scope,
    conditional: bool,
    joined: Joined,
}

impl Place {
    /// The first command of a construct inside of this place.
    fn inside(self, scope: Scope) -> Self {
        Self { scope, joined: Joined::First, ..self }
    }

    /// As [`Place::inside`], where the construct may be skipped.
    fn perhaps(self, scope: Scope) -> Self {
        Self { conditional: true, ..self.inside(scope) }
    }
}

/// `rable` counts characters; this maps them to bytes of the whole text.
struct Offsets {
    base: usize,
    end: usize,
    /// The byte of every character; empty for ASCII, where both are the same.
    bytes: Vec<usize>,
}

impl Offsets {
    fn new(source: &str, base: usize) -> Self {
        let bytes = if source.is_ascii() { Vec::new() } else { source.char_indices().map(|(at, _)| at).collect() };
        Self { base, end: base + source.len(), bytes }
    }

    fn byte(&self, character: usize) -> usize {
        let byte = if self.bytes.is_empty() { Some(character) } else { self.bytes.get(character).copied() };
        byte.map_or(self.end, |byte| self.end.min(self.base + byte))
    }

    fn span(&self, span: &rable::Span) -> Span {
        let start = self.byte(span.start);
        Span::new(start, self.byte(span.end).max(start))
    }
}

struct Reader<'t> {
    text: &'t str,
    offsets: Offsets,
    end: usize,
    script: Script,
    substitutions: Vec<(Span, Place)>,
}

impl Reader<'_> {
    fn top_level(&mut self, nodes: &[Node], place: Place) -> Result<(), Opaque> {
        let mut list = Vec::new();
        let mut joined = Joined::First;
        for node in nodes {
            flatten(node, joined, &mut list);
            joined = after(node);
        }
        self.list(&list, place, 0)?;
        if place.scope == Scope::TopLevel {
            for (node, joined) in list {
                let span = self.item_span(node)?;
                self.script.items.push(Item::new(span, joined, is_simple(node)));
            }
            self.script.ends_in_background = joined == Joined::Background;
        }
        Ok(())
    }

    /// Escaped newlines in its last word make a node end too early: its parts know better.
    fn item_span(&self, node: &Node) -> Result<Span, Opaque> {
        let span = self.offsets.span(&node.span);
        let commands = self.script.commands.iter().map(|command| command.span);
        let parts = commands.chain(self.script.redirects.iter().map(|redirect| redirect.span));
        let inside = parts.filter(|part| span.start <= part.start && part.start < span.end);
        self.ended(Span::new(span.start, inside.map(|part| part.end).fold(span.end, usize::max)))
    }

    /// `span`, unless its end cuts a token with escaped newlines in it, whose length `rable` does not tell.
    fn ended(&self, span: Span) -> Result<Span, Opaque> {
        let (before, after) = (self.text.get(..span.end), self.text.get(span.end..self.end).unwrap_or_default());
        let backslashes = before.map_or(0, |before| before.len() - before.trim_end_matches('\\').len());
        let escaped = backslashes % 2 == 1 && after.starts_with('\n');
        let next = after.trim_start_matches("\\\n");
        if escaped || !(next.is_empty() || next.starts_with(ENDS_TOKEN)) {
            return Err(unreadable("an escaped newline within a token"));
        }
        Ok(span)
    }

    fn list(&mut self, list: &[(&Node, Joined)], place: Place, depth: usize) -> Result<(), Opaque> {
        let mut tested = false;
        for (at, &(node, joined)) in list.iter().enumerate() {
            let skipped = match joined {
                Joined::Or => true,
                Joined::And => tested,
                _ => {
                    tested = false;
                    false
                }
            };
            let joined = if at == 0 { place.joined } else { joined };
            let here = Place { joined, conditional: place.conditional || skipped, ..place };
            self.node(node, here, depth)?;
            tested |= self.is_test(node);
        }
        Ok(())
    }

    /// Whether the success of `node`, read last, is a question rather than a step.
    fn is_test(&self, node: &Node) -> bool {
        match node.kind {
            NodeKind::Command { .. } => self.script.commands.last().is_some_and(Command::is_test),
            NodeKind::ConditionalExpr { .. } | NodeKind::ArithmeticCommand { .. } | NodeKind::Negation { .. } => true,
            _ => false,
        }
    }

    fn body(&mut self, node: &Node, place: Place, depth: usize) -> Result<(), Opaque> {
        let mut list = Vec::new();
        flatten(node, Joined::First, &mut list);
        self.list(&list, place, depth + 1)
    }

    fn node(&mut self, node: &Node, place: Place, depth: usize) -> Result<(), Opaque> {
        if depth > DEPTH {
            return Err(Opaque::TooDeep);
        }
        match &node.kind {
            NodeKind::Command { assignments, words, redirects } => self.command(assignments, words, redirects, place),
            NodeKind::Pipeline { commands, .. } => self.pipeline(commands, place, depth),
            NodeKind::Negation { pipeline } | NodeKind::Time { pipeline, .. } => self.node(pipeline, place, depth + 1),
            NodeKind::If { condition, then_body, else_body, redirects } => {
                self.body(condition, place.inside(Scope::If), depth)?;
                self.body(then_body, place.perhaps(Scope::If), depth)?;
                if let Some(other) = else_body {
                    self.body(other, place.perhaps(Scope::If), depth)?;
                }
                self.group_redirects(redirects, place)
            }
            NodeKind::While { condition, body, redirects } | NodeKind::Until { condition, body, redirects } => {
                self.body(condition, place.inside(Scope::Loop), depth)?;
                self.body(body, place.perhaps(Scope::Loop), depth)?;
                self.group_redirects(redirects, place)
            }
            NodeKind::For { body, redirects, .. }
            | NodeKind::ForArith { body, redirects, .. }
            | NodeKind::Select { body, redirects, .. } => {
                self.expansions(self.offsets.span(&rable::Span::new(node.span.start, body.span.start)), place)?;
                self.body(body, place.perhaps(Scope::Loop), depth)?;
                self.group_redirects(redirects, place)
            }
            NodeKind::Case { word, patterns, redirects } => {
                self.word(word, place)?;
                for pattern in patterns {
                    if pattern.patterns.iter().any(substitutes) {
                        return Err(unreadable("a substitution in a pattern of `case`"));
                    }
                    if let Some(body) = &pattern.body {
                        self.body(body, place.perhaps(Scope::Case), depth)?;
                    }
                }
                self.group_redirects(redirects, place)
            }
            NodeKind::Function { body, .. } => self.body(body, place.perhaps(Scope::Function), depth),
            NodeKind::Subshell { body, redirects } => {
                self.body(body, place.inside(Scope::Subshell), depth)?;
                self.group_redirects(redirects, place)
            }
            NodeKind::BraceGroup { body, redirects } => {
                self.body(body, place.inside(Scope::Group), depth)?;
                self.group_redirects(redirects, place)
            }
            NodeKind::Coproc { command, .. } => self.body(command, place.inside(Scope::Subshell), depth),
            NodeKind::ArithmeticCommand { redirects, .. } | NodeKind::ConditionalExpr { redirects, .. } => {
                self.expansions(self.offsets.span(&node.span), place)?;
                self.group_redirects(redirects, place)
            }
            NodeKind::List { .. } => self.body(node, place, depth),
            // What `|&` adds to the tree stands nowhere in the text.
            NodeKind::Redirect { .. } if node.span.is_empty() => Ok(()),
            _ => Err(unreadable("an unknown construct")),
        }
    }

    fn pipeline(&mut self, commands: &[Node], place: Place, depth: usize) -> Result<(), Opaque> {
        for (at, command) in commands.iter().enumerate() {
            let joined = if at == 0 { place.joined } else { Joined::Pipe };
            self.node(command, Place { joined, ..place }, depth + 1)?;
        }
        Ok(())
    }

    fn command(
        &mut self,
        assignments: &[Node],
        words: &[Node],
        redirects: &[Node],
        place: Place,
    ) -> Result<(), Opaque> {
        let assignments = self.words(assignments, place)?;
        let words = self.words(words, place)?;
        let parts: Vec<Span> = assignments.iter().chain(&words).map(|word| word.span).collect();
        let redirects = self.redirects(redirects, &parts, place)?;
        let spans = || parts.iter().copied().chain(redirects.iter().map(|redirect| redirect.span));
        let start = spans().map(|part| part.start).min().ok_or_else(|| unreadable("an empty command"))?;
        let end = spans().map(|part| part.end).fold(start, usize::max);
        let Place { scope, conditional, joined } = place;
        let span = Span::new(start, end);
        self.script.commands.push(Command { span, assignments, words, redirects, joined, scope, conditional });
        Ok(())
    }

    fn words(&mut self, nodes: &[Node], place: Place) -> Result<Vec<Word>, Opaque> {
        nodes.iter().map(|node| self.word(node, place)).collect()
    }

    fn word(&mut self, node: &Node, place: Place) -> Result<Word, Opaque> {
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
    fn expansions(&mut self, span: Span, place: Place) -> Result<(), Opaque> {
        let text = self.text.get(span.start..span.end).unwrap_or_default();
        if holds_substitution(text) {
            let scan = scan_word(self.text, span)?;
            self.keep(scan, place);
        }
        Ok(())
    }

    fn group_redirects(&mut self, nodes: &[Node], place: Place) -> Result<(), Opaque> {
        let redirects = self.redirects(nodes, &[], place)?;
        self.script.redirects.extend(redirects);
        Ok(())
    }

    /// Redirects among the other `parts` of their command.
    fn redirects(&mut self, nodes: &[Node], parts: &[Span], place: Place) -> Result<Vec<Redirect>, Opaque> {
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

    /// Finds the here-documents, then reads every script within this one.
    fn finish(mut self, level: usize) -> Result<Script, Opaque> {
        heredoc::locate(self.text, self.end, &mut self.script.commands, &mut self.script.redirects);
        self.heredoc_expansions()?;
        for (span, place) in std::mem::take(&mut self.substitutions) {
            let inner = read_at(self.text, span, place, level + 1)?;
            self.script.commands.extend(inner.commands);
            self.script.redirects.extend(inner.redirects);
        }
        Ok(self.script)
    }

    fn heredoc_expansions(&mut self) -> Result<(), Opaque> {
        let commands = self.script.commands.iter();
        let own = commands.flat_map(|command| command.redirects.iter().map(|redirect| (redirect, command.conditional)));
        // Whether the group around runs is not known any more: what it expands may be skipped.
        let groups = self.script.redirects.iter().map(|redirect| (redirect, true));
        for (redirect, conditional) in own.chain(groups) {
            let Some(heredoc) = redirect.heredoc.as_ref().filter(|heredoc| !heredoc.quoted) else { continue };
            let scan = scan_heredoc(self.text, heredoc.body)?;
            let place = Place { scope: Scope::Substitution, conditional, joined: Joined::First };
            self.substitutions.extend(scan.substitutions.into_iter().map(|script| (script, place)));
        }
        Ok(())
    }
}

impl From<Unbalanced> for Opaque {
    fn from(Unbalanced: Unbalanced) -> Self {
        unreadable("quotes or substitutions that do not close, or escaped backquotes")
    }
}

fn unreadable(what: &str) -> Opaque {
    Opaque::Syntax(what.to_owned())
}

fn is_simple(node: &Node) -> bool {
    matches!(node.kind, NodeKind::Command { .. })
}

fn substitutes(node: &Node) -> bool {
    matches!(&node.kind, NodeKind::Word { value, .. } if holds_substitution(value))
}

fn holds_substitution(text: &str) -> bool {
    ["$(", "`", "<(", ">("].iter().any(|opening| text.contains(opening))
}

/// Lays the members of a list, which `rable` nests to the left, in a row.
fn flatten<'n>(node: &'n Node, joined: Joined, list: &mut Vec<(&'n Node, Joined)>) {
    let mut stack = vec![(node, joined)];
    while let Some((node, joined)) = stack.pop() {
        let NodeKind::List { items } = &node.kind else {
            list.push((node, joined));
            continue;
        };
        let mut before = joined;
        let mut members = Vec::with_capacity(items.len());
        for item in items {
            members.push((&item.command, before));
            before = item.operator.map_or(Joined::Semicolon, joined_by);
        }
        stack.extend(members.into_iter().rev());
    }
}

/// How what follows `node` is joined to it.
fn after(node: &Node) -> Joined {
    let mut node = node;
    while let NodeKind::List { items } = &node.kind {
        let Some(last) = items.last() else { break };
        if let Some(operator) = last.operator {
            return joined_by(operator);
        }
        node = &last.command;
    }
    Joined::Semicolon
}

fn joined_by(operator: ListOperator) -> Joined {
    match operator {
        ListOperator::And => Joined::And,
        ListOperator::Or => Joined::Or,
        ListOperator::Semi => Joined::Semicolon,
        ListOperator::Background => Joined::Background,
    }
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
