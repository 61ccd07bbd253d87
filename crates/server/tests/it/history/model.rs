//! What an account holds in these tests, what is done to it, and what that changes.
//!
//! A few contacts are *registers*: two members of each are written again and again. All of them show the name of one
//! organization, so that a single change is seen in many places; and *batches* of contacts come and go, each as a whole.
//! Every value is written once, so that a value that was seen tells who wrote it.

use std::collections::{BTreeMap, BTreeSet};

/// Contacts in a batch.
pub const BATCH: usize = 3;

/// The two members of a register that are written: first name and patronymic; 0 before the first time.
pub type Members = [u64; 2];

/// Everything that an account holds.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub struct State {
    pub registers: Vec<Members>,
    /// The organization's name.
    pub name: u64,
    pub batches: BTreeSet<u64>,
}

/// What a page of all contacts showed, as it was shown.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Page {
    /// Each with the organization's name that it shows.
    pub registers: Vec<(Members, u64)>,
    /// How many contacts there were of each batch.
    pub batches: BTreeMap<u64, usize>,
}

/// What was asked for, with what was answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Deed {
    Write {
        register: usize,
        values: [Option<u64>; 2],
    },
    Rename(u64),
    Upload(u64),
    Delete(u64),
    /// A deletion that was refused, because nothing of the batch was there.
    FindGone(u64),
    Look {
        register: usize,
        seen: Members,
        name: u64,
    },
    Read(Page),
}

impl State {
    pub fn new(registers: usize) -> State {
        State { registers: vec![[0, 0]; registers], ..State::default() }
    }

    /// What is so after the deed; `None` if it cannot have gone like that.
    pub fn after(&self, deed: &Deed) -> Option<State> {
        let mut next = self.clone();
        let fits = match deed {
            Deed::Write { register, values } => {
                for (member, value) in next.registers[*register].iter_mut().zip(values) {
                    *member = value.unwrap_or(*member);
                }
                true
            }
            Deed::Rename(name) => {
                next.name = *name;
                true
            }
            Deed::Upload(batch) => next.batches.insert(*batch),
            Deed::Delete(batch) => next.batches.remove(batch),
            Deed::FindGone(_) | Deed::Look { .. } | Deed::Read(_) => self.shows(deed),
        };
        fits.then_some(next)
    }

    /// Whether a deed that changes nothing can have been answered so.
    pub fn shows(&self, deed: &Deed) -> bool {
        match deed {
            Deed::FindGone(batch) => !self.batches.contains(batch),
            Deed::Look { register, seen, name } => self.registers[*register] == *seen && self.name == *name,
            Deed::Read(page) => {
                page.registers.iter().map(|(members, _)| members).eq(&self.registers)
                    && page.registers.iter().all(|(_, name)| *name == self.name)
                    && page.batches.keys().eq(&self.batches)
                    && page.batches.values().all(|contacts| *contacts == BATCH)
            }
            Deed::Write { .. } | Deed::Rename(_) | Deed::Upload(_) | Deed::Delete(_) => false,
        }
    }
}

impl Deed {
    pub fn changes(&self) -> bool {
        match self {
            Deed::Write { .. } | Deed::Rename(_) | Deed::Upload(_) | Deed::Delete(_) => true,
            Deed::FindGone(_) | Deed::Look { .. } | Deed::Read(_) => false,
        }
    }

    /// Whether this answer shows that the change was made.
    pub fn shows_effect_of(&self, change: &Deed) -> bool {
        let shown = |register: usize, members: &Members, name: u64| match change {
            Deed::Write { register: written, values } => {
                register == *written && members.iter().zip(values).any(|(seen, value)| *value == Some(*seen))
            }
            Deed::Rename(new) => name == *new,
            _ => false,
        };
        match self {
            Deed::Look { register, seen, name } => shown(*register, seen, *name),
            Deed::Read(page) => {
                let mut registers = page.registers.iter().enumerate();
                let has_batch = matches!(change, Deed::Upload(batch) if page.batches.contains_key(batch));
                has_batch || registers.any(|(register, (members, name))| shown(register, members, *name))
            }
            Deed::Delete(batch) => *change == Deed::Upload(*batch),
            Deed::Write { .. } | Deed::Rename(_) | Deed::Upload(_) | Deed::FindGone(_) => false,
        }
    }
}
