//! The roles and English names that scripts and screen readers of others go by (`docs/client-area.md`), word for word.

use super::area::Area;
use super::page::Page;

/// The links of the navigation.
const LINKS: [&str; 9] =
    ["Contacts", "Groups", "Organizations", "Employees", "Blacklist", "Import", "Requests", "Account", "API"];

/// Elements of these roles and names; each is there exactly once, so that a script need not choose.
async fn are_there_once(page: &Page, elements: &[(&str, &str)]) {
    for (role, name) in elements {
        page.find(role, name).await;
        assert_eq!(page.count(role, name).await, 1, "{role} {name}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn roles_and_names_are_as_documented() {
    let area = Area::start();
    let browser = area.browse("").await;
    let page = &browser.page;
    are_there_once(page, &[("textbox", "Login"), ("textbox", "Password"), ("button", "Sign in")]).await;
    let (login, password) = area.customer();
    page.sign_in(&login, &password).await;
    are_there_once(page, &[("searchbox", "Find"), ("grid", "Contacts")]).await;
    are_there_once(page, &LINKS.map(|name| ("link", name))).await;
    // The exact total as digits, without separators, in the only status region.
    page.until("/^200(?!\\d)/.test(document.querySelector('[role=status]').textContent)").await;
    assert_eq!(page.value("document.querySelectorAll('[role=status]').length").await, 1);
    page.until("document.querySelectorAll('[role=grid] [role=row]').length > 5").await;
    let rows = "[...document.querySelectorAll('[role=grid] [role=row]')].every((row) => row.computedRole === 'row' && row.querySelector('[role=gridcell] a[href^=\"#contact=\"]'))";
    assert_eq!(page.value(rows).await, true);
    page.open("#contact=1").await;
    page.until("document.querySelector('.facts')").await;
    let name = "document.querySelector('main h1').textContent";
    let name = page.value(name).await;
    are_there_once(page, &[("heading", name.as_str().expect("a name")), ("button", "Edit")]).await;
    page.click("button", "Edit").await;
    are_there_once(page, &[("textbox", "Last name"), ("textbox", "First name"), ("button", "Save")]).await;
    browser.close(&[]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_story_is_told_by_the_keyboard_alone() {
    let area = Area::start();
    let browser = area.browse("").await;
    let page = &browser.page;
    let (login, password) = area.customer();
    page.find("textbox", "Login").await;
    page.until("document.activeElement?.computedName === 'Login'").await;
    page.press(format!("{login}\u{e004}{password}\u{e007}")).await;
    page.until("document.querySelector('[role=grid] .row-name')").await;
    // Out of the box, back by the slash, down to the second contact, into it, edit, save, back.
    page.press("\u{e004}").await;
    page.press("/").await;
    page.until("document.activeElement?.id === 'find-box'").await;
    page.press("\u{e015}\u{e015}").await;
    page.until("document.querySelector('.row-active')?.ariaRowIndex === '2'").await;
    page.press("\u{e007}").await;
    page.find("button", "Edit").await;
    page.press("e").await;
    page.until("document.activeElement?.computedName === 'Last name'").await;
    page.press("-Keyboard\u{e007}").await;
    page.until("document.querySelector('main h1')?.textContent.includes('-Keyboard')").await;
    browser.close(&[]).await;
}
