//! Employees, with the members that belong to other parts of a telephone system, which are always empty.

use super::Listing;
use crate::book::{Book, EmployeeRow};
use crate::employee::{EmployeePhone, PhoneStatus};
use crate::query::field::{EMPLOYEE, Field, Kind};
use crate::query::plan::Plan;
use crate::query::value::{Objects, Record, Value};
use crate::text::{Email, Name};

/// The employees of a book.
#[derive(Debug)]
pub struct Employees;

/// An employee, by the field table.
#[derive(Debug, Clone, Copy)]
pub struct EmployeeRecord<'b> {
    known: &'b EmployeeRow,
    phones: Phones<'b>,
}

/// The phones of an employee.
#[derive(Debug, Clone, Copy)]
struct Phones<'b>(&'b [EmployeePhone]);

/// The groups of an employee: there are none.
#[derive(Debug, Clone, Copy)]
struct NoGroups;

impl Listing for Employees {
    type Record<'b> = EmployeeRecord<'b>;

    fn fields() -> &'static [Field] {
        &EMPLOYEE
    }

    fn looks(book: &Book, _plan: &Plan) -> usize {
        book.employees.len()
    }

    fn records(book: &Book) -> Vec<EmployeeRecord<'_>> {
        let known = book.employees.iter().map(|(_, known)| &**known);
        known.map(|known| EmployeeRecord { known, phones: Phones(&known.employee.phones) }).collect()
    }
}

impl Record for EmployeeRecord<'_> {
    fn value(&self, field: usize) -> Value<'_> {
        let employee = &self.known.employee;
        let field = &EMPLOYEE[field];
        match field.name {
            "id" => Value::Number(employee.id.number().cast_signed()),
            "first_name" => name(employee.first_name.as_ref()),
            "last_name" => Value::Text(employee.last_name.as_str()),
            "patronymic" => name(employee.patronymic.as_ref()),
            "full_name" => Value::Text(&self.known.full_name),
            "email" => employee.email.as_ref().map(Email::as_str).map_or(Value::Null, Value::Text),
            "phone_numbers" => Value::Objects(&self.phones),
            "groups" => Value::Objects(&NoGroups),
            // Employees do not log in; users do.
            "login" => Value::Null,
            _ => match field.kind {
                Kind::Empty(hollow) => Value::AlwaysEmpty(hollow),
                _ => Value::Null,
            },
        }
    }

    fn id(&self) -> u64 {
        self.known.employee.id.number()
    }
}

fn name(name: Option<&Name>) -> Value<'_> {
    name.map(Name::as_str).map_or(Value::Null, Value::Text)
}

impl Objects for Phones<'_> {
    fn len(&self) -> usize {
        self.0.len()
    }

    fn members(&self) -> &'static [&'static str] {
        &["phone_id", "phone_number", "channels_count", "dial_time", "status"]
    }

    fn value(&self, object: usize, member: usize) -> Value<'_> {
        let phone = &self.0[object];
        match member {
            0 => Value::Number(phone.id.cast_signed()),
            1 => Value::Text(&phone.number),
            2 => Value::Number(i64::from(phone.channels)),
            3 => Value::Number(i64::from(phone.dial_seconds)),
            _ => Value::Text(match phone.status {
                PhoneStatus::Active => "active",
                PhoneStatus::Inactive => "inactive",
            }),
        }
    }

    fn id(&self, object: usize) -> u64 {
        self.0[object].id
    }
}

impl Objects for NoGroups {
    fn len(&self) -> usize {
        0
    }

    fn members(&self) -> &'static [&'static str] {
        &["group_id", "group_name"]
    }

    fn value(&self, _object: usize, _member: usize) -> Value<'_> {
        Value::Null
    }

    fn id(&self, _object: usize) -> u64 {
        0
    }
}
