//! The buffer and its way to the store.

use std::net::{IpAddr, Ipv4Addr};

use crate::fields::API_REQUEST;
use ringbook_book::id::CustomerId;
use ringbook_book::query::ask::Ask;
use ringbook_book::query::plan::plan;

use super::buffer::{SEGMENT_BYTES, WAITING_BYTES_MAX};
use super::*;
use ringbook_clock::Moment;
use ringbook_store::testing::{TestData, on_both_engines};
use ringbook_store::{FaultInjector, NewCustomer, Role, SEGMENT_SECONDS_MAX};
use ringbook_workers::{Client, Workers};

/// The bound of an account's report; more than the buffer takes.
const ACCOUNT_BYTES_MAX: u64 = 80 << 20;
const NOW: i64 = 1_700_000_000;

struct World {
    _data: TestData,
    faults: FaultInjector,
    metrics: Arc<Metrics>,
    report: Arc<AuditLog>,
    account: AccountId,
}

on_both_engines! {
    a_question_has_the_requests_of_its_account_written_and_no_others;
    a_question_waits_for_no_write_of_others;
    an_account_apart_is_written_by_itself;
}

async fn world() -> World {
    world_on(TestData::sqlite()).await
}

async fn world_on(data: TestData) -> World {
    let faults = FaultInjector::none();
    let store = Store::open_with(data.location(), Role::Server, faults.clone()).expect("a store");
    let customer = NewCustomer { agent: None, name: "C".into(), timezone: "UTC".into(), ..NewCustomer::default() };
    let account = AccountId::Customer(store.add_customer(customer).await.expect("a customer"));
    let metrics = Arc::new(Metrics::new(&[], &[], &[]));
    let clock = Clock::manual(Moment::from_unix(NOW));
    let bounds = ReportBounds { days: 2, account_bytes: ACCOUNT_BYTES_MAX, total_bytes: 2 * ACCOUNT_BYTES_MAX };
    let report = AuditLog::new(store, clock, Arc::clone(&metrics), bounds);
    World { _data: data, faults, metrics, report, account }
}

fn request(started_at: i64, body: &str) -> Request<'_> {
    Request {
        started_at,
        user: 1,
        login: "ann",
        token_name: Some("key"),
        is_agent: false,
        method: "get.contacts",
        raw_id: "1",
        ip: IpAddr::V4(Ipv4Addr::LOCALHOST),
        micros: 1,
        failure: None,
        body: Sent::Whole(body),
    }
}

impl World {
    async fn total(&self) -> u64 {
        self.total_of(self.account).await
    }

    async fn total_of(&self, account: AccountId) -> u64 {
        let plan = plan(&API_REQUEST, &Ask { limit: Some(0), ..Ask::default() }).expect("a plan");
        let scope = AuditScope { account, user: None, time: 0..=NOW * 2 };
        self.report.ask(&workers(), &Client::server(), scope, plan).await.expect("an answer").total
    }

    /// The requests that are not in the store.
    fn waiting(&self) -> u64 {
        self.report.buffer().count()
    }

    fn are_apart(&self, accounts: [AccountId; 2]) -> [bool; 2] {
        let apart = self.report.apart();
        accounts.map(|account| apart.has(account))
    }

    async fn another_account(&self) -> AccountId {
        let customer = NewCustomer { name: "D".into(), timezone: "UTC".into(), ..NewCustomer::default() };
        AccountId::Customer(self.report.store.add_customer(customer).await.expect("a customer"))
    }

    fn has_counted(&self, line: &str) -> bool {
        self.metrics.page().lines().any(|found| found == line)
    }
}

/// Stops a question when it has been asked so often.
struct StopsAfter(std::cell::Cell<u32>);

impl ringbook_book::runner::Runner for StopsAfter {
    fn should_continue(&self) -> bool {
        let left = self.0.get().checked_sub(1);
        self.0.set(left.unwrap_or(0));
        left.is_some()
    }

