//! Calls that change an address book, and their effect on `get.contacts`.
//!
//! The syntax of parameters is tested in `crates/jsonrpc`. Tested here are the rules that need an address book: existing
//! and missing records, unique names, references; and that a refused change has no effect.

use serde_json::{Value, json};

use super::harness::{Demo, Server};

/// An id that no record has.
const UNKNOWN_ID: u64 = 999_999_999;

/// An account with a token, and calls on its behalf.
struct Account<'s> {
    server: &'s Server,
    token: String,
}

impl<'s> Account<'s> {
    fn of(demo: &'s Demo, who: &str) -> Self {
        Account { server: &demo.server, token: demo.token(who).to_owned() }
    }

    fn call(&self, method: &str, mut params: Value) -> Value {
        params["access_token"] = json!(self.token);
        self.server.call(method, params)
    }

    /// The id of the record that a call created; the reply has it twice.
    fn made(&self, method: &str, params: Value) -> u64 {
        let answer = self.call(method, params);
        let result = &answer["result"];
        assert_eq!((&result["id"], &result["data"]["id"]), (&result["data"]["id"], &result["id"]), "{answer}");
        assert!(result["metadata"].get("total_items").is_none(), "{answer}");
        result["id"].as_u64().unwrap_or_else(|| panic!("{method}: {answer}"))
    }

    /// Makes a call whose reply has no data.
    fn done(&self, method: &str, params: Value) {
        let answer = self.call(method, params);
        assert_eq!(answer["result"]["data"], json!({}), "{method}: {answer}");
        assert!(answer["result"].get("id").is_none(), "{answer}");
    }

    /// The refusal of a call: mnemonic, field, value.
    fn refused(&self, method: &str, params: Value) -> Value {
        let answer = self.call(method, params);
        let data = &answer["error"]["data"];
        assert_eq!(answer["error"]["code"], -32602, "{answer}");
        assert_eq!(data["params"], json!({}), "{answer}");
        json!([data["mnemonic"], data["field"], data["value"]])
    }

    /// The contacts that match a filter.
    fn found(&self, field: &str, operator: &str, value: Value) -> Vec<Value> {
        let filter = json!({"field": field, "operator": operator, "value": value});
        let answer = self.call("get.contacts", json!({"filter": filter}));
        answer["result"]["data"].as_array().unwrap_or_else(|| panic!("{answer}")).clone()
    }

    fn contact(&self, id: u64) -> Value {
        let mut found = self.found("id", "=", json!(id));
        assert_eq!(found.len(), 1, "contact {id}");
        found.remove(0)
    }

    fn total(&self) -> u64 {
        let answer = self.call("get.contacts", json!({"limit": 0}));
        answer["result"]["metadata"]["total_items"].as_u64().unwrap_or_else(|| panic!("{answer}"))
    }

    /// A contact with this name and a phone number.
    fn plain(&self, last_name: &str) -> u64 {
        self.made("create.contacts", json!({"last_name": last_name, "phone_numbers": ["123"]}))
    }

    /// The id of the group that every book has from the beginning.
    fn system_group(&self) -> u64 {
        let filter = json!({"field": "is_system", "operator": "=", "value": true});
        let answer = self.call("get.group_contacts", json!({"filter": filter, "fields": ["id"]}));
        answer["result"]["data"][0]["id"].as_u64().unwrap_or_else(|| panic!("{answer}"))
    }
}

fn missing(field: &str, value: u64) -> Value {
    json!(["entity_not_found", field, value.to_string()])
}

