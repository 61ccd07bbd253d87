//! Phone numbers in every form, at customers with and without a country, and the re-reading of a stored book.

use std::path::Path;

use ringbook_testbed::http_client::WAIT_MAX;
use serde_json::{Value, json};

use super::harness::{Place, Server, added, eventually, key, operate, operate_with, outcome, place, told};
use super::stores::change;

/// A server with customers of these options, each with a key.
struct Book {
    server: Server,
    tokens: Vec<String>,
    root: Place,
}

impl Book {
    fn of(customers: &[&str]) -> Self {
        let root = place();
        let data = root.path().join("data");
        let tokens = customers.iter().enumerate().map(|(at, options)| account(&data, at, options)).collect();
        Self { server: Server::serve(&data, &[]), tokens, root }
    }

    fn call(&self, customer: usize, method: &str, mut params: Value) -> Value {
        params["access_token"] = json!(self.tokens[customer]);
        self.server.call(method, params)
    }

    /// The digits that a number is stored as.
    fn stored(&self, customer: usize, number: &str) -> Value {
        let params = json!({"last_name": number, "phone_numbers": [number]});
        let made = self.call(customer, "create.contacts", params);
        let id = made["result"]["data"]["id"].as_u64().unwrap_or_else(|| panic!("{number}: {made}"));
        self.phones(customer, id)[0].clone()
    }

    fn phones(&self, customer: usize, id: u64) -> Value {
        let filter = json!({"field": "id", "operator": "=", "value": id});
        let found = self.call(customer, "get.contacts", json!({"filter": filter}));
        found["result"]["data"][0]["phone_numbers"].clone()
    }

    fn found(&self, customer: usize, operator: &str, value: &Value) -> Vec<u64> {
        let filter = json!({"field": "phone_numbers", "operator": operator, "value": value});
        let found = self.call(customer, "get.contacts", json!({"filter": filter, "fields": ["id"]}));
        let data = found["result"]["data"].as_array().unwrap_or_else(|| panic!("{value}: {found}"));
        data.iter().filter_map(|record| record["id"].as_u64()).collect()
    }

    fn data(&self) -> std::path::PathBuf {
        self.root.path().join("data")
    }
}

fn account(data: &Path, at: usize, options: &str) -> String {
    let customer = added(data, format!("customer add C{at} {options}").trim());
    let user = added(data, &format!("user add u{at} --customer {customer}"));
    told(data, &format!("allow add 127.0.0.0/8 --customer {customer}"));
    key(data, user).1
}

#[test]
fn national_numbers_are_stored_and_found_in_international_form() {
    let book = Book::of(&["", "--country RU --area-code 495 --outside-prefix 9", "--country DE"]);
    for (customer, number, digits) in [
        (0, "8 (916) 555-44-33", "89165554433"),
        (0, "0049 30 7654321", "49307654321"),
        (0, "tel:+7-916-555-44-33", "79165554433"),
        (1, "8 (916) 555-44-33", "79165554433"),
        (1, "9 8 916 555-44-33", "79165554433"),
        (1, "555-44-33", "74955554433"),
        (1, "8-10-44-20-7946-0018", "442079460018"),
        (1, "104", "104"),
        (2, "030 7654321", "49307654321"),
        (2, "+49\u{a0}(0)30\u{2011}7654321", "49307654321"),
        (2, "49307654321", "49307654321"),
        (2, "112", "112"),
    ] {
        assert_eq!(book.stored(customer, number), digits, "{number}");
    }
    let made = book.call(2, "create.contacts", json!({"last_name": "Many", "phone_numbers": ["0171 2345678", "104"]}));
    let id = made["result"]["data"]["id"].as_u64().expect("an id");
    for value in ["0171 2345678", "+49 171 2345678", "0049\u{2009}171\u{2013}2345678", "sip:+491712345678@pbx.example"]
    {
        assert_eq!(book.found(2, "=", &json!(value)), [id], "{value}");
        assert_eq!(book.found(2, "overlap", &json!([value, "999"])), [id], "{value}");
        assert!(!book.found(2, "!=", &json!(value)).contains(&id), "{value}");
        assert!(!book.found(2, "not_in", &json!([value])).contains(&id), "{value}");
    }
    assert_eq!(book.found(2, "in", &json!(["0171 2345679", "104"])), [id]);
    let twice = json!({"last_name": "Twice", "phone_numbers": ["0171 2345678", "+49 171 2345678"]});
    assert_eq!(outcome(&book.call(2, "create.contacts", twice)), "invalid_parameter_value");
}

