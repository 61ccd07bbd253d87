//! A planned filter: a tree of comparisons whose fields and values have been validated.

use super::predicate::Predicate;
use super::query_error::{QueryError, QueryErrorKind, QueryPart};

/// A validated filter.
#[derive(Debug)]
pub enum Filter {
    /// Matches every record.
    Everything,
    /// Matches if all match.
    All(Vec<Filter>),
    /// Matches if at least one matches.
    Any(Vec<Filter>),
    /// One comparison.
    Comparison(Comparison),
}

impl Filter {
    /// Whether it compares the field with this index.
    pub(super) fn uses(&self, field: usize) -> bool {
        match self {
            Self::Everything => false,
            Self::All(filters) | Self::Any(filters) => filters.iter().any(|filter| filter.uses(field)),
            Self::Comparison(comparison) => comparison.field == field,
        }
    }

    /// The filters that must all match: the members of nested [`Filter::All`]s, or this filter itself.
    pub(super) fn conjuncts(&self) -> Vec<&Self> {
        fn collect<'f>(filter: &'f Filter, found: &mut Vec<&'f Filter>) {
            match filter {
                Filter::Everything => {}
                Filter::All(filters) => filters.iter().for_each(|filter| collect(filter, found)),
                Filter::Any(_) | Filter::Comparison(_) => found.push(filter),
            }
        }
        let mut found = Vec::new();
        collect(self, &mut found);
        found
    }
}

/// One comparison of a field.
#[derive(Debug)]
pub struct Comparison {
    /// Index of the field in its field table.
    pub field: usize,
    /// The predicate on its value.
    pub predicate: Predicate,
    /// Position of the comparison in the query: indexes through the nested lists of filters.
    pub path: Vec<usize>,
}

impl Comparison {
    /// The error of a query that exhausts its budget at this comparison.
    pub(super) fn too_slow(&self) -> QueryError {
        QueryError { part: QueryPart::FilterValue(self.path.clone(), None), kind: QueryErrorKind::TooSlow }
    }
}