#[test]
fn a_contact_is_created_updated_and_deleted() {
    let demo = Demo::start(10);
    let book = Account::of(&demo, "demo");
    let before = book.total();
    let group = book.made("create.group_contacts", json!({"name": " Choir "}));
    let other = book.made("create.group_contacts", json!({"name": "Other"}));
    let organization = book.made("create.contact_organizations", json!({"name": "ООО"}));
    let manager = book.made("create.employees", json!({"last_name": "Шеф", "first_name": "Б"}));
    let id = book.made(
        "create.contacts",
        json!({
            "last_name": "  Лис ", "first_name": "Анна", "patronymic": null, "emails": ["A@b.example"],
            "phone_numbers": ["+7 (495) 000-00.01", "007"], "personal_manager_id": manager,
            "organization_id": organization, "groups": [other, group, other],
        }),
    );
    let groups = json!([{"group_id": group, "group_name": "Choir"}, {"group_id": other, "group_name": "Other"}]);
    let mut seen = json!({
        "id": id, "last_name": "Лис", "first_name": "Анна", "patronymic": null, "full_name": "Лис Анна",
        "emails": ["A@b.example"], "phone_numbers": ["74950000001", "007"], "personal_manager_id": manager,
        "personal_manager_full_name": "Шеф Б", "organization_id": organization, "organization_name": "ООО",
        "groups": groups,
    });
    assert_eq!((book.contact(id), book.total()), (seen.clone(), before + 1));
    assert_eq!(book.found("phone_numbers", "=", json!("7 495 0000001")), [seen.clone()]);

    // An update with the id only changes nothing.
    book.done("update.contacts", json!({"id": id}));
    assert_eq!(book.contact(id), seen);
    // A new name is visible at once.
    book.done("update.contact_organizations", json!({"id": organization, "name": "ЗАО"}));
    book.done("update.group_contacts", json!({"id": group, "name": "Band"}));
    book.done("update.employees", json!({"id": manager, "first_name": null, "patronymic": "В"}));
    seen["groups"][0]["group_name"] = json!("Band");
    seen["organization_name"] = json!("ЗАО");
    seen["personal_manager_full_name"] = json!("Шеф В");
    assert_eq!(book.contact(id), seen);
    assert_eq!(book.found("organization_name", "=", json!("ЗАО")), [seen.clone()]);
    // Lists are replaced as a whole.
    book.done(
        "update.contacts",
        json!({"id": id, "last_name": "Волк", "patronymic": "П", "phone_numbers": ["555"], "groups": [other]}),
    );
    for (member, value) in [
        ("last_name", json!("Волк")),
        ("patronymic", json!("П")),
        ("full_name", json!("Волк Анна П")),
        ("phone_numbers", json!(["555"])),
        ("groups", json!([{"group_id": other, "group_name": "Other"}])),
    ] {
        seen[member] = value;
    }
    assert_eq!(book.contact(id), seen);
    assert_eq!(book.found("phone_numbers", "=", json!("007")), [] as [Value; 0]);
    // Null clears.
    book.done(
        "update.contacts",
        json!({
            "id": id, "first_name": null, "patronymic": null, "emails": null, "personal_manager_id": null,
            "organization_id": null, "groups": null,
        }),
    );
    let bare = json!({
        "id": id, "last_name": "Волк", "first_name": null, "patronymic": null, "full_name": "Волк", "emails": [],
        "phone_numbers": ["555"], "personal_manager_id": null, "personal_manager_full_name": null,
        "organization_id": null, "organization_name": null, "groups": [],
    });
    assert_eq!(book.contact(id), bare);
    book.done("delete.contacts", json!({"id": id}));
    assert_eq!((book.total(), book.found("id", "=", json!(id)).len()), (before, 0));
    assert_eq!(book.refused("delete.contacts", json!({"id": id})), missing("id", id));
    assert!(book.plain("Лис") > id, "an id was used again");
}

