//! What an export writes: for programs, for spreadsheets, for telephones.

use std::os::unix::fs::{PermissionsExt, symlink};

use serde_json::json;

use super::{Book, exchange};

/// A book with two contacts, one of them hostile to spreadsheets.
fn book() -> Book {
    let book = Book::new();
    let rows = "last_name,first_name,phone_numbers,organization_name,groups\n\
        \"=HYPERLINK(\"\"http://x.example\"\")\",+1+1,+49 30 5550151,@SUM(1),Sales\nInner,Ida,104,\"A & B\",\n";
    let said = book.import(&book.write("in.csv", rows), &[]);
    assert_eq!((said.code, &said.json["created"]), (Some(0), &json!(2)), "{}", said.err);
    book
}

fn exported(book: &Book, name: &str, arguments: &[&str]) -> String {
    let file = book.root.path().join(name);
    let said = exchange(&book.server, &book.token, "export", &file, arguments);
    assert_eq!(said.code, Some(0), "{name}: {}", said.err);
    let mode = std::fs::metadata(&file).expect("the file").permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    std::fs::read_to_string(&file).expect("the file")
}

#[test]
fn a_table_for_a_spreadsheet_has_no_formula_and_reads_back() {
    let book = book();
    let before = book.all_without_ids();
    assert!(exported(&book, "plain.csv", &[]).contains("@SUM(1)"));
    let table = exported(&book, "safe.csv", &["--for-spreadsheet"]);
    for cell in ["\"'=HYPERLINK", ",'+1+1,", ",'@SUM(1),", ",'+49305550151,", ",'104,"] {
        assert!(table.contains(cell), "{cell}: {table}");
    }
    let other = Book::new();
    let said = other.import(&book.root.path().join("safe.csv"), &[]);
    assert_eq!(
        (said.code, &said.json["partly"], other.all_without_ids()),
        (Some(0), &json!(0), before),
        "{}",
        said.err
    );
    let said = exchange(&book.server, &book.token, "export", &book.root.path().join("a.vcf"), &["--for-spreadsheet"]);
    assert_eq!(said.code, Some(2), "{}", said.err);
    other.server.stop();
    book.server.stop();
}

#[test]
fn numbers_are_written_as_telephones_dial_them() {
    let book = book();
    let cards = exported(&book, "book.vcf", &[]);
    assert!(
        cards.contains("VERSION:4.0") && cards.contains("TEL:+49305550151\r\n") && cards.contains("TEL:104\r\n"),
        "{cards}"
    );
    assert!(exported(&book, "old.vcf", &["--vcard", "3.0"]).contains("VERSION:3.0"));
    assert!(exported(&book, "book.ldif", &[]).contains("telephoneNumber: +49305550151\n"));
    for (shape, number) in [
        ("yealink", "<Telephone>+49305550151</Telephone>"),
        ("grandstream", "<phonenumber>+49305550151</phonenumber>"),
        ("snom", "no=\"+49305550151\""),
        ("fritzbox", ">+49305550151</number>"),
        ("cisco", "<Telephone>+49305550151</Telephone>"),
    ] {
        let text = exported(&book, &format!("{shape}.xml"), &["--format", shape]);
        assert!(text.contains(number) && !text.contains("A & B"), "{text}");
        let other = Book::new();
        let said = other.import(&book.root.path().join(format!("{shape}.xml")), &["--match", "phone"]);
        assert_eq!((said.code, &said.json["created"]), (Some(0), &json!(2)), "{shape}: {}", said.err);
        other.server.stop();
    }
    let said = exchange(&book.server, &book.token, "export", &book.root.path().join("a.xml"), &[]);
    assert!(said.code == Some(1) && said.err.contains("yealink"), "{}", said.err);
    book.server.stop();
}

#[test]
fn an_export_can_be_of_some_contacts() {
    let book = book();
    let names = |name: &str, arguments: &[&str]| {
        let text = exported(&book, name, arguments);
        let lines = text
            .lines()
            .map(|line| serde_json::from_str::<serde_json::Value>(line).expect("JSON")["first_name"].clone());
        lines.collect::<Vec<_>>()
    };
    assert_eq!(names("a.ndjson", &["--group", "Sales"]), ["+1+1"]);
    let filter = r#"{"field":"phone_numbers","operator":"=","value":"104"}"#;
    assert_eq!(names("b.ndjson", &["--filter", filter]), ["Ida"]);
    assert_eq!(names("c.ndjson", &["--filter", filter, "--group", "Sales"]), Vec::<&str>::new());
    for (arguments, code, text) in [
        (["--group", "Nobody"], 1, "no group \"Nobody\""),
        (["--filter", "[1]"], 2, "JSON object"),
        (["--filter", r#"{"field":"shoe_size","operator":"=","value":1}"#], 1, "filter"),
    ] {
        let said = exchange(&book.server, &book.token, "export", &book.root.path().join("d.ndjson"), &arguments);
        assert!(said.code == Some(code) && said.err.contains(text), "{arguments:?}: {}", said.err);
        assert!(!book.root.path().join("d.ndjson").exists());
    }
    book.server.stop();
}

#[test]
fn an_export_follows_no_link() {
    let book = book();
    let elsewhere = book.write("elsewhere", "precious");
    symlink(&elsewhere, book.root.path().join("out.csv")).expect("a link");
    assert!(exported(&book, "out.csv", &[]).starts_with("id,"));
    assert_eq!(std::fs::read_to_string(&elsewhere).expect("the file"), "precious");
    assert!(!book.root.path().join("out.csv").is_symlink());
    book.server.stop();
}
