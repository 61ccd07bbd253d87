//! A demo server and browsers that look at its client area.

use std::fs;
use std::net::SocketAddr;
use std::path::Path;

use ringbook_testbed::server::RunningServer;
use ringbook_testbed::workspace::without_settings;
use serde_json::Value;
use tempfile::TempDir;
use thirtyfour::prelude::*;
use thirtyfour::{ChromiumLikeCapabilities, LoggingPrefsLogLevel};

use super::driver::{ChromeDriver, DriverClient};
use super::page::{Page, SCRIPT_TIME_MAX};

/// Contacts of the first customer, unless a test says otherwise.
const CONTACTS: u32 = 200;
/// The window, in pixels.
const WINDOW: &str = "--window-size=1280,860";

/// A server and what its users sign in with.
pub struct Area {
    server: Option<RunningServer>,
    address: String,
    contacts: u32,
    pub data: TempDir,
    pub demo: Value,
}

/// A browser with a profile of its own, on one area.
pub struct Browser {
    // Dropped before the driver that it runs in.
    pub page: Page,
    _driver: ChromeDriver,
}

impl Area {
    pub fn start() -> Self {
        Self::with_contacts(CONTACTS)
    }

    /// With so many contacts of the first customer.
    pub fn with_contacts(contacts: u32) -> Self {
        let data = TempDir::new().expect("a directory");
        let server = serve(data.path(), "127.0.0.1:0", contacts);
        let demo = fs::read(data.path().join("demo.json")).expect("a description of the demo");
        let address = server.address.clone();
        Self { server: Some(server), address, contacts, demo: serde_json::from_slice(&demo).expect("JSON"), data }
    }

    /// Stops the server.
    pub fn stop(&mut self) {
        self.server.take().expect("it runs").stop().expect("it ends");
    }

    /// Starts the server where it was.
    pub fn start_again(&mut self) {
        self.server = Some(serve(self.data.path(), &self.address, self.contacts));
    }

    pub fn address(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Where the server listens.
    pub fn socket(&self) -> SocketAddr {
        self.address.parse().expect("an address")
    }

    /// Login and password of the first customer's user.
    pub fn customer(&self) -> (String, String) {
        credentials(&self.demo["customers"][0])
    }

    /// Login and password of the agent's user.
    pub fn agent(&self) -> (String, String) {
        credentials(&self.demo["agent"])
    }

    /// A browser at this part of the address, signed out.
    pub async fn browse(&self, hash: &str) -> Browser {
        let driver = ChromeDriver::start();
        let mut chrome = DesiredCapabilities::chrome();
        // Roles and names as assistive technology has them; the sandbox does not run as root.
        let arguments = [
            "--headless=new",
            "--no-sandbox",
            "--disable-dev-shm-usage",
            "--enable-blink-features=ComputedAccessibilityInfo",
            "--lang=en",
            WINDOW,
        ];
        for argument in arguments {
            chrome.add_arg(argument).expect("an argument");
        }
        chrome.set_browser_log_level(LoggingPrefsLogLevel::All).expect("a level");
        let client = DriverClient { address: driver.address };
        let session = WebDriver::builder(format!("http://{}", driver.address), chrome).client(client).await;
        let page = Page { driver: session.expect("the browser starts"), address: self.address() };
        page.driver.set_script_timeout(SCRIPT_TIME_MAX).await.expect("a time");
        page.open(hash).await;
        Browser { page, _driver: driver }
    }

    /// A browser in which the first customer's user is signed in.
    pub async fn signed_in(&self, hash: &str) -> Browser {
        let browser = self.browse(hash).await;
        let (login, password) = self.customer();
        browser.page.sign_in(&login, &password).await;
        browser.page.until("document.querySelector('nav .nav-link')").await;
        browser
    }
}

impl Browser {
    /// Ends the browser; nothing may have gone wrong in its console but what `expected` is part of.
    pub async fn close(self, expected: &[&str]) {
        let entries = self.page.driver.browser_log().await.expect("a log");
        let wrong: Vec<String> = entries
            .into_iter()
            .filter(|entry| entry.level == "SEVERE" || entry.message.contains("Content Security Policy"))
            .map(|entry| entry.message)
            .filter(|message| !expected.iter().any(|part| message.contains(part)))
            .collect();
        assert!(wrong.is_empty(), "errors in the console: {wrong:#?}");
        self.page.driver.quit().await.expect("the browser ends");
    }
}

fn serve(data: &Path, listen: &str, contacts: u32) -> RunningServer {
    let mut command = without_settings(env!("CARGO_BIN_EXE_ringbook").as_ref());
    command.args(["demo", "--listen", listen, "--contacts", &contacts.to_string(), "--data"]).arg(data);
    RunningServer::start(&mut command).expect("the demo starts")
}

fn credentials(user: &Value) -> (String, String) {
    let text = |name: &str| user[name].as_str().expect("a text").to_owned();
    (text("login"), text("password"))
}
