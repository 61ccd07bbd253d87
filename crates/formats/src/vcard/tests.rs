use serde_json::json;

use super::*;
use crate::record::Record;

fn read(text: impl AsRef<[u8]>) -> Vec<Result<Draft, Remark>> {
    let mut cards = Cards::new(text.as_ref());
    let mut found = Vec::new();
    while let Some(card) = cards.next_card().expect("memory reads") {
        found.extend(card.map(|card| draft(&card, None, &Memberships::default())).transpose());
    }
    found
}

fn one(text: impl AsRef<[u8]>) -> Draft {
    let mut cards = read(text);
    assert_eq!(cards.len(), 1, "{cards:?}");
    cards.remove(0).expect("a card")
}

fn names(draft: &Draft) -> (&str, &str, &str) {
    (&draft.last_name, &draft.first_name, &draft.patronymic)
}

#[test]
fn a_card_of_a_cloud_is_a_contact() {
    let draft = one(
        "BEGIN:VCARD\r\nVERSION:3.0\r\nPRODID:-//X//EN\r\nN:Стекольщикова;Анна;Пет\r\n ровна;;\r\nFN:Анна\r\n\
        ORG:Acme\\, Ltd;Sales\r\nEMAIL;type=INTERNET;type=WORK;type=pref:a@b.example\r\n\
        TEL;type=WORK;type=FAX:+7 495 1234567\r\nitem1.TEL;type=pref:+7 (495) 023-75-47\r\nitem1.X-ABLabel:_$!<Main>!$_\r\n\
        PHOTO;ENCODING=b;TYPE=JPEG:/9j/4AAQ\r\n SkZJRg\r\nCATEGORIES:VIP,A\\,B,myContacts,starred\r\nEND:VCARD\r\n",
    );
    assert_eq!(names(&draft), ("Стекольщикова", "Анна", "Петровна"));
    assert_eq!((&*draft.organization, draft.emails.len()), ("Acme, Ltd", 1));
    assert_eq!((draft.phones.len(), draft.faxes.len()), (1, 1));
    assert_eq!(draft.groups, ["VIP", "A,B"]);
    assert!(draft.remarks.is_empty());
}

#[test]
fn a_fold_inside_of_a_character_is_undone() {
    let text = "BEGIN:VCARD\r\nVERSION:3.0\r\nFN:Долгое имя\r\nTEL:112\r\nEND:VCARD\r\n".as_bytes();
    for at in (0..text.len()).filter(|at| text[*at] >= 0x80) {
        for fold in [&b"\r\n "[..], b"\n\t"] {
            let folded = [&text[..at], fold, &text[at..]].concat();
            assert_eq!(one(folded).full_name, "Долгое имя", "{at}");
        }
    }
}

#[test]
fn quoted_printable_is_read_in_every_shape_of_line_break() {
    let head = "N;CHARSET=UTF-8;ENCODING=QUOTED-PRINTABLE:";
    for (body, last, first) in [
        // The break of RFC 2045, between and inside of escaped characters.
        ("=D0=96=D1=83=\r\n=D0=BA;=D0=90", "Жук", "А"),
        ("=D0=96=D1=\r\n=83=D0=BA;=D0=90", "Жук", "А"),
        // The sign of an escape is doubled by the break.
        ("=D0=96=D1=83=D0==\r\nBA;=D0=90", "Жук", "А"),
        // The break is folded as well.
        ("=D0=96=D1=83=\r\n =D0=BA;=D0=90=D1=\r\n =8F", "Жук", "Ая"),
        // There is no sign of a break at all.
        ("\r\n;=D0=90", "", "А"),
        ("=D0=96=D1=83\r\n=D0=BA;=D0=90", "Жук", "А"),
        // The last line has one too many.
        ("=D0=96;=D0=90=", "Ж", "А"),
        // A blank of the text after a break stays.
        ("Anna=\r\n Maria;B", "Anna Maria", "B"),
        ("=D0=96=3B=D0=90;B", "Ж;А", "B"),
    ] {
        let draft = one(format!("BEGIN:VCARD\r\nVERSION:2.1\r\n{head}{body}\r\nTEL;CELL:112\r\nEND:VCARD\r\n"));
        assert_eq!((&*draft.last_name, &*draft.first_name), (last, first), "{body}");
        assert_eq!((draft.phones.len(), draft.remarks.len()), (1, 0), "{body} {draft:?}");
    }
}

