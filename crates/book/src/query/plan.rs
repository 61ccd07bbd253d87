//! Plans a query: validates an [`Ask`] against a field table, resolves names, compiles patterns and checks bounds.
//!
//! Running a [`Plan`] can fail only by exhausting its budget.

pub use pg_regex::PATTERN_CHARS_MAX;

use super::ask::{Ask, AskFilter, AskSort, Condition, Direction, Literal, Side};
use super::field::{Field, position};
use super::filter::{Comparison, Filter};
use super::operator::Operator;
use super::pattern_cache::{CustomerPatterns, PatternCompiler, PatternCount};
use super::predicate;
pub use super::predicate::LIST_VALUES_MAX;
use super::query_error::{QueryError, QueryErrorKind, QueryPart};
use super::rewrite;
use super::window::{LIMIT_MAX, OFFSET_MAX, Window, WindowError};
use crate::text::NumberRule;

/// Maximum depth of nested trees of filters.
pub const FILTER_DEPTH_MAX: usize = 16;
/// Maximum number of comparisons in one query.
pub const SIMPLE_FILTERS_MAX: usize = 1_000;
/// Maximum number of sort keys.
pub const SORT_KEYS_MAX: usize = 8;

/// A set of fields: the members of a record that a query returns.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FieldSet(u64);

impl FieldSet {
    /// All fields of a table of `count` fields, 1 to 64.
    pub fn all(count: usize) -> Self {
        Self(u64::MAX >> (64 - count))
    }

    /// Whether the set contains the field with this index.
    pub fn has(self, index: usize) -> bool {
        self.0 >> index & 1 == 1
    }
}

/// One key of a sort.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SortBy {
    /// Index of the field in its table.
    pub field: usize,
    /// Ascending or descending.
    pub direction: Direction,
}

/// A validated query.
#[derive(Debug)]
pub struct Plan {
    fields: &'static [Field],
    filter: Filter,
    comparisons: usize,
    regexps: usize,
    patterns: PatternCount,
    sort: Vec<SortBy>,
    window: Window,
    chosen: FieldSet,
}

impl Plan {
    /// The field table of the plan.
    pub fn table(&self) -> &'static [Field] {
        self.fields
    }

    /// The filter.
    pub fn filter(&self) -> &Filter {
        &self.filter
    }

    /// The filter, taken out.
    #[cfg(test)]
    pub(super) fn into_filter(self) -> Filter {
        self.filter
    }

    /// The number of comparisons in the filter.
    pub fn comparisons(&self) -> usize {
        self.comparisons
    }

    /// The number of regular expressions in the filter.
    pub fn regexps(&self) -> usize {
        self.regexps
    }

    /// How many patterns the filter has.
    pub fn patterns(&self) -> PatternCount {
        self.patterns
    }

    /// The sort keys; records that are equal in all of them are sorted by id.
    pub fn sort(&self) -> &[SortBy] {
        &self.sort
    }

    /// Appends a sort key, unless its field is a sort key already.
    pub fn sort_last_by(&mut self, by: SortBy) {
        if self.sort.iter().all(|key| key.field != by.field) {
            self.sort.push(by);
        }
    }

    /// Whether the filter compares the field with this index.
    pub fn filters_by(&self, field: usize) -> bool {
        self.filter.uses(field)
    }

    /// The window of matching records to return.
    pub fn window(&self) -> Window {
        self.window
    }

    /// The members of the records to return.
    pub fn fields(&self) -> FieldSet {
        self.chosen
    }
}

/// Plans `ask` for a field table of 1 to 64 fields, and compiles its patterns.
///
/// # Errors
///
/// The first error: in the filter, in its order, then in the sort, the members to return, the limit and the offset.
pub fn plan(fields: &'static [Field], ask: &Ask) -> Result<Plan, QueryError> {
    plan_with(fields, ask, None)
}

/// The same, with patterns that are kept of former queries of a customer.
///
/// # Errors
///
/// Those of [`plan`].
pub fn plan_with(fields: &'static [Field], ask: &Ask, kept: Option<CustomerPatterns<'_>>) -> Result<Plan, QueryError> {
    let regexps = ask.filter.regexps();
    let patterns = PatternCompiler::new(regexps, kept);
    let mut planner = Planner { fields, comparisons: 0, patterns, numbers: ask.numbers };
    let filter = planner.filter(&ask.filter, &mut Vec::new())?;
    let sort = sort_keys(fields, &ask.sort)?;
    let chosen = chosen(fields, &ask.fields)?;
    let window = Window::new(ask.limit, ask.offset).map_err(|error| match error {
        WindowError::Limit => query_error(QueryPart::Limit, QueryErrorKind::OutOfRange { max: LIMIT_MAX }),
        WindowError::Offset => query_error(QueryPart::Offset, QueryErrorKind::OutOfRange { max: OFFSET_MAX }),
    })?;
    let (comparisons, patterns) = (planner.comparisons, planner.patterns.count);
    Ok(Plan { fields, filter, comparisons, regexps, patterns, sort, window, chosen })
}

fn query_error(part: QueryPart, kind: QueryErrorKind) -> QueryError {
    QueryError { part, kind }
}

struct Planner<'c> {
    fields: &'static [Field],
    comparisons: usize,
    patterns: PatternCompiler<'c>,
    numbers: NumberRule,
}

