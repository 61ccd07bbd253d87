//! Files as other programs write them, in their languages, encodings and line ends, and damaged ones.

use std::sync::Arc;

use ringbook_formats::columns::Mapped;
use ringbook_formats::decoding::{Charset, Position};
use ringbook_formats::draft::Draft;
use ringbook_formats::source::Source;

/// A contact in one line: last name, first name, patronymic, phones, e-mails, organization, groups, between bars.
fn contact(draft: &Draft) -> String {
    let (entry, _) = match draft.judge() {
        Ok(judged) => judged,
        Err(remark) => return format!("refused: {}", remark.reason),
    };
    let phones: Vec<&str> = entry.phones.iter().map(|phone| phone.as_str()).collect();
    let emails: Vec<&str> = entry.emails.iter().map(|email| email.as_str()).collect();
    let groups: Vec<&str> = entry.groups.iter().map(|group| group.as_str()).collect();
    let name = |name: &Option<ringbook_book::text::Name>| name.as_ref().map_or("", |name| name.as_str()).to_owned();
    let parts = [
        entry.last_name.as_str().to_owned(),
        name(&entry.first_name),
        name(&entry.patronymic),
        phones.join(" "),
        emails.join(" "),
        name(&entry.organization),
        groups.join(","),
    ];
    parts.join("|")
}

fn read_with(name: &str, bytes: &[u8], charset: Option<&str>, map: &[&str]) -> Result<Vec<String>, String> {
    let charset = charset.map(|name| Charset::parse(name).expect("an encoding"));
    let map = map.iter().flat_map(|pair| Mapped::parse_list(pair).expect("a pair")).collect();
    let source = Source::in_memory(name, Arc::from(bytes), None, charset, map).map_err(|fault| fault.to_string())?;
    let survey = source.survey().map_err(|fault| fault.to_string())?;
    let rows = source.rows(&survey, &Position::default()).map_err(|fault| fault.to_string())?;
    rows.map(|row| {
        let row = row.map_err(|fault| fault.to_string())?;
        Ok(row.draft.map_or_else(|remark| format!("refused: {}", remark.reason), |draft| contact(&draft)))
    })
    .collect()
}

fn read(name: &str, bytes: impl AsRef<[u8]>) -> Result<Vec<String>, String> {
    read_with(name, bytes.as_ref(), None, &[])
}

/// A text in an encoding of one byte a letter.
fn encoded(text: &str, charset: &str) -> Vec<u8> {
    let charset = Charset::parse(charset).expect("an encoding");
    let upper: Vec<(char, u8)> =
        (0x80..=0xff).filter_map(|byte| Some((charset.decode(&[byte])?.chars().next()?, byte))).collect();
    let byte = |letter: char| match u8::try_from(letter) {
        Ok(byte) if byte.is_ascii() => byte,
        _ => upper.iter().find(|(known, _)| *known == letter).expect("a letter of the encoding").1,
    };
    text.chars().map(byte).collect()
}

