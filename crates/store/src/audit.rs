//! The request report: who called what, when, and what came of it.
//!
//! RequestReader come in *segments*: those of one account that were written at once, one row each, as a JSON array of
//! arrays. A row for every request would cost more than many of the calls that it tells of. The view `api_requests`
//! shows people the rows all the same. Ids are not stored one by one: they follow each other in a segment.
//!
//! The table is not keyed by account, as the others are, but by id with an index by account: SQLite reads whole rows
//! when it looks for a place in a table that is its own index, and these rows may be of a mebibyte.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::ControlFlow;

use serde_json::value::RawValue;

use super::rows::{self, account_must_exist, column};
use super::sql::{Row, Session, Snapshot, SqlValue, values};
use super::{AccountId, IdKind, Store, StoreError, directory_revision, sequences, statements};

const TABLE: &str = "api_request_segments";
/// Maximum number of segments that are deleted in one transaction.
const TRIMMED_SEGMENTS_MAX: i64 = 256;
/// No further segment is deleted in a transaction that has deleted this many bytes.
const TRIMMED_BYTES_MAX: u64 = 4 << 20;
/// Between the first and the last moment of a segment there are at most this many seconds, so that the segments of a
/// time are found by their last moment.
pub const SEGMENT_SECONDS_MAX: i64 = 60;

/// A request, to be reported.
#[derive(Debug, Clone)]
pub struct Request<'a> {
    /// When it came, in Unix seconds.
    pub started_at: i64,
    /// The user who called, or on whose behalf an agent did.
    pub user: u64,
    /// That user's login.
    pub login: &'a str,
    /// The name of the key that it came with; `None` for a session.
    pub token_name: Option<&'a str>,
    /// Whether an agent called.
    pub is_agent: bool,
    /// The method.
    pub method: &'a str,
    /// The id that the caller gave it, as text.
    pub raw_id: &'a str,
    /// The address that it came from.
    pub ip: std::net::IpAddr,
    /// How long it took, in microseconds.
    pub micros: u64,
    /// Code and mnemonic of the refusal; `None` for a success.
    pub failure: Option<(i32, &'static str)>,
    /// What was sent.
    pub body: Sent<'a>,
}

/// What was sent with a request, without secrets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sent<'a> {
    /// All of it: one JSON value.
    Whole(&'a str),
    /// The beginning of it.
    Cut(&'a str),
}

/// A request that was reported.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequestRow {
    /// Its id.
    pub id: u64,
    /// When it came, in Unix seconds.
    pub started_at: i64,
    /// The user who called, or on whose behalf an agent did.
    pub user: u64,
    /// That user's login.
    pub login: Box<str>,
    /// The name of the key that it came with.
    pub token_name: Option<Box<str>>,
    /// Whether an agent called.
    pub is_agent: bool,
    /// The method.
    pub method: Box<str>,
    /// The id that the caller gave it.
    pub raw_id: Box<str>,
    /// The address that it came from.
    pub ip: Box<str>,
    /// How long it took, in microseconds.
    pub micros: i64,
    /// The code of the refusal.
    pub error_code: Option<i64>,
    /// The mnemonic of the refusal.
    pub error_mnemonic: Option<Box<str>>,
    /// What was sent; empty where it was not asked for.
    pub body: Box<str>,
}

/// A request as it stands in its segment.
type Written<'t> = (
    i64,
    u64,
    Box<str>,
    Option<Box<str>>,
    u8,
    Box<str>,
    Box<str>,
    Box<str>,
    i64,
    Option<i64>,
    Option<Box<str>>,
    &'t RawValue,
);

/// Whether bodies are read with the rest.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Bodies {
    /// They are.
    Read,
    /// They are left empty, which is quicker.
    Left,
}

/// RequestReader of one account that are written at once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Segment {
    /// Whose.
    pub account: AccountId,
    /// When the first of them came, in Unix seconds.
    pub from: i64,
    /// When the last of them came; at most [`SEGMENT_SECONDS_MAX`] later.
    pub till: i64,
    /// How many they are.
    pub count: u64,
    /// They themselves, each as [`Request::write`] writes it, with commas between.
    pub requests: Vec<u8>,
}

