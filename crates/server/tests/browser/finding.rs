//! Signing in, finding somebody and correcting a name: the story that the area is for.

use super::area::Area;

/// The exact total in the status region.
const TOTAL: &str = "document.querySelector('[role=status] strong')?.textContent";
/// The first row of the grid.
const FIRST_ROW: &str = "document.querySelector('[role=grid] [role=row]:not([hidden])')";
/// The keys arrow down and Enter.
const DOWN_AND_ENTER: &str = "\u{e015}\u{e007}";

#[tokio::test(flavor = "multi_thread")]
async fn a_caller_is_found_by_number_and_a_name_corrected() {
    let area = Area::start();
    let browser = area.signed_in("").await;
    let page = &browser.page;
    page.find("grid", "Contacts").await;
    page.until(&format!("{TOTAL} === '200' && {FIRST_ROW}?.querySelector('.row-phone')")).await;
    let number = page.value(&format!("{FIRST_ROW}.querySelector('.row-phone').textContent")).await;
    // As somebody reads it from a telephone, with separators of their own.
    let number = number.as_str().expect("a number").replace('\u{a0}', "-");
    page.fill("searchbox", "Find", &number).await;
    page.until(&format!("{TOTAL} !== '200' && {FIRST_ROW}?.querySelector('mark')")).await;
    page.press(DOWN_AND_ENTER).await;
    page.click("button", "Edit").await;
    page.fill("textbox", "Last name", "Lovelace").await;
    page.fill("textbox", "First name", "Ada").await;
    page.click("button", "Save").await;
    page.until("document.querySelector('main h1')?.textContent.startsWith('Lovelace Ada')").await;
    page.driver.back().await.expect("a page before");
    page.until("document.querySelector('[role=grid] .row-name')?.textContent.startsWith('Lovelace Ada')").await;
    assert_eq!(page.value("document.querySelector('#find-box').value").await, number);
    page.driver.forward().await.expect("a page after");
    page.find("button", "Edit").await;
    browser.close(&[]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_telephone_system_opens_the_page_of_a_caller() {
    let area = Area::start();
    let browser = area.signed_in("#contact=new&phone=%2B44%2020%207946%200018&name=Boole").await;
    let page = &browser.page;
    page.click("button", "Save").await;
    page.until_heading("Boole").await;
    // A plus sign stays a plus sign, escaped or not.
    page.open("#number=+442079460018").await;
    page.until_heading("Boole").await;
    // The national form finds it, too, and says that it is not exactly the same.
    page.open("#number=02079460018").await;
    page.until_text("These numbers end the same").await;
    page.open("#number=+442079469999").await;
    page.until_text("Nobody has the number").await;
    page.click("button", "Add contact").await;
    page.find("textbox", "Last name").await;
    browser.close(&[]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_address_holds_the_question() {
    let area = Area::start();
    let browser = area.signed_in("#q=%20&sort=-full_name").await;
    let page = &browser.page;
    page.until(&format!("{FIRST_ROW}?.querySelector('.row-name')")).await;
    page.click("button", "Name, sorted from Z to A").await;
    page.until("location.hash.includes('sort=full_name')").await;
    page.fill("searchbox", "Find", "nobody has this name").await;
    page.until_text("Nobody found").await;
    page.until("location.hash.includes('q=nobody')").await;
    // Escape empties the box.
    page.press("\u{e00c}").await;
    page.until(&format!("{TOTAL} === '200'")).await;
    page.click("button", "Filter as JSON").await;
    let filter = page.find("textbox", "Filter").await;
    filter.clear().await.expect("it can be emptied");
    filter.send_keys(r#"{"field":"id","operator":"<=","value":3}"#).await.expect("it takes text");
    page.click("button", "Apply the filter").await;
    page.until(&format!("{TOTAL} === '3'")).await;
    browser.close(&[]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_agent_chooses_a_customer_and_sees_for_whom_it_acts() {
    let area = Area::start();
    let browser = area.browse("").await;
    let page = &browser.page;
    let (login, password) = area.agent();
    page.sign_in(&login, "wrong").await;
    page.until_text("Login or password is wrong.").await;
    page.fill("textbox", "Password", &password).await;
    page.click("button", "Sign in").await;
    page.until_text("Choose a customer").await;
    page.until_text("2 customers").await;
    page.fill("searchbox", "Find a customer", "Second").await;
    page.until_text("1 customer").await;
    page.driver.execute("document.querySelector('.choice').click()", vec![]).await.expect("a choice");
    page.until(&format!("{TOTAL} === '10'")).await;
    page.until("document.querySelector('.acting').innerText.includes('Second')").await;
    page.click("button", "Choose another customer").await;
    page.until_text("Choose a customer").await;
    browser.close(&["401"]).await;
}
