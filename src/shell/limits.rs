//! What a script may hold before it is handed to `rable`.
//!
//! `rable` recurses without a bound of its own in substitutions, parameters, arithmetic and `[[ ]]`, and takes more
//! than linear time on a few shapes (elsewhere it stops at a depth of 1,000). The counts below are upper bounds on those depths that no quoting can fool. Each
//! keeps a factor of two from the first overflow of a stack of 2 MiB, and a read below half a second.

use super::Opaque;

/// Docker's own limit for one line is 65,535 bytes.
const BYTES: usize = 65_536;
/// Parentheses that are open at once: a plain count, as `rable`'s time grows with the third power of the depth.
const OPEN_PARENTHESES: usize = 16;
/// Braces that are open at once, groups and parameters alike.
const OPEN_BRACES: usize = 32;
/// `$(`, `<(`, `>(`: 200 nested ones overflow, and 100 take seconds.
const SUBSTITUTIONS: usize = 48;
/// Words that open a compound command: 500 nested ones overflow.
const KEYWORDS: usize = 200;
/// Nested backquotes are read again at every level.
const BACKQUOTES: usize = 100;
/// A backquote that fails inside of a substitution is read twice: time doubles with every such pair.
const BACKQUOTES_AMONG_SUBSTITUTIONS: usize = 12;
/// Every `(` may nest in `[[ ( … ) ]]`, which overflows at 1,500.
const PARENTHESES: usize = 700;
/// `${` overflows at 12,000.
const PARAMETERS: usize = 3_000;
/// Operators of one arithmetic or `[[ ]]` expression nest; they overflow at 6,000.
const OPERATORS: usize = 1_500;
/// A list nests to the left; it overflows at more than 12,000 in an optimised build.
const SEPARATORS: usize = 3_000;
/// Every `{` is looked up in every quoted part of its word, for every byte.
const BRACES_TIMES_QUOTES: usize = 100_000;

#[derive(Default)]
struct Counts {
    open: usize,
    deepest: usize,
    open_braces: usize,
    deepest_braces: usize,
    substitutions: usize,
    backquotes: usize,
    parentheses: usize,
    parameters: usize,
    operators: usize,
    separators: usize,
    braces: usize,
    quotes: usize,
    expressions: bool,
    keywords: usize,
}

impl Counts {
    fn of(text: &str) -> Self {
        let words = text.as_bytes().split(|byte| !byte.is_ascii_alphanumeric());
        let mut counts = Self { keywords: words.filter(|word| opens_compound(word)).count(), ..Self::default() };
        let mut before = b' ';
        for byte in text.bytes() {
            counts.add(before, byte);
            before = byte;
        }
        counts
    }

    fn add(&mut self, before: u8, byte: u8) {
        match byte {
            b'(' => {
                self.parentheses += 1;
                self.open += 1;
                self.deepest = self.deepest.max(self.open);
                self.substitutions += usize::from(matches!(before, b'$' | b'<' | b'>'));
                self.expressions |= before == b'(';
            }
            b')' => self.open = self.open.saturating_sub(1),
            b'{' => {
                self.open_braces += 1;
                self.deepest_braces = self.deepest_braces.max(self.open_braces);
                let count = if before == b'$' { &mut self.parameters } else { &mut self.braces };
                *count += 1;
            }
            b'}' => self.open_braces = self.open_braces.saturating_sub(1),
            b'[' => self.expressions |= matches!(before, b'[' | b'$'),
            b'`' => self.backquotes += 1,
            b'\'' | b'"' | b'\\' | b'$' => self.quotes += 1,
            b';' | b'&' | b'|' | b'\n' => self.separators += 1,
            b'-' | b'+' | b'!' | b'~' | b'?' | b'=' | b'*' => self.operators += 1,
            _ => {}
        }
    }

    fn too_deep(&self) -> bool {
        self.deepest > OPEN_PARENTHESES
            || self.deepest_braces > OPEN_BRACES
            || self.substitutions > SUBSTITUTIONS
            || self.keywords > KEYWORDS
            || self.backquotes > BACKQUOTES
            || self.backquotes.min(self.parentheses + self.parameters) > BACKQUOTES_AMONG_SUBSTITUTIONS
            || self.parentheses > PARENTHESES
            || self.parameters > PARAMETERS
            || (self.expressions && self.operators > OPERATORS)
    }

    fn too_long(&self) -> bool {
        self.separators > SEPARATORS || self.braces.saturating_mul(self.quotes) > BRACES_TIMES_QUOTES
    }
}

fn opens_compound(word: &[u8]) -> bool {
    matches!(word, b"if" | b"elif" | b"for" | b"case" | b"while" | b"until" | b"select" | b"function" | b"coproc")
}

/// Whether `text` may be parsed at all.
pub(super) fn check(text: &str) -> Result<(), Opaque> {
    if text.len() > BYTES {
        return Err(Opaque::TooLong);
    }
    let counts = Counts::of(text);
    if counts.too_deep() {
        return Err(Opaque::TooDeep);
    }
    if counts.too_long() {
        return Err(Opaque::TooLong);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::super::parse;
    use super::*;

    fn nested(open: &str, close: &str, depth: usize) -> String {
        format!("{}a{}", open.repeat(depth), close.repeat(depth))
    }

    #[test]
    fn what_people_write_is_within_the_limits() {
        let long = "apt-get install -y \"$(cat list)\" && rm -rf /x; ".repeat(40);
        assert!(parse(&long).is_ok());
        assert!(parse(&nested("if a; then ", "; fi", 12)).is_ok());
        assert!(parse(&nested("$(a ", ")", 6)).is_ok());
    }

    #[test]
    fn deep_nests_are_opaque_and_overflow_no_stack() {
        for (open, close) in [
            ("$(", ")"),
            ("( ", ")"),
            ("{ ", "; }"),
            ("${a:-", "}"),
            ("$((", "))"),
            ("[[ ! ", " ]]"),
            ("a <(", ")"),
            ("\"`$(", ")`\""),
        ] {
            for depth in [40, 600, 5_000] {
                assert!(parse(&nested(open, close, depth)).is_err(), "{depth} {open}");
            }
        }
        for (open, close) in [("if ", "; then b; fi"), ("while ", "; do b; done"), ("case a in b) ", ";; esac")] {
            assert_eq!(parse(&nested(open, close, 50)), Err(Opaque::TooDeep), "{open}");
        }
    }

    #[test]
    fn shapes_that_hide_their_depth_are_counted() {
        assert_eq!(check(&"$(a ')' ".repeat(49)), Err(Opaque::TooDeep));
        assert_eq!(check(&"if a fi; ".repeat(201)), Err(Opaque::TooDeep));
        assert_eq!(check(&"`$(a) ".repeat(13)), Err(Opaque::TooDeep));
        assert_eq!(check(&format!("(( {}a ))", "a=".repeat(1_501))), Err(Opaque::TooDeep));
        assert_eq!(check(&"''{}".repeat(400)), Err(Opaque::TooLong));
        assert_eq!(check(&"a;".repeat(3_001)), Err(Opaque::TooLong));
        assert_eq!(check(&"a".repeat(65_537)), Err(Opaque::TooLong));
        assert_eq!(check(&"a".repeat(65_536)), Ok(()));
    }

    #[test]
    fn a_list_as_long_as_allowed_overflows_no_stack() {
        for joint in [";", "\n", "|"] {
            assert!(parse(&format!("a{}", format!("{joint}a").repeat(3_000))).is_ok(), "{joint:?}");
        }
        assert!(parse(&format!("a{}", "&&a".repeat(1_500))).is_ok());
    }
}
