//! The top-level list of a script, and how to take a member out of it.

use super::Script;
use super::command::{Command, Joined};
use super::redirect::HereDoc;
use crate::edit::Span;

/// A member of the top-level list: a simple command, a pipeline or a compound command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Item {
    /// From its first to its last character, without the operators around it and the bodies of here-documents.
    pub span: Span,
    /// How it is joined to the item before it.
    pub joined: Joined,
    /// Where in [`Script::commands`] its command is, if it is a simple command.
    pub command: Option<usize>,
}

impl Item {
    pub(super) fn new(span: Span, joined: Joined, simple: bool) -> Self {
        Self { span, joined, command: simple.then_some(0) }
    }

    /// Looks the simple command up once `commands` have their final order.
    pub(super) fn find_command(&mut self, commands: &[Command]) {
        if self.command.is_some() {
            self.command = commands.binary_search_by_key(&self.span.start, |command| command.span.start).ok();
        }
    }
}

impl Script {
    /// The simple command of an item.
    #[must_use]
    pub fn command_of(&self, item: &Item) -> Option<&Command> {
        self.commands.get(item.command?)
    }

    /// Whether the script is nothing but simple commands joined by `&&`, `;` and newlines.
    #[must_use]
    pub fn is_simple_chain(&self) -> bool {
        let plain = |item: &Item| {
            item.command.is_some() && matches!(item.joined, Joined::First | Joined::And | Joined::Semicolon)
        };
        !self.items.is_empty() && !self.ends_in_background && self.items.iter().all(plain)
    }

    /// Whether `set -e` holds where `at` stands: whether a list joined by `;` stops at the first error.
    ///
    /// Only `set` at the top level counts, and only where it certainly ran.
    #[must_use]
    pub fn stops_at_errors(&self, at: usize) -> bool {
        let before = self.items.iter().take_while(|item| item.span.start < at);
        let certain = before.filter_map(|item| self.command_of(item)).filter(|command| !command.conditional);
        certain.filter_map(errexit).last().unwrap_or(false)
    }

    /// What must go to remove the item at `index`: the item and one of the operators around it.
    ///
    /// `None` where the rest would be no valid script or would run otherwise: for the only item, next to `||` and `&`,
    /// and where a here-document is in the way.
    #[must_use]
    pub fn removal_of(&self, text: &str, index: usize) -> Option<Span> {
        let item = self.items.get(index)?;
        let next = self.items.get(index + 1);
        if !is_plain(item.joined) || !next.is_none_or(|next| is_plain(next.joined)) || self.has_heredoc(item.span) {
            return None;
        }
        if next.is_none() && self.ends_in_background {
            return None;
        }
        let removal = match index.checked_sub(1).and_then(|before| self.items.get(before)) {
            None => Span::new(item.span.start, next?.span.start),
            Some(previous) => self.removal_between(text, previous, item, next)?,
        };
        let cut = |heredoc: &HereDoc| removal.start < heredoc.body.start && heredoc.body.start < removal.end;
        (!self.heredocs().any(|(_, heredoc)| cut(heredoc))).then_some(removal)
    }

    fn removal_between(&self, text: &str, previous: &Item, item: &Item, next: Option<&Item>) -> Option<Span> {
        let gap = text.get(previous.span.end..item.span.start)?;
        let newline = own_line(gap).filter(|_| item.joined == Joined::Semicolon);
        let line_end = blank_line_end(text, item.span.end);
        match (newline, line_end, next) {
            (Some(newline), Some(end), _) => Some(Span::new(previous.span.end + newline + 1, end)),
            // What follows on the line takes the item's place: behind a comment or a delimiter it would be lost.
            (Some(_), None, Some(next)) => Some(Span::new(item.span.start, next.span.start)),
            (Some(_), None, None) if self.has_heredoc(previous.span) => None,
            (None, _, Some(next)) if (item.joined, next.joined) == (Joined::Semicolon, Joined::And) => {
                Some(Span::new(item.span.start, next.span.start))
            }
            _ => Some(Span::new(previous.span.end, item.span.end)),
        }
    }

    fn heredocs(&self) -> impl Iterator<Item = (Span, &HereDoc)> {
        let redirects = self.commands.iter().flat_map(|command| &command.redirects).chain(&self.redirects);
        redirects.filter_map(|redirect| Some((redirect.span, redirect.heredoc.as_ref()?)))
    }

    /// Whether a here-document is announced in `span`.
    fn has_heredoc(&self, span: Span) -> bool {
        self.heredocs().any(|(redirect, _)| span.contains(redirect))
    }
}

/// Where in the gap before an item the newline is, if the item starts a line of its own.
fn own_line(gap: &str) -> Option<usize> {
    let (before, blanks) = gap.rsplit_once('\n')?;
    (blanks.trim().is_empty() && !before.ends_with('\\')).then_some(before.len())
}