#[test]
fn a_missing_record_is_named_and_nothing_is_changed() {
    let demo = Demo::start(10);
    let (book, second) = (Account::of(&demo, "demo"), Account::of(&demo, "second"));
    let group = book.made("create.group_contacts", json!({"name": "G"}));
    let foreign_group = second.made("create.group_contacts", json!({"name": "G"}));
    let (own, foreign) = (book.plain("a"), second.plain("a"));
    let before = book.total();
    let new = |member: &str, value: Value| json!({"last_name": "a", "phone_numbers": ["123"], member: value});
    for (member, value, field, blamed) in [
        ("organization_id", json!(UNKNOWN_ID), "organization_id", UNKNOWN_ID),
        ("personal_manager_id", json!(UNKNOWN_ID), "personal_manager_id", UNKNOWN_ID),
        ("groups", json!([group, UNKNOWN_ID]), "groups.1", UNKNOWN_ID),
        ("groups", json!([foreign_group, group]), "groups.0", foreign_group),
    ] {
        assert_eq!(book.refused("create.contacts", new(member, value.clone())), missing(field, blamed));
        let edit = json!({"id": own, "last_name": "changed", member: value});
        assert_eq!(book.refused("update.contacts", edit), missing(field, blamed));
    }
    assert_eq!(book.refused("update.contacts", json!({"id": foreign, "last_name": "b"})), missing("id", foreign));
    assert_eq!(book.refused("delete.contacts", json!({"id": foreign})), missing("id", foreign));
    let ids = json!([own, own, foreign]);
    assert_eq!(book.refused("delete.contacts", json!({"ids": ids})), missing("ids.2", foreign));
    let members = json!({"name": "new", "members": [own, UNKNOWN_ID]});
    assert_eq!(book.refused("create.group_contacts", members), missing("members.1", UNKNOWN_ID));
    let members = json!({"id": group, "name": "renamed", "members": [foreign, own]});
    assert_eq!(book.refused("update.group_contacts", members), missing("members.0", foreign));
    for (method, params) in [
        ("update.group_contacts", json!({"id": UNKNOWN_ID, "name": "x"})),
        ("delete.group_contacts", json!({"id": UNKNOWN_ID})),
        ("update.contact_organizations", json!({"id": UNKNOWN_ID, "name": "x"})),
        ("delete.contact_organizations", json!({"id": UNKNOWN_ID})),
        ("update.employees", json!({"id": UNKNOWN_ID})),
        ("delete.employees", json!({"id": UNKNOWN_ID})),
        ("delete.phone_number_from_blacklist", json!({"id": UNKNOWN_ID})),
    ] {
        assert_eq!(book.refused(method, params), missing("id", UNKNOWN_ID), "{method}");
    }
    assert_eq!((book.total(), second.contact(foreign)["last_name"].clone()), (before, json!("a")));
    assert_eq!((&book.contact(own)["last_name"], &book.contact(own)["groups"]), (&json!("a"), &json!([])));
    assert_eq!(book.found("groups", "jsquery", json!("#.group_name = \"renamed\"")), [] as [Value; 0]);
}

#[test]
fn names_of_groups_and_organizations_and_numbers_are_unique() {
    let demo = Demo::start(10);
    let (book, second) = (Account::of(&demo, "demo"), Account::of(&demo, "second"));
    for kind in ["group_contacts", "contact_organizations"] {
        let (create, update) = (format!("create.{kind}"), format!("update.{kind}"));
        let one = book.made(&create, json!({"name": "Один"}));
        let two = book.made(&create, json!({"name": "Два"}));
        second.made(&create, json!({"name": "Один"}));
        let taken = |value: &str| json!(["duplicate_entity", "name", value]);
        assert_eq!(book.refused(&create, json!({"name": " Один "})), taken(" Один "));
        assert_eq!(book.refused(&update, json!({"id": two, "name": "Один"})), taken("Один"));
        book.done(&update, json!({"id": one, "name": "Один"}));
        book.done(&update, json!({"id": one, "name": "Три"}));
        book.done(&update, json!({"id": two, "name": "Один"}));
        book.done(&format!("delete.{kind}"), json!({"id": two}));
        book.made(&create, json!({"name": "Один"}));
    }
    let taken = json!(["duplicate_entity", "name", "Blacklist"]);
    assert_eq!(book.refused("create.group_contacts", json!({"name": "Blacklist"})), taken);
}

#[test]
fn records_in_use_cannot_be_deleted() {
    let demo = Demo::start(10);
    let book = Account::of(&demo, "demo");
    let organization = book.made("create.contact_organizations", json!({"name": "ООО"}));
    let manager = book.made("create.employees", json!({"last_name": "Шеф"}));
    let id = book.plain("a");
    book.done("update.contacts", json!({"id": id, "organization_id": organization, "personal_manager_id": manager}));
    let needed = |id: u64| json!(["dependency_error", "id", id.to_string()]);
    let drop_organization = || json!({"id": organization});
    assert_eq!(book.refused("delete.contact_organizations", drop_organization()), needed(organization));
    assert_eq!(book.refused("delete.employees", json!({"id": manager})), needed(manager));
    book.done("update.contacts", json!({"id": id, "organization_id": null}));
    book.done("delete.contact_organizations", drop_organization());
    book.done("delete.contacts", json!({"ids": [id, id]}));
    book.done("delete.employees", json!({"id": manager}));
}

