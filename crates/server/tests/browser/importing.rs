//! Importing files: what would become of them is shown first, and what cannot be read is said.

use std::fs;

use super::area::Area;

const LIST: &str = "Vorname;Nachname;Telefon;E-Mail;Firma;Kunde seit\n\
    Anna;Lem;+49 30 7654321;anna@example.org;Solaris;1961\n\
    Bert;Brecht;n/a;;;\n\
    Carl;Orff;\"+49 89 7654321, xx\";;;\n\
    Anna;Lem;+49 30 7654321;;;\n";

#[tokio::test(flavor = "multi_thread")]
async fn a_list_is_shown_before_it_is_imported() {
    let area = Area::start();
    let browser = area.signed_in("#import").await;
    let page = &browser.page;
    let file = area.data.path().join("list.csv");
    fs::write(&file, LIST).expect("a file");
    page.find("heading", "Import contacts").await;
    page.choose_file(&file).await;
    page.until("document.querySelector('.tiles')?.innerText.replace(/\\s+/g, ' ') === '2 new 1 already there 1 refused 1 with parts left out'").await;
    // A column that is not known can be read as what the person says.
    page.find("combobox", "Meaning of the column “Kunde seit”").await;
    let meaning =
        "const box = [...document.querySelectorAll('select')].find((box) => box.ariaLabel?.includes('Kunde seit'));
        box.value = 'groups'; box.dispatchEvent(new Event('change'));";
    page.driver.execute(meaning, vec![]).await.expect("a script");
    page.until("document.querySelector('main').innerText.includes('1961') && document.querySelector('.tiles')").await;
    page.click("button", "Import 2 contacts").await;
    page.until_text("The import is finished").await;
    page.find("button", "Download the report").await;
    page.open("#q=Lem%20Solaris").await;
    page.until("document.querySelector('[role=status] strong')?.textContent === '1'").await;
    // The same file again: everybody is there.
    page.open("#import").await;
    page.find("heading", "Import contacts").await;
    page.choose_file(&file).await;
    page.until("document.querySelector('.tiles')?.innerText.includes('3 already there')").await;
    browser.close(&[]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn columns_of_which_nothing_is_known_are_asked_for() {
    let area = Area::start();
    let browser = area.signed_in("#import").await;
    let page = &browser.page;
    let file = area.data.path().join("list.csv");
    fs::write(&file, "Wer;Wie\nAnna Lem;+49 30 7654321\n").expect("a file");
    page.find("heading", "Import contacts").await;
    page.choose_file(&file).await;
    for (column, meaning) in [("Wer", "Full name"), ("Wie", "Phone numbers")] {
        page.find("combobox", &format!("Meaning of the column “{column}”"))
            .await
            .send_keys(meaning)
            .await
            .expect("a choice");
    }
    page.click("button", "Read the file").await;
    page.click("button", "Import 1 contact").await;
    page.until_text("The import is finished").await;
    browser.close(&["422"]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn broken_files_are_refused_with_a_reason() {
    let area = Area::start();
    let browser = area.signed_in("#import").await;
    let page = &browser.page;
    for (name, bytes, reason) in [
        ("empty.csv", &b""[..], "is empty"),
        ("open.csv", b"Name,Phone\n\"Ann,112\nBob,113\n", "quotation mark"),
        ("picture.xlsx", b"PK\x03\x04 and nothing else", "workbook"),
        ("notes.txt", b"dear diary", "the kind of the file is not known"),
    ] {
        let file = area.data.path().join(name);
        fs::write(&file, bytes).expect("a file");
        page.find("heading", "Import contacts").await;
        page.choose_file(&file).await;
        page.until_text(reason).await;
        page.click("button", "Another file").await;
    }
    let large = area.data.path().join("large.csv");
    fs::write(&large, vec![b'x'; 17 << 20]).expect("a file");
    page.find("heading", "Import contacts").await;
    page.choose_file(&large).await;
    page.until_text("larger than 16 MiB").await;
    browser.close(&["422", "413"]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn reasons_are_in_the_language_of_the_reader() {
    let area = Area::start();
    let browser = area.signed_in("").await;
    let page = &browser.page;
    let file = area.data.path().join("list.csv");
    fs::write(&file, LIST).expect("a file");
    for (language, reasons) in
        [("ru", ["не номер телефона", "Файл не удалось"]), ("de", ["ist keine Telefonnummer", "Die Datei kann nicht"])]
    {
        page.driver.goto(format!("{}/?lang={language}#import", page.address)).await.expect("the page opens");
        page.until("document.querySelector('input[type=file]')").await;
        page.choose_file(&file).await;
        page.until_text(reasons[0]).await;
        let english = "[...document.querySelectorAll('.reasons [lang=en]')].map((line) => line.textContent)";
        assert_eq!(page.value(english).await, serde_json::json!([]), "{language}");
        let notes = area.data.path().join("notes.txt");
        fs::write(&notes, "dear diary").expect("a file");
        page.driver.refresh().await.expect("the page loads");
        page.until("document.querySelector('input[type=file]')").await;
        page.choose_file(&notes).await;
        page.until_text(reasons[1]).await;
    }
    browser.close(&["422"]).await;
}
