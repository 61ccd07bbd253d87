//! Signing in, finding somebody and correcting a name: the story that the area is for.

use serde_json::json;

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
    // The national form is that number too; the end of a number is only similar.
    page.open("#number=020-7946%200018").await;
    page.until_heading("Boole").await;
    page.open("#number=79460018").await;
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
    page.click("button", "More filters").await;
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

#[tokio::test(flavor = "multi_thread")]
async fn a_filter_is_built_line_by_line_and_shown_as_json() {
    let area = Area::start();
    let browser = area.signed_in("").await;
    let page = &browser.page;
    page.until(&format!("{TOTAL} === '200'")).await;
    page.click("button", "More filters").await;
    page.click("button", "Add a condition").await;
    page.choose("Field of condition 1", "Contact number").await;
    page.choose("Test of condition 1", "is above").await;
    page.fill("textbox", "Value of condition 1", "195").await;
    page.until_text("5 contacts match.").await;
    let json = "JSON.parse(document.querySelector('dialog textarea').value)";
    let made = page.value(json).await;
    assert_eq!(made, json!({"field": "id", "operator": ">", "value": 195}));
    page.click("button", "Add a condition").await;
    page.choose("Test of condition 2", "is not").await;
    page.fill("textbox", "Value of condition 2", "Nobody").await;
    page.until(&format!("{json}.condition === 'and' && {json}.filters.length === 2")).await;
    // What is pasted is shown as lines where they can say it, and otherwise as JSON only.
    let filter = page.find("textbox", "Filter").await;
    filter.clear().await.expect("it can be emptied");
    let tree = r#"{"condition":"or","filters":[{"field":"full_name","operator":"ilike","value":"a\\_b%"},{"field":"groups","operator":"is_null"}]}"#;
    filter.send_keys(tree).await.expect("it takes text");
    page.until("document.querySelector('dialog .builder-line input')?.value === 'a_b'").await;
    page.until("document.querySelector('dialog .builder > select')?.value === 'or'").await;
    filter.clear().await.expect("it can be emptied");
    filter.send_keys(r#"{"field":"id","operator":"in","value":[1,2,3]}"#).await.expect("it takes text");
    page.until_text("It is edited as JSON").await;
    page.until_text("3 contacts match.").await;
    page.click("button", "Apply the filter").await;
    page.until(&format!("{TOTAL} === '3'")).await;
    browser.close(&[]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn selected_contacts_join_and_leave_a_group_and_become_cards() {
    let area = Area::start();
    let browser = area.signed_in("#groups").await;
    let page = &browser.page;
    page.click("button", "Add group").await;
    page.fill("textbox", "Name", "Climbers").await;
    page.click("button", "Create").await;
    page.click("button", "Add contacts to “Climbers”").await;
    page.fill("combobox", "Name or number of a contact", "a").await;
    page.until("document.querySelector('dialog [role=option][aria-selected=true]')").await;
    page.press("\u{e007}").await;
    page.until("document.querySelector('dialog .chip')").await;
    page.click("button", "Add").await;
    page.until_text("1 contact was added to “Climbers”.").await;
    page.click("link", "Climbers").await;
    page.until(&format!("{TOTAL} === '1'")).await;
    page.driver.execute("document.querySelector('.row .check').click()", vec![]).await.expect("a click");
    // What the button downloads is read here, as the browser has no folder for it.
    let read = "const done = arguments[0];
        URL.createObjectURL = (blob) => { blob.text().then(done); return '#'; };
        [...document.querySelectorAll('.bulk .button')].find((button) => button.textContent === 'Export as vCard').click();";
    let cards =
        page.driver.execute_async(read, vec![]).await.expect("a file").json().as_str().expect("text").to_owned();
    assert!(cards.starts_with("BEGIN:VCARD\r\nVERSION:3.0\r\nN:") && cards.ends_with("END:VCARD\r\n"), "{cards}");
    assert!(cards.contains("\r\nTEL;TYPE=VOICE:") && cards.contains("Climbers"), "{cards}");
    assert!(cards.lines().all(|line| line.len() <= 75), "{cards}");
    page.click("button", "Take out of the group").await;
    page.until(&format!("{TOTAL} === '0'")).await;
    browser.close(&[]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_slow_answer_does_not_replace_a_later_one() {
    let area = Area::start();
    let browser = area.signed_in("").await;
    let page = &browser.page;
    page.until(&format!("{TOTAL} === '200'")).await;
    // The next answer waits until it is let go.
    let hold = "const real = window.fetch; let held = false;
        window.fetch = (address, options) => {
            if (held || !String(options?.body).includes('get.contacts')) return real(address, options);
            held = true;
            return new Promise((resolve, reject) => {
                window.letGo = () => real(address, { ...options, signal: undefined }).then((response) => { resolve(response); window.went = true; }, reject);
            });
        };";
    page.driver.execute(hold, vec![]).await.expect("a script");
    page.fill("searchbox", "Find", "a").await;
    page.until("window.letGo").await;
    // What was there stays until there is something newer.
    page.until(&format!("{TOTAL} === '200'")).await;
    page.fill("searchbox", "Find", "nobody has this name").await;
    page.until_text("Nobody found").await;
    page.driver.execute("window.letGo()", vec![]).await.expect("a script");
    page.until("window.went").await;
    page.until_text("Nobody found").await;
    page.until(&format!("{TOTAL} === '0'")).await;
    browser.close(&[]).await;
}
