//! A page: elements by role and name, and conditions that are waited for.

use std::path::Path;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use thirtyfour::prelude::*;

/// How long a condition is waited for, in milliseconds; longer than anything takes unless it hangs.
pub const WAIT_MILLIS_MAX: u64 = 60_000;
/// How long a script may run; longer than it waits.
pub const SCRIPT_TIME_MAX: Duration = Duration::from_millis(WAIT_MILLIS_MAX + 10_000);
/// Pages that may be left while a condition is waited for.
const NAVIGATIONS_MAX: usize = 20;

/// Finds the visible elements with a role and a name.
const FIND: &str = r#"
    const selectors = {
        textbox: "input, textarea", searchbox: "input", combobox: "input, select", checkbox: "input", radio: "input",
        button: "button, summary", link: "a", heading: "h1, h2, h3", row: "[role=row], tr", option: "[role=option], option",
        status: "[role=status]", grid: "[role=grid]", dialog: "dialog", listitem: "li, [role=listitem]", alert: "[role=alert]",
    };
    const all = (role, name) => [...document.querySelectorAll(selectors[role] ?? "*")].filter((element) =>
        element.checkVisibility() && element.computedRole === role && (name === null || element.computedName === name));
    const found = (role, name) => all(role, name)[0];
"#;

/// A tab of a browser.
#[derive(Clone)]
pub struct Page {
    pub driver: WebDriver,
    pub address: String,
}

impl Page {
    /// Opens the area in English at this part of the address, as one does who types it.
    pub async fn open(&self, hash: &str) {
        self.driver.goto(format!("{}/?lang=en{hash}", self.address)).await.expect("the page opens");
    }

    pub async fn sign_in(&self, login: &str, password: &str) {
        self.fill("textbox", "Login", login).await;
        self.fill("textbox", "Password", password).await;
        self.click("button", "Sign in").await;
    }

    /// Waits for a visible element with this role and accessible name.
    pub async fn find(&self, role: &str, name: &str) -> WebElement {
        let found = self.wait_for("found(role, name)", json!([role, name])).await;
        let found = found.unwrap_or_else(|seen| panic!("no {role} named {name:?}; the page says:\n{seen}"));
        self.element(found)
    }

    /// Whether there is such an element at this moment.
    pub async fn has(&self, role: &str, name: &str) -> bool {
        let script = format!("{FIND} return found(arguments[0], arguments[1]) !== undefined;");
        let answer = self.driver.execute(script, vec![json!(role), json!(name)]).await.expect("a script");
        answer.json().as_bool() == Some(true)
    }

    /// How many visible elements with this role and accessible name there are at this moment.
    pub async fn count(&self, role: &str, name: &str) -> usize {
        let script = format!("{FIND} return all(arguments[0], arguments[1]).length;");
        let answer = self.driver.execute(script, vec![json!(role), json!(name)]).await.expect("a script");
        answer.json().as_u64().and_then(|count| usize::try_from(count).ok()).expect("a number")
    }

    pub async fn click(&self, role: &str, name: &str) {
        self.find(role, name).await.click().await.unwrap_or_else(|error| panic!("click on {role} {name}: {error}"));
    }

    /// Puts a text into a box in place of what is in it.
    pub async fn fill(&self, role: &str, name: &str, text: &str) {
        let element = self.find(role, name).await;
        element.clear().await.expect("it can be emptied");
        element.send_keys(text).await.expect("it takes text");
    }

    /// Chooses an option of a menu by its text.
    pub async fn choose(&self, name: &str, option: &str) {
        self.find("combobox", name).await;
        let script = format!(
            "{FIND} const menu = found('combobox', arguments[0]);
            menu.value = [...menu.options].find((option) => option.text === arguments[1]).value;
            menu.dispatchEvent(new Event('change', {{ bubbles: true }}));"
        );
        let chosen = self.driver.execute(script, vec![json!(name), json!(option)]).await;
        chosen.unwrap_or_else(|error| panic!("choose {option} in {name}: {error}"));
    }

    /// Presses keys where the focus is.
    pub async fn press(&self, keys: impl AsRef<str>) {
        self.driver.action_chain().send_keys(keys.as_ref()).perform().await.expect("keys");
    }

    /// Waits until an expression of JavaScript is true.
    pub async fn until(&self, expression: &str) {
        let held = self.wait_for(expression, json!([])).await;
        held.unwrap_or_else(|seen| panic!("{expression} does not hold; the page says:\n{seen}"));
    }

    /// Waits until the heading of the page is this.
    pub async fn until_heading(&self, text: &str) {
        self.until(&format!("document.querySelector('main h1')?.textContent === {}", json!(text))).await;
    }

    /// Waits until a visible text of the page contains this.
    pub async fn until_text(&self, text: &str) {
        self.until(&format!("document.body.innerText.includes({})", json!(text))).await;
    }

    /// The value of an expression.
    pub async fn value(&self, expression: &str) -> Value {
        let answer = self.driver.execute(format!("return ({expression});"), vec![]).await;
        answer.expect("a script").json().clone()
    }

    /// Gives a file to the input for files.
    pub async fn choose_file(&self, path: &Path) {
        let input = self.driver.query(By::Css("input[type=file]")).first().await.expect("an input for files");
        input.send_keys(path.to_str().expect("UTF-8")).await.expect("it takes a file");
    }

    fn element(&self, value: Value) -> WebElement {
        WebElement::from_json(value, self.driver.handle().clone()).expect("an element")
    }

    /// What an expression yields as soon as that is anything but false, null and undefined; the text of the page if it
    /// never does.
    async fn wait_for(&self, expression: &str, params: Value) -> Result<Value, String> {
        let script = format!(
            "{FIND}
            const [role = '', name = null] = arguments[0], done = arguments[1], end = Date.now() + {WAIT_MILLIS_MAX};
            const look = () => {{
                const value = {expression};
                if (value || Date.now() > end) done(value ? [value] : [null, document.body.innerText]);
                else setTimeout(look, 20);
            }};
            look();"
        );
        for _ in 0..NAVIGATIONS_MAX {
            let began = Instant::now();
            match self.driver.execute_async(script.clone(), vec![params.clone()]).await {
                Ok(answer) => {
                    let seen = answer.json()[1].as_str().map(str::to_owned);
                    return seen.map_or_else(|| Ok(answer.json()[0].clone()), Err);
                }
                // The page was left meanwhile; the next one is asked. Browsers say so in one of two ways.
                Err(error) if error.to_string().contains("unloaded") => {}
                Err(error) if error.to_string().contains("script timeout") && began.elapsed() < SCRIPT_TIME_MAX => {}
                Err(error) => panic!("{expression}: {error}"),
            }
        }
        Err("pages follow one another".to_owned())
    }
}
