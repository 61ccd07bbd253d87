//! What the paths of the front end name.
//!
//! A device key sees one book: some clients show no more than one. Its paths hold the id of the key, not its secret.

use ringbook_app::access::Device;
use ringbook_book::id::ContactId;

/// Below it is everything.
pub const ROOT: &str = "/dav/";
/// The ending of the paths of contacts.
const CARD_SUFFIX: &str = ".vcf";

/// A resource.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Resource {
    /// Where clients begin.
    Root,
    /// The device key as a principal.
    Principal,
    /// What holds its books.
    Home,
    /// Its book.
    Book,
    /// A contact in the book.
    Card(ContactId),
}

impl Resource {
    /// The resource of a path, for a device. A slash at the end makes no difference.
    pub fn read(path: &str, device: &Device) -> Option<Self> {
        let rest = path.strip_prefix(ROOT)?.trim_end_matches('/');
        let mut parts = rest.split('/').filter(|part| !part.is_empty());
        let (kind, name, book, card) = (parts.next(), parts.next(), parts.next(), parts.next());
        if parts.next().is_some() || name.is_some_and(|name| name != device.label) {
            return None;
        }
        match (kind, name, book, card) {
            (None, ..) => Some(Self::Root),
            (Some("principals"), Some(_), None, _) => Some(Self::Principal),
            (Some("books"), Some(_), None, _) => Some(Self::Home),
            (Some("books"), Some(_), Some("contacts"), None) => Some(Self::Book),
            (Some("books"), Some(_), Some("contacts"), Some(card)) => contact(card).map(Self::Card),
            _ => None,
        }
    }

    /// Its path.
    pub fn path(self, device: &str) -> String {
        match self {
            Self::Root => ROOT.to_owned(),
            Self::Principal => format!("{ROOT}principals/{device}/"),
            Self::Home => format!("{ROOT}books/{device}/"),
            Self::Book => format!("{ROOT}books/{device}/contacts/"),
            Self::Card(id) => format!("{ROOT}books/{device}/contacts/{id}{CARD_SUFFIX}"),
        }
    }
}

/// The contact that the last part of a path names.
fn contact(name: &str) -> Option<ContactId> {
    let digits = name.strip_suffix(CARD_SUFFIX)?;
    let is_plain = digits.bytes().all(|byte| byte.is_ascii_digit());
    digits.parse().ok().filter(|_| is_plain).and_then(|id| ContactId::new(id).ok())
}

/// The contact that an address in a request names: a path or a whole address, percent-encoded perhaps.
pub fn card_of_href(href: &str) -> Option<ContactId> {
    let name = href.trim().trim_end_matches('/').rsplit('/').next()?;
    contact(&name.replace("%2E", ".").replace("%2e", "."))
}

#[cfg(test)]
mod tests {
    use super::card_of_href;

    #[test]
    fn addresses_of_contacts_are_read_in_any_form() {
        let id = |href| card_of_href(href).map(|id| id.number());
        let whole = "https://book.example/dav/books/device-1/contacts/7.vcf";
        assert_eq!([id("/dav/books/device-1/contacts/7.vcf"), id(whole), id(" 7%2Evcf ")], [Some(7); 3]);
        for wrong in ["", "/", "7", "x.vcf", "+7.vcf", "0.vcf", "99999999999999999999.vcf"] {
            assert_eq!(id(wrong), None, "{wrong}");
        }
    }
}
