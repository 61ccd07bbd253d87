//! Evaluates a filter over the contacts of a chunk, column by column.
//!
//! A filter is first compiled for a snapshot: comparisons with an organization, a manager or groups are evaluated once
//! for every organization, manager and set of groups, and become look-ups by slot. The other comparisons read the
//! columns of the chunk, cheap ones first, and only the rows that matched all comparisons before.

use std::ops::Range;

use pg_regex::{Like, StepLimitError};

use super::bitmap::Bitmap;
use super::budget::Budget;
use super::evaluate::{JSON_NODE_BYTES, holds, quantified};
use super::field::contact as field;
use super::filter::{Comparison, Filter};
use super::json::{JsonValue, PhoneList};
use super::predicate::{Predicate, Quantifier, TextPredicate};
use super::query_error::QueryError;
use super::value::{Objects, Value};
use crate::book::chunk::{Chunk, Link};
use crate::book::member_listing::ORGANIZATIONS_COMPARED_MAX;
use crate::book::{Book, GroupSet};
use crate::text::{PHONE_DIGITS_MAX, PhoneSuffix, unpacked};

/// Maximum number of names that a regular expression scans before the runner is asked whether to continue.
const SCANNED_ROWS_MAX: usize = 256;

/// Maximum number of names of organizations that are searched before the runner is asked whether to continue.
const SCANNED_ORGANIZATIONS_MAX: usize = 4_096;

/// Estimated time of comparing the last digits of the numbers of a contact, in nanoseconds.
const SUFFIX_NANOS: u64 = 10;

/// A filter compiled for a snapshot.
pub enum CompiledFilter<'p> {
    /// Matches every contact.
    Everything,
    /// Matches if all match.
    All(Vec<CompiledFilter<'p>>),
    /// Matches if at least one matches.
    Any(Vec<CompiledFilter<'p>>),
    /// The result by [`Link::index`] of a column.
    ByLink(LinkColumn, Vec<bool>),
    /// A comparison with columns of the contact itself.
    Column(&'p Comparison),
}

/// A column of links to a table.
#[derive(Debug, Clone, Copy)]
pub enum LinkColumn {
    /// Personal managers.
    Manager,
    /// Organizations.
    Organization,
    /// Sets of groups.
    Groups,
}

impl LinkColumn {
    fn of(self, chunk: &Chunk) -> &[Link] {
        match self {
            Self::Manager => &chunk.managers,
            Self::Organization => &chunk.organizations,
            Self::Groups => &chunk.groups,
        }
    }
}

/// Compiles a filter for a snapshot.
///
/// # Errors
///
/// The budget is exhausted, or the runner stops.
pub fn compile<'p>(filter: &'p Filter, book: &Book, budget: &mut Budget<'_>) -> Result<CompiledFilter<'p>, QueryError> {
    Ok(match filter {
        Filter::Everything => CompiledFilter::Everything,
        Filter::All(filters) => {
            let mut compiled = compile_all(filters, book, budget)?;
            compiled.sort_by_key(cost);
            CompiledFilter::All(compiled)
        }
        Filter::Any(filters) => CompiledFilter::Any(compile_all(filters, book, budget)?),
        Filter::Comparison(comparison) => compile_comparison(comparison, book, budget)?,
    })
}

fn compile_all<'p>(
    filters: &'p [Filter],
    book: &Book,
    budget: &mut Budget<'_>,
) -> Result<Vec<CompiledFilter<'p>>, QueryError> {
    filters.iter().map(|filter| compile(filter, book, budget)).collect()
}

fn compile_comparison<'p>(
    comparison: &'p Comparison,
    book: &Book,
    budget: &mut Budget<'_>,
) -> Result<CompiledFilter<'p>, QueryError> {
    let (column, slots) = match comparison.field {
        field::MANAGER_ID | field::MANAGER_FULL_NAME => (LinkColumn::Manager, book.employees.slots()),
        field::ORGANIZATION_ID | field::ORGANIZATION_NAME => (LinkColumn::Organization, book.organizations.slots()),
        field::GROUPS => (LinkColumn::Groups, book.group_sets.slots()),
        _ => return Ok(CompiledFilter::Column(comparison)),
    };
    if let (field::ORGANIZATION_NAME, Predicate::Text(predicate @ TextPredicate::Like(pattern))) =
        (comparison.field, &comparison.predicate)
        && book.organizations.len() > ORGANIZATIONS_COMPARED_MAX
    {
        return Ok(CompiledFilter::ByLink(column, like_organizations(comparison, predicate, pattern, book, budget)?));
    }
    let absent = if comparison.field == field::GROUPS { Value::Objects(&NO_CONTACT_GROUPS) } else { Value::Null };
    let mut matches = Vec::with_capacity(slots + 1);
    matches.push(holds(comparison, absent, budget)?);
    for slot in 0..slots {
        let set;
        let value = match comparison.field {
            field::MANAGER_ID => book.employees.at(slot).map(|row| number(row.employee.id.number())),
            field::MANAGER_FULL_NAME => book.employees.at(slot).map(|row| Value::Text(&row.full_name)),
            field::ORGANIZATION_ID => book.organizations.at(slot).map(|row| number(row.id.number())),
            field::ORGANIZATION_NAME => book.organizations.at(slot).map(|row| Value::Text(row.name.as_str())),
            _ => match book.group_sets.at(slot) {
                None => None,
                Some(slots) => {
                    set = ContactGroups { book, slots };
                    Some(Value::Objects(&set))
                }
            },
        };
        matches.push(match value {
            Some(value) => holds(comparison, value, budget)?,
            None => false,
        });
    }
    Ok(CompiledFilter::ByLink(column, matches))
}

