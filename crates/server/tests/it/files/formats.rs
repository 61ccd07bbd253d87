//! The kinds of files that people bring, each in the shapes that programs write.

use serde_json::{Value, json};

use super::{Book, sample};

/// What an empty book has after an import that must succeed whole.
fn imported(name: &str, contents: impl AsRef<[u8]>, arguments: &[&str]) -> Vec<Value> {
    let book = Book::new();
    let said = book.import(&book.write(name, contents), arguments);
    assert_eq!((said.code, &said.json["refused"]), (Some(0), &json!(0)), "{name}: {}", said.err);
    let contacts = book.all_without_ids();
    book.server.stop();
    contacts
}

/// Last name, first name, phones, organization, groups.
fn short(contact: &Value) -> Value {
    json!([contact[0], contact[1], contact[5], contact[6], contact[8]])
}

fn shorts(contacts: &[Value]) -> Vec<Value> {
    contacts.iter().map(short).collect()
}

#[test]
fn the_table_of_a_telephone_system_goes_in_whole() {
    let contacts = imported(
        "3cx.csv",
        "FirstName,LastName,Company,Mobile,Mobile2,Home,Home2,Business,Business2,Email,Other,BusinessFax,HomeFax,Pager\n\
         Rolf,Uhr,Uhr AG,+12025550681,+12025550682,,,+12025550683,+12025550684,r@uhr.example,+12025550685,+12025550686,,\n",
        &[],
    );
    let phones: Vec<String> = (1..=6).map(|at| format!("1202555068{at}")).collect();
    assert_eq!(contacts, [json!(["Uhr", "Rolf", null, "Uhr Rolf", ["r@uhr.example"], phones, "Uhr AG", null, []])]);
}

/// A text in an encoding of one byte a letter, by the letters of its upper half.
fn one_byte(text: &str, upper: &[(char, u8)]) -> Vec<u8> {
    let byte = |letter: char| match u8::try_from(letter) {
        Ok(byte) if byte.is_ascii() => byte,
        _ => upper.iter().find(|(known, _)| *known == letter).expect("a letter of the table").1,
    };
    text.chars().map(byte).collect()
}

#[test]
fn an_encoding_is_guessed_and_announced() {
    let book = Book::new();
    let german = one_byte(
        "\"Vorname\";\"Weitere Vornamen\";\"Nachname\";\"Firma\";\"Fax geschäftlich\";\"Telefon geschäftlich\";\"Telefon (privat)\";\
         \"Mobiltelefon\";\"E-Mail-Adresse\";\"E-Mail 2: Adresse\";\"Kategorien\"\r\n\
         \"Jörg\";\"Maria\";\"Größling\";\"Käse & Söhne\";\"+49 30 5550199\";\"+49 (30) 5550191\";\"+49 30 5550192\";\"+49 171 5550193\";\
         \"j@x.example\";\"k@x.example\";\"Kunden;Wichtig\"\r\n",
        &[('ä', 0xe4), ('ö', 0xf6), ('ß', 0xdf)],
    );
    let said = book.import(&book.write("german.csv", german), &[]);
    assert_eq!(
        (said.code, &said.json["encoding"]),
        (Some(0), &json!({"name": "windows-1252", "guessed": true})),
        "{}",
        said.err
    );
    assert!(said.err.contains("guess") && said.err.contains("--encoding"), "{}", said.err);
    let phones = ["49305550191", "49305550192", "491715550193", "49305550199"];
    assert_eq!(
        book.all_without_ids(),
        [json!([
            "Größling",
            "Jörg",
            "Maria",
            "Größling Jörg Maria",
            ["j@x.example", "k@x.example"],
            phones,
            "Käse & Söhne",
            null,
            ["Kunden", "Wichtig"]
        ])]
    );
    let said = book.import(&sample("outlook-russian-1251.csv"), &[]);
    assert_eq!((said.code, &said.json["encoding"]["name"]), (Some(0), &json!("windows-1251")), "{}", said.err);
    assert_eq!(book.all_without_ids()[1][0], "Соколова");
    book.server.stop();
}

#[test]
fn old_cards_are_read_in_every_shape() {
    let card = |lines: &str| format!("BEGIN:VCARD\r\nVERSION:2.1\r\n{lines}\r\nEND:VCARD\r\n");
    let quoted = "N;CHARSET=UTF-8;ENCODING=QUOTED-PRINTABLE:";
    let file = [
        card(&format!("{quoted}Erste;=D0=92=D0=B5=D1=80==\r\nD0=B0\r\nTEL;CELL:+12025550691")),
        card(&format!("{quoted}=D0=9B=D0=B5=\r\n =D0=BC;=D0=90=D0=BD=D0=\r\n =BD=D0=B0\r\nTEL:+12025550692")),
        card(&format!("{quoted}\r\n;=D0=97=D0=BE=D1=8F\r\nTEL:+12025550693")),
        card("N:Chief;Cleo\r\nTEL:+12025550694\r\nAGENT:\r\nBEGIN:VCARD\r\nN:Helper;Hal\r\nTEL:112\r\nEND:VCARD"),
        card("N:Slip;Sam\r\nTEL;TYPE=\"HOME\";+12025550695"),
        card("N:Mail;Gus\r\nCATEGORIES:myContacts,starred,Climbing,My Contacts\r\nTEL:+12025550696"),
    ];
    let contacts = imported("old.vcf", file.concat(), &[]);
    assert_eq!(
        shorts(&contacts),
        [
            json!(["Erste", "Вера", ["12025550691"], null, []]),
            json!(["Лем", "Анна", ["12025550692"], null, []]),
            json!(["Зоя", null, ["12025550693"], null, []]),
            json!(["Chief", "Cleo", ["12025550694"], null, []]),
            json!(["Slip", "Sam", ["12025550695"], null, []]),
            json!(["Mail", "Gus", ["12025550696"], null, ["Climbing"]]),
        ]
    );
    let contacts = imported("mac.vcf", "BEGIN:VCARD\rVERSION:3.0\rN:Mac;Mia;;;\rTEL:+12025550697\rEND:VCARD\r", &[]);
    assert_eq!(contacts[0][0], "Mac");
    let mut folded = b"BEGIN:VCARD\r\nVERSION:3.0\r\nFN:".to_vec();
    let name = "Имя которое не помещается в одну строку".as_bytes();
    folded.extend([&name[..41], b"\r\n ", &name[41..], b"\r\nTEL:+12025550698\r\nEND:VCARD\r\n"].concat());
    assert_eq!(imported("folded.vcf", folded, &[])[0][0], "Имя которое не помещается в одну строку");
}

