//! Writes records as entries of the class `inetOrgPerson` (RFC 2798).

use std::io::{self, Write};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::record::Record;
use crate::values::with_plus;

/// The longest line, in bytes without its end; RFC 2849 has no bound, and other programs write 76.
const LINE_BYTES_MAX: usize = 76;
/// The attributes that phone numbers go to, in their order, so that programs that know one number of each kind read
/// three; all further ones go to the first.
const PHONES: [&str; 3] = ["telephoneNumber", "mobile", "homePhone"];
/// The attributes of e-mail addresses, likewise.
const EMAILS: [&str; 2] = ["mail", "mozillaSecondEmail"];

/// Writes a record as an entry.
///
/// The patronymic goes to `middleName`, which no standard class has, and groups go to `businessCategory`.
///
/// # Errors
/// When the file cannot be written.
pub fn write(file: &mut impl Write, record: &Record) -> io::Result<()> {
    let mut entry = String::new();
    let id = record.id().map(|id| format!("+uid={id}")).unwrap_or_default();
    put(&mut entry, "dn", &format!("cn={}{id},ou=contacts", escaped(record.text("full_name"))));
    for class in ["top", "person", "organizationalPerson", "inetOrgPerson"] {
        put(&mut entry, "objectClass", class);
    }
    for (attribute, member) in [
        ("cn", "full_name"),
        ("sn", "last_name"),
        ("givenName", "first_name"),
        ("middleName", "patronymic"),
        ("o", "organization_name"),
    ] {
        put(&mut entry, attribute, record.text(member));
    }
    let kinds = |kinds: &'static [&'static str]| kinds.iter().chain(std::iter::repeat(&kinds[0]));
    for (attribute, phone) in kinds(&PHONES).zip(record.texts("phone_numbers")) {
        put(&mut entry, attribute, &with_plus(phone));
    }
    for (attribute, email) in kinds(&EMAILS).zip(record.texts("emails")) {
        put(&mut entry, attribute, email);
    }
    record.groups().for_each(|group| put(&mut entry, "businessCategory", group));
    entry.push('\n');
    file.write_all(entry.as_bytes())
}

/// A value of a distinguished name (RFC 4514).
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for (at, letter) in text.char_indices() {
        let is_outer = letter == ' ' && (at == 0 || at + 1 == text.len());
        if is_outer || (letter == '#' && at == 0) || ",+\"\\<>;=".contains(letter) {
            escaped.push('\\');
        }
        escaped.push(letter);
    }
    escaped
}

/// A line with a value, in base64 where the value is not plain ASCII, folded; nothing for an empty value.
fn put(entry: &mut String, attribute: &str, value: &str) {
    if value.is_empty() {
        return;
    }
    let is_plain = value.bytes().all(|byte| (b' '..0x7f).contains(&byte))
        && !value.starts_with([' ', ':', '<'])
        && !value.ends_with(' ');
    let line =
        if is_plain { format!("{attribute}: {value}") } else { format!("{attribute}:: {}", STANDARD.encode(value)) };
    let mut room = LINE_BYTES_MAX;
    for letter in line.chars() {
        if room == 0 {
            entry.push_str("\n ");
            room = LINE_BYTES_MAX - 1;
        }
        entry.push(letter);
        room -= 1;
    }
    entry.push('\n');
}
