use serde_json::json;

use super::*;
use crate::draft::Draft;
use crate::record::Record;

fn read(text: impl AsRef<[u8]>) -> Result<Vec<Draft>, String> {
    let mut groups = Memberships::default();
    let mut reader = Reader::new(text.as_ref());
    let mut entries = Vec::new();
    loop {
        match reader.next_item() {
            Ok(None) => break,
            Ok(Some(Item::Group { id, name })) => assert!(groups.add(&name, [id])),
            Ok(Some(Item::Entry(entry))) => entries.push(entry),
            Err(PhonebookError::Other(reason)) => return Err(reason),
            Err(fault) => return Err(format!("{fault:?}")),
        }
    }
    Ok(entries.iter().map(|entry| entry.draft(&groups).expect("an entry")).collect())
}

/// Last name, first name, full name, phones, faxes, e-mails, organization, groups.
fn all(draft: &Draft) -> [String; 8] {
    [
        draft.last_name.clone(),
        draft.first_name.clone(),
        draft.full_name.clone(),
        draft.phones.join(" "),
        draft.faxes.join(" "),
        draft.emails.join(" "),
        draft.organization.clone(),
        draft.groups.join("|"),
    ]
}

#[test]
fn books_of_every_maker_are_read() {
    for (text, wanted) in [
        (
            "<YealinkIPPhoneDirectory><Title>x</Title><DirectoryEntry><Name>Ada B&amp;C</Name><Telephone label=\"Mobile\">+1202</Telephone>\
          <Telephone>104</Telephone></DirectoryEntry></YealinkIPPhoneDirectory>",
            ["", "", "Ada B&C", "+1202 104", "", "", "", ""],
        ),
        (
            "<YealinkIPPhoneBook><Title>x</Title><Menu Name=\"Sales\"><Unit Name=\"Ada\" Phone1=\"111\" Phone2=\"222\" Phone3=\"\" \
          default_photo=\"Resource:\"/></Menu></YealinkIPPhoneBook>",
            ["", "", "Ada", "111 222", "", "", "", "Sales"],
        ),
        (
            "<vp_contact><root_group><group display_name=\"All Contacts\"/></root_group><root_contact><contact display_name=\"Ada\" \
          office_number=\"111\" mobile_number=\"222\" other_number=\"\" line=\"-1\" group_id_name=\"All Contacts\"/></root_contact></vp_contact>",
            ["", "", "Ada", "111 222", "", "", "", ""],
        ),
        (
            "<AddressBook><pbgroup><id>7</id><name>Choir</name></pbgroup><Contact><id>1</id><FirstName>Ada</FirstName><LastName>Bell</LastName>\
          <Frequent>0</Frequent><Phone type=\"Work\"><phonenumber>111</phonenumber><accountindex>0</accountindex></Phone>\
          <Phone type=\"Fax\"><phonenumber>222</phonenumber></Phone><Group>7</Group><Group>8</Group><Company>Acme</Company></Contact></AddressBook>",
            ["Bell", "Ada", "", "111", "222", "", "Acme", "Choir"],
        ),
        (
            "<tbook e=\"2\" version=\"2.0\"><contact fav=\"false\"><first_name>Ada</first_name><last_name>Bell</last_name>\
          <organization>Acme</organization><email>a@b.example</email><group>VIP</group><numbers><number no=\"+1202\" type=\"mobile\"/>\
          <number no=\"333\" type=\"fax\"/></numbers></contact></tbook>",
            ["Bell", "Ada", "", "+1202", "333", "a@b.example", "Acme", "VIP"],
        ),
        (
            "<tbook><item context=\"active\" type=\"none\" index=\"0\"><first_name>Ada</first_name><last_name>Bell</last_name><number>111</number>\
          <number_type>sip</number_type></item></tbook>",
            ["Bell", "Ada", "", "111", "", "", "", ""],
        ),
        (
            "<phonebooks><phonebook name=\"Telefonbuch\"><contact><category>1</category><person><realName>Bell, Ada</realName></person>\
          <telephony nid=\"2\"><number type=\"home\" prio=\"1\" id=\"0\">0301234567</number><number type=\"fax_work\" id=\"1\">0301234568</number>\
          </telephony><services><email classifier=\"private\" id=\"0\">a@b.example</email></services><uniqueid>17</uniqueid></contact></phonebook></phonebooks>",
            ["", "", "Bell, Ada", "0301234567", "0301234568", "a@b.example", "", ""],
        ),
        (
            "<CiscoIPPhoneDirectory><Title/><Prompt/><DirectoryEntry><Name>Ada</Name><Telephone>111</Telephone></DirectoryEntry>\
          <SoftKeyItem><Name>Dial</Name><URL>SoftKey:Dial</URL><Position>1</Position></SoftKeyItem></CiscoIPPhoneDirectory>",
            ["", "", "Ada", "111", "", "", "", ""],
        ),
        (
            "<directory><item_list><item><ln>Bell</ln><fn>Ada</fn><ct>111</ct><rt>7</rt></item></item_list></directory>",
            ["Bell", "Ada", "", "111", "", "", "", ""],
        ),
        (
            "<list><entry surname=\"Bell\" name=\"Ada\" office1=\"111\" mobile1=\"222\"/></list>",
            ["Bell", "Ada", "", "111 222", "", "", "", ""],
        ),
        (
            "<IPPhoneDirectory><DirectoryEntry><LastName>Bell</LastName><FirstName>Ada</FirstName><PhoneNumbers><Phone><Number>111</Number>\
          <Type>Work</Type></Phone></PhoneNumbers></DirectoryEntry></IPPhoneDirectory>",
            ["Bell", "Ada", "", "111", "", "", "", ""],
        ),
    ] {
        let drafts = read(format!("<?xml version=\"1.0\"?>\n{text}")).expect(text);
        assert_eq!(drafts.iter().map(all).collect::<Vec<_>>(), [wanted.map(str::to_owned)], "{text}");
    }
}

