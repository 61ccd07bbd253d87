//! Phone numbers as people and telephones write them, read as the digits of E.164.
//!
//! [`WrittenNumber`] reads the signs of a text: digits of any script, separators, a plus sign, the scheme of a link.
//! [`NumberRule`] makes one number of it: with a country, numbers in national form become international if the result is
//! a valid number; without one, only a leading `00` is read as `+`. The numbering plans are those of Google's
//! libphonenumber ([`Country`]); `cargo xtask phone-metadata` writes them to `metadata.txt`.

mod automaton;
mod digits;
mod number_rule;
mod numbering_plan;
pub mod signs;
mod written_number;

pub use digits::{DIALLED_DIGITS_MAX, Digits};
pub use number_rule::{
    AREA_CODE_DIGITS_MAX, INTERNATIONAL_DIGITS_MIN, NumberRule, OUTSIDE_PREFIX_DIGITS_MAX, RuleError,
};
pub use numbering_plan::{Country, is_valid_international, without_trunk_prefix_abroad};
pub use written_number::{INTERNAL_DIGITS_MAX, NumberError, WrittenNumber};

/// Fewest digits of a phone number.
pub const DIGITS_MIN: usize = 3;
/// Most digits of a phone number (E.164).
pub const DIGITS_MAX: usize = 15;
