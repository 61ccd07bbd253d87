//! Evaluates a compiled query on a value, without allocating memory.
//!
//! Recursion is as deep as the brackets of the query and the nesting of the value; steps that lead to a single value are
//! taken in a loop. A scalar at the root is a special case of the language: the extension stores it as an array of one
//! element, and only `$`, `*`, `*:` and `IS` look inside.

use crate::literal::LiteralSet;
use crate::program::{ArrayTest, Comparison, Node, Path, ScalarTest, Step, ValueType};
use crate::{JsonKind, JsonView};

/// Whether the document `value` satisfies `root`.
pub(crate) fn matches<V: JsonView>(root: &Node, value: V) -> bool {
    if is_container(&value) { holds(root, value) } else { holds_wrapped(root, value) }
}

fn holds<V: JsonView>(node: &Node, value: V) -> bool {
    match node {
        Node::Always => true,
        Node::Never => false,
        Node::Scalar(test) => test.holds(value.kind()),
        Node::Length(test) => is_container(&value) && test.holds(length(&value)),
        Node::Array(test) => is_array(&value) && test.holds(value),
        Node::Is(value_type) => value_type.fits(value.kind()),
        Node::Path(path) => walk(&path.steps, &path.then, value),
        Node::All(nodes) => nodes.iter().all(|node| holds(node, value)),
        Node::Any(nodes) => nodes.iter().any(|node| holds(node, value)),
        Node::Not(inner) => !holds(inner, value),
    }
}

/// Follows `steps` from `value` and evaluates `then` where they lead.
fn walk<V: JsonView>(steps: &[Step], then: &Node, value: V) -> bool {
    let (mut steps, mut value) = (steps, value);
    while let Some((step, rest)) = steps.split_first() {
        let next = match step {
            Step::Current => Some(value),
            Step::Key(key) => member(&value, key),
            Step::Element(index) => element(&value, *index),
            Step::Filter(filter) => holds(filter, value).then_some(value),
            Step::AnyElement => return is_array(&value) && any(rest, then, value),
            Step::EveryElement => return is_array(&value) && every(rest, then, value),
            Step::AnyMember => return is_object(&value) && any(rest, then, value),
            Step::EveryMember => return is_object(&value) && every(rest, then, value),
            Step::AnyWithin => return any_within(rest, then, value),
            Step::EveryWithin => return every_within(rest, then, value),
        };
        match next {
            Some(next) => (steps, value) = (rest, next),
            None => return false,
        }
    }
    holds(then, value)
}

fn any<V: JsonView>(rest: &[Step], then: &Node, value: V) -> bool {
    // A shortcut for the most common query, `# = "x"`.
    if let ([], Node::Scalar(test)) = (rest, then) {
        return (0..value.size()).any(|index| test.holds(value.item(index).kind()));
    }
    (0..value.size()).any(|index| walk(rest, then, value.item(index)))
}

fn every<V: JsonView>(rest: &[Step], then: &Node, value: V) -> bool {
    (0..value.size()).all(|index| walk(rest, then, value.item(index)))
}

fn any_within<V: JsonView>(rest: &[Step], then: &Node, value: V) -> bool {
    walk(rest, then, value)
        || is_container(&value) && (0..value.size()).any(|index| any_within(rest, then, value.item(index)))
}

fn every_within<V: JsonView>(rest: &[Step], then: &Node, value: V) -> bool {
    walk(rest, then, value)
        && (!is_container(&value) || (0..value.size()).all(|index| every_within(rest, then, value.item(index))))
}

/// Like [`holds`], for a scalar at the root.
fn holds_wrapped<V: JsonView>(node: &Node, value: V) -> bool {
    match node {
        Node::Always => true,
        Node::Never | Node::Scalar(_) | Node::Length(_) | Node::Array(_) => false,
        Node::Is(value_type) => value_type.fits(value.kind()),
        Node::Path(Path { steps, then }) => walk_wrapped(steps, then, value),
        Node::All(nodes) => nodes.iter().all(|node| holds_wrapped(node, value)),
        Node::Any(nodes) => nodes.iter().any(|node| holds_wrapped(node, value)),
        Node::Not(inner) => !holds_wrapped(inner, value),
    }
}