    fn run_partitioned(&self, _: usize, part: &(dyn Fn(ringbook_book::runner::Partition<'_>) + Sync)) {
        part(ringbook_book::runner::Partition { index: 0, count: 1, runner: &ringbook_book::runner::INLINE });
    }
}

/// A question without a filter reads the whole report, and yet gives way to others and ends when nobody waits for it.
#[tokio::test]
async fn a_question_without_a_filter_asks_at_each_segment_whether_to_go_on() {
    let world = world().await;
    for at in 0..5 {
        world.report.record(world.account, &request(NOW + at, "{}"));
        world.report.flush().await.expect("a store");
    }
    let scope = AuditScope { account: world.account, user: None, time: 0..=NOW * 2 };
    let plan = plan(&API_REQUEST, &Ask { limit: Some(0), ..Ask::default() }).expect("a plan");
    for (asked, found) in [(0, 0), (3, 3), (9, 5)] {
        let page = query::run(&world.report.store, &scope, &plan, &StopsAfter(asked.into())).expect("a page");
        assert_eq!(page.total, found);
    }
}

#[test]
fn segments_are_split_by_size_and_by_time() {
    let account = AccountId::Customer(CustomerId::new(1).expect("an id"));
    let mut buffer = Buffer::default();
    let words = vec![b'x'; 1000];
    for at in 0..3_000 {
        assert_eq!(buffer.add(account, NOW + at / 1_000, &words).dropped, 0);
    }
    for moment in [NOW + 2 + SEGMENT_SECONDS_MAX, NOW + 200, NOW + 140, NOW + 139] {
        assert_eq!(buffer.add(account, moment, b"[]").dropped, 0);
    }
    let TakenSegments::Segments(segments) = buffer.take_of(account) else { panic!("it waits") };
    assert_eq!(segments.iter().map(|segment| segment.count).sum::<u64>(), 3_004);
    assert!(segments.iter().all(|segment| segment.requests.len() <= SEGMENT_BYTES + words.len() + 1));
    assert!(segments.iter().all(|segment| segment.till - segment.from <= SEGMENT_SECONDS_MAX));
    let spans: Vec<(i64, i64)> = segments[2..].iter().map(|segment| (segment.from - NOW, segment.till - NOW)).collect();
    assert_eq!(spans, [(2, 62), (140, 200), (139, 139)]);
}

#[tokio::test]
async fn what_the_store_does_not_take_waits_and_what_does_not_fit_is_counted() {
    let world = world().await;
    let body = format!("{{\"a\":\"{}\"}}", "x".repeat(4_000));
    let mut taken = 0;
    // Far more than fits.
    for _ in 0..20_000 {
        world.report.record(world.account, &request(NOW, &body));
        taken += u64::from(!world.has_dropped());
    }
    assert!((WAITING_BYTES_MAX as u64 / 4_200..WAITING_BYTES_MAX as u64 / 4_000).contains(&taken), "{taken}");
    world.faults.fail_nth(2);
    // The transaction that failed is written again, account by account: nothing is forgotten, nothing is written twice.
    world.report.flush().await.expect("the store is there");
    assert!(!world.faults.is_pending(), "a transaction has failed");
    assert_eq!(world.total().await, taken);
    assert!(world.has_counted(&format!("ringbook_requests_reported_total {taken}")));
    assert!(world.has_counted(&format!("ringbook_requests_dropped_total {}", 20_000 - taken)));
    world.report.record(world.account, &request(NOW, &body));
    assert_eq!(world.total().await, taken + 1, "there is room again");
}

async fn a_question_has_the_requests_of_its_account_written_and_no_others(data: TestData) {
    let world = world_on(data).await;
    let flooder = world.another_account().await;
    let body = format!("{{\"a\":\"{}\"}}", "x".repeat(4_000));
    for _ in 0..20_000 {
        world.report.record(flooder, &request(NOW, &body));
    }
    assert!(world.has_dropped(), "its buffer is full");
    world.report.record(world.account, &request(NOW, &body));
    world.report.flush_account(world.account, &(0..=NOW - 1)).await.expect("nothing is to be written");
    assert!(world.has_counted("ringbook_requests_reported_total 0"), "a question about another time writes nothing");
    for total in 1..=3 {
        if total > 1 {
            world.report.record(world.account, &request(NOW, &body));
        }
        assert_eq!(world.total().await, total, "what was called a moment ago is in the answer");
    }
    assert!(world.has_counted("ringbook_requests_reported_total 3"), "{}", world.metrics.page());
    let waiting = world.waiting();
    assert!(waiting > 10_000, "{waiting}");
    world.report.flush().await.expect("written");
    let reported = waiting + 3;
    assert!(world.has_counted(&format!("ringbook_requests_reported_total {reported}")), "{}", world.metrics.page());
}

async fn a_question_waits_for_no_write_of_others(data: TestData) {
    let world = world_on(data).await;
    let other = world.another_account().await;
    world.report.record(other, &request(NOW, "{}"));
    // A writer for all accounts has what the other one did, and does not end.
    let turn = world.report.writing.lock().await;
    let taken = world.report.buffer().take_of(other);
    let TakenSegments::Segments(taken) = taken else { panic!("it waits") };
    world.report.record(world.account, &request(NOW, "{}"));
    assert_eq!(world.total().await, 1);
    // The other one's own question waits for it.
    let report = Arc::clone(&world.report);
    let flushed = tokio::spawn(async move { report.flush_account(other, &(0..=NOW)).await });
    world.report.record(other, &request(NOW, "{}"));
    assert_eq!(world.report.buffer().take_of(other), TakenSegments::BeingWritten);
    world.report.finish(other, taken);
    drop(turn);
    flushed.await.expect("it ends").expect("written");
    assert_eq!(world.total_of(other).await, 2);
}

/// When a transaction with two accounts fails, each account is written by itself, by the regular write as well as for a query.
async fn an_account_apart_is_written_by_itself(data: TestData) {
    let world = world_on(data).await;
    let other = world.another_account().await;
    for account in [world.account, other] {
        world.report.record(account, &request(NOW, "{}"));
    }
    world.faults.fail_nth(2);
    world.report.write_all().await.expect("the store replies");
    assert!(!world.faults.is_pending(), "a transaction has failed");
    assert_eq!((world.are_apart([world.account, other]), world.waiting()), ([true, true], 2));
    assert_eq!(world.total().await, 1, "a question does not wait until it is tried again");
    assert_eq!((world.are_apart([world.account, other]), world.waiting()), ([false, true], 1));
    world.report.record(world.account, &request(NOW, "{}"));
    // The other one still is not in a transaction with others.
    world.report.write_all().await.expect("written");
    assert_eq!((world.total().await, world.waiting()), (2, 1));
    world.report.flush().await.expect("written");
    assert_eq!((world.total_of(other).await, world.waiting()), (1, 0));
}

#[test]
fn a_flood_of_one_account_costs_the_others_nothing() {
    let [flooder, other] = [1, 2].map(|id| AccountId::Customer(CustomerId::new(id).expect("an id")));
    let mut buffer = Buffer::default();
    let words = vec![b'x'; 4_000];
    let mut dropped = 0;
    for at in 0..40_000 {
        dropped += buffer.add(flooder, NOW, &words).dropped;
        if at % 40 == 0 {
            dropped += buffer.add(other, NOW, &words).dropped;
        }
    }
    let taken = buffer.take_all(|_| true);
    assert_eq!(taken.iter().map(|of| of.account).collect::<Vec<_>>(), [other, flooder], "who has little comes first");
    let segments: Vec<Segment> = taken.into_iter().flat_map(|of| of.segments).collect();
    let count = |of| segments.iter().filter(|segment| segment.account == of).map(|segment| segment.count).sum::<u64>();
    assert_eq!(count(other), 1_000, "all of the other's requests are there");
    assert_eq!(count(flooder) + dropped, 40_000);
    assert!(segments.iter().map(|segment| segment.requests.len()).sum::<usize>() <= WAITING_BYTES_MAX);
}

#[tokio::test]
async fn refusals_of_one_kind_are_recorded_up_to_a_bound_and_then_counted() {
    let world = world().await;
    let refused = |at, mnemonic| Request { failure: Some((-32029, mnemonic)), ..request(at, "{}") };
    let whole = u64::from(thinning::WHOLE_MAX);
    for _ in 0..whole * 5 {
        world.report.record(world.account, &refused(NOW, "limit_exceeded"));
        world.report.record(world.account, &request(NOW, "{}"));
    }
    world.report.record(world.account, &refused(NOW, "forbidden"));
    assert_eq!(world.total().await, whole * 6 + 1, "successes and other refusals are all there");
    let counted = world.report.thinning().all();
    world.report.record_counted(counted);
    let plan = plan(&API_REQUEST, &Ask::default()).expect("a plan");
    let scope = AuditScope { account: world.account, user: None, time: 0..=NOW * 2 };
    let page = world.report.ask(&workers(), &Client::server(), scope, plan).await.expect("an answer");
    let summary = page.requests.iter().find(|request| request.method() == "several").expect("a record of the count");
    assert_eq!(summary.body(), format!("{{\"calls\":{}}}", whole * 4));
}

#[tokio::test]
async fn refusals_of_calls_that_were_not_admitted_are_counted_only() {
    let world = world().await;
    for _ in 0..1_000 {
        let refused = Request { failure: Some((-32029, "ip_not_whitelisted")), ..request(NOW, "{}") };
        world.report.count_refusal(world.account, &refused);
    }
    assert_eq!(world.total().await, 0);
    let counted = world.report.thinning().all();
    world.report.record_counted(counted);
    let plan = plan(&API_REQUEST, &Ask::default()).expect("a plan");
    let scope = AuditScope { account: world.account, user: None, time: 0..=NOW * 2 };
    let page = world.report.ask(&workers(), &Client::server(), scope, plan).await.expect("an answer");
    let bodies: Vec<String> = page.requests.iter().map(|request| request.body().to_string()).collect();
    assert_eq!(bodies, ["{\"calls\":1000}"]);
}

#[tokio::test]
async fn an_account_that_has_too_much_loses_its_oldest_requests_and_no_other_does() {
    let world = world().await;
    let other = world.another_account().await;
    world.report.record(other, &request(NOW - 100, "{}"));
    let body = format!("{{\"a\":\"{}\"}}", "x".repeat(4_000));
    for at in 0..30_000 {
        world.report.record(world.account, &request(NOW + i64::from(at) / 1_000, &body));
        if at % 5_000 == 0 {
            world.report.flush().await.expect("written");
        }
    }
    world.report.flush().await.expect("written");
    let bytes = world.report.store.request_bytes().await.expect("totals");
    let of = |account| bytes.iter().find(|(of, _)| *of == account).map_or(0, |(_, bytes)| *bytes);
    assert!((ACCOUNT_BYTES_MAX * 9 / 10..=ACCOUNT_BYTES_MAX).contains(&of(world.account)), "{bytes:?}");
    assert!(of(other) > 0);
    let count = async |time| {
        let plan = plan(&API_REQUEST, &Ask { limit: Some(0), ..Ask::default() }).expect("a plan");
        let scope = AuditScope { account: world.account, user: None, time };
        world.report.ask(&workers(), &Client::server(), scope, plan).await.expect("an answer").total
    };
    assert_eq!((count(NOW..=NOW).await, count(NOW + 29..=NOW + 29).await), (0, 1_000), "the newest are kept");
}

impl World {
    fn has_dropped(&self) -> bool {
        self.report.drops.load(Relaxed)
    }
}

#[tokio::test]
async fn requests_are_kept_for_so_many_days() {
    let world = world().await;
    for age in [0, 1, 2, 3] {
        world.report.record(world.account, &request(NOW - age * DAY_SECONDS, "{}"));
        world.report.flush().await.expect("written");
    }
    for age in 4..200 {
        world.report.record(world.account, &request(NOW - age * DAY_SECONDS, "{}"));
    }
    assert_eq!(world.total().await, 200);
    world.report.purge().await.expect("purged");
    assert_eq!(world.total().await, 3);
}

#[tokio::test]
async fn the_last_requests_are_written_when_it_stops() {
    let world = world().await;
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let run = tokio::spawn(Arc::clone(&world.report).run(async {
        let _ = stopped.await;
    }));
    world.report.record(world.account, &request(NOW, "{}"));
    drop(stop);
    run.await.expect("it ends");
    assert!(world.has_counted("ringbook_requests_reported_total 1"));
}

fn workers() -> Workers {
    Workers::new(ringbook_workers::Bounds::default(), &Metrics::new(&[], &[], &[]))
}
