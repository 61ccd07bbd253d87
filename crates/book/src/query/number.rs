//! Decimal numbers of queries, compared exactly with the whole numbers of records.

use std::cmp::Ordering;

/// Maximum number of digits before the point that are distinguished; numbers with more are larger than any id.
const WHOLE_DIGITS_MAX: usize = 30;

/// A decimal number, reduced to what comparisons with whole numbers need.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Decimal {
    /// The largest whole number that is not above it.
    floor: i128,
    /// Whether it is greater than `floor`.
    fraction: bool,
}

impl From<i64> for Decimal {
    fn from(number: i64) -> Self {
        Self { floor: i128::from(number), fraction: false }
    }
}

impl Decimal {
    /// Reads a number in the notation of JSON.
    pub fn read(text: &str) -> Option<Self> {
        Self::read_scaled(text, 0)
    }

    /// Reads a number in the notation of JSON and multiplies it by `10^places`, exactly.
    pub fn read_scaled(text: &str, places: u8) -> Option<Self> {
        let (negative, digits) = match text.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, text),
        };
        let (mantissa, exponent) = match digits.split_once(['e', 'E']) {
            Some((mantissa, exponent)) => (mantissa, exponent_of(exponent)?),
            None => (digits, 0),
        };
        let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        let all: Vec<u8> = whole.bytes().chain(fraction.bytes()).collect();
        if all.is_empty() || !all.iter().all(u8::is_ascii_digit) {
            return None;
        }
        Some(Self::from_digits(negative, &all, whole.len() as i64 + exponent + i64::from(places)))
    }

    /// Reads a whole number in decimal digits with an optional sign.
    pub fn read_whole(text: &str) -> Option<Self> {
        Self::read_whole_scaled(text, 0)
    }

    /// Reads such a number and multiplies it by `10^places`.
    pub fn read_whole_scaled(text: &str, places: u8) -> Option<Self> {
        let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
        let plain = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
        let point = digits.len() as i64 + i64::from(places);
        plain.then(|| Self::from_digits(text.starts_with('-'), digits.as_bytes(), point))
    }

    /// Its value if it is a whole number.
    pub fn whole(self) -> Option<i128> {
        (!self.fraction).then_some(self.floor)
    }

    /// How `number` compares with it.
    pub fn compare_to(self, number: i64) -> Ordering {
        match i128::from(number).cmp(&self.floor) {
            Ordering::Equal if self.fraction => Ordering::Less,
            order => order,
        }
    }

    /// The smallest id that is not below it; `u64::MAX`, which is no id, if there is none.
    pub fn least_from(self) -> u64 {
        let least = if self.fraction { self.floor + 1 } else { self.floor };
        u64::try_from(least.max(0)).unwrap_or(u64::MAX)
    }

    /// The smallest id above it; `u64::MAX`, which is no id, if there is none.
    pub fn least_above(self) -> u64 {
        u64::try_from((self.floor + 1).max(0)).unwrap_or(u64::MAX)
    }

    /// The largest id that is not above it; 0, which is no id, if there is none.
    pub fn most_to(self) -> u64 {
        u64::try_from(self.floor.clamp(0, i128::from(u64::MAX))).unwrap_or(0)
    }

    /// The largest id below it; 0, which is no id, if there is none.
    pub fn most_below(self) -> u64 {
        let most = if self.fraction { self.floor } else { self.floor - 1 };
        u64::try_from(most.clamp(0, i128::from(u64::MAX))).unwrap_or(0)
    }

    /// `point` is the number of digits before the decimal point; it can be negative or beyond the digits.
    fn from_digits(negative: bool, digits: &[u8], point: i64) -> Self {
        let first = digits.iter().position(|digit| *digit != b'0').unwrap_or(digits.len());
        let (digits, point) = (&digits[first..], point.saturating_sub(first as i64));
        if digits.is_empty() {
            return Self { floor: 0, fraction: false };
        }
        let wholes = usize::try_from(point).unwrap_or(0);
        let magnitude = if wholes > WHOLE_DIGITS_MAX {
            i128::MAX / 4
        } else {
            (0..wholes).fold(0, |sum, at| sum * 10 + i128::from(digits.get(at).map_or(0, |digit| digit - b'0')))
        };
        let fraction = digits.iter().skip(wholes).any(|digit| *digit != b'0');
        match (negative, fraction) {
            (false, fraction) => Self { floor: magnitude, fraction },
            (true, false) => Self { floor: -magnitude, fraction },
            (true, true) => Self { floor: -magnitude - 1, fraction },
        }
    }
}

/// An exponent, clamped to ±2^40.
fn exponent_of(text: &str) -> Option<i64> {
    let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let size = digits.bytes().fold(0i64, |sum, digit| (sum * 10 + i64::from(digit - b'0')).min(1 << 40));
    Some(if text.starts_with('-') { -size } else { size })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decimals_compare_with_whole_numbers_as_in_arithmetic() {
        for (text, below, at, above) in [
            ("1.5", 1, None, 2),
            ("-1.5", -2, None, -1),
            ("10.0", 9, Some(10), 11),
            ("1e1", 9, Some(10), 11),
            ("0.1E2", 9, Some(10), 11),
            ("1500e-3", 1, None, 2),
            ("-0", -1, Some(0), 1),
        ] {
            let decimal = Decimal::read(text).expect("a JSON number");
            assert_eq!(decimal.compare_to(below), Ordering::Less, "{text}");
            assert_eq!(decimal.whole().map(|whole| whole as i64), at, "{text}");
            assert_eq!(decimal.compare_to(above), Ordering::Greater, "{text}");
        }
    }

    #[test]
    fn huge_numbers_lie_beyond_every_id_and_cost_nothing() {
        for text in ["1e999999999999999999999", "99999999999999999999999999999999999999999999"] {
            assert_eq!(Decimal::read(text).expect("a number").compare_to(i64::MAX), Ordering::Less);
        }
        assert_eq!(Decimal::read("-1e400").expect("a number").compare_to(i64::MIN), Ordering::Greater);
        assert_eq!(Decimal::read("1e-400").expect("a number").compare_to(0), Ordering::Less);
    }

    #[test]
    fn scaled_numbers_are_exact() {
        for (text, micros) in [("0.000215", Some(215)), ("1", Some(1_000_000)), ("2.5e-5", Some(25)), ("1e-7", None)] {
            assert_eq!(Decimal::read_scaled(text, 6).and_then(Decimal::whole), micros, "{text}");
        }
        assert_eq!(Decimal::read_scaled("-0.0000015", 6).expect("a number").compare_to(-2), Ordering::Less);
        assert_eq!(Decimal::read_whole_scaled("3", 6).and_then(Decimal::whole), Some(3_000_000));
    }

    #[test]
    fn only_whole_numbers_are_read_from_strings() {
        assert_eq!(Decimal::read_whole("0012").and_then(Decimal::whole), Some(12));
        assert_eq!(Decimal::read_whole("1.0"), None);
        assert_eq!(Decimal::read_whole(""), None);
    }
}
