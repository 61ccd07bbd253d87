//! What parameters, records and answers look like, as JSON Schema.

use ringbook_book::blacklist::COMMENT_CHARS_MAX;
use ringbook_book::employee::EMPLOYEE_PHONE_CHARS_MAX;
use ringbook_book::id::ID_MAX;
use ringbook_book::query::contact_page::AccessPathKind;
use ringbook_book::query::field::{EmptyValue, Field, FieldType};
use ringbook_book::text::{EMAIL_BYTES_MAX, NAME_CHARS_MAX, PHONE_DIGITS_MAX, PHONE_DIGITS_MIN};
use serde_json::{Value, json};

use super::reference::reference;
use super::{object, questions};
use crate::method::bounds::{self, Bounds, Choice, Range};
use crate::method::{Form, Guarded, Method, Need, Parameter, ResultKind, Spec};

/// A moment as it is written.
const MOMENT_PATTERN: &str = "^[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}:[0-9]{2}$";

/// Every schema that has a name.
pub fn components() -> Value {
    let mut named = vec![("limits".to_owned(), limits()), ("upload".to_owned(), upload())];
    for method in Method::ALL {
        if let ResultKind::Records(fields) = method.spec().answer {
            named.push((record_name(fields), record(fields)));
            named.push((record_part(fields, "filter"), questions::filter(fields, &record_part(fields, "filter"))));
            named.push((record_part(fields, "sort"), questions::sort(fields)));
            named.push((record_part(fields, "fields"), questions::chosen(fields)));
        }
    }
    object(named)
}

/// The name of the schema of these records: what the method that answers with them gets.
pub fn record_name(fields: &'static [Field]) -> String {
    let answers =
        |method: &&Method| matches!(method.spec().answer, ResultKind::Records(of) if std::ptr::eq(of, fields));
    let method = Method::ALL.iter().find(answers).map_or("", |method| method.spec().name);
    method.strip_prefix("get.").unwrap_or(method).to_owned()
}

/// The name of the schema of something that is asked about these records.
fn record_part(fields: &'static [Field], part: &str) -> String {
    format!("{}_{part}", record_name(fields))
}

/// An object that has just these members, and all of them.
pub fn members(members: &[(&str, Value)]) -> Value {
    let names: Vec<&str> = members.iter().map(|(name, _)| *name).collect();
    let properties = object(members.iter().map(|(name, schema)| ((*name).to_owned(), schema.clone())));
    json!({"type": "object", "properties": properties, "required": names})
}

/// What a parameter holds.
pub fn parameter(parameter: &Parameter, spec: &Spec) -> Value {
    let schema = form(parameter, spec);
    match parameter.need {
        Need::Required | Need::Lasting => schema,
        Need::RequiredForAgents | Need::Optional | Need::Clearable => or_null(schema),
    }
}

fn or_null(schema: Value) -> Value {
    json!({"anyOf": [schema, {"type": "null"}]})
}

fn form(parameter: &Parameter, spec: &Spec) -> Value {
    match parameter.form {
        Form::Secret | Form::Text => json!({"type": "string"}),
        Form::Comment => json!({"type": "string", "maxLength": COMMENT_CHARS_MAX}),
        Form::Name => name(),
        Form::Moment | Form::IntervalEnd(_) => {
            json!({"type": "string", "description": "YYYY-MM-DD hh:mm:ss or YYYY-MM-DD, in UTC"})
        }
        Form::Whole(range) => whole(range),
        Form::Id => id(),
        Form::Ids(bounds) => list(bounds, &id()),
        Form::Phone => phone(),
        Form::Phones => list(bounds::PHONES, &phone()),
        Form::Email => email(),
        Form::Emails => list(bounds::EMAILS, &email()),
        Form::EmployeePhones => list(bounds::EMPLOYEE_PHONES, &employee_phone()),
        Form::Uploads => list(bounds::CONTACTS_TO_UPLOAD, &reference("upload")),
        Form::Expected => expected(spec),
        Form::OneOf(Choice { values, default }) => json!({"enum": values, "default": default}),
        Form::Filter => asked(spec, "filter"),
        Form::Sort => asked(spec, "sort"),
        Form::Fields => asked(spec, "fields"),
        Form::Flag => json!({"type": "boolean", "default": false}),
        Form::Telephony => json!({"description": "Refused with parameter_component_disabled unless it is null"}),
    }
}

/// What is asked about the records that a method answers with.
fn asked(spec: &Spec, part: &str) -> Value {
    match spec.answer {
        ResultKind::Records(fields) => reference(&record_part(fields, part)),
        ResultKind::Session
        | ResultKind::Made
        | ResultKind::MadeNumber
        | ResultKind::Uploaded
        | ResultKind::Changes(_)
        | ResultKind::Description
        | ResultKind::Nothing => json!({}),
    }
}

