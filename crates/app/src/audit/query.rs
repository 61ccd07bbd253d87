//! Questions to the report.
//!
//! The report is as long as there were calls, so it is never read into memory: it passes by in segments, and of the
//! requests that match only those stay that the page may show, without their bodies. The bodies of the page are read
//! at the end, in the same transaction.

use std::collections::HashMap;
use std::ops::{ControlFlow, RangeInclusive};
use std::sync::Arc;
use std::time::Duration;

use crate::fields::{API_REQUEST, api_request};
use ringbook_book::query::ask::Direction;
use ringbook_book::query::plan::{Plan, SortBy};
use ringbook_book::query::query_error::QueryError;
use ringbook_book::query::stream::StreamQuery;
use ringbook_book::query::value::{Objects, Record, Value};
use ringbook_book::runner::Runner;

use super::AuditLog;
use crate::work::OnJob;
use ringbook_store::{AccountId, Bodies, RequestReader, RequestRow, Store, StoreError};
use ringbook_workers::{Client, Job, Kind, Workers, WorkersError};

/// The version of the API that all calls are made in.
const VERSION: &str = "2.0";
/// The points that every method costs.
const WEIGHT: i64 = 1;

/// Which requests a question is about.
#[derive(Debug, Clone)]
pub struct AuditScope {
    /// Whose report.
    pub account: AccountId,
    /// Only those of this user; `None`: all.
    pub user: Option<u64>,
    /// When they came: Unix seconds.
    pub time: RangeInclusive<i64>,
}

/// What a question finds.
#[derive(Debug)]
pub struct AuditPage {
    /// How many requests match.
    pub total: u64,
    /// Those to be answered, in order.
    pub requests: Vec<AuditRecord>,
}

/// Why there is no answer.
#[derive(Debug)]
pub enum AuditError {
    /// The store cannot tell.
    Store(StoreError),
    /// The question takes too much.
    Question(QueryError),
    /// Too much work waits, or the scan was interrupted.
    Workers(WorkersError),
}

impl From<StoreError> for AuditError {
    fn from(fault: StoreError) -> Self {
        Self::Store(fault)
    }
}

impl AuditLog {
    /// Runs a plan that was made for [`API_REQUEST`]. What was called before is in the answer. Unless the plan sorts
    /// otherwise, the newest come first, and so they do among equals.
    pub async fn ask(
        self: &Arc<Self>,
        workers: &Workers,
        client: &Client,
        scope: AuditScope,
        mut plan: Plan,
    ) -> Result<AuditPage, AuditError> {
        self.flush_account(scope.account, &scope.time).await?;
        plan.sort_last_by(SortBy { field: api_request::START, direction: Direction::Descending });
        let store = self.store.clone();
        let work = move |job: &Job| run(&store, &scope, &plan, &OnJob(job));
        let answer = workers.run(client, Kind::AuditScan, Duration::MAX, work).await.map_err(AuditError::Workers)?;
        if let Err(AuditError::Store(fault @ StoreError::Unreadable { .. })) = &answer {
            tracing::error!(%fault, "the request report cannot be read");
        }
        answer
    }
}

pub(super) fn run(
    store: &Store,
    scope: &AuditScope,
    plan: &Plan,
    runner: &dyn Runner,
) -> Result<AuditPage, AuditError> {
    let sorts_by_body = plan.sort().iter().any(|by| by.field == api_request::BODY);
    let bodies = if sorts_by_body || plan.filters_by(api_request::BODY) { Bodies::Read } else { Bodies::Left };
    let slim = |mut request: AuditRecord| {
        if !sorts_by_body {
            request.row.body = Box::default();
        }
        request
    };
    let requests = store.requests(scope.account)?;
    let mut query = StreamQuery::new(plan, runner);
    let mut refused = None;
    requests.each(*scope.time.start(), *scope.time.end(), bodies, |segment, rows| {
        // A query without a filter charges nothing that would ask it.
        if !runner.should_continue() {
            return ControlFlow::Break(());
        }
        for row in rows.into_iter().filter(|row| scope.holds(row)) {
            if let Err(fault) = query.offer(AuditRecord { row, segment }, slim, AuditRecord::bytes) {
                refused = Some(fault);
                return ControlFlow::Break(());
            }
        }
        ControlFlow::Continue(())
    })?;
    if let Some(fault) = refused {
        return Err(AuditError::Question(fault));
    }
    let (total, mut found) = query.finish();
    if plan.fields().has(api_request::BODY) && !sorts_by_body {
        add_bodies(&requests, &mut found)?;
    }
    Ok(AuditPage { total, requests: found })
}

