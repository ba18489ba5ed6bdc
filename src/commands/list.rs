//! `harden --list`: the transforms in their order.

use harden::transforms::{ALL, ON_REQUEST};

use super::Exit;
use super::console::Console;
use super::prose::first_paragraph;

/// Prints one line for each transform.
pub fn run(console: &mut Console) -> Exit {
    let width = ALL.iter().map(|transform| transform.name.len()).max().unwrap_or_default();
    for transform in ALL {
        let on_request = if ON_REQUEST.contains(&transform.name) { "(on request) " } else { "" };
        let line = format!("{:width$}  {on_request}{}", transform.name, first_sentence(transform.page));
        console.data(format!("{}\n", line.trim_end()).as_bytes());
    }
    Exit::Fine
}

fn first_sentence(page: &str) -> String {
    let text = first_paragraph(page);
    match text.split_once(". ") {
        Some((sentence, _)) => format!("{sentence}."),
        None => text,
    }
}

#[cfg(test)]
mod tests {
    use super::first_sentence;

    #[test]
    fn the_first_sentence_ends_at_its_full_stop_even_on_another_line() {
        let page = "# user\n\nRuns as a user\nof `0.1` rights. And more.\n\nNext.\n";
        assert_eq!(first_sentence(page), "Runs as a user of `0.1` rights.");
    }

    #[test]
    fn a_page_without_prose_has_no_sentence() {
        assert_eq!(first_sentence("# user\n"), "");
    }
}
