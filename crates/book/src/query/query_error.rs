//! The error of a query: which part of it is wrong, and what is wrong with it.

use jsquery::JsQueryError;
use pg_regex::PatternError;

/// A part of a query.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum QueryPart {
    /// A filter; the indexes lead to it through the nested lists of filters.
    Filter(Vec<usize>),
    /// The field of a comparison.
    FilterField(Vec<usize>),
    /// The operator of a comparison.
    FilterOperator(Vec<usize>),
    /// The condition of a tree.
    FilterCondition(Vec<usize>),
    /// The value of a comparison; for a list the index of the wrong element, if there is one.
    FilterValue(Vec<usize>, Option<usize>),
    /// The sort as a whole.
    Sort,
    /// The field of the sort key with this index.
    SortField(usize),
    /// The name with this index in the list of members to return.
    Fields(usize),
    /// The limit.
    Limit,
    /// The offset.
    Offset,
}

/// What is wrong with a part of a query.
#[derive(Debug)]
pub enum QueryErrorKind {
    /// The field does not exist.
    Unknown,
    /// The field does not support filters.
    NotFilterable,
    /// The field does not support sorting.
    NotSortable,
    /// The operator does not exist, or does not apply to the type of the field.
    Operator {
        /// The operators that apply to the field.
        allowed: Vec<&'static str>,
    },
    /// The value has a type that the operator does not accept.
    Type {
        /// The accepted type, as a noun phrase.
        expected: &'static str,
    },
    /// The value is invalid.
    Value {
        /// The reason.
        reason: String,
    },
    /// A regular expression or `LIKE` pattern is invalid.
    Pattern(PatternError),
    /// A jsquery is invalid.
    JsQuery(JsQueryError),
    /// A required part is missing.
    Missing,
    /// A count exceeds its bound.
    TooMany {
        /// What is counted, as a plural noun phrase.
        what: &'static str,
        /// The bound.
        max: usize,
    },
    /// A number is below 0 or above its bound.
    OutOfRange {
        /// The bound.
        max: usize,
    },
    /// The query exhausted its budget.
    TooSlow,
}

/// The error of a query.
#[derive(Debug)]
pub struct QueryError {
    /// The part that is wrong.
    pub part: QueryPart,
    /// What is wrong with it.
    pub kind: QueryErrorKind,
}