impl Planner<'_> {
    /// Plans a filter. `path` is its position in the query, and the same again on return.
    fn filter(&mut self, ask: &AskFilter, path: &mut Vec<usize>) -> Result<Filter, QueryError> {
        match ask {
            AskFilter::Everything => Ok(Filter::Everything),
            AskFilter::Simple { field, operator, value } => self.comparison(field, operator, value, path),
            AskFilter::Ordered { field, side, bound } => self.ordered(field, *side, bound, path),
            AskFilter::Tree { filters, condition } => self.tree(filters, *condition, path),
        }
    }

    fn tree(
        &mut self,
        filters: &[AskFilter],
        condition: Option<Condition>,
        path: &mut Vec<usize>,
    ) -> Result<Filter, QueryError> {
        if path.len() >= FILTER_DEPTH_MAX {
            let too_many = QueryErrorKind::TooMany { what: "filters inside each other", max: FILTER_DEPTH_MAX };
            return Err(query_error(QueryPart::Filter(path.clone()), too_many));
        }
        let condition = match condition {
            Some(condition) => condition,
            None if filters.len() < 2 => Condition::And,
            None => return Err(query_error(QueryPart::FilterCondition(path.clone()), QueryErrorKind::Missing)),
        };
        let mut planned = Vec::with_capacity(filters.len().min(SIMPLE_FILTERS_MAX));
        for (position, filter) in filters.iter().enumerate() {
            path.push(position);
            planned.push(self.filter(filter, path)?);
            path.pop();
        }
        let mut planned = match condition {
            Condition::And => rewrite::conjunction(planned),
            Condition::Or => rewrite::disjunction(planned),
        };
        Ok(match (condition, planned.len()) {
            (_, 0) => Filter::Everything,
            (_, 1) => planned.remove(0),
            (Condition::And, _) => Filter::All(planned),
            (Condition::Or, _) => Filter::Any(planned),
        })
    }

    /// Counts one more comparison; the index of its field.
    fn compared(&mut self, field: &str, path: &[usize]) -> Result<usize, QueryError> {
        self.comparisons += 1;
        if self.comparisons > SIMPLE_FILTERS_MAX {
            let too_many = QueryErrorKind::TooMany { what: "simple filters", max: SIMPLE_FILTERS_MAX };
            return Err(query_error(QueryPart::Filter(path.to_vec()), too_many));
        }
        let field_error = |what| Err(query_error(QueryPart::FilterField(path.to_vec()), what));
        match position(self.fields, field) {
            None => field_error(QueryErrorKind::Unknown),
            Some(index) if !self.fields[index].filterable => field_error(QueryErrorKind::NotFilterable),
            Some(index) => Ok(index),
        }
    }

    fn ordered(&mut self, field: &str, side: Side, bound: &str, path: &[usize]) -> Result<Filter, QueryError> {
        let index = self.compared(field, path)?;
        if bound.chars().count() > PATTERN_CHARS_MAX {
            let too_long = QueryErrorKind::TooMany { what: "characters in a bound", max: PATTERN_CHARS_MAX };
            return Err(query_error(QueryPart::FilterValue(path.to_vec(), None), too_long));
        }
        let unordered = || query_error(QueryPart::FilterField(path.to_vec()), QueryErrorKind::NotSortable);
        let predicate = predicate::ordered(self.fields[index].kind, side, bound).ok_or_else(unordered)?;
        Ok(Filter::Comparison(Comparison { field: index, predicate, path: path.to_vec() }))
    }

    fn comparison(
        &mut self,
        field: &str,
        operator: &str,
        value: &Literal,
        path: &[usize],
    ) -> Result<Filter, QueryError> {
        let index = self.compared(field, path)?;
        let field = &self.fields[index];
        let operator =
            Operator::read(operator).filter(|operator| operator.applies_to(field.kind)).ok_or_else(|| {
                query_error(
                    QueryPart::FilterOperator(path.to_vec()),
                    QueryErrorKind::Operator { allowed: Operator::names_for(field.kind) },
                )
            })?;
        let predicate = predicate::predicate(field.kind, operator, value, &mut self.patterns, self.numbers)
            .map_err(|error| query_error(QueryPart::FilterValue(path.to_vec(), error.element), error.kind))?;
        Ok(Filter::Comparison(Comparison { field: index, predicate, path: path.to_vec() }))
    }
}

fn sort_keys(fields: &[Field], asked: &[AskSort]) -> Result<Vec<SortBy>, QueryError> {
    if asked.len() > SORT_KEYS_MAX {
        return Err(query_error(QueryPart::Sort, QueryErrorKind::TooMany { what: "sort keys", max: SORT_KEYS_MAX }));
    }
    let key = |(index, key): (usize, &AskSort)| {
        let reject = |what| query_error(QueryPart::SortField(index), what);
        let field = position(fields, &key.field).ok_or_else(|| reject(QueryErrorKind::Unknown))?;
        if !fields[field].sortable {
            return Err(reject(QueryErrorKind::NotSortable));
        }
        Ok(SortBy { field, direction: key.direction })
    };
    asked.iter().enumerate().map(key).collect()
}

fn chosen(fields: &[Field], names: &[String]) -> Result<FieldSet, QueryError> {
    if names.is_empty() {
        return Ok(FieldSet::all(fields.len()));
    }
    let mut set = FieldSet(0);
    for (index, name) in names.iter().enumerate() {
        let field =
            position(fields, name).ok_or_else(|| query_error(QueryPart::Fields(index), QueryErrorKind::Unknown))?;
        set.0 |= 1 << field;
    }
    Ok(set)
}