impl Request<'_> {
    /// Appends it to what will be a segment.
    pub fn write(&self, into: &mut Vec<u8>) {
        into.push(b'[');
        number(into, self.started_at);
        into.push(b',');
        number(into, column(self.user));
        into.push(b',');
        text(into, Some(self.login));
        into.push(b',');
        text(into, self.token_name);
        into.extend_from_slice(if self.is_agent { b",1," } else { b",0," });
        text(into, Some(self.method));
        into.push(b',');
        text(into, Some(self.raw_id));
        into.push(b',');
        address(into, self.ip);
        into.push(b',');
        number(into, i64::try_from(self.micros).unwrap_or(i64::MAX));
        into.push(b',');
        match self.failure {
            None => into.extend_from_slice(b"null,null,"),
            Some((code, mnemonic)) => {
                number(into, code.into());
                into.push(b',');
                text(into, Some(mnemonic));
                into.push(b',');
            }
        }
        match self.body {
            // It is JSON already, so nothing has to be escaped.
            Sent::Whole(body) => into.extend_from_slice(body.trim_ascii().as_bytes()),
            Sent::Cut(body) => text(into, Some(body)),
        }
        into.push(b']');
    }
}

fn number(into: &mut Vec<u8>, number: i64) {
    // What goes to memory cannot fail.
    let _ = serde_json::to_writer(into, &number);
}

fn text(into: &mut Vec<u8>, text: Option<&str>) {
    let _ = serde_json::to_writer(into, &text);
}

fn address(into: &mut Vec<u8>, address: std::net::IpAddr) {
    use std::io::Write;
    let _ = write!(into, "\"{address}\"");
}

impl Store {
    /// Writes segments in one transaction, except those of removed accounts. Returns how many bytes each of the other
    /// accounts has in the report.
    pub async fn add_requests(
        &self,
        segments: std::sync::Arc<Vec<Segment>>,
    ) -> Result<Vec<(AccountId, u64)>, StoreError> {
        self.short_step(move |session: &dyn Session| add_all(session, &segments)).await
    }

    /// Deletes requests from before this moment, in Unix seconds: at most this many segments of each of some accounts, one
    /// transaction for each account. Returns how many segments that were; 0 if there are none left.
    pub async fn purge_requests(&self, before: i64, segments_max: usize) -> Result<usize, StoreError> {
        let segments_max = i64::try_from(segments_max).unwrap_or(i64::MAX);
        let accounts = self.read(move |session| {
            let mut found = BTreeSet::new();
            session.each(statements::REQUESTS_PAST, &values![before, segments_max], &mut |row| {
                found.insert(account(row).map_err(StoreError::unavailable)?);
                Ok(ControlFlow::Continue(()))
            })?;
            Ok(found)
        });
        let mut count = 0;
        for account in accounts.await? {
            let purge = move |session: &dyn Session| {
                directory_revision::hold(session)?;
                let (kind, number) = account.columns();
                remove_some(session, statements::PURGE_REQUESTS, &values![kind, number, before, segments_max])
            };
            count += self.write_step(purge).await?.0;
        }
        Ok(count)
    }

    /// Deletes the oldest segments of an account until this many bytes are deleted, or as many as a short transaction takes.
    /// Returns the numbers of segments and bytes.
    pub async fn trim_requests(&self, account: AccountId, bytes: u64) -> Result<(usize, u64), StoreError> {
        let trim = move |session: &dyn Session| {
            touch(session, account)?;
            directory_revision::hold(session)?;
            trim(session, account, bytes)
        };
        self.short_step(trim).await
    }

    /// The bytes of each account in the report.
    pub async fn request_bytes(&self) -> Result<Vec<(AccountId, u64)>, StoreError> {
        let read = |session: &dyn Session| {
            let mut found = Vec::new();
            session.each(statements::REQUEST_BYTES, &[], &mut |row| {
                found.push(account_bytes(row).map_err(StoreError::unavailable)?);
                Ok(ControlFlow::Continue(()))
            })?;
            Ok(found)
        };
        self.read(read).await
    }

    /// The requests of an account as they are at this moment. Blocks on the store.
    pub fn requests(&self, account: AccountId) -> Result<RequestReader, StoreError> {
        Ok(RequestReader { session: self.snapshot()?, account })
    }
}

