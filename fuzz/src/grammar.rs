//! Random regular expressions, `like` patterns, jsqueries, JSON values and calls.
//!
//! Most are valid, so that they reach the code behind the parsers.

use ringbook_testbed::random::{Choices, Rng};

/// Characters of patterns and texts: few, so that patterns match.
const LETTERS: &[char] =
    &['a', 'b', 'A', 'x', '1', '7', ' ', '.', '-', '_', 'а', 'И', 'ё', 'ß', 'ſ', 'İ', 'Σ', '中', '😀', '\u{301}'];

const CLASSES: &[&str] = &[
    "\\d",
    "\\w",
    "\\s",
    "\\D",
    "\\W",
    "\\S",
    ".",
    "[ab]",
    "[^a]",
    "[а-я]",
    "[[:alpha:]]",
    "[[:digit:]x]",
    "[^[:space:]]",
    "[]a]",
    "[a-]",
    "[[.a.]]",
    "[[=a=]]",
    "\\u0430",
    "\\x41",
    "\\U0001F600",
    "\\n",
    "\\\\",
    "[\\w-]",
    "[[:<:]]",
    "[[:>:]]",
];

const ANCHORS: &[&str] = &["^", "$", "\\m", "\\M", "\\y", "\\Y", "\\A", "\\Z"];

const QUANTIFIERS: &[&str] = &[
    "*", "+", "?", "*?", "+?", "??", "{2}", "{0}", "{1,3}", "{2,}", "{0,255}", "{1,2}?", "{20,40}", "{,2}", "{3,1}",
    "{256}",
];
/// Number of invalid quantifiers, at the end of the list.
const QUANTIFIERS_INVALID: usize = 3;

const PREFIXES: &[&str] =
    &["(?i)", "(?x)", "(?n)", "(?s)", "(?w)", "(?q)", "(?e)", "(?b)", "(?ic)", "***=", "***:", "***"];

/// A short text.
pub fn text(rng: &mut Rng) -> String {
    (0..rng.length(60)).map(|_| rng.pick(LETTERS)).collect()
}

/// A regular expression.
pub fn regexp(rng: &mut Rng) -> String {
    let mut pattern = String::new();
    if rng.one_in(8) {
        pattern.push_str(rng.pick(PREFIXES));
    }
    branches(&mut pattern, rng, 4);
    pattern
}

fn branches(out: &mut String, rng: &mut Rng, depth: usize) {
    for at in 0..=rng.below(3) {
        if at > 0 {
            out.push('|');
        }
        for _ in 0..=rng.length(6) {
            piece(out, rng, depth);
        }
    }
}

fn piece(out: &mut String, rng: &mut Rng, depth: usize) {
    match rng.below(if depth == 0 { 7 } else { 10 }) {
        0..4 => out.push(rng.pick(LETTERS)),
        4 => out.push_str(rng.pick(CLASSES)),
        5 => out.push_str(rng.pick(ANCHORS)),
        6 if rng.one_in(3) => {
            out.push('\\');
            out.push_str(&(1 + rng.below(4)).to_string());
        }
        6 => out.push_str(rng.pick(CLASSES)),
        _ => {
            out.push_str(rng.pick(&["(", "(", "(", "(?:", "(?=", "(?!", "(?<=", "(?<!"]));
            branches(out, rng, depth - 1);
            out.push(')');
        }
    }
    if rng.one_in(3) {
        let valid = QUANTIFIERS.len() - if rng.one_in(20) { 0 } else { QUANTIFIERS_INVALID };
        out.push_str(rng.pick(&QUANTIFIERS[..valid]));
    }
}

/// A pattern for `like`.
pub fn like(rng: &mut Rng) -> String {
    let mut pattern = String::new();
    for _ in 0..rng.length(30) {
        match rng.below(5) {
            0 => pattern.push('%'),
            1 => pattern.push('_'),
            2 => pattern.push_str(rng.pick(&["\\%", "\\_", "\\\\", "\\a"])),
            _ => pattern.push(rng.pick(LETTERS)),
        }
    }
    pattern
}

/// A jsquery.
pub fn jsquery(rng: &mut Rng) -> String {
    let mut query = String::new();
    expression(&mut query, rng, 4);
    query
}