/// Like [`walk`], from a scalar at the root.
fn walk_wrapped<V: JsonView>(steps: &[Step], then: &Node, value: V) -> bool {
    let mut steps = steps;
    while let Some((step, rest)) = steps.split_first() {
        match step {
            Step::Current => return walk(rest, then, value),
            Step::AnyWithin => {
                return walk_wrapped(rest, then, value) || walk(rest, then, value);
            }
            Step::EveryWithin => {
                return walk_wrapped(rest, then, value) && walk(rest, then, value);
            }
            Step::Filter(filter) if holds_wrapped(filter, value) => steps = rest,
            Step::Filter(_) | Step::Key(_) | Step::Element(_) => return false,
            Step::AnyElement | Step::EveryElement => return false,
            Step::AnyMember | Step::EveryMember => return false,
        }
    }
    holds_wrapped(then, value)
}

impl ScalarTest {
    #[inline]
    fn holds(&self, kind: JsonKind<'_>) -> bool {
        match self {
            ScalarTest::Equal(literal) => literal.equals(kind),
            ScalarTest::In(set) => set.has(kind),
            ScalarTest::Compare(comparison, bound) => match kind {
                JsonKind::Number(number) => comparison.accepts(bound.order_of(number)),
                JsonKind::Null | JsonKind::Bool(_) | JsonKind::String(_) | JsonKind::Digits(_) => false,
                JsonKind::Array | JsonKind::Object => false,
            },
        }
    }
}

impl Comparison {
    fn accepts(self, order: std::cmp::Ordering) -> bool {
        match self {
            Comparison::Less => order.is_lt(),
            Comparison::LessOrEqual => order.is_le(),
            Comparison::Greater => order.is_gt(),
            Comparison::GreaterOrEqual => order.is_ge(),
        }
    }
}

impl ValueType {
    /// Whether a value has this type.
    pub(crate) fn fits(self, kind: JsonKind<'_>) -> bool {
        match kind {
            JsonKind::Null => false,
            JsonKind::Bool(_) => self == ValueType::Boolean,
            JsonKind::Number(_) => self == ValueType::Numeric,
            JsonKind::String(_) | JsonKind::Digits(_) => self == ValueType::String,
            JsonKind::Array => self == ValueType::Array,
            JsonKind::Object => self == ValueType::Object,
        }
    }
}

impl ArrayTest {
    /// Whether an array passes the test.
    fn holds<V: JsonView>(&self, array: V) -> bool {
        let mut items = (0..array.size()).map(|index| array.item(index));
        match self {
            ArrayTest::Equal(list) => {
                list.len() == items.len() && list.iter().zip(items).all(|(literal, item)| literal.equals(item.kind()))
            }
            ArrayTest::Contains(set) => !set.is_unreachable() && covers(items, set),
            ArrayTest::Contained(set) => items.all(|item| set.has(item.kind())),
            ArrayTest::Overlap(set) => items.any(|item| set.has(item.kind())),
        }
    }
}

/// Whether every member of `set` is among `items`.
fn covers<V: JsonView>(items: impl Iterator<Item = V>, set: &LiteralSet) -> bool {
    if set.slots() <= u64::BITS as usize {
        let mut seen = [0];
        marks(items, set, &mut seen)
    } else {
        let mut seen = vec![0; set.slots().div_ceil(u64::BITS as usize)];
        marks(items, set, &mut seen)
    }
}

/// Marks the members of `set` among `items` until none is missing.
fn marks<V: JsonView>(items: impl Iterator<Item = V>, set: &LiteralSet, seen: &mut [u64]) -> bool {
    let mut missing = set.size();
    for item in items {
        let Some(slot) = set.slot(item.kind()) else {
            continue;
        };
        let (word, bit) = (slot / u64::BITS as usize, 1 << (slot % u64::BITS as usize));
        missing -= usize::from(seen[word] & bit == 0);
        seen[word] |= bit;
        if missing == 0 {
            return true;
        }
    }
    false
}

fn is_array<V: JsonView>(value: &V) -> bool {
    matches!(value.kind(), JsonKind::Array)
}

fn is_object<V: JsonView>(value: &V) -> bool {
    matches!(value.kind(), JsonKind::Object)
}

fn is_container<V: JsonView>(value: &V) -> bool {
    is_array(value) || is_object(value)
}

/// The length of a container as a value.
fn length<V: JsonView>(value: &V) -> JsonKind<'static> {
    JsonKind::Number(i64::try_from(value.size()).unwrap_or(i64::MAX))
}

fn member<V: JsonView>(value: &V, key: &str) -> Option<V> {
    if is_object(value) { value.find(key) } else { None }
}

fn element<V: JsonView>(value: &V, index: usize) -> Option<V> {
    (is_array(value) && index < value.size()).then(|| value.item(index))
}
