//! Conditions of `addressbook-query` as questions of the engine.

use ringbook_book::Book;
use ringbook_book::query::ask::{AskFilter, Literal};
use ringbook_directory_view::entry::contact_of_uuid;
use ringbook_directory_view::search::{all, any, compare, literal_pattern};

use crate::request_xml::{MatchType, PropertyFilter, RequestXml};

/// Most groups that one condition may mean.
const GROUPS_MAX: usize = 100;

/// A condition is about something that cannot be filtered by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UnsupportedFilter;

/// The question that a request asks.
///
/// # Errors
/// A condition is about a property that vCards of this server do not have.
pub fn question(request: &RequestXml, book: &Book, customer: u64) -> Result<AskFilter, UnsupportedFilter> {
    let conditions = request.filters.iter().map(|filter| condition(filter, book, customer));
    let conditions: Vec<AskFilter> = conditions.collect::<Result<_, _>>()?;
    Ok(match (conditions.is_empty(), request.needs_all) {
        (true, _) => AskFilter::Everything,
        (false, true) => all(conditions),
        (false, false) => any(conditions),
    })
}

fn condition(filter: &PropertyFilter, book: &Book, customer: u64) -> Result<AskFilter, UnsupportedFilter> {
    let fields: &[&str] = match filter.name.as_str() {
        "FN" => &["full_name"],
        "N" => &["last_name", "first_name"],
        "EMAIL" => &["emails"],
        "TEL" => &["phone_numbers"],
        "ORG" => &["organization_name"],
        "CATEGORIES" => &["groups"],
        "UID" => &["id"],
        _ => return Err(UnsupportedFilter),
    };
    if filter.is_not_defined {
        return Ok(all(fields.iter().map(|field| compare(field, "is_null", Literal::Null)).collect()));
    }
    if filter.texts.is_empty() {
        return Ok(any(fields.iter().map(|field| compare(field, "is_not_null", Literal::Null)).collect()));
    }
    let texts = filter.texts.iter().map(|(kind, text, is_negated)| {
        let test = |field: &&str| text_match(field, *kind, text, *is_negated, book, customer);
        let tests = fields.iter().map(test).collect();
        if *is_negated { all(tests) } else { any(tests) }
    });
    let texts = texts.collect();
    Ok(if filter.needs_all { all(texts) } else { any(texts) })
}

fn text_match(field: &str, kind: MatchType, text: &str, is_negated: bool, book: &Book, customer: u64) -> AskFilter {
    let text = text.trim();
    let nothing = || compare("id", if is_negated { ">" } else { "=" }, Literal::Number("0".to_owned()));
    let ids = |field, ids: Vec<Literal>| match ids.is_empty() {
        true => nothing(),
        false => compare(field, if is_negated { "not_in" } else { "in" }, Literal::List(ids)),
    };
    match field {
        "id" => {
            let uuid = text.trim_start_matches("urn:uuid:");
            let id = contact_of_uuid(customer, uuid).map(|id| Literal::Number(id.to_string()));
            ids("id", id.into_iter().collect())
        }
        "groups" => {
            let (text, groups) = (text.to_lowercase(), book.groups());
            let is_meant = |name: &str| match kind {
                MatchType::Contains => name.contains(&text),
                MatchType::Equals => name == text,
                MatchType::StartsWith => name.starts_with(&text),
                MatchType::EndsWith => name.ends_with(&text),
            };
            let meant = groups.filter(|group| is_meant(&group.name.as_str().to_lowercase())).take(GROUPS_MAX);
            ids("groups", meant.map(|group| Literal::Number(group.id.to_string())).collect())
        }
        "phone_numbers" => {
            let digits: String = text.chars().filter(char::is_ascii_digit).collect();
            if digits.is_empty() { nothing() } else { pattern(field, kind, &digits, is_negated) }
        }
        field => pattern(field, kind, text, is_negated),
    }
}

fn pattern(field: &str, kind: MatchType, text: &str, is_negated: bool) -> AskFilter {
    let text = literal_pattern(text);
    let pattern = match kind {
        MatchType::Contains => format!("%{text}%"),
        MatchType::Equals => text,
        MatchType::StartsWith => format!("{text}%"),
        MatchType::EndsWith => format!("%{text}"),
    };
    let test = compare(field, if is_negated { "not_ilike" } else { "ilike" }, Literal::Text(pattern));
    match is_negated {
        // What is missing does not have the text.
        true => any(vec![test, compare(field, "is_null", Literal::Null)]),
        false => test,
    }
}