#[test]
fn members_of_groups_are_set_and_released() {
    let demo = Demo::start(10);
    let book = Account::of(&demo, "demo");
    let (one, two, three) = (book.plain("1"), book.plain("2"), book.plain("3"));
    let members = |group: u64| -> Vec<u64> {
        let found = book.found("groups", "jsquery", json!(format!("#.group_id = {group}")));
        found.iter().filter_map(|contact| contact["id"].as_u64()).collect()
    };
    let group = book.made("create.group_contacts", json!({"name": "G", "members": [two, one, two]}));
    assert_eq!(members(group), [one, two]);
    book.done("update.group_contacts", json!({"id": group, "name": "H"}));
    assert_eq!(members(group), [one, two]);
    book.done("update.group_contacts", json!({"id": group, "members": [three, one]}));
    assert_eq!(members(group), [one, three]);
    assert_eq!(book.contact(three)["groups"], json!([{"group_id": group, "group_name": "H"}]));
    book.done("update.group_contacts", json!({"id": group, "members": null}));
    assert_eq!(members(group), [] as [u64; 0]);
    book.done("update.group_contacts", json!({"id": group, "members": [one]}));
    book.done("delete.group_contacts", json!({"id": group}));
    assert_eq!(book.contact(one)["groups"], json!([]));

    let system = book.system_group();
    let kept = json!(["forbidden", "id", system.to_string()]);
    assert_eq!(book.refused("update.group_contacts", json!({"id": system, "name": "White"})), kept);
    let both = json!({"id": system, "name": "White", "members": [one]});
    assert_eq!(book.refused("update.group_contacts", both), kept);
    assert_eq!(book.refused("delete.group_contacts", json!({"id": system})), kept);
    assert!(!members(system).contains(&one));
    book.done("update.group_contacts", json!({"id": system, "members": [one, three]}));
    assert_eq!(members(system), [one, three]);
    book.done("update.contacts", json!({"id": two, "groups": [system]}));
    book.done("update.group_contacts", json!({"id": system, "members": []}));
    assert_eq!(members(system), [] as [u64; 0]);
}

#[test]
fn an_upload_is_all_or_nothing() {
    let demo = Demo::start(10);
    let book = Account::of(&demo, "demo");
    let before = book.total();
    let record = |name: &str| json!({"last_name": name, "phone_numbers": ["123"]});
    let mut records: Vec<Value> = (0..200).map(|at| record(&format!("upload {at}"))).collect();
    records[190]["groups"] = json!([UNKNOWN_ID]);
    records[3]["organization_name"] = json!("Made in vain");
    let refused = book.refused("upload.contacts", json!({"contacts": records}));
    assert_eq!(refused, missing("contacts.190.groups.0", UNKNOWN_ID));
    assert_eq!(book.total(), before);
    book.made("create.contact_organizations", json!({"name": "Made in vain"}));

    records[190] = json!({
        "last_name": "X", "phone_numbers": ["+123"], "organization_name": " Made in vain ", "group_names": ["G", "H", "G"],
    });
    records[191] =
        json!({"last_name": "Y", "phone_numbers": ["124"], "organization_name": "New", "group_names": ["H"]});
    records[192] = json!({"last_name": "Z", "phone_numbers": ["124"], "organization_name": "New", "group_names": []});
    let answer = book.call("upload.contacts", json!({"contacts": records, "on_error": null}));
    let data = &answer["result"]["data"];
    assert_eq!((&data["errors"], answer["result"].get("id")), (&json!([]), None), "{answer}");
    let ids: Vec<u64> = data["ids"].as_array().expect("ids").iter().filter_map(Value::as_u64).collect();
    assert_eq!((ids.len(), book.total()), (200, before + 200));
    let names = |id: u64| -> Value {
        let contact = book.contact(id);
        let groups = contact["groups"].as_array().expect("groups").iter().map(|group| group["group_name"].clone());
        let mut groups: Vec<String> = groups.map(|name| name.as_str().expect("a name").to_owned()).collect();
        groups.sort_unstable();
        json!([contact["last_name"], contact["organization_name"], groups])
    };
    assert_eq!(names(ids[3]), json!(["upload 3", "Made in vain", []]));
    assert_eq!(names(ids[190]), json!(["X", "Made in vain", ["G", "H"]]));
    assert_eq!(names(ids[191]), json!(["Y", "New", ["H"]]));
    assert_eq!(names(ids[192]), json!(["Z", "New", []]));
    assert_eq!(book.found("organization_name", "=", json!("New")).len(), 2);
    let taken = json!(["duplicate_entity", "name", "H"]);
    assert_eq!(book.refused("create.group_contacts", json!({"name": "H"})), taken);
}

