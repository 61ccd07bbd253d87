//! The country, area code and prefix of a customer's telephones, and what the numbers of its book become when they change.
//!
//! The application and the operator's command share this: both write the numbers with [`write_numbers`]. The changes go the way of
//! every change of a book: they name the revision that they were decided on and are decided again when somebody has been quicker.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use ringbook_book::Book;
use ringbook_book::book::reread::NumberHolder;
use ringbook_book::change::{Change, Effect};
use ringbook_book::id::{ContactId, CustomerId, Revision};
use ringbook_book::runner::{INLINE, Runner};
use ringbook_book::text::NumberRule;
use ringbook_store::{CommitError, Dialing, Store, StoreError};

use crate::books::BookError;

/// How many contacts and entries of the blacklist one transaction changes at most.
pub const EFFECTS_PER_COMMIT: usize = 10_000;
/// How many contacts and entries of the blacklist a request of a person changes at most; further requests change the rest.
pub const EFFECTS_PER_REQUEST: usize = 10_000;
/// How many examples of each kind a preview has.
pub const PREVIEW_LISTED_MAX: usize = 20;

/// What reading the numbers of a contact again takes.
const READ_NANOS_PER_CONTACT: u64 = 2_000;
/// How often a change is decided again because others were quicker.
const ATTEMPTS_MAX: usize = 50;
/// When every server, and every call that was under way, reads numbers by the new rule.
const ALL_FOLLOW: Duration = Duration::from_millis(1_000);

/// Other settings of a customer's telephones; `None` leaves one as it is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DialingEdit {
    /// The country, two letters of ISO 3166.
    pub country: Option<Option<String>>,
    /// The area code of local numbers.
    pub area_code: Option<Option<String>>,
    /// What is dialled before outside numbers.
    pub outside_prefix: Option<Option<String>>,
}

impl DialingEdit {
    /// The settings after the edit.
    pub fn apply(self, row: Dialing) -> Dialing {
        Dialing {
            country: self.country.unwrap_or(row.country),
            area_code: self.area_code.unwrap_or(row.area_code),
            outside_prefix: self.outside_prefix.unwrap_or(row.outside_prefix),
        }
    }
}

/// Why numbers were not written, or not all of them.
#[derive(Debug, Clone)]
pub enum RenumberingError {
    /// The book cannot be had, or the store fails.
    Book(BookError),
    /// Others change the book too quickly. The settings are the new ones; some numbers are as before.
    Overtaken,
}

impl fmt::Display for RenumberingError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Book(error) => error.fmt(f),
            Self::Overtaken => f.write_str("the book changes too quickly: some of its numbers are as before"),
        }
    }
}

impl From<BookError> for RenumberingError {
    fn from(error: BookError) -> Self {
        Self::Book(error)
    }
}

impl From<StoreError> for RenumberingError {
    fn from(error: StoreError) -> Self {
        Self::Book(error.into())
    }
}

/// What the numbers of a book would become, for a person.
#[derive(Debug)]
pub struct NumbersPreview {
    /// Contacts of the book.
    pub contacts: usize,
    /// Their phone numbers.
    pub numbers: usize,
    /// Contacts with a number that changes.
    pub changed_contacts: usize,
    /// Numbers of contacts that change.
    pub changed_numbers: usize,
    /// Numbers on the blacklist that change.
    pub changed_on_blacklist: usize,
    /// The first [`PREVIEW_LISTED_MAX`] numbers that change.
    pub changes: Vec<PreviewedChange>,
    /// How many numbers several contacts have only then.
    pub shared_count: usize,
    /// The first [`PREVIEW_LISTED_MAX`] of these, each with the first [`PREVIEW_LISTED_MAX`] of its contacts.
    pub shared: Vec<(String, Vec<NamedContact>)>,
}

/// A number that would change.
#[derive(Debug)]
pub struct PreviewedChange {
    /// Whose it is; `None` for an entry of the blacklist.
    pub contact: Option<NamedContact>,
    /// As it is stored.
    pub before: String,
    /// As it would be stored.
    pub after: String,
    /// Whether it would be dropped, because its holder, or the blacklist, has the number already.
    pub is_dropped: bool,
}

/// A contact with the name that people know it by.
#[derive(Debug)]
pub struct NamedContact {
    /// The id.
    pub id: u64,
    /// The full name.
    pub name: String,
}

impl NumbersPreview {
    /// How long [`NumbersPreview::of`] takes about.
    pub fn estimate(book: &Book) -> Duration {
        Duration::from_nanos((book.contacts_len() as u64).saturating_mul(READ_NANOS_PER_CONTACT))
    }

