//! A short run of decimal digits, kept in place.

use std::fmt;

/// Most digits that are read: a number of 15 digits behind prefixes for an outside line and for another country.
pub const DIALLED_DIGITS_MAX: usize = 24;

/// At most [`DIALLED_DIGITS_MAX`] ASCII digits.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Digits {
    bytes: [u8; DIALLED_DIGITS_MAX],
    len: u8,
}

impl Digits {
    /// The digits of these texts, one after the other; `None` if they are too many, or no ASCII digits.
    pub fn of(parts: &[&str]) -> Option<Self> {
        let mut digits = Self::default();
        for byte in parts.iter().flat_map(|part| part.bytes()) {
            if !byte.is_ascii_digit() || !digits.push(byte) {
                return None;
            }
        }
        Some(digits)
    }

    /// Appends an ASCII digit; false if there is no room.
    pub(crate) fn push(&mut self, digit: u8) -> bool {
        let Some(place) = self.bytes.get_mut(usize::from(self.len)) else { return false };
        *place = digit;
        self.len += 1;
        true
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        usize::from(self.len)
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// The digits as a text.
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.bytes[..self.len()]).expect("only ASCII digits are pushed")
    }
}

impl fmt::Debug for Digits {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
