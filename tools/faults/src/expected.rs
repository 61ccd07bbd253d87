//! The changes that writers tried, with their outcomes, and their comparison with the address book.
//!
//! Every contact that is written has a unique number, which is both its name and its phone number. So a contact that is
//! found identifies the call that wrote it, and a contact whose two members disagree was written partially.

use std::collections::{HashMap, HashSet};
use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use ringbook_testbed::api_client::ApiClient;

use crate::scenario_report::{ScenarioReport, grouped};

/// The phone number of contact number 0.
const PHONES_FROM: u64 = 70_000_000_000;
/// Contacts that are read at once.
const PAGE_CONTACTS: usize = 10_000;

/// What `internal_error` says about a change.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// It has not happened.
    Undone,
    /// It may have happened: the reply of a remote database may be lost.
    InDoubt,
}

/// The outcome of a call that writes contacts.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    Acknowledged,
    /// With `internal_error`.
    Refused,
    /// The connection broke.
    Unanswered,
}

/// A call and the numbers that it writes.
struct Attempt {
    first: u64,
    count: u64,
    outcome: Outcome,
}

/// Counts of reads by outcome.
#[derive(Default)]
pub struct Reads {
    pub right: AtomicU64,
    pub wrong: AtomicU64,
    /// With `internal_error`.
    pub refused: AtomicU64,
}

/// All attempts so far, with their outcomes.
pub struct ExpectedState {
    refusal: Refusal,
    attempts: Mutex<Vec<Attempt>>,
    next: AtomicU64,
    acknowledged: AtomicU64,
    refused: AtomicU64,
    pub reads: Reads,
    /// Replies that are neither success nor `internal_error`.
    unexpected_replies: Mutex<Vec<String>>,
    slowest_micros: AtomicU64,
}

impl ExpectedState {
    pub fn new(refusal: Refusal) -> Self {
        Self {
            refusal,
            attempts: Mutex::default(),
            next: AtomicU64::new(0),
            acknowledged: AtomicU64::new(0),
            refused: AtomicU64::new(0),
            reads: Reads::default(),
            unexpected_replies: Mutex::default(),
            slowest_micros: AtomicU64::new(0),
        }
    }

    /// Takes unused numbers; returns the first of them.
    pub fn take(&self, count: u64) -> u64 {
        self.next.fetch_add(count, Ordering::Relaxed)
    }

    /// Records the outcome of a call.
    pub fn note(&self, first: u64, count: u64, outcome: Outcome) {
        match outcome {
            Outcome::Acknowledged => drop(self.acknowledged.fetch_add(1, Ordering::Relaxed)),
            Outcome::Refused => drop(self.refused.fetch_add(1, Ordering::Relaxed)),
            Outcome::Unanswered => {}
        }
        locked(&self.attempts).push(Attempt { first, count, outcome });
    }

    pub fn note_unexpected_reply(&self, answer: &str) {
        locked(&self.unexpected_replies).push(answer.chars().take(300).collect());
    }

    pub fn note_time(&self, took: Duration) {
        let micros = u64::try_from(took.as_micros()).unwrap_or(u64::MAX);
        self.slowest_micros.fetch_max(micros, Ordering::Relaxed);
    }

    /// The longest latency since the last call of this function.
    pub fn slowest(&self) -> Duration {
        Duration::from_micros(self.slowest_micros.swap(0, Ordering::Relaxed))
    }

    /// Changes that were acknowledged.
    pub fn acknowledged(&self) -> u64 {
        self.acknowledged.load(Ordering::Relaxed)
    }

    /// Changes that were refused with `internal_error`.
    pub fn refused(&self) -> u64 {
        self.refused.load(Ordering::Relaxed)
    }

    /// A number whose presence is known, and whether it is there; `chance` chooses one.
    pub fn known(&self, chance: u64) -> Option<(u64, bool)> {
        let attempts = locked(&self.attempts);
        let at = usize::try_from(chance).unwrap_or_default() % attempts.len().max(1);
        let Attempt { first, count, outcome } = attempts.get(at)?;
        let number = first + chance % count;
        match outcome {
            Outcome::Acknowledged => Some((number, true)),
            Outcome::Refused if self.refusal == Refusal::Undone => Some((number, false)),
            Outcome::Refused | Outcome::Unanswered => None,
        }
    }

    /// Reads the whole book and compares.
    ///
    /// # Errors
    /// The book cannot be read.
    pub fn compare(&self, client: &mut ApiClient) -> Result<Comparison, String> {
        let found = survey(client)?;
        let mut comparison =
            Comparison { contacts: found.numbers.len() as u64, torn: found.torn, ..Comparison::default() };
        let mut tried = HashSet::new();
        for Attempt { first, count, outcome } in locked(&self.attempts).iter() {
            tried.extend(*first..first + count);
            let there = (*first..first + count).filter(|number| found.numbers.contains_key(number)).count() as u64;
            match outcome {
                Outcome::Acknowledged => comparison.missing += count - there,
                Outcome::Refused => comparison.refused_there += u64::from(there > 0),
                Outcome::Unanswered => comparison.unanswered_there += u64::from(there > 0),
            }
            comparison.partial += u64::from(there != 0 && there != *count);
        }
        comparison.duplicated = found.numbers.values().filter(|times| **times > 1).count() as u64;
        comparison.unexpected = found.numbers.keys().filter(|number| !tried.contains(number)).count() as u64;
        Ok(comparison)
    }

