//! Row 17: many customers with small books, compared with few: the start, the first call of each, the memory of a loaded
//! book, and what a changed key costs the server.

use std::fmt::Write as _;
use std::fs;
use std::path::PathBuf;
use std::process::Command;
use std::time::Instant;

use ringbook_testbed::api_client::ApiClient;
use ringbook_testbed::quietly;
use ringbook_testbed::server::RunningServer;
use sha2::{Digest, Sha256};

use crate::Options;
use crate::figures::{self, Comparison, Goal, Line};
use crate::setup::Setup;

/// The row measured here.
pub const ROW: u32 = 17;

/// Numbers of customers, many and few.
const CUSTOMERS: [u64; 2] = [50_000, 500];
/// Contacts of each.
const CONTACTS: u64 = 50;
/// Books that are loaded, one after the other.
const LOADED: u64 = 400;
/// Changes of keys.
const CHANGES: u64 = 40;
/// The first id of a customer, a user and a key.
const FIRST_ID: u64 = 1_000;
/// The longest that a start may take, in seconds.
const START_SECONDS_MAX: f64 = 0.5;
/// The longest until a changed key is obeyed, in seconds.
const OBEYED_SECONDS_MAX: f64 = 0.2;
/// The most memory of a loaded book.
const BOOK_BYTES_MAX: f64 = 12_000.0;

/// What is measured of one server.
struct Figures {
    start: f64,
    first_call: f64,
    book_bytes: f64,
    change: f64,
    obeyed: f64,
}

/// Measures the row if it is requested.
///
/// # Errors
/// `sqlite3` is missing, or a server does not answer as it should.
pub fn measure(setup: &Setup, options: &Options) -> Result<Vec<Line>, String> {
    if !options.asks_for(&[ROW]) {
        return Ok(Vec::new());
    }
    let [many, few] = CUSTOMERS;
    let (of_many, of_few) = (ManyCustomers::provide(setup, many)?, ManyCustomers::provide(setup, few)?);
    let mut rounds = Vec::new();
    for _ in 0..options.rounds {
        rounds.push((of_many.figures(setup)?, of_few.figures(setup)?));
    }
    let line = |subject: &str, floor: &str, pick: fn(&(Figures, Figures)) -> (f64, f64), shown, goal| {
        let subject = format!("{many} customers of {CONTACTS} contacts: {subject}");
        let pairs = rounds.iter().map(pick).collect();
        Comparison { row: ROW, subject, floor: floor.to_owned(), pairs, shown, goal }.line()
    };
    let with_few = format!("with {few} customers");
    Ok(vec![
        line("start", "half a second", |(many, _)| (many.start, START_SECONDS_MAX), figures::time, Goal::AtMost(1.0)),
        line("start", &with_few, |(many, few)| (many.start, few.start), figures::time, Goal::Unset),
        line(
            "first call of a customer",
            &with_few,
            |(many, few)| (many.first_call, few.first_call),
            figures::time,
            Goal::AtMost(1.1),
        ),
        line(
            "processor time of a changed key",
            &with_few,
            |(many, few)| (many.change, few.change),
            figures::time,
            Goal::AtMost(2.0),
        ),
        line(
            "until a changed key is obeyed",
            "a fifth of a second",
            |(many, _)| (many.obeyed, OBEYED_SECONDS_MAX),
            figures::time,
            Goal::AtMost(1.0),
        ),
        line(
            "memory of a loaded book",
            "12 KB",
            |(many, _)| (many.book_bytes, BOOK_BYTES_MAX),
            figures::kilobytes,
            Goal::AtMost(1.0),
        ),
        line(
            "memory of a loaded book",
            &with_few,
            |(many, few)| (many.book_bytes, few.book_bytes),
            figures::kilobytes,
            Goal::Unset,
        ),
    ])
}

/// A data directory with so many customers.
struct ManyCustomers {
    data: PathBuf,
}

impl ManyCustomers {
    /// Creates it, unless an earlier run has: the first customer of a demo is copied within the database.
    fn provide(setup: &Setup, customers: u64) -> Result<Self, String> {
        let data = setup.scratch.join(format!("customers-{customers}"));
        let done = data.join("complete");
        if done.exists() {
            return Ok(Self { data });
        }
        eprintln!("── {customers} customers");
        let _ = fs::remove_dir_all(&data);
        let mut demo = Command::new(&setup.ringbook);
        demo.arg("demo").arg("--data").arg(&data).args(["--contacts", &CONTACTS.to_string()]);
        RunningServer::start(demo.args(["--listen", "127.0.0.1:0"]))?.stop()?;
        let mut hashes = String::new();
        for at in 0..customers {
            let hash = Sha256::digest(token(at).as_bytes());
            let _ = write!(hashes, "{}|", FIRST_ID + at);
            for byte in hash {
                let _ = write!(hashes, "{byte:02x}");
            }
            hashes.push('\n');
        }
        let (file, script) = (data.join("hashes"), data.join("customers.sql"));
        let text = |error: std::io::Error| format!("{}: {error}", data.display());
        fs::write(&file, hashes).map_err(text)?;
        fs::write(&script, format!(".import {} made\n{SCRIPT}", file.display())).map_err(text)?;
        let mut shell = Command::new("sqlite3");
        shell
            .arg("-bail")
            .arg(data.join("ringbook.db"))
            .args(["-cmd", "CREATE TEMP TABLE made (id INTEGER, hash TEXT)"]);
        quietly(shell.stdin(fs::File::open(&script).map_err(text)?))?;
        fs::write(done, "").map_err(text)?;
        Ok(Self { data })
    }

