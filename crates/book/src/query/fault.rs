//! Why a question cannot be answered: which part of it, and what is wrong there.

use jsquery::JsQueryError;
use pg_regex::PatternError;

/// A part of a question.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Part {
    /// A whole filter; the positions lead to it through the lists of filters.
    Filter(Vec<usize>),
    /// The field that a simple filter names.
    FilterField(Vec<usize>),
    /// The operator that a simple filter names.
    FilterOperator(Vec<usize>),
    /// The condition of a tree.
    FilterCondition(Vec<usize>),
    /// The value of a simple filter; for lists the element's position, if one is to blame.
    FilterValue(Vec<usize>, Option<usize>),
    /// The sort as a whole.
    Sort,
    /// The field that a sort key names, with the key's position.
    SortField(usize),
    /// The list of members, with the position of the one to blame.
    Fields(usize),
    /// The limit.
    Limit,
    /// The offset.
    Offset,
}

/// What is wrong with a part.
#[derive(Debug)]
pub enum Wrong {
    /// No such field.
    Unknown,
    /// The field cannot be filtered by.
    NotFilterable,
    /// The field cannot be sorted by.
    NotSortable,
    /// No such operator, or not for the field's type.
    Operator {
        /// The operators that this field takes.
        allowed: Vec<&'static str>,
    },
    /// The value has a type that the operator does not take.
    Type {
        /// What it takes, in plain English.
        expected: &'static str,
    },
    /// The value cannot be read as what it has to be.
    Value {
        /// Why, in plain English.
        reason: String,
    },
    /// A pattern does not compile.
    Pattern(PatternError),
    /// A jsquery does not compile.
    JsQuery(JsQueryError),
    /// Something required is not there.
    Missing,
    /// Above a bound.
    TooMany {
        /// What was counted, in plain English.
        what: &'static str,
        /// The bound.
        max: usize,
    },
    /// Below zero or above a bound.
    OutOfRange {
        /// The bound.
        max: usize,
    },
    /// What the question may cost altogether is used up.
    TooSlow,
}

/// A refusal of a question.
#[derive(Debug)]
pub struct QueryError {
    /// Which part.
    pub part: Part,
    /// What is wrong with it.
    pub wrong: Wrong,
}