fn expression(out: &mut String, rng: &mut Rng, depth: usize) {
    match rng.below(if depth == 0 { 4 } else { 9 }) {
        0..4 => {
            path(out, rng);
            comparison(out, rng);
        }
        4 => {
            out.push_str("NOT (");
            expression(out, rng, depth - 1);
            out.push(')');
        }
        5 => {
            path(out, rng);
            out.push('(');
            expression(out, rng, depth - 1);
            out.push(')');
        }
        6 => {
            path(out, rng);
            out.push_str(".?(");
            expression(out, rng, depth - 1);
            out.push(')');
            comparison(out, rng);
        }
        _ => {
            out.push('(');
            expression(out, rng, depth - 1);
            out.push_str(rng.pick(&[" AND ", " OR ", " and ", " or "]));
            expression(out, rng, depth - 1);
            out.push(')');
        }
    }
}

fn path(out: &mut String, rng: &mut Rng) {
    const STEPS: &[&str] = &[
        "*",
        "#",
        "%",
        "$",
        "#1",
        "#0",
        "#:",
        "%:",
        "*:",
        "group_id",
        "\"group_name\"",
        "@#",
        "a",
        "\"\\u0430\"",
        "x.y",
        "#99999999999",
    ];
    for at in 0..=rng.length(20) {
        if at > 0 {
            out.push('.');
        }
        out.push_str(rng.pick(STEPS));
    }
}

fn comparison(out: &mut String, rng: &mut Rng) {
    match rng.below(9) {
        0..3 => {
            out.push_str(rng.pick(&[" = ", "=", " /*-- index */ = ", " /*-- noindex */ = "]));
            scalar(out, rng);
        }
        3 => {
            out.push_str(rng.pick(&[" < ", " > ", " <= ", " >= "]));
            scalar(out, rng);
        }
        4 => out.push_str(" = *"),
        5 => {
            out.push_str(" IS ");
            out.push_str(rng.pick(&["ARRAY", "NUMERIC", "OBJECT", "STRING", "BOOLEAN", "NULL"]));
        }
        6 => {
            out.push_str(" IN (");
            scalars(out, rng);
            out.push(')');
        }
        _ => {
            out.push_str(rng.pick(&[" @> ", " <@ ", " && ", " = "]));
            out.push('[');
            scalars(out, rng);
            out.push(']');
        }
    }
}

fn scalars(out: &mut String, rng: &mut Rng) {
    for at in 0..=rng.length(80) {
        if at > 0 {
            out.push_str(", ");
        }
        scalar(out, rng);
    }
}

fn scalar(out: &mut String, rng: &mut Rng) {
    const SCALARS: &[&str] = &[
        "1",
        "2",
        "-1",
        "0.5",
        "1e3",
        "1e-400",
        "9223372036854775808",
        "1E1000000000",
        "null",
        "true",
        "false",
        "\"a\"",
        "\"\"",
        "x",
        "\"74950237547\"",
        "\"\\\"\"",
        "\"VIP\"",
        "10.00",
        "\"\\ud83d\\ude00\"",
    ];
    out.push_str(rng.pick(SCALARS));
}

/// A JSON document of small depth, with integers.
pub fn document(rng: &mut Rng) -> String {
    let mut out = String::new();
    value(&mut out, rng, 3);
    out
}

fn value(out: &mut String, rng: &mut Rng, depth: usize) {
    match rng.below(if depth == 0 { 4 } else { 7 }) {
        0 => out.push_str(rng.pick(&["null", "true", "false"])),
        1 => out.push_str(rng.pick(&["0", "1", "2", "-1", "10", "9223372036854775807"])),
        2 => out.push_str(rng.pick(&["\"a\"", "\"\"", "\"VIP\"", "\"74950237547\"", "\"x\""])),
        3 => out.push_str(&quoted(&text(rng))),
        4 => list(out, ('{', '}'), rng, |out, rng| {
            out.push_str(rng.pick(&["\"a\":", "\"x\":", "\"y\":", "\"group_id\":", "\"group_name\":"]));
            value(out, rng, depth - 1);
        }),
        _ => list(out, ('[', ']'), rng, |out, rng| value(out, rng, depth - 1)),
    }
}

