//! How changes are refused for what they look like, before any book is asked: what, where, and in which order.

use super::*;

/// What a change of the client's is refused with: mnemonic, field, value, params.
async fn told(world: &World, method: &str, params: &Value) -> Value {
    let mut answer = world.call(&world.client.token, method, params.clone()).await;
    let data = &mut answer["error"]["data"];
    let named = named(data);
    assert_eq!(!named.is_empty(), data["mnemonic"] == "unexpected_parameters", "{method} {params}");
    json!([data["mnemonic"], data["field"], data["value"], data["params"]])
}

/// Takes the names of what there is out of an error.
fn named(data: &mut Value) -> Vec<Value> {
    let allowed = data["params"].as_object_mut().and_then(|params| params.remove("allowed"));
    allowed.and_then(|allowed| allowed.as_array().cloned()).unwrap_or_default()
}

#[tokio::test]
async fn what_is_unexpected_is_answered_with_the_names_of_what_there_is() {
    let world = world().await;
    for (method, params, allowed) in [
        ("create.group_contacts", json!({"nam": "x"}), json!(["access_token", "user_id", "name", "members"])),
        ("delete.employees", json!({"ids": [1]}), json!(["access_token", "user_id", "id"])),
        ("get.contact_organizations", json!({"fields": ["nam"]}), json!(["id", "name"])),
        (
            "get.group_contacts",
            json!({"filter": {"field": "x", "operator": "=", "value": 1}}),
            json!(["id", "name", "is_system", "members"]),
        ),
        ("get.group_contacts", json!({"sort": [{"field": "x"}]}), json!(["name"])),
        ("get.group_contacts", json!({"sort": [{"key": "x"}]}), json!(["field", "order"])),
        (
            "get.group_contacts",
            json!({"filter": {"name": "x"}}),
            json!(["field", "operator", "value", "filters", "condition"]),
        ),
        ("get.group_contacts", json!({"filter": {"filters": [], "field": "id"}}), json!(["filters", "condition"])),
        (
            "create.employees",
            json!({"last_name": "a", "phone_numbers": [{"phone": "1"}]}),
            json!(["phone_number", "channels_count", "dial_time", "status"]),
        ),
    ] {
        let mut answer = world.call(&world.client.token, method, params.clone()).await;
        assert_eq!(outcome(&answer), "unexpected_parameters", "{method} {params}");
        assert_eq!(Value::Array(named(&mut answer["error"]["data"])), allowed, "{method} {params}");
    }
}

/// Judges rows of parameters and the refusal that they meet with.
async fn judge<const ROWS: usize>(method: &str, rows: [(Value, Value); ROWS]) {
    let world = world().await;
    for (params, wanted) in rows {
        assert_eq!(told(&world, method, &params).await, wanted, "{method} {params}");
    }
}

/// A contact that nothing is wrong with, but for these members.
fn contact(members: &Value) -> Value {
    let mut contact = json!({"last_name": "Лис", "phone_numbers": ["123"]});
    for (name, value) in members.as_object().expect("an object") {
        contact[name] = value.clone();
    }
    contact
}

fn wrong_type(field: &str, value: &str, what: &str) -> Value {
    json!(["data_type_error", field, value, {"reason": format!("{what} is expected")}])
}

fn invalid(field: &str, value: Value, params: Value) -> Value {
    json!(["invalid_parameter_value", field, value, params])
}

fn missed(field: &str) -> Value {
    json!(["required_parameter_missed", field, null, {}])
}

fn nothing(field: &str, value: &str) -> Value {
    json!(["entity_not_found", field, value, {}])
}

