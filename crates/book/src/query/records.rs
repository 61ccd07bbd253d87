//! Queries over the other records of a book: groups, organizations, employees, blacklist entries.
//!
//! Each kind is a [`Listing`]. Its records borrow from a snapshot and are created for every query, which takes a few
//! nanoseconds each. The members of groups require a scan of the contacts and are found only if a query needs them
//! ([`groups`]).

use std::time::Duration;

use super::estimate;
use super::field::Field;
use super::plan::Plan;
use super::query_error::QueryError;
use super::table;
use super::value::Record;
use crate::book::Book;
use crate::runner::Runner;

mod blacklist;
mod employees;
mod groups;
mod organizations;

#[cfg(test)]
mod tests;

pub use blacklist::{BlacklistNumbers, BlacklistRecord};
pub use employees::{EmployeeRecord, Employees};
pub use groups::{GroupRecord, Groups, Members};
pub use organizations::{OrganizationRecord, Organizations};

/// A kind of records that a book lists.
pub trait Listing {
    /// A record of this kind, borrowed from a snapshot.
    type Record<'b>: Record;

    /// Its field table.
    fn fields() -> &'static [Field];

    /// The number of rows of the book that running the plan reads.
    fn rows_read(book: &Book, plan: &Plan) -> usize;

    /// All of them, in no particular order.
    fn records(book: &Book) -> Vec<Self::Record<'_>>;

    /// Runs the plan, which must have been made for the field table of these records.
    ///
    /// # Errors
    ///
    /// The query exhausted its budget, or the runner stopped it.
    fn find<'b>(book: &'b Book, plan: &Plan, runner: &dyn Runner) -> Result<RecordPage<Self::Record<'b>>, QueryError> {
        RecordPage::among(Self::records(book), plan, runner)
    }

    /// The estimated time of [`Listing::find`].
    fn estimate(book: &Book, plan: &Plan) -> Duration {
        estimate::comparisons(Self::rows_read(book, plan), plan)
    }
}

/// The records that a query returns.
#[derive(Debug)]
pub struct RecordPage<R> {
    /// The number of records that match.
    pub total: u64,
    all: Vec<R>,
    /// Indexes in `all` of the records to return, in order.
    rows: Vec<usize>,
}

impl<R: Record> RecordPage<R> {
    /// Runs the plan on these records.
    ///
    /// # Errors
    ///
    /// The query exhausted its budget, or the runner stopped it.
    pub fn among(all: Vec<R>, plan: &Plan, runner: &dyn Runner) -> Result<Self, QueryError> {
        let table::TablePage { total, rows } = table::run(plan, &all, runner)?;
        Ok(Self { total, all, rows })
    }

    /// The records to return, in order.
    pub fn records(&self) -> impl Iterator<Item = &R> {
        self.rows.iter().map(|row| &self.all[*row])
    }

    /// The number of records to return.
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Whether no record is returned.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }
}
