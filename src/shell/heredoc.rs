//! Finds the bodies of here-documents: `rable` gives their text, not their place.

use super::command::Command;
use super::redirect::Redirect;
use crate::edit::Span;

/// Sets the body of every here-document of one script, which ends at `end`.
///
/// A body starts on the line after its operator, or after the body of the here-document before it on the same line.
pub(super) fn locate(text: &str, end: usize, commands: &mut [Command], groups: &mut [Redirect]) {
    let announces = |redirect: &&mut Redirect| redirect.heredoc.is_some();
    if !commands.iter_mut().flat_map(|command| &mut command.redirects).chain(&mut *groups).any(|it| announces(&it)) {
        return;
    }
    let lines = Lines { text, end, words: words_with_newlines(text, commands) };
    let redirects = commands.iter_mut().flat_map(|command| &mut command.redirects).chain(groups);
    let mut announced: Vec<&mut Redirect> = redirects.filter(announces).collect();
    announced.sort_by_key(|redirect| redirect.span);
    let mut previous = (None, end);
    for redirect in announced {
        let line = lines.next_line(redirect.span.end);
        let start = if previous.0 == Some(line) { previous.1 } else { line };
        let delimiter = redirect.target.value.clone().unwrap_or_default();
        let (body, after) = lines.body(start, &delimiter, redirect.operator == "<<-");
        if let Some(heredoc) = &mut redirect.heredoc {
            heredoc.body = body;
        }
        previous = (Some(line), after);
    }
}

fn words_with_newlines(text: &str, commands: &[Command]) -> Vec<Span> {
    let parts = commands.iter().flat_map(Command::part_spans);
    parts.filter(|span| span.of(text).contains('\n')).collect()
}

struct Lines<'t> {
    text: &'t str,
    end: usize,
    words: Vec<Span>,
}

impl Lines<'_> {
    /// Where the line after `at` starts; a newline in a word or after a backslash ends no line.
    fn next_line(&self, at: usize) -> usize {
        let mut at = at;
        while at < self.end {
            if let Some(word) = self.words.iter().find(|word| word.start <= at && at < word.end) {
                at = word.end;
                continue;
            }
            match self.text.as_bytes().get(at) {
                Some(b'\\') => at += 2,
                Some(b'\n') => return at + 1,
                _ => at += 1,
            }
        }
        self.end
    }

    /// The body that starts at `start`, and where the line after its delimiter starts.
    fn body(&self, start: usize, delimiter: &str, tabs: bool) -> (Span, usize) {
        let mut line_start = start;
        for line in self.text.get(start..self.end).unwrap_or_default().split_inclusive('\n') {
            let bare = if tabs { line.trim_start_matches('\t') } else { line };
            if bare.trim_end() == delimiter.trim_end() {
                return (Span::new(start, line_start), line_start + line.len());
            }
            line_start += line.len();
        }
        (Span::new(start, self.end), self.end)
    }
}
