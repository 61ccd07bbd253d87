//! `cargo xtask bench`: the running server against its floors and peers, measured alternately on this machine.
//!
//! Every row of the table compares a query or change with a floor, something that bounds its cost from below, measured
//! alternately in one run. Rows that need no server are measured by `cargo bench`. Each row is printed and written to
//! `docs/performance.md` as soon as it is measured, so that a later failure loses nothing.

mod customers;
mod database;
mod document;
mod figures;
mod growth;
mod isolation;
mod ldap_load;
mod load;
mod machine;
mod model;
mod national;
mod nginx;
mod nodes;
mod peer;
mod phones;
mod plot;
mod rows;
mod setup;
mod slapd;
mod writes;

use std::cell::OnceCell;
use std::process::ExitCode;
use std::time::Duration;

use ringbook_testbed::output;

use document::Machine;
use figures::Line;
use setup::Setup;

/// Default number of contacts.
const CONTACTS: u64 = 1_000_000;
/// Default number of rounds of each comparison.
const ROUNDS: u64 = 5;
/// Default time under load of each side in a round, in seconds.
const SECONDS: u64 = 4;

/// The size of the largest book, as a multiple of the book of the other rows.
const GROWTH: u64 = 10;
/// Memory for creating a book of that size, in addition to the book.
const BYTES_PER_CONTACT: u64 = 800;

/// The options of a run.
pub struct Options {
    rows: Vec<u32>,
    contacts: u64,
    rounds: u64,
    time: Duration,
}

/// Rows that are measured together.
struct Part {
    rows: &'static [u32],
    measure: fn(&Bench) -> Result<Vec<Line>, String>,
}

/// In this order: the engine alone first, then rows that depend on temperature or free memory of the machine.
const PARTS: [Part; 9] = [
    Part { rows: &rows::IN_PROCESS, measure: |bench| in_process(&bench.options) },
    Part { rows: &rows::WITH_SERVER, measure: |bench| rows::measure(bench.setup()?, &bench.options) },
    Part { rows: &writes::ROWS, measure: |bench| writes::measure(bench.setup()?, &bench.options) },
    Part { rows: &[customers::ROW], measure: |bench| customers::measure(bench.setup()?, &bench.options) },
    Part { rows: &[isolation::ROW], measure: |bench| isolation::measure(bench.setup()?, &bench.options) },
    Part { rows: &[peer::ROW], measure: |bench| peer::measure(bench.setup()?, &bench.options) },
    Part { rows: &nodes::ROWS, measure: |bench| nodes::measure(bench.setup()?, &bench.options) },
    Part { rows: &phones::ROWS, measure: |bench| phones::measure(&bench.options) },
    Part { rows: &[national::ROW], measure: |bench| national::measure(&bench.options) },
];

/// A run.
struct Bench {
    options: Options,
    setup: OnceCell<Setup>,
}

impl Bench {
    /// The programs and the large book, built when they are first needed.
    fn setup(&self) -> Result<&Setup, String> {
        if let Some(setup) = self.setup.get() {
            return Ok(setup);
        }
        let setup = Setup::prepare(self.options.contacts)?;
        Ok(self.setup.get_or_init(|| setup))
    }
}

const USAGE: &str = "\
usage: cargo xtask bench [ROW…] [--contacts N] [--rounds N] [--seconds N]

