//! Rows 13 to 16: the same book on SQLite and on PostgreSQL, the cost of a shared database, and the figures for the model
//! of many servers.
//!
//! The servers of a comparison run all the time and are loaded in turn; an idle one costs very little.

use std::process::Command;
use std::time::Duration;

use ringbook_testbed::api_client::{self, ApiClient, by_phone, contacts};
use ringbook_testbed::demo::token;
use ringbook_testbed::quietly;
use ringbook_testbed::server::RunningServer;
use ringbook_testbed::wait::wait_for;

use crate::Options;
use crate::database::{Database, Transactions, Work};
use crate::figures::{self, Comparison, Goal, Line};
use crate::load::{Load, Measured};
use crate::setup::{Setup, Survey, survey};
use crate::writes::{self, BookCopy};

/// Rows measured here.
pub const ROWS: [u32; 4] = [13, 14, 15, 16];

/// The beginnings of the lines that the model of many servers uses, and what they are compared with.
pub const OF_LOOK_UP: &str = "processor time of a look-up";
pub const OF_CHANGE: &str = "processor time of a change";
pub const CHANGES: &str = "create.contacts, 64 connections, database shared";
pub const COMMITS: &str = "commits of PostgreSQL";
pub const DATABASE: &str = "PostgreSQL";
pub const FOLLOWER: &str = "a server that follows";

const CONTACTS: u64 = 100_000;
const CLIENTS: usize = 64;
const NAME: &str = "book";
const TABLES_NAME: &str = "bare";
/// Maximum replication lag of a follower.
const LAG_MAX: Duration = Duration::from_secs(60);

/// An idle session of PostgreSQL adds its transactions to the counters within this time.
const COUNTED_AFTER: Duration = Duration::from_secs(11);
/// One for each call; periodic queries of the server add very few.
const QUESTIONS_PER_CALL: Goal = Goal::AtMost(1.05);

/// Measures the requested rows.
///
/// # Errors
/// A program is missing, or a server does not answer as it should.
pub fn measure(setup: &Setup, options: &Options) -> Result<Vec<Line>, String> {
    let nodes = Nodes::start(setup, options)?;
    let mut lines = Vec::new();
    if options.asks_for(&[13]) {
        lines.extend(nodes.reads()?);
    }
    if options.asks_for(&[14]) {
        lines.extend(nodes.latency()?);
    }
    if options.asks_for(&[16]) {
        lines.extend(nodes.read_costs()?);
    }
    // Changes modify the book, so they come last.
    if options.asks_for(&[15, 16]) {
        lines.extend(nodes.changes()?);
    }
    if options.asks_for(&[16]) {
        lines.push(nodes.commits()?);
    }
    Ok(lines)
}

struct Nodes<'a> {
    setup: &'a Setup,
    options: &'a Options,
    alone: RunningServer,
    alone_token: String,
    /// Queries the database before every reply.
    node: RunningServer,
    /// Replies from memory and follows the database.
    follower: RunningServer,
    node_token: String,
    phones: Vec<String>,
    database: Database,
    /// Dropped after the server on it.
    _place: BookCopy,
}

impl<'a> Nodes<'a> {
    fn start(setup: &'a Setup, options: &'a Options) -> Result<Self, String> {
        let database = Database::start()?;
        database.create(NAME)?;
        eprintln!("── demo books of {CONTACTS} contacts, on SQLite and on PostgreSQL");
        let place = BookCopy::demo(setup, "alone", CONTACTS)?;
        let node_token = demo(setup, &database)?;
        database.run(NAME, "VACUUM ANALYZE")?;
        let alone = place.serve(setup)?;
        let node = serve(setup, &database, "linearizable")?;
        let follower = serve(setup, &database, "local")?;
        let book = survey(&mut ApiClient::connect(&alone.address, &place.token)?)?;
        for other in [&node, &follower] {
            same_book(&book, &survey(&mut ApiClient::connect(&other.address, &node_token)?)?)?;
        }
        let alone_token = place.token.clone();
        Ok(Nodes {
            setup,
            options,
            alone,
            alone_token,
            node,
            follower,
            node_token,
            phones: book.phones,
            database,
            _place: place,
        })
    }

