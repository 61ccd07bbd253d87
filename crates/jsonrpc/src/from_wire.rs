//! What clients send, made into what the floors below are asked: questions here, changes in the modules inside.
//!
//! Only the form is judged here: which members there are, which type they have. What a name means, whether
//! an operator fits, where a bound is broken, is for the planner to say; [`super::error_map`] leads its
//! refusals back to the dotted paths. Members that do not belong are refused before wrong types, wrong types
//! before wrong values, over all parameters, so a wrong value is kept until everything has been read.

use ringbook_book::query::ask::{Ask, AskFilter, AskSort, Condition, Direction, Literal};
use ringbook_book::query::plan::LIST_VALUES_MAX;

use super::mnemonic::{Mnemonic, RpcError};
use super::reader::{self, Reader};
use ringbook_json::{Json, Kind};

mod contact;
mod employee;
mod entry;
mod upload;
mod validation;
mod values;

pub use contact::{add_contact, drop_contacts, edit_contact};
pub use employee::{add_employee, edit_employee};
pub use entry::{add_group, add_organization, blacklist_entry, edit_group, rename_organization, the_id};
pub use upload::{Batch, path as upload_path, upload};
pub use values::id_number;

const FILTER: &str = "filter";
const SORT: &str = "sort";
const FIELDS: &str = "fields";
const LIMIT: &str = "limit";
const OFFSET: &str = "offset";

const SORT_MEMBERS: [&str; 2] = ["field", "order"];
const SIMPLE_MEMBERS: [&str; 3] = ["field", "operator", "value"];
const TREE_MEMBERS: [&str; 2] = ["filters", "condition"];

/// Reads the parameters that every question has.
pub fn ask(params: Reader<'_>) -> Result<Ask, RpcError> {
    let mut reader = FilterReader::default();
    let filter = params.given(FILTER);
    let sort = params.given(SORT);
    if let Some(filter) = filter {
        reader.refuse_strangers(filter)?;
    }
    if let Some(sort) = sort {
        refuse_strange_keys(sort)?;
    }
    let ask = Ask {
        filter: filter.map_or(Ok(AskFilter::Everything), |filter| reader.filter(filter))?,
        sort: sort.map_or(Ok(Vec::new()), |sort| reader.sort(sort))?,
        fields: params.given(FIELDS).map_or(Ok(Vec::new()), fields)?,
        limit: params.whole(LIMIT)?,
        offset: params.whole(OFFSET)?,
        ..Ask::default()
    };
    reader.late.map_or(Ok(ask), Err)
}

/// The dotted path of the filter that these positions lead to.
pub fn filter_path(trail: &[usize]) -> String {
    trail.iter().fold(FILTER.to_owned(), |path, place| format!("{path}.filters.{place}"))
}

/// What kind of filter an object is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Shape {
    Everything,
    Simple,
    Tree,
}

/// The members of a filter, found in one pass; the last of equal names counts.
#[derive(Debug, Clone, Copy, Default)]
struct FilterMembers<'d> {
    field: Option<Json<'d>>,
    operator: Option<Json<'d>>,
    value: Option<Json<'d>>,
    filters: Option<Json<'d>>,
    condition: Option<Json<'d>>,
    /// The first member that no filter has: name and value.
    unknown_member: Option<(Json<'d>, Json<'d>)>,
}

impl<'d> FilterMembers<'d> {
    fn of(filter: Json<'d>) -> Self {
        let mut parts = FilterMembers::default();
        for (name, value) in filter.members() {
            match name.text().as_deref() {
                Some("field") => parts.field = Some(value),
                Some("operator") => parts.operator = Some(value),
                Some("value") => parts.value = Some(value),
                Some("filters") => parts.filters = Some(value),
                Some("condition") => parts.condition = Some(value),
                _ => parts.unknown_member = parts.unknown_member.or(Some((name, value))),
            }
        }
        parts
    }

    fn simple(&self) -> [(&'static str, Option<Json<'d>>); 3] {
        [("field", self.field), ("operator", self.operator), ("value", self.value)]
    }

    fn tree(&self) -> [(&'static str, Option<Json<'d>>); 2] {
        [("filters", self.filters), ("condition", self.condition)]
    }

