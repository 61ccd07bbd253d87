//! The description of all methods for programs and people: an OpenRPC document.
//!
//! It is made from the tables that run the methods (methods, fields, operators, mnemonics, bounds) and of nothing
//! else, so that it cannot fall behind them; only what the tables leave unsaid is said here. It is made once.
//!
//! [`faults`] says which method can fail how, [`schemas`] what a parameter or a record looks like, [`questions`] the
//! same for filters and sorts.

use std::sync::LazyLock;

use bytes::Bytes;
use ringbook_book::query::window::OFFSET_MAX;
use ringbook_http::SharedBytes;
use serde_json::{Map, Value, json};

use super::method::{Admission, EXPLAIN, Method, Need, Parameter, ResultKind, Spec};
use ringbook_app::access::Scope;

mod faults;
mod questions;
mod reference;
mod schemas;

#[cfg(test)]
mod tests;

/// The version of OpenRPC that the document is written in.
const OPENRPC: &str = "1.3.2";
/// The version of the interface, which the path names too.
const VERSION: &str = "2.0";
/// Where a server listens that was told nothing else.
const URL: &str = "http://127.0.0.1:8080/v2.0";

const ABOUT: &str = "\
The address book of a telephone system: contacts, their organizations and groups, employees, a blacklist.\n\n\
**Calls.** JSON-RPC 2.0 over HTTP: `POST` one call per request to the path `/v2.0`, parameters by name. Every answer has \
HTTP status 200; look for `result` or `error` in the body. Batches and notifications are refused.\n\n\
**Who calls.** Send a key, or the session of `login.user`, as `access_token` among the parameters. Agents add `user_id`: \
the user of one of their customers on whose behalf they call. What that user may do decides.\n\n\
**Errors.** Go by `error.data.mnemonic`; codes are groups of them. `error.data.field` is the dotted path of the parameter \
to blame, `value` what was sent there, `params` the placeholders of the message, and `params.reason` says in plain \
English what the message leaves open.\n\n\
**Limits.** `metadata.limits` tells what is left to the account in this minute and this day. After `limit_exceeded` wait \
for `minute_reset` or `day_reset` seconds. A call that fails costs nothing.\n\n\
**Reading everything.** Pages by `offset` reach {OFFSET_MAX} records. To read more, filter by key: `{\"field\":\"id\",\
\"operator\":\">\",\"value\":LAST}` with the last id of the page before, without `sort`, until a page comes back empty. To \
keep a copy up to date, use `get.contact_changes` instead of reading again.\n\n\
**Values.** Every member is always there: what is absent is `null`, `[]` or `{}`. Moments are `YYYY-MM-DD hh:mm:ss` in UTC.";

static DOCUMENT: LazyLock<SharedBytes> = LazyLock::new(|| SharedBytes::new(Bytes::from(described().to_string())));

/// The document, as JSON; made and compressed once.
pub fn document() -> SharedBytes {
    DOCUMENT.clone()
}

fn described() -> Value {
    json!({
        "openrpc": OPENRPC,
        "info": {
            "title": "ringbook",
            "version": VERSION,
            "description": ABOUT.replace("{OFFSET_MAX}", &OFFSET_MAX.to_string()),
            "license": {"name": env!("CARGO_PKG_LICENSE")},
        },
        "servers": [{
            "name": "ringbook",
            "url": URL,
            "summary": "Put the host and port of your server in place of these; the path stays",
        }],
        "methods": Method::ALL.iter().map(|method| described_method(*method)).collect::<Vec<_>>(),
        "components": {"schemas": schemas::components(), "errors": faults::components()},
    })
}

fn described_method(method: Method) -> Value {
    let spec = method.spec();
    json!({
        "name": spec.name,
        "summary": spec.about,
        "description": description(spec),
        "paramStructure": "by-name",
        "params": spec.all_parameters().map(|parameter| descriptor(parameter, spec)).collect::<Vec<_>>(),
        "result": {
            "name": "result",
            "summary": "Data, and how the account stands",
            "required": true,
            "schema": result(spec),
        },
        "errors": faults::of(method),
    })
}

