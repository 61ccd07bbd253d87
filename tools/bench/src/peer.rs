//! Row 6: PostgreSQL with the same book, a schema for these queries, and its best indexes.
//!
//! Its results equal the server's byte for byte: the records as JSON, built in SQL, and the exact total. That is checked
//! before anything is measured.

mod book;
mod questions;

use std::fs;

use ringbook_testbed::api_client::{self, ApiClient, contacts};
use ringbook_testbed::server::RunningServer;

use crate::Options;
use crate::database::{Database, Work};
use crate::figures::{self, Comparison, Goal, Line};
use crate::load::Load;
use crate::setup::{Setup, survey};
use questions::Question;

/// The row measured here.
pub const ROW: u32 = 6;

/// Measures it.
///
/// # Errors
/// A program is missing, or the answers differ.
pub fn measure(setup: &Setup, options: &Options) -> Result<Vec<Line>, String> {
    let database = Database::start()?;
    book::fill(&database, &setup.data)?;
    let server = setup.served()?;
    let phones = survey(&mut setup.client(&server)?)?.phones;
    let questions = questions::all(&database, &phones, &setup.scratch)?;
    let bench = PeerRows { setup, options, server, database };
    questions.iter().try_for_each(|question| bench.compare(question))?;
    let mut lines: Vec<Line> = questions.iter().map(|question| bench.line(question)).collect::<Result<_, _>>()?;
    let look_ups = questions.first().ok_or("no question")?;
    for question in questions.iter().filter(|question| question.is_short) {
        lines.push(bench.beside_look_ups(question, look_ups)?);
    }
    Ok(lines)
}

struct PeerRows<'a> {
    setup: &'a Setup,
    options: &'a Options,
    server: RunningServer,
    database: Database,
}

impl PeerRows<'_> {
    /// Checks that both sides return the same.
    fn compare(&self, question: &Question) -> Result<(), String> {
        let file = self.setup.scratch.join("compared.sql");
        let statements: String = question.compared.iter().map(|(_, statement)| statement.as_str()).collect();
        fs::write(&file, statements).map_err(|why| format!("{}: {why}", file.display()))?;
        let theirs = self.database.answers(book::NAME, &file)?;
        let theirs: Vec<&str> = theirs.lines().collect();
        if theirs.len() != question.compared.len() {
            return Err(format!("{}: PostgreSQL gave {} answers", question.name, theirs.len()));
        }
        let mut client = self.setup.client(&self.server)?;
        for ((ours, _), theirs) in question.compared.iter().zip(theirs) {
            same(&question.name, &answer(&mut client, ours)?, theirs)?;
        }
        Ok(())
    }

    fn line(&self, question: &Question) -> Result<Line, String> {
        let bodies: Vec<String> = question.ours.iter().map(|ours| contacts(&self.setup.token, ours)).collect();
        let url = format!("http://{}{}", self.server.address, api_client::PATH);
        let (clients, time) = (question.clients, self.options.time);
        let ours = Load { url, bodies: &bodies, connections: clients, time };
        let (script, settings) = (question.script.as_str(), questions::SETTINGS);
        let theirs = Work { database: book::NAME, script, settings, clients, time };
        let mut pairs = Vec::new();
        for _ in 0..self.options.rounds {
            let ours = ours.run(&self.setup.scratch)?;
            pairs.push((ours.calls, self.database.load(&theirs, &self.setup.scratch)?.calls));
        }
        let subject = format!("{}, {clients} connections", question.name.replace('|', "\\|"));
        let goal = if question.is_short { Goal::Unset } else { Goal::AtLeast(10.0) };
        let floor = "PostgreSQL, pgbench".to_owned();
        Ok(Comparison { row: ROW, subject, floor, pairs, shown: figures::calls, goal }.line())
    }
}

impl PeerRows<'_> {
    /// A short question, compared with look-ups over as many connections.
    fn beside_look_ups(&self, question: &Question, look_ups: &Question) -> Result<Line, String> {
        let url = format!("http://{}{}", self.server.address, api_client::PATH);
        let (connections, time) = (look_ups.clients, self.options.time);
        let load = |question: &Question| {
            let bodies: Vec<String> = question.ours.iter().map(|ours| contacts(&self.setup.token, ours)).collect();
            Load { url: url.clone(), bodies: &bodies, connections, time }.run(&self.setup.scratch)
        };
        let mut pairs = Vec::new();
        for _ in 0..self.options.rounds {
            pairs.push((load(question)?.calls, load(look_ups)?.calls));
        }
        let subject = format!("{}, {connections} connections", question.name);
        let floor = format!("{}, {connections} connections", look_ups.name);
        Ok(Comparison { row: ROW, subject, floor, pairs, shown: figures::calls, goal: Goal::AtLeast(0.7) }.line())
    }
}

/// The total and the records of a reply, as PostgreSQL prints them.
fn answer(client: &mut ApiClient, question: &str) -> Result<String, String> {
    let text = client.contacts(question)?;
    let inside =
        text.split_once(r#""data":["#).and_then(|(_, rest)| rest.rsplit_once(r#"],"metadata":{"total_items":"#));
    let (records, rest) = inside.ok_or_else(|| format!("unexpected answer: {text:.400}"))?;
    let total = rest.split(',').next().unwrap_or_default();
    Ok(format!("{total}|{records}"))
}

/// Describes the first difference between two results, if any.
fn same(question: &str, ours: &str, theirs: &str) -> Result<(), String> {
    if ours == theirs {
        return Ok(());
    }
    let parting = ours.chars().zip(theirs.chars()).take_while(|(one, other)| one == other).count();
    let around = |text: &str| text.chars().skip(parting.saturating_sub(60)).take(160).collect::<String>();
    Err(format!(
        "{question}: PostgreSQL answers something else, from character {parting} on.\nours:   …{}…\ntheirs: …{}…",
        around(ours),
        around(theirs)
    ))
}
