//! Text for people: the paragraphs of a page, and lines of a terminal's width.

/// The width of the lines.
const WIDTH: usize = 80;

/// The first paragraph below a page's title, on one line.
pub fn first_paragraph(page: &str) -> String {
    let is_prose = |line: &&str| !line.trim().is_empty() && !line.starts_with('#');
    let paragraph: Vec<&str> = page.lines().skip_while(|line| !is_prose(line)).take_while(is_prose).collect();
    paragraph.join(" ")
}

/// `text` in lines that a terminal shows whole, each behind `indent`.
pub fn wrapped(text: &str, indent: &str) -> String {
    let mut lines = String::new();
    let mut line = String::new();
    for word in text.split_whitespace() {
        let width = indent.chars().count() + line.chars().count() + 1 + word.chars().count();
        if !line.is_empty() && width > WIDTH {
            lines += &format!("{indent}{line}\n");
            line.clear();
        }
        if !line.is_empty() {
            line.push(' ');
        }
        line += word;
    }
    lines + &format!("{indent}{line}\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_paragraph_is_one_line() {
        assert_eq!(
            first_paragraph("# user\n\nRuns as a user\nof `0.1` rights.\n\nNext.\n"),
            "Runs as a user of `0.1` rights."
        );
        assert_eq!(first_paragraph("# user\n"), "");
    }

    #[test]
    fn a_line_is_as_long_as_the_width_and_no_longer() {
        let word = "a".repeat(39);
        assert_eq!(wrapped(&format!("{word} {word} b"), ""), format!("{word} {word}\nb\n"));
        assert_eq!(wrapped(&format!("{word} {word}"), "  "), format!("  {word}\n  {word}\n"));
    }

    #[test]
    fn a_word_that_is_too_long_has_a_line_of_its_own() {
        let word = "a".repeat(90);
        assert_eq!(wrapped(&format!("b {word} c"), ""), format!("b\n{word}\nc\n"));
    }
}
