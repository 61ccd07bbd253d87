//! The `traceparent` header of W3C Trace Context: the name of the trace that a request belongs to.

use std::fmt;

/// `VERSION-TRACE-PARENT-FLAGS`: 2, 32, 16 and 2 hexadecimal digits.
const CHARS: usize = 55;
const DASHES: [usize; 3] = [2, 35, 52];

/// A valid `traceparent` of version 00, or the part of a later version that reads like one.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Traceparent([u8; CHARS]);

impl Traceparent {
    /// Reads the value of the header; none when it is malformed.
    pub fn parse(value: &[u8]) -> Option<Traceparent> {
        let (head, rest) = value.split_first_chunk::<CHARS>()?;
        let is_hex = |byte: &u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
        let is_well_formed = head.iter().enumerate().all(|(at, byte)| match DASHES.contains(&at) {
            true => *byte == b'-',
            false => is_hex(byte),
        });
        let is_null = |part: &[u8]| part.iter().all(|byte| *byte == b'0');
        let version = &head[..DASHES[0]];
        let ends = rest.is_empty() || (version != b"00" && rest[0] == b'-');
        let is_valid = is_well_formed
            && ends
            && version != b"ff"
            && !is_null(&head[DASHES[0] + 1..DASHES[1]])
            && !is_null(&head[DASHES[1] + 1..DASHES[2]]);
        is_valid.then_some(Traceparent(*head))
    }

    /// Its text.
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).expect("hexadecimal digits and dashes are ASCII")
    }
}

impl fmt::Display for Traceparent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Debug for Traceparent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const VALID: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

    fn of(value: &str) -> Option<String> {
        Some(Traceparent::parse(value.as_bytes())?.to_string())
    }

    #[test]
    fn the_grammar_decides() {
        assert_eq!(of(VALID).as_deref(), Some(VALID));
        let later = VALID.replacen("00", "cc", 1);
        assert_eq!(of(&later), Some(later.clone()));
        assert_eq!(of(&format!("{later}-more")), Some(later.clone()));
        for bad in [
            "",
            "00",
            &VALID[..54],
            &format!("{VALID}-"),
            &format!("{VALID}-more"),
            &format!("{later}more"),
            &format!("{VALID}0"),
            &VALID.replacen("00", "ff", 1),
            &VALID.to_uppercase(),
            &VALID.replace('-', "_"),
            &VALID.replace("4bf92f3577b34da6a3ce929d0e0e4736", &"0".repeat(32)),
            &VALID.replace("00f067aa0ba902b7", &"0".repeat(16)),
            &VALID.replace('4', "g"),
            &"a".repeat(10_000),
        ] {
            assert_eq!(of(bad), None, "{bad}");
        }
    }
}