/// Whether the name of each organization matches a pattern, by [`Link::index`].
fn like_organizations(
    comparison: &Comparison,
    predicate: &TextPredicate,
    pattern: &Like,
    book: &Book,
    budget: &mut Budget<'_>,
) -> Result<Vec<bool>, QueryError> {
    let mut matches = vec![false; book.organizations.slots() + 1];
    let names = book.organization_text();
    let mut line = 0;
    while line < names.slots.len() {
        let lines = line..names.slots.len().min(line + SCANNED_ORGANIZATIONS_MAX);
        let mut from = names.ends[..line].last().map_or(0, |end| *end as usize);
        let end = names.ends[lines.end - 1] as usize;
        budget.charge_lines(comparison, predicate, lines.len(), end - from)?;
        // Without the last line feed, after which another line would begin.
        while let Some(found) = pattern.find_in_lines(&names.text[..end - 1], from).filter(|_| line < lines.end) {
            line += names.ends[line..lines.end].partition_point(|end| *end as usize <= found);
            if line >= lines.end {
                break;
            }
            matches[names.slots[line] as usize + 1] = true;
            from = names.ends[line] as usize;
            line += 1;
        }
        line = lines.end;
    }
    Ok(matches)
}

fn number<'a>(id: u64) -> Value<'a> {
    Value::Number(id.cast_signed())
}

/// The rank of a filter in the order of evaluation: cheap ones first.
fn cost(filter: &CompiledFilter<'_>) -> u8 {
    match filter {
        CompiledFilter::Everything => 0,
        CompiledFilter::ByLink(..) => 1,
        CompiledFilter::Column(comparison) => match &comparison.predicate {
            Predicate::Never
            | Predicate::IsNull
            | Predicate::IsNotNull
            | Predicate::Number(_)
            | Predicate::Boolean(_)
            | Predicate::Ids(..) => 2,
            Predicate::Phones(..) => 3,
            Predicate::Text(predicate) | Predicate::Texts(_, predicate) => match predicate {
                TextPredicate::Equal(_)
                | TextPredicate::NotEqual(_)
                | TextPredicate::OneOf(_)
                | TextPredicate::NoneOf(_)
                | TextPredicate::Ordered(..) => 4,
                TextPredicate::Like(_) | TextPredicate::NotLike(_) => 5,
                TextPredicate::Regexp(_) => 9,
            },
            Predicate::JsQuery(_) => 6,
        },
        CompiledFilter::All(_) | CompiledFilter::Any(_) => 8,
    }
}

impl CompiledFilter<'_> {
    /// The contacts in `rows` that match.
    ///
    /// # Errors
    ///
    /// The budget is exhausted, or the runner stops.
    pub fn select(&self, chunk: &Chunk, rows: &Bitmap, budget: &mut Budget<'_>) -> Result<Bitmap, QueryError> {
        match self {
            Self::Everything => Ok(*rows),
            Self::All(parts) => {
                let mut left = *rows;
                for part in parts {
                    if left.is_empty() {
                        break;
                    }
                    left = part.select(chunk, &left, budget)?;
                }
                Ok(left)
            }
            Self::Any(parts) => {
                let mut found = Bitmap::NONE;
                for part in parts {
                    let open = rows.without(&found);
                    if open.is_empty() {
                        break;
                    }
                    found = found.or(&part.select(chunk, &open, budget)?);
                }
                Ok(found)
            }
            Self::ByLink(column, matches) => {
                let links = column.of(chunk);
                Ok(rows.filter(|row| matches[links[row].index()]))
            }
            Self::Column(comparison) => compare_column(comparison, chunk, rows, budget),
        }
    }
}