#[test]
fn an_upload_and_the_blacklist_complete_numbers_too() {
    let book = Book::of(&["--country FR"]);
    let records =
        json!([{"last_name": "A", "phone_numbers": ["01 23 45 67 89"]}, {"last_name": "B", "phone_numbers": ["*86"]}]);
    let made = book.call(0, "upload.contacts", json!({"contacts": records, "on_error": "skip"}));
    let data = &made["result"]["data"];
    assert_eq!(book.phones(0, data["ids"][0].as_u64().expect("an id")), json!(["33123456789"]), "{made}");
    assert_eq!((&data["ids"][1], &data["errors"][0]["mnemonic"]), (&Value::Null, &json!("invalid_parameter_value")));
    let blocked = book.call(0, "create.phone_number_to_blacklist", json!({"phone_number": "01 23 45 67 89"}));
    assert_eq!(blocked["result"]["data"]["phone_number"], "33123456789");
    let again = book.call(0, "create.phone_number_to_blacklist", json!({"phone_number": "+33 1 23 45 67 89"}));
    assert_eq!(outcome(&again), "duplicate_entity");
    let filter = json!({"field": "phone_number", "operator": "in", "value": ["0123456789"]});
    let found = book.call(0, "get.blacklist_phone_numbers", json!({"filter": filter}));
    assert_eq!(found["result"]["metadata"]["total_items"], 1, "{found}");
}

/// A number in New Zealand is written with the digits of one in New York.
#[test]
fn a_client_can_send_back_what_it_was_answered_with() {
    let book = Book::of(&["--country US"]);
    let made =
        book.call(0, "create.contacts", json!({"last_name": "Away", "phone_numbers": ["+64 6 555 0147", "104"]}));
    let id = made["result"]["data"]["id"].as_u64().expect("an id");
    let phones = book.phones(0, id);
    assert_eq!(phones, json!(["6465550147", "104"]));
    assert_eq!(book.found(0, "=", &phones[0]), [id]);
    let renamed = book.call(0, "update.contacts", json!({"id": id, "last_name": "Home", "phone_numbers": phones}));
    assert_eq!(outcome(&renamed), "ok", "{renamed}");
    assert_eq!(book.phones(0, id), json!(["6465550147", "104"]));
    book.call(0, "update.contacts", json!({"id": id, "phone_numbers": ["646 555 0148"]}));
    assert_eq!(book.phones(0, id), json!(["16465550148"]));
}

#[test]
fn a_stored_book_is_read_again_beside_a_running_server() {
    let book = Book::of(&["", ""]);
    let add = |phones: Value| {
        let made = book.call(0, "create.contacts", json!({"last_name": "Lem", "phone_numbers": phones}));
        made["result"]["data"]["id"].as_u64().unwrap_or_else(|| panic!("{made}"))
    };
    let (first, second, third) =
        (add(json!(["89165554433", "79165554433", "104"])), add(json!(["+79165554433"])), add(json!(["112"])));
    let blocked = ["89161112233", "79161112233"].map(|number| {
        let made = book.call(0, "create.phone_number_to_blacklist", json!({"phone_number": number}));
        made["result"]["data"]["id"].clone()
    });
    let data = book.data();
    let dry = told(&data, "customer set 1 --country ru --dry-run");
    assert_eq!((&dry["changed_contacts"], &dry["changed_numbers"]), (&json!(1), &json!(4)), "{dry}");
    let of = |contact: Value, entry: Value, before: &str, after: &str, is_dropped: bool| json!({"contact_id": contact, "blacklist_id": entry, "before": before, "after": after, "dropped": is_dropped});
    let changes = json!([
        of(json!(first), Value::Null, "89165554433", "79165554433", false),
        of(json!(first), Value::Null, "79165554433", "79165554433", true),
        of(Value::Null, blocked[0].clone(), "89161112233", "79161112233", false),
        of(Value::Null, blocked[1].clone(), "79161112233", "79161112233", true),
    ]);
    assert_eq!(dry["changes"], changes);
    assert_eq!(dry["shared"], json!([{"number": "79165554433", "contact_ids": [first, second]}]));
    let refused = operate(&data, "customer set 1 --country RU");
    let said = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(refused.status.code() == Some(1) && said.contains("--dry-run") && said.contains("--yes"), "{said}");
    assert_eq!(book.phones(0, first), json!(["89165554433", "79165554433", "104"]), "nothing was changed");
    told(&data, "customer set 1 --country RU --yes");
    assert_eq!(told(&data, "customer list")[0]["country"], "RU");
    eventually(WAIT_MAX, "the server reads the book again", || book.phones(0, first) == json!(["79165554433", "104"]));
    assert_eq!(book.found(0, "=", &json!("8 916 555-44-33")), [first, second]);
    assert_eq!(book.phones(0, third), json!(["112"]));
    // The server goes on from the state that the command has left.
    assert_eq!(book.stored(0, "8 (812) 555-44-33"), "78125554433");
    let listed = book.call(0, "get.blacklist_phone_numbers", json!({"fields": ["phone_number"]}));
    assert_eq!(listed["result"]["data"], json!([{"phone_number": "79161112233"}]));
    assert_eq!(told(&data, "check")["ok"], true);
}