fn add_all(session: &dyn Session, segments: &[Segment]) -> Result<Vec<(AccountId, u64)>, StoreError> {
    // In the order of accounts, so that transactions that change several totals do not deadlock.
    let mut by_account: BTreeMap<AccountId, Vec<&Segment>> = BTreeMap::new();
    for segment in segments {
        by_account.entry(segment.account).or_default().push(segment);
    }
    let accounts: Vec<AccountId> = by_account.keys().copied().collect();
    for account in accounts {
        match account_must_exist(session, account) {
            Ok(()) => touch(session, account)?,
            Err(StoreError::NotFound { .. }) => drop(by_account.remove(&account)),
            Err(fault) => return Err(fault),
        }
    }
    let mut totals = Vec::new();
    for (account, segments) in &by_account {
        let (kind, number) = account.columns();
        let added: usize = segments.iter().map(|segment| written_bytes(segment)).sum();
        let added = i64::try_from(added).unwrap_or(i64::MAX);
        let bytes = session.one(statements::ADD_REQUEST_BYTES, &values![kind, number, added], |row| row.number(0))?;
        totals.push((*account, u64::try_from(bytes).unwrap_or(0)));
    }
    let count = by_account.values().flatten().map(|segment| segment.count).sum();
    if count == 0 {
        return Ok(totals);
    }
    // The counter is held until the end, so that ids are in the order of commits: what can fail or wait comes before it.
    let mut first = sequences::take_ids(session, IdKind::Request, count)?;
    for segment in by_account.values().flatten() {
        let (kind, number) = segment.account.columns();
        let requests = [b"[", segment.requests.as_slice(), b"]"].concat();
        let requests = String::from_utf8(requests).map_err(StoreError::unavailable)?;
        let values = values![column(first), kind, number, segment.from, segment.till, requests];
        session.execute(statements::ADD_REQUESTS, &values)?;
        first += segment.count;
    }
    Ok(totals)
}

/// The bytes that a segment has in the store: its requests and two brackets.
fn written_bytes(segment: &Segment) -> usize {
    segment.requests.len() + 2
}

/// Reaches the machine that has the requests of an account. Done before anything is locked that others wait for: the
/// machine may not reply.
fn touch(session: &dyn Session, account: AccountId) -> Result<(), StoreError> {
    let (kind, number) = account.columns();
    session.finds(statements::HAS_REQUESTS, &values![kind, number]).map(drop)
}

/// Deletes the oldest segments of an account until this many bytes are deleted, at most [`TRIMMED_BYTES_MAX`] and
/// [`TRIMMED_SEGMENTS_MAX`]. Returns the numbers of segments and bytes.
pub(super) fn trim(session: &dyn Session, account: AccountId, bytes: u64) -> Result<(usize, u64), StoreError> {
    let (kind, number) = account.columns();
    let wanted = bytes.min(TRIMMED_BYTES_MAX);
    let (mut count, mut sum) = (0_i64, 0_u64);
    session.each(statements::OLDEST_REQUEST_BYTES, &values![kind, number, TRIMMED_SEGMENTS_MAX], &mut |row| {
        sum += row.number(0).map_err(StoreError::unavailable)?.unsigned_abs();
        count += 1;
        Ok(if sum < wanted { ControlFlow::Continue(()) } else { ControlFlow::Break(()) })
    })?;
    if count == 0 {
        return Ok((0, 0));
    }
    remove_some(session, statements::TRIM_REQUESTS, &values![kind, number, count])
}

/// Executes a statement that deletes segments and subtracts their bytes from the totals. Returns the numbers of segments
/// and bytes.
fn remove_some(session: &dyn Session, sql: &'static str, values: &[SqlValue<'_>]) -> Result<(usize, u64), StoreError> {
    let mut removed: Vec<(AccountId, u64)> = Vec::new();
    session.each(sql, values, &mut |row| {
        removed.push(account_bytes(row).map_err(StoreError::unavailable)?);
        Ok(ControlFlow::Continue(()))
    })?;
    // In the order of accounts, so that transactions that change several totals do not deadlock.
    let mut by_account: BTreeMap<AccountId, i64> = BTreeMap::new();
    for (account, bytes) in &removed {
        *by_account.entry(*account).or_default() -= i64::try_from(*bytes).unwrap_or(i64::MAX);
    }
    for (account, bytes) in by_account {
        let (kind, number) = account.columns();
        session.one(statements::ADD_REQUEST_BYTES, &values![kind, number, bytes], |_| Ok(()))?;
    }
    Ok((removed.len(), removed.iter().map(|(_, bytes)| bytes).sum()))
}