fn compare_column(
    comparison: &Comparison,
    chunk: &Chunk,
    rows: &Bitmap,
    budget: &mut Budget<'_>,
) -> Result<Bitmap, QueryError> {
    match comparison.field {
        field::ID => each(rows, |row| holds(comparison, Value::Number(chunk.id(row).cast_signed()), budget)),
        field::LAST_NAME | field::FIRST_NAME | field::FULL_NAME => names(comparison, chunk, rows, budget),
        field::PHONE_NUMBERS => phones(comparison, chunk, rows, budget),
        field::EMAILS => emails(comparison, chunk, rows, budget),
        // The other fields are compared by their links; a patronymic cannot be filtered by.
        _ => Ok(Bitmap::NONE),
    }
}

fn name_of(field: usize, chunk: &Chunk, row: usize) -> Option<&str> {
    match field {
        field::LAST_NAME => Some(chunk.last_name(row)),
        field::FIRST_NAME => chunk.first_name(row),
        _ => Some(chunk.full_name(row)),
    }
}

fn names(comparison: &Comparison, chunk: &Chunk, rows: &Bitmap, budget: &mut Budget<'_>) -> Result<Bitmap, QueryError> {
    let column = comparison.field;
    let is_scannable = column == field::FULL_NAME && is_dense(chunk, rows);
    let predicate = match &comparison.predicate {
        Predicate::IsNull => return Ok(rows.filter(|row| name_of(column, chunk, row).is_none())),
        Predicate::IsNotNull => return Ok(rows.filter(|row| name_of(column, chunk, row).is_some())),
        Predicate::Text(predicate) => predicate,
        _ => return Ok(Bitmap::NONE),
    };
    match predicate {
        TextPredicate::Like(pattern) | TextPredicate::NotLike(pattern) if is_scannable => {
            budget.charge_lines(comparison, predicate, chunk.len(), chunk.names.len())?;
            let found =
                scan_names(chunk, 0..chunk.len(), |from, to| Ok(pattern.find_in_lines(&chunk.names[..to], from)));
            let found = found.map_err(|_| comparison.too_slow())?;
            let is_negated = matches!(predicate, TextPredicate::NotLike(_));
            Ok(if is_negated { rows.without(&found) } else { rows.and(&found) })
        }
        TextPredicate::Regexp(pattern) if is_scannable => {
            let mut found = Bitmap::NONE;
            for start in (0..chunk.len()).step_by(SCANNED_ROWS_MAX) {
                let part = start..chunk.len().min(start + SCANNED_ROWS_MAX);
                let bytes = chunk.name_range(part.end - 1).end - chunk.name_range(start).start;
                budget.charge_lines(comparison, predicate, part.len(), bytes)?;
                let scanned = budget.try_lines(comparison, |steps| {
                    scan_names(chunk, part.clone(), |from, to| pattern.find_in_lines(&chunk.names[..to], from, steps))
                })?;
                let part = Bitmap::range(part.start, part.end).and(rows);
                found = found.or(&match scanned {
                    Some(scanned) => scanned.and(&part),
                    None => each(&part, |row| budget.holds(comparison, predicate, chunk.full_name(row)))?,
                });
            }
            Ok(found)
        }
        _ => each(rows, |row| match name_of(column, chunk, row) {
            Some(name) => budget.holds(comparison, predicate, name),
            None => Ok(false),
        }),
    }
}

/// Whether scanning the whole column is faster than reading each row: from 1/8 of the rows on.
fn is_dense(chunk: &Chunk, rows: &Bitmap) -> bool {
    rows.count() * 8 >= chunk.len()
}

/// Scans these rows of the column of full names for lines that match: `next` finds a place in the next one, given where
/// to begin and where to end. After a match the scan continues with the next name.
fn scan_names(
    chunk: &Chunk,
    rows: Range<usize>,
    mut next: impl FnMut(usize, usize) -> Result<Option<usize>, StepLimitError>,
) -> Result<Bitmap, StepLimitError> {
    let mut found = Bitmap::NONE;
    if rows.is_empty() {
        return Ok(found);
    }
    let (mut from, mut row) = (chunk.name_range(rows.start).start, rows.start);
    let to = chunk.name_range(rows.end - 1).end;
    while row < rows.end {
        let Some(end) = next(from, to)? else { break };
        row = chunk.row_of_name_byte(end, row);
        if row >= rows.end {
            break;
        }
        found.set(row);
        from = chunk.name_ends[row] as usize;
        row += 1;
    }
    Ok(found)
}

