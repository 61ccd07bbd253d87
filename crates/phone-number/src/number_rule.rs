//! The number rule: one number for every way to write it.

use std::fmt;

use crate::digits::Digits;
use crate::numbering_plan::{self, Country};
use crate::written_number::{INTERNAL_DIGITS_MAX, NumberError, WrittenNumber};
use crate::{DIGITS_MAX, DIGITS_MIN};

/// Most digits of an area code.
pub const AREA_CODE_DIGITS_MAX: usize = 6;
/// Most digits of a prefix for an outside line.
pub const OUTSIDE_PREFIX_DIGITS_MAX: usize = 4;
/// Fewest digits that are taken for an international number where no country is set.
pub const INTERNATIONAL_DIGITS_MIN: usize = 11;

/// The most digits of a number that is dialled within an area.
const LOCAL_DIGITS_MAX: usize = 8;
/// Fewest digits of a national number without its trunk prefix, where the country has one.
const WITHOUT_TRUNK_DIGITS_MIN: usize = 9;
/// Most digits of a national number without a prefix: longer numbers without a plus sign are international.
const WITHOUT_PREFIX_DIGITS_MAX: usize = 10;

/// How the numbers of a customer are read. Copies are cheap.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct NumberRule(Option<Home>);

/// Where a customer's telephones are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
struct Home {
    country: Country,
    area_code: Digits,
    outside_prefix: Digits,
}

/// Why there is no such rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RuleError {
    /// No country has this code.
    Country,
    /// The area code is not 1 to [`AREA_CODE_DIGITS_MAX`] digits.
    AreaCode,
    /// The prefix for an outside line is not 1 to [`OUTSIDE_PREFIX_DIGITS_MAX`] digits.
    OutsidePrefix,
    /// An area code or a prefix without a country.
    NoCountry,
}

impl fmt::Display for RuleError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Country => f.write_str("is not the code of a country: give two letters of ISO 3166, such as DE"),
            Self::AreaCode => write!(f, "is not an area code: give 1 to {AREA_CODE_DIGITS_MAX} digits"),
            Self::OutsidePrefix => {
                write!(f, "is not a prefix for an outside line: give 1 to {OUTSIDE_PREFIX_DIGITS_MAX} digits")
            }
            Self::NoCountry => f.write_str("an area code and an outside prefix need a country"),
        }
    }
}

impl NumberRule {
    /// The rule without a country: numbers stay as they are written, but a leading `00` is read as a plus sign.
    pub const NONE: Self = Self(None);

    /// The rule of a country, named by its code of ISO 3166; with it, local numbers are those of the area, and the
    /// prefix for an outside line is dropped.
    ///
    /// # Errors
    /// When there is no such country, when the other two are no digits, or when they are given without a country.
    pub fn new(
        country: Option<&str>,
        area_code: Option<&str>,
        outside_prefix: Option<&str>,
    ) -> Result<Self, RuleError> {
        let Some(country) = country else {
            let is_none = area_code.is_none() && outside_prefix.is_none();
            return if is_none { Ok(Self::NONE) } else { Err(RuleError::NoCountry) };
        };
        let digits = |text: Option<&str>, max: usize, error| match text {
            None => Ok(Digits::default()),
            Some(text) => Digits::of(&[text]).filter(|it| (1..=max).contains(&it.len())).ok_or(error),
        };
        Ok(Self(Some(Home {
            country: Country::of(country).ok_or(RuleError::Country)?,
            area_code: digits(area_code, AREA_CODE_DIGITS_MAX, RuleError::AreaCode)?,
            outside_prefix: digits(outside_prefix, OUTSIDE_PREFIX_DIGITS_MAX, RuleError::OutsidePrefix)?,
        })))
    }

    /// The country, if one is set.
    pub fn country(&self) -> Option<Country> {
        self.0.map(|home| home.country)
    }

    /// The area code of local numbers, if one is set.
    pub fn area_code(&self) -> Option<&str> {
        self.0.as_ref().map(|home| home.area_code.as_str()).filter(|digits| !digits.is_empty())
    }

    /// What is dialled before outside numbers, if something is set.
    pub fn outside_prefix(&self) -> Option<&str> {
        self.0.as_ref().map(|home| home.outside_prefix.as_str()).filter(|digits| !digits.is_empty())
    }

