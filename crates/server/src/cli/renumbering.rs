//! `ringbook customer set --country`: what the phone numbers of a stored book become, and writing them with the code of the
//! application ([`ringbook_app::renumbering`]).

use std::collections::BTreeSet;
use std::fmt::Write as _;

use ringbook_app::access::number_rule;
use ringbook_app::books::BookError;
use ringbook_app::renumbering::{DialingEdit, RenumberingError, StoredBook, write_numbers};
use ringbook_book::Book;
use ringbook_book::book::reread::{NumberChange, NumberHolder, RereadPreview, SharedNumber};
use ringbook_book::id::{ContactId, CustomerId};
use ringbook_book::runner::INLINE;
use ringbook_book::text::NumberRule;
use ringbook_store::{CustomerEdit, Dialing, Store, StoreError};
use serde_json::{Value, json};

use super::cli_error::CliError;
use super::console::Console;
use super::output::CommandOutput;

/// How many numbers are listed.
const LISTED_MAX: usize = 20;
/// How many numbers are in the JSON value.
const LISTED_IN_JSON_MAX: usize = 10_000;

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
    let preview = book.preview_reread(&rule, LISTED_IN_JSON_MAX, &INLINE);
    let preview = preview.ok_or_else(|| CliError::failed("the numbers were not read to their end"))?;
    let text = report(id, &preview);
    let json = in_json(id, &book, &preview);
    if consent == Consent::DryRun {
        return Ok(CommandOutput::text(json, text).note("nothing was changed: --dry-run"));
    }
    if consent == Consent::Ask && preview.changed + preview.changed_on_blacklist > 0 {
        ask(&text, console)?;
    }
    store.set_customer(id, CustomerEdit { dialing: Some(dialing), ..edit }).await?;
    write_numbers(store, id, rule, &StoredBook(store, id)).await.map_err(|error| match error {
        RenumberingError::Book(BookError::Store(fault)) => fault.into(),
        RenumberingError::Book(error) => CliError::failed(error),
        RenumberingError::Overtaken => CliError::failed(format_args!(
            "the book changes too quickly: customer {id} has the new settings, some of its numbers are as before; give the \
             same command again"
        )),
    })?;
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

/// What would change, for people.
fn report(id: CustomerId, preview: &RereadPreview) -> String {
    let RereadPreview { numbers, contacts, changed, changed_on_blacklist, .. } = preview;
    let mut text = format!(
        "customer {id}: {changed} of {numbers} phone numbers are read otherwise, in {contacts} contacts; \
         {changed_on_blacklist} on the blacklist\n"
    );
    for change in preview.changes.iter().take(LISTED_MAX) {
        let NumberChange { before, after, is_dropped, .. } = change;
        let dropped = if *is_dropped { " (dropped: there already)" } else { "" };
        let _ = writeln!(text, "  {}: {before} -> {after}{dropped}", holder(change.holder));
    }
    let _ = more(&mut text, changed + changed_on_blacklist);
    if preview.shared_count > 0 {
        let _ = writeln!(text, "{} numbers that several contacts have then:", preview.shared_count);
        for SharedNumber { number, contacts } in preview.shared.iter().take(LISTED_MAX) {
            let _ = writeln!(text, "  {number}: contacts {}", listed(contacts));
        }
        let _ = more(&mut text, preview.shared_count);
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
fn in_json(id: CustomerId, book: &Book, preview: &RereadPreview) -> Value {
    let change = |change: &NumberChange| {
        let (contact, entry) = match change.holder {
            NumberHolder::Contact(id) => (Value::from(id.number()), Value::Null),
            NumberHolder::Blacklist(id) => (Value::Null, Value::from(id.number())),
        };
        json!({"contact_id": contact, "blacklist_id": entry, "before": change.before.to_string(),
            "after": change.after.to_string(), "dropped": change.is_dropped})
    };
    let shared = preview.shared.iter().map(|SharedNumber { number, contacts }| {
        let ids: Vec<u64> = contacts.iter().map(|id| id.number()).collect();
        json!({"number": number.to_string(), "contact_ids": ids})
    });
    json!({
        "id": id.number(),
        "contacts": book.contacts_len(),
        "changed_contacts": preview.contacts,
        "changed_numbers": preview.changed + preview.changed_on_blacklist,
        "changes": preview.changes.iter().map(change).collect::<Vec<_>>(),
        "shared": shared.collect::<Vec<_>>(),
    })
}
