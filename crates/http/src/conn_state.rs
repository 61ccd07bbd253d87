//! The state of a connection, as one value with one transition function.
//!
//! The stream under hyper, the reader of bodies, the body of a reply and the connection's own task report events; the
//! task reads the state after each poll and sets its deadline by it (see [`super::connection`]). Everything that
//! happens to a connection happens in the one task that owns it. The cell is atomic only because such a task may move
//! between threads, so every access is relaxed.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

/// The stage of a connection.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Phase {
    /// Between requests, or before the first.
    #[default]
    Idle,
    /// A request has begun, its head is not complete.
    Head,
    /// The head is read, the body is not complete.
    Body,
    /// The front end is at work.
    Answer,
    /// The response is being sent.
    Reply,
    /// Over; what the client still sends is discarded.
    Linger,
}

const PHASES: [Phase; 6] = [Phase::Idle, Phase::Head, Phase::Body, Phase::Answer, Phase::Reply, Phase::Linger];

/// What can happen to a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Event {
    /// Bytes were read.
    Received,
    /// The client has closed its side.
    InputClosed,
    /// The head of a request is complete.
    RequestBegun,
    /// The body is complete, or will not be read further.
    BodyEnded,
    /// The response is known.
    ReplyBegun,
    /// The last segment of the response is in hyper's buffers.
    ReplyQueued,
    /// All that was written is in the socket's buffer.
    Flushed,
    /// The socket takes no more for now.
    WriteBlocked,
    /// The socket has taken something.
    WriteAccepted,
    /// The body has taken too long.
    BodyExpired,
    /// The server stops.
    Stopping,
    /// Our side of the connection is closed.
    OutputClosed,
}

/// The state of one connection.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct ConnState {
    pub(super) phase: Phase,
    /// A write is blocked.
    pub(super) is_stalled: bool,
    /// The last segment of the response is queued.
    is_reply_queued: bool,
    is_input_closed: bool,
    /// The reader of the body is to give up.
    pub(super) is_body_expired: bool,
    is_stopping: bool,
    /// Counts the changes of phase (to the modulus of [`COUNT_BITS`]).
    pub(super) phase_changes: u32,
    /// Counts the changes of `is_stalled`, likewise.
    pub(super) stall_changes: u32,
}

const PHASE_BITS: u32 = 3;
const FLAGS: u32 = 5;
const COUNT_BITS: u32 = 28;
const COUNT_MASK: u32 = (1 << COUNT_BITS) - 1;

impl ConnState {
    /// The state after an event.
    pub(super) fn after(self, event: Event) -> ConnState {
        match event {
            Event::Received if self.phase == Phase::Idle => self.enter(Phase::Head),
            Event::Received => self,
            Event::InputClosed => ConnState { is_input_closed: true, ..self },
            // Whatever went before is answered.
            Event::RequestBegun => ConnState { is_reply_queued: false, ..self }.enter(Phase::Body),
            Event::BodyEnded => self.enter(Phase::Answer),
            Event::ReplyBegun => self.enter(Phase::Reply),
            Event::ReplyQueued => ConnState { is_reply_queued: true, ..self },
            Event::Flushed if self.is_reply_queued && self.phase == Phase::Reply => {
                ConnState { is_reply_queued: false, ..self }.enter(Phase::Idle)
            }
            Event::Flushed => self,
            Event::WriteBlocked => self.stall(true),
            Event::WriteAccepted => self.stall(false),
            Event::BodyExpired => ConnState { is_body_expired: true, ..self },
            Event::Stopping => ConnState { is_stopping: true, ..self },
            Event::OutputClosed if self.phase != Phase::Linger && !self.is_input_closed && !self.is_stopping => {
                self.enter(Phase::Linger)
            }
            Event::OutputClosed => self,
        }
    }

    fn enter(self, phase: Phase) -> ConnState {
        ConnState { phase, phase_changes: (self.phase_changes + 1) & COUNT_MASK, ..self }
    }

    fn stall(self, is_stalled: bool) -> ConnState {
        if is_stalled == self.is_stalled {
            return self;
        }
        ConnState { is_stalled, stall_changes: (self.stall_changes + 1) & COUNT_MASK, ..self }
    }

    fn pack(self) -> u64 {
        let flags =
            [self.is_stalled, self.is_reply_queued, self.is_input_closed, self.is_body_expired, self.is_stopping];
        let flags = flags.iter().rev().fold(0, |bits, flag| bits << 1 | u64::from(*flag));
        let counts = u64::from(self.stall_changes) << COUNT_BITS | u64::from(self.phase_changes);
        (counts << FLAGS | flags) << PHASE_BITS | self.phase as u64
    }

