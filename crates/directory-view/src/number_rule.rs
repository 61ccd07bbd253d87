//! Numbers between the address book and a telephone system.
//!
//! The book holds digits. A switch gives a number as it came from the line, with a prefix that its users dial for a line
//! outside of the house, or with the international prefix `00`; a telephone dials numbers in the form that its switch
//! takes. Without a country of the customer only what is true everywhere is done: see [`NumberRule::candidates`].

use ringbook_app::access::{Device, DialForm};
use ringbook_book::text::{NumberRule as CustomerNumbers, PHONE_DIGITS_MAX, Phone};

/// Longest text that is read as a number, in bytes.
pub const NUMBER_BYTES_MAX: usize = 128;
/// Fewest digits of a number outside of the house.
pub const EXTERNAL_DIGITS_MIN: usize = 7;
/// From so many digits on a number is taken for one with its country code.
pub const INTERNATIONAL_DIGITS_MIN: usize = 11;
/// How many last digits two forms of one number have in common.
pub const SUFFIX_DIGITS: usize = 9;
/// Fewest digits that are compared from the end.
pub const SUFFIX_DIGITS_MIN: usize = 7;
/// What is dialled before a country code in most countries.
const INTERNATIONAL_PREFIX: &str = "00";

/// How a number was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MatchKind {
    /// As it was given, perhaps without the outside prefix.
    Exact,
    /// In another form that means the same.
    National,
    /// By its last digits, which only one contact has.
    Suffix,
    /// Nobody has it.
    None,
}

impl MatchKind {
    /// Its name in answers.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Exact => "exact",
            Self::National => "national",
            Self::Suffix => "suffix",
            Self::None => "none",
        }
    }
}

/// What kind of telephone a number leads to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum NumberKind {
    /// A telephone at work; also where the kind is not known.
    Work,
    /// A mobile telephone.
    Mobile,
    /// Anything else.
    Other,
}

/// A number as a switch gives it: its digits, and whether it says that it begins with a country code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GivenNumber {
    /// The digits.
    pub digits: String,
    /// Whether a `+` stands before them.
    pub is_international: bool,
}

impl GivenNumber {
    /// Reads a number: `+49 (0)30 123-45`, `tel:…`, `sip:NUMBER@host`. `None` for what is none, such as `anonymous`, and
    /// for numbers with no digit or too many.
    pub fn read(text: &str) -> Option<Self> {
        if text.len() > NUMBER_BYTES_MAX {
            return None;
        }
        // In a query a plus sign that was not escaped arrives as a blank.
        let has_lost_plus = text.starts_with(' ');
        let text = text.trim();
        let scheme = ["tel:", "sip:", "sips:"]
            .into_iter()
            .find(|scheme| text.get(..scheme.len()).is_some_and(|start| start.eq_ignore_ascii_case(scheme)));
        let text = scheme.map_or(text, |scheme| &text[scheme.len()..]);
        let text = text.split(['@', ';']).next().unwrap_or(text);
        let is_international = text.starts_with('+') || has_lost_plus;
        let text = if is_international { text.replace("(0)", "") } else { text.to_owned() };
        let mut digits = String::with_capacity(text.len());
        for letter in text.strip_prefix('+').unwrap_or(&text).chars() {
            match letter {
                '0'..='9' => digits.push(letter),
                ' ' | '-' | '.' | '(' | ')' | '/' | '\u{a0}' | '\u{2010}'..='\u{2015}' | '\u{202f}' => {}
                _ => return None,
            }
        }
        let is_number = !digits.is_empty() && digits.len() <= PHONE_DIGITS_MAX + INTERNATIONAL_PREFIX.len() * 2;
        is_number.then_some(Self { digits, is_international })
    }
}

/// A number with stars for all but its last four digits.
pub fn masked(number: &str) -> String {
    const SHOWN: usize = 4;
    let digits = number.chars().filter(char::is_ascii_digit).count();
    let mut hidden = digits.saturating_sub(SHOWN);
    let mask = |letter: char| {
        let is_hidden = letter.is_ascii_digit() && hidden > 0;
        hidden -= usize::from(is_hidden);
        if is_hidden { '*' } else { letter }
    };
    number.chars().map(mask).collect()
}

/// A number of the address book that may be the one that was given.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Candidate {
    /// The number.
    pub phone: Phone,
    /// How it was made from what was given.
    pub kind: MatchKind,
}

/// How the switch of a device writes numbers.
#[derive(Debug, Clone)]
pub struct NumberRule {
    outside_prefix: String,
    form: DialForm,
    customer: CustomerNumbers,
}

impl NumberRule {
    /// The rule of a device.
    pub fn of(device: &Device) -> Self {
        Self { outside_prefix: device.outside_prefix.clone(), form: device.dial_form, customer: device.numbers }
    }

    /// The numbers that may be meant, the likeliest first: as given, where a leading `00` counts as a plus sign; without
    /// the outside prefix; each also completed as the country and area of the customer say.
    pub fn candidates(&self, given: &GivenNumber) -> Vec<Candidate> {
        let mut found: Vec<Candidate> = Vec::new();
        let mut add = |digits: &str, kind| {
            if let Ok(phone) = Phone::parse(digits)
                && found.iter().all(|known| known.phone != phone)
            {
                found.push(Candidate { phone, kind });
            }
        };
        let outside = Some(given.digits.as_str())
            .filter(|_| !given.is_international && !self.outside_prefix.is_empty())
            .and_then(|digits| digits.strip_prefix(self.outside_prefix.as_str()))
            .filter(|rest| rest.len() >= EXTERNAL_DIGITS_MIN);
        for digits in std::iter::once(given.digits.as_str()).chain(outside) {
            add(digits, MatchKind::Exact);
            let written = if given.is_international { format!("+{digits}") } else { digits.to_owned() };
            if let Ok(phone) = Phone::read(&written, &self.customer) {
                add(&phone.to_string(), MatchKind::National);
            }
        }
        found
    }

