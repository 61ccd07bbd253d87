//! How much of their limits the accounts have used.
//!
//! Servers send what was used since they last did, not totals, and learn the totals from the answer: so several
//! nodes share one count.

use std::ops::ControlFlow;

use super::sql::{Row, Session, values};
use super::{AccountId, Store, StoreError, statements};

/// What an account has used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PointsRow {
    /// Whose points.
    pub account: AccountId,
    /// The UTC day, counted from 1970.
    pub day: i64,
    /// Points used in that day.
    pub day_used: u64,
    /// The UTC minute, counted from 1970.
    pub minute: i64,
    /// Points used in that minute.
    pub minute_used: u64,
}

/// What an account has used since this was last said; less than nothing when points were given back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PointsUse {
    /// Whose points.
    pub account: AccountId,
    /// The UTC day, counted from 1970.
    pub day: i64,
    /// Points used in that day.
    pub day_used: i64,
    /// The UTC minute, counted from 1970.
    pub minute: i64,
    /// Points used in that minute.
    pub minute_used: i64,
}

impl Store {
    /// The counters of all accounts that ever used a point. A row that cannot be read back counts as none.
    pub async fn points(&self) -> Result<Vec<PointsRow>, StoreError> {
        self.read(|session| {
            let mut found = Vec::new();
            session.each(statements::POINTS, &[], &mut |row| {
                found.extend(account_counters(row).ok());
                Ok(ControlFlow::Continue(()))
            })?;
            Ok(found)
        })
        .await
    }

    /// Adds what was used, all accounts in one transaction; answers the totals in the same order.
    pub async fn add_points(&self, used: Vec<PointsUse>) -> Result<Vec<PointsRow>, StoreError> {
        self.write(move |session| add_all(session, &used)).await
    }
}

/// Goes through the accounts in their order, so that of two nodes that do this at a time one waits for the other, and
/// never each for both.
fn add_all(session: &dyn Session, used: &[PointsUse]) -> Result<Vec<PointsRow>, StoreError> {
    let mut places: Vec<usize> = (0..used.len()).collect();
    places.sort_by_key(|place| used[*place].account);
    let mut totals = Vec::with_capacity(used.len());
    for place in places {
        totals.push((place, add(session, &used[place])?));
    }
    totals.sort_by_key(|(place, _)| *place);
    Ok(totals.into_iter().map(|(_, total)| total).collect())
}

fn add(session: &dyn Session, used: &PointsUse) -> Result<PointsRow, StoreError> {
    let (kind, number) = used.account.columns();
    let values = values![kind, number, used.day, used.day_used, used.minute, used.minute_used];
    session.one(statements::ADD_POINTS, &values, |row| counters(row, used.account, 0))
}

fn account_counters(row: &dyn Row) -> Result<PointsRow, String> {
    let account = AccountId::from_columns(row.text(0)?, row.number(1)?)?;
    counters(row, account, 2)
}

/// The counters from this column on.
fn counters(row: &dyn Row, account: AccountId, at: usize) -> Result<PointsRow, String> {
    let (day, minute) = (row.number(at)?, row.number(at + 2)?);
    let (day_used, minute_used) = (count(row.number(at + 1)?), count(row.number(at + 3)?));
    Ok(PointsRow { account, day, day_used, minute, minute_used })
}

/// Points given back in a window that the store has left behind may show as less than nothing.
fn count(number: i64) -> u64 {
    u64::try_from(number).unwrap_or(0)
}
