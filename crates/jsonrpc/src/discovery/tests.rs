//! The document against the schema of OpenRPC, and against the tables that it is made from.

use std::collections::BTreeSet;

use boon::{Compiler, Draft, Schemas};
use ringbook_book::query::operator::Operator;
use serde_json::{Value, json};

use super::document;
use crate::method::{Method, Need, ResultKind};
use crate::mnemonic::Mnemonic;

const META_SCHEMA: &str = include_str!("../../tests/fixtures/openrpc/meta-schema.json");
const JSON_SCHEMA: &str = include_str!("../../tests/fixtures/openrpc/json-schema.json");

fn published() -> Value {
    serde_json::from_slice(document().plain()).expect("JSON")
}

/// A schema of the fixtures; what they call their own dialect is draft 7.
fn fixture(text: &str) -> Value {
    let mut schema: Value = serde_json::from_str(text).expect("JSON");
    schema["$schema"] = "http://json-schema.org/draft-07/schema#".into();
    schema
}

/// Judges values by a schema of the document.
fn judge(document: &Value, pointer: &str) -> impl Fn(&Value) -> bool + use<> {
    let (mut schemas, mut compiler) = (Schemas::new(), Compiler::new());
    compiler.set_default_draft(Draft::V7);
    compiler.add_resource("http://document/", document.clone()).expect("a resource");
    let index = compiler.compile(&format!("http://document/#{pointer}"), &mut schemas).expect("a schema");
    move |value| schemas.validate(value, index).is_ok()
}

fn method<'d>(document: &'d Value, name: &str) -> &'d Value {
    let methods = document["methods"].as_array().expect("methods");
    methods.iter().find(|method| method["name"] == name).unwrap_or_else(|| panic!("{name} is not described"))
}

fn texts<'v>(values: &'v Value, member: &str) -> Vec<&'v str> {
    values.as_array().expect("a list").iter().filter_map(|value| value[member].as_str()).collect()
}

#[test]
fn the_document_is_openrpc() {
    let (mut schemas, mut compiler) = (Schemas::new(), Compiler::new());
    compiler.enable_format_assertions();
    for (url, text) in [("https://meta.open-rpc.org/", META_SCHEMA), ("https://meta.json-schema.tools/", JSON_SCHEMA)] {
        compiler.add_resource(url, fixture(text)).expect("a resource");
    }
    let index = compiler.compile("https://meta.open-rpc.org/", &mut schemas).expect("the schema");
    let document = published();
    let judged = schemas.validate(&document, index);
    assert!(judged.is_ok(), "{:#}", judged.expect_err("checked"));
}

#[test]
fn every_method_is_described_with_all_its_parameters() {
    let document = published();
    let names: BTreeSet<&str> = texts(&document["methods"], "name").into_iter().collect();
    assert_eq!(names.len(), Method::ALL.len());
    for known in Method::ALL {
        let spec = known.spec();
        let told = method(&document, spec.name);
        assert_eq!(texts(&told["params"], "name"), spec.names().collect::<Vec<_>>(), "{}", spec.name);
        for (parameter, told) in spec.all_parameters().zip(told["params"].as_array().expect("a list")) {
            assert_eq!(told["required"], parameter.need == Need::Required, "{} {}", spec.name, parameter.name);
            assert_ne!(told["schema"], json!({}), "{} {}", spec.name, parameter.name);
        }
        assert_eq!(told["paramStructure"], "by-name");
        assert_eq!(told["summary"], spec.about);
    }
}

#[test]
fn every_field_is_described_and_where_it_can_be_asked_about() {
    let document = published();
    let schemas = &document["components"]["schemas"];
    for known in Method::ALL {
        let ResultKind::Records(fields) = known.spec().answer else { continue };
        let record = known.spec().name.strip_prefix("get.").expect("a question");
        let properties = schemas[record]["properties"].as_object().expect("a record");
        assert!(properties.keys().eq(fields.iter().map(|field| field.name)), "{record}");
        let named: Vec<&str> = fields.iter().map(|field| field.name).collect();
        assert_eq!(schemas[format!("{record}_fields")]["items"]["enum"], json!(named));
        let sortable: Vec<&str> = fields.iter().filter(|field| field.sortable).map(|field| field.name).collect();
        let sort = &schemas[format!("{record}_sort")]["items"]["properties"]["field"]["enum"];
        assert_eq!(sort.as_array().cloned().unwrap_or_default(), sortable, "{record}");
        let forms = schemas[format!("{record}_filter")]["anyOf"].as_array().expect("forms");
        for field in fields {
            let form = forms.iter().find(|form| form["properties"]["field"]["const"] == field.name);
            assert_eq!(form.is_some(), field.filterable, "{record} {}", field.name);
            let Some(form) = form else { continue };
            assert_eq!(form["properties"]["operator"]["enum"], json!(Operator::names_for(field.kind)));
        }
    }
}