    fn shape(&self) -> Shape {
        if self.filters.is_some_and(|filters| !filters.is_null()) {
            Shape::Tree
        } else if self.simple().iter().any(|(_, value)| value.is_some()) {
            Shape::Simple
        } else if self.tree().iter().any(|(_, value)| value.is_some()) {
            Shape::Tree
        } else {
            Shape::Everything
        }
    }

    /// The first member that belongs to the other shape. Null ones are passed over: typed clients send
    /// every member they know.
    fn misplaced(&self) -> Option<(&'static str, Json<'d>)> {
        let given = |(name, value): (_, Option<Json<'d>>)| Some((name, value?));
        let not_null = |(_, value): &(_, Json<'d>)| !value.is_null();
        match self.shape() {
            Shape::Everything => None,
            Shape::Simple => self.tree().into_iter().filter_map(given).find(not_null),
            Shape::Tree => self.simple().into_iter().filter_map(given).find(not_null),
        }
    }
}

/// The reading of one question's filter and sort.
#[derive(Default)]
struct FilterReader {
    /// Positions that lead to the filter being read.
    trail: Vec<usize>,
    /// The first wrong value.
    late: Option<RpcError>,
}

impl FilterReader {
    fn path(&self, member: &str) -> String {
        format!("{}.{member}", filter_path(&self.trail))
    }

    fn mistyped(&self, member: &str, value: Json<'_>) -> RpcError {
        RpcError::at(Mnemonic::DataTypeError, self.path(member)).sent(Some(value))
    }

    fn missed(&self, member: &str) -> RpcError {
        RpcError::at(Mnemonic::RequiredParameterMissed, self.path(member))
    }

    fn refuse_strangers(&mut self, filter: Json<'_>) -> Result<(), RpcError> {
        let parts = FilterMembers::of(filter);
        let outer = filter_path(&self.trail);
        if let Some((name, value)) = parts.unknown_member {
            let allowed = SIMPLE_MEMBERS.into_iter().chain(TREE_MEMBERS);
            return Err(reader::unexpected(name, value).inside(&outer).allowing(allowed));
        }
        if let Some((name, value)) = parts.misplaced() {
            let error = RpcError::at(Mnemonic::UnexpectedParameters, self.path(name)).sent(Some(value));
            return Err(match parts.shape() {
                Shape::Tree => error.allowing(TREE_MEMBERS),
                Shape::Simple | Shape::Everything => error.allowing(SIMPLE_MEMBERS),
            });
        }
        let inner = parts.filters.map(Json::elements);
        for (place, filter) in inner.into_iter().flatten().enumerate() {
            self.trail.push(place);
            self.refuse_strangers(filter)?;
            self.trail.pop();
        }
        Ok(())
    }

    fn filter(&mut self, filter: Json<'_>) -> Result<AskFilter, RpcError> {
        if filter.is_null() || filter.is_hollow() {
            return Ok(AskFilter::Everything);
        }
        if filter.kind() != Kind::Object {
            let path = filter_path(&self.trail);
            return Err(RpcError::at(Mnemonic::DataTypeError, path).sent(Some(filter)));
        }
        let parts = FilterMembers::of(filter);
        match parts.shape() {
            Shape::Everything => Ok(AskFilter::Everything),
            Shape::Simple => self.simple(&parts),
            Shape::Tree => self.tree(&parts),
        }
    }

    fn simple(&self, parts: &FilterMembers<'_>) -> Result<AskFilter, RpcError> {
        Ok(AskFilter::Simple {
            field: self.name("field", parts.field)?,
            operator: self.name("operator", parts.operator)?,
            value: parts.value.map_or(Literal::Null, literal),
        })
    }

    fn name(&self, member: &str, value: Option<Json<'_>>) -> Result<String, RpcError> {
        let value = value.ok_or_else(|| self.missed(member))?;
        let name = value.text().ok_or_else(|| self.mistyped(member, value))?;
        Ok(name.into_owned())
    }

    fn tree(&mut self, parts: &FilterMembers<'_>) -> Result<AskFilter, RpcError> {
        let list = parts.filters.ok_or_else(|| self.missed("filters"))?;
        if list.kind() != Kind::List {
            return Err(self.mistyped("filters", list));
        }
        let mut filters = Vec::new();
        for (place, filter) in list.elements().enumerate() {
            self.trail.push(place);
            filters.push(self.filter(filter)?);
            self.trail.pop();
        }
        let condition = match parts.condition {
            Some(condition) if !condition.is_null() => self.condition(condition)?,
            _ => None,
        };
        Ok(AskFilter::Tree { filters, condition })
    }

    fn condition(&mut self, value: Json<'_>) -> Result<Option<Condition>, RpcError> {
        let name = value.text().ok_or_else(|| self.mistyped("condition", value))?;
        match &*name {
            "and" => return Ok(Some(Condition::And)),
            "or" => return Ok(Some(Condition::Or)),
            _ => {}
        }
        let path = self.path("condition");
        self.keep(path, value, "one of: and, or");
        Ok(None)
    }

    /// Keeps the first wrong value until all types are known to be right.
    fn keep(&mut self, path: String, value: Json<'_>, reason: &str) {
        self.late.get_or_insert_with(|| {
            let fault = RpcError::at(Mnemonic::InvalidParameterValue, path);
            fault.sent(Some(value)).because(reason)
        });
    }

    fn sort(&mut self, sort: Json<'_>) -> Result<Vec<AskSort>, RpcError> {
        if sort.kind() != Kind::List && !sort.is_hollow() {
            return Err(RpcError::at(Mnemonic::DataTypeError, SORT).sent(Some(sort)));
        }
        let keys = sort.elements().enumerate();
        keys.map(|(place, key)| self.sort_key(&format!("{SORT}.{place}"), key)).collect()
    }

    fn sort_key(&mut self, path: &str, key: Json<'_>) -> Result<AskSort, RpcError> {
        let mistyped = |path: &str, value| RpcError::at(Mnemonic::DataTypeError, path).sent(Some(value));
        if key.kind() != Kind::Object {
            return Err(mistyped(path, key));
        }
        let field_path = format!("{path}.field");
        let field = key.member("field").ok_or_else(|| RpcError::at(Mnemonic::RequiredParameterMissed, &*field_path))?;
        let name = field.text().ok_or_else(|| mistyped(&field_path, field))?;
        Ok(AskSort {
            field: name.into_owned(),
            direction: self.direction(format!("{path}.order"), key.member("order"))?,
        })
    }

    fn direction(&mut self, path: String, order: Option<Json<'_>>) -> Result<Direction, RpcError> {
        let Some(order) = order.filter(|order| !order.is_null()) else {
            return Ok(Direction::default());
        };
        match order.text().as_deref() {
            Some("asc") => return Ok(Direction::Ascending),
            Some("desc") => return Ok(Direction::Descending),
            Some(_) => self.keep(path, order, "one of: asc, desc"),
            None => return Err(RpcError::at(Mnemonic::DataTypeError, path).sent(Some(order))),
        }
        Ok(Direction::default())
    }
}

fn refuse_strange_keys(sort: Json<'_>) -> Result<(), RpcError> {
    for (place, key) in sort.elements().enumerate() {
        let unknown_member = key.members().find(|(name, _)| !SORT_MEMBERS.iter().any(|known| name.is_text(known)));
        if let Some((name, value)) = unknown_member {
            let error = reader::unexpected(name, value).inside(&format!("{SORT}.{place}"));
            return Err(error.allowing(SORT_MEMBERS));
        }
    }
    Ok(())
}

fn fields(fields: Json<'_>) -> Result<Vec<String>, RpcError> {
    let mistyped = |value| RpcError::at(Mnemonic::DataTypeError, FIELDS).sent(Some(value));
    if fields.kind() != Kind::List {
        return Err(mistyped(fields));
    }
    let names = fields.elements();
    names.map(|name| Ok(name.text().ok_or_else(|| mistyped(name))?.into_owned())).collect()
}

/// What a filter compares with. Of a list too long, one element too many is enough for the planner.
fn literal(value: Json<'_>) -> Literal {
    match value.kind() {
        Kind::List => Literal::List(value.elements().take(LIST_VALUES_MAX + 1).map(element).collect()),
        _ => element(value),
    }
}

/// An element of a list, or a value that is no list; no operator takes a list in a list.
fn element(value: Json<'_>) -> Literal {
    match value.kind() {
        Kind::Null => Literal::Null,
        Kind::Boolean => Literal::Boolean(value.boolean() == Some(true)),
        Kind::Number => Literal::Number(value.number().unwrap_or_default().to_owned()),
        Kind::Text => Literal::Text(value.text().unwrap_or_default().into_owned()),
        Kind::List | Kind::Object => Literal::Object,
    }
}