fn list(out: &mut String, brackets: (char, char), rng: &mut Rng, item: impl Fn(&mut String, &mut Rng)) {
    out.push(brackets.0);
    for at in 0..rng.length(8) {
        if at > 0 {
            out.push(',');
        }
        item(out, rng);
    }
    out.push(brackets.1);
}

/// A text as JSON.
pub fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

/// Parameters of `get.contacts` as JSON members, without the surrounding braces and without a token.
pub fn contacts_query(rng: &mut Rng) -> String {
    let mut members = Vec::new();
    if !rng.one_in(6) {
        let mut out = String::from("\"filter\":");
        filter(&mut out, rng, 5);
        members.push(out);
    }
    if rng.one_in(2) {
        let mut out = String::from("\"sort\":");
        list(&mut out, ('[', ']'), rng, |out, rng| {
            let order = rng.pick(&[
                "",
                "",
                ",\"order\":\"asc\"",
                ",\"order\":\"asc\"",
                ",\"order\":\"desc\"",
                ",\"order\":\"desc\"",
                ",\"order\":\"up\"",
            ]);
            out.push_str(&format!("{{\"field\":\"{}\"{order}}}", sortable(rng)));
        });
        members.push(out);
    }
    if rng.one_in(2) {
        let mut out = String::from("\"fields\":");
        list(&mut out, ('[', ']'), rng, |out, rng| out.push_str(&format!("\"{}\"", member(rng))));
        members.push(out);
    }
    for name in ["limit", "offset"] {
        if rng.one_in(2) {
            let odd = ["10001", "100000", "-1", "0.5", "99999999999999999999"];
            let good = ["0", "1", "7", "10.0", "\"10\"", "1e1", "10000", "null"];
            let number = if rng.one_in(15) { rng.pick(&odd) } else { rng.pick(&good) };
            members.push(format!("\"{name}\":{number}"));
        }
    }
    members.join(",")
}

fn sortable(rng: &mut Rng) -> &'static str {
    if rng.one_in(40) { rng.pick(FIELDS) } else { rng.pick(&["last_name", "first_name", "full_name"]) }
}

fn member(rng: &mut Rng) -> &'static str {
    if rng.one_in(40) { "nothing" } else { rng.pick(&FIELDS[..FIELDS.len() - 2]) }
}

const FIELDS: &[&str] = &[
    "id",
    "last_name",
    "first_name",
    "patronymic",
    "full_name",
    "phone_numbers",
    "emails",
    "personal_manager_id",
    "personal_manager_full_name",
    "organization_id",
    "organization_name",
    "groups",
    "chat_channels",
    "nothing",
];

const OPERATORS: &[&str] = &[
    "=",
    "!=",
    "<",
    ">",
    "<=",
    ">=",
    "like",
    "ilike",
    "not_like",
    "not_ilike",
    "regexp",
    "in",
    "not_in",
    "overlap",
    "not_overlap",
    "jsquery",
    "is_null",
    "is_not_null",
    "between",
];

fn filter(out: &mut String, rng: &mut Rng, depth: usize) {
    if depth == 0 || rng.one_in(2) {
        return simple(out, rng);
    }
    out.push_str("{\"filters\":");
    list(out, ('[', ']'), rng, |out, rng| filter(out, rng, depth - 1));
    out.push_str(rng.pick(&[",\"condition\":\"and\"}", ",\"condition\":\"or\"}", ",\"condition\":\"or\"}"]));
}

fn simple(out: &mut String, rng: &mut Rng) {
    let (field, operator) = field_and_operator(rng);
    out.push_str(&format!("{{\"field\":\"{field}\",\"operator\":\"{operator}\""));
    if !rng.one_in(12) {
        out.push_str(",\"value\":");
        operand(out, field, operator, rng);
    }
    out.push('}');
}