Measures the server against its floors and peers on this machine and writes the rows into docs/performance.md; all rows if
none is named. Needs wrk, nginx, slapd, sqlite3 and PostgreSQL (cargo xtask setup --bench).

  --contacts N  contacts of the large book (1000000)
  --rounds N    rounds of each comparison (5)
  --seconds N   time under load of each side in a round (4)";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if arguments.iter().any(|word| ["help", "--help", "-h"].contains(&word.as_str())) {
        println!("{USAGE}");
        return ExitCode::SUCCESS;
    }
    match run(&arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("bench: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Measures the rows that the arguments name. Rows that could be measured are written even if others fail.
fn run(arguments: &[String]) -> Result<(), String> {
    let bench = Bench { options: parse_arguments(arguments)?, setup: OnceCell::new() };
    let machine = bench.options.machine();
    let mut open: Vec<&Part> = PARTS.iter().filter(|part| bench.options.asks_for(part.rows)).collect();
    let (mut lines, mut failures) = (Vec::new(), Vec::new());
    for part in open.clone() {
        match (part.measure)(&bench) {
            Ok(measured) => {
                lines.extend(measured);
                open.retain(|other| !std::ptr::eq(*other, part));
            }
            Err(why) => {
                eprintln!("bench: {why}");
                failures.push(why);
            }
        }
        // A row that several parts measure is replaced when all of them have.
        let whole = |line: &&Line| open.iter().all(|part| !part.rows.contains(&line.row));
        let ready: Vec<&Line> = lines.iter().filter(whole).collect();
        if !ready.is_empty() {
            document::update(&ready, &machine)?;
        }
    }
    println!("{}", figures::HEAD);
    lines.iter().for_each(|line| println!("{line}"));
    growth::draw(&lines)?;
    if failures.is_empty() { Ok(()) } else { Err(failures.join("\n")) }
}

impl Options {
    /// The description of the machine above the table.
    fn machine(&self) -> Machine {
        if rows::all().all(|row| self.rows.contains(&row)) {
            return Machine::OfAll(machine::describe());
        }
        let rows: Vec<String> = self.rows.iter().map(u32::to_string).collect();
        Machine::OfSome(format!("rows {}", rows.join(" ")), machine::moment())
    }

    /// Whether any of these rows is wanted.
    fn asks_for(&self, rows: &[u32]) -> bool {
        rows.iter().any(|row| self.rows.contains(row))
    }
}

fn parse_arguments(arguments: &[String]) -> Result<Options, String> {
    let mut options =
        Options { rows: Vec::new(), contacts: CONTACTS, rounds: ROUNDS, time: Duration::from_secs(SECONDS) };
    let mut words = arguments.iter();
    while let Some(word) = words.next() {
        let mut number = || words.next().and_then(|text| text.parse().ok()).ok_or(format!("{word} takes a number"));
        match word.as_str() {
            "--contacts" => options.contacts = number()?,
            "--rounds" => options.rounds = number()?.max(1),
            "--seconds" => options.time = Duration::from_secs(number()?.max(1)),
            row => options.rows.push(known_row(row)?),
        }
    }
    if options.rows.is_empty() {
        options.rows = rows::all().collect();
    }
    Ok(options)
}

fn known_row(word: &str) -> Result<u32, String> {
    let known = word.parse().ok().filter(|row| rows::all().any(|known| known == *row));
    known.ok_or_else(|| {
        let all: Vec<String> = rows::all().map(|row| row.to_string()).collect();
        format!("bench does not know {word}; its rows are {}", all.join(" "))
    })
}

/// The rows that `cargo bench` prints, and the growth to the largest book where there is memory for it.
fn in_process(options: &Options) -> Result<Vec<Line>, String> {
    let mut lines = engine(&options.rows, options.contacts)?;
    let largest = options.contacts * GROWTH;
    if options.asks_for(&[growth::ROW]) && machine::memory_available() >= largest * BYTES_PER_CONTACT {
        let name = format!(", {largest} contacts |");
        lines.extend(engine(&[growth::ROW], largest)?.into_iter().filter(|line| line.to_string().contains(&name)));
    }
    Ok(lines)
}

fn engine(rows: &[u32], contacts: u64) -> Result<Vec<Line>, String> {
    eprintln!("── cargo bench, {contacts} contacts");
    let mut cargo = ringbook_testbed::workspace::cargo(&["bench", "-p", "ringbook", "--bench", "engine", "--"]);
    cargo.args(rows.iter().map(u32::to_string)).env("RINGBOOK_BENCH_CONTACTS", contacts.to_string());
    cargo.stderr(std::process::Stdio::inherit());
    let printed = output(&mut cargo).ok_or("cargo bench failed")?;
    let lines = printed.lines().filter_map(Line::read);
    Ok(lines.filter(|line| rows.contains(&line.row)).collect())
}
