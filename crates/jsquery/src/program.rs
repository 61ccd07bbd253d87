//! The compiled form of a query: the tree that the evaluator walks.
//!
//! Chains of `AND` and of `OR` are flat lists, and a path is a list of steps, so the tree is as deep as the brackets of
//! the query. `@#` is not a step: it turns the comparisons after it into comparisons of the length.

use crate::literal::{Literal, LiteralSet};
use crate::number::Decimal;

/// A condition on a value.
#[derive(Debug)]
pub(crate) enum Node {
    /// True.
    Always,
    Never,
    /// The value is a scalar that passes the test.
    Scalar(ScalarTest),
    /// The length of the array or object passes the test.
    Length(ScalarTest),
    /// The value is an array that passes the test.
    Array(ArrayTest),
    Is(ValueType),
    Path(Path),
    All(Vec<Node>),
    Any(Vec<Node>),
    Not(Box<Node>),
}

/// Steps to follow from a value, and the condition at their end.
#[derive(Debug)]
pub(crate) struct Path {
    pub(crate) steps: Vec<Step>,
    pub(crate) then: Box<Node>,
}

/// One step of a path.
#[derive(Debug)]
pub(crate) enum Step {
    /// `$`: the value itself.
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
    /// `*`: the value or any value inside it.
    AnyWithin,
    /// `*:`: the value and every value inside it.
    EveryWithin,
    /// `?(…)`: the value itself if it satisfies the condition.
    Filter(Box<Node>),
}

#[derive(Debug)]
pub(crate) enum ScalarTest {
    Equal(Literal),
    In(LiteralSet),
    Compare(Comparison, Decimal),
}

#[derive(Debug)]
pub(crate) enum ArrayTest {
    /// The same scalars in the same order.
    Equal(Vec<Literal>),
    /// Contains all of them.
    Contains(LiteralSet),
    /// Contains nothing else.
    Contained(LiteralSet),
    /// Contains at least one of them.
    Overlap(LiteralSet),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Comparison {
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

/// The types of `IS`; there is none for null.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ValueType {
    Array,
    Numeric,
    Object,
    String,
    Boolean,
}

impl Node {
    /// `steps` and then `then`, joined into one path where `then` is a path.
    pub(crate) fn path(steps: Vec<Step>, then: Node) -> Node {
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
    pub(crate) fn all(nodes: Vec<Node>) -> Node {
        Node::single(nodes).unwrap_or_else(|nodes| {
            let flat = nodes.into_iter().flat_map(|node| match node {
                Node::All(inner) => inner,
                other => vec![other],
            });
            Node::All(flat.collect())
        })
    }

    /// Any of `nodes`.
    pub(crate) fn any(nodes: Vec<Node>) -> Node {
        Node::single(nodes).unwrap_or_else(|nodes| {
            let flat = nodes.into_iter().flat_map(|node| match node {
                Node::Any(inner) => inner,
                other => vec![other],
            });
            Node::Any(flat.collect())
        })
    }

    /// The node of a list of one.
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

/// Adds a step, unless it repeats the descent before it, which changes nothing.
fn append(steps: &mut Vec<Step>, step: Step) {
    match (steps.last(), &step) {
        (Some(Step::AnyWithin), Step::AnyWithin) => {}
        (Some(Step::EveryWithin), Step::EveryWithin) => {}
        _ => steps.push(step),
    }
}
