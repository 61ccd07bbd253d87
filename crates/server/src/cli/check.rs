//! `ringbook check`: whether everything that is stored reads back.
//!
//! Three questions, each to the one who knows: the engine for its pages and references, the gate for the directory,
//! the books for their records. What is wrong is named by table and key.

use clap::Command;
use indicatif::{ProgressBar, ProgressStyle};

use super::output::{Answer, Json, Row, plain};
use super::{Failure, Progress, args};
use ringbook_app::access::unreadable;
use ringbook_store::{CustomerRow, Store, StoreError};

pub(super) fn command() -> Command {
    Command::new("check")
        .about("Verify the data: integrity, and every book loads")
        .after_help("Exits with 1 when anything is wrong. A server may run meanwhile.\n\nExample:\n  ringbook check --data /var/lib/ringbook")
        .args(args::operator())
}

/// What was found.
#[derive(Default)]
struct Findings {
    books: Vec<Row>,
    lines: String,
    wrong: Vec<String>,
}

/// Checks everything.
pub(super) async fn run(store: &Store, progress: Progress) -> Result<Answer, Failure> {
    let (texts, directory) = store.verify().await?;
    let told: Vec<String> = directory.unreadable.iter().map(ToString::to_string).collect();
    let customers = directory.customers.clone();
    let mut findings = Findings::default();
    findings.wrong.extend(texts.into_iter().filter(|text| !told.contains(text)));
    findings.wrong.extend(unreadable(directory).iter().map(in_words));
    let bar = bar(customers.len(), progress);
    for customer in &customers {
        bar.set_message(plain(&customer.name));
        findings.add(customer, store.load_rows(customer.id).map(|book| book.contacts_len()));
        bar.inc(1);
    }
    bar.finish_and_clear();
    Ok(findings.answer())
}

impl Findings {
    fn add(&mut self, customer: &CustomerRow, contacts: Result<usize, StoreError>) {
        let (count, sight) = match &contacts {
            Ok(contacts) => (Json::Number(*contacts as u64), format!("{contacts} contacts")),
            Err(_) => (Json::Null, "does not load".to_owned()),
        };
        let ok = Json::Truth(contacts.is_ok());
        self.books.push(vec![("customer_id", Json::Number(customer.id.number())), ("ok", ok), ("contacts", count)]);
        self.lines.push_str(&format!("book of customer {} ({}): {sight}\n", customer.id, plain(&customer.name)));
        if let Err(fault) = contacts {
            self.wrong.push(format!("customer {}: {}", customer.id, in_words(&fault)));
        }
    }

    fn answer(self) -> Answer {
        let Self { books, lines, wrong } = self;
        let texts = wrong.iter().cloned().map(Json::Text).collect();
        let json = Json::Object(vec![
            ("ok", Json::Truth(wrong.is_empty())),
            ("books", Json::List(books.into_iter().map(Json::Object).collect())),
            ("findings", Json::List(texts)),
        ]);
        let Some(first) = wrong.first() else {
            return Answer::text(json, format!("{lines}all is well\n"));
        };
        let listed: String = wrong.iter().map(|finding| format!("wrong: {}\n", plain(finding))).collect();
        let summary =
            format!("{} finding(s), the first: {}; restore a copy, or mend the rows", wrong.len(), plain(first));
        Answer::text(json, lines + &listed).wrong(summary)
    }
}

/// A fault without the advice to run this very command.
fn in_words(fault: &StoreError) -> String {
    match fault {
        StoreError::Unreadable { table, key, cause } => format!("table {table}, row {key}: {cause}"),
        StoreError::Unavailable { .. }
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

fn bar(books: usize, progress: Progress) -> ProgressBar {
    match progress {
        Progress::Hidden => ProgressBar::hidden(),
        Progress::Drawn => {
            let bar = ProgressBar::new(books as u64);
            let style = ProgressStyle::with_template("{bar:30} {pos}/{len} books  {wide_msg}");
            if let Ok(style) = style { bar.with_style(style) } else { bar }
        }
    }
}