#[test]
fn what_does_not_decode_is_left_out_with_a_remark() {
    let draft = one("BEGIN:VCARD\nN;ENCODING=QUOTED-PRINTABLE;CHARSET=UTF-8:=D0=96=ZZ\nFN:Ann\nTEL:112\nEND:VCARD\n");
    assert_eq!((names(&draft), &*draft.full_name), (("", "", ""), "Ann"));
    assert_eq!(draft.remarks[0].field.as_deref(), Some("last_name, first_name, patronymic"));
    assert!(draft.remarks[0].reason.contains("cannot be decoded"));
}

#[test]
fn each_property_has_its_own_encoding() {
    let mut card = b"BEGIN:VCARD\nVERSION:2.1\nN;CHARSET=WINDOWS-1251:\xc6\xf3\xea;\xc0\nFN;CHARSET=UTF-8:".to_vec();
    card.extend_from_slice(
        "Жук Ж\nORG;CHARSET=KOI8-R;ENCODING=QUOTED-PRINTABLE:=EB=EF\nTEL:112\nEND:VCARD\n".as_bytes(),
    );
    let draft = one(card);
    assert_eq!((&*draft.last_name, &*draft.full_name, &*draft.organization), ("Жук", "Жук Ж", "КО"));
}

#[test]
fn a_card_inside_of_a_card_is_left_out() {
    let inner = "BEGIN:VCARD\r\nVERSION:2.1\r\nN:Helper;Hal\r\nTEL:113\r\nEND:VCARD\r\n";
    for agent in [
        format!("AGENT:\r\n{inner}"),
        format!("AGENT;X=1:{inner}"),
        format!("AGENT:\r\n\r\n{inner}"),
        format!("AGENT:\r\nBEGIN:VCARD\r\nN:A\r\nAGENT:\r\n{inner}END:VCARD\r\n"),
        "AGENT:BEGIN:VCARD\\nFN:x\\nEND:VCARD\r\n".to_owned(),
    ] {
        let text = format!(
            "BEGIN:VCARD\r\nN:Chief;Cleo\r\nTEL:112\r\n{agent}END:VCARD\r\nBEGIN:VCARD\r\nN:Next;Nell\r\nTEL:114\r\nEND:VCARD\r\n"
        );
        let found = read(&text);
        let found: Vec<_> =
            found.iter().map(|card| card.as_ref().map(|draft| (names(draft), draft.phones.clone()))).collect();
        assert_eq!(
            found,
            [Ok((("Chief", "Cleo", ""), vec!["112".to_owned()])), Ok((("Next", "Nell", ""), vec!["114".to_owned()])),],
            "{agent}"
        );
    }
}

#[test]
fn a_semicolon_for_a_colon_is_read_or_named() {
    let draft = one(
        "BEGIN:VCARD\nFN:X\nTEL;TYPE=\"HOME\";+12025550611\nEMAIL;a@b.example\nADR;somewhere\nTEL:112\nEND:VCARD\n",
    );
    assert_eq!(
        (draft.phones, draft.emails),
        (vec!["+12025550611".to_owned(), "112".to_owned()], vec!["a@b.example".to_owned()])
    );
    assert_eq!(draft.remarks.len(), 1);
    assert_eq!(draft.remarks[0].value.as_deref(), Some("ADR;somewhere"));
}

#[test]
fn lines_may_end_in_cr_alone() {
    let draft = one("BEGIN:VCARD\rVERSION:3.0\rN:Mac;Mia;;;\rTEL:+12025550662\rEND:VCARD\r");
    assert_eq!((names(&draft), draft.phones.len()), (("Mac", "Mia", ""), 1));
    let draft = one("\u{feff}begin:vcard \nN:A\nTEL:112\n end : vcard\n");
    assert_eq!(draft.last_name, "A");
}

