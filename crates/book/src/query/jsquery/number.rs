//! Decimal numbers of a query, compared exactly with the integers of a value.
//!
//! A value holds only 64-bit integers, so of a literal only two things matter: the
//! greatest integer not above it and whether it is that integer. Literals far out
//! of reach of 64 bits are pulled in to a bound that still lies outside of them.

use std::cmp::Ordering;

/// Digits after the point that a number may have.
const SCALE_DIGITS_MAX: i64 = 16_383;
/// The power of ten of the first digit that a number may have.
const LEADING_POWER_MAX: i64 = 131_071;
/// The first exponent that is refused whatever the digits are.
const EXPONENT_MAX: i64 = 1_073_741_823;
/// From this power of ten on, a number is outside 64 bits for certain.
const POWER_FAR: i64 = 20;
/// Stands for every magnitude at or past `POWER_FAR`.
const MAGNITUDE_FAR: i128 = 100_000_000_000_000_000_000;

/// A decimal number, known as closely as comparing with `i64` needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Decimal {
    floor: i128,
    whole: bool,
}

/// The parts of a written number: sign, digits before and after the point, power.
struct Written<'a> {
    negative: bool,
    before: &'a [u8],
    after: &'a [u8],
    exponent: i64,
}

impl Decimal {
    /// Reads a number that the lexer has found well formed; `None` when it is
    /// outside the bounds of this module.
    pub(super) fn parse(text: &str) -> Option<Decimal> {
        let written = Written::split(text)?;
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

    /// How `number` stands to this decimal.
    pub(super) fn order_of(self, number: i64) -> Ordering {
        let below = if self.whole { Ordering::Equal } else { Ordering::Less };
        i128::from(number).cmp(&self.floor).then(below)
    }

    /// The same number as an integer, if it is one.
    pub(super) fn integer(self) -> Option<i64> {
        if self.whole { i64::try_from(self.floor).ok() } else { None }
    }
}

impl<'a> Written<'a> {
    fn split(text: &'a str) -> Option<Written<'a>> {
        let (mantissa, exponent) = match text.split_once(['e', 'E']) {
            Some((mantissa, exponent)) => (mantissa, bounded_exponent(exponent)?),
            None => (text, 0),
        };
        let digits = mantissa.trim_start_matches(['+', '-']);
        let (before, after) = digits.split_once('.').unwrap_or((digits, ""));
        Some(Written {
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

    /// The value whose digit `first` is the first other than zero and stands for
    /// ten to the `power`.
    fn value(&self, first: usize, power: i64) -> Decimal {
        if power >= POWER_FAR {
            let floor = if self.negative { -MAGNITUDE_FAR } else { MAGNITUDE_FAR };
            return Decimal { floor, whole: true };
        }
        // Below POWER_FAR, so the digits before the point are at most twenty.
        let places = usize::try_from(power + 1).unwrap_or(0);
        let padded = self.digits().skip(first).chain(std::iter::repeat(0));
        let magnitude = padded.take(places).fold(0, |sum, digit| sum * 10 + i128::from(digit));
        let fraction = self.digits().skip(first + places).any(|digit| digit != 0);
        let floor = if self.negative { -magnitude - i128::from(fraction) } else { magnitude };
        Decimal { floor, whole: !fraction }
    }
}

/// The exponent, unless it is so large that no number may have it.
fn bounded_exponent(text: &str) -> Option<i64> {
    let unsigned = text.trim_start_matches(['+', '-']);
    let size = unsigned.bytes().fold(0_i64, |sum, byte| (sum * 10 + i64::from(byte - b'0')).min(EXPONENT_MAX));
    let signed = if text.starts_with('-') { -size } else { size };
    (size < EXPONENT_MAX).then_some(signed)
}
