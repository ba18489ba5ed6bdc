//! Where a substitution ends.

use super::quoting::Unbalanced;

/// Where the substitution closes whose script starts at `at`.
///
/// It counts parentheses outside of quotes and comments. A `case` in the script may fool it; then the script that it
/// cuts out does not parse, and the whole is opaque.
pub(super) fn closing_parenthesis(bytes: &[u8], mut at: usize) -> Result<usize, Unbalanced> {
    let mut open: Vec<u8> = Vec::new();
    let mut before = b'(';
    while let Some(&byte) = bytes.get(at) {
        let inside = open.last().copied();
        match (inside, byte) {
            (_, b'\\') => at += 1,
            (Some(b'"'), b'"') => drop(open.pop()),
            (_, b'(') if inside != Some(b'"') || before == b'$' => open.push(b'('),
            (Some(b'"'), _) => {}
            (_, b'"') => open.push(b'"'),
            (_, b'\'') => at = find(bytes, at + 1, b'\'')?,
            (_, b'#') if before.is_ascii_whitespace() || matches!(before, b';' | b'&' | b'|' | b'(') => {
                at = find(bytes, at, b'\n')?;
            }
            (None, b')') => return Ok(at),
            (_, b')') => drop(open.pop()),
            _ => {}
        }
        before = byte;
        at += 1;
    }
    Err(Unbalanced)
}

fn find(bytes: &[u8], from: usize, wanted: u8) -> Result<usize, Unbalanced> {
    let rest = bytes.get(from..).ok_or(Unbalanced)?;
    rest.iter().position(|&byte| byte == wanted).map(|length| from + length).ok_or(Unbalanced)
}