#[test]
fn tables_of_programs_go_in_whole() {
    for (name, header, row, contact) in [
        (
            "Outlook in Italian",
            "Titolo,Nome,Secondo nome,Cognome,Società,Fax (uff.),Ufficio,Ufficio 2,Auto,Fax (ab.),Abitazione,Cellulare,Principale,Telefono TTY/TDD,Indirizzo posta elettronica,Tipo posta elettronica,Indirizzo posta elettronica 2,Categorie,Telefono assistente",
            ",Niccolò,Maria,Però,Città Spa,+390612345601,+390612345602,+390612345603,+390612345606,+390612345607,+390612345604,+393331234567,+390612345605,+390612345608,n@p.example,SMTP,n2@p.example,Clienti;VIP,+390612345609",
            "Però|Niccolò|Maria|+390612345602 +390612345603 +390612345606 +390612345604 +393331234567 +390612345605 +390612345601 +390612345607 +390612345608|n@p.example n2@p.example|Città Spa|Clienti,VIP",
        ),
        (
            "Outlook in Spanish, with the telephone of an assistant",
            "Nombre,Apellidos,Organización,Teléfono del trabajo,Teléfono del ayudante,Teléfono de la secretaria,Móvil",
            "José,Núñez,Niño,+34911234502,+34911234509,+34911234508,+34612345678",
            "Núñez|José||+34911234502 +34612345678||Niño|",
        ),
        (
            "Outlook in German, with the number of a room",
            "Vorname,Nachname,Büro,Telefon geschäftlich",
            "Jörg,Maß,3.14,+49305550001",
            "Maß|Jörg||+49305550001|||",
        ),
        (
            "Outlook in French, with the number of a room",
            "Prénom,Nom,Bureau,Téléphone (bureau)",
            "Zoé,Lefèvre,214,+33123456702",
            "Lefèvre|Zoé||+33123456702|||",
        ),
        (
            "a list with the numbers of offices",
            "Name,Office,Mobile",
            "Zoé Lefèvre,+33 1 23 45 67 02,+33612345670",
            "Zoé Lefèvre|||+33123456702 +33612345670|||",
        ),
        (
            "Thunderbird in French",
            "Prénom,Nom de famille,Première adresse électronique,Adresse électronique secondaire,Tél. professionnel,Portable",
            "Zoé,Lefèvre,z@l.example,z2@l.example,+33123456701,+33612345670",
            "Lefèvre|Zoé||+33123456701 +33612345670|z@l.example z2@l.example||",
        ),
        (
            "Thunderbird in Polish",
            "Imię,Nazwisko,Podstawowy adres e-mail,Służbowy,Domowy,Numer faksu,Komórkowy,Organizacja",
            "Łucja,Żółć,l@z.example,+48221234502,+48221234503,+48221234501,+48501234567,Gęś",
            "Żółć|Łucja||+48221234502 +48221234503 +48501234567 +48221234501|l@z.example|Gęś|",
        ),
        (
            "amoCRM",
            "ID;Тип;Название контакта;Компания контакта;Теги контакта;Рабочий телефон (контакт);Рабочий email (контакт)",
            "123456789;Контакт;Ольга Женева;Ромашка;\"опт, vip\";'+74951234567;o@rom.example",
            "Ольга Женева|||+74951234567|o@rom.example|Ромашка|опт,vip",
        ),
        (
            "a list of a Russian office",
            "ФИО;Наименование организации;Телефон",
            "Ольга Женева;Ромашка;+74951234567",
            "Ольга Женева|||+74951234567||Ромашка|",
        ),
        (
            "Odoo",
            "Name,Phone,Email,Tags,Related Company/Name,Complete Name",
            "Jane Roe,+1 202-555-0113,j@roe.example,\"VIP,Partner\",Roe Ltd,\"Roe Ltd, Jane Roe\"",
            "Jane Roe|||+12025550113|j@roe.example|Roe Ltd|VIP,Partner",
        ),
        (
            "Odoo by technical names",
            "id,name,phone,mobile,email,parent_id,category_id",
            "__export__.res_partner_7,Jane Roe,+1 202-555-0114,,j@roe.example,Roe Ltd,VIP",
            "Jane Roe|||+12025550114|j@roe.example|Roe Ltd|VIP",
        ),
        ("MikoPBX", "CallerID,Phone number", "Женева Ольга,+7(916)123-45-67", "Женева Ольга|||+79161234567|||"),
        (
            "wazo",
            "title|displayname|firstname|lastname|society|mobilenumber|email|officenumber|faxnumber",
            "mr|Al One|Al|One|Acme|12025550102|al@x.example|12025550103|12025550104",
            "One|Al||12025550102 12025550103 12025550104|al@x.example|Acme|",
        ),
    ] {
        assert_eq!(read("a.csv", format!("{header}\n{row}\n")), Ok(vec![contact.to_owned()]), "{name}");
    }
}

#[test]
fn a_table_made_by_hand_is_read_under_its_title() {
    let table = "Список контактов на 2024 год;;;\n;;;\n№;Ф.И.О. сотрудника;Тел. моб./раб.;Почта\n\
        1;Иванова Анна Петровна;8-916-555-01-61 / 8(495)555-01-62 (доб.105);anna@x.example\n\
        2;Петров Пётр;89165550163, 84955550164;нет\n3;Кот;—;\n";
    assert_eq!(
        read("a.csv", table).expect("a table"),
        [
            "Иванова Анна Петровна|||89165550161 84955550162|anna@x.example||",
            "Петров Пётр|||89165550163 84955550164|||",
            "refused: is not a phone number",
        ]
    );
    // The names of the columns are named where they do not suffice, not the title above them.
    let fault = read("a.csv", "Список на 2024 год;;\n;;\nФИО;Статус;Заметка\nКот;да;нет\n").expect_err("no numbers");
    assert!(fault.contains("Статус"), "{fault}");
}