#[test]
fn an_upload_can_skip_invalid_contacts() {
    let demo = Demo::start(10);
    let book = Account::of(&demo, "demo");
    let before = book.total();
    let with = |name: &str, member: &str, value: Value| {
        let mut record = json!({"last_name": name, "phone_numbers": ["123"]});
        record[member] = value;
        record
    };
    let contacts = json!([
        with("0", "groups", json!([UNKNOWN_ID])),
        with("1", "phone_numbers", json!(["123", "x"])),
        with("2", "emails", json!(["a@b.example"])),
        with("3", "organization_id", json!(UNKNOWN_ID)),
        7,
        with("5", "group_names", json!(["Neu"])),
        with("6", "personal_manager_id", json!(UNKNOWN_ID)),
    ]);
    let answer = book.call("upload.contacts", json!({"contacts": contacts, "on_error": "skip"}));
    let data = &answer["result"]["data"];
    let ids = data["ids"].as_array().unwrap_or_else(|| panic!("{answer}"));
    let good: Vec<usize> = (0..ids.len()).filter(|place| ids[*place].is_u64()).collect();
    assert_eq!((ids.len(), good), (7, vec![2, 5]), "{answer}");
    let nobody = UNKNOWN_ID.to_string();
    let errors: Vec<Value> = data["errors"]
        .as_array()
        .expect("errors")
        .iter()
        .map(|error| json!([error["index"], error["mnemonic"], error["field"], error["value"]]))
        .collect();
    let wanted = [
        json!([0, "entity_not_found", "groups.0", nobody]),
        json!([1, "invalid_parameter_value", "phone_numbers.1", "x"]),
        json!([3, "entity_not_found", "organization_id", nobody]),
        json!([4, "data_type_error", null, "7"]),
        json!([6, "entity_not_found", "personal_manager_id", nobody]),
    ];
    assert_eq!((errors, book.total()), (wanted.to_vec(), before + 2));
    let made = |place: usize| book.contact(ids[place].as_u64().expect("an id"));
    assert_eq!(made(2)["emails"], json!(["a@b.example"]));
    assert_eq!((&made(5)["last_name"], &made(5)["groups"][0]["group_name"]), (&json!("5"), &json!("Neu")));
}

#[test]
fn employees_and_their_phones_are_created_updated_and_deleted() {
    let demo = Demo::start(10);
    let book = Account::of(&demo, "demo");
    let seen = |id: u64| -> Value {
        let filter = json!({"field": "id", "operator": "=", "value": id});
        let fields = ["last_name", "first_name", "patronymic", "email", "phone_numbers"];
        let answer = book.call("get.employees", json!({"filter": filter, "fields": fields}));
        let mut record = answer["result"]["data"][0].clone();
        for phone in record["phone_numbers"].as_array_mut().unwrap_or_else(|| panic!("{answer}")) {
            assert!(phone["phone_id"].is_u64(), "{answer}");
            phone.as_object_mut().expect("an object").remove("phone_id");
        }
        record
    };
    let phones = json!([
        {"phone_number": " 74955140578...2345 ", "channels_count": null},
        {"phone_number": "office", "channels_count": 150, "dial_time": 100, "status": "inactive"},
    ]);
    let params = json!({"last_name": "Шеф", "email": "a@b.example", "phone_numbers": phones, "coach": null});
    let id = book.made("create.employees", params);
    let phones = json!([
        {"phone_number": "74955140578...2345", "channels_count": 1, "dial_time": 60, "status": "active"},
        {"phone_number": "office", "channels_count": 150, "dial_time": 100, "status": "inactive"},
    ]);
    let record = |first: Value, email: Value, phones: Value| {
        let name = json!("Шеф");
        json!({"last_name": name, "first_name": first, "patronymic": null, "email": email, "phone_numbers": phones})
    };
    assert_eq!(seen(id), record(json!(null), json!("a@b.example"), phones.clone()));
    book.done("update.employees", json!({"id": id, "first_name": "Б", "email": null}));
    assert_eq!(seen(id), record(json!("Б"), json!(null), phones));
    book.done("update.employees", json!({"id": id, "phone_numbers": null}));
    assert_eq!(seen(id), record(json!("Б"), json!(null), json!([])));
}

