//! Records of organizations.

use super::Listing;
use crate::book::Book;
use crate::organization::Organization;
use crate::query::field::{Field, ORGANIZATION};
use crate::query::plan::Plan;
use crate::query::value::{Record, Value};

/// The organizations of a book.
#[derive(Debug)]
pub struct Organizations;

/// An organization.
#[derive(Debug, Clone, Copy)]
pub struct OrganizationRecord<'b>(&'b Organization);

impl Listing for Organizations {
    type Record<'b> = OrganizationRecord<'b>;

    fn fields() -> &'static [Field] {
        &ORGANIZATION
    }

    fn rows_read(book: &Book, _plan: &Plan) -> usize {
        book.organizations.len()
    }

    fn records(book: &Book) -> Vec<OrganizationRecord<'_>> {
        book.organizations().map(OrganizationRecord).collect()
    }
}

impl Record for OrganizationRecord<'_> {
    fn value(&self, field: usize) -> Value<'_> {
        match ORGANIZATION[field].name {
            "id" => Value::Number(self.0.id.number().cast_signed()),
            "name" => Value::Text(self.0.name.as_str()),
            _ => Value::Null,
        }
    }

    fn id(&self) -> u64 {
        self.0.id.number()
    }
}
