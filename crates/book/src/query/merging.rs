//! Joins comparisons with one value to a comparison with many, where that means the same.
//!
//! `phone = a or phone = b or …` is how programs spell a list. A thousand such comparisons would be a thousand
//! looks at every contact; as a list they are one.

use super::plan::{Leaf, Node};
use super::reading::{NumberTest, Quantifier, Test, TextTest};

/// Joins what can be joined among alternatives.
pub(super) fn alternatives(nodes: Vec<Node>) -> Vec<Node> {
    joined(nodes, accepted, |values| match values {
        Values::Texts(texts) => Test::Text(TextTest::OneOf(texts.into_iter().collect())),
        Values::Elements(texts) => Test::Texts(Quantifier::Any, TextTest::OneOf(texts.into_iter().collect())),
        Values::Numbers(numbers) => Test::Number(NumberTest::OneOf(sorted(numbers))),
        Values::Phones(phones) => Test::Phones(Quantifier::Any, sorted(phones)),
        Values::Ids(ids) => Test::Ids(Quantifier::Any, sorted(ids)),
    })
}

/// Joins what can be joined among conditions that must all hold.
pub(super) fn conditions(nodes: Vec<Node>) -> Vec<Node> {
    joined(nodes, rejected, |values| match values {
        Values::Texts(texts) => Test::Text(TextTest::NoneOf(texts.into_iter().collect())),
        Values::Elements(texts) => Test::Texts(Quantifier::None, TextTest::OneOf(texts.into_iter().collect())),
        Values::Numbers(numbers) => Test::Number(NumberTest::NoneOf(sorted(numbers))),
        Values::Phones(phones) => Test::Phones(Quantifier::None, sorted(phones)),
        Values::Ids(ids) => Test::Ids(Quantifier::None, sorted(ids)),
    })
}

/// Values that one comparison, or several joined ones, name.
enum Values {
    Texts(Vec<Box<str>>),
    Elements(Vec<Box<str>>),
    Numbers(Vec<i64>),
    Phones(Vec<u64>),
    Ids(Vec<u64>),
}

impl Values {
    /// Takes over the values of another comparison of the same field, which are of the same kind.
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

fn joined(nodes: Vec<Node>, read: fn(&Test) -> Option<Values>, write: fn(Values) -> Test) -> Vec<Node> {
    let mut kept = Vec::with_capacity(nodes.len());
    let mut groups: Vec<(Leaf, Option<Values>)> = Vec::new();
    for node in nodes {
        match node {
            Node::Leaf(leaf) => match read(&leaf.test) {
                Some(values) => match groups.iter_mut().find(|(first, _)| first.field == leaf.field) {
                    Some((_, Some(have))) => have.append(values),
                    _ => groups.push((leaf, Some(values))),
                },
                None => kept.push(Node::Leaf(leaf)),
            },
            other => kept.push(other),
        }
    }
    let whole = |(leaf, values): (Leaf, Option<Values>)| {
        let test = values.map_or(Test::Never, write);
        Node::Leaf(Leaf { test, ..leaf })
    };
    kept.extend(groups.into_iter().map(whole));
    kept
}

/// The values of which a field must have one.
fn accepted(test: &Test) -> Option<Values> {
    match test {
        Test::Text(TextTest::Equal(text)) => Some(Values::Texts(vec![text.clone()])),
        Test::Text(TextTest::OneOf(texts)) => Some(Values::Texts(texts.iter().cloned().collect())),
        Test::Texts(Quantifier::Any, test) => elements(test),
        Test::Number(NumberTest::Equal(number)) => {
            number.whole().and_then(|number| i64::try_from(number).ok()).map(|number| Values::Numbers(vec![number]))
        }
        Test::Number(NumberTest::OneOf(numbers)) => Some(Values::Numbers(numbers.clone())),
        Test::Phones(Quantifier::Any, phones) => Some(Values::Phones(phones.clone())),
        Test::Ids(Quantifier::Any, ids) => Some(Values::Ids(ids.clone())),
        _ => None,
    }
}

/// The values of which a field must have none.
fn rejected(test: &Test) -> Option<Values> {
    match test {
        Test::Text(TextTest::NotEqual(text)) => Some(Values::Texts(vec![text.clone()])),
        Test::Text(TextTest::NoneOf(texts)) => Some(Values::Texts(texts.iter().cloned().collect())),
        Test::Texts(Quantifier::None, test) => elements(test),
        Test::Number(NumberTest::NotEqual(number)) => {
            number.whole().and_then(|number| i64::try_from(number).ok()).map(|number| Values::Numbers(vec![number]))
        }
        Test::Number(NumberTest::NoneOf(numbers)) => Some(Values::Numbers(numbers.clone())),
        Test::Phones(Quantifier::None, phones) => Some(Values::Phones(phones.clone())),
        Test::Ids(Quantifier::None, ids) => Some(Values::Ids(ids.clone())),
        _ => None,
    }
}

fn elements(test: &TextTest) -> Option<Values> {
    match test {
        TextTest::Equal(text) => Some(Values::Elements(vec![text.clone()])),
        TextTest::OneOf(texts) => Some(Values::Elements(texts.iter().cloned().collect())),
        TextTest::NotEqual(_)
        | TextTest::NoneOf(_)
        | TextTest::Like(_)
        | TextTest::NotLike(_)
        | TextTest::Regexp(_) => None,
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

    fn tree(operator: &str, condition: Condition) -> Node {
        let simple = |value: &str| AskFilter::Simple {
            field: "last_name".into(),
            operator: operator.into(),
            value: Literal::Text(value.into()),
        };
        let filter = AskFilter::Tree { filters: vec![simple("a"), simple("b")], condition: Some(condition) };
        plan(&CONTACT, &Ask { filter, ..Ask::default() }).expect("a good question").into_filter()
    }

    #[test]
    fn a_list_spelled_as_comparisons_is_one_comparison() {
        assert!(matches!(tree("=", Condition::Or), Node::Leaf(Leaf { test: Test::Text(TextTest::OneOf(_)), .. })));
        assert!(matches!(tree("!=", Condition::And), Node::Leaf(Leaf { test: Test::Text(TextTest::NoneOf(_)), .. })));
    }

    #[test]
    fn what_means_something_else_is_left_alone() {
        assert!(matches!(tree("=", Condition::And), Node::All(_)));
        assert!(matches!(tree("!=", Condition::Or), Node::Any(_)));
        assert!(matches!(tree("like", Condition::Or), Node::Any(_)));
    }
}