fn whole(Range { min, max, default }: Range) -> Value {
    let about = "A whole number, or a string that is one";
    json!({
        "type": ["integer", "string"], "description": about, "minimum": min, "maximum": max, "default": default,
    })
}

fn list(Bounds { min, max, .. }: Bounds, items: &Value) -> Value {
    json!({"type": "array", "minItems": min, "maxItems": max, "items": items})
}

fn name() -> Value {
    let about = "Without control characters; white space around it is dropped";
    json!({"type": "string", "minLength": 1, "maxLength": NAME_CHARS_MAX, "description": about})
}

/// A number that identifies something.
pub fn id() -> Value {
    json!({"type": "integer", "minimum": 1, "maximum": ID_MAX})
}

fn phone() -> Value {
    let about = format!(
        "{PHONE_DIGITS_MIN} to {PHONE_DIGITS_MAX} digits; a leading + and the separators space, -, ., ( and ) are dropped"
    );
    json!({"type": "string", "description": about})
}

/// The digits of a phone number.
pub fn digits() -> Value {
    json!({"type": "string", "pattern": format!("^[0-9]{{{PHONE_DIGITS_MIN},{PHONE_DIGITS_MAX}}}$")})
}

fn email() -> Value {
    json!({"type": "string", "description": format!("An e-mail address of at most {EMAIL_BYTES_MAX} bytes")})
}

fn employee_phone() -> Value {
    json!({
        "type": "object",
        "properties": {
            "phone_number": {
                "type": "string", "minLength": 1, "maxLength": EMPLOYEE_PHONE_CHARS_MAX,
                "description": "The number, with an extension perhaps",
            },
            "channels_count": {
                "type": ["integer", "null"], "description": "Calls at once",
                "minimum": bounds::CHANNELS.min, "maximum": bounds::CHANNELS.max, "default": bounds::CHANNELS.default,
            },
            "dial_time": {
                "type": ["integer", "null"], "description": "Seconds to ring", "minimum": bounds::DIAL_SECONDS.min,
                "maximum": bounds::DIAL_SECONDS.max, "default": bounds::DIAL_SECONDS.default,
            },
            "status": {"enum": ["active", "inactive", null], "default": "active"},
        },
        "required": ["phone_number"],
        "additionalProperties": false,
    })
}

/// Members that an edit can set, with the values that the record must have.
fn expected(spec: &Spec) -> Value {
    let is_editable = |own: &&Parameter| own.name != "id" && own.form != Form::Expected;
    let properties = spec.parameters.iter().filter(is_editable).map(|own| {
        let mut schema = parameter(own, spec);
        schema["description"] = own.about.into();
        (own.name.to_owned(), schema)
    });
    json!({"type": "object", "properties": object(properties), "additionalProperties": false})
}

/// A contact of an upload: what a single new one has, and names of what it belongs to.
fn upload() -> Value {
    let spec = Guarded::CreateContacts.spec();
    let property = |own: &Parameter| {
        let mut schema = parameter(own, spec);
        schema["description"] = own.about.into();
        (own.name.to_owned(), schema)
    };
    let mut organization = or_null(name());
    organization["description"] = "Organization of the contact, made if it is missing; not with organization_id".into();
    let groups = json!({
        "type": ["array", "null"],
        "maxItems": bounds::GROUPS_OF_CONTACT.max,
        "items": name(),
        "description": "Groups that the contact belongs to besides groups, made if they are missing",
    });
    let by_name = [("organization_name".to_owned(), organization), ("group_names".to_owned(), groups)];
    let required = spec.parameters.iter().filter(|own| own.need == Need::Required).map(|own| own.name);
    json!({
        "type": "object",
        "properties": object(spec.parameters.iter().map(property).chain(by_name)),
        "required": required.collect::<Vec<_>>(),
        "additionalProperties": false,
    })
}

/// A record with these fields.
fn record(fields: &[Field]) -> Value {
    let properties = fields.iter().map(|field| {
        let mut schema = member(field);
        schema["description"] = field.about.into();
        (field.name.to_owned(), schema)
    });
    json!({
        "description": "Every member is always there, unless the question chose among them with fields",
        "type": "object",
        "properties": object(properties),
        "additionalProperties": false,
    })
}

