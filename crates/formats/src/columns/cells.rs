//! From the cells of a row to the texts of a contact.

use super::part::{Part, Separator};
use crate::draft::Draft;

/// Groups that a program makes for everybody, in the forms of its exports and in lower case.
const SYSTEM_GROUPS: [&str; 20] = [
    "mycontacts",
    "my contacts",
    "starred",
    "starred in android",
    "other contacts",
    "all contacts",
    "meine kontakte",
    "mes contacts",
    "mis contactos",
    "i miei contatti",
    "meus contatos",
    "os meus contactos",
    "moje kontakty",
    "mijn contacten",
    "kişilerim",
    "suggested contacts",
    "мои контакты",
    "помеченные",
    "мої контакти",
    "blocked",
];
/// What stands before the name of such a group.
const SYSTEM_MARKS: [&str; 2] = ["* ", "System Group: "];

/// Adds a cell, which is neither empty nor surrounded by blanks, to a contact.
pub(super) fn put(draft: &mut Draft, part: Part, cell: &str) {
    match part {
        Part::LastName => join(&mut draft.last_name, cell),
        Part::FirstName => join(&mut draft.first_name, cell),
        Part::Patronymic => join(&mut draft.patronymic, cell),
        Part::Id
        | Part::FullName
        | Part::Nickname
        | Part::Manager
        | Part::ManagerId
        | Part::Organization
        | Part::OrganizationId => draft.put_single(part, cell),
        Part::Email => draft.emails.push(cell.to_owned()),
        Part::Phone => draft.phones.push(cell.to_owned()),
        Part::Fax => draft.faxes.push(cell.to_owned()),
        Part::Groups(separator) => draft.groups.extend(groups(cell, separator)),
    }
}

/// Adds a part of a name: some tables have a column for each of several last names (`Primer apellido`, `Segundo apellido`).
fn join(name: &mut String, cell: &str) {
    if name.is_empty() {
        cell.clone_into(name);
    } else if name != cell {
        name.push(' ');
        name.push_str(cell);
    }
}

/// Names of groups, without those that a program makes for everybody.
fn groups(cell: &str, separator: Separator) -> Vec<String> {
    let pieces: Vec<&str> = match separator {
        Separator::Lines => cell.split('\n').collect(),
        Separator::Colons => cell.split(":::").collect(),
        Separator::Semicolons => cell.split(';').collect(),
        Separator::Commas => cell.split(',').collect(),
    };
    pieces.into_iter().filter_map(own_group).map(str::to_owned).collect()
}

/// The name of a group, without the mark of a group of the program; `None` if the program makes it for everybody.
pub fn own_group(name: &str) -> Option<&str> {
    let name = name.trim();
    let unmarked = SYSTEM_MARKS.iter().find_map(|mark| name.strip_prefix(mark)).unwrap_or(name).trim();
    let is_system = match unmarked.is_ascii() {
        true => SYSTEM_GROUPS.iter().any(|group| group.eq_ignore_ascii_case(unmarked)),
        false => SYSTEM_GROUPS.contains(&unmarked.to_lowercase().as_str()),
    };
    (!is_system && !unmarked.is_empty()).then_some(unmarked)
}

/// The cell without the sign that keeps it a text in a spreadsheet: `'=SUM(1)` is `=SUM(1)`, `="007"` is `007`.
pub fn unguarded(cell: &str) -> &str {
    let cell = cell.trim();
    if let Some(inside) = cell.strip_prefix("=\"").and_then(|rest| rest.strip_suffix('"')) {
        return inside.trim();
    }
    match cell.strip_prefix('\'') {
        Some(rest) if is_guarded(rest) => rest.trim(),
        _ => cell,
    }
}

/// Whether a spreadsheet takes a text for a formula or a number, so that [`guarded`] puts an apostrophe before it.
fn is_guarded(text: &str) -> bool {
    let is_formula = text.starts_with(['=', '+', '-', '@', '\t', '\r', '\'']);
    let is_number = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    is_formula || is_number
}

/// A text as the cell of a spreadsheet that is neither a formula nor a number.
pub fn guarded(text: &str) -> String {
    if is_guarded(text) { format!("'{text}") } else { text.to_owned() }
}

/// A text as a cell of a table for programs: guarded only if [`unguarded`] would change it otherwise.
pub fn kept(text: String) -> String {
    if unguarded(&text) == text.trim() { text } else { format!("'{text}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn groups_of_the_program_are_left_out() {
        assert_eq!(
            groups("* myContacts ::: VIP ::: A; B ::: * Friends", Separator::Colons),
            ["VIP", "A; B", "Friends"]
        );
        assert_eq!(groups("starred,Kunden, My Contacts", Separator::Commas), ["Kunden"]);
        assert_eq!(own_group("System Group: Family"), Some("Family"));
        assert_eq!(own_group("Starred in Android"), None);
    }

    #[test]
    fn what_is_guarded_reads_back() {
        for text in [
            "=HYPERLINK(\"x\")",
            "+1+1",
            "-2",
            "@SUM(1)",
            "\tx",
            "'=1",
            "=\"1\"",
            "79161234567",
            "'t Hooft",
            "Lem",
            "",
            "''",
        ] {
            assert_eq!(unguarded(&guarded(text)), text.trim(), "{text}");
            assert_eq!(unguarded(&kept(text.to_owned())), text.trim(), "{text}");
        }
        assert_eq!(kept("=1".to_owned()), "=1");
        assert_eq!(guarded("'t Hooft"), "''t Hooft");
        assert_eq!(unguarded("'t Hooft"), "'t Hooft");
        assert_eq!(unguarded("=\"0079\""), "0079");
        assert_eq!(guarded("Lem"), "Lem");
    }
}
