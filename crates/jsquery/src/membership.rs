//! Finds the strings that an array of strings must contain to satisfy a query, and whether it is about one element.
//!
//! With the strings, an index from strings to records can answer `# = "x"` without a scan. The analysis follows the query as the
//! evaluator does, assuming only that the document is an array of strings.

use crate::JsonKind;
use crate::literal::{Literal, LiteralSet};
use crate::program::{ArrayTest, Node, Path, ScalarTest, Step, ValueType};

/// A set of strings; every matching array contains one of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Membership {
    /// Sorted, without duplicates; empty if nothing matches.
    strings: Vec<String>,
    /// Whether containing one of them is also sufficient.
    exact: bool,
}

/// The value that a part of the query applies to.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Scope {
    /// The document, an array.
    Array,
    /// One of its strings.
    Element,
}

impl Membership {
    pub(crate) fn strings(&self) -> &[String] {
        &self.strings
    }

    pub(crate) fn is_exact(&self) -> bool {
        self.exact
    }

    /// Nothing matches.
    fn impossible() -> Membership {
        Membership { strings: Vec::new(), exact: true }
    }

    fn of(strings: &[String]) -> Membership {
        Membership { strings: strings.to_vec(), exact: true }
    }

    /// The same strings, not known to be sufficient.
    fn inexact(mut self) -> Membership {
        self.exact = self.strings.is_empty();
        self
    }

    /// Either this or `other`.
    fn or(mut self, other: Membership) -> Membership {
        self.strings.extend(other.strings);
        self.strings.sort_unstable();
        self.strings.dedup();
        self.exact &= other.exact;
        self
    }
}

/// The strings that an array of strings must contain to satisfy `root`, if known.
pub(crate) fn membership(root: &Node) -> Option<Membership> {
    of_node(root, Scope::Array)
}

/// Whether an array satisfies `root` if and only if it has an element that does so as the only element of an array.
pub(crate) fn is_about_an_element(root: &Node) -> bool {
    match root {
        Node::Path(Path { steps, .. }) => {
            let first = steps.iter().find(|step| !matches!(step, Step::Current));
            matches!(first, Some(Step::AnyElement))
        }
        Node::Any(nodes) => nodes.iter().all(is_about_an_element),
        _ => false,
    }
}

fn of_node(node: &Node, scope: Scope) -> Option<Membership> {
    match node {
        Node::Always | Node::Not(_) => None,
        Node::Never => Some(Membership::impossible()),
        Node::Scalar(test) => of_scalar(test, scope),
        Node::Length(_) => (scope == Scope::Element).then(Membership::impossible),
        Node::Array(test) => of_list(test, scope),
        Node::Is(value_type) => (!fits(*value_type, scope)).then(Membership::impossible),
        Node::Path(Path { steps, then }) => of_path(steps, then, scope),
        Node::All(nodes) => smallest(nodes.iter().map(|node| of_node(node, scope))),
        Node::Any(nodes) => {
            let mut all = nodes.iter().map(|node| of_node(node, scope));
            all.try_fold(Membership::impossible(), |sum, next| Some(sum.or(next?)))
        }
    }
}

fn fits(value_type: ValueType, scope: Scope) -> bool {
    value_type.fits(match scope {
        Scope::Array => JsonKind::Array,
        Scope::Element => JsonKind::String(""),
    })
}

/// Of several conditions that must all hold, the one with the fewest strings.
fn smallest(all: impl Iterator<Item = Option<Membership>>) -> Option<Membership> {
    let fewest = all.flatten().min_by_key(|membership| membership.strings.len());
    fewest.map(Membership::inexact)
}

fn of_scalar(test: &ScalarTest, scope: Scope) -> Option<Membership> {
    let strings = match (scope, test) {
        (Scope::Element, ScalarTest::Equal(Literal::Text(text))) => std::slice::from_ref(text.as_string()),
        (Scope::Element, ScalarTest::In(set)) => set.texts(),
        _ => &[],
    };
    Some(Membership::of(strings))
}

fn of_list(test: &ArrayTest, scope: Scope) -> Option<Membership> {
    if scope == Scope::Element {
        return Some(Membership::impossible());
    }
    match test {
        ArrayTest::Equal(list) => Some(of_equal_list(list)),
        ArrayTest::Contains(set) => Some(of_contained_set(set)),
        ArrayTest::Contained(_) => None,
        ArrayTest::Overlap(set) => Some(Membership::of(set.texts())),
    }
}

/// The array must equal `list`, so it contains the first string of `list`; nothing matches if not all are strings.
fn of_equal_list(list: &[Literal]) -> Membership {
    let mut texts = list.iter().map(|literal| match literal {
        Literal::Text(text) => Some(text.as_string().clone()),
        Literal::Null | Literal::Bool(_) | Literal::Number(_) => None,
    });
    let all: Option<Vec<String>> = texts.by_ref().collect();
    let first = all.map(|texts| texts.into_iter().take(1).collect());
    Membership { strings: first.unwrap_or_default(), exact: false }.inexact()
}

/// The array must contain all of `set`, so it contains the first of them.
fn of_contained_set(set: &LiteralSet) -> Membership {
    match set.texts() {
        _ if set.has_other_than_texts() => Membership::impossible(),
        [only] => Membership::of(std::slice::from_ref(only)),
        [first, ..] => Membership::of(std::slice::from_ref(first)).inexact(),
        [] => Membership::impossible(),
    }
}

/// Steps that stay at the value are handled together, so that a long path does not recurse.
fn of_path(steps: &[Step], then: &Node, scope: Scope) -> Option<Membership> {
    let stays = |step: &&Step| matches!(step, Step::Current | Step::Filter(_));
    let (staying, leading) = steps.split_at(steps.iter().take_while(stays).count());
    let mut filters = staying.iter().filter_map(|step| match step {
        Step::Filter(filter) => Some(of_node(filter, scope)),
        _ => None,
    });
    let end = match leading.split_first() {
        Some((step, rest)) => of_step(step, |scope| of_path(rest, then, scope), scope),
        None => of_node(then, scope),
    };
    match filters.next() {
        Some(first) => smallest([end, first].into_iter().chain(filters)),
        None => end,
    }
}

/// What a step requires; `at` gives what the steps after it require.
fn of_step(step: &Step, at: impl Fn(Scope) -> Option<Membership>, scope: Scope) -> Option<Membership> {
    match (step, scope) {
        (Step::Current | Step::Filter(_), _) => at(scope),
        (Step::AnyElement, Scope::Array) => at(Scope::Element),
        (Step::Element(_), Scope::Array) => at(Scope::Element).map(Membership::inexact),
        (Step::EveryElement, Scope::Array) => None,
        (Step::AnyWithin, Scope::Array) => Some(at(Scope::Array)?.or(at(Scope::Element)?)),
        (Step::EveryWithin, Scope::Array) => at(Scope::Array).map(Membership::inexact),
        (Step::AnyWithin | Step::EveryWithin, Scope::Element) => at(Scope::Element),
        (Step::AnyElement | Step::EveryElement | Step::Element(_), Scope::Element)
        | (Step::Key(_) | Step::AnyMember | Step::EveryMember, _) => Some(Membership::impossible()),
    }
}
