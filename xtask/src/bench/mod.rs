//! `cargo xtask bench`: the running server against its floors and peers, in turn on this machine.
//!
//! Every row of the table is a question ("how fast is a look-up by phone?") with something beside it that bounds it from
//! below, measured A B A B in one run. What needs no server is left to `cargo bench`, whose rows are taken
//! over. The rows go to the terminal and into `docs/performance.md`.

mod document;
mod figures;
mod load;
mod machine;
mod nginx;
mod rows;
mod site;
mod writes;

use std::time::Duration;

use figures::Line;
use site::Site;

/// Contacts of the book if nothing is said.
const CONTACTS: u64 = 1_000_000;
/// Rounds of each comparison if nothing is said.
const ROUNDS: u64 = 5;
/// How long each side is loaded in a round if nothing is said.
const SECONDS: u64 = 4;

/// What to measure, and how long.
pub struct Wish {
    rows: Vec<u32>,
    contacts: u64,
    rounds: u64,
    time: Duration,
}

/// Runs the chore.
///
/// # Errors
/// An argument is unknown, a program is missing, or a server does not answer as it should.
pub fn run(arguments: &[String]) -> Result<(), String> {
    let wish = wish(arguments)?;
    let machine = machine::describe();
    let mut lines = Vec::new();
    if wish.asks_for(&rows::IN_PROCESS) {
        lines.extend(in_process(&wish)?);
    }
    if wish.asks_for(&rows::WITH_SERVER) || wish.asks_for(&writes::ROWS) {
        let site = Site::prepare(wish.contacts)?;
        lines.extend(rows::measure(&site, &wish)?);
        lines.extend(writes::measure(&site, &wish)?);
    }
    println!("{}", figures::HEAD);
    lines.iter().for_each(|line| println!("{line}"));
    document::update(&lines, &machine)
}

impl Wish {
    /// Whether any of these rows is wanted.
    fn asks_for(&self, rows: &[u32]) -> bool {
        rows.iter().any(|row| self.rows.contains(row))
    }
}

fn wish(arguments: &[String]) -> Result<Wish, String> {
    let mut wish = Wish { rows: Vec::new(), contacts: CONTACTS, rounds: ROUNDS, time: Duration::from_secs(SECONDS) };
    let mut words = arguments.iter();
    while let Some(word) = words.next() {
        let mut number = || words.next().and_then(|text| text.parse().ok()).ok_or(format!("{word} takes a number"));
        match word.as_str() {
            "--contacts" => wish.contacts = number()?,
            "--rounds" => wish.rounds = number()?.max(1),
            "--seconds" => wish.time = Duration::from_secs(number()?.max(1)),
            row => wish.rows.push(known_row(row)?),
        }
    }
    if wish.rows.is_empty() {
        wish.rows = rows::all().collect();
    }
    Ok(wish)
}

fn known_row(word: &str) -> Result<u32, String> {
    let known = word.parse().ok().filter(|row| rows::all().any(|known| known == *row));
    known.ok_or_else(|| {
        let all: Vec<String> = rows::all().map(|row| row.to_string()).collect();
        format!("bench does not know {word}; its rows are {}", all.join(" "))
    })
}

/// The rows that `cargo bench` prints.
fn in_process(wish: &Wish) -> Result<Vec<Line>, String> {
    eprintln!("── cargo bench");
    let mut cargo = crate::steps::cargo(&["bench", "-p", "ringbook", "--bench", "engine"]);
    cargo.env("RINGBOOK_BENCH_CONTACTS", wish.contacts.to_string());
    cargo.stderr(std::process::Stdio::inherit());
    let printed = ringbook_testbed::output(&mut cargo).ok_or("cargo bench failed")?;
    let lines = printed.lines().filter_map(Line::read);
    Ok(lines.filter(|line| wish.rows.contains(&line.row)).collect())
}
