//! The numbering plans of the world: calling codes, prefixes and the valid numbers of every country.
//!
//! They come from the metadata of Google's libphonenumber, one line of `metadata.txt` for a region.

use std::fmt;
use std::sync::{LazyLock, OnceLock};

use crate::automaton::{Automaton, Grouped};
use crate::digits::Digits;

const METADATA: &str = include_str!("metadata.txt");
/// Separates the columns of `metadata.txt`: region, calling code, exit prefix, trunk prefix, pattern of the trunk prefix,
/// replacement, fewest and most digits of a subscriber's number, mobile numbers, all other national numbers.
const COLUMN: char = '\t';
/// The region of numbers that belong to no country.
const NO_COUNTRY: &str = "001";

static PLANS: LazyLock<Plans> = LazyLock::new(|| Plans::read(METADATA));

/// The plan of one region.
struct Region {
    id: &'static str,
    code: &'static str,
    /// What precedes a country code when dialling, as a pattern; empty for numbers of no country.
    exit_prefix: &'static str,
    /// What precedes a national number when dialling; empty where nothing does.
    trunk_prefix: &'static str,
    /// The same as a pattern, which may contain a carrier, where the prefix alone does not say it.
    trunk_pattern: &'static str,
    /// What takes the place of a match of that pattern; empty where it is dropped.
    replacement: &'static str,
    /// The fewest and the most digits of national numbers of fixed lines and mobile telephones.
    lengths: Option<(usize, usize)>,
    /// National numbers of mobile telephones; empty where they cannot be told from others.
    mobile: &'static str,
    /// All other national numbers.
    numbers: &'static str,
    exit: OnceLock<Automaton>,
    trunk: OnceLock<Grouped>,
}

/// The regions of a calling code.
struct CallingCode {
    code: &'static str,
    /// Indexes of its regions.
    regions: Vec<usize>,
    /// All national numbers.
    numbers: OnceLock<Automaton>,
    /// Those of mobile telephones, and all others: apart, because few callers ask for the kind of a number.
    kinds: OnceLock<(Automaton, Automaton)>,
}

struct Plans {
    regions: Vec<Region>,
    /// Ascending.
    codes: Vec<CallingCode>,
}

impl Plans {
    fn read(text: &'static str) -> Self {
        let mut plans = Self { regions: Vec::new(), codes: Vec::new() };
        for line in text.lines().filter(|line| !line.starts_with('#')) {
            let mut columns = line.split(COLUMN);
            let mut next = || columns.next().unwrap_or_default();
            let region = Region {
                id: next(),
                code: next(),
                exit_prefix: next(),
                trunk_prefix: next(),
                trunk_pattern: next(),
                replacement: next(),
                lengths: next()
                    .split_once('-')
                    .and_then(|(least, most)| Some((least.parse().ok()?, most.parse().ok()?))),
                mobile: next(),
                numbers: next(),
                exit: OnceLock::new(),
                trunk: OnceLock::new(),
            };
            let index = plans.regions.len();
            match plans.codes.binary_search_by_key(&region.code, |code| code.code) {
                Ok(at) => plans.codes[at].regions.push(index),
                Err(at) => {
                    let (numbers, kinds) = (OnceLock::new(), OnceLock::new());
                    plans.codes.insert(at, CallingCode { code: region.code, regions: vec![index], numbers, kinds });
                }
            }
            plans.regions.push(region);
        }
        plans
    }

    fn code(&self, code: &str) -> Option<&CallingCode> {
        self.codes.binary_search_by_key(&code, |known| known.code).ok().map(|at| &self.codes[at])
    }

    /// The calling code at the beginning of international digits; no code is the beginning of another one.
    fn code_of(&self, digits: &str) -> Option<&CallingCode> {
        (1..=3).find_map(|len| self.code(digits.get(..len)?))
    }

    fn is_valid(&self, code: &CallingCode, national: &str) -> bool {
        let automaton =
            code.numbers.get_or_init(|| self.automaton(code, |region| region.mobile, |region| region.numbers));
        automaton.is_match(national)
    }

