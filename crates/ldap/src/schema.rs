//! What the directory says about itself: the root entry, the schema, and the entry of a base.

use ldap_wire::{Attribute, Filter, oid};

/// The name of the schema.
pub const SUBSCHEMA: &str = "cn=Subschema";

fn attribute(name: &str, values: &[&str]) -> Attribute {
    Attribute { name: name.to_owned(), values: values.iter().map(|value| (*value).to_owned()).collect() }
}

/// The root entry.
pub fn root(has_tls: bool) -> Vec<Attribute> {
    let extensions: &[&str] = if has_tls { &[oid::START_TLS, oid::WHO_AM_I] } else { &[oid::WHO_AM_I] };
    vec![
        attribute("objectClass", &["top"]),
        attribute("namingContexts", &["ou=contacts"]),
        attribute("subschemaSubentry", &[SUBSCHEMA]),
        attribute("supportedLDAPVersion", &["2", "3"]),
        attribute("supportedControl", &[oid::PAGED_RESULTS, oid::SORT_REQUEST]),
        attribute("supportedExtension", extensions),
        attribute("vendorName", &["ringbook"]),
    ]
}

/// Whether an attribute of the root entry or the schema is answered only on request.
pub fn is_operational(_name: &str) -> bool {
    // Clients ask for these entries with and without naming what they want.
    false
}

/// The schema: what clients look for before they search.
pub fn subschema() -> Vec<Attribute> {
    vec![
        attribute("objectClass", &["top", "subentry", "subschema"]),
        attribute("cn", &["Subschema"]),
        attribute(
            "objectClasses",
            &[
                "( 2.5.6.0 NAME 'top' ABSTRACT MUST objectClass )",
                "( 2.5.6.6 NAME 'person' SUP top STRUCTURAL MUST ( sn $ cn ) MAY telephoneNumber )",
                "( 2.5.6.7 NAME 'organizationalPerson' SUP person STRUCTURAL MAY ou )",
                "( 2.16.840.1.113730.3.2.2 NAME 'inetOrgPerson' SUP organizationalPerson STRUCTURAL \
                 MAY ( displayName $ givenName $ homePhone $ initials $ mail $ mobile $ o $ uid ) )",
            ],
        ),
        attribute(
            "attributeTypes",
            &[
                "( 2.5.4.3 NAME 'cn' EQUALITY caseIgnoreMatch ORDERING caseIgnoreOrderingMatch SUBSTR caseIgnoreSubstringsMatch )",
                "( 2.5.4.4 NAME 'sn' EQUALITY caseIgnoreMatch ORDERING caseIgnoreOrderingMatch SUBSTR caseIgnoreSubstringsMatch )",
                "( 2.5.4.42 NAME 'givenName' EQUALITY caseIgnoreMatch ORDERING caseIgnoreOrderingMatch SUBSTR caseIgnoreSubstringsMatch )",
                "( 2.5.4.10 NAME 'o' EQUALITY caseIgnoreMatch ORDERING caseIgnoreOrderingMatch SUBSTR caseIgnoreSubstringsMatch )",
                "( 2.5.4.20 NAME 'telephoneNumber' EQUALITY telephoneNumberMatch \
                 SUBSTR telephoneNumberSubstringsMatch )",
                "( 0.9.2342.19200300.100.1.41 NAME 'mobile' EQUALITY telephoneNumberMatch \
                 SUBSTR telephoneNumberSubstringsMatch )",
                "( 0.9.2342.19200300.100.1.3 NAME 'mail' EQUALITY caseIgnoreMatch SUBSTR caseIgnoreSubstringsMatch )",
                "( 0.9.2342.19200300.100.1.1 NAME 'uid' EQUALITY caseIgnoreMatch )",
            ],
        ),
    ]
}

/// The entry of a base, for clients that look whether it exists.
pub fn directory() -> Vec<Attribute> {
    vec![attribute("objectClass", &["top", "organizationalUnit"]), attribute("ou", &["contacts"])]
}

/// Whether a filter is one that clients send to read a base: any class, or that of a directory.
pub fn reads_base(filter: &Filter) -> bool {
    match filter {
        Filter::Present(name) => name.eq_ignore_ascii_case("objectClass"),
        Filter::Equal(name, value) => {
            let classes = ["top", "organizationalUnit", "subschema"];
            name.eq_ignore_ascii_case("objectClass")
                && classes.iter().any(|class| class.as_bytes().eq_ignore_ascii_case(value))
        }
        Filter::And(filters) => filters.iter().all(reads_base),
        Filter::Or(filters) => filters.iter().any(reads_base),
        _ => false,
    }
}
