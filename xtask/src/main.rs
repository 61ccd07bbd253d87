//! Chores of the project, run as `cargo xtask <chore>`: each works on a fresh machine and brings or names what
//! it needs.

mod bench;
mod clients;
mod crash;
mod faults;
mod fuzz;
mod server;
mod steps;
mod test;

use std::process::ExitCode;

const USAGE: &str = "\
usage: cargo xtask <chore>

  bench [ROW…] [--contacts N] [--rounds N] [--seconds N]
      measures the server against its floors and writes the table in docs/performance.md; needs wrk, nginx, sqlite3
      and PostgreSQL

  crash [--nodes N] [--rounds N] [--seed X]
      kills the server under 64 writers again and again, and looks for every change that was acknowledged; with several
      nodes on a PostgreSQL of its own, which is killed as well, judges whether all answers fit one order of the changes

  faults [TRIAL…] [--runs N]
      makes go wrong what can: the disk is full or refuses, the database is gone, clients are idle, slow or hostile; counts
      what came of it; --help lists the trials

  fuzz [TARGET…] [--runs N] [--seconds S] [--seed X]
      throws hostile input at the parsers and the engine, in a release build, on all processors

  test [--no-lint] [-- <filter and options for the test binaries>]
      formatting, lints and every test; starts the PostgreSQL with jsquery that some tests compare with, and
      runs published clients of the API, in Python, against a demo

environment of test:
  RINGBOOK_TEST_POSTGRES  connection string of a database to use instead of a fresh one
  RINGBOOK_TEST_ROUNDS    rounds of random questions in each of those tests
  RINGBOOK_TEST_SEED      number of the first round";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let outcome = match arguments.split_first() {
        Some((chore, rest)) if chore == "test" => test::run(rest),
        Some((chore, rest)) if chore == "fuzz" => fuzz::run(rest),
        Some((chore, rest)) if chore == "bench" => bench::run(rest),
        Some((chore, rest)) if chore == "faults" => faults::run(rest),
        Some((chore, rest)) if chore == "crash" => crash::run(rest),
        Some((chore, _)) if ["help", "--help", "-h"].contains(&chore.as_str()) => {
            println!("{USAGE}");
            Ok(())
        }
        Some((chore, _)) => Err(format!("no chore is called {chore}\n\n{USAGE}")),
        None => Err(USAGE.to_owned()),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            eprintln!("xtask: {why}");
            ExitCode::FAILURE
        }
    }
}
