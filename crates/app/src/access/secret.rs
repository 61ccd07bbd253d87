//! What must not be seen: passwords and tokens, in memory and in the store.
//!
//! A token is 256 bits from the operating system as 64 hexadecimal digits. It is shown once, to who asked for it;
//! kept is only its SHA-256, from which it cannot be found again because it has more bits than can be tried.

use std::fmt;

use sha2::{Digest, Sha256};

/// How long a token may be; a longer one is nobody's.
pub const TOKEN_BYTES_MAX: usize = 256;
/// Bytes of chance in a token.
const TOKEN_BYTES: usize = 32;

/// Something that prints as stars.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret<T>(T);

impl<T> Secret<T> {
    /// Hides a value.
    pub const fn new(value: T) -> Self {
        Self(value)
    }

    /// The value, for the one place that needs it.
    pub const fn expose(&self) -> &T {
        &self.0
    }
}

impl<T> fmt::Debug for Secret<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

impl<T> fmt::Display for Secret<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

/// The operating system gives no random bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RngUnavailable;

impl fmt::Display for RngUnavailable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the operating system gives no random bytes: see why its generator does not work")
    }
}

impl std::error::Error for RngUnavailable {}

/// A token that was never used before.
pub fn fresh_token() -> Result<Secret<String>, RngUnavailable> {
    let mut bytes = [0; TOKEN_BYTES];
    getrandom::fill(&mut bytes).map_err(|_| RngUnavailable)?;
    Ok(Secret::new(hex(&bytes)))
}

/// What is kept of a token.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct TokenHash([u8; 32]);

impl TokenHash {
    /// The hash of a token.
    pub fn of(token: &str) -> Self {
        Self(Sha256::digest(token.as_bytes()).into())
    }

    /// As the store keeps it: 64 hexadecimal digits.
    pub fn to_hex(self) -> String {
        hex(&self.0)
    }

    /// The first byte, which is as good as random.
    pub(super) fn first_byte(self) -> u8 {
        self.0[0]
    }

    /// Reads what the store kept.
    pub(super) fn from_hex(text: &str) -> Option<Self> {
        let mut bytes = [0; 32];
        if text.len() != 2 * bytes.len() {
            return None;
        }
        let digit = |byte: u8| char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
        for (byte, pair) in bytes.iter_mut().zip(text.as_bytes().chunks(2)) {
            *byte = digit(pair[0])? << 4 | digit(pair[1])?;
        }
        Some(Self(bytes))
    }
}

impl fmt::Debug for TokenHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TokenHash(***)")
    }
}

/// Whether a text has the form of our tokens.
pub(super) fn looks_like_a_token(text: &str) -> bool {
    text.len() == 2 * TOKEN_BYTES && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

fn hex(bytes: &[u8]) -> String {
    let digit = |value: u8| char::from_digit(u32::from(value), 16).unwrap_or('0');
    bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]).collect()
}

#[cfg(test)]
mod tests {
    use super::{Secret, TokenHash, fresh_token, looks_like_a_token};

    #[test]
    fn secrets_print_as_stars() {
        assert_eq!(format!("{0} {0:?}", Secret::new("hunter2")), "*** ***");
    }

    #[test]
    fn tokens_are_fresh_and_only_their_hash_is_kept() {
        let (one, other) = (fresh_token().expect("chance"), fresh_token().expect("chance"));
        assert!(looks_like_a_token(one.expose()) && one != other);
        let hash = TokenHash::of(one.expose());
        assert_eq!(TokenHash::from_hex(&hash.to_hex()), Some(hash));
        assert_eq!(TokenHash::from_hex("zz"), None);
        let known = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        assert_eq!(TokenHash::of("abc").to_hex(), known);
    }
}
