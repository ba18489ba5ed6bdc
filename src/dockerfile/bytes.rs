//! Any bytes as a text and back, without loss: BuildKit takes a Latin-1 comment, and so do we.
//!
//! A byte that is not UTF-8 becomes a character of the last private-use plane, U+10FF00 plus the byte. A file that already
//! holds such a character has its bytes treated alike, so that the way back is never ambiguous.

const ESCAPES: u32 = 0x0010_FF00;

/// The text of a file's bytes.
#[must_use]
pub fn decode(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len());
    for chunk in bytes.utf8_chunks() {
        for ch in chunk.valid().chars() {
            if escaped_byte(ch).is_some() {
                let mut buffer = [0; 4];
                ch.encode_utf8(&mut buffer).bytes().for_each(|byte| text.push(escape(byte)));
            } else {
                text.push(ch);
            }
        }
        chunk.invalid().iter().for_each(|&byte| text.push(escape(byte)));
    }
    text
}

/// The bytes of a text made by [`decode`], edited or not.
#[must_use]
pub fn encode(text: &str) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(text.len());
    for ch in text.chars() {
        match escaped_byte(ch) {
            Some(byte) => bytes.push(byte),
            None => bytes.extend_from_slice(ch.encode_utf8(&mut [0; 4]).as_bytes()),
        }
    }
    bytes
}

fn escape(byte: u8) -> char {
    char::from_u32(ESCAPES + u32::from(byte)).unwrap_or(char::REPLACEMENT_CHARACTER)
}

fn escaped_byte(ch: char) -> Option<u8> {
    u32::from(ch).checked_sub(ESCAPES).and_then(|byte| u8::try_from(byte).ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn latin_1_comes_back_as_it_was() {
        let bytes = b"# caf\xe9\nFROM a\n";
        assert_eq!(encode(&decode(bytes)), bytes);
        assert!(decode(bytes).starts_with("# caf"));
    }

    #[test]
    fn a_file_with_our_own_escape_characters_comes_back_too() {
        let bytes = "x\u{10ff80}\u{10ffff}y".as_bytes();
        assert_eq!(encode(&decode(bytes)), bytes);
    }
}