#[test]
fn every_mnemonic_is_described_and_a_method_names_a_code_once() {
    let document = published();
    let errors = document["components"]["errors"].as_object().expect("errors");
    assert_eq!(errors.len(), Mnemonic::ALL.len());
    for mnemonic in Mnemonic::ALL {
        let is_it = |error: &&Value| error["data"]["mnemonic"] == mnemonic.text() && error["code"] == mnemonic.code();
        let error = errors.values().find(is_it).unwrap_or_else(|| panic!("{mnemonic:?} is not described"));
        assert_eq!(error["message"], mnemonic.message());
    }
    for method in document["methods"].as_array().expect("methods") {
        let codes: Vec<&Value> =
            method["errors"].as_array().expect("errors").iter().map(|error| &error["code"]).collect();
        let distinct: BTreeSet<i64> = codes.iter().filter_map(|code| code.as_i64()).collect();
        assert_eq!(distinct.len(), codes.len(), "{}", method["name"]);
    }
}

#[test]
fn a_method_tells_how_it_can_fail() {
    let document = published();
    let mnemonics = |name: &str| -> BTreeSet<String> {
        let errors = method(&document, name)["errors"].as_array().expect("errors");
        let all = errors.iter().flat_map(|error| texts(&error["data"]["mnemonics"], "mnemonic"));
        all.map(str::to_owned).collect()
    };
    let has = |name: &str, mnemonic: &str| mnemonics(name).contains(mnemonic);
    assert!(has("get.contacts", "sort_prohibited") && !has("create.contacts", "sort_prohibited"));
    assert!(has("create.employees", "parameter_component_disabled") && !has("create.contacts", "duplicate_entity"));
    assert!(has("create.group_contacts", "duplicate_entity") && has("delete.employees", "dependency_error"));
    assert!(has("login.user", "auth_error") && !has("login.user", "access_token_invalid"));
    let open: Vec<String> = mnemonics("rpc.discover").into_iter().collect();
    assert_eq!(open, ["data_type_error", "internal_error", "unexpected_parameters"]);
}

#[test]
fn the_schema_of_filters_takes_what_the_server_takes() {
    let document = published();
    let takes = judge(&document, "/components/schemas/contacts_filter");
    let simple = json!({"field": "full_name", "operator": "like", "value": "%ван%"});
    for filter in [
        json!(null),
        json!({}),
        json!([]),
        simple.clone(),
        json!({"field": "id", "operator": "in", "value": [1, "2"]}),
        json!({"filters": []}),
        json!({"filters": [simple, {"filters": [{"field": "groups", "operator": "is_null"}]}], "condition": "or"}),
    ] {
        assert!(takes(&filter), "{filter}");
    }
    for filter in [
        json!({"field": "patronymic", "operator": "=", "value": "x"}),
        json!({"field": "id", "operator": "like", "value": "1%"}),
        json!({"field": "id"}),
        json!({"filters": [{"field": "nobody", "operator": "="}]}),
        json!([1]),
        json!("x"),
    ] {
        assert!(!takes(&filter), "{filter}");
    }
}

#[test]
fn the_schemas_of_answers_take_answers() {
    let document = published();
    let at = |name: &str| {
        let methods = document["methods"].as_array().expect("methods");
        methods.iter().position(|method| method["name"] == name).expect("a method")
    };
    let result = |name: &str| judge(&document, &format!("/methods/{}/result/schema", at(name)));
    let metadata = json!({"total_items": 1, "version": null, "limits": {}});
    let answer = json!({"data": [{"id": 1, "name": "VIP", "is_system": false,
        "members": [{"contact_id": 1, "contact_full_name": "Ада"}]}], "metadata": metadata});
    assert!(result("get.group_contacts")(&answer));
    assert!(!result("get.contact_organizations")(&answer));
    let made = json!({"id": 1, "data": {"id": 1}, "metadata": {"version": null, "limits": {"day_limit": null}}});
    assert!(result("create.contacts")(&made) && !result("delete.contacts")(&made));
}
