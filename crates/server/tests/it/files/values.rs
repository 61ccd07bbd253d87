//! What becomes of single values: nothing is lost that could be kept, and nothing is made up.

use serde_json::{Value, json};

use super::Book;

/// The counts of an import that must end with this code, and what the book has then.
fn imported(name: &str, contents: impl AsRef<[u8]>, arguments: &[&str], code: i32) -> (Value, Vec<Value>) {
    let book = Book::new();
    let said = book.import(&book.write(name, contents), arguments);
    assert_eq!(said.code, Some(code), "{name}: {}", said.err);
    let contacts = book.all_without_ids();
    book.server.stop();
    (said.json, contacts)
}

fn phones(contacts: &[Value]) -> Vec<String> {
    let text = |contact: &Value| {
        contact[5].as_array().expect("phones").iter().filter_map(Value::as_str).collect::<Vec<_>>().join(" ")
    };
    contacts.iter().map(text).collect()
}

#[test]
fn one_bad_value_costs_the_value_and_not_the_contact() {
    let rows = "Name,Phone 1 - Value,Phone 2 - Value,E-mail 1 - Value\nAda,+12025550641,n/a,\nBen,+12025550642,,at home\n\
        Cyd,+12025550643,-,-\nDee,+12025550644,*86,\nEli,+12025550645,1-888-TULIPS,\nFay,+12025550646,02,\nGil,n/a,-,g@x.example\n";
    let (said, contacts) = imported("a.csv", rows, &[], 1);
    let numbers: Vec<String> = (1..=6).map(|at| format!("1202555064{at}")).collect();
    assert_eq!(phones(&contacts), numbers);
    assert_eq!((&said["created"], &said["partly"], &said["refused"]), (&json!(6), &json!(6), &json!(1)));
}

#[test]
fn a_number_is_repaired_or_cut_and_never_glued() {
    for (cell, number, is_partly) in [
        ("79165550143.0", "79165550143", false),
        ("8 (499) 555-01-43 (456)", "84995550143", true),
        ("+1 212 555 0143/55", "12125550143", true),
        ("+7 499 555-01-43 456", "74995550143", true),
        ("+7 499 555 01 43.456", "74995550143", true),
        ("8 (499) 555-01-43 доб. 77", "84995550143", true),
        ("7.9165550143E+10", "79165550143", false),
        ("'+380 99 555-01-43", "380995550143", false),
        ("\"=\"\"79165550143\"\"\"", "79165550143", false),
        ("=+79165550143", "79165550143", false),
        ("0049 30 5550143", "49305550143", false),
        ("\u{202a}+49\u{a0}30\u{2011}5550143\u{202c}", "49305550143", false),
        ("+7 916 555-01-43 / 8 (499) 555-01-44", "79165550143 84995550144", false),
    ] {
        let (said, contacts) = imported("a.csv", format!("Name,Phone\nAda,{cell}\n"), &[], 0);
        assert_eq!((phones(&contacts), said["partly"] == 1), (vec![number.to_owned()], is_partly), "{cell}");
    }
    let (_, contacts) = imported("a.csv", "Name,Phone\nAda,4.91512E+12\nBen,+749955501431\n", &[], 1);
    assert_eq!(contacts, Vec::<Value>::new());
}

#[test]
fn numbers_without_a_country_code_are_sent_as_they_are_and_counted() {
    let (said, contacts) =
        imported("a.csv", "Name,Phone\nAda,8 (916) 555-01-43\nBen,030 5550143\nCyd,+49 30 5550144\n", &[], 0);
    assert_eq!(phones(&contacts), ["89165550143", "0305550143", "49305550144"]);
    assert_eq!(said["national_numbers"], 2);
}

#[test]
fn an_eleventh_phone_and_the_fax_are_left_out() {
    let phones_of = |kind: &str, from: u32| {
        (from..from + 11).map(|at| format!("TEL;TYPE={kind}:+120255506{at}\r\n")).collect::<String>()
    };
    let card =
        format!("BEGIN:VCARD\r\nN:Many;May;;;\r\nTEL;TYPE=FAX:+12025550699\r\n{}END:VCARD\r\n", phones_of("CELL", 10));
    let (said, contacts) = imported("a.vcf", card, &[], 0);
    assert_eq!(contacts[0][5].as_array().map(Vec::len), Some(10));
    assert_eq!(contacts[0][5][0], "12025550610");
    let reasons = said["reasons"].as_array().expect("reasons");
    assert_eq!(
        (reasons.len(), &reasons[0]["count"], &reasons[0]["first_value"]),
        (1, &json!(2), &json!("+12025550620"))
    );
}

#[test]
fn what_has_no_name_gets_one() {
    let card = |lines: &str| format!("BEGIN:VCARD\r\nVERSION:3.0\r\n{lines}END:VCARD\r\n");
    let file = [
        card("TEL:+12025550661\r\n"),
        card("NICKNAME:Nan\r\nTEL:+12025550662\r\nEMAIL:n@x.example\r\n"),
        card("EMAIL:o@x.example\r\nTEL:+12025550663\r\n"),
        card("ORG:Acme\r\nNICKNAME:Nan\r\nTEL:+12025550664\r\n"),
    ];
    let (_, contacts) = imported("a.vcf", file.concat(), &[], 0);
    let names: Vec<&Value> = contacts.iter().map(|contact| &contact[0]).collect();
    assert_eq!(names, ["+12025550661", "Nan", "o@x.example", "Acme"]);
}

#[test]
fn names_are_composed_and_found_from_any_source() {
    let book = Book::new();
    let apart = "BEGIN:VCARD\nN:Вои\u{306}нова;Rene\u{301}e;;;\nORG:Bru\u{308}cke\nCATEGORIES:Gru\u{308}n\nTEL:+12025550671\nEND:VCARD\n";
    assert_eq!(book.import(&book.write("a.vcf", apart), &[]).json["created"], 1);
    let contacts = book.all_without_ids();
    assert_eq!(
        contacts,
        [json!(["Войнова", "Renée", null, "Войнова Renée", [], ["12025550671"], "Brücke", null, ["Grün"]])]
    );
    let together = "last_name,first_name,phone\nВойнова,Renée,+1 202 555-0671\n";
    let said = book.import(&book.write("a.csv", together), &[]);
    assert_eq!((&said.json["created"], &said.json["skipped"]), (&json!(0), &json!(1)), "{}", said.err);
    book.server.stop();
}
