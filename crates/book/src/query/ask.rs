//! A question as it was asked: typed, but judged by nobody yet.
//!
//! The floor above builds an [`Ask`] from whatever its clients send; [`super::plan`] resolves every name,
//! compiles every pattern and checks every bound. Positions in lists are kept, so that a refusal can say
//! which part of the question it means.

use super::operator::Operator;

/// What a filter compares with, or an element of it.
#[derive(Debug, Clone, PartialEq)]
pub enum Literal {
    /// Null, or no value at all.
    Null,
    /// True or false.
    Boolean(bool),
    /// A number, as it was written.
    Number(String),
    /// A text.
    Text(String),
    /// A list.
    List(Vec<Literal>),
    /// Anything else; no operator takes it.
    Object,
}

/// A filter as asked.
#[derive(Debug, Clone, PartialEq)]
pub enum AskFilter {
    /// `{}`: everything matches.
    Everything,
    /// One comparison.
    Simple {
        /// Name of a field.
        field: String,
        /// Name of an operator.
        operator: String,
        /// What to compare with.
        value: Literal,
    },
    /// Several filters joined.
    Tree {
        /// The filters, at most [`super::plan::SIMPLE_FILTERS_MAX`] comparisons in all.
        filters: Vec<AskFilter>,
        /// How they are joined; needed when there are two or more.
        condition: Option<Condition>,
    },
}

impl AskFilter {
    /// How many regular expressions there are in it.
    pub fn regexps(&self) -> usize {
        match self {
            Self::Everything => 0,
            Self::Simple { operator, .. } => usize::from(Operator::read(operator) == Some(Operator::Regexp)),
            Self::Tree { filters, .. } => filters.iter().map(Self::regexps).sum(),
        }
    }
}

/// How the filters of a tree are joined.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Condition {
    /// Every one holds.
    And,
    /// At least one holds.
    Or,
}

/// One key of a sort as asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AskSort {
    /// Name of a field.
    pub field: String,
    /// Up or down.
    pub direction: Direction,
}

/// Direction of a sort key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Direction {
    /// Smallest first, nulls last.
    #[default]
    Ascending,
    /// Largest first, nulls first.
    Descending,
}

/// A whole question as asked.
#[derive(Debug, Clone, PartialEq)]
pub struct Ask {
    /// Which records.
    pub filter: AskFilter,
    /// In which order; empty: by id.
    pub sort: Vec<AskSort>,
    /// Which members; empty: all.
    pub fields: Vec<String>,
    /// How many records at most; `None`: [`super::window::LIMIT_DEFAULT`].
    pub limit: Option<i128>,
    /// How many matching records to pass over; `None`: 0.
    pub offset: Option<i128>,
}

/// The question without any wish: the first thousand records by id, all members.
impl Default for Ask {
    fn default() -> Self {
        Self { filter: AskFilter::Everything, sort: Vec::new(), fields: Vec::new(), limit: None, offset: None }
    }
}