    /// The digits of the number in a text, [`DIGITS_MIN`] to [`DIGITS_MAX`].
    ///
    /// With a country, the prefixes of calls to other countries and regions are replaced by calling codes where that
    /// makes a valid number. Digits that are the result of this rule are kept when they are read again, unless they are
    /// a foreign number that is dialled like a national one.
    ///
    /// # Errors
    /// When the text is no number, or has too few or too many digits.
    pub fn read(&self, text: &str) -> Result<Digits, NumberError> {
        self.apply(&WrittenNumber::read(text)?)
    }

    /// What is dialled within the country to reach a valid number of it: the trunk prefix, if the country has one, and the
    /// national number. `None` for other numbers and without a country.
    pub fn national(&self, digits: &str) -> Option<String> {
        let country = self.country()?;
        let national = digits.strip_prefix(country.calling_code())?;
        country.is_valid(national).then(|| format!("{}{national}", country.trunk_prefix()))
    }

    /// Whether these digits are a valid number of a mobile telephone, and of nothing else, by the numbering plan of their
    /// country. In North America, Mexico, Chile and Micronesia nothing tells them apart. Without a country, only
    /// [`INTERNATIONAL_DIGITS_MIN`] digits or more are taken for an international number.
    pub fn is_mobile(&self, digits: &str) -> bool {
        let is_international = self.0.is_some() || digits.len() >= INTERNATIONAL_DIGITS_MIN;
        is_international && numbering_plan::is_mobile(digits)
    }

    /// The digits of a number that was read from a text; see [`NumberRule::read`].
    ///
    /// # Errors
    /// When it has too few or too many digits.
    pub fn apply(&self, written: &WrittenNumber) -> Result<Digits, NumberError> {
        let completed = self.0.as_ref().and_then(|home| home.complete(written));
        let kept = || Digits::of(&[written.after_double_zero().unwrap_or(written.digits())]);
        let digits = completed.or_else(kept).ok_or(NumberError::NotANumber)?;
        match digits.len() {
            DIGITS_MIN..=DIGITS_MAX => Ok(digits),
            count => Err(NumberError::DigitCount(count)),
        }
    }
}

impl Home {
    /// The international number; `None` to keep the number as it is written.
    fn complete(&self, written: &WrittenNumber) -> Option<Digits> {
        let digits = written.digits();
        if digits.len() <= INTERNAL_DIGITS_MAX {
            return None;
        }
        if written.is_international() {
            return self.international(digits);
        }
        let behind_prefix = |is_asked: bool| {
            let rest = self.after_outside_prefix(digits).filter(|_| is_asked)?;
            self.local(rest).or_else(|| self.dialled(rest, rest))
        };
        let is_apart = written.first_group() == self.outside_prefix.as_str();
        behind_prefix(is_apart)
            .or_else(|| self.local(digits))
            .or_else(|| self.dialled(digits, written.first_group()))
            .or_else(|| behind_prefix(!is_apart))
    }

