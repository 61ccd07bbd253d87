//! Judges a question and turns it into a plan: every name resolved, every pattern compiled, every bound
//! checked. Whoever holds a [`Plan`] can run it without meeting anything new.

pub use pg_regex::PATTERN_CHARS_MAX;
use pg_regex::SizeBudget;

use super::ask::{Ask, AskFilter, AskSort, Condition, Direction, Literal};
use super::fault::{Part, QueryError, Wrong};
use super::field::{Field, position};
use super::merging;
use super::operator::Operator;
use super::reading;
use super::window::{LIMIT_MAX, OFFSET_MAX, Window, WindowFault};

/// Most trees inside each other.
pub const FILTER_DEPTH_MAX: usize = 16;
/// Most simple filters in one question.
pub const SIMPLE_FILTERS_MAX: usize = 1_000;
/// Most values in one list.
pub const LIST_VALUES_MAX: usize = 10_000;
/// Most keys of a sort.
pub const SORT_KEYS_MAX: usize = 8;

/// Which members of a record are answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FieldSet(u64);

impl FieldSet {
    /// Every member of a table of `count` fields, at most 64.
    pub fn all(count: usize) -> Self {
        Self(u64::MAX >> (64 - count))
    }

    /// Whether the member at this place of the field table is answered.
    pub fn has(self, place: usize) -> bool {
        self.0 >> place & 1 == 1
    }
}

/// One key of a sort.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SortBy {
    /// Place of the field in its table.
    pub field: usize,
    /// Up or down.
    pub direction: Direction,
}

/// A filter whose every name and value is known to be good.
#[derive(Debug)]
pub enum Node {
    /// Holds for every record.
    Everything,
    /// Holds when all hold.
    All(Vec<Node>),
    /// Holds when one holds.
    Any(Vec<Node>),
    /// One comparison.
    Leaf(Leaf),
}

impl Node {
    fn looks_at(&self, field: usize) -> bool {
        match self {
            Self::Everything => false,
            Self::All(nodes) | Self::Any(nodes) => nodes.iter().any(|node| node.looks_at(field)),
            Self::Leaf(leaf) => leaf.field == field,
        }
    }
}

/// One comparison.
#[derive(Debug)]
pub struct Leaf {
    /// Place of the field in its table.
    pub field: usize,
    /// What its value must be.
    pub test: reading::Test,
    /// Where in the question it stands.
    pub at: Vec<usize>,
}

/// A question that can be run.
#[derive(Debug)]
pub struct Plan {
    fields: &'static [Field],
    filter: Node,
    simple: usize,
    regexps: usize,
    sort: Vec<SortBy>,
    window: Window,
    chosen: FieldSet,
}

impl Plan {
    /// The table that the places in the plan belong to.
    pub fn table(&self) -> &'static [Field] {
        self.fields
    }

    /// The filter.
    pub fn filter(&self) -> &Node {
        &self.filter
    }

    /// The filter, taken out.
    #[cfg(test)]
    pub(super) fn into_filter(self) -> Node {
        self.filter
    }

    /// How many comparisons there are in the filter.
    pub fn comparisons(&self) -> usize {
        self.simple
    }

    /// How many of them match a regular expression.
    pub fn regexps(&self) -> usize {
        self.regexps
    }

    /// The sort; ties, and everything when it is empty, go by id.
    pub fn sort(&self) -> &[SortBy] {
        &self.sort
    }

    /// Sorts what is equal in every key so far by another one, unless it is among them.
    pub fn sort_last_by(&mut self, by: SortBy) {
        if self.sort.iter().all(|key| key.field != by.field) {
            self.sort.push(by);
        }
    }

    /// Whether the filter looks at the field at this place.
    pub fn filters_by(&self, field: usize) -> bool {
        self.filter.looks_at(field)
    }

    /// Which of the matching records are answered.
    pub fn window(&self) -> Window {
        self.window
    }

    /// Which of their members are answered.
    pub fn fields(&self) -> FieldSet {
        self.chosen
    }
}

/// Judges `ask` against a field table of at most 64 fields.
///
/// # Errors
///
/// The first thing that is wrong: fields and operators and values of the filter in the order in which they
/// stand, then the sort, the members, the limit and the offset.
pub fn plan(fields: &'static [Field], ask: &Ask) -> Result<Plan, QueryError> {
    let regexps = ask.filter.regexps();
    let mut planner = Planner { fields, simple: 0, size: SizeBudget::shared_by(regexps) };
    let filter = planner.filter(&ask.filter, &mut Vec::new())?;
    let sort = sort_keys(fields, &ask.sort)?;
    let chosen = chosen(fields, &ask.fields)?;
    let window = Window::new(ask.limit, ask.offset).map_err(|fault| match fault {
        WindowFault::Limit => wrong(Part::Limit, Wrong::OutOfRange { max: LIMIT_MAX }),
        WindowFault::Offset => wrong(Part::Offset, Wrong::OutOfRange { max: OFFSET_MAX }),
    })?;
    Ok(Plan { fields, filter, simple: planner.simple, regexps, sort, window, chosen })
}

