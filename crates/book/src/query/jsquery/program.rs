//! A compiled query: the tree that the evaluator walks.
//!
//! Chains of `AND` and of `OR` are flat lists and a path is one list of steps, so
//! the tree is only as deep as the brackets of the query. The length sign `@#` is
//! no step: it turns the tests after it into tests of the length.

use super::literal::{Literal, LiteralSet};
use super::number::Decimal;

/// A question about one value.
#[derive(Debug)]
pub(super) enum Node {
    /// True of anything that can be reached.
    Always,
    Never,
    /// Asks the value itself, a scalar.
    Scalar(ScalarTest),
    /// Asks the length of an array or object.
    Length(ScalarTest),
    /// Asks an array as a list of scalars.
    List(ListTest),
    Is(Shape),
    Path(Path),
    All(Vec<Node>),
    Either(Vec<Node>),
    Not(Box<Node>),
}

/// Steps to take from a value, and the question at the end of them.
#[derive(Debug)]
pub(super) struct Path {
    pub(super) steps: Vec<Step>,
    pub(super) then: Box<Node>,
}

/// One step of a path.
#[derive(Debug)]
pub(super) enum Step {
    /// `$`: stays.
    Current,
    Key(String),
    /// `#N`, from zero.
    Element(usize),
    /// `#`
    AnyElement,
    /// `#:`
    EveryElement,
    /// `%`
    AnyMember,
    /// `%:`
    EveryMember,
    /// `*`: the value or anything within it.
    AnyWithin,
    /// `*:`: the value and everything within it.
    EveryWithin,
    /// `?(…)`: stays if the question holds.
    Filter(Box<Node>),
}

#[derive(Debug)]
pub(super) enum ScalarTest {
    Equal(Literal),
    In(LiteralSet),
    Compare(Comparison, Decimal),
}

#[derive(Debug)]
pub(super) enum ListTest {
    /// The same scalars in the same order.
    Equal(Vec<Literal>),
    /// Has every one of them.
    Contains(LiteralSet),
    /// Has nothing else.
    Contained(LiteralSet),
    /// Has one of them.
    Overlap(LiteralSet),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Comparison {
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

/// The types that `IS` knows; null is not among them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shape {
    Array,
    Numeric,
    Object,
    String,
    Boolean,
}

impl Node {
    /// `steps` and then `then`, joined into one path where `then` is a path.
    pub(super) fn path(steps: Vec<Step>, then: Node) -> Node {
        let mut joined = Vec::with_capacity(steps.len());
        steps.into_iter().for_each(|step| append(&mut joined, step));
        let then = match then {
            Node::Path(inner) => {
                inner.steps.into_iter().for_each(|step| append(&mut joined, step));
                inner.then
            }
            other => Box::new(other),
        };
        if joined.is_empty() { *then } else { Node::Path(Path { steps: joined, then }) }
    }

    /// All of `nodes`.
    pub(super) fn all(nodes: Vec<Node>) -> Node {
        Node::single(nodes).unwrap_or_else(|nodes| {
            let flat = nodes.into_iter().flat_map(|node| match node {
                Node::All(inner) => inner,
                other => vec![other],
            });
            Node::All(flat.collect())
        })
    }

    /// Any of `nodes`.
    pub(super) fn either(nodes: Vec<Node>) -> Node {
        Node::single(nodes).unwrap_or_else(|nodes| {
            let flat = nodes.into_iter().flat_map(|node| match node {
                Node::Either(inner) => inner,
                other => vec![other],
            });
            Node::Either(flat.collect())
        })
    }

    /// The only node of a list of one.
    fn single(mut nodes: Vec<Node>) -> Result<Node, Vec<Node>> {
        match nodes.pop() {
            Some(node) if nodes.is_empty() => Ok(node),
            Some(node) => {
                nodes.push(node);
                Err(nodes)
            }
            None => Err(nodes),
        }
    }
}

/// Adds a step, unless it repeats the descent just made: a part of a part is a
/// part of the whole.
fn append(steps: &mut Vec<Step>, step: Step) {
    match (steps.last(), &step) {
        (Some(Step::AnyWithin), Step::AnyWithin) => {}
        (Some(Step::EveryWithin), Step::EveryWithin) => {}
        _ => steps.push(step),
    }
}
