use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;

use ringbook_book::id::CustomerId;

use super::*;
use crate::testing::{TestData, on_both_engines};
use crate::{NewCustomer, Role};

on_both_engines! {
    what_is_written_is_read_back_and_ids_follow_each_other;
    a_time_finds_its_segments_only;
    old_requests_go_in_steps_and_those_of_a_removed_account_at_once;
    a_damaged_segment_is_named;
}

fn request(started_at: i64, body: Sent<'_>) -> Request<'_> {
    Request {
        started_at,
        user: 7,
        login: "ann \"the\" user",
        token_name: None,
        is_agent: true,
        method: "get.contacts",
        raw_id: "1\n",
        ip: IpAddr::V4(Ipv4Addr::LOCALHOST),
        micros: 215,
        failure: Some((-32602, "forbidden")),
        body,
    }
}

fn segment(account: AccountId, moments: &[i64], body: Sent<'_>) -> Segment {
    let (from, till) = (moments[0], moments[moments.len() - 1]);
    let mut requests = Vec::new();
    for moment in moments {
        requests.extend_from_slice(if requests.is_empty() { b"" } else { b"," });
        request(*moment, body).write(&mut requests);
    }
    Segment { account, from, till, count: moments.len() as u64, requests }
}

async fn world(data: &TestData) -> (Store, CustomerId) {
    let store = Store::open(data.location(), Role::Server).expect("a store");
    let customer = store.add_customer(customer()).await.expect("a customer");
    (store, customer)
}

fn customer() -> NewCustomer {
    NewCustomer { agent: None, name: "C".into(), timezone: "UTC".into(), ..NewCustomer::default() }
}

fn moments(store: &Store, account: AccountId, from: i64, till: i64) -> Vec<i64> {
    let mut found = Vec::new();
    let requests = store.requests(account).expect("a connection");
    let each = requests.each(from, till, Bodies::Left, |_, rows| {
        found.extend(rows.iter().map(|row| row.started_at));
        ControlFlow::Continue(())
    });
    each.expect("requests");
    found
}

async fn what_is_written_is_read_back_and_ids_follow_each_other(data: TestData) {
    let (store, customer) = world(&data).await;
    let account = AccountId::Customer(customer);
    let whole = Sent::Whole(" {\"id\" : 1e400, \"a\":[\"\\u00e9\"]}\n");
    let cut = Sent::Cut("{\"id\":\"\\\"");
    let segments = vec![segment(account, &[100, 101], whole), segment(account, &[101, 130], cut)];
    store.add_requests(Arc::new(segments)).await.expect("written");
    let requests = store.requests(account).expect("a connection");
    let mut rows = Vec::new();
    let mut segments = Vec::new();
    let each = requests.each(0, 200, Bodies::Read, |first, found| {
        segments.push((first, found.clone()));
        rows.extend(found);
        ControlFlow::Continue(())
    });
    each.expect("requests");
    for (first, found) in segments {
        assert_eq!(requests.segment(first).expect("a segment").into_iter().rev().collect::<Vec<_>>(), found);
    }
    assert_eq!(rows.iter().map(|row| row.id).collect::<Vec<_>>(), [4, 3, 2, 1]);
    let wanted = RequestRow {
        id: 1,
        started_at: 100,
        user: 7,
        login: "ann \"the\" user".into(),
        token_name: None,
        is_agent: true,
        method: "get.contacts".into(),
        raw_id: "1\n".into(),
        ip: "127.0.0.1".into(),
        micros: 215,
        error_code: Some(-32602),
        error_mnemonic: Some("forbidden".into()),
        body: "{\"id\" : 1e400, \"a\":[\"\\u00e9\"]}".into(),
    };
    assert_eq!(rows[3], wanted);
    assert_eq!(&*rows[0].body, "{\"id\":\"\\\"");
    let by_hand = store.read(|session| {
        let count = "SELECT COUNT(*), MAX(id) FROM api_requests WHERE account_id = 1 AND login LIKE 'ann%'";
        let count = session.one(count, &[], |row| Ok((row.number(0)?, row.number(1)?)))?;
        let body = "SELECT CAST(body AS TEXT) FROM api_requests WHERE id = 1";
        Ok((count, session.one(body, &[], |row| row.text(0).map(|body| body.replace(' ', "")))?))
    });
    let body = "{\"id\":1e400,\"a\":[\"\\u00e9\"]}".to_owned();
    assert_eq!(by_hand.await.expect("the view"), ((4, 4), body));
}

async fn a_time_finds_its_segments_only(data: TestData) {
    let (store, customer) = world(&data).await;
    let account = AccountId::Customer(customer);
    let spans: [&[i64]; 4] = [&[0, 50], &[60, 100], &[90, 140], &[200]];
    let segments = spans.map(|span| segment(account, span, Sent::Whole("{}"))).to_vec();
    store.add_requests(Arc::new(segments)).await.expect("written");
    for (from, till, found) in [
        (0, 300, vec![200, 140, 90, 100, 60, 50, 0]),
        (51, 59, vec![]),
        (100, 100, vec![140, 90, 100, 60]),
        (140, 199, vec![140, 90]),
        (200, 200, vec![200]),
    ] {
        assert_eq!(moments(&store, account, from, till), found, "{from} to {till}");
    }
}

async fn old_requests_go_in_steps_and_those_of_a_removed_account_at_once(data: TestData) {
    let (store, customer) = world(&data).await;
    let other = store.add_customer(self::customer()).await.expect("a customer");
    let (account, other) = (AccountId::Customer(customer), AccountId::Customer(other));
    let mut segments: Vec<Segment> = (0..10).map(|n| segment(account, &[n * 10], Sent::Whole("{}"))).collect();
    segments.push(segment(other, &[5], Sent::Whole("{}")));
    store.add_requests(Arc::new(segments.clone())).await.expect("written");
    let mut steps = Vec::new();
    while steps.last() != Some(&0) {
        steps.push(store.purge_requests(50, 4).await.expect("purged"));
    }
    // Four of the one account and the one of the other, then what is left.
    assert_eq!(steps, [5, 1, 0]);
    assert_eq!(moments(&store, account, 0, 1_000), [90, 80, 70, 60, 50]);
    store.remove_customer(customer).await.expect("removed");
    assert!(moments(&store, account, 0, 1_000).is_empty());
    // What still waited for the store when the account went is left out, the rest is written.
    store.add_requests(Arc::new(segments)).await.expect("written");
    assert!(moments(&store, account, 0, 1_000).is_empty());
    assert_eq!(moments(&store, other, 0, 1_000), [5]);
}

async fn a_damaged_segment_is_named(data: TestData) {
    let (store, customer) = world(&data).await;
    let account = AccountId::Customer(customer);
    let segments = vec![segment(account, &[1], Sent::Whole("{}")), segment(account, &[2], Sent::Whole("{}"))];
    store.add_requests(Arc::new(segments)).await.expect("written");
    data.execute("UPDATE api_request_segments SET requests = '[[1]]' WHERE first_id = 2");
    let (findings, _) = store.verify().await.expect("verified");
    assert!(findings.len() == 1 && findings[0].contains("api_request_segments, row first_id 2"), "{findings:?}");
    let requests = store.requests(account).expect("a connection");
    let read = requests.each(0, 9, Bodies::Read, |_, _| ControlFlow::Continue(()));
    assert!(matches!(read, Err(StoreError::Unreadable { table: TABLE, .. })), "{read:?}");
}
