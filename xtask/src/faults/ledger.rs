//! What writers tried and what they were told, and whether the book holds exactly that.
//!
//! Every contact that anybody tries to write has a number of its own, which is its name and its phone number. So a
//! contact that is found says whose call has made it, and two members that disagree say that it was torn.

use std::collections::{HashMap, HashSet};
use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::findings::{Findings, grouped};
use crate::server::client::Client;

/// The phone number of contact number 0.
const PHONES_FROM: u64 = 70_000_000_000;
/// Contacts that are read at once.
const PAGE_CONTACTS: usize = 10_000;

/// What `internal_error` means for a change.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// It has not happened.
    Undone,
    /// It may have happened: the answer of a store that is elsewhere may be lost.
    InDoubt,
}

/// What came of a call that would write contacts.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    Acknowledged,
    /// With `internal_error`.
    Refused,
    /// The connection broke.
    Unanswered,
}

/// A call and the numbers that it would write.
struct Try {
    first: u64,
    count: u64,
    outcome: Outcome,
}

/// What readers saw.
#[derive(Default)]
pub struct Reads {
    pub right: AtomicU64,
    pub wrong: AtomicU64,
    /// With `internal_error`.
    pub refused: AtomicU64,
}

/// All that was tried and seen so far.
pub struct Ledger {
    refusal: Refusal,
    tries: Mutex<Vec<Try>>,
    next: AtomicU64,
    acknowledged: AtomicU64,
    refused: AtomicU64,
    pub reads: Reads,
    /// Answers that nobody should get.
    strange: Mutex<Vec<String>>,
    slowest_micros: AtomicU64,
}

impl Ledger {
    pub fn new(refusal: Refusal) -> Self {
        Self {
            refusal,
            tries: Mutex::default(),
            next: AtomicU64::new(0),
            acknowledged: AtomicU64::new(0),
            refused: AtomicU64::new(0),
            reads: Reads::default(),
            strange: Mutex::default(),
            slowest_micros: AtomicU64::new(0),
        }
    }

    /// So many numbers that nobody else has; the first of them.
    pub fn take(&self, count: u64) -> u64 {
        self.next.fetch_add(count, Ordering::Relaxed)
    }

    /// Notes what came of a call.
    pub fn note(&self, first: u64, count: u64, outcome: Outcome) {
        match outcome {
            Outcome::Acknowledged => drop(self.acknowledged.fetch_add(1, Ordering::Relaxed)),
            Outcome::Refused => drop(self.refused.fetch_add(1, Ordering::Relaxed)),
            Outcome::Unanswered => {}
        }
        held(&self.tries).push(Try { first, count, outcome });
    }

    pub fn note_strange(&self, answer: &str) {
        held(&self.strange).push(answer.chars().take(300).collect());
    }

    pub fn note_time(&self, took: Duration) {
        let micros = u64::try_from(took.as_micros()).unwrap_or(u64::MAX);
        self.slowest_micros.fetch_max(micros, Ordering::Relaxed);
    }

    /// The longest that anybody waited for an answer since this was last asked.
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

    /// A number whose fate is known, and whether it is there; `chance` chooses.
    pub fn known(&self, chance: u64) -> Option<(u64, bool)> {
        let tries = held(&self.tries);
        let at = usize::try_from(chance).unwrap_or_default() % tries.len().max(1);
        let Try { first, count, outcome } = tries.get(at)?;
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
    pub fn compare(&self, client: &mut Client) -> Result<Balance, String> {
        let found = survey(client)?;
        let mut balance = Balance { contacts: found.numbers.len() as u64, torn: found.torn, ..Balance::default() };
        let mut tried = HashSet::new();
        for Try { first, count, outcome } in held(&self.tries).iter() {
            tried.extend(*first..first + count);
            let there = (*first..first + count).filter(|number| found.numbers.contains_key(number)).count() as u64;
            match outcome {
                Outcome::Acknowledged => balance.missing += count - there,
                Outcome::Refused => balance.refused_there += u64::from(there > 0),
                Outcome::Unanswered => balance.unanswered_there += u64::from(there > 0),
            }
            balance.halves += u64::from(there != 0 && there != *count);
        }
        balance.doubled = found.numbers.values().filter(|times| **times > 1).count() as u64;
        balance.strangers = found.numbers.keys().filter(|number| !tried.contains(number)).count() as u64;
        Ok(balance)
    }

    /// Says how many changes there were and whether the book holds them.
    pub fn judge(&self, balance: &Balance, moment: &str, findings: &mut Findings) {
        let (acknowledged, refused) = (grouped(self.acknowledged()), grouped(self.refused()));
        let holds = balance.holds(self.refusal);
        findings.judge(holds, format!("{moment}: {acknowledged} changes acknowledged, {refused} refused: {balance}"));
    }

    /// Says what readers saw, and whether anybody got an answer that nobody should get.
    pub fn judge_answers(&self, moment: &str, findings: &mut Findings) {
        let count = |number: &AtomicU64| number.load(Ordering::Relaxed);
        let (right, wrong, refused) = (count(&self.reads.right), count(&self.reads.wrong), count(&self.reads.refused));
        let told = format!("{moment}: {} look-ups answered, {wrong} wrong", grouped(right + wrong));
        match self.refusal {
            Refusal::Undone => findings.judge(wrong == 0 && refused == 0, format!("{told}, {refused} refused")),
            Refusal::InDoubt => findings.judge(wrong == 0, format!("{told}; {} refused", grouped(refused))),
        }
        let strange = held(&self.strange);
        let first = strange.first().map_or(String::new(), |answer| format!(", such as {answer}"));
        findings.judge(strange.is_empty(), format!("{moment}: {} refusals but internal_error{first}", strange.len()));
    }
}

/// The book beside the ledger.
#[derive(Default)]
pub struct Balance {
    contacts: u64,
    missing: u64,
    refused_there: u64,
    unanswered_there: u64,
    halves: u64,
    doubled: u64,
    torn: u64,
    strangers: u64,
}

impl Balance {
    fn holds(&self, refusal: Refusal) -> bool {
        let refused_there = if refusal == Refusal::Undone { self.refused_there } else { 0 };
        self.missing + refused_there + self.halves + self.doubled + self.torn + self.strangers == 0
    }
}

impl fmt::Display for Balance {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { contacts, missing, refused_there, unanswered_there, halves, doubled, torn, strangers } = self;
        write!(
            f,
            "{} contacts there, {missing} acknowledged missing, {refused_there} refused there",
            grouped(*contacts)
        )?;
        if *unanswered_there > 0 {
            write!(f, ", {unanswered_there} there of those that were not answered")?;
        }
        let other = halves + doubled + torn + strangers;
        if other > 0 {
            write!(f, ", {halves} halved, {doubled} doubled, {torn} torn, {strangers} by nobody")?;
        }
        Ok(())
    }
}

/// What the book holds.
#[derive(Default)]
struct Found {
    /// How often each number is there.
    numbers: HashMap<u64, u64>,
    torn: u64,
}

fn survey(client: &mut Client) -> Result<Found, String> {
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

/// The number that a text begins with.
fn leading(text: &str) -> Option<u64> {
    let end = text.find(|character: char| !character.is_ascii_digit()).unwrap_or(text.len());
    text[..end].parse().ok()
}

/// The contact of a number, as a record of the API.
pub fn members(number: u64) -> String {
    format!(r#""last_name":"Trial","first_name":"number {number}","phone_numbers":["{}"]"#, phone(number))
}

/// The phone number of a number.
pub fn phone(number: u64) -> u64 {
    PHONES_FROM + number
}

fn held<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