/// A field, and an operator that is usually allowed for it.
fn field_and_operator(rng: &mut Rng) -> (&'static str, &'static str) {
    if rng.one_in(25) {
        return (rng.pick(FIELDS), rng.pick(OPERATORS));
    }
    let texts = ["=", "!=", "like", "ilike", "not_like", "not_ilike", "regexp", "regexp", "in", "not_in", "is_null"];
    let lists = ["jsquery", "jsquery", "regexp", "=", "in", "overlap", "not_overlap", "ilike", "is_not_null"];
    match rng.below(4) {
        0 => (
            rng.pick(&["id", "organization_id", "personal_manager_id"]),
            rng.pick(&["=", "!=", "<", ">", "<=", ">=", "in", "not_in"]),
        ),
        1 => (rng.pick(&["phone_numbers", "emails"]), rng.pick(&lists)),
        2 => ("groups", rng.pick(&["=", "!=", "in", "not_in", "jsquery", "jsquery", "is_null"])),
        _ => (rng.pick(&["last_name", "first_name", "full_name", "organization_name"]), rng.pick(&texts)),
    }
}

fn operand(out: &mut String, field: &str, operator: &str, rng: &mut Rng) {
    let atom = if field == "groups" || field.ends_with("id") { number } else { atom };
    let text = match operator {
        _ if rng.one_in(40) => document(rng),
        "regexp" => quoted(&regexp(rng)),
        "like" | "ilike" | "not_like" | "not_ilike" => quoted(&like(rng)),
        "jsquery" => quoted(&jsquery(rng)),
        "in" | "not_in" | "overlap" | "not_overlap" => return list(out, ('[', ']'), rng, atom),
        _ => return atom(out, rng),
    };
    out.push_str(&text);
}

fn number(out: &mut String, rng: &mut Rng) {
    if rng.one_in(30) {
        return atom(out, rng);
    }
    out.push_str(rng.pick(&["1", "2", "300", "\"3\"", "4.0", "-5", "1e3", "9223372036854775808"]));
}

fn atom(out: &mut String, rng: &mut Rng) {
    match rng.below(4) {
        0 => out.push_str(&quoted(&text(rng))),
        1 => out.push_str(rng.pick(&[
            "1",
            "2",
            "300",
            "\"3\"",
            "4.0",
            "-5",
            "1e400",
            "null",
            "\"+7 (495) 023-75-47\"",
            "\"74950237547\"",
        ])),
        2 => out.push_str(&rng.below(400).to_string()),
        _ => out.push_str(rng.pick(&["\"Иванов\"", "\"VIP\"", "\"\"", "true", "\"2024-01-01\""])),
    }
}

/// Methods that read; repeated entries are called more often.
const METHODS: &[&str] = &[
    "get.contacts",
    "get.contacts",
    "get.contacts",
    "get.customer_users",
    "get.account",
    "get.group_contacts",
    "get.contact_organizations",
    "get.employees",
    "get.blacklist_phone_numbers",
    "get.api_requests",
    "logout.user",
    "rpc.discover",
    "get.nothing",
];

/// A call with this token.
pub fn call(rng: &mut Rng, token: &str) -> String {
    let id = rng.pick(&[
        "1",
        "1.0",
        "\"x\"",
        "-0",
        "12345678901234567890",
        "1e5",
        "\"\\u0041\"",
        "null",
        "true",
        "[]",
        "\"\"",
    ]);
    // A login computes a password hash, which is slow.
    let method = if rng.one_in(200) { "login.user" } else { rng.pick(METHODS) };
    let version = rng.pick(&["\"2.0\"", "\"2.0\"", "\"2.0\"", "\"2.0\"", "\"1.0\"", "2.0", "null"]);
    let user = rng.pick(&["", "", "", ",\"user_id\":2", ",\"user_id\":null", ",\"user_id\":\"2\"", ",\"user_id\":99"]);
    let query = if rng.one_in(2) { format!(",{}", contacts_query(rng)) } else { String::new() };
    let query = if query == "," { String::new() } else { query };
    // A change is written to disk, which is slow.
    let (method, query) = if rng.one_in(8) { crate::changes::change(rng) } else { (method, query) };
    let params = format!("{{\"access_token\":\"{token}\"{user}{query}}}");
    let mut members = [
        format!("\"jsonrpc\":{version}"),
        format!("\"id\":{id}"),
        format!("\"method\":\"{method}\""),
        format!("\"params\":{params}"),
    ];
    let (one, other) = (rng.below(4), rng.below(4));
    members.swap(one, other);
    let first = usize::from(rng.one_in(30));
    format!("{{{}}}", members[first..].join(","))
}