    /// A number that is both, as a mobile number that is charged like a premium one, is not counted as mobile.
    fn is_mobile(&self, code: &CallingCode, national: &str) -> bool {
        let (mobile, others) = code.kinds.get_or_init(|| {
            let (mobile, others) = (|region: &Region| region.mobile, |region: &Region| region.numbers);
            (self.automaton(code, mobile, mobile), self.automaton(code, others, others))
        });
        mobile.is_match(national) && !others.is_match(national)
    }

    /// What matches either pattern of any region of a calling code.
    fn automaton(
        &self,
        code: &CallingCode,
        one: fn(&Region) -> &'static str,
        other: fn(&Region) -> &'static str,
    ) -> Automaton {
        let regions = code.regions.iter().map(|index| &self.regions[*index]);
        let patterns = regions.flat_map(|region| [one(region), other(region)]);
        Automaton::whole(patterns.filter(|pattern| !pattern.is_empty()))
    }
}

/// The calling code at the beginning of international digits.
pub(crate) fn calling_code(digits: &str) -> Option<&'static str> {
    PLANS.code_of(digits).map(|code| code.code)
}

/// Whether these international digits, without a plus sign, are a valid number by the numbering plan of their calling code.
pub fn is_valid_international(digits: &str) -> bool {
    is_valid(digits)
}

/// These international digits without the trunk prefix that follows the calling code, which is not dialled from abroad
/// (`4402079460018`), if that makes a valid number of digits that are none.
pub fn without_trunk_prefix_abroad(digits: &str) -> Option<String> {
    let code = PLANS.code_of(digits).filter(|_| !is_valid(digits))?;
    let trunk_prefix = Country(*code.regions.first()?).trunk_prefix();
    let national = digits[code.code.len()..].strip_prefix(trunk_prefix).filter(|_| !trunk_prefix.is_empty())?;
    PLANS.is_valid(code, national).then(|| format!("{}{national}", code.code))
}

/// Whether these international digits are a valid number.
pub(crate) fn is_valid(digits: &str) -> bool {
    PLANS.code_of(digits).is_some_and(|code| PLANS.is_valid(code, &digits[code.code.len()..]))
}

/// Whether these international digits are a valid number of a mobile telephone, and of nothing else.
pub(crate) fn is_mobile(digits: &str) -> bool {
    PLANS.code_of(digits).is_some_and(|code| PLANS.is_mobile(code, &digits[code.code.len()..]))
}

/// The valid number that these international digits are: as they are, or without the trunk prefix of the country, which
/// many write in parentheses.
pub(crate) fn valid_number(digits: &str) -> Option<Digits> {
    let code = PLANS.code_of(digits)?;
    let national = &digits[code.code.len()..];
    if PLANS.is_valid(code, national) {
        return Digits::of(&[digits]);
    }
    let country = Country(*code.regions.first()?);
    let national = country.without_trunk_prefix(national)?;
    PLANS.is_valid(code, national.as_str()).then(|| Digits::of(&[code.code, national.as_str()])).flatten()
}

/// A country with a numbering plan.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Country(usize);

impl Country {
    /// The country with this code of ISO 3166, in letters of either case; `None` if there is no numbering plan for it.
    pub fn of(code: &str) -> Option<Self> {
        let is_it = |region: &Region| region.id.eq_ignore_ascii_case(code) && region.id != NO_COUNTRY;
        PLANS.regions.iter().position(is_it).map(Self)
    }

    /// All countries with a numbering plan, in no order.
    pub fn all() -> impl Iterator<Item = Self> {
        let regions = PLANS.regions.iter().enumerate();
        regions.filter(|(_, region)| region.id != NO_COUNTRY).map(|(at, _)| Self(at))
    }

