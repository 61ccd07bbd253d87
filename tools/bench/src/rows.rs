//! The rows that need a running server.

use std::collections::BTreeSet;
use std::process::{Command, Stdio};
use std::time::Instant;

use ringbook_testbed::api_client::{self, after, by_phone, contacts};
use ringbook_testbed::server::RunningServer;

use crate::figures::{self, Comparison, Goal, Line};
use crate::load::{Load, Measured};
use crate::setup::{Setup, Survey, survey};
use crate::{Options, PARTS, nginx};

/// Rows of `cargo bench`.
pub const IN_PROCESS: [u32; 7] = [3, 4, 5, 6, 7, 11, 12];
/// Rows measured here.
pub const WITH_SERVER: [u32; 6] = [1, 2, 7, 10, 11, 12];

/// The size of the large book as a multiple of the small one, for the growth of look-ups.
const GROWTH: u64 = 100;

const LOOKUP_CONNECTIONS: usize = 64;
/// Numbers that row 1 asks for in turn.
const LOOKUP_PHONES: usize = 2_000;
/// Connections for replies of megabytes: enough to keep the server busy.
const PAGE_CONNECTIONS: usize = 4;

/// All rows that can be requested.
pub fn all() -> impl Iterator<Item = u32> {
    let rows: BTreeSet<u32> =
        IN_PROCESS.into_iter().chain(PARTS.iter().flat_map(|part| part.rows.iter().copied())).collect();
    rows.into_iter()
}

/// Measures the requested rows.
///
/// # Errors
/// A program is missing, or a server does not answer as it should.
pub fn measure(setup: &Setup, options: &Options) -> Result<Vec<Line>, String> {
    let mut lines = Vec::new();
    if options.asks_for(&[10]) {
        lines.extend(starts(setup, options)?);
    }
    if !options.asks_for(&[1, 2, 7, 11, 12]) {
        return Ok(lines);
    }
    let server = setup.served()?;
    let fresh_memory = server.memory("VmRSS");
    let survey = survey(&mut setup.client(&server)?)?;
    let bench = ServerRows { setup, options, server, survey };
    // Memory first, before other calls change it.
    if options.asks_for(&[11]) {
        lines.extend(bench.memory(fresh_memory)?);
    }
    if options.asks_for(&[1]) {
        lines.extend(bench.look_ups()?);
    }
    if options.asks_for(&[12]) {
        lines.push(bench.look_up_growth()?);
    }
    if options.asks_for(&[2]) {
        for (contacts, goal) in [(10_000, 0.8), (1_000, 0.7)] {
            lines.extend(bench.pages(contacts, goal)?);
        }
    }
    if options.asks_for(&[7]) {
        lines.push(bench.keys()?);
    }
    Ok(lines)
}

/// One server in one round of look-ups.
struct Side {
    calls: f64,
    p99: f64,
    /// Seconds of processor time per call.
    processor: f64,
}

/// The server, the transport alone and a bare HTTP server in one round.
type Round = (Side, Side, Side);

struct ServerRows<'a> {
    setup: &'a Setup,
    options: &'a Options,
    server: RunningServer,
    survey: Survey,
}

