//! Bytes as the parameters of a question about contacts, without the brackets around and without a token.

use crate::dice::Dice;
use crate::{Outcome, grammar, verdict, world};

pub const WORDS: &[&str] = &[
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

pub fn grow(dice: &mut Dice) -> Vec<u8> {
    grammar::question(dice).into_bytes()
}

pub fn attempt(input: &[u8]) -> Outcome {
    let token = world::CUSTOMER_TOKEN;
    let head =
        format!("{{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"get.contacts\",\"params\":{{\"access_token\":\"{token}\"");
    let mut body = head.into_bytes();
    if !input.is_empty() {
        body.push(b',');
        body.extend_from_slice(input);
    }
    body.extend_from_slice(b"}}");
    let answer = world::answer(&body);
    verdict::judge(&body, &answer)
}
