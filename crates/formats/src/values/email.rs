//! E-mail addresses of a cell.

use phone_number::signs;
use ringbook_book::text::Email;

use super::{Parsed, ValueNote};

/// What stands before an address without being part of it.
const SCHEMES: [&str; 4] = ["mailto:", "smtp:", "e-mail:", "email:"];
/// What an address inside of a mail server begins with; nobody outside can write to it.
const INTERNAL: [&str; 8] = ["/o=", "ex:/o=", "x400:", "x500:", "imceaex-", "sip:", "eum:", "spo:"];
const NOT_AN_EMAIL: &str = "is not an e-mail address";
const INTERNAL_ADDRESS: &str = "is an address inside of a mail server";

/// The addresses of a cell: one to a line, or separated by `:::`, commas, semicolons or blanks. `mailto:` and the
/// name around `<address>` are dropped.
pub fn emails(cell: &str) -> Parsed<Email> {
    let mut found = Parsed::default();
    if let Some(email) = common(cell) {
        found.values.push(email);
        return found;
    }
    for line in cell.split(['\n', '\r']).flat_map(|line| line.split(":::")) {
        let line = line.trim();
        if line.is_empty() {
            continue;
        }
        match email(line) {
            Some(email) => found.values.push(email),
            None => pieces(line).into_iter().for_each(|piece| add(&mut found, piece)),
        }
    }
    found
}

/// An address with nothing around it.
fn common(cell: &str) -> Option<Email> {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"@.-_+".contains(&byte);
    if cell.bytes().all(is_plain) { Email::parse(cell).ok() } else { None }
}

/// The pieces of a line that is not one address: each with an `@` on its own, or the line as a whole.
fn pieces(line: &str) -> Vec<&str> {
    // Blanks are in the name around an address, commas are in a quoted one.
    let separators: &[char] = if line.contains(['<', '"']) { &[',', ';'] } else { &[',', ';', ' ', '\t'] };
    let mut is_quoted = false;
    let parts = line.split(|letter| {
        is_quoted ^= letter == '"';
        !is_quoted && separators.contains(&letter)
    });
    let parts: Vec<&str> = parts.map(str::trim).filter(|part| !part.is_empty()).collect();
    if parts.iter().any(|part| email(part).is_some()) { parts } else { vec![line] }
}

fn add(found: &mut Parsed<Email>, text: &str) {
    match email(text) {
        Some(email) => found.values.push(email),
        None if is_internal(text) => found.notes.push(ValueNote::plain(text, INTERNAL_ADDRESS)),
        None => found.notes.push(ValueNote::plain(text, NOT_AN_EMAIL)),
    }
}

fn email(text: &str) -> Option<Email> {
    let visible: String = text.chars().filter(|c| !signs::is_invisible(*c)).collect();
    let mut text = visible.trim().trim_end_matches([';', ',']);
    let is_one = text.matches('<').count() == 1;
    let inside = text.strip_suffix('>').filter(|_| is_one).and_then(|text| text.rsplit_once('<'));
    let inside = inside.map(|(_, address)| address);
    text = inside.unwrap_or(text).trim_matches(['\'', '"', ' ']);
    for scheme in SCHEMES {
        if let Some((start, rest)) = text.split_at_checked(scheme.len())
            && start.eq_ignore_ascii_case(scheme)
        {
            text = rest.trim_start();
        }
    }
    if is_internal(text) { None } else { Email::parse(text).ok() }
}

fn is_internal(text: &str) -> bool {
    let text = text.trim().to_ascii_lowercase();
    INTERNAL.iter().any(|start| text.starts_with(start))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn addresses(cell: &str) -> (Vec<String>, usize) {
        let found = emails(cell);
        (found.values.iter().map(|email| email.as_str().to_owned()).collect(), found.notes.len())
    }

    #[test]
    fn an_address_is_taken_out_of_what_surrounds_it() {
        for text in [
            "a@b.example",
            " mailto:a@b.example",
            "Anna B <a@b.example>",
            "<a@b.example>",
            "SMTP:a@b.example",
            "'a@b.example'",
        ] {
            assert_eq!(addresses(text), (vec!["a@b.example".to_owned()], 0), "{text}");
        }
    }

    #[test]
    fn several_addresses_are_several() {
        let both = vec!["a@b.example".to_owned(), "c@d.example".to_owned()];
        for text in [
            "a@b.example, c@d.example",
            "a@b.example;c@d.example;",
            "a@b.example c@d.example",
            "a@b.example ::: c@d.example",
            "a@b.example\nc@d.example",
            "\"B, A\" <a@b.example>; C <c@d.example>",
        ] {
            assert_eq!(addresses(text).0, both, "{text}");
        }
    }

    #[test]
    fn what_is_no_address_is_named() {
        for text in
            ["a at b", "n/a", "/O=EXCHANGELABS/OU=X/CN=anna", "X500:/o=x", "sip:a@b.example", "http://example.com", "-"]
        {
            assert_eq!(addresses(text), (vec![], 1), "{text}");
        }
        assert_eq!(addresses("a@b.example, n/a"), (vec!["a@b.example".to_owned()], 1));
        assert_eq!(addresses(" "), (vec![], 0));
    }
}
