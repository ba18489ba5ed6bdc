//! Labels: how a value is written.

/// `value` in double quotes, such that BuildKit reads it as it is.
pub(in crate::transforms) fn quoted(value: &str, escape: char) -> String {
    let mut text = String::from("\"");
    for ch in value.chars() {
        if ch == escape || matches!(ch, '"' | '$') {
            text.push(escape);
        }
        text.push(ch);
    }
    text.push('"');
    text
}
