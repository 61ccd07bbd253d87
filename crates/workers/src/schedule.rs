//! Whose turn it is: the slots of one lane, and the jobs that wait for them.
//!
//! Nothing is done here and no clock is looked at; it is all decided under one lock of [`crate::Pool`].

use std::collections::{HashMap, VecDeque};

use tokio::sync::oneshot;

use crate::granted::Granted;
use crate::job::Slot;
use crate::{Bounds, Kind, Owner};

/// Jobs of one owner that may have begun beyond the number of slots, so that its jobs take turns.
const ROTATED_MAX: usize = 3;

/// What a job that waits is woken with.
pub(crate) type Turn = oneshot::Sender<Slot>;

/// Whether a job was let in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Admission {
    /// It waits, under this number.
    Entered(u64),
    OwnerQueueFull,
    QueueFull,
}

struct Waiter {
    ticket: u64,
    /// Its place in line among the jobs of the owner: the least goes first.
    place: u64,
    kind: Kind,
    turn: Turn,
}

/// What an owner has and waits for.
#[derive(Default)]
struct Share {
    /// Slots that the owner has.
    slots: usize,
    /// Jobs that have begun, running or paused, by kind.
    begun: [usize; Kind::ALL.len()],
    /// Jobs that gave back their slot and go on first.
    paused: VecDeque<Waiter>,
    /// Jobs that have not begun.
    waiting: VecDeque<Waiter>,
    /// Its place in line among owners with equally many slots: the least goes first.
    turn: u64,
}

impl Share {
    fn is_idle(&self) -> bool {
        self.slots == 0 && self.paused.is_empty() && self.waiting.is_empty() && self.begun.iter().all(|&n| n == 0)
    }
}

/// The slots of a lane.
pub(crate) struct Schedule {
    slots: usize,
    bounds: Bounds,
    /// Slots in use.
    used: usize,
    /// Jobs that have begun, running or paused, by kind.
    begun: [usize; Kind::ALL.len()],
    /// Jobs that have not begun, of all owners.
    queued: usize,
    paused: usize,
    shares: HashMap<Owner, Share>,
    tickets: u64,
    turns: u64,
}

impl Schedule {
    pub(crate) fn new(slots: usize, bounds: Bounds) -> Self {
        Self {
            slots,
            bounds,
            used: 0,
            begun: [0; Kind::ALL.len()],
            queued: 0,
            paused: 0,
            shares: HashMap::new(),
            tickets: 0,
            turns: 0,
        }
    }

    /// Jobs that wait or are paused.
    pub(crate) fn waiting(&self) -> usize {
        self.queued + self.paused
    }

    /// Puts a job in line.
    pub(crate) fn enter(&mut self, owner: Owner, kind: Kind, turn: Turn) -> Admission {
        if self.queued >= self.bounds.waiting_max {
            return Admission::QueueFull;
        }
        let next_turn = self.next_turn();
        let share = self.shares.entry(owner).or_default();
        if share.waiting.len() >= self.bounds.owner_waiting_max {
            return Admission::OwnerQueueFull;
        }
        if share.waiting.is_empty() && share.paused.is_empty() {
            share.turn = next_turn;
        }
        self.tickets += 1;
        self.queued += 1;
        share.waiting.push_back(Waiter { ticket: self.tickets, place: next_turn, kind, turn });
        Admission::Entered(self.tickets)
    }

    /// The job whose turn it is, if there is a slot for it: the slot counts as used from now on.
    pub(crate) fn next(&mut self) -> Option<(Granted, Turn)> {
        if self.used >= self.slots {
            return None;
        }
        let (owner, at) = self.best(|_| true)?;
        let turn = self.next_turn();
        let share = self.shares.get_mut(&owner)?;
        share.turn = turn;
        share.slots += 1;
        self.used += 1;
        let waiter = match at {
            Position::Paused => {
                self.paused -= 1;
                share.paused.pop_front()?
            }
            Position::Waiting(at) => {
                let waiter = share.waiting.remove(at)?;
                self.queued -= 1;
                self.begun[waiter.kind as usize] += 1;
                share.begun[waiter.kind as usize] += 1;
                waiter
            }
        };
        Some((Granted { owner, kind: waiter.kind, ticket: waiter.ticket }, waiter.turn))
    }

    /// Among the owners that `fits`, and have a job that may go on or begin, the one with the fewest slots; among
    /// equals the one that has waited longest for a turn.
    fn best(&self, fits: impl Fn(&Share) -> bool) -> Option<(Owner, Position)> {
        let ready = self.shares.iter().filter(|(_, share)| fits(share));
        let ready = ready.filter_map(|(owner, share)| Some((owner, share, self.ready(share)?)));
        let best = ready.min_by_key(|(_, share, _)| (share.slots, share.turn));
        best.map(|(owner, _, at)| (*owner, at))
    }

    /// The first job of an owner that may go on or begin.
    fn ready(&self, share: &Share) -> Option<Position> {
        let Some(paused) = share.paused.front() else { return self.ready_to_begin(share) };
        let next = self.ready_to_begin(share).filter(|_| self.may_rotate(share));
        // Long jobs of an owner take turns, so that a short one need not wait for the end of all before it.
        match next {
            Some(Position::Waiting(at)) if share.waiting[at].place < paused.place => next,
            _ => Some(Position::Paused),
        }
    }

