//! A query as received: typed, not yet validated.
//!
//! A front end builds an [`Ask`] from a request; [`super::plan`] resolves its names, compiles its patterns and checks
//! its bounds. Lists keep their positions, so that an error can name the part of the query that it is about.

use std::cmp::Ordering;

use super::operator::Operator;
use crate::text::NumberRule;

/// The value of a comparison, or an element of it.
#[derive(Debug, Clone, PartialEq)]
pub enum Literal {
    /// Null, or absent.
    Null,
    /// True or false.
    Boolean(bool),
    /// A number, as written in the request.
    Number(String),
    /// A text.
    Text(String),
    /// A list.
    List(Vec<Literal>),
    /// An object, which no operator accepts.
    Object,
}

/// A filter as received.
#[derive(Debug, Clone, PartialEq)]
pub enum AskFilter {
    /// `{}`: every record matches.
    Everything,
    /// One comparison.
    Simple {
        /// Name of a field.
        field: String,
        /// Name of an operator.
        operator: String,
        /// The value to compare with.
        value: Literal,
    },
    /// A comparison of a text by the order of the code points of its small letters: caseIgnoreOrderingMatch of RFC 4517.
    /// Directories ask it; the API has no operator for it.
    Ordered {
        /// Name of a field of names.
        field: String,
        /// On which side of the bound values match.
        side: Side,
        /// The bound.
        bound: String,
    },
    /// Several filters combined.
    Tree {
        /// The filters, at most [`super::plan::SIMPLE_FILTERS_MAX`] comparisons in all.
        filters: Vec<AskFilter>,
        /// How they are combined; required for two filters or more.
        condition: Option<Condition>,
    },
}

impl AskFilter {
    /// The number of regular expressions in the filter.
    pub fn regexps(&self) -> usize {
        match self {
            Self::Everything | Self::Ordered { .. } => 0,
            Self::Simple { operator, .. } => usize::from(Operator::read(operator) == Some(Operator::Regexp)),
            Self::Tree { filters, .. } => filters.iter().map(Self::regexps).sum(),
        }
    }
}

/// On which side of a bound values match.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    /// Before it.
    Below,
    /// Before it, or equal to it.
    AtMost,
    /// After it, or equal to it.
    AtLeast,
    /// After it.
    Above,
}

impl Side {
    /// Whether a value that compares so with the bound is on this side.
    pub fn has(self, order: Ordering) -> bool {
        match self {
            Self::Below => order.is_lt(),
            Self::AtMost => order.is_le(),
            Self::AtLeast => order.is_ge(),
            Self::Above => order.is_gt(),
        }
    }

    /// The side of all other values.
    #[must_use]
    pub fn opposite(self) -> Self {
        match self {
            Self::Below => Self::AtLeast,
            Self::AtMost => Self::Above,
            Self::AtLeast => Self::Below,
            Self::Above => Self::AtMost,
        }
    }
}

/// How the filters of a tree are combined.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Condition {
    /// All must match.
    And,
    /// At least one must match.
    Or,
}

/// One key of a sort as received.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AskSort {
    /// Name of a field.
    pub field: String,
    /// Ascending or descending.
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

/// A query as received.
#[derive(Debug, Clone, PartialEq)]
pub struct Ask {
    /// Which records match.
    pub filter: AskFilter,
    /// The order of the records; empty: by id.
    pub sort: Vec<AskSort>,
    /// The members to return; empty: all.
    pub fields: Vec<String>,
    /// Maximum number of records to return; `None`: [`super::window::LIMIT_DEFAULT`].
    pub limit: Option<i128>,
    /// Number of matching records to skip; `None`: 0.
    pub offset: Option<i128>,
    /// How phone numbers in comparisons are read.
    pub numbers: NumberRule,
}

/// Every record matches; the first thousand by id, with all members.
impl Default for Ask {
    fn default() -> Self {
        Self {
            filter: AskFilter::Everything,
            sort: Vec::new(),
            fields: Vec::new(),
            limit: None,
            offset: None,
            numbers: NumberRule::NONE,
        }
    }
}