impl ServerRows<'_> {
    fn bodies(&self, questions: impl Iterator<Item = String>) -> Vec<String> {
        questions.map(|question| contacts(&self.setup.token, &question)).collect()
    }

    fn load(&self, server: &RunningServer, bodies: &[String], connections: usize) -> Result<Measured, String> {
        let url = format!("http://{}{}", server.address, api_client::PATH);
        Load { url, bodies, connections, time: self.options.time }.run(&self.setup.scratch)
    }

    /// Rounds of two measurements in turn.
    fn rounds<T>(
        &self,
        ours: impl Fn() -> Result<T, String>,
        floor: impl Fn() -> Result<T, String>,
    ) -> Result<Vec<(T, T)>, String> {
        (0..self.options.rounds).map(|_| Ok((ours()?, floor()?))).collect()
    }

    /// Row 1: one contact by phone, compared with a constant of the same size from a bare hyper server and from the
    /// transport alone, which shows the cost of each layer.
    fn look_ups(&self) -> Result<Vec<Line>, String> {
        let step = (self.survey.phones.len() / LOOKUP_PHONES).max(1);
        let phones = self.survey.phones.iter().step_by(step).take(LOOKUP_PHONES);
        let bodies = self.bodies(phones.map(|phone| by_phone(phone)));
        let bytes = self.look_up_bytes()?;
        let constant = |layers: &str| {
            let mut command = Command::new(&self.setup.constant);
            RunningServer::start(command.args([layers, "127.0.0.1:0", &bytes.to_string()]))
        };
        let (bare, transport) = (constant("bare")?, constant("transport")?);
        let mut rounds = Vec::new();
        for _ in 0..self.options.rounds {
            let side = |server: &RunningServer| self.look_up_side(server, &bodies);
            rounds.push((side(&self.server)?, side(&transport)?, side(&bare)?));
        }
        let line = |subject: &str, pick: fn(&Round) -> (f64, f64), shown, goal| {
            let floor = format!("bare hyper, constant answer of {bytes} B");
            let pairs = rounds.iter().map(pick).collect();
            Comparison { row: 1, subject: subject.to_owned(), floor, pairs, shown, goal }.line()
        };
        let (ours, constant) = ("one contact by phone, 64 connections", "the same constant from our transport");
        Ok(vec![
            line(
                &format!("{ours}: calls"),
                |(ours, _, bare)| (ours.calls, bare.calls),
                figures::calls,
                Goal::AtLeast(0.85),
            ),
            line(
                &format!("{ours}: 99th percentile"),
                |(ours, _, bare)| (ours.p99, bare.p99),
                figures::time,
                Goal::AtMost(1.5),
            ),
            line(
                &format!("{ours}: processor time per call"),
                |(ours, _, bare)| (ours.processor, bare.processor),
                figures::time,
                Goal::AtMost(1.25),
            ),
            line(
                &format!("{constant}: calls"),
                |(_, ours, bare)| (ours.calls, bare.calls),
                figures::calls,
                Goal::Unset,
            ),
            line(
                &format!("{constant}: processor time per call"),
                |(_, ours, bare)| (ours.processor, bare.processor),
                figures::time,
                Goal::Unset,
            ),
        ])
    }

    /// The mean size of the answers, in bytes.
    fn look_up_bytes(&self) -> Result<usize, String> {
        let mut client = self.setup.client(&self.server)?;
        let sample = self.survey.phones.iter().take(1000);
        let sizes: Vec<usize> =
            sample.map(|phone| Ok(client.contacts(&by_phone(phone))?.len())).collect::<Result<_, String>>()?;
        Ok(sizes.iter().sum::<usize>() / sizes.len().max(1))
    }

    fn look_up_side(&self, server: &RunningServer, bodies: &[String]) -> Result<Side, String> {
        let before = server.processor_seconds();
        let measured = self.load(server, bodies, LOOKUP_CONNECTIONS)?;
        let processor = (server.processor_seconds() - before) / measured.count;
        Ok(Side { calls: measured.calls, p99: measured.p99, processor })
    }

    /// Row 12: the query of row 1 on a small book and on a large one.
    fn look_up_growth(&self) -> Result<Line, String> {
        let small = Setup::prepare(self.options.contacts / GROWTH)?;
        let small_server = small.served()?;
        let small_phones = survey(&mut small.client(&small_server)?)?.phones;
        let small_bodies: Vec<String> =
            small_phones.iter().map(|phone| contacts(&small.token, &by_phone(phone))).collect();
        let bodies = self.bodies(self.survey.phones.iter().map(|phone| by_phone(phone)));
        let rounds = self.rounds(
            || self.load(&self.server, &bodies, LOOKUP_CONNECTIONS),
            || self.load(&small_server, &small_bodies, LOOKUP_CONNECTIONS),
        )?;
        let comparison = Comparison {
            row: 12,
            subject: format!(
                "one contact by phone over HTTP, 64 connections: per call, {} contacts",
                self.options.contacts
            ),
            floor: format!("{} contacts", self.options.contacts / GROWTH),
            pairs: rounds.iter().map(|(ours, floor)| (1.0 / ours.calls, 1.0 / floor.calls)).collect(),
            shown: figures::time,
            goal: Goal::AtMost(1.5),
        };
        Ok(comparison.line())
    }

    /// Row 2: a page, compared with nginx and the same bytes.
    fn pages(&self, contacts: usize, goal: f64) -> Result<Vec<Line>, String> {
        let question = format!(r#","limit":{contacts}"#);
        let page = self.setup.client(&self.server)?.contacts(&question)?;
        let nginx = nginx::start(&self.setup.scratch, &page)?;
        let bodies = self.bodies([question].into_iter());
        // Waits until nginx accepts connections.
        self.setup.client(&nginx)?;
        let fetch = Load {
            url: format!("http://{}/page.json", nginx.address),
            bodies: &[],
            connections: PAGE_CONNECTIONS,
            time: self.options.time,
        };
        let rounds =
            self.rounds(|| self.load(&self.server, &bodies, PAGE_CONNECTIONS), || fetch.run(&self.setup.scratch))?;
        let comparison = Comparison {
            row: 2,
            subject: format!("page of {contacts}, all fields, {} bytes", page.len()),
            floor: "nginx, from a file".to_owned(),
            pairs: rounds.iter().map(|(ours, floor)| (ours.bytes, floor.bytes)).collect(),
            shown: figures::rate,
            goal: Goal::AtLeast(goal),
        };
        Ok(vec![comparison.line()])
    }

    /// Row 7: pages by id.
    fn keys(&self) -> Result<Line, String> {
        const PAGE: usize = 1000;
        let last = self.bodies([after(self.survey.id_at(99), PAGE)].into_iter());
        let first = self.bodies([after(0, PAGE)].into_iter());
        let rounds = self.rounds(|| self.load(&self.server, &last, 1), || self.load(&self.server, &first, 1))?;
        // Pages differ in length, so the time is divided by bytes.
        let per_byte = |measured: &Measured| 1.0 / measured.bytes;
        let comparison = Comparison {
            row: 7,
            subject: "page of 1 000 by `id >` at 99 % of the book, over HTTP, per megabyte".to_owned(),
            floor: "the first page".to_owned(),
            pairs: rounds.iter().map(|(last, first)| (per_byte(last) * 1e6, per_byte(first) * 1e6)).collect(),
            shown: figures::time,
            goal: Goal::AtMost(1.1),
        };
        Ok(comparison.line())
    }

    /// Row 11: memory, compared with the JSON text.
    fn memory(&self, fresh: f64) -> Result<Vec<Line>, String> {
        let mixed = self.bodies(self.mixture().into_iter());
        self.load(&self.server, &mixed, LOOKUP_CONNECTIONS)?;
        let line = |subject: &str, bytes, goal| {
            let pairs = vec![(bytes, self.survey.text_bytes as f64)];
            let subject = format!("resident memory {subject}");
            Comparison {
                row: 11,
                subject,
                floor: "JSON text of the book".to_owned(),
                pairs,
                shown: figures::size,
                goal,
            }
            .line()
        };
        Ok(vec![
            line("fresh, with all indexes", fresh, Goal::AtMost(0.6)),
            line("after a mixed load, 64 connections", self.server.memory("VmRSS"), Goal::AtMost(0.95)),
            line("at its highest", self.server.memory("VmHWM"), Goal::Unset),
        ])
    }

    /// Queries of every kind.
    fn mixture(&self) -> Vec<String> {
        let sort = r#""sort":[{"field":"last_name"}],"limit":50"#;
        let phones = self.survey.phones.iter().take(100).map(|phone| by_phone(phone));
        let mut mixture: Vec<String> = phones.collect();
        for percent in [0, 25, 50, 75, 99] {
            mixture.push(after(self.survey.id_at(percent), 1000));
        }
        mixture.push(r#","limit":10000"#.to_owned());
        mixture.push(format!(r#",{sort},"filter":{{"field":"full_name","operator":"like","value":"%ван%"}}"#));
        mixture.push(format!(r#",{sort},"filter":{{"field":"full_name","operator":"regexp","value":"[Сс]ерге[йя]"}}"#));
        mixture.push(format!(r#",{sort},"filter":{{"field":"groups","operator":"=","value":2}}"#));
        mixture
    }
}

/// Row 10: from the start of the program to the first reply, compared with reading the file once.
fn starts(setup: &Setup, options: &Options) -> Result<Vec<Line>, String> {
    // No contact has this number.
    let questions =
        [("a look-up by phone", by_phone("000")), ("the first page of 1 000", r#","limit":1000"#.to_owned())];
    let mut lines = Vec::new();
    for (name, question) in questions {
        let mut pairs = Vec::new();
        for _ in 0..options.rounds {
            pairs.push((first_answer(setup, &question)?, read_file(setup)?));
        }
        let mut line = |floor: &str, pairs, goal| {
            let subject = format!("start to the first answer: {name}");
            lines.push(
                Comparison { row: 10, subject, floor: floor.to_owned(), pairs, shown: figures::time, goal }.line(),
            );
        };
        let against_two_seconds = pairs.iter().map(|pair| (pair.0, 2.0)).collect();
        line("`cat` of the database file", pairs, Goal::AtMost(10.0));
        line("two seconds", against_two_seconds, Goal::AtMost(1.0));
    }
    Ok(lines)
}

fn first_answer(setup: &Setup, question: &str) -> Result<f64, String> {
    let start = Instant::now();
    let server = RunningServer::start(&mut setup.serve())?;
    setup.client(&server)?.contacts(question)?;
    Ok(start.elapsed().as_secs_f64())
}

fn read_file(setup: &Setup) -> Result<f64, String> {
    let mut cat = Command::new("cat");
    cat.arg(setup.data.join("ringbook.db")).stdout(Stdio::null());
    let start = Instant::now();
    let done = cat.status().map_err(|why| format!("cat cannot be run: {why}"))?;
    if done.success() { Ok(start.elapsed().as_secs_f64()) } else { Err("cat failed".to_owned()) }
}
