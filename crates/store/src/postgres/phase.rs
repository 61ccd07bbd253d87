//! The state of a session on PostgreSQL: which statements it accepts, and what becomes of its connection.
//!
//! Only [`Phase::next`] changes the state. It does no I/O and knows no connection.

/// The state of a session.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Phase {
    /// Nothing was sent.
    Fresh,
    /// The first statement runs. No row of its result was handed out and none of its input is consumed, so that it can be
    /// repeated on another connection.
    Starting,
    /// A statement runs that cannot be repeated.
    Streaming,
    /// All statements so far succeeded. The transaction is open, unless each statement is one.
    Open,
    /// `COMMIT` was sent.
    Committing,
    /// The transaction is committed.
    Committed,
    /// The caller refused a row. The connection is usable; the transaction is rolled back.
    Failed,
    /// The connection is not used again.
    Lost,
}

/// What happens to a session.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Event {
    /// A statement begins.
    Begin,
    /// A row was handed out, or a part of the input that comes only once was consumed.
    Consume,
    /// The statement, or the commit, succeeded.
    Complete,
    /// The caller refused a row or gave an unusable value.
    Refuse,
    /// Another connection takes the place of this one.
    Replace,
    /// The commit begins.
    Commit,
    /// The database reported an error, the connection broke, or no answer came in time.
    Lose,
}

/// What is done with the connection of a session that ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Cleanup {
    /// It goes back to the pool.
    Keep,
    /// The same, after a rollback if there is a transaction.
    RollBack,
    /// It is closed.
    Discard,
}

impl Phase {
    /// The state after an event; `None` where the event is not possible.
    pub(super) const fn next(self, event: Event) -> Option<Self> {
        use Event::{Begin, Commit, Complete, Consume, Lose, Refuse, Replace};
        Some(match (self, event) {
            (_, Lose) => Self::Lost,
            (Self::Fresh, Begin) => Self::Starting,
            (Self::Open, Begin) => Self::Streaming,
            (Self::Starting | Self::Streaming, Consume) => Self::Streaming,
            (Self::Starting | Self::Streaming, Complete) => Self::Open,
            (Self::Starting | Self::Streaming, Refuse) => Self::Failed,
            (Self::Starting, Replace) => Self::Fresh,
            (Self::Open, Commit) => Self::Committing,
            // Nothing was sent, so that there is nothing to commit.
            (Self::Fresh, Commit) | (Self::Committing, Complete) => Self::Committed,
            _ => return None,
        })
    }

    /// Why a session in this state accepts no statement.
    pub(super) const fn refusal(self) -> &'static str {
        match self {
            Self::Fresh | Self::Open => "the session has no statement under way",
            Self::Starting | Self::Streaming | Self::Committing => "the session is in use by another statement",
            Self::Committed => "the transaction is committed",
            Self::Failed => "a statement of this session failed before",
            Self::Lost => "the connection of this session was lost before",
        }
    }

    /// What is done with the connection of a session that ends in this state.
    pub(super) const fn cleanup(self) -> Cleanup {
        match self {
            Self::Fresh | Self::Committed => Cleanup::Keep,
            Self::Starting | Self::Streaming | Self::Open | Self::Failed => Cleanup::RollBack,
            Self::Committing | Self::Lost => Cleanup::Discard,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Event::{Begin, Commit, Complete, Consume, Lose, Refuse, Replace};
    use super::Phase::{Committed, Committing, Failed, Fresh, Lost, Open, Starting, Streaming};
    use super::*;

    const EVENTS: [Event; 7] = [Begin, Consume, Complete, Refuse, Replace, Commit, Lose];

    /// A row per state, a column per event in the order of [`EVENTS`].
    #[rustfmt::skip]
    const TABLE: [(Phase, [Option<Phase>; 7]); 8] = [
        //            Begin            Consume          Complete         Refuse        Replace      Commit            Lose
        (Fresh,      [Some(Starting),  None,            None,            None,         None,        Some(Committed),  Some(Lost)]),
        (Starting,   [None,            Some(Streaming), Some(Open),      Some(Failed), Some(Fresh), None,             Some(Lost)]),
        (Streaming,  [None,            Some(Streaming), Some(Open),      Some(Failed), None,        None,             Some(Lost)]),
        (Open,       [Some(Streaming), None,            None,            None,         None,        Some(Committing), Some(Lost)]),
        (Committing, [None,            None,            Some(Committed), None,         None,        None,             Some(Lost)]),
        (Committed,  [None,            None,            None,            None,         None,        None,             Some(Lost)]),
        (Failed,     [None,            None,            None,            None,         None,        None,             Some(Lost)]),
        (Lost,       [None,            None,            None,            None,         None,        None,             Some(Lost)]),
    ];

    #[test]
    fn every_state_answers_every_event_as_the_table_says() {
        for (phase, row) in TABLE {
            for (event, expected) in EVENTS.into_iter().zip(row) {
                assert_eq!(phase.next(event), expected, "{phase:?} on {event:?}");
            }
        }
    }

    /// What was sent and not committed never stays behind on a connection that goes back to the pool.
    #[test]
    fn a_connection_with_an_open_transaction_is_rolled_back_or_closed() {
        for (phase, _) in TABLE {
            let nothing_is_open = matches!(phase, Fresh | Committed);
            assert_eq!(phase.cleanup() == Cleanup::Keep, nothing_is_open, "{phase:?}");
        }
    }
}
