//! Calls of the methods that change an address book, with valid, nearly valid and arbitrary parameters.

use ringbook_testbed::random::{Choices, Rng};

use crate::grammar::{document, text};

/// A parameter and the generator of its values.
type Parameter = (&'static str, fn(&mut Rng) -> String);

const CONTACT: &[Parameter] = &[
    ("last_name", name),
    ("phone_numbers", phones),
    ("first_name", name),
    ("patronymic", name),
    ("emails", emails),
    ("personal_manager_id", id),
    ("organization_id", id),
    ("groups", ids),
];

const METHODS: &[(&str, &[Parameter])] = &[
    ("create.contacts", CONTACT),
    (
        "update.contacts",
        &[("id", id), ("last_name", name), ("phone_numbers", phones), ("emails", emails), ("groups", ids)],
    ),
    ("delete.contacts", &[("ids", ids)]),
    ("delete.contacts", &[("id", id)]),
    ("delete.contacts", &[("id", id), ("ids", ids)]),
    ("upload.contacts", &[("contacts", uploads), ("on_error", on_error)]),
    ("create.group_contacts", &[("name", name), ("members", ids)]),
    ("update.group_contacts", &[("id", id), ("name", name), ("members", ids)]),
    ("delete.group_contacts", &[("id", id)]),
    ("create.contact_organizations", &[("name", name)]),
    ("update.contact_organizations", &[("id", id), ("name", name)]),
    ("delete.contact_organizations", &[("id", id)]),
    (
        "create.employees",
        &[("last_name", name), ("email", email), ("phone_numbers", employee_phones), ("status", document)],
    ),
    ("update.employees", &[("id", id), ("last_name", name), ("phone_numbers", employee_phones)]),
    ("delete.employees", &[("id", id)]),
    ("create.phone_number_to_blacklist", &[("phone_number", phone), ("add_comment", name)]),
    ("delete.phone_number_from_blacklist", &[("id", id)]),
    ("get.contact_changes", &[("since", cursor), ("limit", id)]),
];

/// A method and its parameters, each with a comma before it.
pub fn change(rng: &mut Rng) -> (&'static str, String) {
    let (method, parameters) = METHODS[rng.below(METHODS.len())];
    (method, members(rng, parameters).into_iter().map(|member| format!(",{member}")).collect())
}

fn members(rng: &mut Rng, parameters: &[Parameter]) -> Vec<String> {
    let mut members = Vec::new();
    for (name, value) in parameters {
        let is_required = *name == parameters[0].0 || *name == "phone_numbers";
        if is_required && !rng.one_in(30) || rng.one_in(2) {
            let value = if rng.one_in(40) { document(rng) } else { value(rng) };
            members.push(format!("\"{name}\":{value}"));
        }
    }
    members
}

fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

fn name(rng: &mut Rng) -> String {
    match rng.below(8) {
        0 => quoted(&text(rng)),
        1 => "null".to_owned(),
        2 => quoted(rng.pick(&["", " ", "a\u{0}b", "VIP", "Blacklist", "\u{feff}x"])),
        3 => quoted(&"ё".repeat(250 + rng.below(10))),
        _ => quoted(&format!("Name {}", rng.below(300))),
    }
}

fn id(rng: &mut Rng) -> String {
    match rng.below(12) {
        0 => rng.pick(&["0", "-1", "1.5", "\"1\"", "1e3", "null", "9223372036854775808", "[]", "1e400"]).to_owned(),
        _ => (1 + rng.below(600)).to_string(),
    }
}

fn list(rng: &mut Rng, max: usize, element: fn(&mut Rng) -> String) -> String {
    let elements: Vec<String> = (0..rng.below(max + 1)).map(|_| element(rng)).collect();
    format!("[{}]", elements.join(","))
}

fn ids(rng: &mut Rng) -> String {
    list(rng, 4, id)
}

fn phone(rng: &mut Rng) -> String {
    match rng.below(10) {
        0 => quoted(&text(rng)),
        1 => quoted(rng.pick(&["", "12", "1234567890123456", "+", "++7", "7 (495) abc", "٠١٢٣"])),
        _ => quoted(&format!("+7 (495) {:03}-{:02}", rng.below(1000), rng.below(100))),
    }
}

fn phones(rng: &mut Rng) -> String {
    list(rng, 11, phone)
}

fn email(rng: &mut Rng) -> String {
    match rng.below(6) {
        0 => quoted(&text(rng)),
        1 => quoted(rng.pick(&["", "@", "a@b", "\"a b\"@c.example", "a@b.example\n", "A <a@b.example>"])),
        _ => quoted(&format!("a{}@mail.example", rng.below(50))),
    }
}

fn emails(rng: &mut Rng) -> String {
    list(rng, 3, email)
}

fn employee_phones(rng: &mut Rng) -> String {
    fn one(rng: &mut Rng) -> String {
        const MEMBERS: &[Parameter] =
            &[("phone_number", phone), ("channels_count", id), ("dial_time", id), ("status", status)];
        format!("{{{}}}", members(rng, MEMBERS).join(","))
    }
    list(rng, 3, one)
}

fn status(rng: &mut Rng) -> String {
    quoted(rng.pick(&["active", "inactive", "asleep"]))
}

fn on_error(rng: &mut Rng) -> String {
    quoted(rng.pick(&["skip", "skip", "reject", "ignore"]))
}

fn uploads(rng: &mut Rng) -> String {
    fn one(rng: &mut Rng) -> String {
        let mut members = members(rng, CONTACT);
        if rng.one_in(3) {
            members.push(format!("\"organization_name\":{}", name(rng)));
        }
        if rng.one_in(3) {
            members.push(format!("\"group_names\":{}", list(rng, 2, name)));
        }
        format!("{{{}}}", members.join(","))
    }
    list(rng, 6, one)
}

fn cursor(rng: &mut Rng) -> String {
    match rng.below(4) {
        0 => quoted(&text(rng)),
        1 => quoted(&format!("a{:x}-{:x}-{:x}-{:x}", rng.below(3), rng.below(50), rng.below(50), rng.below(50))),
        _ => "\"\"".to_owned(),
    }
}
