//! Chores of the project, run as `cargo xtask CHORE`. Each works on a fresh machine: it installs or names what it needs.

mod apt;
mod cargo_tools;
mod crash;
mod deb;
mod dependencies;
mod fuzz;
mod npm_packages;
mod package_test;
mod page_checks;
mod phone_metadata;
mod postgres;
mod published_clients;
mod run_tool;
mod setup;
mod steps;
mod test;

use std::process::ExitCode;

const USAGE: &str = "\
usage: cargo xtask CHORE

  setup [--bench] [--check]
      installs what the tests need (with --bench: the benchmarks, too): Debian packages with apt-get, Python and npm
      packages under target/, cargo-deny with cargo install; prints what before it starts; --check only names what is missing

  test [--no-lint] [--no-install] [--advisories] [-- FILTER AND OPTIONS FOR THE TESTS]
      setup, formatting, lints, dependencies and all tests, on SQLite and on a private PostgreSQL, and published clients
      of the API against a demo; --no-install fails if something is missing, --advisories if the database of security
      advisories cannot be fetched

  deb [--revision N]
      builds a Debian package of the server into target/deb and prints its path

  package-test [--release]
      installs the package in a scratch root, starts and calls the server, upgrades and removes it; needs root or user
      namespaces

  phone-metadata FILE
      writes the numbering plans of crates/phone-number from resources/PhoneNumberMetadata.xml of Google's libphonenumber

  postgres
      runs a private PostgreSQL for single tests until Ctrl-C, and prints the variable that names it

  bench [ROW…] [--contacts N] [--rounds N] [--seconds N]
      measures the server against its floors and writes the table in docs/performance.md

  crash [--nodes N] [--rounds N] [--seed N]
      kills the server under 64 writers and looks for every acknowledged change; with several nodes on a private PostgreSQL,
      which is killed as well, checks that all replies fit one order of the changes

  faults [SCENARIO…] [--runs N]
      fault injection: full and failing disks, database outages, idle, slow and hostile clients; --help lists the scenarios

  fuzz [TARGET…] [--runs N] [--seconds S] [--seed X]
      random input for the parsers and the engine, in a release build, on all processors

  fuzz --coverage TARGET [--seconds S]
      the same target under libFuzzer, which selects inputs by the code that they reach; needs a C++ compiler; keeps its
      corpus in fuzz/corpus and inputs that failed in fuzz/artifacts

environment of test:
  RINGBOOK_TEST_POSTGRES  connection string of a database server to use instead of a private one
  RINGBOOK_TEST_ROUNDS    number of random queries in each test that compares engines
  RINGBOOK_TEST_SEED      number of the first of them";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let outcome = match arguments.split_first() {
        Some((chore, rest)) => run(chore, rest),
        None => Err(USAGE.to_owned()),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("xtask: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(chore: &str, rest: &[String]) -> Result<(), String> {
    match chore {
        "setup" => setup::run(rest),
        "test" => test::run(rest),
        "phone-metadata" => phone_metadata::run(rest),
        "postgres" => postgres::run(rest),
        "crash" => crash::run(rest),
        "deb" => deb::run(rest),
        "package-test" => package_test::run(rest),
        "bench" => run_tool::run("ringbook-bench", &[], rest),
        "faults" => run_tool::run("ringbook-faults", &[], rest),
        "fuzz" => fuzz::run(rest),
        "help" | "--help" | "-h" => {
            println!("{USAGE}");
            Ok(())
        }
        other => Err(format!("unknown chore {other}\n\n{USAGE}")),
    }
}
