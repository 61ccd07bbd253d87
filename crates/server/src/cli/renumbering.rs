//! `ringbook customer set --country`: what the phone numbers of a stored book become, and writing them.
//!
//! The change goes the way of every change of a book: it names the revision that it was decided on and is decided again
//! when a server has been quicker. Servers learn of it by the directory, which moves with it.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::sync::Arc;
use std::time::Duration;

use ringbook_app::access::number_rule;
use ringbook_book::Book;
use ringbook_book::book::reread::{NumberChange, NumberHolder, Reread};
use ringbook_book::change::{Change, Effect};
use ringbook_book::id::{ContactId, CustomerId};
use ringbook_book::text::NumberRule;
use ringbook_store::{CommitError, CustomerEdit, Dialing, Store, StoreError};
use serde_json::{Value, json};

use super::cli_error::CliError;
use super::console::Console;
use super::output::CommandOutput;

/// How many contacts one transaction changes at most.
const EFFECTS_PER_COMMIT: usize = 10_000;
/// How often a change is decided again because servers were quicker.
const ATTEMPTS_MAX: usize = 50;
/// When every server reads numbers by the new rule.
const SERVERS_FOLLOW: Duration = Duration::from_millis(1_000);
/// How many numbers are listed.
const LISTED_MAX: usize = 20;
/// How many numbers are in the JSON value.
const LISTED_IN_JSON_MAX: usize = 10_000;

/// Other settings of a customer's telephones; `None` leaves one as it is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct DialingEdit {
    pub(super) country: Option<Option<String>>,
    pub(super) area_code: Option<Option<String>>,
    pub(super) outside_prefix: Option<Option<String>>,
}

impl DialingEdit {
    pub(super) fn apply(self, row: Dialing) -> Dialing {
        Dialing {
            country: self.country.unwrap_or(row.country),
            area_code: self.area_code.unwrap_or(row.area_code),
            outside_prefix: self.outside_prefix.unwrap_or(row.outside_prefix),
        }
    }
}

/// Whether the numbers of the book are changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Consent {
    /// Nothing is changed.
    DryRun,
    /// They are.
    Yes,
    /// The operator is asked.
    Ask,
}

/// The rule of these settings.
pub(super) fn rule_of(dialing: &Dialing) -> Result<NumberRule, CliError> {
    number_rule(dialing)
        .map_err(|error| CliError::usage(format_args!("--country, --area-code, --outside-prefix: {error}")))
}

/// Changes a customer, and reads the numbers of its book by the new rule.
pub(super) async fn set(
    store: &Store,
    id: CustomerId,
    edit: CustomerEdit,
    dialing: DialingEdit,
    consent: Consent,
    console: &mut Console<'_>,
) -> Result<CommandOutput, CliError> {
    let directory = store.directory().await?;
    let row = directory.customers.into_iter().find(|row| row.id == id);
    let missing = StoreError::NotFound { what: ringbook_store::EntityKind::Customer };
    let dialing = dialing.apply(row.ok_or(missing)?.dialing);
    let rule = rule_of(&dialing)?;
    // Nothing else runs on this thread.
    let book = store.load_book(id)?;
    let reread = book.reread(&rule);
    let text = report(id, &book, &reread);
    let json = in_json(id, &book, &reread);
    if consent == Consent::DryRun {
        return Ok(CommandOutput::text(json, text).note("nothing was changed: --dry-run"));
    }
    if consent == Consent::Ask && !reread.effects.is_empty() {
        ask(&text, console)?;
    }
    store.set_customer(id, CustomerEdit { dialing: Some(dialing), ..edit }).await?;
    write(store, id, &rule).await?;
    // What a server has read by the old rule until it followed.
    tokio::time::sleep(SERVERS_FOLLOW).await;
    write(store, id, &rule).await?;
    Ok(CommandOutput::text(json, format!("customer {id} changed\n{text}")))
}

/// Asks the operator on a terminal.
fn ask(report: &str, console: &mut Console<'_>) -> Result<(), CliError> {
    if !console.is_interactive {
        let count = report.lines().next().unwrap_or_default();
        return Err(CliError::failed(format_args!("{count}: look at them with --dry-run, then give --yes")));
    }
    let asked = write!(console.stderr, "{report}Change them? [y/N] ").and_then(|()| console.stderr.flush());
    let mut answer = String::new();
    let read = asked.and_then(|()| console.stdin.read_line(&mut answer));
    read.map_err(|cause| CliError::failed(format_args!("cannot ask: {cause}")))?;
    match answer.trim().to_lowercase().as_str() {
        "y" | "yes" => Ok(()),
        _ => Err(CliError::failed("nothing was changed")),
    }
}