#[test]
fn a_document_type_an_entity_and_a_bomb_are_refused() {
    let entry = "<D><DirectoryEntry><Name>&x;</Name><Telephone>1</Telephone></DirectoryEntry></D>";
    for (text, reason) in [
        (format!("<!DOCTYPE D [<!ENTITY x \"yy\">]>{entry}"), "document type"),
        (format!("<!DOCTYPE D SYSTEM \"file:///etc/hostname\">{entry}"), "document type"),
        (entry.to_owned(), "&x;"),
        ("<a>".repeat(40), "deep"),
        (format!("<a><contact><name>{}", "x".repeat(3 << 20)), "bytes"),
        (format!("<a {}", "b='c' ".repeat(1 << 20)), "bytes"),
        ("<a><contact>".to_owned(), "ends inside"),
        ("<a></b>".to_owned(), "no XML"),
    ] {
        let fault = read(&text).expect_err(reason);
        assert!(fault.contains(reason), "{reason}: {fault}");
    }
}

#[test]
fn the_five_entities_and_numbers_of_characters_are_read_and_a_bare_ampersand_is_one() {
    let text = "<a><contact><name>A &lt;&#66;&#x43;&gt; &quot;&apos; D & E<![CDATA[<F&>]]></name><phone>1</phone></contact></a>";
    assert_eq!(read(text).expect("XML")[0].full_name, "A <BC> \"' D & E<F&>");
}

#[test]
fn what_is_written_reads_back() {
    let record = json!({"id": 7, "last_name": "Bell & <Co>", "first_name": "Ada", "patronymic": "\"J\"", "full_name": "Bell & <Co> Ada \"J\"",
        "phone_numbers": ["12025550651", "104"], "emails": ["a@b.example"], "organization_name": "Acme",
        "groups": [{"group_id": 3, "group_name": "VIP & x"}]});
    let record = Record::new(record).expect("an object");
    for (name, shape) in PhonebookShape::ALL {
        let mut writer =
            PhonebookWriter::new(Vec::new(), shape, vec!["Other".into(), "VIP & x".into()]).expect("memory writes");
        writer.write(&record).expect("memory writes");
        let drafts = read(writer.finish().expect("memory writes")).expect(name);
        let phones: Vec<&str> = drafts.iter().flat_map(|draft| &draft.phones).map(String::as_str).collect();
        assert_eq!(phones, ["+12025550651", "104"], "{name}");
        let names = format!("{} {}{}", drafts[0].last_name, drafts[0].first_name, drafts[0].full_name);
        assert_eq!(names.trim(), "Bell & <Co> Ada \"J\"", "{name}");
        if shape == PhonebookShape::Grandstream {
            assert_eq!(drafts[0].groups, ["VIP & x"]);
        }
    }
}

#[test]
fn no_bytes_make_the_reader_fail() {
    let text = "<?xml version=\"1.0\"?><a b='&lt;'><contact name=\"x\"><number type=\"fax\">1&amp;</number><![CDATA[x]]></contact><!-- c --></a>";
    for at in 0..text.len() {
        for sign in ["<", ">", "&", "\"", "/", "]]>", "<!", "\u{439}", "</contact>"] {
            let mut text = text.to_owned();
            text.insert_str(at, sign);
            let _ = read(&text);
            let _ = read(&text[..at]);
        }
    }
}