#[test]
fn members_of_group_cards_are_in_groups() {
    for (kind, member) in [("KIND", "MEMBER"), ("X-ADDRESSBOOKSERVER-KIND", "X-ADDRESSBOOKSERVER-MEMBER")] {
        let file = format!(
            "BEGIN:VCARD\nFN:Choir\n{kind}:group\n{member}:urn:uuid:A-1\nEND:VCARD\n\
             BEGIN:VCARD\nUID:a-1\nN:Alt;Ada\nTEL:+12025550601\nEND:VCARD\nBEGIN:VCARD\nUID:urn:uuid:b-2\nN:Bass;Ben\nTEL:+12025550602\nEND:VCARD\n"
        );
        let contacts = imported("groups.vcf", file, &[]);
        assert_eq!(
            shorts(&contacts),
            [
                json!(["Alt", "Ada", ["12025550601"], null, ["Choir"]]),
                json!(["Bass", "Ben", ["12025550602"], null, []])
            ]
        );
    }
}

#[test]
fn directories_phone_books_and_workbooks_are_read() {
    let ldif = "version: 1\n\ndn: cn=Nora Fink,mail=nora@fink.example\nobjectclass: person\ngivenName: Nora\nsn: Fink\ncn: Nora Fink\n\
        mail: nora@fink.example\ntelephoneNumber: +1 202 555 0651\nmobile: +1 202 555 0652\no:: w4RwZmVsIEFC\n\n\
        dn: cn=Choir\nobjectclass: groupOfNames\ncn: Choir\nmember: cn=Nora Fink, mail=nora@fink.example\n";
    assert_eq!(
        shorts(&imported("tb.ldif", ldif, &[])),
        [json!(["Fink", "Nora", ["12025550651", "12025550652"], "Äpfel AB", ["Choir"]])]
    );
    let grandstream = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<AddressBook><pbgroup><id>1</id><name>Shops</name></pbgroup>\
        <Contact><FirstName>Nora</FirstName><LastName>Fink</LastName><Phone type=\"Work\"><phonenumber>+12025550653</phonenumber>\
        <accountindex>0</accountindex></Phone><Group>1</Group></Contact></AddressBook>";
    assert_eq!(
        shorts(&imported("phonebook.xml", grandstream, &[])),
        [json!(["Fink", "Nora", ["12025550653"], null, ["Shops"]])]
    );
    let fritz = b"<?xml version='1.0' encoding='iso-8859-1'?>\n<phonebooks><phonebook><contact><person><realName>M\xfcller</realName></person>\
        <telephony><number type=\"home\">0305550654</number></telephony></contact></phonebook></phonebooks>";
    assert_eq!(imported("fritz.xml", fritz, &[])[0][0], "Müller");
    let book = Book::new();
    let said = book.import(&sample("list.xlsx"), &[]);
    assert_eq!((said.code, &said.json["created"]), (Some(0), &json!(2)), "{}", said.err);
    assert_eq!(
        shorts(&book.all_without_ids()),
        [
            json!(["Fink", "Nora", ["79165550655"], "Äpfel AB", []]),
            json!(["Gruber", "Otto", ["12025550656", "12025550657"], null, []]),
        ]
    );
    book.server.stop();
}

#[test]
fn hostile_files_are_refused_before_anything_is_sent() {
    let book = Book::new();
    let entry = "<a><contact><name>&x;</name><phone>112113</phone></contact></a>";
    for (name, contents, reason) in [
        (
            "doctype.xml",
            format!("<?xml version=\"1.0\"?><!DOCTYPE a [<!ENTITY x SYSTEM \"file:///etc/hostname\">]>{entry}"),
            "document type",
        ),
        ("entity.xml", format!("<?xml version=\"1.0\"?>{entry}"), "&x;"),
        ("other.xml", "<?xml version=\"1.0\"?><html/>".to_owned(), "no phone book that is read"),
        ("zip.xlsx", "PK\u{3}\u{4} and nothing more".to_owned(), "is no workbook"),
    ] {
        let said = book.import(&book.write(name, contents), &[]);
        assert!(said.code == Some(1) && said.err.contains(reason), "{name}: {}", said.err);
    }
    // The rest of the entry goes in.
    let url = "dn: cn=A\nobjectclass: person\nsn: A\nmail:< file:///etc/hostname\ntelephoneNumber: 112113\n";
    let said = book.import(&book.write("url.ldif", url), &[]);
    assert_eq!(
        (said.code, &said.json["created"], &said.json["partly"]),
        (Some(0), &json!(1), &json!(1)),
        "{}",
        said.err
    );
    assert_eq!(book.all_without_ids()[0][4], json!([]));
    book.server.stop();
}
