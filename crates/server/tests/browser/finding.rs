//! Signing in, finding somebody and correcting a name: the story that the area is for.

use serde_json::Value;

use super::area::Area;


#[tokio::test(flavor = "multi_thread")]
async fn a_caller_is_found_by_number_and_a_name_corrected() {
    let area = Area::start();
    let browser = area.signed_in("").await;
    let page = &browser.page;
    page.find("grid", "Contacts").await;
    page.until("document.querySelector('[role=status] strong')?.textContent === '200'").await;
    let row = "document.querySelector('[role=grid] [role=row]:not([hidden])')";
    let number = page.value(&format!("{row}.querySelector('.row-phone').textContent")).await;
    let number = number.as_str().expect("a number").replace('\u{a0}', "-");
    page.fill("searchbox", "Find", &number).await;
    page.until("document.querySelector('[role=status] strong')?.textContent !== '200'").await;
    page.press("\u{e015}\u{e007}").await;
    page.click("button", "Edit").await;
    page.fill("textbox", "Last name", "Lovelace").await;
    page.fill("textbox", "First name", "Ada").await;
    page.click("button", "Save").await;
    page.until_heading("Lovelace Ada").await;
    page.driver.back().await.expect("a page before");
    page.until("document.querySelector('[role=grid] .row-name')?.textContent.startsWith('Lovelace Ada')").await;
    assert_ne!(page.value("document.querySelector('#find-box').value").await, Value::from(""));
    browser.close(&[]).await;
}
