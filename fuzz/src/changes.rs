//! Calls of the methods that change a book: parameters that are right, nearly right, and anything at all.

use crate::dice::Dice;
use crate::grammar::{document, text};

/// A parameter and how its values are made.
type Parameter = (&'static str, fn(&mut Dice) -> String);

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
pub fn change(dice: &mut Dice) -> (&'static str, String) {
    let (method, parameters) = METHODS[dice.below(METHODS.len())];
    (method, members(dice, parameters).into_iter().map(|member| format!(",{member}")).collect())
}

fn members(dice: &mut Dice, parameters: &[Parameter]) -> Vec<String> {
    let mut members = Vec::new();
    for (name, value) in parameters {
        let needed = *name == parameters[0].0 || *name == "phone_numbers";
        if needed && !dice.chance(30) || dice.chance(2) {
            let value = if dice.chance(40) { document(dice) } else { value(dice) };
            members.push(format!("\"{name}\":{value}"));
        }
    }
    members
}

fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

fn name(dice: &mut Dice) -> String {
    match dice.below(8) {
        0 => quoted(&text(dice)),
        1 => "null".to_owned(),
        2 => quoted(dice.pick(&["", " ", "a\u{0}b", "VIP", "Blacklist", "\u{feff}x"])),
        3 => quoted(&"ё".repeat(250 + dice.below(10))),
        _ => quoted(&format!("Name {}", dice.below(300))),
    }
}

fn id(dice: &mut Dice) -> String {
    match dice.below(12) {
        0 => dice.pick(&["0", "-1", "1.5", "\"1\"", "1e3", "null", "9223372036854775808", "[]", "1e400"]).to_owned(),
        _ => (1 + dice.below(600)).to_string(),
    }
}

fn list(dice: &mut Dice, most: usize, element: fn(&mut Dice) -> String) -> String {
    let elements: Vec<String> = (0..dice.below(most + 1)).map(|_| element(dice)).collect();
    format!("[{}]", elements.join(","))
}

fn ids(dice: &mut Dice) -> String {
    list(dice, 4, id)
}

fn phone(dice: &mut Dice) -> String {
    match dice.below(10) {
        0 => quoted(&text(dice)),
        1 => quoted(dice.pick(&["", "12", "1234567890123456", "+", "++7", "7 (495) abc", "٠١٢٣"])),
        _ => quoted(&format!("+7 (495) {:03}-{:02}", dice.below(1000), dice.below(100))),
    }
}

fn phones(dice: &mut Dice) -> String {
    list(dice, 11, phone)
}

fn email(dice: &mut Dice) -> String {
    match dice.below(6) {
        0 => quoted(&text(dice)),
        1 => quoted(dice.pick(&["", "@", "a@b", "\"a b\"@c.example", "a@b.example\n", "A <a@b.example>"])),
        _ => quoted(&format!("a{}@mail.example", dice.below(50))),
    }
}

fn emails(dice: &mut Dice) -> String {
    list(dice, 3, email)
}

fn employee_phones(dice: &mut Dice) -> String {
    fn one(dice: &mut Dice) -> String {
        const MEMBERS: &[Parameter] =
            &[("phone_number", phone), ("channels_count", id), ("dial_time", id), ("status", status)];
        format!("{{{}}}", members(dice, MEMBERS).join(","))
    }
    list(dice, 3, one)
}

fn status(dice: &mut Dice) -> String {
    quoted(dice.pick(&["active", "inactive", "asleep"]))
}

fn on_error(dice: &mut Dice) -> String {
    quoted(dice.pick(&["skip", "skip", "reject", "ignore"]))
}

fn uploads(dice: &mut Dice) -> String {
    fn one(dice: &mut Dice) -> String {
        let mut members = members(dice, CONTACT);
        if dice.chance(3) {
            members.push(format!("\"organization_name\":{}", name(dice)));
        }
        if dice.chance(3) {
            members.push(format!("\"group_names\":{}", list(dice, 2, name)));
        }
        format!("{{{}}}", members.join(","))
    }
    list(dice, 6, one)
}

fn cursor(dice: &mut Dice) -> String {
    match dice.below(4) {
        0 => quoted(&text(dice)),
        1 => quoted(&format!("a{:x}-{:x}-{:x}-{:x}", dice.below(3), dice.below(50), dice.below(50), dice.below(50))),
        _ => "\"\"".to_owned(),
    }
}
