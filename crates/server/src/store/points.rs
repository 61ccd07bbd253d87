//! How much of their limits the accounts have used.
//!
//! Servers send what was used since they last did, not totals, and learn the totals from the answer: so several
//! nodes share one count.

use rusqlite::{Connection, Row};

use super::rows::cell;
use super::{AccountId, Store, StoreFault, statements};

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
    pub async fn points(&self) -> Result<Vec<PointsRow>, StoreFault> {
        self.read(|connection| {
            let mut statement = connection.prepare_cached(statements::POINTS)?;
            let mut rows = statement.query([])?;
            let mut found = Vec::new();
            while let Some(row) = rows.next()? {
                found.extend(counters(row).ok());
            }
            Ok(found)
        })
        .await
    }

    /// Adds what was used, all accounts in one transaction; answers the totals in the same order.
    pub async fn add_points(&self, used: Vec<PointsUse>) -> Result<Vec<PointsRow>, StoreFault> {
        self.write(move |connection| used.iter().map(|used| add(connection, used)).collect()).await
    }
}

fn add(connection: &Connection, used: &PointsUse) -> Result<PointsRow, StoreFault> {
    let (kind, number) = used.account.columns();
    let values = (kind, number, used.day, used.day_used, used.minute, used.minute_used);
    let mut statement = connection.prepare_cached(statements::ADD_POINTS)?;
    let totals = statement.query_row(values, |row| {
        let (day, day_used, minute, minute_used) = (row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?);
        Ok(PointsRow { account: used.account, day, day_used: count(day_used), minute, minute_used: count(minute_used) })
    })?;
    Ok(totals)
}

fn counters(row: &Row<'_>) -> Result<PointsRow, String> {
    let account = AccountId::from_columns(&cell::<String>(row, 0)?, cell(row, 1)?)?;
    let (day, minute) = (cell(row, 2)?, cell(row, 4)?);
    Ok(PointsRow { account, day, day_used: count(cell(row, 3)?), minute, minute_used: count(cell(row, 5)?) })
}

/// Points given back in a window that the store has left behind may show as less than nothing.
fn count(number: i64) -> u64 {
    u64::try_from(number).unwrap_or(0)
}
