//! Country calling codes of E.164, as far as an export needs them to mark international numbers with a plus sign.

/// Fewest digits of a number that gets a plus sign: shorter ones are internal numbers.
const INTERNATIONAL_DIGITS_MIN: usize = 8;
/// Digits of every number under +1 and +7, the code included.
const FIXED_LENGTH: usize = 11;
/// The first two digits that no country code begins with. All others are a code or the beginning of one of three digits.
const UNASSIGNED: [&str; 3] = ["28", "83", "89"];

/// Whether numbers under the code at the beginning of these digits have exactly [`FIXED_LENGTH`] digits.
pub(super) fn has_fixed_length(international: &str) -> bool {
    international.starts_with(['1', '7'])
}

/// The digits that a number under a code of fixed length has.
pub(super) const fn fixed_length() -> usize {
    FIXED_LENGTH
}

/// The number as a telephone dials it from abroad: `+` before digits that begin with a country code, and the digits
/// alone if they do not or are too few.
///
/// The book holds digits only, so that a national number whose digits happen to begin with a country code gets a plus
/// sign as well.
pub fn with_plus(digits: &str) -> String {
    let is_international = digits.len() >= INTERNATIONAL_DIGITS_MIN
        && digits.bytes().all(|byte| byte.is_ascii_digit())
        && match digits.get(..2) {
            Some(start) if has_fixed_length(start) => digits.len() == FIXED_LENGTH,
            Some(start) => !start.starts_with('0') && !UNASSIGNED.contains(&start),
            None => false,
        };
    if is_international { format!("+{digits}") } else { digits.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_with_a_country_code_get_a_plus() {
        for (digits, written) in [
            ("493012345", "+493012345"),
            ("79161234567", "+79161234567"),
            ("12025550147", "+12025550147"),
            ("380441234567", "+380441234567"),
            ("99512345678", "+99512345678"),
            ("104", "104"),
            ("0301234567", "0301234567"),
            ("89161234567", "89161234567"),
            ("7916123", "7916123"),
            ("1202555014", "1202555014"),
        ] {
            assert_eq!(with_plus(digits), written);
        }
    }
}
