//! The same people from several programs: each is in the book once, whichever file comes first.

use std::fmt::Write as _;
use std::io::{Cursor, Write as _};

use serde_json::json;

use super::super::harness::{Server, added, key, place, told};
use super::{COUNTS, contacts, exchange};

/// A person, or a firm without a first name, and its numbers: the digits after the country code and the trunk prefix.
struct Person {
    last: &'static str,
    first: &'static str,
    numbers: &'static [&'static str],
}

const fn person(last: &'static str, first: &'static str, numbers: &'static [&'static str]) -> Person {
    Person { last, first, numbers }
}

/// How a country writes its numbers.
struct Country {
    id: &'static str,
    people: &'static [Person],
    /// A number in each of the ways that people write it.
    ways: fn(&str) -> Vec<String>,
}

const GERMANY: Country = Country {
    id: "DE",
    people: &[
        person("Müller", "Jörg", &["305550141", "1715550142"]),
        person("Großmann-Weiß", "Änne", &["89 5550143"]),
        person("O'Brien", "Ann", &["2215550144"]),
        person("Żółć", "Łucja", &["305550145"]),
        person("Bäckerei Süß & Söhne", "", &["405550146"]),
    ],
    ways: |digits| {
        let (area, rest) = digits.split_at(2);
        vec![
            format!("0{area} {rest}"),
            format!("+49 (0){area} {rest}"),
            format!("0049 {area} {rest}"),
            format!("49{area}{rest}"),
            format!("(0{area}) {rest}"),
            format!("+49-{area}-{rest}"),
            format!("0{area}/{rest}"),
        ]
    },
};

const RUSSIA: Country = Country {
    id: "RU",
    people: &[
        person("Щукин", "Пётр", &["9165550141", "4955550142"]),
        person("Ёлкина", "Зоя", &["9165550143"]),
        person("ООО «Ёж»", "", &["4955550144"]),
    ],
    ways: |digits| {
        let (area, rest) = digits.split_at(3);
        vec![
            format!("8 ({area}) {rest}"),
            format!("+7 {area} {rest}"),
            format!("7{area}{rest}"),
            format!("8-{area}-{rest}"),
            format!("{area} {rest}"),
            format!("8{area}{rest}"),
            format!("+7({area}){rest}"),
        ]
    },
};