#[test]
fn nothing_of_two_columns_for_one_member_is_lost_in_silence() {
    let table = "Nombre;Primer apellido;Segundo apellido;Empresa;Nombre de la empresa;Teléfono móvil\n\
        María José;García;López;Sol SL;Luna SL;+34 612 345 678\nAna;Ruiz;;Sol SL;sol sl;+34 612 345 679\n";
    let source = Source::in_memory("a.csv", Arc::from(table.as_bytes()), None, None, Vec::new()).expect("a file");
    let survey = source.survey().expect("a table");
    let rows = source.rows(&survey, &Position::default()).expect("rows");
    let drafts: Vec<Draft> = rows.map(|row| row.expect("a row").draft.expect("a contact")).collect();
    let contacts: Vec<String> = drafts.iter().map(contact).collect();
    assert_eq!(contacts, ["García López|María José||+34612345678||Sol SL|", "Ruiz|Ana||+34612345679||Sol SL|"]);
    let left_out = |draft: &Draft| -> Vec<Option<String>> {
        let (_, remarks) = draft.judge().expect("a contact");
        remarks.into_iter().map(|remark| remark.value).collect()
    };
    assert_eq!(left_out(&drafts[0]), [Some("Luna SL".to_owned())]);
    assert_eq!(left_out(&drafts[1]), []);
}

#[test]
fn machines_and_addresses_of_a_directory_are_no_persons_and_no_emails() {
    let ldif = "version: 1\n\ndn: CN=Ad Min,DC=x\nobjectClass: person\nobjectClass: user\nsn: Min\ngivenName: Ad\n\
        telephoneNumber: +1 202 555 0192\nproxyAddresses: SMTP:ad@x.example\nproxyAddresses: SIP:ad@x.example\n\
        proxyAddresses: X500:/o=x\ncompany: X Corp\no: X Corp\n\n\
        dn: CN=PC1,DC=x\nobjectClass: person\nobjectClass: user\nobjectClass: computer\ncn: PC1\n";
    assert_eq!(read("a.ldif", ldif).expect("entries"), ["Min|Ad||+12025550192|ad@x.example|X Corp|"]);
}

#[test]
fn a_label_of_a_card_tells_a_fax() {
    let card = "BEGIN:VCARD\nVERSION:3.0\nN:Ap;Ple;;;\nORG:Orchard;Research\nORG:Second\nitem1.TEL;type=pref:+1 202 555 0186\n\
        item1.X-ABLabel:_$!<HomeFAX>!$_\nTEL;type=CELL:+1 202 555 0187\nEND:VCARD\n";
    assert_eq!(read("a.vcf", card).expect("a card"), ["Ap|Ple||+12025550187 +12025550186||Orchard|"]);
    let source = Source::in_memory("a.vcf", Arc::from(card.as_bytes()), None, None, Vec::new()).expect("a file");
    let survey = source.survey().expect("cards");
    assert!(survey.not_read().any(|unread| unread.name == "ORG (department)"), "{:?}", survey.columns);
}

#[test]
fn letters_tell_encodings_apart_in_which_a_header_is_known_alike() {
    for (charset, table, contact) in [
        (
            "windows-1250",
            "Nazwisko i imię;Tel. kom.;Adres e-mail;Firma\nŻółć Łucja;601-234-567;l@s.example;Śnieżka\n",
            "Żółć Łucja|||601234567|l@s.example|Śnieżka|",
        ),
        (
            "windows-1254",
            "Ad;Soyad;Cep Tel;İş Tel;Firma\nIşık;Çağlar;0532 123 45 67;0212 555 01 02 dahili 12;Öz\n",
            "Çağlar|Işık||05321234567 02125550102||Öz|",
        ),
    ] {
        assert_eq!(read("a.csv", encoded(table, charset)).expect(charset), [contact], "{charset}");
    }
}

#[test]
fn columns_of_ids_are_no_numbers() {
    let text = "Name,Phone,Associated Company IDs (Primary),Ids\nAl,+12025550101,1234567890,1234567890\n";
    let source = Source::in_memory("a.csv", Arc::from(text.as_bytes()), None, None, Vec::new()).expect("a table");
    let survey = source.survey().expect("read");
    assert!(survey.columns.iter().all(|column| column.looks_like.is_none()), "{:?}", survey.columns);
}

#[test]
fn a_file_that_begins_with_a_letter_of_another_encoding_is_read() {
    let text = "Фамилия;Имя;Телефон\nЩукин;Пётр;+79161234567\n";
    for charset in ["windows-1251", "koi8-r", "ibm866", "x-mac-cyrillic"] {
        let wanted = Ok(vec!["Щукин|Пётр||+79161234567|||".to_owned()]);
        assert_eq!(read("a.csv", encoded(text, charset)), wanted, "{charset}");
    }
    let text = "Ürün Adı;Ad;Soyadı;Cep Telefonu\n1;Çağrı;Öztürk;+905321234567\n";
    assert_eq!(read("a.csv", encoded(text, "windows-1254")), Ok(vec!["Öztürk|Çağrı||+905321234567|||".to_owned()]));
    assert!(read("a.csv", " \r\n\n").expect_err("nothing").contains("is empty"));
}

