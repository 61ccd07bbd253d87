//! Giving contacts a group, an organization or a manager by dragging and by search, and taking it back; merging
//! organizations and taking that back.

use ringbook_testbed::http_client::{connect, post};
use serde_json::{Value, json};
use thirtyfour::prelude::*;

use super::area::Area;
use super::page::Page;

/// Keys, as WebDriver writes them.
const ENTER: &str = "\u{e007}";
const ESCAPE: &str = "\u{e00c}";
/// The list of contacts is filled.
const FILLED: &str = "document.querySelectorAll('[role=grid] .row-name').length > 10";

/// The name in a row of contacts, from 0.
async fn row(page: &Page, index: usize) -> WebElement {
    let selector = format!("#contact-row-{index} .row-name");
    page.until(&format!("document.querySelector('{selector}')")).await;
    page.driver.query(By::Css(&*selector)).first().await.expect("a row")
}

/// A name beside the list.
async fn target(page: &Page, name: &str) -> WebElement {
    page.until(&format!(
        "[...document.querySelectorAll('.board .list-name')].some((element) => element.textContent === {})",
        json!(name)
    ))
    .await;
    let found = page.driver.query(By::XPath(&*format!("//aside//span[.='{name}']"))).first().await;
    found.expect("a name beside the list")
}

/// Drags a contact onto a name; the list of names opens while one drags.
async fn drag(page: &Page, index: usize, name: &str) {
    let from = row(page, index).await;
    let lift = page.driver.action_chain().move_to_element_center(&from).click_and_hold().move_by_offset(30, 8);
    lift.perform().await.expect("the contact is lifted");
    page.until("document.querySelector('.drag-ghost')").await;
    let onto = target(page, name).await;
    page.driver.action_chain().move_to_element_center(&onto).perform().await.expect("it is moved");
    page.until("document.querySelector('.drop-target')").await;
    page.driver.action_chain().release().perform().await.expect("it is dropped");
}

/// Creates a group or an organization on its screen.
async fn create(page: &Page, screen: &str, button: &str, name: &str) {
    page.open(screen).await;
    page.click("button", button).await;
    page.fill("textbox", "Name", name).await;
    page.click("button", "Create").await;
    page.find("button", &format!("Rename “{name}”")).await;
}

/// Gives contacts that the search finds to a group, an organization or an employee.
async fn add_members(page: &Page, name: &str, words: &[&str]) {
    page.click("button", &format!("Add contacts to “{name}”")).await;
    for word in words {
        page.fill("combobox", "Name or number of a contact", word).await;
        page.until("document.querySelector('dialog [role=option][aria-selected=true]')").await;
        page.press(ENTER).await;
        page.until(&format!(
            "[...document.querySelectorAll('dialog .chip')].some((chip) => chip.textContent.includes({}))",
            json!(word)
        ))
        .await;
    }
    page.click("button", "Add").await;
}

/// Closes the notices, which may cover what is to be clicked.
async fn close_notices(page: &Page) {
    page.value("document.querySelectorAll('.toast .icon-button').forEach((button) => button.click())").await;
    page.until("!document.querySelector('.toast')").await;
}

/// Calls the API as the first customer.
fn call(area: &Area, method: &str, mut params: Value) -> Value {
    params["access_token"] = area.demo["customers"][0]["access_token"].clone();
    let body = json!({"jsonrpc": "2.0", "id": 1, "method": method, "params": params}).to_string();
    let answer = connect(area.socket()).request(post(body)).json();
    assert!(answer["error"].is_null(), "{answer}");
    answer["result"].clone()
}

/// Adds a contact; its id.
fn contact(area: &Area, last_name: &str) -> u64 {
    let params = json!({"last_name": last_name, "phone_numbers": ["+442079460018"]});
    call(area, "create.contacts", params)["id"].as_u64().expect("an id")
}

fn total(area: &Area, field: &str, operator: &str, value: Value) -> u64 {
    let filter = json!({"field": field, "operator": operator, "value": value});
    let answer = call(area, "get.contacts", json!({"filter": filter, "limit": 0}));
    answer["metadata"]["total_items"].as_u64().expect("a total")
}

fn in_group(area: &Area, name: &str) -> u64 {
    total(area, "groups", "jsquery", json!(format!("#.group_name = \"{name}\"")))
}

fn in_organization(area: &Area, name: &str) -> u64 {
    total(area, "organization_name", "=", json!(name))
}

