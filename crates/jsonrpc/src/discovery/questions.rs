//! What filters and sorts look like, by the field table of what they ask about.

use ringbook_book::query::field::{Field, FieldType};
use ringbook_book::query::operator::Operator;
use ringbook_book::query::plan::{
    FILTER_DEPTH_MAX, LIST_VALUES_MAX, PATTERN_CHARS_MAX, SIMPLE_FILTERS_MAX, SORT_KEYS_MAX,
};
use serde_json::{Value, json};

use super::reference::reference;

/// A filter over these fields; `name` is the name of this very schema.
pub fn filter(fields: &[Field], name: &str) -> Value {
    let mut forms =
        vec![json!({"type": "null"}), json!({"type": ["object", "array"], "maxProperties": 0, "maxItems": 0})];
    forms.extend(fields.iter().filter(|field| field.filterable).map(simple));
    forms.push(tree(name));
    json!({
        "description": format!(
            "Which records. Null, {{}} and [] match everything. Trees can be up to {FILTER_DEPTH_MAX} deep and hold \
             {SIMPLE_FILTERS_MAX} simple filters, a list {LIST_VALUES_MAX} values, a pattern {PATTERN_CHARS_MAX} \
             characters. A field that is null satisfies no comparison but is_null and = with null.",
        ),
        "anyOf": forms,
    })
}

fn tree(name: &str) -> Value {
    json!({
        "title": "Several filters",
        "type": "object",
        "properties": {
            "filters": {"type": "array", "items": reference(name)},
            "condition": {
                "description": "Whether all must hold or one; required with two filters or more",
                "enum": ["and", "or", null],
            },
        },
        "required": ["filters"],
        "additionalProperties": false,
    })
}

fn simple(field: &Field) -> Value {
    json!({
        "title": format!("By {}", field.name),
        "type": "object",
        "properties": {
            "field": {"const": field.name, "description": field.about},
            "operator": {"enum": Operator::names_for(field.kind)},
            "value": value(field.kind),
        },
        "required": ["field", "operator"],
        "additionalProperties": false,
    })
}

/// What a field of this kind is compared with.
fn value(kind: FieldType) -> Value {
    let (types, about) = match kind {
        FieldType::Number => (
            &["number", "string", "array", "null"][..],
            "A number, or a string that is a decimal integer; for in and not_in a list of them",
        ),
        FieldType::Text | FieldType::Name => (
            &["string", "number", "array", "null"][..],
            "A string; a number is read as its text; for in and not_in a list of them. like and ilike know % for any \
             run of characters, _ for one, \\ to escape; regexp takes PostgreSQL's advanced regular expressions",
        ),
        FieldType::Phone => (
            &["string", "number", "array", "null"][..],
            "A phone number, in any spelling for =, in and their negations; for in and not_in a list of them; for the \
             other operators a text or a pattern of digits",
        ),
        FieldType::Boolean => (&["boolean", "null"][..], "true or false"),
        FieldType::DateTime => (&["string", "null"][..], "YYYY-MM-DD hh:mm:ss, or YYYY-MM-DD for its midnight, in UTC"),
        FieldType::Seconds => (
            &["number", "string", "array", "null"][..],
            "A number of seconds, with a fraction perhaps; for in and not_in a list of them",
        ),
        FieldType::Texts => (
            &["string", "number", "array", "null"][..],
            "A string that any element is compared with (none, for the negations); for in, not_in, overlap and \
             not_overlap a list; for jsquery a question about the list as JSON",
        ),
        FieldType::Phones => (
            &["string", "number", "array", "null"][..],
            "A phone number that any element is compared with (none, for the negations), in any spelling for =, in and \
             overlap and their negations; for in, not_in, overlap and not_overlap a list; for jsquery a question about \
             the list as JSON",
        ),
        FieldType::Objects { id } => return objects(id),
        FieldType::Object | FieldType::Empty(_) => (&["null"][..], "Nothing to compare with"),
    };
    json!({"type": types, "description": about})
}

fn objects(id: &str) -> Value {
    let about = format!(
        "For = and != the {id} of an element, for in and not_in a list of them; for jsquery a question about the list \
         as JSON, like #.{id} IN (3, 8)"
    );
    json!({"type": ["number", "string", "array", "null"], "description": about})
}

/// Sort keys over these fields.
pub fn sort(fields: &[Field]) -> Value {
    let names: Vec<&str> = fields.iter().filter(|field| field.sortable).map(|field| field.name).collect();
    if names.is_empty() {
        return json!({"description": "Nothing can be sorted by", "type": ["array", "null"], "maxItems": 0});
    }
    json!({
        "description": "Sort keys, the first one first. Strings go by Unicode collation, null last in asc and first \
                        in desc; ties, and everything without a sort, by id",
        "type": ["array", "null"],
        "maxItems": SORT_KEYS_MAX,
        "items": {
            "type": "object",
            "properties": {"field": {"enum": names}, "order": {"enum": ["asc", "desc", null], "default": "asc"}},
            "required": ["field"],
            "additionalProperties": false,
        },
    })
}

/// Names of these fields.
pub fn chosen(fields: &[Field]) -> Value {
    let names: Vec<&str> = fields.iter().map(|field| field.name).collect();
    json!({
        "description": "Members of each record; they come in the documented order. Null and [] mean all",
        "type": ["array", "null"],
        "items": {"enum": names},
    })
}
