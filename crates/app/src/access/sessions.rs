//! Sessions in memory, so that a call does not ask the store who it is.
//!
//! The store has the truth; here is what was found there. When a session ends before its time on any node, the
//! store's count of such endings moves, followers see it within a moment and forget all that is here; what is still
//! alive is found again. A session found while that happens is used but not kept ([`Sessions::keep`]).

use std::collections::HashMap;
use std::sync::{PoisonError, RwLock};

use super::secret::TokenHash;
use ringbook_clock::Moment;
use ringbook_store::{SessionRow, UserId};

/// How many sessions are held; beyond, all are forgotten and those in use found again.
const SESSIONS_HELD_MAX: usize = 100_000;

/// How often everything was forgotten: what was found before is not kept after.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Generation(u64);

#[derive(Debug, Default)]
struct Held {
    generation: Generation,
    sessions: HashMap<TokenHash, SessionRow>,
}

/// The sessions that calls have used lately.
#[derive(Debug, Default)]
pub(super) struct Sessions(RwLock<Held>);

impl Sessions {
    /// The session, if it is here, and the generation to keep it under if it must be looked for.
    pub(super) fn find(&self, hash: TokenHash) -> Result<SessionRow, Generation> {
        let held = self.0.read().unwrap_or_else(PoisonError::into_inner);
        held.sessions.get(&hash).copied().ok_or(held.generation)
    }

    /// The generation of now.
    pub(super) fn generation(&self) -> Generation {
        self.0.read().unwrap_or_else(PoisonError::into_inner).generation
    }

    /// Holds what the store has told, unless something was forgotten since it was asked.
    pub(super) fn keep(&self, hash: TokenHash, session: SessionRow, asked: Generation) {
        let mut held = self.0.write().unwrap_or_else(PoisonError::into_inner);
        if held.generation == asked {
            if held.sessions.len() >= SESSIONS_HELD_MAX {
                held.sessions.clear();
            }
            held.sessions.insert(hash, session);
        }
    }

    /// One session is over.
    pub(super) fn forget(&self, hash: TokenHash) {
        let mut held = self.0.write().unwrap_or_else(PoisonError::into_inner);
        held.generation.0 += 1;
        held.sessions.remove(&hash);
    }

    /// Sessions of a user are over.
    pub(super) fn forget_of(&self, user: UserId) {
        let mut held = self.0.write().unwrap_or_else(PoisonError::into_inner);
        held.generation.0 += 1;
        held.sessions.retain(|_, session| session.user != user);
    }

    /// Some session is over somewhere.
    pub(super) fn forget_all(&self) {
        let mut held = self.0.write().unwrap_or_else(PoisonError::into_inner);
        held.generation.0 += 1;
        held.sessions.clear();
    }

    /// Drops what is past its time.
    pub(super) fn purge(&self, now: Moment) {
        let mut held = self.0.write().unwrap_or_else(PoisonError::into_inner);
        held.sessions.retain(|_, session| session.expires_at > now.unix());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_found_before_a_forgetting_is_not_kept() {
        let (sessions, hash) = (Sessions::default(), TokenHash::of("t"));
        let user = UserId::new(1).expect("an id");
        let session = SessionRow { user, expires_at: 10 };
        let asked = sessions.find(hash).expect_err("not here yet");
        sessions.forget_all();
        sessions.keep(hash, session, asked);
        let asked = sessions.find(hash).expect_err("found too early");
        sessions.keep(hash, session, asked);
        assert_eq!(sessions.find(hash), Ok(session));
        sessions.purge(Moment::from_unix(10));
        assert!(sessions.find(hash).is_err());
    }
}
