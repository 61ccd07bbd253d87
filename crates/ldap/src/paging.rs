//! Where a page of results ended, in the cookie that the client sends back: nothing is kept in the server.
//!
//! Without a sort, contacts come by their ids, and the cookie holds the last id: a page continues there, whatever was changed
//! meanwhile. With a sort it holds how many came before.

use ldap_wire::Writer;

/// Bytes of a cookie.
const COOKIE_BYTES: usize = 16;

/// Where a page begins.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Position {
    /// The last id of the page before, or how many entries came before.
    pub after: u64,
    /// How many entries were answered in all pages before.
    pub answered: u64,
}

impl Position {
    /// Reads a cookie; an empty one is the beginning. `None` for one that the server has not made.
    pub fn read(cookie: &[u8]) -> Option<Self> {
        if cookie.is_empty() {
            return Some(Self::default());
        }
        let cookie: &[u8; COOKIE_BYTES] = cookie.try_into().ok()?;
        let number = |at: usize| cookie[at..at + 8].iter().fold(0, |number, byte| number << 8 | u64::from(*byte));
        Some(Self { after: number(0), answered: number(8) })
    }

    fn cookie(self) -> Vec<u8> {
        [self.after.to_be_bytes(), self.answered.to_be_bytes()].concat()
    }
}

/// The value of the control of an answer: how many entries match, and where the next page begins if there is one.
pub fn control(total: u64, next: Option<Position>) -> Vec<u8> {
    let mut value = Writer::default();
    value.nested(0x30, |control| {
        control.number(2, i64::try_from(total).unwrap_or(i64::MAX));
        control.bytes(4, &next.map(Position::cookie).unwrap_or_default());
    });
    value.into_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cookies_read_back() {
        let position = Position { after: u64::MAX, answered: 1_000 };
        assert_eq!(Position::read(&position.cookie()), Some(position));
        assert_eq!(Position::read(&[]), Some(Position::default()));
        assert_eq!(Position::read(b"forged"), None);
    }
}