    fn look_ups(&self, server: &RunningServer, connections: usize) -> Result<Measured, String> {
        let token = if std::ptr::eq(server, &raw const self.alone) { &self.alone_token } else { &self.node_token };
        let bodies: Vec<String> = self.phones.iter().map(|phone| contacts(token, &by_phone(phone))).collect();
        let url = format!("http://{}{}", server.address, api_client::PATH);
        Load { url, bodies: &bodies, connections, time: self.options.time }.run(&self.setup.scratch)
    }

    fn bench(&self, database: &str, script: &str, clients: usize) -> Result<Transactions, String> {
        self.database
            .load(&Work { database, script, settings: "", clients, time: self.options.time }, &self.setup.scratch)
    }

    /// Row 13: look-ups of many clients.
    fn reads(&self) -> Result<Vec<Line>, String> {
        let mut rounds = Vec::new();
        for _ in 0..self.options.rounds {
            let side = |server| Ok::<f64, String>(self.look_ups(server, CLIENTS)?.calls);
            rounds.push((side(&self.alone)?, side(&self.node)?, side(&self.follower)?));
        }
        let line = |reads: &str, pairs, goal| {
            let subject = format!("one contact by phone, {CLIENTS} connections, database shared, {reads}");
            let floor = "the same book on SQLite".to_owned();
            Comparison { row: 13, subject, floor, pairs, shown: figures::calls, goal }.line()
        };
        Ok(vec![
            line("reads linearizable", rounds.iter().map(|round| (round.1, round.0)).collect(), Goal::AtLeast(0.7)),
            line("`--reads local`", rounds.iter().map(|round| (round.2, round.0)).collect(), Goal::AtLeast(0.95)),
        ])
    }

    /// Row 14: the additional latency for one client, and the number of database queries.
    fn latency(&self) -> Result<Vec<Line>, String> {
        let start = self.transactions()?;
        let (mut longer, mut counts) = (Vec::new(), (0.0, 0.0));
        for _ in 0..self.options.rounds {
            let (alone, node) = (self.look_ups(&self.alone, 1)?, self.look_ups(&self.node, 1)?);
            // In a separate database, so that its transactions are not counted as the server's.
            let round_trip = self.bench("postgres", "SELECT 1;\n", 1)?.latency;
            longer.push((1.0 / node.calls - 1.0 / alone.calls, round_trip));
            counts.0 += node.count;
        }
        let middle = self.transactions()?;
        for _ in 0..self.options.rounds {
            counts.1 += self.look_ups(&self.node, CLIENTS)?.count;
        }
        let end = self.transactions()?;
        let asked = |clients: &str, asked, calls| {
            let subject = format!("look-ups, database shared, {clients}: questions to the database");
            let shown = |count: f64| format!("{count:.0}");
            let pairs = vec![(asked, calls)];
            Comparison { row: 14, subject, floor: "calls".to_owned(), pairs, shown, goal: QUESTIONS_PER_CALL }.line()
        };
        let subject = "one contact by phone, 1 connection: time longer than on SQLite".to_owned();
        let floor = "`SELECT 1`, pgbench, 1 connection".to_owned();
        let (shown, goal) = (figures::time, Goal::Unset);
        Ok(vec![
            Comparison { row: 14, subject, floor, pairs: longer, shown, goal }.line(),
            asked("1 connection", middle - start, counts.0),
            asked("64 connections", end - middle, counts.1),
        ])
    }