    /// What the numbers of the book would become by the rule; `None` when the runner says to stop.
    pub fn of(book: &Book, rule: &NumberRule, runner: &dyn Runner) -> Option<Self> {
        let preview = book.preview_reread(rule, PREVIEW_LISTED_MAX, runner)?;
        let named = |id: ContactId| {
            let name = book.contact(id).map(|contact| contact.full_name().to_owned()).unwrap_or_default();
            NamedContact { id: id.number(), name }
        };
        let changes = preview.changes.iter().map(|change| PreviewedChange {
            contact: match change.holder {
                NumberHolder::Contact(id) => Some(named(id)),
                NumberHolder::Blacklist(_) => None,
            },
            before: change.before.to_string(),
            after: change.after.to_string(),
            is_dropped: change.is_dropped,
        });
        let shared = preview.shared.iter().map(|shared| {
            let contacts = shared.contacts.iter().take(PREVIEW_LISTED_MAX).map(|id| named(*id));
            (shared.number.to_string(), contacts.collect())
        });
        Some(Self {
            contacts: book.contacts_len(),
            numbers: preview.numbers,
            changed_contacts: preview.contacts,
            changed_numbers: preview.changed,
            changed_on_blacklist: preview.changed_on_blacklist,
            changes: changes.collect(),
            shared_count: preview.shared_count,
            shared: shared.collect(),
        })
    }
}

/// Changes of numbers that were decided on a state of a book.
#[derive(Debug)]
pub struct DecidedNumbers {
    decided_on: Revision,
    contacts: u64,
    effects: Vec<Effect>,
    has_more: bool,
}

impl DecidedNumbers {
    /// What changes at most `effects_max` contacts and entries of the blacklist of this book; `None` when the runner says to stop.
    pub fn of(book: &Book, rule: &NumberRule, effects_max: usize, runner: &dyn Runner) -> Option<Self> {
        let reread = book.reread(rule, effects_max, runner)?;
        let (decided_on, contacts) = (book.revision(), book.contacts_len() as u64);
        Some(Self { decided_on, contacts, effects: reread.effects, has_more: reread.has_more })
    }
}

/// A book whose numbers are written.
pub trait Renumbered {
    /// Decides the next changes on the present state of the book.
    fn decide(&self, rule: NumberRule) -> impl Future<Output = Result<DecidedNumbers, RenumberingError>> + Send;

    /// Called after changes were committed, or were not because others were quicker: readers are to see the present state.
    fn moved(&self) -> impl Future<Output = Result<(), RenumberingError>> + Send;
}

/// A book in a store, for an operator's command: a server that runs beside it looks at the book again.
pub struct StoredBook<'s>(pub &'s Store, pub CustomerId);

impl Renumbered for StoredBook<'_> {
    async fn decide(&self, rule: NumberRule) -> Result<DecidedNumbers, RenumberingError> {
        // Nothing else runs on the thread of a command.
        let book = self.0.load_book(self.1)?;
        let decided = DecidedNumbers::of(&book, &rule, usize::MAX, &INLINE);
        decided.ok_or(RenumberingError::Overtaken)
    }

    async fn moved(&self) -> Result<(), RenumberingError> {
        Ok(self.0.touch_directory().await?)
    }
}

/// Writes what the numbers of a book are by the rule that its customer has now; does nothing where they are so. Returns whether there are more
/// than `book` decides at once. If there are none, this waits until all read numbers by the rule, and writes those that came
/// meanwhile.
///
/// # Errors
/// The book cannot be had, the store fails, or others change the book too quickly.
pub async fn write_numbers(
    store: &Store,
    customer: CustomerId,
    rule: NumberRule,
    book: &impl Renumbered,
) -> Result<bool, RenumberingError> {
    if write(store, customer, rule, book).await? {
        return Ok(true);
    }
    tokio::time::sleep(ALL_FOLLOW).await;
    write(store, customer, rule, book).await
}

async fn write(
    store: &Store,
    customer: CustomerId,
    rule: NumberRule,
    book: &impl Renumbered,
) -> Result<bool, RenumberingError> {
    for _ in 0..ATTEMPTS_MAX {
        let decided = book.decide(rule).await?;
        if decided.effects.is_empty() {
            return Ok(false);
        }
        let has_more = decided.has_more;
        let outcome = commit(store, customer, decided).await;
        book.moved().await?;
        match outcome {
            Ok(()) => return Ok(has_more),
            Err(CommitError::Refused(StoreError::RevisionMoved)) => {}
            Err(CommitError::Refused(fault) | CommitError::Lost(fault)) => return Err(fault.into()),
        }
    }
    Err(RenumberingError::Overtaken)
}

async fn commit(store: &Store, customer: CustomerId, decided: DecidedNumbers) -> Result<(), CommitError> {
    let DecidedNumbers { mut decided_on, contacts, effects, .. } = decided;
    let mut effects = effects.into_iter().peekable();
    while effects.peek().is_some() {
        let effects = effects.by_ref().take(EFFECTS_PER_COMMIT).collect();
        let change = Arc::new(Change { decided_on, contacts, effects });
        decided_on = change.revision();
        store.commit(customer, vec![change], Vec::new()).await?;
    }
    Ok(())
}
