//! Bytes as the body of a request.

use ringbook_testbed::random::{Choices, Rng};

use crate::{Outcome, grammar, reply_check, test_server};

pub const DICTIONARY: &[&str] = &[
    "jsonrpc",
    "id",
    "method",
    "params",
    "\"2.0\"",
    "get.contacts",
    "get.account",
    "get.customer_users",
    "logout.user",
    "access_token",
    "user_id",
    "limit",
    "offset",
    "filter",
    "fields",
    "sort",
    "login",
    "password",
    test_server::CUSTOMER_TOKEN,
    test_server::AGENT_TOKEN,
    test_server::OTHER_TOKEN,
    "\"params\":[]",
    "\"id\":1",
    "\"id\":null",
    "null",
    "{}",
    "[]",
    "\"\"",
    "\\u0000",
];

pub fn generate(rng: &mut Rng) -> Vec<u8> {
    let token = rng.pick(&[
        test_server::CUSTOMER_TOKEN,
        test_server::CUSTOMER_TOKEN,
        test_server::AGENT_TOKEN,
        test_server::OTHER_TOKEN,
        "x",
    ]);
    grammar::call(rng, token).into_bytes()
}

pub fn run(input: &[u8]) -> Outcome {
    let answer = test_server::answer(input);
    reply_check::check(input, &answer)
}