    /// Number of transactions that have ended in the database.
    #[expect(
        clippy::disallowed_methods,
        reason = "sessions report their counts after a while; there is no event for it"
    )]
    fn transactions(&self) -> Result<f64, String> {
        std::thread::sleep(COUNTED_AFTER);
        let question = "SELECT xact_commit FROM pg_stat_database WHERE datname = current_database();\n";
        let file = self.setup.scratch.join("transactions.sql");
        std::fs::write(&file, question).map_err(|why| format!("{}: {why}", file.display()))?;
        let count = self.database.answers(NAME, &file)?;
        count.parse().map_err(|_| format!("xact_commit is {count}"))
    }

    /// Row 16: processor time of a look-up, with either store.
    fn read_costs(&self) -> Result<Vec<Line>, String> {
        let mut pairs = Vec::new();
        for _ in 0..self.options.rounds {
            let before = (self.node.processor_seconds(), self.database.processor_seconds()?);
            let count = self.look_ups(&self.node, CLIENTS)?.count;
            let spent = (self.node.processor_seconds() - before.0, self.database.processor_seconds()? - before.1);
            pairs.push((spent.0 / count, spent.1 / count));
        }
        let subject = format!("{OF_LOOK_UP}, {CLIENTS} connections: server");
        Ok(vec![cost(subject, DATABASE, pairs)])
    }

    /// Rows 15 and 16: changes of many clients, and their cost for server, database and follower.
    fn changes(&self) -> Result<Vec<Line>, String> {
        self.bare_tables()?;
        let create = |at| writes::call("create.contacts", &self.node_token, &writes::contact(at));
        let bodies: Vec<String> = (0..5_000).map(create).collect();
        let url = format!("http://{}{}", self.node.address, api_client::PATH);
        let load = Load { url, bodies: &bodies, connections: CLIENTS, time: self.options.time };
        let (mut calls, mut of_database, mut of_all) = (Vec::new(), Vec::new(), (0.0, 0.0));
        for _ in 0..self.options.rounds {
            let before = self.spent()?;
            let measured = load.run(&self.setup.scratch)?;
            self.wait_for_follower()?;
            let after = self.spent()?;
            let each = |at: usize| (after[at] - before[at]) / measured.count;
            calls.push((measured.calls, self.bench(TABLES_NAME, ONE_BOOK, CLIENTS)?.calls));
            of_database.push((each(0), each(1)));
            // The system counts in hundredths of a second, which is coarse for a follower that is measured for some seconds.
            let rounds = self.options.rounds as f64;
            of_all = (of_all.0 + each(0) / rounds, of_all.1 + each(2) / rounds);
        }
        let subject = format!("{CHANGES}, on disk before the answer");
        let floor = format!("PostgreSQL, one transaction each, {CLIENTS} connections");
        let mut lines = Vec::new();
        if self.options.asks_for(&[15]) {
            let goal = Goal::Unset;
            lines.push(Comparison { row: 15, subject, floor, pairs: calls, shown: figures::calls, goal }.line());
        }
        if self.options.asks_for(&[16]) {
            let subject = format!("{OF_CHANGE}, {CLIENTS} connections: server");
            lines.push(cost(subject.clone(), DATABASE, of_database));
            lines.push(cost(subject, FOLLOWER, vec![of_all]));
        }
        Ok(lines)
    }

    /// Processor time of the node, the database and the follower.
    fn spent(&self) -> Result<[f64; 3], String> {
        Ok([self.node.processor_seconds(), self.database.processor_seconds()?, self.follower.processor_seconds()])
    }

    fn wait_for_follower(&self) -> Result<(), String> {
        let total =
            |server: &RunningServer| ApiClient::connect(&server.address, &self.node_token)?.contacts(r#","limit":0"#);
        let caught_up = wait_for(LAG_MAX, || match (total(&self.node), total(&self.follower)) {
            (Ok(own), Ok(other)) => (own == other).then_some(Ok(())),
            (Err(error), _) | (_, Err(error)) => Some(Err(error)),
        });
        caught_up.unwrap_or_else(|| Err("the server that follows does not catch up".to_owned()))
    }

    /// Row 16: commits of the database by itself.
    fn commits(&self) -> Result<Line, String> {
        self.bare_tables()?;
        let mut pairs = Vec::new();
        for _ in 0..self.options.rounds {
            let many = self.bench(TABLES_NAME, MANY_BOOKS, CLIENTS)?.calls;
            pairs.push((many, self.bench(TABLES_NAME, MANY_BOOKS, 1)?.calls));
        }
        let subject = format!("{COMMITS}, one row each, {CLIENTS} connections");
        let (floor, shown, goal) = ("1 connection".to_owned(), figures::calls, Goal::Unset);
        Ok(Comparison { row: 16, subject, floor, pairs, shown, goal }.line())
    }

    /// Tables like those of the server, for transactions without it.
    fn bare_tables(&self) -> Result<(), String> {
        // Fails if it exists; other errors show in the statements below.
        let _ = self.database.create(TABLES_NAME);
        self.database.run(TABLES_NAME, BARE)
    }
}

