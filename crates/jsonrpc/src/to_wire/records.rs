//! Records of small tables, by their field table: slower than a writer made for one kind, and enough for
//! users, employees, groups and organizations.

use ringbook_book::moment;
use ringbook_book::query::field::{EmptyValue, Field};
use ringbook_book::query::plan::FieldSet;
use ringbook_book::query::value::{Objects, Record, Value};
use ringbook_book::runner::Runner;

use super::{Output, number, raw, text};

/// Appends the array of these records, each with the members in `fields` in the order of the `table`; stops where the
/// output or the runner says so.
pub fn records<'r, R: Record + 'r>(
    output: &mut Output,
    table: &[Field],
    fields: FieldSet,
    records: impl Iterator<Item = &'r R>,
    runner: &dyn Runner,
) {
    raw(&mut output.open, "[");
    for (place, record) in records.enumerate() {
        raw(&mut output.open, if place == 0 { "" } else { "," });
        if !one(output, table, fields, record, runner) || !output.go_on(runner) {
            return;
        }
    }
    raw(&mut output.open, "]");
}

/// Appends a record; says whether to go on.
fn one(output: &mut Output, table: &[Field], fields: FieldSet, record: &impl Record, runner: &dyn Runner) -> bool {
    raw(&mut output.open, "{");
    let chosen = (0..table.len()).filter(|place| fields.has(*place));
    for (count, place) in chosen.enumerate() {
        raw(&mut output.open, if count == 0 { "" } else { "," });
        text(&mut output.open, table[place].name);
        raw(&mut output.open, ":");
        match record.value(place) {
            Value::Objects(list) if !objects(output, list, runner) => return false,
            Value::Objects(_) => {}
            Value::Object(only) => object(&mut output.open, only, 0),
            value => scalar(&mut output.open, value),
        }
    }
    raw(&mut output.open, "}");
    true
}

/// Appends a value that is no object, nor a list of them.
fn scalar(open: &mut Vec<u8>, value: Value<'_>) {
    match value {
        Value::Null | Value::Empty(EmptyValue::Null) => raw(open, "null"),
        Value::Number(value) => signed(open, value),
        Value::Boolean(true) => raw(open, "true"),
        Value::Boolean(false) => raw(open, "false"),
        Value::Seconds(microseconds) => length(open, microseconds),
        Value::DateTime(seconds) => text(open, &moment::write(seconds)),
        Value::Text(content) => text(open, content),
        Value::Texts(contents) => texts(open, contents),
        // The members of an object are scalars, and a caller that comes from a record has looked already.
        Value::Objects(_) | Value::Empty(EmptyValue::List) => raw(open, "[]"),
        Value::Object(_) | Value::Empty(EmptyValue::Object) => raw(open, "{}"),
    }
}

fn signed(open: &mut Vec<u8>, value: i64) {
    raw(open, if value < 0 { "-" } else { "" });
    number(open, value.unsigned_abs());
}

/// Appends a length of time in seconds, with the digits behind the point that it has.
fn length(open: &mut Vec<u8>, microseconds: i64) {
    const SECOND: i64 = 1_000_000;
    signed(open, microseconds / SECOND);
    let rest = microseconds % SECOND;
    if rest != 0 {
        raw(open, format!(".{:06}", rest.unsigned_abs()).trim_end_matches('0'));
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

/// Appends a list that may have a million objects; says whether to go on.
fn objects(output: &mut Output, list: &dyn Objects, runner: &dyn Runner) -> bool {
    raw(&mut output.open, "[");
    for place in 0..list.len() {
        raw(&mut output.open, if place == 0 { "" } else { "," });
        object(&mut output.open, list, place);
        if !output.go_on(runner) {
            return false;
        }
    }
    raw(&mut output.open, "]");
    true
}

/// Appends one object of a list.
fn object(open: &mut Vec<u8>, list: &dyn Objects, place: usize) {
    raw(open, "{");
    for (member, name) in list.members().iter().enumerate() {
        raw(open, if member == 0 { "" } else { "," });
        text(open, name);
        raw(open, ":");
        scalar(open, list.value(place, member));
    }
    raw(open, "}");
}
