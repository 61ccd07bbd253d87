//! `ringbook check`: whether all stored data can be read.
//!
//! The database engine checks its pages and references, the access rules their accounts, and every address book is
//! loaded. Findings name the table and the key.

use clap::Command;
use serde_json::Value;

use super::args;
use super::cli_error::CliError;
use super::console::Progress;
use super::operator::{MissingData, place, with_store};
use super::output::{CommandOutput, Row, object};
use super::plain_text::plain;
use crate::config::Layers;
use ringbook_app::access::unreadable;
use ringbook_store::{CustomerRow, Store, StoreError};

/// The template of the progress bar.
pub(super) const PROGRESS: &str = "{bar:30} {pos}/{len} books  {wide_msg}";

pub(super) fn command() -> Command {
    Command::new("check")
        .about("Check the integrity of the data and load every address book")
        .after_help("Exits with 1 if anything is wrong. Servers may run meanwhile.\n\nExample:\n  ringbook check --data /var/lib/ringbook")
        .args(args::operator())
}

/// The result of a check.
#[derive(Default)]
struct CheckResult {
    books: Vec<Row>,
    lines: String,
    wrong: Vec<String>,
}

/// Runs the command.
pub(super) fn run(layers: &Layers<'_>, progress: Progress) -> Result<CommandOutput, CliError> {
    with_store(&place(layers)?, MissingData::Refuse, async |store| check(store, progress).await)
}

/// Checks everything.
async fn check(store: &Store, progress: Progress) -> Result<CommandOutput, CliError> {
    let (texts, directory) = store.verify().await?;
    let told: Vec<String> = directory.unreadable.iter().map(ToString::to_string).collect();
    let customers = directory.customers.clone();
    let mut findings = CheckResult::default();
    findings.wrong.extend(texts.into_iter().filter(|text| !told.contains(text)));
    findings.wrong.extend(unreadable(directory).iter().map(in_words));
    let bar = progress.bar(PROGRESS, customers.len() as u64);
    for customer in &customers {
        bar.set_message(plain(&customer.name));
        findings.add(customer, store.load_rows(customer.id).map(|book| book.contacts_len()));
        bar.inc(1);
    }
    bar.finish_and_clear();
    Ok(findings.answer())
}

impl CheckResult {
    fn add(&mut self, customer: &CustomerRow, contacts: Result<usize, StoreError>) {
        let (count, summary) = match &contacts {
            Ok(contacts) => (Value::from(*contacts as u64), format!("{contacts} contacts")),
            Err(_) => (Value::Null, "does not load".to_owned()),
        };
        let ok = Value::from(contacts.is_ok());
        self.books.push(vec![("customer_id", Value::from(customer.id.number())), ("ok", ok), ("contacts", count)]);
        self.lines.push_str(&format!("book of customer {} ({}): {summary}\n", customer.id, plain(&customer.name)));
        if let Err(fault) = contacts {
            self.wrong.push(format!("customer {}: {}", customer.id, in_words(&fault)));
        }
    }

    fn answer(self) -> CommandOutput {
        let Self { books, lines, wrong } = self;
        let texts = Value::from(wrong.clone());
        let json = object(vec![
            ("ok", Value::from(wrong.is_empty())),
            ("books", books.into_iter().map(object).collect()),
            ("findings", texts),
        ]);
        let Some(first) = wrong.first() else {
            return CommandOutput::text(json, format!("{lines}no errors found\n"));
        };
        let listed: String = wrong.iter().map(|finding| format!("wrong: {}\n", plain(finding))).collect();
        let summary =
            format!("{} finding(s), the first: {}; restore a backup or repair the rows", wrong.len(), plain(first));
        CommandOutput::text(json, lines + &listed).finding(summary)
    }
}

/// A fault without the advice to run this very command.
fn in_words(fault: &StoreError) -> String {
    match fault {
        StoreError::Unreadable { table, key, cause } => format!("table {table}, row {key}: {cause}"),
        StoreError::Unavailable { .. }
        | StoreError::DiskFull { .. }
        | StoreError::Damaged { .. }
        | StoreError::Locked { .. }
        | StoreError::SchemaTooNew { .. }
        | StoreError::NotADatabase { .. }
        | StoreError::Unfinished
        | StoreError::RevisionMoved
        | StoreError::NotFound { .. }
        | StoreError::LoginTaken
        | StoreError::StillHasCustomers { .. }
        | StoreError::IdsSpent => fault.to_string(),
    }
}