#[tokio::test]
async fn graver_faults_are_told_first_and_then_the_first() {
    let strange = json!({"foo": 1, "last_name": null, "phone_numbers": 5, "emails": ["x"], "organization_id": 0});
    let without = |names: &[&str]| {
        let mut params = strange.clone();
        for name in names {
            params.as_object_mut().expect("an object").remove(*name);
        }
        params
    };
    let named = |mut params: Value| {
        params["last_name"] = json!("a");
        params
    };
    let mut phoned = named(without(&["foo"]));
    phoned["phone_numbers"] = json!(["123"]);
    let mut last = phoned.clone();
    last["emails"] = json!([]);
    let email = json!({"reason": "is not an e-mail address"});
    judge(
        "create.contacts",
        [
            (strange.clone(), json!(["unexpected_parameters", "foo", "1", {}])),
            (without(&["foo"]), missed("last_name")),
            (named(without(&["foo"])), wrong_type("phone_numbers", "5", "a list")),
            (phoned, invalid("emails.0", json!("x"), email)),
            (last, nothing("organization_id", "0")),
            // Equally grave ones: in the order of the table, not as they were sent.
            (json!({"phone_numbers": null}), missed("last_name")),
            (json!({"phone_numbers": [1], "last_name": 2}), wrong_type("last_name", "2", "a string")),
        ],
    )
    .await;
}

#[tokio::test]
async fn names_are_judged() {
    let long = "ё".repeat(256);
    let with = |name: &str, value: Value| contact(&json!({name: value}));
    let control = json!({"reason": "holds a control character"});
    let empty = json!({"reason": "must not be empty", "min": 1});
    judge(
        "create.contacts",
        [
            (with("last_name", json!(" \u{a0}")), invalid("last_name", json!(" \u{a0}"), empty.clone())),
            (with("first_name", json!("")), invalid("first_name", json!(""), empty)),
            (with("patronymic", json!("a\u{0}b")), invalid("patronymic", json!("a\u{0}b"), control.clone())),
            (with("first_name", json!("a\nb")), invalid("first_name", json!("a\nb"), control)),
            (
                with("last_name", json!(long)),
                invalid("last_name", json!(long), json!({"reason": "longer than 255 characters", "max": 255})),
            ),
            (with("patronymic", json!(true)), wrong_type("patronymic", "true", "a string")),
        ],
    )
    .await;
}

#[tokio::test]
async fn lists_of_phones_and_emails_are_judged() {
    let with = |name: &str, value: Value| contact(&json!({name: value}));
    let phones = |value: Value| with("phone_numbers", value);
    let eleven: Vec<String> = (100..111).map(|number| number.to_string()).collect();
    let mut mixed: Vec<Value> = eleven.iter().map(|phone| json!(phone)).collect();
    mixed.push(json!(5));
    let count = json!({"reason": "1 to 10 phone numbers are allowed", "min": 1, "max": 10});
    let twice = json!({"reason": "stands in the list already"});
    let digits =
        |count: u8| json!({"reason": format!("has {count} digits where 3 to 15 are allowed"), "min": 3, "max": 15});
    let letters = json!({"reason": "holds something that is neither a digit nor a separator"});
    let many: Vec<String> = (0..11).map(|number| format!("a{number}@b.example")).collect();
    judge(
        "create.contacts",
        [
            (phones(json!([])), invalid("phone_numbers", json!("[]"), count.clone())),
            (phones(json!(eleven)), invalid("phone_numbers", json!(json!(eleven).to_string()), count)),
            (phones(json!(mixed)), wrong_type("phone_numbers.11", "5", "a string")),
            (phones(json!("123")), wrong_type("phone_numbers", "123", "a list")),
            (phones(json!({})), wrong_type("phone_numbers", "{}", "a list")),
            (phones(json!([null])), wrong_type("phone_numbers.0", "null", "a string")),
            (phones(json!(["123", "4567", "12-3"])), invalid("phone_numbers.2", json!("12-3"), twice.clone())),
            (phones(json!(["123", "12-3", "1"])), invalid("phone_numbers.1", json!("12-3"), twice.clone())),
            (phones(json!(["123", "1"])), invalid("phone_numbers.1", json!("1"), digits(1))),
            (phones(json!(["1234567890123456"])), invalid("phone_numbers.0", json!("1234567890123456"), digits(16))),
            (phones(json!(["12\u{0}3"])), invalid("phone_numbers.0", json!("12\u{0}3"), letters.clone())),
            (phones(json!(["123x"])), invalid("phone_numbers.0", json!("123x"), letters)),
            (with("emails", json!(["a@b.example", "A@B.example"])), invalid("emails.1", json!("A@B.example"), twice)),
            (
                with("emails", json!(many)),
                invalid(
                    "emails",
                    json!(json!(many).to_string()),
                    json!({"reason": "at most 10 e-mail addresses are allowed", "max": 10}),
                ),
            ),
            (
                with("emails", json!(["a\u{0}@b.example"])),
                invalid("emails.0", json!("a\u{0}@b.example"), json!({"reason": "holds a control character"})),
            ),
            (
                with("emails", json!([format!("{}@b.example", "a".repeat(250))])),
                invalid(
                    "emails.0",
                    json!(format!("{}@b.example", "a".repeat(250))),
                    json!({"reason": "longer than 254 bytes", "max": 254}),
                ),
            ),
        ],
    )
    .await;
}