#[test]
fn a_file_in_utf_8_is_not_read_in_the_encoding_that_is_named() {
    let card = "BEGIN:VCARD\nN:Петров;Иван\nTEL:+79161234567\nEND:VCARD\n";
    let ldif = "dn: cn=x\nobjectclass: person\nsn: Петров\ntelephonenumber: +79161234567\n";
    for (name, text) in [("a.csv", "Name,Phone\nПетров,+79161234567\n"), ("a.vcf", card), ("a.ldif", ldif)] {
        let fault = read_with(name, text.as_bytes(), Some("windows-1251"), &[]).expect_err(name);
        assert!(fault.contains("is in UTF-8") && fault.contains("--encoding"), "{fault}");
        assert_eq!(read_with(name, text.as_bytes(), Some("utf-8"), &[]).expect(name).len(), 1);
    }
    let text = encoded("Name,Phone\nПетров,+79161234567\n", "windows-1251");
    let found = read_with("a.csv", &text, Some("windows-1251"), &[]);
    assert_eq!(found, Ok(vec!["Петров|||+79161234567|||".to_owned()]));
    let plain = b"Name,Phone\nAl,+79161234567\n";
    assert_eq!(read_with("a.csv", plain, Some("windows-1251"), &[]).expect("a table").len(), 1);
}

#[test]
fn the_names_of_columns_say_what_separates_cells() {
    for (text, map) in [
        ("Export, 01.02.2024\nName;Phone\nAl One;+12025550101\n", vec![]),
        ("Name;\"Tel., work, 2\";Mail, private\nAl One;+12025550101;\n", vec![]),
        ("Kunde;Tel, x\nAl One;+12025550101\n", vec!["Kunde=full_name", "Tel, x=phone_numbers"]),
        ("Name|Phone; mobile, or work\nAl One|+12025550101\n", vec![]),
    ] {
        let found = read_with("a.csv", text.as_bytes(), None, &map);
        assert_eq!(found, Ok(vec!["Al One|||+12025550101|||".to_owned()]), "{text}");
    }
}

#[test]
fn a_table_without_a_line_of_names_is_told_by_its_values() {
    let fault = read("a.csv", "Al One,+12025550101\nBo Two,+12025550102\n").expect_err("no names");
    assert!(fault.contains("Put a line of names on top") && !fault.contains("--map"), "{fault}");
    let fault = read("a.csv", "al@one.example;Al One\n").expect_err("no names");
    assert!(fault.contains("Put a line of names on top"), "{fault}");
}

#[test]
fn cards_with_different_line_ends_are_in_one_file() {
    let card = |end: &str| format!("BEGIN:VCARD{end}N:Uhr;A{end}TEL:+12025550101{end}END:VCARD{end}");
    for ends in [["\r", "\n"], ["\n", "\r"], ["\r", "\r\n"], ["\r\n", "\r"]] {
        let text = ends.iter().map(|end| card(end)).collect::<String>();
        assert_eq!(read("a.vcf", &text), Ok(vec!["Uhr|A||+12025550101|||".to_owned(); 2]), "{ends:?}");
    }
    let mixed = "BEGIN:VCARD\rVERSION:3.0\nN:Uhr;\r A\r\nTEL:+12025550101\rNOTE:one\rtwo\nEND:VCARD\n";
    assert_eq!(read("a.vcf", mixed), Ok(vec!["Uhr|A||+12025550101|||".to_owned()]));
}

#[test]
fn groups_that_a_program_makes_are_left_out_in_its_language() {
    let card = "BEGIN:VCARD\nN:Uhr;A\nTEL:+12025550101\nCATEGORIES:Moje kontakty,Meus contatos,Mijn contacten,Kişilerim,Chor\nEND:VCARD\n";
    assert_eq!(read("a.vcf", card), Ok(vec!["Uhr|A||+12025550101|||Chor".to_owned()]));
}

#[test]
fn a_document_type_that_is_a_name_is_no_danger() {
    let book = |document_type: &str| {
        format!(
            "<?xml version=\"1.0\"?>\n<!DOCTYPE {document_type}>\n<list><entry surname=\"Uhr\" name=\"A\" office1=\"+12025550101\"/></list>"
        )
    };
    assert_eq!(read("a.xml", book("LocalDirectory")), Ok(vec!["Uhr|A||+12025550101|||".to_owned()]));
    for hostile in [
        "list SYSTEM \"file:///etc/hostname\"",
        "list PUBLIC \"x\" \"http://x.example/\"",
        "list [<!ENTITY a \"b\">]",
        "list [\n<!ENTITY % a SYSTEM \"file:///etc/hostname\">%a;]",
    ] {
        assert!(read("a.xml", book(hostile)).expect_err(hostile).contains("document type"), "{hostile}");
    }
}
