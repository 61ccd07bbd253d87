//! Strings of digits packed into one word.

/// The most digits that can be packed.
pub const PACKED_DIGITS_MAX: usize = 18;

/// A string of at most [`PACKED_DIGITS_MAX`] ASCII digits in one word: the decimal number that the digits form after a
/// leading 1, so that leading zeros are kept. `"007"` is 1007.
///
/// Values that are stored like this, such as phone numbers, are compared with the strings of a query as words. They are
/// converted to text only for comparisons that need it.
///
/// ```
/// use jsquery::PackedDigits;
///
/// let packed = PackedDigits::pack("007").expect("three digits");
/// assert_eq!(packed.word(), 1007);
/// assert_eq!(packed.write_to(&mut [0; 8]), "007");
/// assert_eq!(PackedDigits::pack("+7"), None);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PackedDigits(u64);

impl PackedDigits {
    /// Packs a string; `None` if it contains anything but digits, or too many of them.
    pub fn pack(text: &str) -> Option<PackedDigits> {
        let fits = text.len() <= PACKED_DIGITS_MAX && text.bytes().all(|byte| byte.is_ascii_digit());
        fits.then(|| PackedDigits(text.bytes().fold(1, |packed, digit| packed * 10 + u64::from(digit - b'0'))))
    }

    /// The digits that `word` packs. A word whose first decimal digit is not 1 packs no digits; it is treated as if it
    /// were.
    pub const fn from_word(word: u64) -> PackedDigits {
        PackedDigits(word)
    }

    /// The packed form.
    pub const fn word(self) -> u64 {
        self.0
    }

    /// Writes the digits to the end of `buffer` and returns them.
    ///
    /// # Panics
    /// The buffer is shorter than the digits and one byte more; [`PACKED_DIGITS_MAX`] + 2 is always enough.
    pub fn write_to(self, buffer: &mut [u8]) -> &str {
        let mut rest = self.0;
        let mut start = buffer.len();
        // Two digits at a time: the division costs more than everything else here.
        while rest >= 100 {
            let pair = (rest % 100) as u8;
            rest /= 100;
            start -= 2;
            buffer[start] = b'0' + pair / 10;
            buffer[start + 1] = b'0' + pair % 10;
        }
        // The leading 1 is not a digit of the string.
        if rest >= 10 {
            start -= 1;
            buffer[start] = b'0' + (rest % 10) as u8;
        }
        std::str::from_utf8(&buffer[start..]).expect("only ASCII digits were written")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn packing_keeps_every_digit() {
        for text in ["", "0", "000", "7", "10", "74950237547", "999999999999999999"] {
            let packed = PackedDigits::pack(text).expect("digits");
            assert_eq!(packed.write_to(&mut [0; PACKED_DIGITS_MAX + 2]), text);
        }
        assert_eq!(PackedDigits::pack("1234567890123456789"), None);
        assert_eq!(PackedDigits::pack("٣"), None);
    }
}