#[test]
fn a_picture_is_passed_over_however_it_is_written() {
    let picture = "/9j/4AAQSkZJRg".repeat(100_000);
    for photo in [
        format!("PHOTO;ENCODING=b;TYPE=JPEG:{picture}\n"),
        format!("PHOTO;BASE64:\n{picture}\n{picture}\n\n"),
        format!("PHOTO;ENCODING=BASE64;TYPE=JPEG:{picture}\n  {picture}\n \n"),
        format!("PHOTO:data:image/jpeg;base64,{picture}\n"),
    ] {
        let draft = one(format!("BEGIN:VCARD\nFN:A\n{photo}TEL:112\nEND:VCARD\n"));
        assert_eq!((draft.phones.len(), draft.remarks.len()), (1, 0));
    }
}

#[test]
fn half_a_card_hurts_no_other() {
    let whole = "BEGIN:VCARD\nFN:A\nTEL:112\nEND:VCARD\n";
    let drafts = read(format!("\n{whole}BEGIN:VCARD\nFN:B\n{whole}{whole}BEGIN:VCARD\nFN:C\nTE"));
    assert_eq!(drafts.iter().map(Result::is_ok).collect::<Vec<_>>(), [true, false, true, true, false]);
    assert!(drafts[4].as_ref().expect_err("half").reason.contains("the file ends"));
}

#[test]
fn a_group_card_names_its_members() {
    for (kind, member) in [("KIND", "MEMBER"), ("X-ADDRESSBOOKSERVER-KIND", "X-ADDRESSBOOKSERVER-MEMBER")] {
        let text = format!(
            "BEGIN:VCARD\nN:Choir\nFN:Choir\n{kind}:group\n{member}:urn:uuid:AB-1\n{member}:mailto:X@y.example\nEND:VCARD\n"
        );
        let mut cards = Cards::new(text.as_bytes());
        let card = cards.next_card().expect("memory reads").expect("a card").expect("whole");
        let properties: Vec<Property> = card.properties().collect();
        assert!(contact::is_group(&properties));
        let (name, members) = contact::group(&properties, None).expect("a group");
        assert_eq!((&*name, &*members), ("Choir", &["ab-1".to_owned(), "mailto:x@y.example".to_owned()][..]));
    }
}

#[test]
fn what_is_written_reads_back() {
    let record = json!({"last_name": "О'Нил; мл., \\ю", "first_name": "Ж".repeat(100), "patronymic": null,
        "full_name": "x", "phone_numbers": ["74950237547", "112", "0301234567"], "emails": ["a,b@c.example"],
        "organization_name": "A;B,C\\n", "groups": [{"group_id": 1, "group_name": "x,y;z"}, {"group_id": 2, "group_name": "😀:"}],
        "personal_manager_full_name": "М, Н"});
    let record = Record::new(record).expect("an object");
    for version in [VcardVersion::V3, VcardVersion::V4] {
        let mut file = Vec::new();
        write(&mut file, &record, version).expect("memory writes");
        let text = String::from_utf8(file).expect("UTF-8");
        assert!(text.split("\r\n").all(|line| line.len() <= 75), "{text}");
        assert!(text.contains("TEL:+74950237547\r\nTEL:112\r\nTEL:0301234567\r\n"), "{text}");
        let draft = one(&text);
        assert_eq!(names(&draft), (record.text("last_name"), record.text("first_name"), ""));
        assert_eq!((&*draft.organization, &*draft.manager), ("A;B,C\\n", "М, Н"));
        assert_eq!((draft.emails.join(" "), draft.groups.join("|")), ("a,b@c.example".into(), "x,y;z|😀:".into()));
    }
}

#[test]
fn no_bytes_make_the_reader_fail() {
    let card = "BEGIN:VCARD\nVERSION:2.1\nN;CHARSET=KOI8-R;ENCODING=QUOTED-PRINTABLE:=D0;A\nTEL;TYPE=\"a,b\":1;2\nADR:;;x\nAGENT:\n";
    for at in 0..card.len() {
        for sign in [";", ":", ",", "=", "\"", "\n ", "\\", "ы", ".", "\nEND:VCARD\n", "\nBEGIN:VCARD\n"] {
            let mut text = card.to_owned();
            text.insert_str(at, sign);
            let _ = read(format!("{text}END:VCARD\n"));
            let _ = read(&text[..at]);
        }
    }
}
