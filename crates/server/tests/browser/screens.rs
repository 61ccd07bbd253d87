//! Every screen in both themes, in three languages and at the narrowest width.

use std::fs;

use ringbook_testbed::http_client::{connect, post};
use ringbook_testbed::workspace::target;
use serde_json::{Value, json};

use super::area::Area;

/// The screens by their links in English, and what is on each once it is filled.
const SCREENS: [(&str, &str); 9] = [
    ("Contacts", "document.querySelector('[role=grid] .row-name')"),
    ("Groups", "document.querySelector('.list-name')"),
    ("Organizations", "document.querySelector('.list-name')"),
    ("Employees", "document.querySelector('.list-name')"),
    ("Blacklist", "document.querySelector('.list-name, .empty')"),
    ("Import", "document.querySelector('.drop')"),
    ("Requests", "document.querySelector('.chart')"),
    ("Account", "document.querySelectorAll('.card').length > 6"),
    ("API", "document.querySelector('.api-title')"),
];

#[tokio::test(flavor = "multi_thread")]
async fn every_screen_is_reached_by_its_link() {
    let area = Area::start();
    let browser = area.signed_in("").await;
    for (name, filled) in SCREENS {
        browser.page.click("link", name).await;
        browser.page.until(filled).await;
        browser.page.until("document.querySelector('[aria-current=page]')").await;
        // Only the screen itself scrolls, not the page around it.
        let overflow = "document.documentElement.scrollHeight - innerHeight";
        assert_eq!(browser.page.value(overflow).await, 0, "{name}");
    }
    browser.page.click("button", "Call the method").await;
    browser.page.until("document.querySelector('pre.code')?.textContent.includes('total_items')").await;
    browser.close(&[]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn no_screen_has_a_barrier_in_either_theme() {
    let axe = target().join("page-checks/node_modules/axe-core/axe.min.js");
    let axe = fs::read_to_string(axe).expect("`cargo xtask setup` installs axe-core");
    let area = Area::start();
    let browser = area.signed_in("").await;
    let page = &browser.page;
    page.until("document.querySelector('[role=grid] .row-name')").await;
    let others = [("contact=1", "document.querySelector('.facts')"), ("contact=new", "document.querySelector('form')")];
    for theme in ["light", "dark"] {
        page.driver
            .execute(format!("localStorage.setItem('ringbook.theme', '{theme}')"), vec![])
            .await
            .expect("a theme");
        for (name, filled) in SCREENS.into_iter().chain(others) {
            page.open(&format!("#{}", name.to_lowercase())).await;
            page.driver.refresh().await.expect("the page loads");
            page.until(filled).await;
            if name == "Contacts" {
                page.click("button", "Assign by dragging").await;
                page.until("document.querySelector('.board .list-name')").await;
            }
            page.driver.execute(axe.as_str(), vec![]).await.expect("axe-core runs");
            let run = "const done = arguments[0]; axe.run(document, { runOnly: ['wcag2a', 'wcag2aa', 'wcag21aa', 'wcag22aa'] })
                .then(({ violations }) => done(violations.map(({ id, nodes }) => `${id}: ${nodes[0].html}`)))";
            let found = page.driver.execute_async(run, vec![]).await.expect("a result");
            assert_eq!(*found.json(), json!([]), "{name} in {theme}");
        }
    }
    browser.close(&[]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn no_screen_is_wider_than_a_narrow_window() {
    let area = Area::start();
    let browser = area.signed_in("").await;
    let page = &browser.page;
    page.until("document.querySelector('[role=grid] .row-name')").await;
    page.driver.set_window_rect(0, 0, 500, 800).await.expect("a small window");
    for (name, filled) in SCREENS.into_iter().chain([("contact=1", "document.querySelector('.facts')")]) {
        page.open(&format!("#{}", name.to_lowercase())).await;
        page.until(filled).await;
        // Windows have a least width; the page inside may have less.
        let overflow = "(document.documentElement.style.width = '320px', \
            [document.documentElement, document.querySelector('.main')].some((part) => part.scrollWidth > part.clientWidth + 1))";
        assert_eq!(page.value(overflow).await, false, "{name}");
    }
    browser.close(&[]).await;
}

/// Names are as long as they can be, without a blank, and of writings that run from right to left.
#[tokio::test(flavor = "multi_thread")]
async fn long_names_do_not_widen_a_narrow_window() {
    let area = Area::start();
    let call = |method: &str, mut params: Value| {
        params["access_token"] = area.demo["customers"][0]["access_token"].clone();
        let body = json!({"jsonrpc": "2.0", "id": 1, "method": method, "params": params}).to_string();
        let answer = connect(area.socket()).request(post(body)).json();
        answer["result"]["id"].as_u64().unwrap_or_else(|| panic!("{method}: {answer}"))
    };
    let long = |letter: char| letter.to_string().repeat(255);
    let organization = call("create.contact_organizations", json!({"name": long('W')}));
    let groups =
        [long('Ж'), "مجموعة العملاء".to_owned()].map(|name| call("create.group_contacts", json!({"name": name})));
    let manager = json!({"last_name": long('M'), "first_name": long('א'), "phone_numbers": []});
    let manager = call("create.employees", manager);
    let contact = json!({"last_name": long('A'), "first_name": long('Щ'), "patronymic": long('ש'),
        "phone_numbers": ["749512345678901"], "organization_id": organization, "personal_manager_id": manager,
        "groups": groups, "emails": [format!("{}@{}.example", "x".repeat(60), "y".repeat(60))]});
    let contact = format!("contact={}", call("create.contacts", contact));
    let browser = area.signed_in("").await;
    let page = &browser.page;
    page.until("document.querySelector('[role=grid] .row-name')").await;
    page.driver.set_window_rect(0, 0, 500, 700).await.expect("a small window");
    let fits = async |what: &str| {
        // Windows have a least width; the page inside may have less. Tables scroll in a box of their own.
        let wide = "(document.documentElement.style.width = '320px',
            document.querySelector('dialog') && (document.querySelector('dialog').style.maxWidth = '288px'),
            [document.documentElement, ...document.querySelectorAll('.main, .find-body, .board, dialog, .dialog-content, .chips, .list-row')]
                .filter((part) => part.checkVisibility() && part.scrollWidth > part.clientWidth + 1).map((part) => part.className))";
        assert_eq!(page.value(wide).await, json!([]), "{what}");
    };
    for (address, filled) in [
        ("q=Щ", "document.querySelector('[role=grid] .row-name mark')"),
        (&*contact, "document.querySelector('.facts')"),
        ("groups", "document.querySelector('.list-count:not(:empty)')"),
        ("organizations", "document.querySelector('.list-count:not(:empty)')"),
        ("employees", "document.querySelector('.list-name')"),
    ] {
        page.open(&format!("#{address}")).await;
        page.until(filled).await;
        fits(address).await;
    }
    page.open(&format!("#{contact}")).await;
    page.click("button", "Edit").await;
    page.until("document.querySelector('form')").await;
    fits("the form of a contact").await;
    page.open("#organizations").await;
    page.until("document.querySelector('.list-count:not(:empty)')").await;
    page.fill("searchbox", "Find in Organizations", "WWW").await;
    for button in ["Add contacts to", "Rename", "Merge", "Delete"] {
        page.until(&format!(
            "document.querySelectorAll('.list-row:not([hidden]) [aria-label^=\"{button} “WWW\"]').length === 1"
        ))
        .await;
        let press =
            format!("document.querySelector('.list-row:not([hidden]) [aria-label^=\"{button} “WWW\"]').click()");
        page.driver.execute(press, vec![]).await.expect("a script");
        page.until("document.querySelector('dialog')").await;
        fits(button).await;
        page.until("(document.querySelector('dialog .button:not(.button-primary, .button-danger)')?.click(), !document.querySelector('dialog'))").await;
    }
    browser.close(&[]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_language_fills_every_screen() {
    let area = Area::start();
    let browser = area.signed_in("").await;
    let page = &browser.page;
    for (language, word) in [("ru", "Контакты"), ("de", "Kontakte")] {
        for (name, filled) in SCREENS {
            let address = format!("{}/?lang={language}#{}", page.address, name.to_lowercase());
            page.driver.goto(address).await.expect("the page opens");
            page.until(filled).await;
            page.until(&format!("document.querySelector('nav').innerText.includes({})", json!(word))).await;
            let places = "document.body.innerText.match(/\\{[a-z_]+\\}/)?.[0] ?? null";
            if name != "API" {
                assert_eq!(page.value(places).await, json!(null), "{language} {name}");
            }
        }
    }
    browser.close(&[]).await;
}