    fn after_outside_prefix<'d>(&self, digits: &'d str) -> Option<&'d str> {
        let rest = digits.strip_prefix(self.outside_prefix.as_str()).filter(|_| !self.outside_prefix.is_empty())?;
        (rest.len() > INTERNAL_DIGITS_MAX).then_some(rest)
    }

    /// Digits after a plus sign. Some write it before the trunk prefix, as in `+8 916…`.
    fn international(&self, digits: &str) -> Option<Digits> {
        numbering_plan::valid_number(digits).or_else(|| self.with_trunk_prefix(digits))
    }

    /// Digits as they are dialled in the country; `first_group` are those before the first separator.
    fn dialled(&self, digits: &str, first_group: &str) -> Option<Digits> {
        if let Some(abroad) = self.country.after_exit_prefix(digits).and_then(numbering_plan::valid_number) {
            return Some(abroad);
        }
        if digits.starts_with(self.country.calling_code())
            && let Some(own) = numbering_plan::valid_number(digits)
        {
            return Some(own);
        }
        let is_long = digits.len() > WITHOUT_PREFIX_DIGITS_MAX;
        let is_foreign = |digits| numbering_plan::is_valid(digits).then(|| Digits::of(&[digits])).flatten();
        if is_long && numbering_plan::calling_code(digits) == Some(first_group) && is_foreign(digits).is_some() {
            return is_foreign(digits);
        }
        if let Some(national) = self.with_trunk_prefix(digits) {
            return Some(national);
        }
        if is_long {
            return is_foreign(digits);
        }
        let national = self.without_trunk_prefix(digits);
        match self.country.has_length(digits.len()) {
            true => national.or_else(|| is_foreign(digits)),
            false => is_foreign(digits).or(national),
        }
    }

    fn with_trunk_prefix(&self, digits: &str) -> Option<Digits> {
        let national = self.country.without_trunk_prefix(digits)?;
        self.national(national.as_str())
    }

    fn without_trunk_prefix(&self, digits: &str) -> Option<Digits> {
        let is_whole = !self.country.has_trunk_prefix() || digits.len() >= WITHOUT_TRUNK_DIGITS_MIN;
        is_whole.then(|| self.national(digits)).flatten()
    }

    /// A number of the area, as it is dialled there.
    fn local(&self, digits: &str) -> Option<Digits> {
        if self.area_code.is_empty() || digits.len() > LOCAL_DIGITS_MAX || digits.starts_with('0') {
            return None;
        }
        self.national(Digits::of(&[self.area_code.as_str(), digits])?.as_str())
    }

    fn national(&self, national: &str) -> Option<Digits> {
        let digits = Digits::of(&[self.country.calling_code(), national])?;
        // Some plans have numbers that are longer than E.164 allows.
        (digits.len() <= DIGITS_MAX && self.country.is_valid(national)).then_some(digits)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rule(country: &str, area_code: &str, outside_prefix: &str) -> NumberRule {
        let some = |text: &'static str| (!text.is_empty()).then_some(text);
        let leak = |text: &str| some(String::leak(text.to_owned()));
        NumberRule::new(leak(country), leak(area_code), leak(outside_prefix)).expect("a rule")
    }

    fn check(rule: NumberRule, cases: &[(&str, &str)]) {
        for (text, digits) in cases {
            let read = rule.read(text).map(|digits| digits.as_str().to_owned());
            assert_eq!(read.as_deref(), Ok(*digits), "{text} {rule:?}");
        }
    }

    #[test]
    fn without_a_country_only_a_double_zero_is_a_prefix() {
        check(
            NumberRule::NONE,
            &[
                ("8 (916) 123-45-67", "89161234567"),
                ("0049 30 1234567", "49301234567"),
                ("+0049 30 1234567", "49301234567"),
                ("030 1234567", "0301234567"),
                ("00749", "00749"),
                ("000 49 30 1234567", "00049301234567"),
                ("+44 (0)20 7946 0018", "4402079460018"),
                ("112", "112"),
            ],
        );
    }

    #[test]
    fn a_number_of_the_country_is_dialled_with_the_trunk_prefix() {
        for (country, digits, national) in [
            ("RU", "79161234567", Some("89161234567")),
            ("DE", "49301234567", Some("0301234567")),
            ("ES", "34912345678", Some("912345678")),
            ("DE", "79161234567", None),
            ("DE", "101", None),
        ] {
            assert_eq!(rule(country, "", "").national(digits).as_deref(), national, "{digits} from {country}");
        }
        assert_eq!(NumberRule::NONE.national("49301234567"), None);
    }

    #[test]
    fn national_and_exit_prefixes_become_calling_codes() {
        check(
            rule("RU", "", ""),
            &[
                ("8 (916) 123-45-67", "79161234567"),
                ("89161234567", "79161234567"),
                ("+8 916 123-45-67", "79161234567"),
                ("(495) 123-45-67", "74951234567"),
                ("84951234567", "74951234567"),
                ("4951234567", "74951234567"),
                ("88002000200", "78002000200"),
                ("8-10-44-20-7946-0018", "442079460018"),
                ("84 95 123 45 67", "84951234567"),
                ("49 30 1234567", "49301234567"),
                ("79161234567", "79161234567"),
                ("+7 916 123-45-67", "79161234567"),
                ("00 44 20 7946 0018", "442079460018"),
            ],
        );
        check(
            rule("DE", "", ""),
            &[
                ("030 1234567", "49301234567"),
                ("301234567", "49301234567"),
                ("0049 (0)30 1234567", "49301234567"),
                ("+49 (0)30 1234567", "49301234567"),
                ("49301234567", "49301234567"),
                ("442079460018", "442079460018"),
                ("0044 (0)20 7946 0018", "442079460018"),
                ("810442079460018", "810442079460018"),
                ("4798541992", "4798541992"),
                ("351952132824", "351952132824"),
                ("89161234567", "89161234567"),
            ],
        );
        check(rule("US", "", ""), &[("(202) 555-0147", "12025550147"), ("011 44 20 7946 0018", "442079460018")]);
        check(rule("US", "", ""), &[("646 555 0147", "16465550147"), ("1-202-555-0147", "12025550147")]);
        check(rule("IT", "", ""), &[("06 12345678", "390612345678"), ("+39 06 12345678", "390612345678")]);
        check(rule("IT", "", ""), &[("390612345678", "390612345678"), ("312 345 6789", "393123456789")]);
        check(rule("HU", "", ""), &[("06 1 234 5678", "3612345678")]);
        check(rule("AR", "", ""), &[("011 15 2345-6789", "5491123456789"), ("011 4321-9876", "541143219876")]);
        check(rule("BR", "", ""), &[("0 15 11 3333-4444", "551133334444"), ("47 3333-4444", "554733334444")]);
        check(rule("AU", "", ""), &[("0011 49 30 1234567", "49301234567"), ("02 9876 5432", "61298765432")]);
    }

    #[test]
    fn internal_numbers_and_what_is_no_valid_number_stay() {
        check(rule("RU", "495", "9"), &[("101", "101"), ("112", "112"), ("123456", "123456")]);
        check(rule("DE", "30", "0"), &[("110", "110"), ("001122", "001122")]);
        check(rule("DE", "", ""), &[("7654321", "7654321"), ("00000000", "00000000")]);
        check(rule("US", "", ""), &[("123-456-7890", "1234567890"), ("555-0147", "5550147")]);
    }

    #[test]
    fn local_numbers_are_those_of_the_area() {
        check(rule("RU", "495", ""), &[("123-45-67", "74951234567"), ("8 812 123-45-67", "78121234567")]);
        check(rule("DE", "30", ""), &[("7654321", "49307654321"), ("0172 1234567", "491721234567")]);
        check(rule("US", "202", ""), &[("555-0147", "12025550147")]);
    }

    #[test]
    fn the_prefix_of_an_outside_line_is_dropped() {
        let rule_of_moscow = rule("RU", "495", "9");
        let cases =
            [("9 8 916 123-45-67", "79161234567"), ("9-123-45-67", "74951234567"), ("9161234567", "79161234567")];
        check(rule_of_moscow, &cases);
        check(rule_of_moscow, &[("9 810 44 20 7946 0018", "442079460018"), ("+79161234567", "79161234567")]);
        check(rule_of_moscow, &[("984951234567", "74951234567")]);
        check(rule("DE", "", "0"), &[("0 030 1234567", "49301234567"), ("00301234567", "49301234567")]);
        check(rule("US", "", "9"), &[("9 1 202 555 0147", "12025550147"), ("912025550147", "912025550147")]);
    }

    #[test]
    fn the_parts_of_a_rule_are_checked() {
        let error = |country, area_code, prefix| NumberRule::new(country, area_code, prefix).err();
        assert_eq!(error(Some("XX"), None, None), Some(RuleError::Country));
        assert_eq!(error(Some("DE"), Some("1234567"), None), Some(RuleError::AreaCode));
        assert_eq!(error(Some("DE"), None, Some("a")), Some(RuleError::OutsidePrefix));
        assert_eq!(error(None, Some("30"), None), Some(RuleError::NoCountry));
        assert_eq!(error(None, None, None), None);
    }

    #[test]
    fn numbers_of_too_many_digits_are_refused() {
        assert_eq!(NumberRule::NONE.read("1234567890123456").err(), Some(NumberError::DigitCount(16)));
        assert_eq!(NumberRule::NONE.read("+-()").err(), Some(NumberError::DigitCount(0)));
        assert_eq!(NumberRule::NONE.read("00123456789012345").map(|digits| digits.len()), Ok(15));
    }
}
