//! A slot that was granted to a job.

use crate::{Kind, Owner};

/// What was granted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Granted {
    pub(crate) owner: Owner,
    pub(crate) kind: Kind,
    pub(crate) ticket: u64,
}
