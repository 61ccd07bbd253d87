//! Editing under bad conditions: two editors, a session that ends, a server that is away, names that are scripts.

use super::area::Area;

/// A name that would be markup or code where text becomes markup.
const SCRIPT: &str = "<img src=x onerror=document.title='hacked'>";

#[tokio::test(flavor = "multi_thread")]
async fn two_editors_of_a_contact_see_each_others_change() {
    let area = Area::start();
    let (one, other) = tokio::join!(area.signed_in("#contact=1"), area.signed_in("#contact=1"));
    one.page.click("button", "Edit").await;
    one.page.fill("textbox", "Last name", "Mine").await;
    other.page.click("button", "Edit").await;
    other.page.fill("textbox", "Last name", "Theirs").await;
    other.page.click("button", "Save").await;
    other.page.until("document.querySelector('main h1')?.textContent.startsWith('Theirs')").await;
    one.page.click("button", "Save").await;
    one.page.until_text("Somebody else has changed this contact").await;
    one.page.until("document.querySelector('dialog').innerText.includes('Theirs')").await;
    one.page.click("button", "Go on editing").await;
    one.page.until("document.querySelector('form input')?.value === 'Mine'").await;
    one.page.click("button", "Save").await;
    one.page.click("button", "Overwrite").await;
    one.page.until("document.querySelector('main h1')?.textContent.startsWith('Mine')").await;
    one.close(&[]).await;
    other.close(&[]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn editors_of_different_members_keep_both_changes() {
    let area = Area::start();
    let (one, other) = tokio::join!(area.signed_in("#contact=1"), area.signed_in("#contact=1"));
    one.page.click("button", "Edit").await;
    one.page.fill("textbox", "Last name", "Lovelace").await;
    other.page.click("button", "Edit").await;
    other.page.fill("textbox", "First name", "Ada").await;
    other.page.click("button", "Save").await;
    other.page.until_text("The contact was saved.").await;
    one.page.click("button", "Save").await;
    one.page.until("document.querySelector('main h1')?.textContent.startsWith('Lovelace Ada')").await;
    one.close(&[]).await;
    other.close(&[]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_made_while_a_conflict_is_shown_is_shown_too() {
    let area = Area::start();
    let (one, other) = tokio::join!(area.signed_in("#contact=1"), area.signed_in("#contact=1"));
    let save = async |name: &str| {
        other.page.click("button", "Edit").await;
        other.page.fill("textbox", "Last name", name).await;
        other.page.click("button", "Save").await;
        let shown = format!("document.querySelector('main h1')?.textContent.startsWith({name:?})");
        other.page.until(&shown).await;
    };
    one.page.click("button", "Edit").await;
    one.page.fill("textbox", "Last name", "Mine").await;
    save("Second").await;
    one.page.click("button", "Save").await;
    one.page.until("document.querySelector('dialog')?.innerText.includes('Second')").await;
    save("Third").await;
    one.page.click("button", "Overwrite").await;
    one.page.until("document.querySelector('dialog')?.innerText.includes('Third')").await;
    one.page.click("button", "Overwrite").await;
    one.page.until("document.querySelector('main h1')?.textContent.startsWith('Mine')").await;
    one.close(&[]).await;
    other.close(&[]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn duplicates_are_shown_before_they_are_made() {
    let area = Area::start();
    let browser = area.signed_in("#contact=new&phone=%2B442079460018&name=Boole").await;
    let page = &browser.page;
    page.click("button", "Save").await;
    page.until_heading("Boole").await;
    // A new contact with the number, and an edited one that gets the name.
    page.open("#contact=new&phone=%2B442079460018&name=Venn").await;
    page.click("button", "Save").await;
    page.until_text("Is this one of these?").await;
    page.until("document.querySelector('dialog a').textContent === 'Boole'").await;
    page.click("button", "Cancel").await;
    page.fill("textbox", "Phone 1", "+44 20 7946 0019").await;
    page.click("button", "Save").await;
    page.until_heading("Venn").await;
    page.click("button", "Edit").await;
    page.fill("textbox", "Last name", "Boole").await;
    page.click("button", "Save").await;
    page.until_text("Is this one of these?").await;
    page.click("button", "Save all the same").await;
    page.until_heading("Boole").await;
    // Nobody is asked about what was there before.
    page.click("button", "Edit").await;
    page.fill("textbox", "First name", "George").await;
    page.click("button", "Save").await;
    page.until_heading("Boole George").await;
    browser.close(&[]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_typed_outlives_the_session() {
    let area = Area::start();
    let (editor, other) = tokio::join!(area.signed_in("#contact=1"), area.signed_in("#account"));
    editor.page.click("button", "Edit").await;
    editor.page.fill("textbox", "Last name", "Kept").await;
    other.page.click("button", "Sign out everywhere").await;
    other.page.find("textbox", "Login").await;
    editor.page.click("button", "Save").await;
    editor.page.until_text("Your session has ended").await;
    let (_, password) = area.customer();
    editor.page.fill("textbox", "Password", "wrong").await;
    editor.page.click("button", "Sign in").await;
    editor.page.until_text("Login or password is wrong.").await;
    editor.page.fill("textbox", "Password", &password).await;
    editor.page.click("button", "Sign in").await;
    editor.page.until("document.querySelector('main h1')?.textContent.startsWith('Kept')").await;
    editor.close(&["401"]).await;
    other.close(&["401"]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn names_that_are_scripts_stay_text() {
    let area = Area::start();
    let browser = area.signed_in("#contact=new").await;
    let page = &browser.page;
    page.fill("textbox", "Last name", SCRIPT).await;
    page.fill("textbox", "First name", "\u{202e}gnitirw").await;
    page.fill("textbox", "Phone 1", "+44 20 7946 0018").await;
    page.click("button", "Save").await;
    page.until("document.querySelector('main h1')?.textContent.startsWith('<img')").await;
    page.open("#groups").await;
    page.click("button", "Add group").await;
    page.fill("textbox", "Name", SCRIPT).await;
    page.click("button", "Create").await;
    page.until("[...document.querySelectorAll('.list-name')].some((name) => name.textContent.startsWith('<img'))")
        .await;
    // What is too long is refused at its field, and nothing is lost.
    page.open("#contact=1").await;
    page.click("button", "Edit").await;
    page.until("document.querySelector('form input')").await;
    let long = "document.querySelector('form input').maxLength = 100000, document.querySelector('form input').value = 'x'.repeat(10000)";
    page.driver.execute(long, vec![]).await.expect("a script");
    page.click("button", "Save").await;
    page.until("document.querySelector('.field-error:not(:empty)')").await;
    assert_eq!(page.value("document.querySelectorAll('main img').length").await, 0);
    assert!(!page.value("document.title").await.as_str().expect("a title").contains("hacked"));
    browser.close(&[]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deleted_contact_comes_back() {
    let area = Area::start();
    let browser = area.signed_in("#contact=2").await;
    let page = &browser.page;
    page.find("button", "Edit").await;
    page.click("button", "Delete").await;
    page.until("document.querySelector('[role=status] strong')?.textContent === '199'").await;
    page.click("button", "Undo").await;
    page.until("location.hash.includes('q=')").await;
    page.open("#contacts").await;
    page.until("document.querySelector('[role=status] strong')?.textContent === '200'").await;
    browser.close(&[]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_is_away_is_told_and_tried_again() {
    let mut area = Area::start();
    let browser = area.signed_in("").await;
    let page = &browser.page;
    page.until("document.querySelector('[role=grid] .row-name')").await;
    area.stop();
    page.fill("searchbox", "Find", "x").await;
    page.until_text("No connection").await;
    area.start_again();
    page.click("button", "Try again").await;
    page.until("document.querySelector('[role=status] strong')").await;
    browser.close(&["ERR_CONNECTION"]).await;
}
