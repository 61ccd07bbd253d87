//! The administrator of an account: users, keys, addresses.

use ringbook_testbed::http_client::{connect, post};
use serde_json::{Value, json};

use super::area::Area;

#[tokio::test(flavor = "multi_thread")]
async fn a_key_is_made_with_the_password_and_shown_once() {
    let area = Area::start();
    let browser = area.signed_in("#account").await;
    let page = &browser.page;
    let (_, password) = area.customer();
    page.click("button", "Create key").await;
    page.fill("textbox", "Name", "CRM").await;
    page.fill("textbox", "Your own password", "wrong").await;
    page.click("button", "Create").await;
    page.until_text("Login or password is wrong.").await;
    page.fill("textbox", "Your own password", &password).await;
    page.click("button", "Create").await;
    page.until_text("The key was created").await;
    let token = page.value("document.querySelector('dialog .code-line').textContent").await;
    page.click("button", "I have saved it").await;
    page.until("[...document.querySelectorAll('th')].some((cell) => cell.textContent === 'CRM')").await;
    let params = json!({"access_token": token, "limit": 1});
    let call = json!({"jsonrpc": "2.0", "id": 1, "method": "get.contacts", "params": params}).to_string();
    let answer = connect(area.socket()).request(post(call));
    assert_eq!(answer.json()["result"]["metadata"]["total_items"], 200, "{}", answer.text());
    browser.close(&["403"]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_user_has_the_rights_that_are_ticked_and_goes_with_its_sessions() {
    let area = Area::start();
    let browser = area.signed_in("#account").await;
    let page = &browser.page;
    let (_, password) = area.customer();
    page.click("button", "Add user").await;
    page.fill("textbox", "Login", "reader").await;
    page.fill("textbox", "Password", "readers-password").await;
    for right in ["Address book: Add", "Address book: Change", "Address book: Delete", "Employees: See"] {
        page.click("checkbox", right).await;
    }
    page.fill("textbox", "Your own password", &password).await;
    page.click("button", "Save").await;
    page.find("button", "Delete “reader”").await;
    let reader = area.browse("#contact=1").await;
    reader.page.sign_in("reader", "readers-password").await;
    reader.page.until("document.querySelector('main h1')?.textContent").await;
    assert!(!reader.page.has("button", "Edit").await);
    reader.page.open("#contacts").await;
    reader.page.until("document.querySelector('[role=grid] .row-name')").await;
    assert!(!reader.page.has("button", "Assign by dragging").await);
    reader.page.open("#employees").await;
    reader.page.until_text("employees:select").await;
    reader.page.open("#account").await;
    reader.page.find("button", "Sign out everywhere").await;
    assert!(!reader.page.has("button", "Add user").await);
    assert!(!reader.page.has("button", "Show what changes").await);
    page.click("button", "Delete “reader”").await;
    page.click("button", "Delete").await;
    page.until("![...document.querySelectorAll('th')].some((cell) => cell.textContent === 'reader')").await;
    reader.page.open("#contacts").await;
    reader.page.driver.refresh().await.expect("the page loads");
    reader.page.find("textbox", "Login").await;
    reader.close(&["401"]).await;
    browser.close(&[]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_locks_oneself_out() {
    let area = Area::start();
    let browser = area.signed_in("#account").await;
    let page = &browser.page;
    page.click("button", "Delete “127.0.0.0/8”").await;
    page.until_text("This would take your own access away").await;
    page.click("button", "Add address").await;
    page.fill("textbox", "Address or block", "somewhere").await;
    page.click("button", "Add").await;
    page.until_text("it is no address or block").await;
    page.fill("textbox", "Address or block", "192.0.2.7").await;
    page.click("button", "Add").await;
    page.click("button", "Delete “192.0.2.7/32”").await;
    page.until("!document.querySelector('main').innerText.includes('192.0.2.7')").await;
    browser.close(&["409", "422"]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_country_is_set_after_its_changes_were_shown() {
    let area = Area::start();
    let call = |customer: usize, method: &str, mut params: Value| {
        params["access_token"] = area.demo["customers"][customer]["access_token"].clone();
        let call = json!({"jsonrpc": "2.0", "id": 1, "method": method, "params": params}).to_string();
        connect(area.socket()).request(post(call)).json()["result"].clone()
    };
    let add = |customer: usize, last_name: &str, number: &str| {
        let made = call(customer, "create.contacts", json!({"last_name": last_name, "phone_numbers": [number]}));
        made["id"].as_u64().expect("an id")
    };
    let phones = |customer: usize, id: u64| {
        let filter = json!({"field": "id", "operator": "=", "value": id});
        call(customer, "get.contacts", json!({"filter": filter}))["data"][0]["phone_numbers"].clone()
    };
    let (national, local) = (add(0, "National", "8 (916) 000-11-22"), add(0, "Local", "555-44-33"));
    add(0, "International", "+7 916 000-11-22");
    let foreign = add(1, "Foreign", "8 (916) 000-11-22");
    let browser = area.signed_in("#account").await;
    let page = &browser.page;
    page.choose("Country", "Russia").await;
    page.fill("textbox", "Area code", "495").await;
    page.click("button", "Show what changes").await;
    page.until("document.querySelector('dialog')?.innerText.includes('79160001122')").await;
    page.until_text("1 number then belongs to several contacts").await;
    page.click("button", "Cancel").await;
    assert_eq!(phones(0, national), json!(["89160001122"]), "nothing was confirmed");
    page.click("button", "Show what changes").await;
    page.click("button", "Change the numbers").await;
    page.until_text("Saved.").await;
    page.until("document.querySelector('.pairs').innerText.includes('Russia')").await;
    assert_eq!((phones(0, national), phones(0, local)), (json!(["79160001122"]), json!(["74955554433"])));
    assert_eq!(phones(1, foreign), json!(["89160001122"]), "of another customer");
    // The rule applies to what is added from now on, and another look finds nothing to change.
    assert_eq!(phones(0, add(0, "New", "8 812 000-11-44")), json!(["78120001144"]));
    page.click("button", "Show what changes").await;
    page.until_text("No stored number changes.").await;
    page.click("button", "Cancel").await;
    browser.close(&[]).await;
}
