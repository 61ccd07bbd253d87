//! Bytes as the parameters of `get.contacts`, without the surrounding braces and without a token.

use ringbook_testbed::random::Rng;

use crate::{Outcome, grammar, reply_check, test_server};

pub const DICTIONARY: &[&str] = &[
    "filter",
    "filters",
    "condition",
    "and",
    "or",
    "field",
    "operator",
    "value",
    "sort",
    "order",
    "asc",
    "desc",
    "fields",
    "limit",
    "offset",
    "id",
    "last_name",
    "full_name",
    "phone_numbers",
    "emails",
    "groups",
    "organization_id",
    "=",
    "!=",
    "<",
    "like",
    "not_ilike",
    "regexp",
    "in",
    "not_in",
    "overlap",
    "jsquery",
    "is_null",
    "10000",
    "100000",
    "1e1",
    "null",
    "[]",
    "{}",
    "\"%а_\"",
    "\"(.)\\\\1\"",
    "\"(?=.*а)\"",
    "\"# = \\\"1\\\"\"",
];

pub fn generate(rng: &mut Rng) -> Vec<u8> {
    grammar::contacts_query(rng).into_bytes()
}

pub fn run(input: &[u8]) -> Outcome {
    let token = test_server::CUSTOMER_TOKEN;
    let head =
        format!("{{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"get.contacts\",\"params\":{{\"access_token\":\"{token}\"");
    let mut body = head.into_bytes();
    if !input.is_empty() {
        body.push(b',');
        body.extend_from_slice(input);
    }
    body.extend_from_slice(b"}}");
    let answer = test_server::answer(&body);
    reply_check::check(&body, &answer)
}