fn wrong(part: Part, wrong: Wrong) -> QueryError {
    QueryError { part, wrong }
}

struct Planner {
    fields: &'static [Field],
    simple: usize,
    size: SizeBudget,
}

impl Planner {
    /// `at` holds the positions that lead to this filter; it is left as it was found.
    fn filter(&mut self, ask: &AskFilter, at: &mut Vec<usize>) -> Result<Node, QueryError> {
        match ask {
            AskFilter::Everything => Ok(Node::Everything),
            AskFilter::Simple { field, operator, value } => self.simple(field, operator, value, at),
            AskFilter::Tree { filters, condition } => self.tree(filters, *condition, at),
        }
    }

    fn tree(
        &mut self,
        filters: &[AskFilter],
        condition: Option<Condition>,
        at: &mut Vec<usize>,
    ) -> Result<Node, QueryError> {
        if at.len() >= FILTER_DEPTH_MAX {
            let too_many = Wrong::TooMany { what: "filters inside each other", max: FILTER_DEPTH_MAX };
            return Err(wrong(Part::Filter(at.clone()), too_many));
        }
        let condition = match condition {
            Some(condition) => condition,
            None if filters.len() < 2 => Condition::And,
            None => return Err(wrong(Part::FilterCondition(at.clone()), Wrong::Missing)),
        };
        let mut nodes = Vec::with_capacity(filters.len().min(SIMPLE_FILTERS_MAX));
        for (position, filter) in filters.iter().enumerate() {
            at.push(position);
            nodes.push(self.filter(filter, at)?);
            at.pop();
        }
        let mut nodes = match condition {
            Condition::And => merging::conditions(nodes),
            Condition::Or => merging::alternatives(nodes),
        };
        Ok(match (condition, nodes.len()) {
            (_, 0) => Node::Everything,
            (_, 1) => nodes.remove(0),
            (Condition::And, _) => Node::All(nodes),
            (Condition::Or, _) => Node::Any(nodes),
        })
    }

    fn simple(&mut self, field: &str, operator: &str, value: &Literal, at: &[usize]) -> Result<Node, QueryError> {
        self.simple += 1;
        if self.simple > SIMPLE_FILTERS_MAX {
            let too_many = Wrong::TooMany { what: "simple filters", max: SIMPLE_FILTERS_MAX };
            return Err(wrong(Part::Filter(at.to_vec()), too_many));
        }
        let at_field = |what| Err(wrong(Part::FilterField(at.to_vec()), what));
        let Some(place) = position(self.fields, field) else {
            return at_field(Wrong::Unknown);
        };
        let field = &self.fields[place];
        if !field.filterable {
            return at_field(Wrong::NotFilterable);
        }
        let operator = Operator::read(operator).filter(|operator| operator.suits(field.kind)).ok_or_else(|| {
            wrong(Part::FilterOperator(at.to_vec()), Wrong::Operator { allowed: Operator::suiting(field.kind) })
        })?;
        let test = reading::test(field.kind, operator, value, self.size)
            .map_err(|bad| wrong(Part::FilterValue(at.to_vec(), bad.element), bad.wrong))?;
        Ok(Node::Leaf(Leaf { field: place, test, at: at.to_vec() }))
    }
}

fn sort_keys(fields: &[Field], asked: &[AskSort]) -> Result<Vec<SortBy>, QueryError> {
    if asked.len() > SORT_KEYS_MAX {
        return Err(wrong(Part::Sort, Wrong::TooMany { what: "sort keys", max: SORT_KEYS_MAX }));
    }
    let key = |(at, key): (usize, &AskSort)| {
        let refuse = |what| wrong(Part::SortField(at), what);
        let field = position(fields, &key.field).ok_or_else(|| refuse(Wrong::Unknown))?;
        if !fields[field].sortable {
            return Err(refuse(Wrong::NotSortable));
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
    for (at, name) in names.iter().enumerate() {
        let place = position(fields, name).ok_or_else(|| wrong(Part::Fields(at), Wrong::Unknown))?;
        set.0 |= 1 << place;
    }
    Ok(set)
}
