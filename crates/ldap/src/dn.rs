//! Names of entries. A client may set any base; below it an entry is `uid=ID,BASE`.

use ringbook_book::id::ContactId;

/// What a base names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Base {
    /// The directory: all contacts are below it.
    Directory,
    /// One contact.
    Contact(ContactId),
}

impl Base {
    /// Reads a name; blanks around its parts do not count.
    pub fn read(dn: &str) -> Self {
        let first = dn.split(',').next().unwrap_or_default();
        let (attribute, value) = first.split_once('=').unwrap_or_default();
        let id = value.trim().parse().ok().and_then(|id| ContactId::new(id).ok());
        match id {
            Some(id) if attribute.trim().eq_ignore_ascii_case("uid") => Self::Contact(id),
            _ => Self::Directory,
        }
    }
}

/// The name of a contact below a base, as the client wrote the base.
pub fn of_contact(id: u64, base: &str) -> String {
    match (Base::read(base), base.trim()) {
        (Base::Contact(_), base) => base.to_owned(),
        (Base::Directory, "") => format!("uid={id}"),
        (Base::Directory, base) => format!("uid={id},{base}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_are_named_below_any_base() {
        let contact = |id| Base::Contact(ContactId::new(id).expect("an id"));
        assert_eq!(Base::read(" UID = 7 , dc=phonebook"), contact(7));
        for directory in ["", "dc=phonebook", "ou=x, dc=y", "uid=", "uid=x,dc=y", "uid=0", "cn=7,dc=y"] {
            assert_eq!(Base::read(directory), Base::Directory, "{directory}");
        }
        let of = of_contact(7, " dc=a, dc=b");
        assert_eq!((of.as_str(), Base::read(&of), of_contact(7, &of)), ("uid=7,dc=a, dc=b", contact(7), of.clone()));
    }
}
