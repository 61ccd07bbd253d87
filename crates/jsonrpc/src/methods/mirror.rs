//! `get.contact_changes`: what a mirror of the contacts has to read instead of everything again.
//!
//! Where a mirror stands is told in a cursor. Clients must take it as it is; inside it holds the version of its form,
//! the account, and a place in the book's order of change. The account is there because the numbers of one book would
//! be good numbers in another: a mirror that mixes up its keys is told so instead of being led astray.

use bytes::Bytes;
use ringbook_book::Book;
use ringbook_book::book::history::{Cursor, StaleCursor};
use ringbook_book::id::CustomerId;
use ringbook_book::query::window::{LIMIT_DEFAULT, LIMIT_MAX};

use super::MethodCall;
use crate::mnemonic::{Mnemonic, RpcError};
use crate::reader::Reader;
use crate::to_wire::{self, Reply, WithCursor};
use crate::{Rpc, error_map};

const SINCE: &str = "since";
const LIMIT: &str = "limit";

/// Pages of more contacts than this are written where that holds up nobody else.
const CONTACTS_AT_ONCE_MAX: usize = 1_000;

/// The form of cursors; another form gets another letter.
const VERSION: char = 'a';
const SEPARATOR: char = '-';

/// What to do about a cursor that leads nowhere.
const START_OVER: &str = "start over: forget what was mirrored and send \"\"";

/// Asks the caller's book what has changed, and writes it.
pub async fn contact_changes(rpc: &Rpc, work: MethodCall<'_>) -> Result<Vec<Bytes>, RpcError> {
    let since = work.params.text(SINCE)?;
    let limit = work.params.whole(LIMIT)?;
    let customer = work.customer()?;
    let since = cursor(&since, customer).map_err(|reason| unusable(work.params, &reason))?;
    let limit = judged_limit(limit, work.params)?;
    let book = rpc.books.book(customer).await.map_err(|fault| error_map::of_book(&fault))?;
    let is_long = limit > CONTACTS_AT_ONCE_MAX || book.changed_much_since(since);
    let reply = Reply::open(work.id);
    let read = move || changes(reply, &book, since, limit, customer);
    let read = if is_long { rpc.books.aside(read).await } else { read() };
    let (reply, standing) = read.map_err(|stale| unusable(work.params, &why_stale(stale)))?;
    Ok(reply.finish_with_cursor(&standing, work.limits))
}

/// Writes what has changed; the reply, and where the mirror stands after it.
fn changes(
    mut reply: Reply,
    book: &Book,
    since: Option<Cursor>,
    limit: usize,
    customer: CustomerId,
) -> Result<(Reply, WithCursor), StaleCursor> {
    let changes = book.changes(since, limit)?;
    to_wire::changes(reply.data(), &changes.changed);
    let cursor = spelled(changes.cursor, customer);
    Ok((reply, WithCursor { total: changes.total, cursor, has_more: changes.has_more }))
}

fn judged_limit(limit: Option<i128>, params: Reader<'_>) -> Result<usize, RpcError> {
    let Some(limit) = limit else {
        return Ok(LIMIT_DEFAULT);
    };
    let limit = usize::try_from(limit).ok().filter(|limit| (1..=LIMIT_MAX).contains(limit));
    limit.ok_or_else(|| {
        let fault = RpcError::at(Mnemonic::InvalidParameterValue, LIMIT).sent(params.raw(LIMIT));
        fault.because(format!("must be from 1 to {LIMIT_MAX}")).with("max", LIMIT_MAX as u64)
    })
}

fn unusable(params: Reader<'_>, reason: &str) -> RpcError {
    RpcError::at(Mnemonic::InvalidParameterValue, SINCE).sent(params.raw(SINCE)).because(reason)
}

fn why_stale(stale: StaleCursor) -> String {
    let why = match stale {
        StaleCursor::Forgotten => "the cursor is too old, contacts deleted since then are not remembered any more",
        StaleCursor::Ahead => "the cursor is ahead of the address book, which was restored from an older copy",
    };
    format!("{why}; {START_OVER}")
}

/// Writes a cursor of this account.
fn spelled(cursor: Cursor, customer: CustomerId) -> String {
    let Cursor { began, revision, id } = cursor;
    let numbers = [customer.number(), began, revision, id].map(|number| format!("{number:x}"));
    format!("{VERSION}{}", numbers.join(&SEPARATOR.to_string()))
}

/// Reads a cursor of this account, `None` for the beginning; or says why it is none.
fn cursor(text: &str, customer: CustomerId) -> Result<Option<Cursor>, String> {
    if text.is_empty() {
        return Ok(None);
    }
    let Some([owner, began, revision, id]) = numbers(text) else {
        let known = "not a cursor: send metadata.cursor of the answer before just as it was";
        return Err(format!("{known}, or {START_OVER}"));
    };
    if owner != customer.number() {
        return Err(format!("the cursor belongs to another account; {START_OVER}"));
    }
    Ok(Some(Cursor { began, revision, id }))
}

fn numbers(text: &str) -> Option<[u64; 4]> {
    let mut parts = text.strip_prefix(VERSION)?.split(SEPARATOR);
    let mut numbers = [0; 4];
    for number in &mut numbers {
        let digits = parts.next()?;
        let is_plain = digits.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
        *number = u64::from_str_radix(digits, 16).ok().filter(|_| is_plain)?;
    }
    parts.next().is_none().then_some(numbers)
}

#[cfg(test)]
mod tests {
    use ringbook_book::id::ID_MAX;

    use super::*;

    #[test]
    fn a_cursor_is_read_back_by_its_own_account_only() {
        let [mine, theirs] = [3, 4].map(|number| CustomerId::new(number).expect("an id"));
        for place in [
            Cursor { began: 0, revision: 0, id: 0 },
            Cursor { began: 17, revision: 12, id: 999 },
            Cursor { began: u64::MAX, revision: u64::MAX, id: ID_MAX },
        ] {
            let text = spelled(place, mine);
            assert_eq!(cursor(&text, mine), Ok(Some(place)));
            let reason = cursor(&text, theirs).expect_err("somebody else's");
            assert!(reason.contains("another account") && reason.contains("send \"\""), "{reason}");
        }
        assert_eq!(cursor("", mine), Ok(None));
    }

    #[test]
    fn what_was_never_a_cursor_is_refused_with_the_way_on() {
        let mine = CustomerId::new(3).expect("an id");
        for text in ["a", "0", "a3-1-1", "a3-1-1-1-1", "b3-1-1-1", "a3-1-1-+1", "a3-1-1-G", "a3-1-1-", "a3-1-1-1 "] {
            let reason = cursor(text, mine).expect_err("no cursor");
            assert!(reason.contains("metadata.cursor") && reason.contains("send \"\""), "{text}: {reason}");
        }
        let long = format!("a3-1-1-{}", "f".repeat(17));
        assert!(cursor(&long, mine).is_err());
    }
}