    fn figures(&self, setup: &Setup) -> Result<Figures, String> {
        let mut serve = Command::new(&setup.ringbook);
        serve.arg("serve").arg("--data").arg(&self.data).args(["--listen", "127.0.0.1:0", "--log", "warn"]);
        let began = Instant::now();
        let server = RunningServer::start(&mut serve)?;
        let start = began.elapsed().as_secs_f64();
        // The first book, and what the first call of all needs.
        connected(&server, LOADED)?.contacts(r#","limit":1"#)?;
        let before = server.memory("VmRSS");
        let mut calls = 0.0;
        for at in 0..LOADED {
            let mut client = connected(&server, at)?;
            let began = Instant::now();
            client.contacts(r#","limit":1"#)?;
            calls += began.elapsed().as_secs_f64();
        }
        let book_bytes = (server.memory("VmRSS") - before) / LOADED as f64;
        let (change, obeyed) = self.changes(setup, &server)?;
        Ok(Figures { start, first_call: calls / LOADED as f64, book_bytes, change, obeyed })
    }

    /// Blocks and unblocks keys with the operator's command: processor time of the server, and time until it is obeyed.
    fn changes(&self, setup: &Setup, server: &RunningServer) -> Result<(f64, f64), String> {
        let (mut longest, before) = (0.0_f64, server.processor_seconds());
        for change in 0..CHANGES {
            let (at, verb) = (change / 2, if change % 2 == 0 { "block" } else { "unblock" });
            let mut command = Command::new(&setup.ringbook);
            command.args(["key", verb, &(FIRST_ID + at).to_string(), "--data"]).arg(&self.data);
            let began = Instant::now();
            quietly(&mut command)?;
            let is_refused = connected(server, at)?.contacts(r#","limit":0"#).is_err();
            longest = longest.max(began.elapsed().as_secs_f64());
            if is_refused != (verb == "block") {
                return Err(format!("the key {} is not obeyed after {verb}", FIRST_ID + at));
            }
        }
        Ok(((server.processor_seconds() - before) / CHANGES as f64, longest))
    }
}

fn connected(server: &RunningServer, at: u64) -> Result<ApiClient, String> {
    ApiClient::connect(&server.address, &token(at))
}

/// The access token of a customer: 64 hexadecimal digits.
fn token(at: u64) -> String {
    format!("{:064x}", 0xbe_0000_0000 + at)
}

/// Copies the first customer for every row of `made`.
const SCRIPT: &str = "\
BEGIN;
INSERT INTO customers (id, name, timezone, active) SELECT id, 'Customer ' || id, 'UTC', 1 FROM made;
INSERT INTO users (id, customer_id, login, password_hash, name, description, rights)
  SELECT made.id, made.id, 'user' || made.id, users.password_hash, 'user', '', users.rights
  FROM made, (SELECT * FROM users WHERE customer_id = 1 ORDER BY id LIMIT 1) AS users;
INSERT INTO keys (id, user_id, name, token_hash, blocked) SELECT id, id, 'key', hash, 0 FROM made;
INSERT INTO allowed_blocks (account_kind, account_id, block) SELECT 'customer', id, '127.0.0.0/8' FROM made;
INSERT INTO books (customer_id, revision, contacts, forgotten)
  SELECT made.id, revision, contacts, forgotten FROM made, books WHERE customer_id = 1;
INSERT INTO organizations (customer_id, id, revision, name)
  SELECT made.id, organizations.id, revision, name FROM made, organizations WHERE customer_id = 1;
INSERT INTO groups (customer_id, id, revision, name, is_system)
  SELECT made.id, groups.id, revision, name, is_system FROM made, groups WHERE customer_id = 1;
INSERT INTO employees (customer_id, id, revision, last_name, first_name, patronymic, email, phone_numbers)
  SELECT made.id, employees.id, revision, last_name, first_name, patronymic, email, phone_numbers
  FROM made, employees WHERE customer_id = 1;
INSERT INTO contacts (customer_id, id, revision, last_name, first_name, patronymic, phone_numbers, emails,
    personal_manager_id, organization_id, group_ids)
  SELECT made.id, contacts.id, revision, last_name, first_name, patronymic, phone_numbers, emails,
    personal_manager_id, organization_id, group_ids
  FROM made, contacts WHERE customer_id = 1;
COMMIT;
";