    /// Its code of ISO 3166, two capital letters.
    pub fn id(self) -> &'static str {
        self.region().id
    }

    /// Its calling code.
    pub fn calling_code(self) -> &'static str {
        self.region().code
    }

    fn region(self) -> &'static Region {
        &PLANS.regions[self.0]
    }

    /// What is dialled before a national number; empty where nothing is.
    pub(crate) fn trunk_prefix(self) -> &'static str {
        self.region().trunk_prefix
    }

    /// Whether national numbers are dialled with a prefix.
    pub(crate) fn has_trunk_prefix(self) -> bool {
        !self.region().trunk_prefix.is_empty()
    }

    /// Whether digits of this length are a national number rather than a number of another country, although no prefix
    /// says so: nothing is dialled before national numbers, or nearly all of them have this length.
    pub(crate) fn has_length(self, len: usize) -> bool {
        let is_usual = |(least, most): (usize, usize)| most - least <= 1 && (least..=most).contains(&len);
        !self.has_trunk_prefix() || self.region().lengths.is_some_and(is_usual)
    }

    /// Whether a national number is valid under the calling code of the country.
    pub(crate) fn is_valid(self, national: &str) -> bool {
        PLANS.code(self.region().code).is_some_and(|code| PLANS.is_valid(code, national))
    }

    /// What follows the prefix of calls to other countries.
    pub(crate) fn after_exit_prefix(self, digits: &str) -> Option<&str> {
        let region = self.region();
        if region.exit_prefix.is_empty() {
            return None;
        }
        let rest = match digits.strip_prefix(region.exit_prefix) {
            Some(rest) => rest,
            // A prefix that is no pattern has been compared.
            None if region.exit_prefix.bytes().all(|byte| byte.is_ascii_digit()) => return None,
            None => {
                let exit = region.exit.get_or_init(|| Automaton::start(region.exit_prefix));
                &digits[exit.end(digits)?..]
            }
        };
        // No country code begins with 0.
        (!rest.starts_with('0')).then_some(rest)
    }

    /// The national number that is dialled so: without the trunk prefix and the carrier, or with what takes their place.
    pub(crate) fn without_trunk_prefix(self, digits: &str) -> Option<Digits> {
        let region = self.region();
        let plain = digits.strip_prefix(region.trunk_prefix).filter(|_| self.has_trunk_prefix());
        if region.trunk_pattern.is_empty() || plain.is_some_and(|rest| self.is_valid(rest)) {
            return plain.and_then(|rest| Digits::of(&[rest]));
        }
        let trunk = region.trunk.get_or_init(|| Grouped::new(region.trunk_pattern));
        trunk.read(digits, |found| {
            let rest = &digits[found.get_match()?.end()..];
            let group = |number: usize| found.get_group(number).map(|span| &digits[span.range()]);
            let last = found.group_len() - 1;
            match region.replacement.split_once('$') {
                Some((before, number)) if last > 0 && group(last).is_some() => {
                    let group = number.parse().ok().and_then(group).unwrap_or_default();
                    Digits::of(&[before, group, rest])
                }
                _ if rest.len() < digits.len() => Digits::of(&[rest]),
                _ => None,
            }
        })
    }
}

impl fmt::Debug for Country {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.id())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_pattern_of_the_metadata_can_be_built() {
        assert!(PLANS.regions.len() > 240 && PLANS.codes.len() > 200, "{}", PLANS.regions.len());
        for (index, region) in PLANS.regions.iter().enumerate() {
            let country = Country(index);
            assert!(!country.is_valid("0"), "{}", region.id);
            assert_eq!(country.after_exit_prefix(""), None, "{}", region.id);
            assert_eq!(country.without_trunk_prefix(""), None, "{}", region.id);
            assert_eq!(calling_code(region.code), Some(region.code), "{}", region.id);
        }
    }

    #[test]
    fn a_trunk_prefix_after_the_calling_code_is_left_out() {
        for (digits, without) in [
            ("4402079460018", Some("442079460018")),
            ("784951234567", Some("74951234567")),
            ("4903012345678", Some("493012345678")),
            ("442079460018", None),
            ("390612345678", None),
            ("34912345678", None),
            ("89161234567", None),
        ] {
            assert_eq!(without_trunk_prefix_abroad(digits).as_deref(), without, "{digits}");
        }
        assert!(is_valid_international("34912345678") && !is_valid_international("3491234567819"));
    }

    #[test]
    fn countries_are_known_by_their_code() {
        assert_eq!(Country::of("de").map(Country::calling_code), Some("49"));
        assert_eq!(Country::of("001"), None);
        assert_eq!(Country::of("XX"), None);
    }
}