/// Writes what the numbers of the book are by the rule; does nothing where they are so.
async fn write(store: &Store, id: CustomerId, rule: &NumberRule) -> Result<(), CliError> {
    for _ in 0..ATTEMPTS_MAX {
        let book = store.load_book(id)?;
        let effects = book.reread(rule).effects;
        if effects.is_empty() {
            return Ok(());
        }
        let outcome = commit(store, id, &book, effects).await;
        store.touch_directory().await?;
        match outcome {
            Ok(()) => return Ok(()),
            Err(CommitError::Refused(StoreError::RevisionMoved)) => {}
            Err(CommitError::Refused(fault) | CommitError::Lost(fault)) => return Err(fault.into()),
        }
    }
    Err(CliError::failed(format_args!(
        "the book changes too quickly: customer {id} has the new settings, some of its numbers are as before; give the \
         same command again"
    )))
}

async fn commit(store: &Store, id: CustomerId, book: &Book, effects: Vec<Effect>) -> Result<(), CommitError> {
    let mut decided_on = book.revision();
    let mut effects = effects.into_iter().peekable();
    while effects.peek().is_some() {
        let effects = effects.by_ref().take(EFFECTS_PER_COMMIT).collect();
        let change = Arc::new(Change { decided_on, contacts: book.contacts_len() as u64, effects });
        decided_on = change.revision();
        store.commit(id, vec![change], Vec::new()).await?;
    }
    Ok(())
}

/// What would change, for people.
fn report(id: CustomerId, book: &Book, reread: &Reread) -> String {
    let numbers: usize = book.iter().map(|view| view.packed_phones().len()).sum();
    let of_contacts = |change: &&NumberChange| matches!(change.holder, NumberHolder::Contact(_));
    let changed = reread.changes.iter().filter(of_contacts).count();
    let on_blacklist = reread.changes.len() - changed;
    let mut text = format!(
        "customer {id}: {changed} of {numbers} phone numbers are read otherwise, in {} contacts; {on_blacklist} on the \
         blacklist\n",
        reread.contacts()
    );
    for change in reread.changes.iter().take(LISTED_MAX) {
        let NumberChange { before, after, is_dropped, .. } = change;
        let dropped = if *is_dropped { " (dropped: there already)" } else { "" };
        let _ = writeln!(text, "  {}: {before} -> {after}{dropped}", holder(change.holder));
    }
    let _ = more(&mut text, reread.changes.len());
    if !reread.shared.is_empty() {
        let _ = writeln!(text, "{} numbers that several contacts have then:", reread.shared.len());
        for (phone, contacts) in reread.shared.iter().take(LISTED_MAX) {
            let _ = writeln!(text, "  {phone}: contacts {}", listed(contacts));
        }
        let _ = more(&mut text, reread.shared.len());
    }
    text
}

fn more(text: &mut String, count: usize) -> std::fmt::Result {
    match count.checked_sub(LISTED_MAX) {
        Some(rest @ 1..) => writeln!(text, "  and {rest} more"),
        _ => Ok(()),
    }
}

fn holder(holder: NumberHolder) -> String {
    match holder {
        NumberHolder::Contact(id) => format!("contact {id}"),
        NumberHolder::Blacklist(id) => format!("blacklist {id}"),
    }
}

fn listed(contacts: &BTreeSet<ContactId>) -> String {
    let ids: Vec<String> = contacts.iter().take(LISTED_MAX).map(ContactId::to_string).collect();
    let rest = if contacts.len() > LISTED_MAX { ", …" } else { "" };
    format!("{}{rest}", ids.join(", "))
}

/// The same for programs.
fn in_json(id: CustomerId, book: &Book, reread: &Reread) -> Value {
    let change = |change: &NumberChange| {
        let (contact, entry) = match change.holder {
            NumberHolder::Contact(id) => (Value::from(id.number()), Value::Null),
            NumberHolder::Blacklist(id) => (Value::Null, Value::from(id.number())),
        };
        json!({"contact_id": contact, "blacklist_id": entry, "before": change.before.to_string(),
            "after": change.after.to_string(), "dropped": change.is_dropped})
    };
    let shared = reread.shared.iter().take(LISTED_IN_JSON_MAX).map(|(phone, contacts)| {
        let ids: Vec<u64> = contacts.iter().map(|id| id.number()).collect();
        json!({"number": phone.to_string(), "contact_ids": ids})
    });
    json!({
        "id": id.number(),
        "contacts": book.contacts_len(),
        "changed_contacts": reread.contacts(),
        "changed_numbers": reread.changes.len(),
        "changes": reread.changes.iter().take(LISTED_IN_JSON_MAX).map(change).collect::<Vec<_>>(),
        "shared": shared.collect::<Vec<_>>(),
    })
}