fn phones(
    comparison: &Comparison,
    chunk: &Chunk,
    rows: &Bitmap,
    budget: &mut Budget<'_>,
) -> Result<Bitmap, QueryError> {
    match &comparison.predicate {
        Predicate::Phones(quantifier, wanted) => Ok(rows.filter(|row| {
            let has = chunk.phones_of(row).iter().any(|phone| wanted.binary_search(phone).is_ok());
            quantified(*quantifier, has)
        })),
        Predicate::JsQuery(query) => each(rows, |row| {
            let phones = chunk.phones_of(row);
            budget.charge_value(comparison, phones.len() * JSON_NODE_BYTES)?;
            Ok(query.matches(PhoneList::All(phones)))
        }),
        Predicate::Texts(quantifier, TextPredicate::Like(pattern)) if PhoneSuffix::of(pattern).is_some() => {
            let Some(suffix) = PhoneSuffix::of(pattern) else { return Ok(Bitmap::NONE) };
            budget.charge(comparison, SUFFIX_NANOS * rows.count() as u64)?;
            Ok(rows
                .filter(|row| quantified(*quantifier, chunk.phones_of(row).iter().any(|packed| suffix.ends(*packed)))))
        }
        Predicate::Texts(quantifier, predicate) => each(rows, |row| {
            let mut buffer = [0; PHONE_DIGITS_MAX + 1];
            for packed in chunk.phones_of(row) {
                if budget.holds(comparison, predicate, unpacked(*packed, &mut buffer))? {
                    return Ok(quantified(*quantifier, true));
                }
            }
            Ok(quantified(*quantifier, false))
        }),
        Predicate::IsNotNull => Ok(*rows),
        _ => Ok(Bitmap::NONE),
    }
}

fn emails(
    comparison: &Comparison,
    chunk: &Chunk,
    rows: &Bitmap,
    budget: &mut Budget<'_>,
) -> Result<Bitmap, QueryError> {
    match &comparison.predicate {
        Predicate::IsNull => Ok(rows.filter(|row| chunk.has_no_email(row))),
        Predicate::IsNotNull => Ok(rows.filter(|row| !chunk.has_no_email(row))),
        Predicate::Texts(quantifier, predicate @ TextPredicate::Like(pattern)) if is_dense(chunk, rows) => {
            budget.charge_lines(comparison, predicate, chunk.len(), chunk.emails.len())?;
            let found = scan_emails(chunk, pattern);
            Ok(match quantifier {
                Quantifier::Any => rows.and(&found),
                Quantifier::None => rows.without(&found),
            })
        }
        Predicate::Texts(quantifier, predicate) => each(rows, |row| {
            Ok(quantified(*quantifier, budget.any_holds(comparison, predicate, chunk.emails_of(row))?))
        }),
        Predicate::JsQuery(query) => each(rows, |row| {
            let lines = chunk.email_lines(row);
            budget.charge_value(comparison, lines.len())?;
            Ok(query.matches(JsonValue::Lines(lines)))
        }),
        _ => Ok(Bitmap::NONE),
    }
}

/// Scans the column of e-mail addresses for rows with an address that matches. After a match the scan continues with the
/// next row.
fn scan_emails(chunk: &Chunk, pattern: &Like) -> Bitmap {
    let mut found = Bitmap::NONE;
    let (mut from, mut row) = (0, 0);
    while let Some(at) = pattern.find_in_lines(&chunk.emails, from) {
        row = chunk.row_of_email_byte(at, row);
        if row >= chunk.len() {
            break;
        }
        found.set(row);
        from = chunk.email_ends[row] as usize;
        row += 1;
    }
    found
}

/// The rows for which the predicate is true.
fn each(rows: &Bitmap, mut predicate: impl FnMut(usize) -> Result<bool, QueryError>) -> Result<Bitmap, QueryError> {
    let mut kept = Bitmap::NONE;
    for row in rows.iter() {
        if predicate(row)? {
            kept.set(row);
        }
    }
    Ok(kept)
}

/// The groups of a contact as a list of objects.
pub(super) struct ContactGroups<'a> {
    pub(super) book: &'a Book,
    pub(super) slots: &'a GroupSet,
}

impl Objects for ContactGroups<'_> {
    fn len(&self) -> usize {
        self.slots.len()
    }

    fn members(&self) -> &'static [&'static str] {
        &["group_id", "group_name"]
    }

    fn value(&self, object: usize, member: usize) -> Value<'_> {
        let Some(group) = self.book.groups.at(self.slots[object] as usize) else {
            return Value::Null;
        };
        match member {
            0 => Value::Number(group.id.number().cast_signed()),
            _ => Value::Text(group.name.as_str()),
        }
    }

    fn id(&self, object: usize) -> u64 {
        self.book.groups.at(self.slots[object] as usize).map_or(0, |group| group.id.number())
    }
}

/// The groups of a contact without groups.
static NO_CONTACT_GROUPS: NoContactGroups = NoContactGroups;

struct NoContactGroups;

impl Objects for NoContactGroups {
    fn len(&self) -> usize {
        0
    }

    fn members(&self) -> &'static [&'static str] {
        &[]
    }

    fn value(&self, _object: usize, _member: usize) -> Value<'_> {
        Value::Null
    }

    fn id(&self, _object: usize) -> u64 {
        0
    }
}
