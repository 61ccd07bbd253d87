//! Questions of people who look for somebody on a telephone: a part of a name, or some digits.

use ringbook_app::access::NameOrder;
use ringbook_book::query::ask::{Ask, AskFilter, AskSort, Condition, Direction, Literal};

/// Most characters of a search that count.
pub const SEARCH_CHARS_MAX: usize = 100;
/// Most words of a search; further ones do not count.
pub const SEARCH_WORDS_MAX: usize = 8;
/// Fewest digits that are looked for among numbers.
const DIGITS_MIN: usize = 2;

/// One comparison.
pub fn compare(field: &str, operator: &str, value: Literal) -> AskFilter {
    AskFilter::Simple { field: field.to_owned(), operator: operator.to_owned(), value }
}

/// Filters that must all match.
pub fn all(filters: Vec<AskFilter>) -> AskFilter {
    AskFilter::Tree { filters, condition: Some(Condition::And) }
}

/// Filters of which one must match.
pub fn any(filters: Vec<AskFilter>) -> AskFilter {
    AskFilter::Tree { filters, condition: Some(Condition::Or) }
}

/// A text as a part of a pattern, its letters standing for themselves.
pub fn literal_pattern(text: &str) -> String {
    let mut pattern = String::with_capacity(text.len() + 2);
    for letter in text.chars() {
        if matches!(letter, '%' | '_' | '\\') {
            pattern.push('\\');
        }
        pattern.push(letter);
    }
    pattern
}

/// Contacts whose name or organization has every word of the text, or one of whose numbers has its digits.
pub fn matching(text: &str) -> AskFilter {
    let text: String = text.chars().filter(|letter| !letter.is_control()).take(SEARCH_CHARS_MAX).collect();
    let contains =
        |field: &str, word: &str| compare(field, "ilike", Literal::Text(format!("%{}%", literal_pattern(word))));
    let word = |word: &str| any(vec![contains("full_name", word), contains("organization_name", word)]);
    let words: Vec<AskFilter> = text.split_whitespace().take(SEARCH_WORDS_MAX).map(word).collect();
    let digits: String = text.chars().filter(char::is_ascii_digit).collect();
    let is_number = text.chars().all(|letter| letter.is_ascii_digit() || " +-./()".contains(letter));
    match (words.is_empty(), is_number && digits.len() >= DIGITS_MIN) {
        (true, _) => AskFilter::Everything,
        (false, true) => any(vec![all(words), compare("phone_numbers", "like", Literal::Text(format!("%{digits}%")))]),
        (false, false) => all(words),
    }
}

/// Contacts of this group.
pub fn of_group(group: u64) -> AskFilter {
    compare("groups", "in", Literal::List(vec![Literal::Number(group.to_string())]))
}

/// The order of names as they are shown.
pub fn name_order(order: NameOrder) -> Vec<AskSort> {
    let by = |field: &str| AskSort { field: field.to_owned(), direction: Direction::Ascending };
    match order {
        // Patronymics are compared, which costs most, only where both other names are the same.
        NameOrder::LastFirst => vec![by("last_name"), by("first_name"), by("full_name")],
        NameOrder::FirstLast => vec![by("first_name"), by("last_name")],
    }
}

/// A page of these contacts in the order of their names.
pub fn page(filter: AskFilter, order: NameOrder, offset: usize, limit: usize) -> Ask {
    Ask {
        filter,
        sort: name_order(order),
        limit: i128::try_from(limit).ok(),
        offset: i128::try_from(offset).ok(),
        ..Ask::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_of_patterns_stand_for_themselves() {
        assert_eq!(literal_pattern(r"50%_\a"), r"50\%\_\\a");
    }

    #[test]
    fn digits_are_looked_for_among_numbers_and_in_names() {
        let uses_numbers = |text: &str| format!("{:?}", matching(text)).contains("phone_numbers");
        assert_eq!([uses_numbers("+7 (916)"), uses_numbers("7"), uses_numbers("Studio 54")], [true, false, false]);
        assert_eq!(matching(" \u{7} "), AskFilter::Everything);
    }
}
