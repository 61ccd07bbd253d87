//! Cursors of the order of change as texts: where a client that keeps a copy of the contacts stands.
//!
//! Clients must treat a cursor as opaque. It holds the version of its form, the account, and a place in the book's
//! order of change. The account is there because the numbers of one book would be valid numbers in another: a client
//! that mixes up its keys is refused instead of being given the wrong changes.

use ringbook_book::book::history::{Cursor, CursorError};
use ringbook_book::id::CustomerId;

/// The form of cursors; another form gets another letter.
const VERSION: char = 'a';
const SEPARATOR: char = '-';

/// What to do about a cursor that cannot be used.
const START_OVER: &str = "start over: discard the copy and send \"\"";

/// The text of a cursor of this account.
pub fn write(cursor: Cursor, customer: CustomerId) -> String {
    let Cursor { began, revision, id } = cursor;
    let numbers = [customer.number(), began, revision, id].map(|number| format!("{number:x}"));
    format!("{VERSION}{}", numbers.join(&SEPARATOR.to_string()))
}

/// Reads a cursor of this account; the empty text is the beginning, `None`.
///
/// # Errors
/// The reason, in English, with the next step: the text is no cursor, or belongs to another account.
pub fn read(text: &str, customer: CustomerId) -> Result<Option<Cursor>, String> {
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

/// Why the book has no use for a cursor, in English, with the next step.
pub fn why_stale(stale: &CursorError) -> String {
    let why = match stale {
        CursorError::Forgotten => "the cursor is too old: contacts deleted since then are no longer remembered",
        CursorError::Ahead => "the cursor is ahead of the address book, which was restored from an older copy",
    };
    format!("{why}; {START_OVER}")
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
            let text = write(place, mine);
            assert_eq!(read(&text, mine), Ok(Some(place)));
            let reason = read(&text, theirs).expect_err("somebody else's");
            assert!(reason.contains("another account") && reason.contains("send \"\""), "{reason}");
        }
        assert_eq!(read("", mine), Ok(None));
    }

    #[test]
    fn what_was_never_a_cursor_is_refused_with_the_way_on() {
        let mine = CustomerId::new(3).expect("an id");
        for text in ["a", "0", "a3-1-1", "a3-1-1-1-1", "b3-1-1-1", "a3-1-1-+1", "a3-1-1-G", "a3-1-1-", "a3-1-1-1 "] {
            let reason = read(text, mine).expect_err("no cursor");
            assert!(reason.contains("metadata.cursor") && reason.contains("send \"\""), "{text}: {reason}");
        }
        let long = format!("a3-1-1-{}", "f".repeat(17));
        assert!(read(&long, mine).is_err());
    }
}
