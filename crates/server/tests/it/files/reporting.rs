//! What an import says of itself: before it sends anything, in JSON, and in its report.

use serde_json::{Value, json};

use super::super::harness::{added, told};
use super::{Book, CommandOutput, exchange};

fn rows(report: &str) -> Vec<Value> {
    report.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect()
}

#[test]
fn columns_that_are_not_read_are_named_with_their_cells() {
    let book = Book::new();
    let rows = "Name,Phone,Notes,Feld 9,Empty\nAda,112113,likes tea,+49 30 5550145,\nBen,112114,,+49 30 5550146,\n";
    let file = book.write("a.csv", rows);
    for arguments in [&["--dry-run"][..], &[]] {
        let said = book.import(&file, arguments);
        assert_eq!(said.code, Some(0), "{}", said.err);
        for text in [
            "\"Phone\" as phone_numbers",
            "not read: \"Notes\" (1 cell), \"Feld 9\" (2 cells)",
            "--map 'Feld 9=phone_numbers'",
        ] {
            assert!(said.err.contains(text), "{text}: {}", said.err);
        }
        assert!(!said.err.contains("Empty"), "{}", said.err);
        let column = &said.json["columns"][3];
        assert_eq!(*column, json!({"name": "Feld 9", "read_as": null, "cells": 2, "looks_like": "phone_numbers"}));
    }
    let said = book.import(&file, &["--dry-run", "--map", "Notes=ignore", "--map", "Feld 9=phone_numbers"]);
    assert!(!said.err.contains("not read"), "{}", said.err);
    book.server.stop();
}

#[test]
fn a_column_with_a_comma_in_its_name_can_be_mapped() {
    for map in ["\"Phone, work\"=phone_numbers", "Phone, work=phone_numbers", "#2=phone_numbers"] {
        let book = Book::new();
        let said = book.import(&book.write("a.csv", "Name,\"Phone, work\",Tag\nAda,+12025550111,x\n"), &["--map", map]);
        assert_eq!((said.code, &said.json["created"]), (Some(0), &json!(1)), "{map}: {}", said.err);
        book.server.stop();
    }
}

#[test]
fn equal_reasons_are_one_line_and_the_report_has_every_row() {
    let book = Book::new();
    let missing: String = (0..300).map(|at| format!("Nobody {at},\n")).collect();
    let file = book.write("a.csv", format!("Name,Phone\nAda,112113\nAda,112113\nBen,112114 ext. 5\n{missing}"));
    let report = book.root.path().join("report.ndjson");
    let arguments = ["--report", report.to_str().expect("UTF-8")];
    let said = book.import(&file, &arguments);
    assert_eq!(
        (said.code, &said.json["refused"], &said.json["skipped"]),
        (Some(1), &json!(300), &json!(1)),
        "{}",
        said.err
    );
    let lines: Vec<&str> = said.err.lines().filter(|line| line.contains("phone_numbers is missing")).collect();
    assert!(lines.len() == 1 && lines[0].starts_with("300 rows refused") && lines[0].contains("row 5"), "{}", said.err);
    assert!(said.err.contains("the extension 5 was left out"), "{}", said.err);
    let lines = rows(&std::fs::read_to_string(&report).expect("the report"));
    assert_eq!(lines.len(), 302);
    assert_eq!(lines.iter().filter(|line| line["outcome"] == "refused").count(), 300);
    // The second time the report says which contact a row is.
    let said = book.import(&file, &arguments);
    assert_eq!(said.json["skipped"], 3, "{}", said.err);
    let lines = rows(&std::fs::read_to_string(&report).expect("the report"));
    let skipped: Vec<&Value> = lines.iter().filter(|line| line["outcome"] == "skipped").collect();
    assert!(
        skipped.len() == 3 && skipped[0]["reason"].as_str().is_some_and(|reason| reason.contains("contact ")),
        "{skipped:?}"
    );
    book.server.stop();
}

#[test]
fn a_report_replaces_nothing_but_a_report() {
    let book = Book::new();
    let file = book.write("a.csv", "Name,Phone\nAda,112113\nBen,\n");
    let precious = book.write("precious.csv", "what was there\n");
    let report = |arguments: &[&str]| {
        book.import(&file, &[&["--report", precious.to_str().expect("UTF-8")], arguments].concat())
    };
    for arguments in [&["--dry-run"][..], &[]] {
        let said = report(arguments);
        assert!(said.code == Some(1) && said.err.contains("is not a report"), "{}", said.err);
        assert_eq!(std::fs::read_to_string(&precious).expect("the file"), "what was there\n");
    }
    assert_eq!(book.all_without_ids().len(), 0);
    // An earlier report stays until there is a new one.
    std::fs::write(&precious, "row,outcome,field,value,reason\n9,refused,,,x\n").expect("written");
    assert_eq!(report(&["--dry-run", "--token", "0123456789abcdef"]).code, Some(1));
    assert!(std::fs::read_to_string(&precious).expect("the file").contains("9,refused"));
    assert_eq!(report(&["--dry-run"]).code, Some(1));
    let text = std::fs::read_to_string(&precious).expect("the file");
    assert!(text.contains("3,refused,phone_numbers,,") && !text.contains("9,refused"), "{text}");
    let mode = std::os::unix::fs::PermissionsExt::mode(&std::fs::metadata(&precious).expect("the file").permissions());
    assert_eq!(mode & 0o777, 0o600);
    book.server.stop();
}

#[test]
fn a_dry_run_says_which_right_the_import_would_lack() {
    let book = Book::new();
    let data = book.root.path().join("data");
    let customer = told(&data, "customer list")[0]["id"].as_u64().expect("an id");
    let reader = |name: &str, rights: &str| -> String {
        let user = added(&data, &format!("user add {name} --customer {customer} --rights {rights}"));
        let token = super::key(&data, user).1;
        book.server.becomes(&token, "ok");
        token
    };
    let file = book.write("a.csv", "Name,Phone\nAda,112113\n");
    let dry = |token: &str, arguments: &[&str]| -> CommandOutput {
        exchange(&book.server, token, "import", &file, &[&["--dry-run"], arguments].concat())
    };
    let token = reader("reader", "address_book:select");
    let said = dry(&token, &[]);
    assert!(
        said.code == Some(1) && said.err.contains("address_book:insert") && said.err.contains("user set"),
        "{}",
        said.err
    );
    let token = reader("adder", "address_book:select,address_book:insert");
    assert_eq!(dry(&token, &[]).code, Some(0));
    let said = dry(&token, &["--on-duplicate", "update"]);
    assert!(said.code == Some(1) && said.err.contains("address_book:update"), "{}", said.err);
    book.server.stop();
}

#[test]
fn nothing_from_a_file_or_a_server_reaches_the_terminal_as_a_control_character() {
    let book = Book::new();
    let file = book.write("a.csv", "Name,Phone,\"Evil \u{1b}[31m\"\nAda,\"\u{1b}[2J x\",y\n");
    let said = book.import(&file, &[]);
    assert!(said.code == Some(1) && !said.err.contains('\u{1b}'), "{:?}", said.err);
    book.server.stop();
}

#[test]
fn https_to_a_server_without_tls_says_so() {
    let book = Book::new();
    let file = book.write("a.csv", "Name,Phone\nAda,112113\n");
    let said = book.import(&file, &["--url", &format!("https://{}", book.server.address)]);
    assert!(
        said.code == Some(1) && said.err.contains("does not speak TLS") && said.err.contains("http://"),
        "{}",
        said.err
    );
    assert!(!said.err.contains("certificate"), "{}", said.err);
    book.server.stop();
}
