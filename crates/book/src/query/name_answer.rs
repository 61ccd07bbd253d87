//! Says in which way the index of names answers a comparison ([`super::name_search`] carries it out), and what it requires.

use pg_regex::{PieceMatcher, Required};

use super::field::contact as field;
use super::filter::{Comparison, Filter};
use super::predicate::{Predicate, TextPredicate};
use crate::book::name_index::NameColumn;

/// Maximum number of values of a list that are looked up; longer lists are compared with all parts.
const LIST_LOOK_UPS_MAX: usize = 256;

/// How the index answers a comparison.
#[derive(Debug)]
pub(super) enum Answer<'p> {
    /// By the parts of the full name that match.
    Parts(&'p TextPredicate),
    /// By the distinct names of a column that match.
    Column(NameColumn, &'p TextPredicate),
    /// By reading the names of candidates, or the parts of all names one after another.
    Candidates(&'p TextPredicate),
}

/// Whether it may help to compare names part by part; not where that tells nothing for certain and there is no literal.
pub(super) fn has_pieces(predicate: &TextPredicate) -> bool {
    match predicate {
        TextPredicate::Like(_) | TextPredicate::NotLike(_) => true,
        TextPredicate::Regexp(pattern) => pattern.is_scan_exact() || *pattern.required() != Required::Nothing,
        _ => false,
    }
}

/// What compares names part by part.
pub(super) fn piece_matcher(predicate: &TextPredicate) -> Option<PieceMatcher> {
    match predicate {
        TextPredicate::Like(pattern) | TextPredicate::NotLike(pattern) => pattern.piece_matcher(),
        TextPredicate::Regexp(pattern) => pattern.piece_matcher(),
        _ => None,
    }
}

/// How the index answers a comparison; `None` if it does not.
pub(super) fn answer(comparison: &Comparison) -> Option<Answer<'_>> {
    let Predicate::Text(predicate) = &comparison.predicate else { return None };
    match comparison.field {
        field::LAST_NAME => Some(Answer::Column(NameColumn::Last, predicate)),
        field::FIRST_NAME => Some(Answer::Column(NameColumn::First, predicate)),
        field::FULL_NAME => {
            let is_within_words = match predicate {
                TextPredicate::Like(pattern) | TextPredicate::NotLike(pattern) => pattern.matches_within_words(),
                TextPredicate::Regexp(pattern) => pattern.matches_within_words(),
                _ => false,
            };
            if is_within_words {
                return Some(Answer::Parts(predicate));
            }
            let is_answerable = has_pieces(predicate) || required(predicate) != Required::Nothing;
            is_answerable.then_some(Answer::Candidates(predicate))
        }
        _ => None,
    }
}

/// Whether the index answers a filter.
pub(super) fn is_answerable(filter: &Filter) -> bool {
    match filter {
        Filter::Everything => false,
        Filter::All(filters) | Filter::Any(filters) => filters.iter().all(is_answerable),
        Filter::Comparison(comparison) => answer(comparison).is_some(),
    }
}

/// What every text contains for which the predicate holds, or for a negation does not hold.
pub(super) fn required(predicate: &TextPredicate) -> Required {
    match predicate {
        TextPredicate::Equal(text) | TextPredicate::NotEqual(text) => Required::equal_to(text),
        TextPredicate::OneOf(texts) | TextPredicate::NoneOf(texts) if texts.len() > LIST_LOOK_UPS_MAX => {
            Required::Nothing
        }
        TextPredicate::OneOf(texts) | TextPredicate::NoneOf(texts) => {
            Required::any_of(texts.iter().map(|text| Required::equal_to(text)).collect())
        }
        TextPredicate::Like(pattern) | TextPredicate::NotLike(pattern) => pattern.required().clone(),
        TextPredicate::Regexp(pattern) => pattern.required().clone(),
        TextPredicate::Ordered(..) => Required::Nothing,
    }
}

/// Whether the predicate is a negation.
pub(super) fn is_negated(predicate: &TextPredicate) -> bool {
    matches!(predicate, TextPredicate::NotEqual(_) | TextPredicate::NoneOf(_) | TextPredicate::NotLike(_))
}