    /// Reports the number of changes and whether the address book holds them.
    pub fn check(&self, comparison: &Comparison, when: &str, report: &mut ScenarioReport) {
        let (acknowledged, refused) = (grouped(self.acknowledged()), grouped(self.refused()));
        let holds = comparison.holds(self.refusal);
        report.check(holds, format!("{when}: {acknowledged} changes acknowledged, {refused} refused: {comparison}"));
    }

    /// Reports the reads, and whether there were unexpected replies.
    pub fn check_reads(&self, when: &str, report: &mut ScenarioReport) {
        let count = |number: &AtomicU64| number.load(Ordering::Relaxed);
        let (right, wrong, refused) = (count(&self.reads.right), count(&self.reads.wrong), count(&self.reads.refused));
        let message = format!("{when}: {} look-ups answered, {wrong} wrong", grouped(right + wrong));
        match self.refusal {
            Refusal::Undone => report.check(wrong == 0 && refused == 0, format!("{message}, {refused} refused")),
            Refusal::InDoubt => report.check(wrong == 0, format!("{message}; {} refused", grouped(refused))),
        }
        let unexpected_replies = locked(&self.unexpected_replies);
        let first = unexpected_replies.first().map_or(String::new(), |answer| format!(", such as {answer}"));
        report.check(
            unexpected_replies.is_empty(),
            format!("{when}: {} errors other than internal_error{first}", unexpected_replies.len()),
        );
    }
}

/// The address book compared with the expected state.
#[derive(Default)]
pub struct Comparison {
    contacts: u64,
    missing: u64,
    refused_there: u64,
    unanswered_there: u64,
    partial: u64,
    duplicated: u64,
    torn: u64,
    unexpected: u64,
}

impl Comparison {
    fn holds(&self, refusal: Refusal) -> bool {
        let refused_there = if refusal == Refusal::Undone { self.refused_there } else { 0 };
        self.missing + refused_there + self.partial + self.duplicated + self.torn + self.unexpected == 0
    }
}

impl fmt::Display for Comparison {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { contacts, missing, refused_there, unanswered_there, partial, duplicated, torn, unexpected } = self;
        write!(
            f,
            "{} contacts there, {missing} acknowledged missing, {refused_there} refused there",
            grouped(*contacts)
        )?;
        if *unanswered_there > 0 {
            write!(f, ", {unanswered_there} there of those that were not answered")?;
        }
        let other = partial + duplicated + torn + unexpected;
        if other > 0 {
            write!(f, ", {partial} partial, {duplicated} duplicated, {torn} torn, {unexpected} unexpected")?;
        }
        Ok(())
    }
}

/// The contents of the address book.
#[derive(Default)]
struct Found {
    /// How often each number is there.
    numbers: HashMap<u64, u64>,
    torn: u64,
}

fn survey(client: &mut ApiClient) -> Result<Found, String> {
    let (mut found, mut last) = (Found::default(), 0);
    loop {
        let page = client.contacts(&format!(
            r#","limit":{PAGE_CONTACTS},"fields":["id","first_name","phone_numbers"],"filter":{{"field":"id","operator":">","value":{last}}}"#
        ))?;
        let mut records = 0;
        for record in page.split(r#"{"id":"#).skip(1) {
            records += 1;
            last = leading(record).ok_or_else(|| format!("no id in {record:.80}"))?;
            found.note(record);
        }
        if records < PAGE_CONTACTS {
            return Ok(found);
        }
    }
}

impl Found {
    fn note(&mut self, record: &str) {
        let name = record.split(r#""first_name":"number "#).nth(1).and_then(leading);
        let phone = record.split(r#""phone_numbers":[""#).nth(1).and_then(leading);
        match (name, phone) {
            (Some(name), Some(phone)) if phone == PHONES_FROM + name => *self.numbers.entry(name).or_default() += 1,
            _ => self.torn += 1,
        }
    }
}

/// The number at the start of a text.
fn leading(text: &str) -> Option<u64> {
    let end = text.find(|character: char| !character.is_ascii_digit()).unwrap_or(text.len());
    text[..end].parse().ok()
}

/// The contact of a number, as a record of the API.
pub fn members(number: u64) -> String {
    format!(r#""last_name":"Scenario","first_name":"number {number}","phone_numbers":["{}"]"#, phone(number))
}

/// The phone number of a number.
pub fn phone(number: u64) -> u64 {
    PHONES_FROM + number
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