/// A file: its name, and what writes it of people with their numbers.
type Source = (&'static str, fn(&[(&Person, Vec<String>)]) -> Vec<u8>);

const SOURCES: [Source; 9] = [
    ("outlook.csv", |people| {
        let mut text = "\"Vorname\";\"Nachname\";\"Firma\";\"Telefon geschäftlich\";\"Mobiltelefon\"\r\n".to_owned();
        for (person, numbers) in people {
            let (firm, last) = if person.first.is_empty() { (person.last, "") } else { ("", person.last) };
            let second = numbers.get(1).map_or("", String::as_str);
            let _ = writeln!(text, "\"{}\";\"{last}\";\"{firm}\";\"{}\";\"{second}\"\r", person.first, numbers[0]);
        }
        text.into_bytes()
    }),
    ("telephone.vcf", |people| {
        let card = |(person, numbers): &(&Person, Vec<String>)| {
            let phones: String = numbers.iter().map(|number| format!("TEL;TYPE=CELL:{number}\r\n")).collect();
            match person.first {
                "" => format!(
                    "BEGIN:VCARD\r\nVERSION:3.0\r\nN:;;;;\r\nFN:{0}\r\nORG:{0}\r\n{phones}END:VCARD\r\n",
                    person.last
                ),
                first => format!("BEGIN:VCARD\r\nVERSION:3.0\r\nN:{};{first};;;\r\n{phones}END:VCARD\r\n", person.last),
            }
        };
        people.iter().map(card).collect::<String>().into_bytes()
    }),
    ("old telephone.vcf", |people| {
        let escaped = |text: &str| text.bytes().map(|byte| format!("={byte:02X}")).collect::<String>();
        let card = |(person, numbers): &(&Person, Vec<String>)| {
            let phones: String = numbers.iter().map(|number| format!("TEL;CELL:{number}\r\n")).collect();
            let (last, first) = (escaped(person.last), escaped(person.first));
            let name = format!("N;CHARSET=UTF-8;ENCODING=QUOTED-PRINTABLE:{last};{first}");
            format!("BEGIN:VCARD\r\nVERSION:2.1\r\n{name}\r\n{phones}END:VCARD\r\n")
        };
        people.iter().map(card).collect::<String>().into_bytes()
    }),
    ("mac.vcf", |people| {
        // Names in decomposed form, and a card with a full name only.
        let card = |(person, numbers): &(&Person, Vec<String>)| {
            let phones: String = numbers.iter().map(|number| format!("TEL:{number}\n")).collect();
            let name = format!("{} {}", person.first, person.last);
            let apart: String = unicode_normalization::UnicodeNormalization::nfd(name.trim()).collect();
            format!("BEGIN:VCARD\nVERSION:3.0\nFN:{apart}\n{phones}END:VCARD\n")
        };
        people.iter().map(card).collect::<String>().into_bytes()
    }),
    ("directory.ldif", |people| {
        let entry = |(person, numbers): &(&Person, Vec<String>)| {
            let phones: String = numbers.iter().map(|number| format!("telephoneNumber: {number}\n")).collect();
            let first = if person.first.is_empty() { String::new() } else { format!("givenName: {}\n", person.first) };
            format!("dn: cn={0}\nobjectClass: inetOrgPerson\nsn: {0}\n{first}{phones}\n", person.last)
        };
        people.iter().map(entry).collect::<String>().into_bytes()
    }),
    ("yealink.xml", |people| {
        let entry = |(person, numbers): &(&Person, Vec<String>)| {
            let phones: String = numbers.iter().map(|number| format!("<Telephone>{number}</Telephone>")).collect();
            let name = format!("{} {}", person.first, person.last).replace('&', "&amp;");
            format!("<DirectoryEntry><Name>{name}</Name>{phones}</DirectoryEntry>")
        };
        let entries: String = people.iter().map(entry).collect();
        format!("<YealinkIPPhoneDirectory>{entries}</YealinkIPPhoneDirectory>").into_bytes()
    }),
    ("fritz.xml", |people| {
        let entry = |(person, numbers): &(&Person, Vec<String>)| {
            let phones: String =
                numbers.iter().map(|number| format!("<number type=\"home\">{number}</number>")).collect();
            let name = if person.first.is_empty() {
                person.last.to_owned()
            } else {
                format!("{}, {}", person.last, person.first)
            };
            let name = name.replace('&', "&amp;");
            format!("<contact><person><realName>{name}</realName></person><telephony>{phones}</telephony></contact>")
        };
        let entries: String = people.iter().map(entry).collect();
        format!("<?xml version=\"1.0\"?><phonebooks><phonebook>{entries}</phonebook></phonebooks>").into_bytes()
    }),
    ("google.csv", |people| {
        let mut text = "First Name,Last Name,Labels,Phone 1 - Value\n".to_owned();
        for (person, numbers) in people {
            let _ = writeln!(text, "{},\"{}\",* myContacts,{}", person.first, person.last, numbers.join(" ::: "));
        }
        text.into_bytes()
    }),
    ("list.xlsx", |people| {
        let cell = |text: &str| format!("<c t=\"inlineStr\"><is><t>{}</t></is></c>", text.replace('&', "&amp;"));
        let row = |cells: &[&str]| format!("<row>{}</row>", cells.iter().map(|text| cell(text)).collect::<String>());
        let mut rows = row(&["Фамилия", "Имя", "Телефон", "Мобильный телефон"]);
        for (person, numbers) in people {
            rows.push_str(&row(&[person.last, person.first, &numbers[0], numbers.get(1).map_or("", String::as_str)]));
        }
        workbook(&rows)
    }),
];

/// A workbook of one sheet with these rows.
fn workbook(rows: &str) -> Vec<u8> {
    const SCHEMAS: &str = "http://schemas.openxmlformats.org";
    let relation = |kind: &str, target: &str| {
        format!(
            "<Relationships xmlns=\"{SCHEMAS}/package/2006/relationships\"><Relationship Id=\"r1\" \
             Type=\"{SCHEMAS}/officeDocument/2006/relationships/{kind}\" Target=\"{target}\"/></Relationships>"
        )
    };
    let mut zip = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for (name, text) in [
        (
            "[Content_Types].xml",
            format!(
                "<Types xmlns=\"{SCHEMAS}/package/2006/content-types\"><Default Extension=\"xml\" ContentType=\"application/xml\"/></Types>"
            ),
        ),
        ("_rels/.rels", relation("officeDocument", "xl/workbook.xml")),
        ("xl/_rels/workbook.xml.rels", relation("worksheet", "worksheets/sheet1.xml")),
        (
            "xl/workbook.xml",
            format!(
                "<workbook xmlns=\"{SCHEMAS}/spreadsheetml/2006/main\" xmlns:r=\"{SCHEMAS}/officeDocument/2006/relationships\">\
                 <sheets><sheet name=\"Sheet\" sheetId=\"1\" r:id=\"r1\"/></sheets></workbook>"
            ),
        ),
        (
            "xl/worksheets/sheet1.xml",
            format!("<worksheet xmlns=\"{SCHEMAS}/spreadsheetml/2006/main\"><sheetData>{rows}</sheetData></worksheet>"),
        ),
    ] {
        zip.start_file(name, zip::write::SimpleFileOptions::default()).expect("memory");
        zip.write_all(text.as_bytes()).expect("memory");
    }
    zip.finish().expect("memory").into_inner()
}

#[test]
fn people_from_any_two_programs_are_in_the_book_once() {
    let root = place();
    let data = root.path().join("data");
    let account = |name: &str, country: &str| {
        let customer = added(&data, &format!("customer add {name} --country {country}"));
        let user = added(&data, &format!("user add {name} --customer {customer}"));
        told(&data, &format!("allow add 127.0.0.0/8 --customer {customer}"));
        key(&data, user).1
    };
    let countries = [GERMANY, RUSSIA];
    let accounts: Vec<Vec<String>> = countries
        .iter()
        .map(|country| (0..SOURCES.len()).map(|at| account(&format!("{}{at}", country.id), country.id)).collect())
        .collect();
    let server = Server::serve(&data, &[]);
    for (country, tokens) in countries.iter().zip(&accounts) {
        for (at, token) in tokens.iter().enumerate() {
            // Every program writes a number in another way, and each number in another way in turn.
            for step in 0..SOURCES.len() {
                let place = (at + step) % SOURCES.len();
                let (name, write) = SOURCES[place];
                let people: Vec<(&Person, Vec<String>)> = country
                    .people
                    .iter()
                    .enumerate()
                    .map(|(row, person)| {
                        let number = |digits: &&str| {
                            let ways = (country.ways)(&digits.replace(' ', ""));
                            ways[(place + row + at) % ways.len()].clone()
                        };
                        (person, person.numbers.iter().map(number).collect())
                    })
                    .collect();
                let file = root.path().join(name);
                std::fs::write(&file, write(&people)).expect("written");
                let said = exchange(&server, token, "import", &file, &[]);
                let count = people.len() as u64;
                let wanted = if step == 0 { [count, count, 0, 0, 0] } else { [count, 0, 0, count, 0] };
                assert_eq!(said.counts(COUNTS), wanted, "{} {} then {name}: {}", country.id, SOURCES[at].0, said.err);
                assert_eq!((said.code, &said.json["partly"]), (Some(0), &json!(0)), "{name}: {}", said.err);
            }
            assert_eq!(contacts(&server, token).len(), country.people.len());
        }
    }
}

/// A file that was put together of two others.
#[test]
fn a_person_is_once_in_a_file_of_two_lists() {
    let root = place();
    let data = root.path().join("data");
    let customer = added(&data, "customer add Two --country DE");
    let user = added(&data, &format!("user add two --customer {customer}"));
    told(&data, &format!("allow add 127.0.0.0/8 --customer {customer}"));
    let token = key(&data, user).1;
    let server = Server::serve(&data, &[]);
    let file = root.path().join("two.csv");
    let rows = "Name,Phone\nJörg Müller,030 5550141\n\"Müller, Jörg\",+49 30 5550141\nMüller Eva,030 5550141\nMüller Jörg,089 5550141\n";
    std::fs::write(&file, rows).expect("written");
    let said = exchange(&server, &token, "import", &file, &[]);
    assert_eq!(said.counts(COUNTS), [4, 3, 0, 1, 0], "{}", said.err);
    // A whole name changes nothing of a name in parts.
    let parts = root.path().join("parts.csv");
    std::fs::write(&parts, "First Name,Last Name,Phone\nAda,Uhr,+49 30 5550149\n").expect("written");
    exchange(&server, &token, "import", &parts, &[]);
    std::fs::write(&file, "Name,Phone,E-mail\nAda Uhr,030 5550149,ada@uhr.example\n").expect("written");
    let said = exchange(&server, &token, "import", &file, &["--on-duplicate", "update"]);
    assert_eq!(said.counts(COUNTS), [1, 0, 1, 0, 0], "{}", said.err);
    let ada = contacts(&server, &token).pop().expect("the last one");
    assert_eq!((&ada["last_name"], &ada["first_name"]), (&json!("Uhr"), &json!("Ada")));
    assert_eq!(ada["emails"], json!(["ada@uhr.example"]));
    let said = exchange(&server, &token, "import", &file, &["--on-duplicate", "update"]);
    assert_eq!(said.counts(COUNTS), [1, 0, 0, 1, 0], "{}", said.err);
}
