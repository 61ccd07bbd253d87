use serde_json::json;

use super::*;
use crate::record::Record;

fn read(text: impl AsRef<[u8]>) -> Vec<Draft> {
    let mut entries = Entries::new(text.as_ref());
    let mut found = Vec::new();
    while let Some(entry) = entries.next_entry().expect("memory reads") {
        if kind(&entry) == Kind::Contact {
            found.push(draft(&entry, None, &Memberships::default()).expect("an entry"));
        }
    }
    found
}

fn kinds(text: &str) -> Vec<Kind> {
    let mut entries = Entries::new(text.as_bytes());
    std::iter::from_fn(|| entries.next_entry().expect("memory reads")).map(|entry| kind(&entry)).collect()
}

#[test]
fn an_entry_of_a_person_is_a_contact() {
    let drafts = read(
        "version: 1\n\n# a comment\n  that goes on\ndn: cn=Nora Fink,mail=nora@fink.example\nobjectclass: top\nobjectclass: person\n\
         objectclass: inetOrgPerson\ngivenName: No\n ra\nsn;lang-de: Fink\ncn: Nora Fink\nmail: nora@fink.example\n\
         mozillaSecondEmail: n@fink.example\ntelephoneNumber: +1 202 555 0651\nmobile:+1 202 555 0652\n\
         facsimileTelephoneNumber: +1 202 555 0653\no:: w4RwZmVsIEFC\nmemberOf: CN=Choir\\, old,OU=x\njpegPhoto:: AAAA\n AAAA\n",
    );
    assert_eq!(drafts.len(), 1);
    let draft = &drafts[0];
    assert_eq!((&*draft.last_name, &*draft.first_name, &*draft.organization), ("Fink", "Nora", "Äpfel AB"));
    assert_eq!((draft.phones.len(), draft.faxes.len(), draft.emails.len()), (2, 1, 2));
    assert_eq!(draft.groups, ["Choir, old"]);
}

#[test]
fn entries_end_at_an_empty_line_or_the_next_name() {
    let drafts = read(
        "dn: cn=A\nsn: A\ntelephoneNumber: 111\ndn: cn=B\nsn: B\r\ntelephoneNumber: 222\r\n\r\n\r\ndn: cn=C\nsn: C\nmobile: 333",
    );
    let names: Vec<&str> = drafts.iter().map(|draft| draft.last_name.as_str()).collect();
    assert_eq!(names, ["A", "B", "C"]);
}

#[test]
fn a_url_is_never_followed_and_broken_base64_is_left_out() {
    let drafts = read("dn: cn=A\nsn: A\nmail:< file:///etc/hostname\ntelephoneNumber: 111\no:: %%%\n");
    let reasons: Vec<_> =
        drafts[0].remarks.iter().map(|remark| (remark.field.as_deref(), remark.reason.clone())).collect();
    assert!(reasons[0].1.contains("not followed") && reasons[1].1.contains("base64"), "{reasons:?}");
    assert!(drafts[0].emails.is_empty());
}

#[test]
fn changes_groups_and_other_entries_are_told_apart() {
    let text = "dn: cn=A\nobjectClass: inetOrgPerson\n\ndn: cn=B\nchangetype: modify\nreplace: sn\nsn: B\n-\n\n\
        dn: cn=List\nobjectclass: groupOfNames\ncn: List\nmember: cn=A\n\ndn: dc=example\nobjectClass: domain\n\n\
        dn: cn=C\nchangetype: add\nsn: C\n";
    assert_eq!(kinds(text), [Kind::Contact, Kind::Change, Kind::Group, Kind::Other, Kind::Contact]);
    assert_eq!(dn_key("CN=A b, MAIL=x@y"), "cn=a b,mail=x@y");
}

#[test]
fn a_long_value_that_is_not_read_costs_nothing() {
    let photo = format!("jpegPhoto:: AAAA\n{}", " AAAAAAAA\n".repeat(300_000));
    let drafts = read(format!("dn: cn=A\nsn: A\n{photo}telephoneNumber: 111\n"));
    assert_eq!(drafts[0].phones, ["111"]);
    let long = format!("dn: cn=A\nsn: {}\ntelephoneNumber: 111\n", "x".repeat(crate::lines::RECORD_BYTES_MAX));
    let mut entries = Entries::new(long.as_bytes());
    let entry = entries.next_entry().expect("memory reads").expect("an entry");
    assert!(draft(&entry, None, &Memberships::default()).is_err());
}

#[test]
fn what_is_written_reads_back() {
    let record = json!({"id": 7, "last_name": " Жук", "first_name": "Ann, \"B\"", "patronymic": "C", "full_name": "Жук Ann, \"B\" C",
        "phone_numbers": ["74950237547", "112", "49301234567", "113"], "emails": ["a@b.example", "c@d.example", "e@f.example"],
        "organization_name": "Ä".repeat(80), "groups": [{"group_id": 1, "group_name": "VIP; x"}]});
    let record = Record::new(record).expect("an object");
    let mut file = Vec::new();
    write(&mut file, &record).expect("memory writes");
    let text = String::from_utf8(file).expect("ASCII");
    assert!(text.is_ascii() && text.lines().all(|line| line.len() <= 76), "{text}");
    let draft = &read(&text)[0];
    assert_eq!((&*draft.last_name, &*draft.first_name, &*draft.patronymic), ("Жук", "Ann, \"B\"", "C"));
    assert_eq!(draft.phones, ["+74950237547", "112", "+49301234567", "113"]);
    assert_eq!(draft.emails, ["a@b.example", "c@d.example", "e@f.example"]);
    assert_eq!((draft.groups.join("|"), draft.organization.chars().count()), ("VIP; x".to_owned(), 80));
}

#[test]
fn no_bytes_make_the_reader_fail() {
    let text = "version: 1\ndn:: Y249QQ==\nsn;x: A\nmail:< file:/\n x\n#c\n\nchangetype: x\n";
    for at in 0..text.len() {
        for sign in [":", "\n", " ", "::", "<", "\u{439}", "\ndn:"] {
            let mut text = text.to_owned();
            text.insert_str(at, sign);
            let _ = read(&text);
            let _ = read(&text[..at]);
        }
    }
}
