//! Records of employees. Members that belong to other parts of a telephone system are always empty.

use super::Listing;
use crate::book::{Book, EmployeeRow};
use crate::employee::{EmployeePhone, PhoneStatus};
use crate::query::field::{EMPLOYEE, Field, FieldType};
use crate::query::plan::Plan;
use crate::query::value::{Objects, Record, Value};
use crate::text::{Email, Name};

/// The employees of a book.
#[derive(Debug)]
pub struct Employees;

/// An employee.
#[derive(Debug, Clone, Copy)]
pub struct EmployeeRecord<'b> {
    row: &'b EmployeeRow,
    phones: EmployeePhones<'b>,
}

/// The phones of an employee.
#[derive(Debug, Clone, Copy)]
struct EmployeePhones<'b>(&'b [EmployeePhone]);

/// The groups of an employee, which are always empty.
#[derive(Debug, Clone, Copy)]
struct NoEmployeeGroups;

impl Listing for Employees {
    type Record<'b> = EmployeeRecord<'b>;

    fn fields() -> &'static [Field] {
        &EMPLOYEE
    }

    fn rows_read(book: &Book, _plan: &Plan) -> usize {
        book.employees.len()
    }

    fn records(book: &Book) -> Vec<EmployeeRecord<'_>> {
        let row = book.employees.iter().map(|(_, row)| &**row);
        row.map(|row| EmployeeRecord { row, phones: EmployeePhones(&row.employee.phones) }).collect()
    }
}

impl Record for EmployeeRecord<'_> {
    fn value(&self, field: usize) -> Value<'_> {
        let employee = &self.row.employee;
        let field = &EMPLOYEE[field];
        match field.name {
            "id" => Value::Number(employee.id.number().cast_signed()),
            "first_name" => name(employee.first_name.as_ref()),
            "last_name" => Value::Text(employee.last_name.as_str()),
            "patronymic" => name(employee.patronymic.as_ref()),
            "full_name" => Value::Text(&self.row.full_name),
            "email" => employee.email.as_ref().map(Email::as_str).map_or(Value::Null, Value::Text),
            "phone_numbers" => Value::Objects(&self.phones),
            "groups" => Value::Objects(&NoEmployeeGroups),
            // Employees do not log in; users do.
            "login" => Value::Null,
            _ => match field.kind {
                FieldType::Empty(value) => Value::Empty(value),
                _ => Value::Null,
            },
        }
    }

    fn id(&self) -> u64 {
        self.row.employee.id.number()
    }
}

fn name(name: Option<&Name>) -> Value<'_> {
    name.map(Name::as_str).map_or(Value::Null, Value::Text)
}

impl Objects for EmployeePhones<'_> {
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

impl Objects for NoEmployeeGroups {
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
