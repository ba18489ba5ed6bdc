//! From `rable`'s tree to a flat [`Script`] with byte spans.

use rable::{ListOperator, Node, NodeKind};

use super::chain::Item;
use super::command::{Command, Joined, Scope};
use super::offsets::Offsets;
use super::parts::holds_substitution;
use super::quoting::{Unbalanced, scan_heredoc};
use super::{Opaque, Script, heredoc};
use crate::edit::Span;

/// Constructs within constructs, and scripts within scripts.
const DEPTH: usize = 48;
/// Every level of substitution is parsed again.
const SUBSTITUTION_DEPTH: usize = 8;

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
pub(super) struct Place {
    scope: Scope,
    conditional: bool,
    joined: Joined,
}

impl Place {
    /// The first command of a construct inside of this place.
    pub(super) fn inside(self, scope: Scope) -> Self {
        Self { scope, joined: Joined::First, ..self }
    }

    /// As [`Place::inside`], where the construct may be skipped.
    fn perhaps(self, scope: Scope) -> Self {
        Self { conditional: true, ..self.inside(scope) }
    }
}

pub(super) struct Reader<'t> {
    pub(super) text: &'t str,
    pub(super) offsets: Offsets,
    pub(super) end: usize,
    pub(super) script: Script,
    pub(super) substitutions: Vec<(Span, Place)>,
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

pub(super) fn unreadable(what: &str) -> Opaque {
    Opaque::Syntax(what.to_owned())
}

fn is_simple(node: &Node) -> bool {
    matches!(node.kind, NodeKind::Command { .. })
}

fn substitutes(node: &Node) -> bool {
    matches!(&node.kind, NodeKind::Word { value, .. } if holds_substitution(value))
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
