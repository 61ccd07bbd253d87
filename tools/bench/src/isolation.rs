//! Row 18: the latency of one customer's small changes beside bulk changes of another customer.

use ringbook_testbed::api_client::{self, ApiClient};
use ringbook_testbed::server::RunningServer;

use crate::Options;
use crate::figures::{self, Comparison, Goal, Line};
use crate::load::Load;
use crate::setup::Setup;
use crate::writes::{BookCopy, beside, call, contact};

/// The row measured here.
pub const ROW: u32 = 18;

/// Contacts of the customer with the bulk changes.
const CONTACTS: u64 = 110_000;
/// Number of members that its group is given, the maximum of a call.
const MEMBERS: usize = 100_000;
/// Number of records in each of its uploads, the maximum of a call.
const RECORDS: usize = 10_000;
/// Contacts of a page when their ids are read.
const PAGE: usize = 10_000;
/// Connections of the customer with the small changes.
const WRITERS: usize = 4;

/// Measures the row if it is requested.
///
/// # Errors
/// A server returns an unexpected reply.
pub fn measure(setup: &Setup, options: &Options) -> Result<Vec<Line>, String> {
    if !options.asks_for(&[ROW]) {
        return Ok(Vec::new());
    }
    let place = BookCopy::demo(setup, "isolation", CONTACTS)?;
    let server = place.serve(setup)?;
    let members = members(&server, &place.token)?;
    let group = group(&server, &place.token)?;
    let set = |list: &str| call("update.group_contacts", &place.token, &format!(r#""id":{group},"members":[{list}]"#));
    let uploads = [upload(&place.token)];
    // Every second call sets all members of the group again.
    let groups = [set(&members), set("")];
    let other = place.token_of(1)?;
    let small: Vec<String> = (0..5_000).map(|at| call("create.contacts", &other, &contact(at))).collect();
    let url = format!("http://{}{}", server.address, api_client::PATH);
    let load = Load { url, bodies: &small, connections: WRITERS, time: options.time };
    let mut lines = Vec::new();
    let bulks: [(&str, &[String]); 2] =
        [("uploads 10 000 contacts in a loop", &uploads), ("sets a group of 100 000 members in a loop", &groups)];
    for (what, bulk) in bulks {
        let mut pairs = Vec::new();
        for _ in 0..options.rounds {
            let busy = beside(&server, &place.token, bulk, || load.run(&setup.scratch))?;
            pairs.push((busy.p99, load.run(&setup.scratch)?.p99));
        }
        let subject = format!("create.contacts, {WRITERS} connections, 99th percentile, while another customer {what}");
        let floor = "the same while no other customer calls".to_owned();
        lines
            .push(Comparison { row: ROW, subject, floor, pairs, shown: figures::time, goal: Goal::AtMost(2.0) }.line());
    }
    Ok(lines)
}

/// Ids of contacts, as many as a group may have, separated by commas.
fn members(server: &RunningServer, token: &str) -> Result<String, String> {
    let mut client = ApiClient::connect(&server.address, token)?;
    let mut ids: Vec<u64> = Vec::new();
    while ids.len() < MEMBERS {
        let question = api_client::after(ids.last().copied().unwrap_or(0), PAGE);
        let answer = client.contacts(&format!(r#","fields":["id"]{question}"#))?;
        let before = ids.len();
        ids.extend(numbers(&answer, r#"{"id":"#));
        if ids.len() == before {
            return Err(format!("the book has only {before} contacts"));
        }
    }
    let ids: Vec<String> = ids.iter().take(MEMBERS).map(u64::to_string).collect();
    Ok(ids.join(","))
}

/// Creates a group without members; returns its id.
fn group(server: &RunningServer, token: &str) -> Result<u64, String> {
    let body = call("create.group_contacts", token, r#""name":"isolation""#);
    let answer = ApiClient::connect(&server.address, token)?.success(&body)?;
    let id = numbers(&answer, r#""result":{"id":"#).next();
    id.ok_or_else(|| format!("no id in {answer:.400}"))
}

/// The numbers that follow a text.
fn numbers<'a>(answer: &'a str, mark: &'a str) -> impl Iterator<Item = u64> + 'a {
    answer.split(mark).skip(1).filter_map(|rest| rest.split([',', '}']).next()?.trim().parse().ok())
}

/// The body of an upload of short records.
fn upload(token: &str) -> String {
    let record = |at: usize| format!(r#"{{"last_name":"Upload {at}","phone_numbers":["7{at:010}"]}}"#);
    let records: Vec<String> = (0..RECORDS).map(record).collect();
    call("upload.contacts", token, &format!(r#""contacts":[{}]"#, records.join(",")))
}