#[tokio::test]
async fn a_number_that_cannot_be_an_id_belongs_to_nothing() {
    let with = |name: &str, value: Value| contact(&json!({name: value}));
    let many: Vec<u64> = (1..=1001).collect();
    let cut: String = json!(many).to_string().chars().take(1000).collect();
    judge(
        "create.contacts",
        [
            (with("organization_id", json!("5")), wrong_type("organization_id", "5", "a number")),
            (with("personal_manager_id", json!(-1)), nothing("personal_manager_id", "-1")),
            (with("organization_id", json!(1.5)), nothing("organization_id", "1.5")),
            (
                with("organization_id", json!(9_223_372_036_854_775_808_u64)),
                nothing("organization_id", "9223372036854775808"),
            ),
            (with("groups", json!([1, 0])), nothing("groups.1", "0")),
            (with("groups", json!([1, "1"])), wrong_type("groups.1", "1", "a number")),
            (with("groups", json!(7)), wrong_type("groups", "7", "a list")),
            (
                with("groups", json!(many)),
                invalid("groups", json!(cut), json!({"reason": "at most 1000 groups are allowed", "max": 1000})),
            ),
        ],
    )
    .await;
}

#[tokio::test]
async fn what_must_stay_cannot_be_cleared() {
    let stays = json!({"reason": "cannot be cleared: leave it out to keep what is there"});
    let count = json!({"reason": "1 to 10 phone numbers are allowed", "min": 1, "max": 10});
    judge(
        "update.contacts",
        [
            (json!({"last_name": "a"}), missed("id")),
            (json!({"id": null}), missed("id")),
            (json!({"id": "1"}), wrong_type("id", "1", "a number")),
            (json!({"id": 0}), nothing("id", "0")),
            (json!({"id": 1, "last_name": null}), invalid("last_name", json!("null"), stays.clone())),
            (json!({"id": 1, "phone_numbers": null}), invalid("phone_numbers", json!("null"), stays.clone())),
            (json!({"id": 1, "phone_numbers": []}), invalid("phone_numbers", json!("[]"), count)),
            (json!({"id": 1, "last_name": 5, "first_name": ""}), wrong_type("last_name", "5", "a string")),
            (
                json!({"id": 1, "organization_name": "a"}),
                json!(["unexpected_parameters", "organization_name", "a", {}]),
            ),
        ],
    )
    .await;
    let stays = invalid("name", json!("null"), stays);
    judge("update.group_contacts", [(json!({"id": 1, "name": null}), stays)]).await;
    judge("update.contact_organizations", [(json!({"id": 1}), missed("name")), (json!({"name": "a"}), missed("id"))])
        .await;
}

