use super::*;

/// What is sent, and the reasons of what was left out.
fn sent(cell: &str) -> (Vec<String>, Vec<String>) {
    let found = phones(cell);
    let numbers = found.values.iter().map(|number| number.as_str().to_owned()).collect();
    (numbers, found.notes.into_iter().map(|note| note.reason).collect())
}

fn is_read(cell: &str, numbers: &[&str]) {
    let (found, notes) = sent(cell);
    assert_eq!((found, notes), (numbers.iter().map(|&number| number.to_owned()).collect(), vec![]), "{cell}");
}

#[test]
fn a_number_that_can_be_meant_in_one_way_is_read() {
    for (cell, number) in [
        ("+7 (495) 023-75-47", "+74950237547"),
        ("\u{202a}+1\u{a0}415\u{2011}555\u{2011}0100\u{202c}", "+14155550100"),
        ("tel:+1-201-555-0123", "+12015550123"),
        ("TEL:+12015550123;phone-context=example.com", "+12015550123"),
        ("sip:+12015550123@pbx.example;user=phone", "+12015550123"),
        ("<sip:104@pbx.example>", "104"),
        ("callto://+12015550123", "+12015550123"),
        ("030/901820", "030901820"),
        ("+7/916/123-45-67", "+79161234567"),
        ("+44 (0)20 7946 0958", "+442079460958"),
        ("0044 (0) 20 7946 0958", "+442079460958"),
        ("+39 (0)6 6982 1234", "+390669821234"),
        ("(0)20 7946", "0207946"),
        ("(+7) 495 0237547", "+74950237547"),
        ("8 (916) 555-44-33", "89165554433"),
        ("00 49 30 7654321", "+49307654321"),
        ("0049307654321", "+49307654321"),
        ("112", "112"),
        ("000", "000"),
        ("\u{ff0b}\u{ff14}\u{ff19} \u{ff13}\u{ff10} 1234567", "+49301234567"),
        ("\u{0660}\u{0661}\u{0662}\u{0663}\u{0664}\u{0665}\u{0666}", "0123456"),
        ("Tel.: +49 30 1234567", "+49301234567"),
        ("моб. +7 916 555-44-33", "+79165554433"),
        ("06.12.34.56.78", "0612345678"),
        ("8-10-44-20-7946-0958", "810442079460958"),
        ("8~10 44 20 7946 0958", "810442079460958"),
        ("+49-(0)30-1234567", "+49301234567"),
    ] {
        is_read(cell, &[number]);
    }
}

#[test]
fn what_a_spreadsheet_did_to_a_number_is_undone() {
    for (cell, number) in [
        ("79165554433.0", "79165554433"),
        ("+79165554433.00", "+79165554433"),
        ("7.9165554433E+10", "79165554433"),
        ("7,9165554433e10", "79165554433"),
        ("'+380 99 765-43-21", "+380997654321"),
        ("=\"79165554433\"", "79165554433"),
        ("=+79165554433", "+79165554433"),
        ("='+79165554433", "+79165554433"),
        ("79,165,554,433", "79165554433"),
        ("7'916'555'44'33", "79165554433"),
        ("7_916_5554433", "79165554433"),
    ] {
        is_read(cell, &[number]);
    }
    for cell in ["4.91512E+12", "4.9E+12", "7E10"] {
        let (numbers, notes) = sent(cell);
        assert!(numbers.is_empty() && notes[0].contains("spreadsheet"), "{cell} {notes:?}");
    }
}

