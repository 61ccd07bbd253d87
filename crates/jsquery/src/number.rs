//! Decimal numbers in queries, compared exactly with the integers of a value.
//!
//! Values contain 64-bit integers only, so a literal is represented by its floor and by whether it is an integer.
//! Literals far outside the range of 64 bits are clamped to a bound that is still outside.

use std::cmp::Ordering;

/// Maximum number of digits after the decimal point (PostgreSQL's `numeric`).
const SCALE_DIGITS_MAX: i64 = 16_383;
/// Maximum power of ten of the first digit (PostgreSQL's `numeric`).
const LEADING_POWER_MAX: i64 = 131_071;
/// The first exponent that is rejected whatever the digits are.
const EXPONENT_MAX: i64 = 1_073_741_823;
/// From this power of ten on, a number exceeds 64 bits.
const POWER_FAR: i64 = 20;
/// Represents every magnitude from ten to the [`POWER_FAR`] on.
const MAGNITUDE_FAR: i128 = 100_000_000_000_000_000_000;

/// A decimal number, as precise as comparing it with `i64` requires.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Decimal {
    floor: i128,
    whole: bool,
}

/// The parts of a number: sign, digits before and after the decimal point, exponent.
struct NumberText<'a> {
    negative: bool,
    before: &'a [u8],
    after: &'a [u8],
    exponent: i64,
}

impl Decimal {
    /// Parses a number that the lexer has accepted; `None` if it is out of range.
    pub(crate) fn parse(text: &str) -> Option<Decimal> {
        let written = NumberText::split(text)?;
        let scale = written.after.len() as i64 - written.exponent;
        if scale > SCALE_DIGITS_MAX {
            return None;
        }
        let Some(first) = written.digits().position(|digit| digit != 0) else {
            return Some(Decimal { floor: 0, whole: true });
        };
        let power = written.before.len() as i64 - 1 - first as i64 + written.exponent;
        (power <= LEADING_POWER_MAX).then(|| written.value(first, power))
    }

    /// How `number` compares with this decimal.
    pub(crate) fn order_of(self, number: i64) -> Ordering {
        let below = if self.whole { Ordering::Equal } else { Ordering::Less };
        i128::from(number).cmp(&self.floor).then(below)
    }

    /// The same number as an integer, if it is one.
    pub(crate) fn integer(self) -> Option<i64> {
        if self.whole { i64::try_from(self.floor).ok() } else { None }
    }
}

impl<'a> NumberText<'a> {
    fn split(text: &'a str) -> Option<NumberText<'a>> {
        let (mantissa, exponent) = match text.split_once(['e', 'E']) {
            Some((mantissa, exponent)) => (mantissa, bounded_exponent(exponent)?),
            None => (text, 0),
        };
        let digits = mantissa.trim_start_matches(['+', '-']);
        let (before, after) = digits.split_once('.').unwrap_or((digits, ""));
        Some(NumberText {
            negative: mantissa.starts_with('-'),
            before: before.as_bytes(),
            after: after.as_bytes(),
            exponent,
        })
    }

    /// All digits, from the left.
    fn digits(&self) -> impl Iterator<Item = u8> {
        self.before.iter().chain(self.after).map(|byte| byte - b'0')
    }

    /// The value, given its first digit other than zero and the power of ten of that digit.
    fn value(&self, first: usize, power: i64) -> Decimal {
        if power >= POWER_FAR {
            let floor = if self.negative { -MAGNITUDE_FAR } else { MAGNITUDE_FAR };
            return Decimal { floor, whole: true };
        }
        // Less than POWER_FAR, so there are at most 20 digits before the point.
        let places = usize::try_from(power + 1).unwrap_or(0);
        let padded = self.digits().skip(first).chain(std::iter::repeat(0));
        let magnitude = padded.take(places).fold(0, |sum, digit| sum * 10 + i128::from(digit));
        let fraction = self.digits().skip(first + places).any(|digit| digit != 0);
        let floor = if self.negative { -magnitude - i128::from(fraction) } else { magnitude };
        Decimal { floor, whole: !fraction }
    }
}

/// The exponent; `None` if no number may have it.
fn bounded_exponent(text: &str) -> Option<i64> {
    let unsigned = text.trim_start_matches(['+', '-']);
    let size = unsigned.bytes().fold(0_i64, |sum, byte| (sum * 10 + i64::from(byte - b'0')).min(EXPONENT_MAX));
    let signed = if text.starts_with('-') { -size } else { size };
    (size < EXPONENT_MAX).then_some(signed)
}
