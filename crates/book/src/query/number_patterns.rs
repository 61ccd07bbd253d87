//! Finds the phone numbers that a pattern can match by the literals that it requires at the start or the end of a number.
//!
//! Numbers with the same last digits are found by [`crate::book::number_index`], those with the same first digits by the
//! index of phone numbers, in which the numbers of a length that begin so are neighbours. What is found has the literals
//! and is compared with the pattern.

use pg_regex::Required;

use crate::book::Book;
use crate::text::{PHONE_DIGITS_MAX, PHONE_DIGITS_MIN, Phone, PhoneSuffix};

/// Maximum number of literals of a pattern that are looked up.
const LITERALS_MAX: usize = 16;

/// Numbers that a pattern can match.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct PossibleNumbers {
    /// Packed, ascending.
    pub(super) numbers: Vec<u64>,
    /// Whether they were found by their last digits.
    pub(super) is_by_suffix: bool,
}

impl PossibleNumbers {
    fn new(numbers: Vec<u64>) -> Self {
        Self { numbers, is_by_suffix: false }
    }
}

/// The numbers of a book that can fulfil the condition, and perhaps some that nobody has. `None` if no index finds them, or
/// there are more than `max`.
pub(super) fn possible_numbers(required: &Required, book: &Book, max: usize) -> Option<PossibleNumbers> {
    match required {
        Required::Nothing => None,
        Required::Literal(literal) => with_literal(literal, book, max),
        // A number is one word.
        Required::WordStart(literal) => with_literal(&format!("\n{literal}"), book, max),
        Required::All(conditions) => {
            let mut best: Option<PossibleNumbers> = None;
            for condition in conditions {
                // Fewer than the ones found so far.
                let max = best.as_ref().map_or(Some(max), |best| best.numbers.len().checked_sub(1));
                let Some(max) = max else { break };
                best = possible_numbers(condition, book, max).or(best);
            }
            best
        }
        Required::Any(conditions) if conditions.len() > LITERALS_MAX => None,
        Required::Any(conditions) => {
            let mut all = PossibleNumbers::new(Vec::new());
            for condition in conditions {
                let found = possible_numbers(condition, book, max.checked_sub(all.numbers.len())?)?;
                all.numbers.extend(found.numbers);
                all.is_by_suffix |= found.is_by_suffix;
            }
            all.numbers.sort_unstable();
            all.numbers.dedup();
            Some(all)
        }
    }
}

/// The numbers with this literal, in which a line feed stands for the start or the end of the number.
fn with_literal(literal: &str, book: &Book, max: usize) -> Option<PossibleNumbers> {
    let (begins, rest) = literal.strip_prefix('\n').map_or((false, literal), |rest| (true, rest));
    let (ends, digits) = rest.strip_suffix('\n').map_or((false, rest), |rest| (true, rest));
    let is_possible = digits.len() <= PHONE_DIGITS_MAX && digits.bytes().all(|byte| byte.is_ascii_digit());
    if !is_possible {
        return Some(PossibleNumbers::new(Vec::new()));
    }
    match (begins, ends) {
        (true, true) => Some(PossibleNumbers::new(Phone::stored(digits).map(Phone::packed).into_iter().collect())),
        (false, true) => {
            let numbers = book.number_indexes.ending_with(PhoneSuffix::of_digits(digits)?, book.revision, max)?;
            Some(PossibleNumbers { numbers, is_by_suffix: true })
        }
        (true, false) => beginning_with(digits, book, max).map(PossibleNumbers::new),
        (false, false) => None,
    }
}

/// The packed numbers that begin with these digits, ascending; `None` if they are more than `max`, each counted for everyone
/// who has it.
fn beginning_with(digits: &str, book: &Book, max: usize) -> Option<Vec<u64>> {
    let mut numbers = Vec::new();
    let mut left = max;
    let prefix = digits.bytes().fold(1, |packed, digit| packed * 10 + u64::from(digit - b'0'));
    for length in digits.len().max(PHONE_DIGITS_MIN)..=PHONE_DIGITS_MAX {
        let each = 10_u64.pow((length - digits.len()) as u32);
        let end = (prefix + 1) * each;
        for (number, _) in book.phones.from((prefix * each, 0)).take_while(|(number, _)| *number < end) {
            left = left.checked_sub(1)?;
            if numbers.last() != Some(&number) {
                numbers.push(number);
            }
        }
    }
    Some(numbers)
}

#[cfg(test)]
mod tests {
    use pg_regex::{Case, Like, Regex};

    use super::*;
    use crate::book::load::{IndexedTables, LoadBatch, SmallTables, StoredContact, assemble};
    use crate::id::Revision;
    use crate::runner::INLINE;

    fn book(numbers: &[&str]) -> Book {
        let tables = IndexedTables::new(SmallTables::default());
        let mut batch = LoadBatch::new(&tables);
        for (at, number) in numbers.iter().enumerate() {
            let stored = StoredContact {
                id: at as u64 + 1,
                last_name: "Somebody",
                first_name: None,
                patronymic: None,
                phones: &[Phone::stored(number).expect("a number")],
                emails: &[],
                manager: None,
                organization: None,
                groups: &[],
                revision: Revision(1),
            };
            batch.push(&stored).expect("a valid contact");
        }
        let batch = batch.finish();
        assemble(tables, vec![batch], Revision(1)).expect("contacts in order")
    }

    #[test]
    fn patterns_find_the_numbers_that_they_can_match() {
        let book = book(&["100", "0100", "749512345", "749612345", "74951", "812345", "945"]);
        let found = |required: &Required, max: usize| {
            let found = possible_numbers(required, &book, max)?;
            let text = |packed: &u64| Phone::from_packed(*packed).expect("a number").to_string();
            Some((found.numbers.iter().map(text).collect::<Vec<_>>().join(" "), found.is_by_suffix))
        };
        let like = |pattern: &str| Like::new(pattern, Case::Insensitive).expect("a pattern");
        let of_like = |pattern: &str| found(like(pattern).required(), 9);
        let some = |numbers: &str, is_by_suffix: bool| Some((numbers.to_owned(), is_by_suffix));
        assert_eq!(of_like("%45"), None, "no index of suffixes");
        book.index_numbers(&INLINE);
        assert_eq!(of_like("%45"), some("945 812345 749512345 749612345", true));
        assert_eq!(of_like("7%45"), some("74951 749512345 749612345", false), "fewer begin with a 7 than end with 45");
        assert_eq!(of_like("%_100"), some("100 0100", true));
        assert_eq!(of_like("100"), some("100", false));
        assert_eq!(of_like("0%"), some("0100", false));
        assert_eq!(of_like("7495%"), some("74951 749512345", false));
        assert_eq!(of_like("%749%"), None);
        assert_eq!(of_like("+7495%"), some("", false), "no number has a plus sign");
        assert_eq!(of_like("%1234567890123456"), some("", false), "no number is so long");
        let of_regexp = |pattern: &str| found(Regex::new(pattern).expect("a pattern").required(), 9);
        assert_eq!(of_regexp("45$"), of_like("%45"));
        assert_eq!(of_regexp("(00|51)$"), some("100 0100 74951", true));
        assert_eq!(of_regexp("^(81|00|01)"), some("0100 812345", false));
        assert_eq!(of_regexp("45$|^100$"), some("100 945 812345 749512345 749612345", true));
        assert_eq!(of_regexp("45$|7"), None);
        assert_eq!(found(like("%45").required(), 2), None, "more than two");
        assert_eq!(found(like("74%").required(), 2), None, "more than two");
    }
}