fn member(field: &Field) -> Value {
    let scalar = |name: &str| if field.nullable { json!([name, "null"]) } else { json!(name) };
    match field.kind {
        FieldType::Number => json!({"type": scalar("integer")}),
        FieldType::Text | FieldType::Name | FieldType::Phone => json!({"type": scalar("string")}),
        FieldType::Boolean => json!({"type": scalar("boolean")}),
        FieldType::DateTime => json!({"type": scalar("string"), "pattern": MOMENT_PATTERN}),
        FieldType::Seconds => json!({"type": scalar("number")}),
        FieldType::Object => json!({"type": scalar("object")}),
        FieldType::Texts => json!({"type": "array", "items": {"type": "string"}}),
        FieldType::Phones => json!({"type": "array", "items": digits()}),
        FieldType::Objects { id } => json!({"type": "array", "items": element(id)}),
        FieldType::Empty(EmptyValue::Null) => json!({"type": "null"}),
        FieldType::Empty(EmptyValue::List) => json!({"type": "array", "maxItems": 0}),
        FieldType::Empty(EmptyValue::Object) => json!({"type": "object", "maxProperties": 0}),
    }
}

/// An element of a list of objects, by the member that identifies it.
fn element(id_name: &str) -> Value {
    let text = || json!({"type": "string"});
    let number = || json!({"type": "integer"});
    match id_name {
        "group_id" => members(&[("group_id", id()), ("group_name", text())]),
        "contact_id" => members(&[("contact_id", id()), ("contact_full_name", text())]),
        "phone_id" => members(&[
            ("phone_id", id()),
            ("phone_number", text()),
            ("channels_count", number()),
            ("dial_time", number()),
            ("status", json!({"enum": ["active", "inactive"]})),
        ]),
        other => members(&[(other, id())]),
    }
}

/// How many records match.
pub fn total() -> Value {
    json!({"type": "integer", "minimum": 0, "description": "Records that match or have changed, those of other pages included"})
}

/// How a query was answered.
pub fn explanation() -> Value {
    let microseconds = ["plan", "book", "run"].map(|stage| (stage, json!({"type": "integer", "minimum": 0})));
    let paths: Vec<&str> = AccessPathKind::ALL.iter().map(|kind| kind.name()).collect();
    let count = |about: &str| json!({"type": "integer", "minimum": 0, "description": about});
    members(&[
        ("access_path", json!({"enum": paths, "description": "What yielded the candidates"})),
        ("contacts_examined", count("Contacts whose fields were compared with the filter, one by one or in a scan")),
        ("name_parts_examined", count("Distinct parts of names that were compared in the index of names")),
        ("microseconds", members(&microseconds)),
    ])
}

/// Where a mirror stands.
pub fn cursor() -> Value {
    json!({"type": "string", "description": "since of the next call; to be sent back just as it is"})
}

/// Whether a mirror should go on at once.
pub fn has_more() -> Value {
    json!({"type": "boolean", "description": "Whether there is more already"})
}

/// What has changed among records with these fields.
pub fn changes(fields: &'static [Field]) -> Value {
    let change = members(&[
        ("id", id()),
        ("deleted", json!({"type": "boolean"})),
        ("contact", json!({"anyOf": [reference(&record_name(fields)), {"type": "null"}]})),
    ]);
    json!({"type": "array", "items": change, "description": "In order of change, each contact once, as it is now"})
}

/// A session.
pub fn session() -> Value {
    members(&[
        ("access_token", json!({"type": "string", "description": "The session key"})),
        ("expire_at", json!({"type": "integer", "description": "When it ends, in Unix seconds"})),
        ("app_id", json!({"type": "integer", "description": "Id of the customer, or of the agent"})),
    ])
}

/// The outcome of an upload.
pub fn uploaded() -> Value {
    let error = members(&[
        ("index", json!({"type": "integer", "minimum": 0, "description": "Position of the contact"})),
        ("mnemonic", json!({"type": "string"})),
        ("field", json!({"type": ["string", "null"], "description": "Dotted path inside the contact"})),
        ("value", json!({"type": ["string", "null"]})),
        ("params", json!({"type": "object"})),
    ]);
    let ids = json!({
        "type": "array",
        "items": {"type": ["integer", "null"]},
        "description": "For each contact its id, or null if it was left out",
    });
    members(&[("ids", ids), ("errors", json!({"type": "array", "items": error}))])
}

/// How an account stands.
fn limits() -> Value {
    let about = |about: &str| json!({"type": ["integer", "null"], "description": about});
    let per = |name: &str| {
        [
            (format!("{name}_limit"), about("Points per period; null for no limit")),
            (format!("{name}_remaining"), about("Points left")),
            (format!("{name}_reset"), about("Seconds until all points are there again")),
        ]
    };
    json!({
        "description": "Points of the account; {} where no limit applies",
        "type": "object",
        "properties": object(per("day").into_iter().chain(per("minute"))),
    })
}