/// Where the next line starts, if nothing but blanks stands between `at` and there.
fn blank_line_end(text: &str, at: usize) -> Option<usize> {
    let rest = text.get(at..)?;
    let line = rest.split_inclusive('\n').next().unwrap_or_default();
    line.trim().is_empty().then_some(at + line.len())
}

fn is_plain(joined: Joined) -> bool {
    matches!(joined, Joined::First | Joined::And | Joined::Semicolon)
}

/// What a command does to `set -e`, if anything.
fn errexit(command: &Command) -> Option<bool> {
    if !command.words.first()?.is("set") {
        return None;
    }
    let mut effect = None;
    let mut words = command.words.iter().skip(1).map_while(|word| word.value.as_deref());
    while let Some(option) = words.next() {
        let (on, letters) = match option.split_at_checked(1) {
            Some(("-", letters)) if !letters.is_empty() && letters != "-" => (true, letters),
            Some(("+", letters)) => (false, letters),
            _ => break,
        };
        let named = letters.ends_with('o') && words.next() == Some("errexit");
        if named || letters.contains('e') {
            effect = Some(on);
        }
    }
    effect
}

#[cfg(test)]
mod tests {
    use super::super::parse;
    use crate::edit::{Edit, Edits};

    fn without(text: &str, index: usize) -> Option<String> {
        let removal = parse(text).unwrap().removal_of(text, index)?;
        Some(Edits::new(vec![Edit::delete(removal)]).unwrap().apply(text))
    }

    #[test]
    fn each_member_of_a_chain_goes_with_one_operator() {
        let text = "a 1 && b 2 && c 3";
        assert_eq!(without(text, 0).as_deref(), Some("b 2 && c 3"));
        assert_eq!(without(text, 1).as_deref(), Some("a 1 && c 3"));
        assert_eq!(without(text, 2).as_deref(), Some("a 1 && b 2"));
    }

    #[test]
    fn where_operators_differ_the_one_that_guards_the_others_stays() {
        assert_eq!(without("a && b; c", 1).as_deref(), Some("a; c"));
        assert_eq!(without("a; b && c", 1).as_deref(), Some("a; c"));
        assert_eq!(without("a; b; c;", 2).as_deref(), Some("a; b;"));
        assert_eq!(without("a\nb; c", 1).as_deref(), Some("a\nc"));
        assert_eq!(without("a \\\n; b\nc", 1).as_deref(), Some("a\nc"));
        assert_eq!(without("a; \\\n b\nc", 1).as_deref(), Some("a\nc"));
        assert_eq!(without("a;\nb; c", 1).as_deref(), Some("a;\nc"));
    }

    #[test]
    fn comments_and_here_documents_before_a_line_survive_it() {
        assert_eq!(without("a # why\nb\nc", 1).as_deref(), Some("a # why\nc"));
        assert_eq!(without("cat <<E\nx;\nE\nb\nc", 1).as_deref(), Some("cat <<E\nx;\nE\nc"));
        assert_eq!(without("cat <<E && b\nx\nE\n", 1).as_deref(), Some("cat <<E\nx\nE\n"));
        assert_eq!(without("cat <<E &&\nx\nE\nb", 1), None);
        assert_eq!(without("a && cat <<E\nx\nE\n", 1), None);
        assert_eq!(without("a; while read x; do b; done <<E\nx\nE\n", 1), None);
    }

    #[test]
    fn nothing_is_removed_where_the_rest_would_run_otherwise() {
        assert_eq!(without("a", 0), None);
        assert_eq!(without("a || b", 0), None);
        assert_eq!(without("a || b", 1), None);
        assert_eq!(without("a & b", 1), None);
        assert_eq!(without("a; b &", 1), None);
        assert_eq!(without("a && b", 2), None);
    }

    #[test]
    fn a_simple_chain_has_no_pipes_and_no_compounds() {
        for text in ["a", "a && b; c\nd", "FOO=1 a > x && b;", "a $(b)"] {
            assert!(parse(text).unwrap().is_simple_chain(), "{text}");
        }
        for text in ["", "a | b", "a || b", "a & b", "a &", "a && b &", "a && (b)", "! a", "if a; then b; fi", "time a"]
        {
            assert!(!parse(text).unwrap().is_simple_chain(), "{text}");
        }
    }

    #[test]
    fn set_e_holds_from_where_it_stands() {
        let stops = |text: &str| parse(text).unwrap().stops_at_errors(text.len());
        for text in
            ["set -e; a", "set -ex; a", "set -o errexit; a", "set -eux; a", "set -euo pipefail\na", "set -x -e; a"]
        {
            assert!(stops(text), "{text}");
        }
        for text in
            ["a", "set -x; a", "set -e; set +e; a", "b || set -e; a", "(set -e); a", "set -- -e; a", "echo -e; a"]
        {
            assert!(!stops(text), "{text}");
        }
        assert!(!parse("a; set -e").unwrap().stops_at_errors(0));
    }
}