#[tokio::test]
async fn an_edit_is_made_only_if_the_contact_is_as_expected() {
    let world = world().await;
    let created = json!({"last_name": "Лис", "first_name": "Аня", "phone_numbers": ["+7 (916) 123-45-67"]});
    let created = world.call(&world.client.token, "create.contacts", created).await;
    let id = created["result"]["data"]["id"].as_u64().or(created["result"]["id"].as_u64()).expect("an id");
    let changed = json!({"reason": "the contact has another value now"});
    let update = async |edit: Value, expected: Value| {
        let mut params = edit;
        params["id"] = json!(id);
        params["expected"] = expected;
        told(&world, "update.contacts", &params).await
    };
    for (expected, wanted) in [
        (json!(5), wrong_type("expected", "5", "an object")),
        (json!({"last_name": "Волк"}), invalid("expected.last_name", json!("Волк"), changed.clone())),
        (json!({"first_name": null}), invalid("expected.first_name", json!("null"), changed.clone())),
        (json!({"phone_numbers": ["112"]}), invalid("expected.phone_numbers", json!(r#"["112"]"#), changed.clone())),
        (json!({"groups": [7]}), invalid("expected.groups", json!("[7]"), changed.clone())),
        (json!({"organization_id": 1}), invalid("expected.organization_id", json!("1"), changed.clone())),
        (json!({"last_name": 5}), wrong_type("expected.last_name", "5", "a string")),
        (json!({"full_name": "x"}), json!(["unexpected_parameters", "expected.full_name", "x", {}])),
        (json!({"id": 1}), json!(["unexpected_parameters", "expected.id", "1", {}])),
    ] {
        assert_eq!(update(json!({"last_name": "Нет"}), expected.clone()).await, wanted, "{expected}");
    }
    // As it was read: digits without a plus sign, no organization.
    let read = json!({"last_name": "Лис", "first_name": "Аня", "patronymic": null, "phone_numbers": ["79161234567"],
        "emails": [], "organization_id": null, "personal_manager_id": null, "groups": []});
    for (edit, expected) in [
        (json!({"last_name": "Волк"}), read),
        (json!({"first_name": "Оля"}), json!({"last_name": "Волк"})),
        (json!({"first_name": null}), json!({})),
        (json!({"first_name": "Ира"}), json!(null)),
    ] {
        let mut params = edit;
        params["id"] = json!(id);
        params["expected"] = expected;
        let answer = world.call(&world.client.token, "update.contacts", params.clone()).await;
        assert_eq!(outcome(&answer), "ok", "{params}: {answer}");
    }
}

#[tokio::test]
async fn contacts_are_removed_by_id_or_by_ids() {
    let count = json!({"reason": "1 to 10000 contacts are allowed", "min": 1, "max": 10_000});
    let both = json!({"reason": "either id or ids, not both"});
    let many = json!(vec![7; 10_001]);
    let cut: String = many.to_string().chars().take(1000).collect();
    judge(
        "delete.contacts",
        [
            (json!({}), missed("id")),
            (json!({"id": null, "ids": null}), missed("id")),
            (json!({"id": 1, "ids": [2]}), json!(["invalid_parameters_combination", "ids", "[2]", both])),
            (json!({"id": "1", "ids": [2]}), wrong_type("id", "1", "a number")),
            (json!({"ids": []}), invalid("ids", json!("[]"), count.clone())),
            (json!({"ids": many}), invalid("ids", json!(cut), count)),
            (json!({"ids": [1, "2"]}), wrong_type("ids.1", "2", "a number")),
            (json!({"ids": [0.5]}), nothing("ids.0", "0.5")),
        ],
    )
    .await;
}

#[tokio::test]
async fn phones_of_employees_are_judged() {
    let with = |phone: Value| json!({"last_name": "a", "phone_numbers": [{"phone_number": "1"}, phone]});
    let phone = |member: &str, value: Value| {
        let mut phone = json!({"phone_number": "2"});
        phone[member] = value;
        with(phone)
    };
    let range = |max: u8| json!({"reason": format!("must be a whole number from 1 to {max}"), "min": 1, "max": max});
    let at = |member: &str| format!("phone_numbers.1.{member}");
    let status = json!({"reason": "one of: active, inactive"});
    let long = "2".repeat(65);
    judge(
        "create.employees",
        [
            (phone("phone_id", json!(1)), json!(["unexpected_parameters", at("phone_id"), "1", {}])),
            (phone("phone_number", json!(null)), missed(&at("phone_number"))),
            (with(json!({})), missed(&at("phone_number"))),
            (with(json!([])), wrong_type("phone_numbers.1", "[]", "an object")),
            (phone("phone_number", json!(2)), wrong_type(&at("phone_number"), "2", "a string")),
            (phone("channels_count", json!("2")), wrong_type(&at("channels_count"), "2", "a number")),
            (phone("channels_count", json!(0)), invalid(&at("channels_count"), json!("0"), range(150))),
            (phone("channels_count", json!(1.5)), invalid(&at("channels_count"), json!("1.5"), range(150))),
            (phone("dial_time", json!(101)), invalid(&at("dial_time"), json!("101"), range(100))),
            (phone("dial_time", json!(1e300)), invalid(&at("dial_time"), json!("1e+300"), range(100))),
            (phone("status", json!("busy")), invalid(&at("status"), json!("busy"), status)),
            (
                phone("phone_number", json!(" 1 ")),
                invalid(&at("phone_number"), json!(" 1 "), json!({"reason": "stands in the list already"})),
            ),
            (
                phone("phone_number", json!(long)),
                invalid(&at("phone_number"), json!(long), json!({"reason": "longer than 64 characters", "max": 64})),
            ),
            (
                phone("phone_number", json!("2\u{0}")),
                invalid(&at("phone_number"), json!("2\u{0}"), json!({"reason": "holds a control character"})),
            ),
            (
                json!({"last_name": "a", "email": "nobody"}),
                invalid("email", json!("nobody"), json!({"reason": "is not an e-mail address"})),
            ),
        ],
    )
    .await;
    let stays = json!({"reason": "cannot be cleared: leave it out to keep what is there"});
    judge("update.employees", [(json!({"id": 1, "last_name": null}), invalid("last_name", json!("null"), stays))])
        .await;
}

#[tokio::test]
async fn members_of_other_components_are_refused_unless_they_are_null() {
    let disabled =
        |field: &str, value: &str| json!(["parameter_component_disabled", field, value, {"components": "telephony"}]);
    for method in ["create.employees", "update.employees"] {
        judge(
            method,
            [
                (json!({"operator": {}, "bogus": 1}), json!(["unexpected_parameters", "bogus", "1", {}])),
                (json!({"operator_sites": [], "status": "x", "last_name": 5}), disabled("status", "x")),
                (json!({"coach": {}}), disabled("coach", "{}")),
                (json!({"calls_available": false, "status": null}), disabled("calls_available", "false")),
                (
                    json!({"coach": null, "id": null, "last_name": 1}),
                    match method {
                        "create.employees" => json!(["unexpected_parameters", "id", "null", {}]),
                        _ => missed("id"),
                    },
                ),
            ],
        )
        .await;
    }
    let world = world().await;
    let answer = world.call(&world.client.token, "create.employees", json!({"schedule_id": 7})).await;
    assert_eq!(answer["error"]["code"], -32008);
    let message = "You need at least one of the following components to access this parameter: telephony";
    assert_eq!(answer["error"]["message"], message);
}

#[tokio::test]
async fn entries_of_the_blacklist_are_judged() {
    let with = |comment: Value| json!({"phone_number": "123", "add_comment": comment});
    let long = "ж".repeat(1001);
    let cut: String = long.chars().take(1000).collect();
    let bound = json!({"reason": "longer than 1000 characters", "max": 1000});
    judge(
        "create.phone_number_to_blacklist",
        [
            (json!({"add_comment": 5}), missed("phone_number")),
            (json!({"phone_number": 123}), wrong_type("phone_number", "123", "a string")),
            (
                with(json!("a\u{0}")),
                invalid("add_comment", json!("a\u{0}"), json!({"reason": "holds a control character"})),
            ),
            (with(json!(long)), invalid("add_comment", json!(cut), bound)),
            (with(json!([])), wrong_type("add_comment", "[]", "a string")),
        ],
    )
    .await;
}

#[tokio::test]
async fn the_first_wrong_record_is_the_fault_of_a_whole_upload() {
    let records = |records: Value| json!({"contacts": records});
    let after = |record: Value| records(json!([contact(&json!({})), record]));
    let count = json!({"reason": "1 to 10000 contacts are allowed", "min": 1, "max": 10_000});
    let (empty, short) = (json!({"reason": "must not be empty", "min": 1}), json!(["1"]));
    let digits = json!({"reason": "has 1 digits where 3 to 15 are allowed", "min": 3, "max": 15});
    let both = json!({"reason": "either organization_id or organization_name, not both"});
    let mut far = vec![contact(&json!({})); 10_000];
    far[9998] = contact(&json!({"phone_numbers": short}));
    far[9999] = json!(1);
    let combined = contact(&json!({"organization_id": 1, "organization_name": "a"}));
    let many = vec![json!({}); 10_001];
    let cut: String = json!(many).to_string().chars().take(1000).collect();
    judge(
        "upload.contacts",
        [
            (json!({}), missed("contacts")),
            (records(json!({})), wrong_type("contacts", "{}", "a list")),
            (records(json!([])), invalid("contacts", json!("[]"), count.clone())),
            (records(json!(many)), invalid("contacts", json!(cut), count)),
            (
                json!({"contacts": [1], "on_error": "ignore"}),
                invalid("on_error", json!("ignore"), json!({"reason": "one of: reject, skip"})),
            ),
            (records(json!([1])), wrong_type("contacts.0", "1", "an object")),
            (after(json!({"id": 5})), json!(["unexpected_parameters", "contacts.1.id", "5", {}])),
            (after(json!({"last_name": "a"})), missed("contacts.1.phone_numbers")),
            (after(contact(&json!({"group_names": "a"}))), wrong_type("contacts.1.group_names", "a", "a list")),
            (
                after(contact(&json!({"group_names": ["a", " "]}))),
                invalid("contacts.1.group_names.1", json!(" "), empty),
            ),
            (after(combined), json!(["invalid_parameters_combination", "contacts.1.organization_name", "a", both])),
            (after(contact(&json!({"groups": [3, 0]}))), nothing("contacts.1.groups.1", "0")),
            (records(json!(far)), invalid("contacts.9998.phone_numbers.0", json!("1"), digits)),
        ],
    )
    .await;
}

#[tokio::test]
async fn an_upload_of_wrong_records_only_says_so_of_each_and_keeps_secrets() {
    let world = world().await;
    let token = &world.client.token;
    let contacts = json!([1, {"password": "p", "last_name": "a"}, contact(&json!({"emails": [token]}))]);
    let params = json!({"contacts": contacts, "on_error": "skip"});
    let mut answer = world.call(token, "upload.contacts", params).await;
    let names = named(&mut answer["result"]["data"]["errors"][1]);
    assert_eq!((&names[0], names.last()), (&json!("last_name"), Some(&json!("group_names"))));
    let data = &answer["result"]["data"];
    assert_eq!(data["ids"], json!([null, null, null]), "{answer}");
    let reason = |reason: &str| json!({"reason": reason});
    let error = |index: u8, mnemonic: &str, field: Option<&str>, value: Option<&str>, params: Value| json!({"index": index, "mnemonic": mnemonic, "field": field, "value": value, "params": params});
    let errors = json!([
        error(0, "data_type_error", None, Some("1"), reason("an object is expected")),
        error(1, "unexpected_parameters", Some("password"), None, json!({})),
        error(2, "invalid_parameter_value", Some("emails.0"), None, reason("is not an e-mail address")),
    ]);
    assert_eq!(data["errors"], errors);
    assert_eq!(answer["result"]["metadata"], json!({"version": null, "limits": {}}));
    assert!(answer["result"].get("id").is_none(), "{answer}");
}
