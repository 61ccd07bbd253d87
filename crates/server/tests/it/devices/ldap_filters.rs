//! Random filters of LDAP find what the same questions of the API find.

use std::collections::BTreeSet;
use std::process::Command;

use serde_json::{Value, json};

use crate::harness::Demo;
use ringbook_testbed::random::{Choices, Rng, repeat_with, seeds};

/// A filter in both languages, and its opposite in that of the API.
struct Pair {
    ldap: String,
    ask: Value,
    opposite: Value,
}

fn simple(field: &str, operator: &str, value: impl Into<Value>) -> Value {
    json!({"field": field, "operator": operator, "value": value.into()})
}

fn tree(condition: &str, filters: &[Value]) -> Value {
    json!({"condition": condition, "filters": filters})
}

/// A text that some field may have, or be missing.
fn text(attribute: &str, field: &str, value: &str, pattern: &str) -> Pair {
    Pair {
        ldap: format!("({attribute}={value})"),
        ask: simple(field, "ilike", pattern),
        opposite: tree("or", &[simple(field, "not_ilike", pattern), json!({"field": field, "operator": "is_null"})]),
    }
}

fn leaf(rng: &mut Rng) -> Pair {
    let part = rng.pick(&["а", "е", "ив", "ов", "an", "er", "И", "o", "Ли", "s"]);
    match rng.below(6) {
        0 => text("sn", "last_name", &format!("{part}*"), &format!("{part}%")),
        1 => text("givenName", "first_name", &format!("*{part}*"), &format!("%{part}%")),
        2 => text("o", "organization_name", &format!("*{part}"), &format!("%{part}")),
        3 => text("cn", "full_name", &format!("{part}*{part}*"), &format!("{part}%{part}%")),
        4 => text("mail", "emails", &format!("*{part}*"), &format!("%{part}%")),
        _ => {
            let digits = rng.pick(&["74", "91", "7", "00", "5"]);
            let pattern = format!("%{digits}%");
            Pair {
                ldap: format!("(telephoneNumber=*{digits}*)"),
                ask: simple("phone_numbers", "like", pattern.as_str()),
                opposite: simple("phone_numbers", "not_like", pattern),
            }
        }
    }
}

fn filter(rng: &mut Rng, depth: usize) -> Pair {
    match if depth == 0 { 3 } else { rng.below(4) } {
        0 => {
            let inner = filter(rng, depth - 1);
            Pair { ldap: format!("(!{})", inner.ldap), ask: inner.opposite, opposite: inner.ask }
        }
        kind @ (1 | 2) => {
            let (sign, condition, other) = if kind == 1 { ('&', "and", "or") } else { ('|', "or", "and") };
            let parts: Vec<Pair> = (0..rng.between(2, 3)).map(|_| filter(rng, depth - 1)).collect();
            let asks: Vec<Value> = parts.iter().map(|part| part.ask.clone()).collect();
            let opposites: Vec<Value> = parts.iter().map(|part| part.opposite.clone()).collect();
            let ldap: String = parts.iter().map(|part| part.ldap.as_str()).collect();
            Pair { ldap: format!("({sign}{ldap})"), ask: tree(condition, &asks), opposite: tree(other, &opposites) }
        }
        _ => leaf(rng),
    }
}

#[test]
fn filters_of_ldap_find_what_the_api_finds() {
    let mut demo = Demo::start(400);
    let lines: Vec<String> = (0..5).map(|_| demo.server.line()).collect();
    let url = lines[4].split(' ').find(|word| word.starts_with("ldap://")).expect("the address").to_owned();
    let key = demo.text("demo", "device_key").to_owned();
    let mut found_some = 0;
    for seed in seeds(1) {
        eprintln!("{}", repeat_with(seed));
        let mut rng = Rng::with_seed(seed);
        for _ in 0..25 {
            let pair = filter(&mut rng, 3);
            let mut search = Command::new("ldapsearch");
            search.args(["-x", "-LLL", "-H", &url, "-D", "x", "-w", &key, "-b", "dc=x", &pair.ldap, "uid"]);
            let output = search.output().expect("ldapsearch of ldap-utils runs: `cargo xtask setup` installs it");
            let text = String::from_utf8(output.stdout).expect("UTF-8");
            let by_ldap: BTreeSet<u64> =
                text.lines().filter_map(|line| line.strip_prefix("uid: ")?.parse().ok()).collect();
            let params =
                json!({"access_token": demo.token("demo"), "filter": pair.ask, "fields": ["id"], "limit": 1000});
            let reply = demo.server.call("get.contacts", params);
            let data = reply["result"]["data"].as_array().unwrap_or_else(|| panic!("{}: {reply}", pair.ask));
            let by_api: BTreeSet<u64> = data.iter().filter_map(|contact| contact["id"].as_u64()).collect();
            assert_eq!(by_ldap, by_api, "{} and {}", pair.ldap, pair.ask);
            found_some += usize::from(!by_api.is_empty());
        }
    }
    assert!(found_some > 10, "{found_some} filters found something");
}