/// Reads the bodies of a page, segment by segment.
fn add_bodies(requests: &RequestReader, found: &mut [AuditRecord]) -> Result<(), StoreError> {
    let mut by_segment: HashMap<u64, Vec<usize>> = HashMap::new();
    for (at, request) in found.iter().enumerate() {
        by_segment.entry(request.segment).or_default().push(at);
    }
    for (first, places) in by_segment {
        let mut rows = requests.segment(first)?;
        for at in places {
            let request = &mut found[at];
            let place = usize::try_from(request.row.id - first).unwrap_or(usize::MAX);
            if let Some(row) = rows.get_mut(place) {
                request.row.body = std::mem::take(&mut row.body);
            }
        }
    }
    Ok(())
}

impl AuditScope {
    fn holds(&self, row: &RequestRow) -> bool {
        self.time.contains(&row.started_at) && self.user.is_none_or(|user| user == row.user)
    }
}

/// A request, by the field table of `get.api_requests`.
#[derive(Debug)]
pub struct AuditRecord {
    row: RequestRow,
    /// The first id of the segment that it stands in.
    segment: u64,
}

impl AuditRecord {
    /// The operation.
    pub fn method(&self) -> &str {
        &self.row.method
    }

    /// What was sent.
    pub fn body(&self) -> &str {
        &self.row.body
    }

    /// About how many bytes it takes.
    fn bytes(&self) -> usize {
        let row = &self.row;
        let optional = |text: &Option<Box<str>>| text.as_ref().map_or(0, |text| text.len());
        size_of::<Self>()
            + row.login.len()
            + optional(&row.token_name)
            + row.method.len()
            + row.raw_id.len()
            + row.ip.len()
            + optional(&row.error_mnemonic)
            + row.body.len()
    }
}

impl Record for AuditRecord {
    fn value(&self, field: usize) -> Value<'_> {
        let row = &self.row;
        let optional = |text: &'_ Option<Box<str>>| text.is_none();
        match field {
            api_request::ID => Value::Number(row.id.cast_signed()),
            api_request::START => Value::DateTime(row.started_at),
            api_request::METHOD => Value::Text(&row.method),
            api_request::RAW_ID => Value::Text(&row.raw_id),
            api_request::IP => Value::Text(&row.ip),
            api_request::LOGIN => Value::Text(&row.login),
            api_request::TOKEN_NAME => row.token_name.as_deref().map_or(Value::Null, Value::Text),
            api_request::VERSION => Value::Text(VERSION),
            api_request::BODY => Value::Text(&row.body),
            api_request::STATUS => Value::Object(if optional(&row.error_mnemonic) { &SUCCESS } else { &FAILURE }),
            api_request::ERROR_CODE => row.error_code.map_or(Value::Null, Value::Number),
            api_request::ERROR_MNEMONIC => row.error_mnemonic.as_deref().map_or(Value::Null, Value::Text),
            api_request::WEIGHT => Value::Number(WEIGHT),
            api_request::TIME => Value::Seconds(row.micros),
            api_request::IS_AGENT => Value::Object(if row.is_agent { &YES } else { &NO }),
            _ => {
                debug_assert!(field < API_REQUEST.len());
                Value::Null
            }
        }
    }

    /// Later ones are smaller, so that among equals the newest comes first.
    fn id(&self) -> u64 {
        u64::MAX - self.row.id
    }
}

/// A value of a closed list, in words and as what programs look at.
struct Choice {
    value: &'static str,
    id: Value<'static>,
}

static SUCCESS: Choice = Choice { value: "Success", id: Value::Text("success") };
static FAILURE: Choice = Choice { value: "Failure", id: Value::Text("failure") };
static YES: Choice = Choice { value: "Yes", id: Value::Boolean(true) };
static NO: Choice = Choice { value: "No", id: Value::Boolean(false) };

impl Objects for Choice {
    fn len(&self) -> usize {
        1
    }

    fn members(&self) -> &'static [&'static str] {
        &["value", "value_id"]
    }

    fn value(&self, _object: usize, member: usize) -> Value<'_> {
        if member == 0 { Value::Text(self.value) } else { self.id }
    }

    fn id(&self, _object: usize) -> u64 {
        0
    }
}