    /// The last digits that identify the number if no candidate is found; `None` for short numbers.
    pub fn suffix<'d>(&self, given: &'d GivenNumber) -> Option<&'d str> {
        let digits = given.digits.as_str();
        (digits.len() >= SUFFIX_DIGITS_MIN).then(|| &digits[digits.len().saturating_sub(SUFFIX_DIGITS)..])
    }

    /// What a telephone of the device dials to reach a number.
    pub fn dialled(&self, phone: Phone) -> String {
        let digits = phone.to_string();
        let national = self.customer.national(&digits).filter(|_| self.form == DialForm::National);
        if let Some(national) = national {
            return format!("{}{national}", self.outside_prefix);
        }
        let outside = if digits.len() >= EXTERNAL_DIGITS_MIN { self.outside_prefix.as_str() } else { "" };
        let country = match self.form {
            _ if digits.len() < INTERNATIONAL_DIGITS_MIN => "",
            DialForm::E164 => "+",
            DialForm::Digits => "",
            DialForm::Zeros | DialForm::National => INTERNATIONAL_PREFIX,
        };
        format!("{outside}{country}{digits}")
    }

    /// What kind of telephone a number leads to.
    pub fn kind(&self, phone: Phone) -> NumberKind {
        if self.customer.is_mobile(&phone.to_string()) { NumberKind::Mobile } else { NumberKind::Work }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rule(outside_prefix: &str, form: DialForm) -> NumberRule {
        NumberRule { outside_prefix: outside_prefix.to_owned(), form, customer: CustomerNumbers::NONE }
    }

    #[test]
    fn numbers_are_read_as_switches_write_them() {
        for (text, digits, is_international) in [
            ("+49 (0)30 123-45-67", "49301234567", true),
            (" 49301234567", "49301234567", true),
            ("tel:+49-30-1234567;ext=5", "49301234567", true),
            ("SIP:0301234567@pbx.example;user=phone", "0301234567", false),
            ("(0)30/123.45", "03012345", false),
            ("101", "101", false),
        ] {
            let expected = GivenNumber { digits: digits.to_owned(), is_international };
            assert_eq!(GivenNumber::read(text), Some(expected), "{text}");
        }
        for text in ["", "anonymous", "+", "1234567890123456789012", &"1 ".repeat(100), "12a"] {
            assert_eq!(GivenNumber::read(text), None, "{text}");
        }
    }

    #[test]
    fn numbers_are_masked_to_their_last_four_digits() {
        for (number, expected) in [("+49 30 1234567", "+** ** ***4567"), ("101", "101"), ("anonymous", "anonymous")] {
            assert_eq!(masked(number), expected);
        }
    }

    #[test]
    fn a_number_leads_to_those_it_may_mean() {
        let candidates = |prefix, text: &str| {
            let given = GivenNumber::read(text).expect("a number");
            let found = rule(prefix, DialForm::E164).candidates(&given);
            found.iter().map(|one| format!("{} {}", one.phone, one.kind.name())).collect::<Vec<_>>()
        };
        assert_eq!(candidates("", "+49301234567"), ["49301234567 exact"]);
        assert_eq!(candidates("", "0049301234567"), ["49301234567 exact"]);
        assert_eq!(candidates("9", "90049301234567"), ["90049301234567 exact", "49301234567 exact"]);
        assert_eq!(candidates("9", "9101"), ["9101 exact"], "an extension is not outside");
        assert_eq!(candidates("9", "+9301234567"), ["9301234567 exact"]);
        assert_eq!(candidates("", "12"), Vec::<String>::new());
    }

    #[test]
    fn the_country_of_the_customer_completes_numbers() {
        let customer = CustomerNumbers::new(Some("DE"), Some("30"), None).expect("a rule");
        let rule = NumberRule { customer, ..rule("9", DialForm::E164) };
        for text in ["030 1234567", "9030 1234567", "+49 30 1234567", "0049 30 1234567"] {
            let given = GivenNumber::read(text).expect("a number");
            let found = rule.candidates(&given);
            assert!(found.iter().any(|one| one.phone.to_string() == "49301234567"), "{text}: {found:?}");
        }
    }

    #[test]
    fn numbers_are_dialled_in_the_form_of_the_switch() {
        let dialled = |prefix, form, digits| rule(prefix, form).dialled(Phone::parse(digits).expect("a number"));
        for (form, expected) in [
            (DialForm::E164, "+79161234567"),
            (DialForm::Digits, "79161234567"),
            (DialForm::Zeros, "0079161234567"),
            (DialForm::National, "0079161234567"),
        ] {
            assert_eq!(dialled("", form, "79161234567"), expected);
        }
        let customer = CustomerNumbers::new(Some("RU"), None, None).expect("a rule");
        let home = NumberRule { customer, ..rule("9", DialForm::National) };
        for (digits, expected) in [("79161234567", "989161234567"), ("49301234567", "90049301234567"), ("101", "101")] {
            assert_eq!(home.dialled(Phone::parse(digits).expect("a number")), expected);
        }
        assert_eq!(dialled("9", DialForm::Zeros, "79161234567"), "90079161234567");
        assert_eq!(dialled("9", DialForm::Zeros, "101"), "101", "an extension is dialled as it is");
        assert_eq!(dialled("9", DialForm::Zeros, "2025550101"), "92025550101");
    }
}
