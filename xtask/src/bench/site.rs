//! What is measured: the programs, built for release, and a demo book on disk that is kept between runs.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use ringbook_testbed::quietly;

use super::client::{Client, after};
use super::process::Running;
use crate::steps::{cargo, root};

/// Every so many contacts give a phone number to look up.
const CONTACTS_PER_PHONE: usize = 97;
/// Contacts that are read at once.
const PAGE_CONTACTS: usize = 10_000;

/// The programs and the data.
pub struct Site {
    /// The server.
    pub ringbook: PathBuf,
    /// The server that always answers the same.
    pub constant: PathBuf,
    /// The data directory.
    pub data: PathBuf,
    /// Where whatever else is written.
    pub scratch: PathBuf,
    /// The key of the customer with the large book.
    pub token: String,
}

impl Site {
    /// Builds the programs, and makes the book unless an earlier run has.
    ///
    /// # Errors
    /// A build or the demo fails.
    pub fn prepare(contacts: u64) -> Result<Self, String> {
        eprintln!("── build");
        let build = ["build", "--release", "--quiet", "-p", "ringbook", "--bins", "--example", "constant"];
        quietly(&mut cargo(&build))?;
        let target = std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root().join("target"), PathBuf::from);
        let scratch = target.join("bench");
        let data = scratch.join(format!("demo-{contacts}"));
        let release = target.join("release");
        let mut site = Site {
            ringbook: release.join("ringbook"),
            constant: release.join("examples/constant"),
            data,
            scratch,
            token: String::new(),
        };
        site.fill(contacts)?;
        site.token = token(&site.data)?;
        site.lift_limits()?;
        Ok(site)
    }

    fn fill(&self, contacts: u64) -> Result<(), String> {
        if self.data.join("demo.json").exists() {
            return Ok(());
        }
        eprintln!("── demo book of {contacts} contacts");
        // What is there was not finished.
        let _ = fs::remove_dir_all(&self.data);
        fs::create_dir_all(&self.scratch).map_err(|why| format!("{}: {why}", self.scratch.display()))?;
        let mut demo = Command::new(&self.ringbook);
        demo.arg("demo").arg("--data").arg(&self.data).args(["--contacts", &contacts.to_string()]);
        Running::start(demo.args(["--listen", "127.0.0.1:0"])).map(drop)
    }

    fn lift_limits(&self) -> Result<(), String> {
        let mut set = Command::new(&self.ringbook);
        set.args(["customer", "set", "1", "--day-limit", "none", "--minute-limit", "none", "--data"]);
        quietly(set.arg(&self.data))
    }

    /// The command that serves the book.
    pub fn serve(&self) -> Command {
        let mut serve = Command::new(&self.ringbook);
        serve.arg("serve").arg("--data").arg(&self.data).args(["--listen", "127.0.0.1:0", "--log", "warn"]);
        serve
    }

    /// A server with the book, ready.
    ///
    /// # Errors
    /// It cannot be started.
    pub fn served(&self) -> Result<Running, String> {
        let running = Running::start(&mut self.serve())?;
        // The first call loads the book.
        self.client(&running)?.contacts(r#","limit":1"#)?;
        Ok(running)
    }

    /// A client of a server.
    ///
    /// # Errors
    /// Nobody listens.
    pub fn client(&self, server: &Running) -> Result<Client, String> {
        Client::connect(&server.address, &self.token)
    }
}

/// The key of the first customer.
///
/// # Errors
/// There is no such file, or no key in it.
pub fn token(data: &Path) -> Result<String, String> {
    let file = data.join("demo.json");
    let text = fs::read_to_string(&file).map_err(|why| format!("{}: {why}", file.display()))?;
    let customers = text.split(r#""customers""#).nth(1).unwrap_or_default();
    let value = customers.split(r#""access_token": ""#).nth(1).and_then(|rest| rest.split('"').next());
    value.map(str::to_owned).ok_or_else(|| format!("{} holds no key", file.display()))
}

/// What is known of the whole book after reading it once.
#[derive(Default)]
pub struct Survey {
    /// Bytes of its JSON text, without the envelopes around the pages.
    pub text_bytes: usize,
    /// Ids, ascending.
    pub ids: Vec<u64>,
    /// Some phone numbers from everywhere in the book.
    pub phones: Vec<String>,
}

/// Reads the whole book by key.
///
/// # Errors
/// A call fails.
pub fn survey(client: &mut Client) -> Result<Survey, String> {
    let mut survey = Survey::default();
    loop {
        let last = survey.ids.last().copied().unwrap_or(0);
        let page = client.contacts(&after(last, PAGE_CONTACTS))?;
        let from = page.find(r#""data":["#).map_or(0, |at| at + r#""data":["#.len());
        let to = page.rfind(r#"],"metadata""#).unwrap_or(page.len());
        if from >= to {
            return Ok(survey);
        }
        survey.text_bytes += to - from + ",".len();
        survey.read(&page[from..to]);
    }
}

impl Survey {
    fn read(&mut self, records: &str) {
        // No text in a record holds this: quotes inside texts are escaped.
        for record in records.split(r#"{"id":"#).skip(1) {
            let id = record.split(',').next().and_then(|digits| digits.parse().ok());
            self.ids.extend::<Option<u64>>(id);
            if self.ids.len().is_multiple_of(CONTACTS_PER_PHONE) {
                let phones = record.split(r#""phone_numbers":[""#).nth(1);
                self.phones.extend(phones.and_then(|rest| rest.split('"').next()).map(str::to_owned));
            }
        }
    }

    /// The id with so many hundredths of the book before it.
    pub fn id_at(&self, percent: usize) -> u64 {
        self.ids.get(self.ids.len() * percent / 100).copied().unwrap_or(0)
    }
}