#[test]
fn numbers_are_added_to_the_blacklist_once_and_removed() {
    let demo = Demo::start(10);
    let book = Account::of(&demo, "demo");
    let seen = || book.call("get.blacklist_phone_numbers", json!({"sort": []}))["result"]["data"].clone();
    let before = seen().as_array().expect("records").len();
    let params = json!({"phone_number": "+7 (495) 111-22-33", "add_comment": "  twice\na day "});
    let answer = book.call("create.phone_number_to_blacklist", params);
    let id = answer["result"]["id"].as_u64().unwrap_or_else(|| panic!("{answer}"));
    assert_eq!(answer["result"]["data"], json!({"id": id, "phone_number": "74951112233"}));
    let taken = json!(["duplicate_entity", "phone_number", "7495.1112233"]);
    assert_eq!(book.refused("create.phone_number_to_blacklist", json!({"phone_number": "7495.1112233"})), taken);
    let other = Account::of(&demo, "second");
    other.made_number("74951112233");
    let bare = book.call("create.phone_number_to_blacklist", json!({"phone_number": "555", "add_comment": " "}));
    let records = seen();
    let records = records.as_array().expect("records");
    assert_eq!(records.len(), before + 2);
    let find = |id: &Value| records.iter().find(|record| record["id"] == *id).expect("a record").clone();
    let record = find(&json!(id));
    assert_eq!((&record["phone_number"], &record["add_comment"]), (&json!("74951112233"), &json!("twice\na day")));
    assert!(record["add_user_name"].as_str().is_some_and(|name| !name.is_empty()), "{record}");
    assert_eq!(record["add_date_time"].as_str().map(str::len), Some("YYYY-MM-DD hh:mm:ss".len()), "{record}");
    assert!(find(&bare["result"]["id"])["add_comment"].is_null());
    book.done("delete.phone_number_from_blacklist", json!({"id": id}));
    assert_eq!(book.refused("delete.phone_number_from_blacklist", json!({"id": id})), missing("id", id));
    book.made_number("74951112233");
}

impl Account<'_> {
    fn made_number(&self, digits: &str) {
        let answer = self.call("create.phone_number_to_blacklist", json!({"phone_number": digits}));
        assert_eq!(answer["result"]["data"]["phone_number"], digits, "{answer}");
    }
}

#[test]
fn an_agent_changes_in_the_name_of_a_user() {
    let demo = Demo::start(10);
    let agent = Account::of(&demo, "agent");
    let book = Account::of(&demo, "demo");
    let params = |user: Value| json!({"user_id": user, "last_name": "a", "phone_numbers": ["123"]});
    let answer = agent.call("create.contacts", params(json!(null)));
    assert_eq!(answer["error"]["data"]["mnemonic"], "required_parameter_missed", "{answer}");
    let id = agent.made("create.contacts", params(json!(demo.user("demo"))));
    assert_eq!(book.contact(id)["last_name"], "a");
}

#[test]
fn acknowledged_changes_survive_a_kill() {
    let demo = Demo::start(10);
    let book = Account::of(&demo, "demo");
    let group = book.made("create.group_contacts", json!({"name": "G"}));
    let (kept, gone) = (book.plain("kept"), book.plain("gone"));
    let records: Vec<Value> =
        (0..500).map(|at| json!({"last_name": at.to_string(), "phone_numbers": ["123"]})).collect();
    book.call("upload.contacts", json!({"contacts": records}));
    book.done("update.contacts", json!({"id": kept, "last_name": "changed", "groups": [group]}));
    book.done("delete.contacts", json!({"ids": [gone]}));
    book.done("update.group_contacts", json!({"id": group, "name": "H"}));
    let (contact, total, token) = (book.contact(kept), book.total(), book.token.clone());
    let (root, data) = demo.kill();
    let server = Server::serve(&data, &[]);
    let book = Account { server: &server, token };
    assert_eq!((book.contact(kept), book.total()), (contact, total));
    assert!(book.plain("next") > gone + 500);
    server.stop();
    drop(root);
}