const BARE: &str = "
DROP TABLE IF EXISTS books, contacts;
CREATE TABLE books (customer_id BIGINT PRIMARY KEY, revision BIGINT NOT NULL) WITH (fillfactor = 50);
INSERT INTO books SELECT id, 0 FROM generate_series(1, 10000) id;
CREATE TABLE contacts (
  customer_id BIGINT NOT NULL, id BIGSERIAL, revision BIGINT NOT NULL, last_name TEXT NOT NULL, first_name TEXT,
  patronymic TEXT, phone_numbers TEXT NOT NULL, emails TEXT NOT NULL, personal_manager_id BIGINT, organization_id BIGINT,
  group_ids TEXT NOT NULL, PRIMARY KEY (customer_id, id));
CREATE INDEX contacts_by_revision ON contacts (customer_id, revision);
";

/// The load of row 8: all clients change one book.
const ONE_BOOK: &str = "\
BEGIN;
UPDATE books SET revision = revision + 1 WHERE customer_id = 1;
INSERT INTO contacts (customer_id, revision, last_name, first_name, phone_numbers, emails, group_ids)
  VALUES (1, 1, 'Иванова', 'Анна', '[\"74950000001\"]', '[\"a@mail.example\"]', '[]');
COMMIT;
";

/// Clients change different books, so none waits for another's lock.
const MANY_BOOKS: &str = "\
\\set customer random(1, 10000)
UPDATE books SET revision = revision + 1 WHERE customer_id = :customer;
";

fn cost(subject: String, other: &str, pairs: Vec<(f64, f64)>) -> Line {
    let (floor, shown, goal) = (other.to_owned(), figures::time, Goal::Unset);
    Comparison { row: 16, subject, floor, pairs, shown, goal }.line()
}

/// Makes the demo in the database; answers the key of its first customer.
fn demo(setup: &Setup, database: &Database) -> Result<String, String> {
    let data = setup.scratch.join("nodes");
    let _ = std::fs::remove_dir_all(&data);
    let url = database.url(NAME);
    let mut demo = Command::new(&setup.ringbook);
    demo.arg("demo").arg("--data").arg(&data).args(["--database", &url, "--contacts", &CONTACTS.to_string()]);
    drop(RunningServer::start(demo.args(["--listen", "127.0.0.1:0"]))?);
    let mut set = Command::new(&setup.ringbook);
    let unbounded = ["customer", "set", "1", "--day-limit", "none", "--minute-limit", "none"];
    quietly(set.args(unbounded).args(["--database", &url]))?;
    let token = token(&data);
    let _ = std::fs::remove_dir_all(&data);
    token
}

fn serve(setup: &Setup, database: &Database, reads: &str) -> Result<RunningServer, String> {
    let mut serve = Command::new(&setup.ringbook);
    serve.args(["serve", "--database", &database.url(NAME), "--reads", reads]);
    RunningServer::start(serve.args(["--listen", "127.0.0.1:0", "--log", "warn"]))
}

fn same_book(one: &Survey, other: &Survey) -> Result<(), String> {
    if one.ids == other.ids && one.text_bytes == other.text_bytes && one.phones == other.phones {
        Ok(())
    } else {
        Err("the books on SQLite and on PostgreSQL differ".to_owned())
    }
}