fn account(row: &dyn Row) -> Result<AccountId, String> {
    AccountId::from_columns(row.text(0)?, row.number(1)?)
}

fn account_bytes(row: &dyn Row) -> Result<(AccountId, u64), String> {
    Ok((account(row)?, u64::try_from(row.number(2)?).unwrap_or(0)))
}

/// The requests of one account, of one moment.
pub struct RequestReader {
    session: Snapshot,
    account: AccountId,
}

impl RequestReader {
    /// Hands over the segments of a time, the newest first, each with its first id, the newest request first; requests
    /// of a segment may lie outside of the time.
    pub fn each(
        &self,
        from: i64,
        till: i64,
        bodies: Bodies,
        mut take: impl FnMut(u64, Vec<RequestRow>) -> ControlFlow<()>,
    ) -> Result<(), StoreError> {
        let (kind, number) = self.account.columns();
        let last = till.saturating_add(SEGMENT_SECONDS_MAX);
        self.session.each(statements::REQUESTS, &values![kind, number, from, last, till], &mut |row| {
            let (first, mut requests) = segment(row, bodies)?;
            requests.reverse();
            Ok(take(first, requests))
        })
    }

    /// The segment whose first request has this id, with bodies, in the order of ids; empty when there is none.
    pub fn segment(&self, first: u64) -> Result<Vec<RequestRow>, StoreError> {
        let (kind, number) = self.account.columns();
        let mut found = Vec::new();
        self.session.each(statements::REQUESTS_WITH, &values![kind, number, column(first)], &mut |row| {
            found = segment(row, Bodies::Read)?.1;
            Ok(ControlFlow::Break(()))
        })?;
        Ok(found)
    }
}

/// The segments of all accounts that cannot be read back, at most this many. Accounts are read one by one, because they may
/// be on different machines.
pub(super) fn unreadable(session: &dyn Session, findings_max: usize) -> Result<Vec<StoreError>, StoreError> {
    let mut findings = Vec::new();
    let mut accounts = Vec::new();
    session.each(statements::REQUEST_BYTES, &[], &mut |row| {
        accounts.push(account(row).map_err(StoreError::unavailable)?);
        Ok(ControlFlow::Continue(()))
    })?;
    for account in accounts {
        let (kind, number) = account.columns();
        session.each(statements::ACCOUNT_REQUESTS, &values![kind, number], &mut |row| {
            findings.extend(segment(row, Bodies::Left).err());
            Ok(if findings.len() < findings_max { ControlFlow::Continue(()) } else { ControlFlow::Break(()) })
        })?;
        if findings.len() >= findings_max {
            break;
        }
    }
    findings.truncate(findings_max);
    Ok(findings)
}

/// A segment's first id and its requests, in the order of ids.
fn segment(row: &dyn Row, bodies: Bodies) -> Result<(u64, Vec<RequestRow>), StoreError> {
    let damaged = |cause: &dyn std::fmt::Display| StoreError::unreadable(TABLE, rows::key(row), cause);
    let first = row.number(0).map_err(|error| damaged(&error))?.cast_unsigned();
    let text = row.text(1).map_err(|error| damaged(&error))?;
    let written: Vec<Written<'_>> = serde_json::from_str(text).map_err(|error| damaged(&error))?;
    let ids = first..;
    Ok((first, ids.zip(written).map(|(id, written)| request(id, written, bodies)).collect()))
}

fn request(id: u64, written: Written<'_>, bodies: Bodies) -> RequestRow {
    let (started_at, user, login, token_name, is_agent, method, raw_id, ip, micros, error_code, error_mnemonic, body) =
        written;
    let body = match bodies {
        Bodies::Read => sent(body.get()),
        Bodies::Left => Box::default(),
    };
    let is_agent = is_agent != 0;
    RequestRow {
        id,
        started_at,
        user,
        login,
        token_name,
        is_agent,
        method,
        raw_id,
        ip,
        micros,
        error_code,
        error_mnemonic,
        body,
    }
}

/// A body as it was sent: one that was cut stands in its segment as a string.
fn sent(written: &str) -> Box<str> {
    let cut = written.starts_with('"').then(|| serde_json::from_str(written).ok()).flatten();
    cut.unwrap_or_else(|| written.into())
}

#[cfg(test)]
mod tests;
