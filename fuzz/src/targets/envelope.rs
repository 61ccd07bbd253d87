//! Bytes as the body of a call.

use crate::dice::Dice;
use crate::{Outcome, grammar, verdict, world};

pub const WORDS: &[&str] = &[
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
    world::CUSTOMER_TOKEN,
    world::AGENT_TOKEN,
    world::OTHER_TOKEN,
    "\"params\":[]",
    "\"id\":1",
    "\"id\":null",
    "null",
    "{}",
    "[]",
    "\"\"",
    "\\u0000",
];

pub fn grow(dice: &mut Dice) -> Vec<u8> {
    let token = dice.pick(&[world::CUSTOMER_TOKEN, world::CUSTOMER_TOKEN, world::AGENT_TOKEN, world::OTHER_TOKEN, "x"]);
    grammar::call(dice, token).into_bytes()
}

pub fn attempt(input: &[u8]) -> Outcome {
    let answer = world::answer(input);
    verdict::judge(input, &answer)
}