#[test]
fn an_extension_is_cut_off_and_named() {
    for (cell, number, extension) in [
        ("+1 415 555 0100 ext. 12", "+14155550100", "12"),
        ("14155550100x12", "14155550100", "12"),
        ("1 (415) 555-0100 (ext 12)", "14155550100", "12"),
        ("1-415-555-0100,12", "14155550100", "12"),
        ("14155550100,,123#", "14155550100", "123"),
        ("14155550100 доб. 12", "14155550100", "12"),
        ("8 (495) 765-43-21 д.115", "84957654321", "115"),
        ("tel:+1-415-555-0100;ext=12", "+14155550100", "12"),
        ("14155550100#12", "14155550100", "12"),
        ("+49 30 7654321-0 (доб 5)", "+493076543210", "5"),
        ("8 (495) 765-43-21 (123)", "84957654321", "123"),
        ("+1 415 555 0143/44", "+14155550143", "44"),
        ("+7 495 765-43-21 456", "+74957654321", "456"),
        ("+7 495 765 43 21.456", "+74957654321", "456"),
        ("4915112345678 12", "4915112345678", "12"),
        ("101 ext 5", "101", "5"),
        ("030 7654321/22", "0307654321", "22"),
        ("+48 22 765 43 21 wew. 12", "+48227654321", "12"),
        ("+380 44 765 43 21 дод. 12", "+380447654321", "12"),
        ("+34 911 234 567 extensión 12", "+34911234567", "12"),
    ] {
        let (numbers, notes) = sent(cell);
        let reason = format!("the extension {extension} was left out");
        assert_eq!((numbers, notes), (vec![number.to_owned()], vec![reason]), "{cell}");
    }
}

#[test]
fn a_comment_is_cut_off_and_named() {
    for (cell, number, comment) in [
        ("+7 916 555-44-33 (мама)", "+79165554433", "мама"),
        ("+7 916 555-44-33 каб. 12", "+79165554433", "каб. 12"),
        ("+49 30 7654321 (Raum 12)", "+49307654321", "Raum 12"),
        ("+44 20 7946 0958 ext.12 / ext.13", "+442079460958", "ext.12 / ext.13"),
    ] {
        let (numbers, notes) = sent(cell);
        assert_eq!((numbers, notes.len()), (vec![number.to_owned()], 1), "{cell}");
        assert!(notes[0].contains(comment), "{notes:?}");
    }
}

#[test]
fn groups_of_three_digits_are_internal_numbers() {
    assert!(!sent("101,102,103").0.contains(&"101102103".to_owned()));
}

#[test]
fn two_numbers_in_one_cell_are_two() {
    let both = ["+79165554433", "+74957654321"];
    for cell in [
        "+79165554433, +74957654321",
        "+79165554433;+74957654321;",
        "+7 916 555-44-33 / +7 495 765-43-21",
        "+7 916 555-44-33 +7 495 765-43-21",
        "+79165554433\n+74957654321",
        "+79165554433 ::: +74957654321",
        "+79165554433 или +74957654321",
        "+79165554433|+74957654321",
    ] {
        is_read(cell, &both);
    }
    is_read("79165554433 74957654321", &["79165554433", "74957654321"]);
    is_read("0307654321/0307654322", &["0307654321", "0307654322"]);
}

#[test]
fn a_bad_value_beside_a_number_is_left_out_alone() {
    let (numbers, notes) = sent("+79165554433, n/a");
    assert_eq!((numbers, notes.len()), (vec!["+79165554433".to_owned()], 1));
    let (numbers, notes) = sent("+79165554433 ::: 1-800-FLOWERS");
    assert_eq!((numbers, notes.len()), (vec!["+79165554433".to_owned()], 1));
}

#[test]
fn digits_are_never_glued_where_it_cannot_be_known() {
    for cell in [
        "1-800-FLOWERS",
        "*100#",
        "*86",
        "call me",
        "12",
        "02",
        "+7 495 023 or 024",
        "1234567890123456",
        "ext 12",
        "n/a",
        "-",
        "+749576543211",
        "+1 415 555 01000",
        "+49 30 765 Raum 4321",
        "+49 30 7654321 Raum 12",
    ] {
        let (numbers, notes) = sent(cell);
        assert_eq!((numbers, notes.len()), (vec![], 1), "{cell}");
    }
    assert_eq!(sent(""), (vec![], vec![]));
}

#[test]
fn no_text_makes_the_reader_fail() {
    let cell = "tel:+7 (495) 0,23/45;ext=1 ::: x12 или ='8.0E+3 *#@<>";
    for (at, _) in cell.char_indices() {
        for sign in ["+", "(", "/", ",", "E", "\u{202a}", "ж", "0", "=", "\""] {
            let text = format!("{}{sign}{}", &cell[..at], &cell[at..]);
            let _ = phones(&text);
            let _ = phones(&cell[at..]);
        }
    }
}