#[tokio::test(flavor = "multi_thread")]
async fn contacts_are_dragged_onto_a_group_and_taken_out_again() {
    let area = Area::start();
    let browser = area.signed_in("").await;
    let page = &browser.page;
    create(page, "#groups", "Add group", "Dragged").await;
    page.open("#contacts").await;
    page.until(FILLED).await;
    drag(page, 3, "Dragged").await;
    page.until_text("1 contact was added to “Dragged”.").await;
    assert_eq!(in_group(&area, "Dragged"), 1);
    // The list of names was there for the drag, and the drop has opened nothing.
    page.until("!document.querySelector('.board').checkVisibility()").await;
    assert_eq!(page.value("location.hash").await, "#contacts");
    page.click("button", "Undo").await;
    page.until_text("1 contact is as before.").await;
    assert_eq!(in_group(&area, "Dragged"), 0);
    // Selected contacts move together. The list of names stays where it is opened by its button.
    page.click("button", "Assign by dragging").await;
    target(page, "Dragged").await;
    for index in [1, 2] {
        let name = page.value(&format!("document.querySelector('#contact-row-{index} .row-name').textContent")).await;
        page.click("checkbox", &format!("Select {}", name.as_str().expect("a name"))).await;
    }
    drag(page, 2, "Dragged").await;
    page.until_text("2 contacts were added to “Dragged”.").await;
    assert_eq!(in_group(&area, "Dragged"), 2);
    page.click("button", "Undo").await;
    page.until_text("2 contacts are as before.").await;
    assert_eq!(in_group(&area, "Dragged"), 0);
    page.until("document.querySelector('.board').checkVisibility()").await;
    close_notices(page).await;
    // Without a drag the same is a press of a button.
    page.click("button", "Assign the selected contacts to “Dragged”").await;
    page.until_text("2 contacts were added to “Dragged”.").await;
    close_notices(page).await;
    page.click("button", "Assign the selected contacts to “Dragged”").await;
    page.until_text("Nothing has changed: “Dragged” was set already.").await;
    browser.close(&[]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_drag_is_given_up_by_escape_and_outside_of_the_names() {
    let area = Area::start();
    let browser = area.signed_in("").await;
    let page = &browser.page;
    create(page, "#groups", "Add group", "Dragged").await;
    page.open("#contacts").await;
    page.until(FILLED).await;
    let from = row(page, 2).await;
    let lift = page.driver.action_chain().move_to_element_center(&from).click_and_hold().move_by_offset(30, 8);
    lift.perform().await.expect("the contact is lifted");
    let onto = target(page, "Dragged").await;
    page.driver.action_chain().move_to_element_center(&onto).perform().await.expect("it is moved");
    page.until("document.querySelector('.drop-target')").await;
    page.press(ESCAPE).await;
    page.until("!document.querySelector('.drag-ghost') && !document.querySelector('.drop-target')").await;
    page.driver.action_chain().release().perform().await.expect("it is let go");
    let from = row(page, 2).await;
    let chain = page.driver.action_chain().move_to_element_center(&from).click_and_hold().move_by_offset(30, 40);
    chain.release().perform().await.expect("it is dropped on the list");
    page.until("!document.querySelector('.drag-ghost')").await;
    assert_eq!((page.value("location.hash").await, in_group(&area, "Dragged")), (json!("#contacts"), 0));
    // A click opens the contact as ever.
    row(page, 2).await.click().await.expect("a click");
    page.find("button", "Edit").await;
    browser.close(&[]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn contacts_are_given_an_organization_and_a_manager() {
    let area = Area::start();
    let id = contact(&area, "Aaaa");
    let browser = area.signed_in("").await;
    let page = &browser.page;
    create(page, "#organizations", "Add organization", "Alpha Works").await;
    page.open("#q=Aaaa").await;
    page.click("button", "Assign by dragging").await;
    page.click("button", "Organizations").await;
    drag(page, 0, "Alpha Works").await;
    page.until_text("1 contact belongs to “Alpha Works” now.").await;
    assert_eq!(in_organization(&area, "Alpha Works"), 1);
    page.click("button", "Employees").await;
    page.until("document.querySelector('.board .list-name')").await;
    let manager = page.value("document.querySelector('.board .list-name').textContent").await;
    let manager = manager.as_str().expect("a name");
    drag(page, 0, manager).await;
    page.until_text(&format!("{manager} is the manager of 1 contact now.")).await;
    assert_eq!(
        total(&area, "personal_manager_full_name", "=", json!(manager)),
        1 + {
            let others = json!({"condition": "and", "filters": [
            {"field": "personal_manager_full_name", "operator": "=", "value": manager},
            {"field": "id", "operator": "!=", "value": id}]});
            call(&area, "get.contacts", json!({"filter": others, "limit": 0}))["metadata"]["total_items"]
                .as_u64()
                .expect("a total")
        }
    );
    // What somebody else has set meanwhile stays when the drag is taken back.
    call(&area, "update.contacts", json!({"id": id, "personal_manager_id": null}));
    page.driver.execute("[...document.querySelectorAll('.toast-action')].at(-1).click()", vec![]).await.expect("undo");
    page.until_text("0 contacts are as before. 1 contact was changed by others meanwhile and stays as it is.").await;
    browser.close(&[]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_merge_of_organizations_is_taken_back() {
    let area = Area::start();
    contact(&area, "Aaaa");
    let moved = contact(&area, "Bbbb");
    let browser = area.signed_in("").await;
    let page = &browser.page;
    create(page, "#organizations", "Add organization", "Alpha Works").await;
    create(page, "#organizations", "Add organization", "Beta Works").await;
    add_members(page, "Alpha Works", &["Aaaa", "Bbbb"]).await;
    page.until_text("2 contacts belong to “Alpha Works” now.").await;
    page.click("button", "Merge “Alpha Works” into another").await;
    page.until_text("“Alpha Works” then has a new number.").await;
    page.fill("combobox", "Organization to keep", "Beta Works").await;
    page.until("document.querySelector('dialog [role=option][aria-selected=true]')").await;
    page.press(ENTER).await;
    page.click("button", "Merge").await;
    page.until_text("Merged into “Beta Works”.").await;
    assert_eq!((in_organization(&area, "Alpha Works"), in_organization(&area, "Beta Works")), (0, 2));
    call(&area, "update.contacts", json!({"id": moved, "organization_id": null}));
    page.driver.execute("[...document.querySelectorAll('.toast-action')].at(-1).click()", vec![]).await.expect("undo");
    page.until_text(
        "“Alpha Works” is there again, with 1 contact. 1 contact was changed by others meanwhile and stays as it is.",
    )
    .await;
    page.find("button", "Rename “Alpha Works”").await;
    assert_eq!((in_organization(&area, "Alpha Works"), in_organization(&area, "Beta Works")), (1, 0));
    browser.close(&[]).await;
}
