//! `{name}` in a template's text.

/// `text` with every `{name}` replaced by its value.
pub(super) fn fill(text: &str, values: &[(&str, &str)]) -> String {
    values.iter().fold(text.to_owned(), |text, (name, value)| text.replace(&format!("{{{name}}}"), value))
}

#[cfg(test)]
mod tests {
    use super::fill;

    #[test]
    fn every_occurrence_of_a_placeholder_is_filled() {
        assert_eq!(fill("{a}-{b}-{a}-{c}", &[("a", "1"), ("b", "2")]), "1-2-1-{c}");
    }

    #[test]
    fn a_placeholder_in_braces_keeps_its_braces() {
        assert_eq!(fill("${{variable}:-{port}}", &[("variable", "PORT"), ("port", "80")]), "${PORT:-80}");
    }
}
