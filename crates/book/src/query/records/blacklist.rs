//! Records of blacklist entries.

use super::Listing;
use crate::blacklist::BlacklistNumber;
use crate::book::Book;
use crate::query::field::{BLACKLIST_NUMBER, Field};
use crate::query::plan::Plan;
use crate::query::value::{Record, Value};

/// The entries of the blacklist of a book.
#[derive(Debug)]
pub struct BlacklistNumbers;

/// An entry of the blacklist.
#[derive(Debug, Clone)]
pub struct BlacklistRecord<'b> {
    number: &'b BlacklistNumber,
    digits: String,
}

impl Listing for BlacklistNumbers {
    type Record<'b> = BlacklistRecord<'b>;

    fn fields() -> &'static [Field] {
        &BLACKLIST_NUMBER
    }

    fn rows_read(book: &Book, _plan: &Plan) -> usize {
        book.blacklist.len()
    }

    fn records(book: &Book) -> Vec<BlacklistRecord<'_>> {
        book.blacklist().map(|number| BlacklistRecord { number, digits: number.entry.phone.to_string() }).collect()
    }
}

impl Record for BlacklistRecord<'_> {
    fn value(&self, field: usize) -> Value<'_> {
        let entry = &self.number.entry;
        match BLACKLIST_NUMBER[field].name {
            "id" => Value::Number(self.number.id.number().cast_signed()),
            "phone_number" => Value::Text(&self.digits),
            "add_user_name" => Value::Text(&entry.added_by),
            "add_comment" => entry.comment.as_deref().map_or(Value::Null, Value::Text),
            "add_date_time" => Value::DateTime(entry.added_at),
            _ => Value::Null,
        }
    }

    fn id(&self) -> u64 {
        self.number.id.number()
    }
}