pub fn description(spec: &Spec) -> String {
    let Admission::Callers { scope, right, .. } = spec.admission else {
        return format!("{}. Needs no token.", spec.about);
    };
    let who = match scope {
        Scope::CustomerMethod => "For customers, and for agents that name a user of a customer in `user_id`.",
        Scope::CustomerOnly => "For customers only; an agent is refused with `forbidden`.",
        Scope::AgentOnly => "For agents only; a customer is refused with `forbidden`.",
        Scope::AnySide => "For everybody who has a token.",
    };
    match right {
        Some(right) => format!("{}. {who} Needs the right `{}`.", spec.about, right.name()),
        None => format!("{}. {who}", spec.about),
    }
}

fn descriptor(parameter: &Parameter, spec: &Spec) -> Value {
    let told = match parameter.need {
        Need::Required => "",
        Need::RequiredForAgents => " (agents must send it)",
        Need::Optional => "",
        Need::Clearable => " (absent: stays as it is; null: is cleared)",
        Need::Lasting => " (absent: stays as it is)",
    };
    json!({
        "name": parameter.name,
        "summary": format!("{}{}{told}", parameter.about, bounds(parameter)),
        "required": parameter.need == Need::Required,
        "schema": schemas::parameter(parameter, spec),
    })
}

/// The bounds and the default of a parameter, behind what it is about.
fn bounds(parameter: &Parameter) -> String {
    let bounds = parameter.form.bounds_text().map(|bounds| format!(": {bounds}"));
    let default = parameter.form.default_text().map(|default| format!("; {default} if absent"));
    bounds.into_iter().chain(default).collect()
}

/// What `result` holds.
fn result(spec: &Spec) -> Value {
    match spec.answer {
        ResultKind::Records(fields) => {
            let data = json!({"type": "array", "items": reference::reference(&schemas::record_name(fields))});
            let mut answer = answered(data, &[("total_items", schemas::total())], &[]);
            if spec.takes(EXPLAIN) {
                answer["properties"]["metadata"]["properties"][EXPLAIN] = schemas::explanation();
            }
            answer
        }
        ResultKind::Changes(fields) => {
            let standing =
                [("total_items", schemas::total()), ("cursor", schemas::cursor()), ("has_more", schemas::has_more())];
            answered(schemas::changes(fields), &standing, &[])
        }
        ResultKind::Made => answered(schemas::members(&[("id", schemas::id())]), &[], &[("id", schemas::id())]),
        ResultKind::MadeNumber => {
            let data = [("id", schemas::id()), ("phone_number", schemas::digits())];
            answered(schemas::members(&data), &[], &[("id", schemas::id())])
        }
        ResultKind::Session => answered(schemas::session(), &[], &[]),
        ResultKind::Uploaded => answered(schemas::uploaded(), &[], &[]),
        ResultKind::Description => {
            let about = "This document; its form is described at https://spec.open-rpc.org";
            json!({"type": "object", "description": about, "required": ["openrpc", "info", "methods"]})
        }
        ResultKind::Nothing => answered(json!({"type": "object", "maxProperties": 0}), &[], &[]),
    }
}

/// `result` with this `data`, and with further members in its metadata and beside the data.
fn answered(data: Value, metadata: &[(&str, Value)], beside: &[(&str, Value)]) -> Value {
    let standing = [("version", json!({"type": "null"})), ("limits", reference::reference("limits"))];
    let metadata: Vec<_> = metadata.iter().chain(&standing).cloned().collect();
    let whole = [("data", data), ("metadata", schemas::members(&metadata))];
    schemas::members(&beside.iter().chain(&whole).cloned().collect::<Vec<_>>())
}

/// An object of these members.
fn object(members: impl IntoIterator<Item = (String, Value)>) -> Value {
    Value::Object(members.into_iter().collect::<Map<_, _>>())
}
