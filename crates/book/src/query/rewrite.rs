//! Rewrites comparisons of one field with single values to one comparison with a list, where that is equivalent.
//!
//! Programs often send `phone = a or phone = b or …`. A thousand comparisons would each be evaluated on every contact;
//! the list is evaluated once.

use super::filter::{Comparison, Filter};
use super::predicate::{NumberPredicate, Predicate, Quantifier, TextPredicate};

/// Rewrites the members of an `or`.
pub(super) fn disjunction(filters: Vec<Filter>) -> Vec<Filter> {
    merged(filters, accepted, |values| match values {
        ValueList::Texts(texts) => Predicate::Text(TextPredicate::OneOf(texts.into_iter().collect())),
        ValueList::Elements(texts) => {
            Predicate::Texts(Quantifier::Any, TextPredicate::OneOf(texts.into_iter().collect()))
        }
        ValueList::Numbers(numbers) => Predicate::Number(NumberPredicate::OneOf(sorted(numbers))),
        ValueList::Phones(phones) => Predicate::Phones(Quantifier::Any, sorted(phones)),
        ValueList::Ids(ids) => Predicate::Ids(Quantifier::Any, sorted(ids)),
    })
}

/// Rewrites the members of an `and`.
pub(super) fn conjunction(filters: Vec<Filter>) -> Vec<Filter> {
    merged(filters, rejected, |values| match values {
        ValueList::Texts(texts) => Predicate::Text(TextPredicate::NoneOf(texts.into_iter().collect())),
        ValueList::Elements(texts) => {
            Predicate::Texts(Quantifier::None, TextPredicate::OneOf(texts.into_iter().collect()))
        }
        ValueList::Numbers(numbers) => Predicate::Number(NumberPredicate::NoneOf(sorted(numbers))),
        ValueList::Phones(phones) => Predicate::Phones(Quantifier::None, sorted(phones)),
        ValueList::Ids(ids) => Predicate::Ids(Quantifier::None, sorted(ids)),
    })
}

/// The values of one comparison, or of several merged ones.
enum ValueList {
    Texts(Vec<Box<str>>),
    Elements(Vec<Box<str>>),
    Numbers(Vec<i64>),
    Phones(Vec<u64>),
    Ids(Vec<u64>),
}

impl ValueList {
    /// Adds the values of another comparison of the same field, which have the same type.
    fn append(&mut self, other: Self) {
        match (self, other) {
            (Self::Texts(mine), Self::Texts(theirs)) | (Self::Elements(mine), Self::Elements(theirs)) => {
                mine.extend(theirs);
            }
            (Self::Numbers(mine), Self::Numbers(theirs)) => mine.extend(theirs),
            (Self::Phones(mine), Self::Phones(theirs)) | (Self::Ids(mine), Self::Ids(theirs)) => mine.extend(theirs),
            _ => {}
        }
    }
}

fn merged(
    filters: Vec<Filter>,
    read: fn(&Predicate) -> Option<ValueList>,
    write: fn(ValueList) -> Predicate,
) -> Vec<Filter> {
    let mut kept = Vec::with_capacity(filters.len());
    let mut groups: Vec<(Comparison, Option<ValueList>)> = Vec::new();
    for filter in filters {
        match filter {
            Filter::Comparison(comparison) => match read(&comparison.predicate) {
                Some(values) => match groups.iter_mut().find(|(first, _)| first.field == comparison.field) {
                    Some((_, Some(have))) => have.append(values),
                    _ => groups.push((comparison, Some(values))),
                },
                None => kept.push(Filter::Comparison(comparison)),
            },
            other => kept.push(other),
        }
    }
    let whole = |(comparison, values): (Comparison, Option<ValueList>)| {
        let predicate = values.map_or(Predicate::Never, write);
        Filter::Comparison(Comparison { predicate, ..comparison })
    };
    kept.extend(groups.into_iter().map(whole));
    kept
}

