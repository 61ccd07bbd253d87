//! Which strings an array of strings must have to satisfy a query.
//!
//! An index from strings to records can answer `# = "x"` without looking at every
//! record. The analysis follows the query as the evaluator would, knowing only
//! that the document is an array and its elements are strings, and never promises
//! more than that allows.

use super::Kind;
use super::literal::{Literal, LiteralSet};
use super::program::{ListTest, Node, Path, ScalarTest, Shape, Step};

/// A set of strings that a matching array needs one of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Membership {
    /// Sorted and distinct; empty when nothing matches.
    strings: Vec<String>,
    /// Whether having one of them is also enough.
    exact: bool,
}

/// What the query looks at.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Spot {
    /// The whole array.
    Array,
    /// One of its strings.
    Element,
}

impl Membership {
    pub(super) fn strings(&self) -> &[String] {
        &self.strings
    }

    pub(super) fn is_exact(&self) -> bool {
        self.exact
    }

    /// Satisfied by nothing.
    fn impossible() -> Membership {
        Membership { strings: Vec::new(), exact: true }
    }

    fn of(strings: &[String]) -> Membership {
        Membership { strings: strings.to_vec(), exact: true }
    }

    /// The same strings, not known to be enough.
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

/// The strings that an array of strings needs to satisfy `root`, if known.
pub(super) fn membership(root: &Node) -> Option<Membership> {
    of_node(root, Spot::Array)
}

fn of_node(node: &Node, spot: Spot) -> Option<Membership> {
    match node {
        Node::Always | Node::Not(_) => None,
        Node::Never => Some(Membership::impossible()),
        Node::Scalar(test) => of_scalar(test, spot),
        Node::Length(_) => (spot == Spot::Element).then(Membership::impossible),
        Node::List(test) => of_list(test, spot),
        Node::Is(shape) => (!fits(*shape, spot)).then(Membership::impossible),
        Node::Path(Path { steps, then }) => of_path(steps, then, spot),
        Node::All(nodes) => smallest(nodes.iter().map(|node| of_node(node, spot))),
        Node::Either(nodes) => {
            let mut all = nodes.iter().map(|node| of_node(node, spot));
            all.try_fold(Membership::impossible(), |sum, next| Some(sum.or(next?)))
        }
    }
}

fn fits(shape: Shape, spot: Spot) -> bool {
    shape.fits(match spot {
        Spot::Array => Kind::Array,
        Spot::Element => Kind::String(""),
    })
}

/// Of several conditions that all must hold, the one with the fewest strings.
fn smallest(all: impl Iterator<Item = Option<Membership>>) -> Option<Membership> {
    let fewest = all.flatten().min_by_key(|membership| membership.strings.len());
    fewest.map(Membership::inexact)
}

fn of_scalar(test: &ScalarTest, spot: Spot) -> Option<Membership> {
    let strings = match (spot, test) {
        (Spot::Element, ScalarTest::Equal(Literal::Text(text))) => std::slice::from_ref(text.as_string()),
        (Spot::Element, ScalarTest::In(set)) => set.texts(),
        _ => &[],
    };
    Some(Membership::of(strings))
}

fn of_list(test: &ListTest, spot: Spot) -> Option<Membership> {
    if spot == Spot::Element {
        return Some(Membership::impossible());
    }
    match test {
        ListTest::Equal(list) => Some(of_equal_list(list)),
        ListTest::Contains(set) => Some(of_contained_set(set)),
        ListTest::Contained(_) => None,
        ListTest::Overlap(set) => Some(Membership::of(set.texts())),
    }
}

/// The array has to be `list`: it has its first string, if all are strings.
fn of_equal_list(list: &[Literal]) -> Membership {
    let mut texts = list.iter().map(|literal| match literal {
        Literal::Text(text) => Some(text.as_string().clone()),
        Literal::Null | Literal::Bool(_) | Literal::Number(_) => None,
    });
    let all: Option<Vec<String>> = texts.by_ref().collect();
    let first = all.map(|texts| texts.into_iter().take(1).collect());
    Membership { strings: first.unwrap_or_default(), exact: false }.inexact()
}

/// The array has to have all of `set`: it has the first of them.
fn of_contained_set(set: &LiteralSet) -> Membership {
    match set.texts() {
        _ if set.has_other_than_texts() => Membership::impossible(),
        [only] => Membership::of(std::slice::from_ref(only)),
        [first, ..] => Membership::of(std::slice::from_ref(first)).inexact(),
        [] => Membership::impossible(),
    }
}

/// Steps that stay are taken together, so that a long path needs no stack.
fn of_path(steps: &[Step], then: &Node, spot: Spot) -> Option<Membership> {
    let stays = |step: &&Step| matches!(step, Step::Current | Step::Filter(_));
    let (staying, leading) = steps.split_at(steps.iter().take_while(stays).count());
    let mut filters = staying.iter().filter_map(|step| match step {
        Step::Filter(filter) => Some(of_node(filter, spot)),
        _ => None,
    });
    let end = match leading.split_first() {
        Some((step, rest)) => of_step(step, |spot| of_path(rest, then, spot), spot),
        None => of_node(then, spot),
    };
    match filters.next() {
        Some(first) => smallest([end, first].into_iter().chain(filters)),
        None => end,
    }
}

/// What a step needs when `at` tells what the steps after it need.
fn of_step(step: &Step, at: impl Fn(Spot) -> Option<Membership>, spot: Spot) -> Option<Membership> {
    match (step, spot) {
        (Step::Current | Step::Filter(_), _) => at(spot),
        (Step::AnyElement, Spot::Array) => at(Spot::Element),
        (Step::Element(_), Spot::Array) => at(Spot::Element).map(Membership::inexact),
        (Step::EveryElement, Spot::Array) => None,
        (Step::AnyWithin, Spot::Array) => Some(at(Spot::Array)?.or(at(Spot::Element)?)),
        (Step::EveryWithin, Spot::Array) => at(Spot::Array).map(Membership::inexact),
        (Step::AnyWithin | Step::EveryWithin, Spot::Element) => at(Spot::Element),
        (Step::AnyElement | Step::EveryElement | Step::Element(_), Spot::Element)
        | (Step::Key(_) | Step::AnyMember | Step::EveryMember, _) => Some(Membership::impossible()),
    }
}
