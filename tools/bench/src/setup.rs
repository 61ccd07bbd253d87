//! The programs in a release build, and a demo on disk that is kept between runs.

use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

use ringbook_testbed::api_client::{ApiClient, after};
use ringbook_testbed::demo;
use ringbook_testbed::quietly;
use ringbook_testbed::server::RunningServer;
use ringbook_testbed::wait::wait_until;
use ringbook_testbed::workspace::{cargo, root};

/// One in this many contacts gives a phone number to look up.
const CONTACTS_PER_PHONE: usize = 97;
/// Number of contacts in a page.
const PAGE_CONTACTS: usize = 10_000;

/// A book of so many contacts or more has an index of names.
const INDEXED_CONTACTS_MIN: u64 = 8_192;
/// The longest wait for the indexes of a book that was just loaded.
const INDEXING_TIME_MAX: Duration = Duration::from_secs(60);

/// The programs and the data.
pub struct Setup {
    /// The server.
    pub ringbook: PathBuf,
    /// The server with a constant reply.
    pub constant: PathBuf,
    /// The data directory.
    pub data: PathBuf,
    /// The directory for other files.
    pub scratch: PathBuf,
    /// The key of the customer with the large book.
    pub token: String,
    is_indexed: bool,
}

impl Setup {
    /// Builds the programs, and creates the book unless an earlier run has.
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
        let mut setup = Setup {
            ringbook: release.join("ringbook"),
            constant: release.join("examples/constant"),
            data,
            scratch,
            token: String::new(),
            is_indexed: contacts >= INDEXED_CONTACTS_MIN,
        };
        demo::provide(&setup.ringbook, &setup.data, contacts)?;
        setup.token = demo::token(&setup.data)?;
        Ok(setup)
    }

    /// The command that serves the book.
    pub fn serve(&self) -> Command {
        let mut serve = Command::new(&self.ringbook);
        serve.arg("serve").arg("--data").arg(&self.data).args(["--listen", "127.0.0.1:0", "--log", "warn"]);
        serve
    }

    /// Starts a server, loads the book and waits for its indexes.
    ///
    /// # Errors
    /// It cannot be started, or there is no index of names after [`INDEXING_TIME_MAX`].
    pub fn served(&self) -> Result<RunningServer, String> {
        let running = RunningServer::start(&mut self.serve())?;
        // The first call loads the book.
        let mut client = self.client(&running)?;
        client.contacts(r#","limit":1"#)?;
        let mut takes = |field: &str, pattern: &str, path: &str| {
            let filter = format!(r#"{{"field":"{field}","operator":"like","value":"{pattern}"}}"#);
            let answer = client.contacts(&format!(r#","limit":1,"explain":true,"filter":{filter}"#));
            answer.is_ok_and(|answer| answer.contains(&format!(r#""access_path":"{path}""#)))
        };
        let mut are_made =
            || takes("full_name", "%ван%", "name_index") && takes("phone_numbers", "%0123456", "phone_suffix_index");
        if self.is_indexed && !wait_until(INDEXING_TIME_MAX, &mut are_made) {
            return Err("the indexes of the book are not made".to_owned());
        }
        Ok(running)
    }

    /// A client of a server.
    ///
    /// # Errors
    /// The server does not accept connections.
    pub fn client(&self, server: &RunningServer) -> Result<ApiClient, String> {
        self.client_at(&server.address)
    }

    /// A client of whatever listens at an address.
    ///
    /// # Errors
    /// Nothing accepts connections there.
    pub fn client_at(&self, address: &str) -> Result<ApiClient, String> {
        ApiClient::connect(address, &self.token)
    }
}

/// Figures of the whole book, from reading it once.
#[derive(Default)]
pub struct Survey {
    /// Bytes of its JSON text, without the envelopes around the pages.
    pub text_bytes: usize,
    /// Ids, ascending.
    pub ids: Vec<u64>,
    /// Phone numbers of contacts spread over the book.
    pub phones: Vec<String>,
}

/// Reads the whole book by id.
///
/// # Errors
/// A call fails.
pub fn survey(client: &mut ApiClient) -> Result<Survey, String> {
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
        // No text in a record contains this, because quotes in texts are escaped.
        for record in records.split(r#"{"id":"#).skip(1) {
            let id = record.split(',').next().and_then(|digits| digits.parse().ok());
            self.ids.extend::<Option<u64>>(id);
            if self.ids.len().is_multiple_of(CONTACTS_PER_PHONE) {
                let phones = record.split(r#""phone_numbers":[""#).nth(1);
                self.phones.extend(phones.and_then(|rest| rest.split('"').next()).map(str::to_owned));
            }
        }
    }

    /// The id at this percentage of the book.
    pub fn id_at(&self, percent: usize) -> u64 {
        self.ids.get(self.ids.len() * percent / 100).copied().unwrap_or(0)
    }
}
