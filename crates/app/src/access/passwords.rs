//! Passwords: Argon2id with the recommended parameters, off the async threads, a few at a time.
//!
//! A hash takes tens of milliseconds and some 20 MB, on purpose. Therefore only half of the machine's cores compute
//! hashes at once, and a bounded number of logins waits for them: logins cannot starve the other calls.
//! An unknown login is compared with a hash made for nobody, so that it takes as long as a wrong password.

use std::fmt;
use std::sync::Arc;
use std::thread::available_parallelism;

use argon2::{Argon2, PasswordHasher, PasswordVerifier};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::secret::{RngUnavailable, Secret, fresh_token};

/// How long a password may be.
pub const PASSWORD_BYTES_MAX: usize = 1024;
/// How many logins may wait for their hash.
const LOGINS_WAITING_MAX: usize = 256;

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

/// More logins wait than may.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct HashQueueFull;

/// The turn of a login to have its hash computed.
pub(super) struct Turn {
    _waiting: OwnedSemaphorePermit,
    _computing: OwnedSemaphorePermit,
}

/// Compares passwords with hashes, a few at a time.
#[derive(Debug)]
pub(super) struct Passwords {
    waiting: Arc<Semaphore>,
    computing: Arc<Semaphore>,
    /// The hash that unknown logins are compared with; nobody knows its password.
    nobody: Arc<str>,
}

impl Passwords {
    /// Ready to compare. Computes one hash.
    pub(super) fn new() -> Result<Self, PasswordError> {
        let password = fresh_token().map_err(|RngUnavailable| PasswordError::RngUnavailable)?;
        let at_once = available_parallelism().map_or(1, |cores| cores.get().div_ceil(2));
        Ok(Self {
            waiting: Arc::new(Semaphore::new(LOGINS_WAITING_MAX)),
            computing: Arc::new(Semaphore::new(at_once)),
            nobody: hash_password(&password)?.into(),
        })
    }

    /// Waits until a hash may be computed.
    pub(super) async fn turn(&self) -> Result<Turn, HashQueueFull> {
        let waiting = Arc::clone(&self.waiting).try_acquire_owned().map_err(|_| HashQueueFull)?;
        let computing = Arc::clone(&self.computing).acquire_owned().await.map_err(|_| HashQueueFull)?;
        Ok(Turn { _waiting: waiting, _computing: computing })
    }

    /// Whether the password has this hash; `None` is the hash of nobody. Takes as long either way.
    pub(super) async fn matches(&self, turn: Turn, password: Secret<String>, hash: Option<&str>) -> bool {
        let known = hash.is_some() && password.expose().len() <= PASSWORD_BYTES_MAX;
        let hash: Arc<str> = hash.map_or_else(|| Arc::clone(&self.nobody), Arc::from);
        let compute = move || {
            let _turn = turn;
            let password =
                if password.expose().len() <= PASSWORD_BYTES_MAX { password } else { Secret::new(String::new()) };
            matches(&password, &hash)
        };
        tokio::task::spawn_blocking(compute).await.unwrap_or(false) && known
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn secret(text: &str) -> Secret<String> {
        Secret::new(text.to_owned())
    }

    #[tokio::test]
    async fn a_password_has_its_hash_and_nobody_has_none() {
        let passwords = Passwords::new().expect("chance");
        let hash = hash_password(&secret("correct horse")).expect("a hash");
        assert!(hash.starts_with("$argon2id$"));
        for (text, hash, expected) in [
            ("correct horse", Some(hash.as_str()), true),
            ("wrong", Some(&hash), false),
            ("correct horse", None, false),
        ] {
            let turn = passwords.turn().await.expect("a turn");
            assert_eq!(passwords.matches(turn, secret(text), hash).await, expected);
        }
        let turn = passwords.turn().await.expect("a turn");
        assert!(!passwords.matches(turn, secret(&"x".repeat(5000)), Some(&hash)).await);
        assert_eq!(passwords.waiting.available_permits(), LOGINS_WAITING_MAX, "turns come back");
    }

    #[test]
    fn passwords_are_bounded() {
        assert_eq!(hash_password(&secret("")), Err(PasswordError::Empty));
        assert_eq!(hash_password(&secret(&"x".repeat(1025))), Err(PasswordError::TooLong));
    }
}
