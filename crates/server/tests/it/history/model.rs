//! The model of an account: its state, the operations on it, and their effects.
//!
//! A few contacts are *registers*: two members of each are written repeatedly. All of them show the name of one
//! organization, so that renaming it is visible in many places. *Batches* of contacts are uploaded and deleted as a whole.
//! Every value is written once, so a value that was read identifies its change.

use std::collections::{BTreeMap, BTreeSet};

/// Number of contacts in a batch.
pub const BATCH: usize = 3;

/// The two members of a register that are written, first name and patronymic; 0 before the first write.
pub type Members = [u64; 2];

/// The state of an account.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub struct State {
    pub registers: Vec<Members>,
    /// The organization's name.
    pub name: u64,
    pub batches: BTreeSet<u64>,
}

/// The content of a page of all contacts, as it was returned.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Page {
    /// Each with the name of the organization that it shows.
    pub registers: Vec<(Members, u64)>,
    /// The number of contacts of each batch.
    pub batches: BTreeMap<u64, usize>,
}

/// An operation with its result.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Operation {
    Write {
        register: usize,
        values: [Option<u64>; 2],
    },
    Rename(u64),
    Upload(u64),
    Delete(u64),
    /// A deletion that was refused because no contact of the batch exists.
    DeleteMissing(u64),
    ReadOne {
        register: usize,
        seen: Members,
        name: u64,
    },
    ReadAll(Page),
}

impl State {
    pub fn new(registers: usize) -> State {
        State { registers: vec![[0, 0]; registers], ..State::default() }
    }

    /// The state after the operation; `None` if it cannot have succeeded in this state.
    pub fn after(&self, operation: &Operation) -> Option<State> {
        let mut next = self.clone();
        let fits = match operation {
            Operation::Write { register, values } => {
                for (member, value) in next.registers[*register].iter_mut().zip(values) {
                    *member = value.unwrap_or(*member);
                }
                true
            }
            Operation::Rename(name) => {
                next.name = *name;
                true
            }
            Operation::Upload(batch) => next.batches.insert(*batch),
            Operation::Delete(batch) => next.batches.remove(batch),
            Operation::DeleteMissing(_) | Operation::ReadOne { .. } | Operation::ReadAll(_) => self.shows(operation),
        };
        fits.then_some(next)
    }

    /// Whether an operation that changes nothing can have this result in this state.
    pub fn shows(&self, operation: &Operation) -> bool {
        match operation {
            Operation::DeleteMissing(batch) => !self.batches.contains(batch),
            Operation::ReadOne { register, seen, name } => self.registers[*register] == *seen && self.name == *name,
            Operation::ReadAll(page) => {
                page.registers.iter().map(|(members, _)| members).eq(&self.registers)
                    && page.registers.iter().all(|(_, name)| *name == self.name)
                    && page.batches.keys().eq(&self.batches)
                    && page.batches.values().all(|contacts| *contacts == BATCH)
            }
            Operation::Write { .. } | Operation::Rename(_) | Operation::Upload(_) | Operation::Delete(_) => false,
        }
    }
}

impl Operation {
    pub fn changes(&self) -> bool {
        match self {
            Operation::Write { .. } | Operation::Rename(_) | Operation::Upload(_) | Operation::Delete(_) => true,
            Operation::DeleteMissing(_) | Operation::ReadOne { .. } | Operation::ReadAll(_) => false,
        }
    }

    /// Whether this result proves that the change was made.
    pub fn shows_effect_of(&self, change: &Operation) -> bool {
        let shown = |register: usize, members: &Members, name: u64| match change {
            Operation::Write { register: written, values } => {
                register == *written && members.iter().zip(values).any(|(seen, value)| *value == Some(*seen))
            }
            Operation::Rename(new) => name == *new,
            _ => false,
        };
        match self {
            Operation::ReadOne { register, seen, name } => shown(*register, seen, *name),
            Operation::ReadAll(page) => {
                let mut registers = page.registers.iter().enumerate();
                let has_batch = matches!(change, Operation::Upload(batch) if page.batches.contains_key(batch));
                has_batch || registers.any(|(register, (members, name))| shown(register, members, *name))
            }
            Operation::Delete(batch) => *change == Operation::Upload(*batch),
            Operation::Write { .. } | Operation::Rename(_) | Operation::Upload(_) | Operation::DeleteMissing(_) => {
                false
            }
        }
    }
}
