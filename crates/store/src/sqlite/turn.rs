//! Turns at writing between a server and operator commands.
//!
//! SQLite's write lock is not fair: a busy server leaves other processes few moments to take it. Therefore a command locks
//! the data directory itself (`flock`) from before its transaction until the end of it, and a server begins no transaction
//! while the directory is locked. The lock needs no disk space, leaves no file, and ends with its process. It only orders
//! writers: where it cannot be taken, SQLite's lock decides alone.

use std::cell::Cell;
use std::fs::{File, TryLockError};
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use crate::Role;

/// Maximum time that a server waits for operator commands before it writes regardless of them.
pub(super) const SERVER_YIELD_TIME_MAX: Duration = Duration::from_secs(2);
/// Maximum time that a command waits for other commands before it writes without a turn.
const OPERATOR_WAIT_TIME_MAX: Duration = Duration::from_secs(10);
/// Between two attempts to take the lock.
const ATTEMPT_INTERVAL: Duration = Duration::from_millis(1);

/// The turns of one process in one data directory.
#[derive(Debug)]
pub(super) struct Turns {
    /// `None` if the directory cannot be opened.
    directory: Option<File>,
    role: Role,
    /// Whether a server has waited for a command for the maximum time: it does not wait for that command again.
    is_given_up: Cell<bool>,
}

/// The turn of a command; it ends when this is dropped.
#[derive(Debug)]
pub(super) struct Turn<'a>(Option<&'a File>);

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        if let Some(directory) = self.0 {
            // The lock ends with the file at the latest.
            let _ = directory.unlock();
        }
    }
}

impl Turns {
    pub(super) fn of(directory: &Path, role: Role) -> Self {
        Self { directory: File::open(directory).ok(), role, is_given_up: Cell::new(false) }
    }

    #[cfg(test)]
    pub(super) fn has_given_up(&self) -> bool {
        self.is_given_up.get()
    }

    /// Waits until this process may begin a transaction. The turn of a command excludes others until it ends; that of a
    /// server does not.
    pub(super) fn next(&self) -> Turn<'_> {
        let Some(directory) = &self.directory else { return Turn(None) };
        match self.role {
            Role::Operator => {
                let is_taken = eventually(OPERATOR_WAIT_TIME_MAX, || directory.try_lock());
                Turn(is_taken.then_some(directory))
            }
            Role::Server => {
                let time_max = if self.is_given_up.get() { Duration::ZERO } else { SERVER_YIELD_TIME_MAX };
                let is_free = eventually(time_max, || directory.try_lock_shared());
                self.is_given_up.set(!is_free);
                drop(Turn(is_free.then_some(directory)));
                Turn(None)
            }
        }
    }
}

/// Tries to lock until that succeeds, fails for another reason than a lock of another process, or takes too long.
#[expect(clippy::disallowed_methods, reason = "the lock of another process cannot be waited for with a time limit")]
fn eventually(time_max: Duration, lock: impl Fn() -> Result<(), TryLockError>) -> bool {
    let began = Instant::now();
    loop {
        match lock() {
            Ok(()) => return true,
            Err(TryLockError::WouldBlock) if began.elapsed() < time_max => thread::sleep(ATTEMPT_INTERVAL),
            Err(_) => return false,
        }
    }
}