    /// Whether another job of the owner may begin while one that has begun pauses. Half of the jobs that may have begun are
    /// left to owners that have none.
    fn may_rotate(&self, share: &Share) -> bool {
        share.begun.iter().sum::<usize>() < self.slots + ROTATED_MAX
            && self.begun.iter().sum::<usize>() < self.bounds.begun_max / 2
    }

    fn ready_to_begin(&self, share: &Share) -> Option<Position> {
        if self.begun.iter().sum::<usize>() >= self.bounds.begun_max {
            return None;
        }
        let may_begin = |kind: Kind| {
            kind.begun_max(self.slots)
                .is_none_or(|(all, one)| self.begun[kind as usize] < all && share.begun[kind as usize] < one)
        };
        share.waiting.iter().position(|waiter| may_begin(waiter.kind)).map(Position::Waiting)
    }

    /// Takes back the slot of a job that is over.
    pub(crate) fn release(&mut self, granted: Granted) {
        self.used -= 1;
        self.begun[granted.kind as usize] -= 1;
        if let Some(share) = self.shares.get_mut(&granted.owner) {
            share.slots -= 1;
            share.begun[granted.kind as usize] -= 1;
        }
        self.forget_idle(granted.owner);
    }

    /// Takes note that a job ends that has no slot, because it was cancelled while it was paused.
    pub(crate) fn end_without_slot(&mut self, granted: Granted) {
        self.begun[granted.kind as usize] -= 1;
        if let Some(share) = self.shares.get_mut(&granted.owner) {
            share.begun[granted.kind as usize] -= 1;
        }
        self.forget_idle(granted.owner);
    }

    /// Whether another owner that has fewer slots has a job that could run on the slot of this one, or the owner itself has
    /// another job.
    pub(crate) fn should_pause(&self, owner: Owner) -> bool {
        let own = self.shares.get(&owner).map_or(0, |share| share.slots);
        let rotates = self.shares.get(&owner).is_some_and(|share| {
            !share.paused.is_empty() || self.may_rotate(share) && self.ready_to_begin(share).is_some()
        });
        rotates
            || self
                .shares
                .iter()
                .any(|(other, share)| *other != owner && share.slots < own && self.ready(share).is_some())
    }

    /// Takes back the slot of a job that goes on later.
    pub(crate) fn pause(&mut self, granted: Granted, turn: Turn) {
        self.lend(granted);
        self.wait_again(granted, turn);
    }

    /// Takes a job out of the line; its threads that were paused learn of it.
    pub(crate) fn leave(&mut self, owner: Owner, ticket: u64) {
        let Some(share) = self.shares.get_mut(&owner) else { return };
        let (waiting, paused) = (share.waiting.len(), share.paused.len());
        share.waiting.retain(|waiter| waiter.ticket != ticket);
        share.paused.retain(|waiter| waiter.ticket != ticket);
        self.queued -= waiting - share.waiting.len();
        self.paused -= paused - share.paused.len();
        self.forget_idle(owner);
    }

    /// Takes back the slot of a job that only waits for its helpers.
    pub(crate) fn lend(&mut self, granted: Granted) {
        self.used -= 1;
        if let Some(share) = self.shares.get_mut(&granted.owner) {
            share.slots -= 1;
        }
    }

    /// Puts a job that has lent its slot in line for another.
    pub(crate) fn wait_again(&mut self, granted: Granted, turn: Turn) {
        self.paused += 1;
        let next_turn = self.next_turn();
        if let Some(share) = self.shares.get_mut(&granted.owner) {
            share.turn = next_turn;
            share.paused.push_back(Waiter { ticket: granted.ticket, place: next_turn, kind: granted.kind, turn });
        }
    }

    /// Gives idle slots to helpers of a job that is running, as far as nobody waits for them: how many. Each is to be
    /// released.
    pub(crate) fn help(&mut self, granted: Granted, most: usize) -> usize {
        if self.waiting() > 0 {
            return 0;
        }
        let helpers = most.min(self.slots - self.used);
        self.used += helpers;
        self.begun[granted.kind as usize] += helpers;
        if let Some(share) = self.shares.get_mut(&granted.owner) {
            share.slots += helpers;
            share.begun[granted.kind as usize] += helpers;
        }
        helpers
    }

    #[cfg(test)]
    pub(crate) fn is_idle(&self) -> bool {
        self.used == 0 && self.waiting() == 0 && self.shares.is_empty()
    }

    fn forget_idle(&mut self, owner: Owner) {
        if self.shares.get(&owner).is_some_and(Share::is_idle) {
            self.shares.remove(&owner);
        }
    }

    fn next_turn(&mut self) -> u64 {
        self.turns += 1;
        self.turns
    }
}

/// Where an owner's next job stands.
enum Position {
    /// First among those that were paused.
    Paused,
    /// Here among those that have not begun.
    Waiting(usize),
}
