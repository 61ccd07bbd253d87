//! Records of small tables, by their field table: slower than a writer made for one kind, and enough for
//! users, employees, groups and organizations.

use ringbook_book::moment;
use ringbook_book::query::field::{Field, Hollow};
use ringbook_book::query::plan::FieldSet;
use ringbook_book::query::value::{Objects, Record, Value};

use super::{Output, raw, text};

/// Appends the array of these records, each with the members in `fields` in the order of the `table`.
pub fn records<'r, R: Record + 'r>(
    output: &mut Output,
    table: &[Field],
    fields: FieldSet,
    records: impl Iterator<Item = &'r R>,
) {
    raw(&mut output.open, "[");
    for (place, record) in records.enumerate() {
        raw(&mut output.open, if place == 0 { "" } else { "," });
        one(&mut output.open, table, fields, record);
        output.turn();
    }
    raw(&mut output.open, "]");
}

fn one(open: &mut Vec<u8>, table: &[Field], fields: FieldSet, record: &impl Record) {
    raw(open, "{");
    let chosen = (0..table.len()).filter(|place| fields.has(*place));
    for (count, place) in chosen.enumerate() {
        raw(open, if count == 0 { "" } else { "," });
        text(open, table[place].name);
        raw(open, ":");
        value(open, record.value(place));
    }
    raw(open, "}");
}

fn value(open: &mut Vec<u8>, value: Value<'_>) {
    match value {
        Value::Null | Value::Hollow(Hollow::Null) => raw(open, "null"),
        Value::Number(number) => raw(open, &number.to_string()),
        Value::Boolean(true) => raw(open, "true"),
        Value::Boolean(false) => raw(open, "false"),
        Value::DateTime(seconds) => text(open, &moment::write(seconds)),
        Value::Text(content) => text(open, content),
        Value::Texts(contents) => texts(open, contents),
        Value::Objects(list) => objects(open, list),
        Value::Hollow(Hollow::List) => raw(open, "[]"),
        Value::Hollow(Hollow::Object) => raw(open, "{}"),
    }
}

fn texts(open: &mut Vec<u8>, contents: &[Box<str>]) {
    raw(open, "[");
    for (place, content) in contents.iter().enumerate() {
        raw(open, if place == 0 { "" } else { "," });
        text(open, content);
    }
    raw(open, "]");
}

fn objects(open: &mut Vec<u8>, list: &dyn Objects) {
    raw(open, "[");
    for object in 0..list.len() {
        raw(open, if object == 0 { "{" } else { ",{" });
        for (member, name) in list.members().iter().enumerate() {
            raw(open, if member == 0 { "" } else { "," });
            text(open, name);
            raw(open, ":");
            // A member of an object is a scalar, so this goes one level deep.
            value(open, list.value(object, member));
        }
        raw(open, "}");
    }
    raw(open, "]");
}