    fn unpack(bits: u64) -> ConnState {
        let flag = |at: u32| bits >> (PHASE_BITS + at) & 1 == 1;
        let counts = bits >> (PHASE_BITS + FLAGS);
        ConnState {
            phase: PHASES[(bits & ((1 << PHASE_BITS) - 1)) as usize],
            is_stalled: flag(0),
            is_reply_queued: flag(1),
            is_input_closed: flag(2),
            is_body_expired: flag(3),
            is_stopping: flag(4),
            phase_changes: counts as u32 & COUNT_MASK,
            stall_changes: (counts >> COUNT_BITS) as u32 & COUNT_MASK,
        }
    }
}

/// The state of a connection, shared by the parts of its one task.
#[derive(Debug, Default)]
pub(super) struct ConnCell(AtomicU64);

impl ConnCell {
    pub(super) fn get(&self) -> ConnState {
        ConnState::unpack(self.0.load(Relaxed))
    }

    pub(super) fn note(&self, event: Event) {
        self.0.store(self.get().after(event).pack(), Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const EVENTS: [Event; 12] = [
        Event::Received,
        Event::InputClosed,
        Event::RequestBegun,
        Event::BodyEnded,
        Event::ReplyBegun,
        Event::ReplyQueued,
        Event::Flushed,
        Event::WriteBlocked,
        Event::WriteAccepted,
        Event::BodyExpired,
        Event::Stopping,
        Event::OutputClosed,
    ];

    fn in_phase(phase: Phase) -> ConnState {
        ConnState { phase, ..ConnState::default() }
    }

    /// The phase after each event, by phase; the response is queued or not where that matters.
    #[test]
    fn every_event_in_every_phase() {
        use Phase::{Answer, Body, Head, Idle, Linger, Reply};
        let table: [(Event, [Phase; 6]); 12] = [
            (Event::Received, [Head, Head, Body, Answer, Reply, Linger]),
            (Event::InputClosed, PHASES),
            (Event::RequestBegun, [Body; 6]),
            (Event::BodyEnded, [Answer; 6]),
            (Event::ReplyBegun, [Reply; 6]),
            (Event::ReplyQueued, PHASES),
            (Event::Flushed, PHASES),
            (Event::WriteBlocked, PHASES),
            (Event::WriteAccepted, PHASES),
            (Event::BodyExpired, PHASES),
            (Event::Stopping, PHASES),
            (Event::OutputClosed, [Linger; 6]),
        ];
        assert_eq!(table.map(|(event, _)| event), EVENTS);
        for (event, expected) in table {
            for (from, to) in PHASES.into_iter().zip(expected) {
                let before = in_phase(from);
                let after = before.after(event);
                assert_eq!(after.phase, to, "{event:?} in {from:?}");
                let is_entered = !matches!(event, Event::Received | Event::OutputClosed) || from != to;
                let changes = u32::from(is_entered && (from != to || expected == [to; 6]));
                assert_eq!(after.phase_changes, changes, "{event:?} in {from:?}");
            }
        }
        for phase in PHASES {
            let queued = in_phase(phase).after(Event::ReplyQueued).after(Event::Flushed).phase;
            assert_eq!(queued, if phase == Reply { Idle } else { phase });
        }
    }

    #[test]
    fn a_connection_lingers_only_for_a_client_that_may_still_send() {
        for event in [Event::InputClosed, Event::Stopping] {
            let state = in_phase(Phase::Reply).after(event).after(Event::OutputClosed);
            assert_eq!(state.phase, Phase::Reply, "{event:?}");
        }
    }

    #[test]
    fn a_response_queued_before_the_next_request_does_not_end_the_next_response() {
        let pipelined = in_phase(Phase::Reply).after(Event::ReplyQueued).after(Event::RequestBegun);
        let answered = pipelined.after(Event::BodyEnded).after(Event::ReplyBegun).after(Event::Flushed);
        assert_eq!(answered.phase, Phase::Reply);
    }

    #[test]
    fn stalls_are_counted_at_their_edges() {
        let stalled = in_phase(Phase::Reply).after(Event::WriteBlocked).after(Event::WriteBlocked);
        assert_eq!((stalled.is_stalled, stalled.stall_changes), (true, 1));
        let flowing = stalled.after(Event::WriteAccepted).after(Event::WriteAccepted);
        assert_eq!((flowing.is_stalled, flowing.stall_changes), (false, 2));
    }

    #[test]
    fn states_survive_packing() {
        let mut states =
            vec![ConnState { phase_changes: COUNT_MASK, stall_changes: COUNT_MASK - 1, ..in_phase(Phase::Linger) }];
        for _ in 0..4 {
            let next: Vec<_> = states.iter().flat_map(|state| EVENTS.map(|event| state.after(event))).collect();
            states = next;
            states.dedup();
            assert!(states.iter().all(|state| ConnState::unpack(state.pack()) == *state));
        }
    }
}