/// The values of which the field must have one.
fn accepted(predicate: &Predicate) -> Option<ValueList> {
    match predicate {
        Predicate::Text(TextPredicate::Equal(text)) => Some(ValueList::Texts(vec![text.clone()])),
        Predicate::Text(TextPredicate::OneOf(texts)) => Some(ValueList::Texts(texts.iter().cloned().collect())),
        Predicate::Texts(Quantifier::Any, predicate) => elements(predicate),
        Predicate::Number(NumberPredicate::Equal(number)) => {
            number.whole().and_then(|number| i64::try_from(number).ok()).map(|number| ValueList::Numbers(vec![number]))
        }
        Predicate::Number(NumberPredicate::OneOf(numbers)) => Some(ValueList::Numbers(numbers.clone())),
        Predicate::Phones(Quantifier::Any, phones) => Some(ValueList::Phones(phones.clone())),
        Predicate::Ids(Quantifier::Any, ids) => Some(ValueList::Ids(ids.clone())),
        _ => None,
    }
}

/// The values of which the field must have none.
fn rejected(predicate: &Predicate) -> Option<ValueList> {
    match predicate {
        Predicate::Text(TextPredicate::NotEqual(text)) => Some(ValueList::Texts(vec![text.clone()])),
        Predicate::Text(TextPredicate::NoneOf(texts)) => Some(ValueList::Texts(texts.iter().cloned().collect())),
        Predicate::Texts(Quantifier::None, predicate) => elements(predicate),
        Predicate::Number(NumberPredicate::NotEqual(number)) => {
            number.whole().and_then(|number| i64::try_from(number).ok()).map(|number| ValueList::Numbers(vec![number]))
        }
        Predicate::Number(NumberPredicate::NoneOf(numbers)) => Some(ValueList::Numbers(numbers.clone())),
        Predicate::Phones(Quantifier::None, phones) => Some(ValueList::Phones(phones.clone())),
        Predicate::Ids(Quantifier::None, ids) => Some(ValueList::Ids(ids.clone())),
        _ => None,
    }
}

fn elements(predicate: &TextPredicate) -> Option<ValueList> {
    match predicate {
        TextPredicate::Equal(text) => Some(ValueList::Elements(vec![text.clone()])),
        TextPredicate::OneOf(texts) => Some(ValueList::Elements(texts.iter().cloned().collect())),
        TextPredicate::NotEqual(_)
        | TextPredicate::NoneOf(_)
        | TextPredicate::Like(_)
        | TextPredicate::NotLike(_)
        | TextPredicate::Regexp(_)
        | TextPredicate::Ordered(..) => None,
    }
}

fn sorted<T: Ord>(mut values: Vec<T>) -> Vec<T> {
    values.sort_unstable();
    values.dedup();
    values
}

#[cfg(test)]
mod tests {
    use super::super::ask::{Ask, AskFilter, Condition, Literal};
    use super::super::field::CONTACT;
    use super::super::plan::plan;
    use super::*;

    fn tree(operator: &str, condition: Condition) -> Filter {
        let simple = |value: &str| AskFilter::Simple {
            field: "last_name".into(),
            operator: operator.into(),
            value: Literal::Text(value.into()),
        };
        let filter = AskFilter::Tree { filters: vec![simple("a"), simple("b")], condition: Some(condition) };
        plan(&CONTACT, &Ask { filter, ..Ask::default() }).expect("a good question").into_filter()
    }

    #[test]
    fn comparisons_of_one_field_are_merged_to_a_list() {
        assert!(matches!(
            tree("=", Condition::Or),
            Filter::Comparison(Comparison { predicate: Predicate::Text(TextPredicate::OneOf(_)), .. })
        ));
        assert!(matches!(
            tree("!=", Condition::And),
            Filter::Comparison(Comparison { predicate: Predicate::Text(TextPredicate::NoneOf(_)), .. })
        ));
    }

    #[test]
    fn other_filters_are_unchanged() {
        assert!(matches!(tree("=", Condition::And), Filter::All(_)));
        assert!(matches!(tree("!=", Condition::Or), Filter::Any(_)));
        assert!(matches!(tree("like", Condition::Or), Filter::Any(_)));
    }
}
