//! Passwords: Argon2id with the recommended parameters.
//!
//! A hash takes tens of milliseconds and some 20 MB, on purpose. Therefore hashes are computed on the pool of workers,
//! on half of its slots at most, in turn for the addresses that log in ([`super::login`]). An unknown login is compared
//! with a hash made for nobody, so that it takes as long as a wrong password.

use std::fmt;
use std::sync::Arc;

use argon2::{Argon2, PasswordHasher, PasswordVerifier};

use super::secret::{RngUnavailable, Secret, fresh_token};

/// How long a password may be.
pub const PASSWORD_BYTES_MAX: usize = 1024;

/// Why a password is not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PasswordError {
    /// It is empty.
    Empty,
    /// It is longer than [`PASSWORD_BYTES_MAX`].
    TooLong,
    /// The operating system gives no random bytes for the salt.
    RngUnavailable,
}

impl fmt::Display for PasswordError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => f.write_str("the password is empty"),
            Self::TooLong => write!(f, "the password is longer than {PASSWORD_BYTES_MAX} bytes"),
            Self::RngUnavailable => RngUnavailable.fmt(f),
        }
    }
}

impl std::error::Error for PasswordError {}

/// The hash of a password, in PHC form. Takes tens of milliseconds.
pub fn hash_password(password: &Secret<String>) -> Result<String, PasswordError> {
    match password.expose().len() {
        0 => Err(PasswordError::Empty),
        1..=PASSWORD_BYTES_MAX => {
            let hash = Argon2::default().hash_password(password.expose().as_bytes());
            hash.map(|hash| hash.to_string()).map_err(|_| PasswordError::RngUnavailable)
        }
        _ => Err(PasswordError::TooLong),
    }
}

/// Whether the hash is one of this password. A hash that does not read back is nobody's.
fn matches(password: &Secret<String>, hash: &str) -> bool {
    Argon2::default().verify_password(password.expose().as_bytes(), hash).is_ok()
}

/// Compares passwords with hashes.
#[derive(Debug, Clone)]
pub(super) struct Passwords {
    /// The hash that unknown logins are compared with; nobody knows its password.
    nobody: Arc<str>,
}

impl Passwords {
    /// Ready to compare. Computes one hash.
    pub(super) fn new() -> Result<Self, PasswordError> {
        let password = fresh_token().map_err(|RngUnavailable| PasswordError::RngUnavailable)?;
        Ok(Self { nobody: hash_password(&password)?.into() })
    }

    /// Whether the password has this hash; `None` is the hash of nobody. Takes tens of milliseconds, and as long either
    /// way.
    pub(super) fn matches(&self, password: &Secret<String>, hash: Option<&str>) -> bool {
        let is_possible = password.expose().len() <= PASSWORD_BYTES_MAX;
        let password = if is_possible { password } else { &Secret::new(String::new()) };
        matches(password, hash.unwrap_or(&self.nobody)) && hash.is_some() && is_possible
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn secret(text: &str) -> Secret<String> {
        Secret::new(text.to_owned())
    }

    #[test]
    fn a_password_has_its_hash_and_nobody_has_none() {
        let passwords = Passwords::new().expect("chance");
        let hash = hash_password(&secret("correct horse")).expect("a hash");
        assert!(hash.starts_with("$argon2id$"));
        for (text, hash, expected) in [
            ("correct horse", Some(hash.as_str()), true),
            ("wrong", Some(&hash), false),
            ("correct horse", None, false),
            (&"x".repeat(5000), Some(&hash), false),
        ] {
            assert_eq!(passwords.matches(&secret(text), hash), expected);
        }
    }

    #[test]
    fn passwords_are_bounded() {
        assert_eq!(hash_password(&secret("")), Err(PasswordError::Empty));
        assert_eq!(hash_password(&secret(&"x".repeat(1025))), Err(PasswordError::TooLong));
    }
}
