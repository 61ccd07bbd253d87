//! The records of a book that are not contacts, as questions see them: groups, organizations, employees, the
//! blacklist.
//!
//! Each kind is a [`Listing`]. Its records borrow from a snapshot and are made anew for every question, which costs
//! a few nanoseconds each; only the members of groups, who have to be looked for among the contacts, are looked for
//! no sooner than a question needs them ([`groups`]).
//!
//! What it does not do: judge the question, or write the answer.

use std::time::Duration;

use super::estimate;
use super::fault::QueryError;
use super::field::Field;
use super::plan::Plan;
use super::runner::Runner;
use super::table;
use super::value::Record;
use crate::book::Book;

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

/// A kind of record that a book lists.
pub trait Listing {
    /// A record of this kind, borrowed from a snapshot.
    type Record<'b>: Record;

    /// Its field table.
    fn fields() -> &'static [Field];

    /// How many things of the book answering the plan looks at.
    fn looks(book: &Book, plan: &Plan) -> usize;

    /// All of them, in no particular order.
    fn records(book: &Book) -> Vec<Self::Record<'_>>;

    /// Runs the plan, which was made for the field table of these records.
    ///
    /// # Errors
    ///
    /// Only that the question used up its budget.
    fn find<'b>(book: &'b Book, plan: &Plan, runner: &dyn Runner) -> Result<Found<Self::Record<'b>>, QueryError> {
        Found::among(Self::records(book), plan, runner)
    }

    /// About how long that takes.
    fn estimate(book: &Book, plan: &Plan) -> Duration {
        estimate::comparisons(Self::looks(book, plan), plan)
    }
}

/// What a question finds among records.
#[derive(Debug)]
pub struct Found<R> {
    /// How many records match.
    pub total: u64,
    all: Vec<R>,
    /// Places in `all`, in the order of the answer.
    rows: Vec<usize>,
}

impl<R: Record> Found<R> {
    /// Runs the plan on these records.
    ///
    /// # Errors
    ///
    /// Only that the question used up its budget.
    pub fn among(all: Vec<R>, plan: &Plan, runner: &dyn Runner) -> Result<Self, QueryError> {
        let table::TablePage { total, rows } = table::run(plan, &all, runner)?;
        Ok(Self { total, all, rows })
    }

    /// The records to be answered, in order.
    pub fn records(&self) -> impl Iterator<Item = &R> {
        self.rows.iter().map(|row| &self.all[*row])
    }

    /// How many those are.
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }
}