#[test]
fn settings_of_telephones_are_checked() {
    let root = place();
    let data = root.path().join("data");
    added(&data, "customer add C --country de --area-code 30 --outside-prefix 0");
    let row = &told(&data, "customer list")[0];
    assert_eq!((&row["country"], &row["area_code"], &row["outside_prefix"]), (&json!("DE"), &json!("30"), &json!("0")));
    for line in [
        "customer add D --country Germany",
        "customer add D --area-code 30",
        "customer set 1 --country none",
        "customer set 1 --area-code 3a --yes",
        "customer set 1 --dry-run --name X",
        "customer set 1 --country RU --dry-run --yes",
    ] {
        let output = operate(&data, line);
        assert_eq!(output.status.code(), Some(2), "{line}: {}", String::from_utf8_lossy(&output.stderr));
    }
    told(&data, "customer set 1 --country none --area-code none --outside-prefix none");
    assert_eq!(told(&data, "customer list")[0].get("country"), None);
    let asked = operate_with(&data, "customer set 1 --country RU", "n\n");
    assert_eq!(asked.status.code(), Some(0), "an empty book has nothing to ask about");
}

#[test]
fn names_are_compared_and_unique_in_composed_form() {
    let book = Book::of(&[""]);
    let decomposed = "Bru\u{308}ckner";
    let made = book.call(0, "create.contacts", json!({"last_name": decomposed, "phone_numbers": ["104"]}));
    assert!(made["result"]["data"]["id"].is_u64(), "{made}");
    for (operator, value) in [
        ("=", json!("Br\u{fc}ckner")),
        ("=", json!(decomposed)),
        ("in", json!([decomposed])),
        ("like", json!("%ru\u{308}ck%")),
        ("ilike", json!("BRU\u{308}%")),
    ] {
        let filter = json!({"field": "last_name", "operator": operator, "value": value});
        let found = book.call(0, "get.contacts", json!({"filter": filter, "fields": ["last_name"]}));
        assert_eq!(found["result"]["data"], json!([{"last_name": "Br\u{fc}ckner"}]), "{operator} {value}");
    }
    for method in ["create.group_contacts", "create.contact_organizations"] {
        assert_eq!(outcome(&book.call(0, method, json!({"name": "Cafe\u{301}"}))), "ok");
        assert_eq!(outcome(&book.call(0, method, json!({"name": "Caf\u{e9}"}))), "duplicate_entity");
    }
}

#[test]
fn names_that_were_stored_decomposed_are_read_in_composed_form() {
    let Book { server, tokens, root } = Book::of(&[""]);
    let data = root.path().join("data");
    let params = json!({"access_token": tokens[0], "last_name": "Plain", "phone_numbers": ["104"]});
    assert_eq!(outcome(&server.call("create.contacts", params)), "ok");
    server.stop();
    assert_eq!(change(&data, "UPDATE contacts SET last_name = 'Bru\u{308}ckner'"), 1);
    let server = Server::serve(&data, &[]);
    let filter = json!({"field": "last_name", "operator": "=", "value": "Br\u{fc}ckner"});
    let found = server.call("get.contacts", json!({"access_token": tokens[0], "filter": filter}));
    assert_eq!(found["result"]["data"][0]["full_name"], "Br\u{fc}ckner", "{found}");
    assert_eq!(told(&data, "check")["ok"], true);
}
