//! Inputs grown from the grammars: regular expressions, `like` patterns, jsquery, JSON values, whole questions.
//!
//! Most are well-formed, so that they reach what lies behind the parsers.

use crate::dice::Dice;

/// Letters that patterns and texts are made of: few, so that they meet.
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
/// So many at the end are refused.
const QUANTIFIERS_WRONG: usize = 3;

const PREFIXES: &[&str] =
    &["(?i)", "(?x)", "(?n)", "(?s)", "(?w)", "(?q)", "(?e)", "(?b)", "(?ic)", "***=", "***:", "***"];

/// A text of a few letters.
pub fn text(dice: &mut Dice) -> String {
    (0..dice.size(60)).map(|_| dice.pick(LETTERS)).collect()
}

/// A regular expression.
pub fn regexp(dice: &mut Dice) -> String {
    let mut pattern = String::new();
    if dice.chance(8) {
        pattern.push_str(dice.pick(PREFIXES));
    }
    branches(&mut pattern, dice, 4);
    pattern
}

fn branches(out: &mut String, dice: &mut Dice, depth: usize) {
    for at in 0..=dice.below(3) {
        if at > 0 {
            out.push('|');
        }
        for _ in 0..=dice.size(6) {
            piece(out, dice, depth);
        }
    }
}

fn piece(out: &mut String, dice: &mut Dice, depth: usize) {
    match dice.below(if depth == 0 { 7 } else { 10 }) {
        0..4 => out.push(dice.pick(LETTERS)),
        4 => out.push_str(dice.pick(CLASSES)),
        5 => out.push_str(dice.pick(ANCHORS)),
        6 if dice.chance(3) => {
            out.push('\\');
            out.push_str(&(1 + dice.below(4)).to_string());
        }
        6 => out.push_str(dice.pick(CLASSES)),
        _ => {
            out.push_str(dice.pick(&["(", "(", "(", "(?:", "(?=", "(?!", "(?<=", "(?<!"]));
            branches(out, dice, depth - 1);
            out.push(')');
        }
    }
    if dice.chance(3) {
        let sound = QUANTIFIERS.len() - if dice.chance(20) { 0 } else { QUANTIFIERS_WRONG };
        out.push_str(dice.pick(&QUANTIFIERS[..sound]));
    }
}

/// A pattern for `like`.
pub fn like(dice: &mut Dice) -> String {
    let mut pattern = String::new();
    for _ in 0..dice.size(30) {
        match dice.below(5) {
            0 => pattern.push('%'),
            1 => pattern.push('_'),
            2 => pattern.push_str(dice.pick(&["\\%", "\\_", "\\\\", "\\a"])),
            _ => pattern.push(dice.pick(LETTERS)),
        }
    }
    pattern
}

/// A jsquery.
pub fn jsquery(dice: &mut Dice) -> String {
    let mut query = String::new();
    expression(&mut query, dice, 4);
    query
}

fn expression(out: &mut String, dice: &mut Dice, depth: usize) {
    match dice.below(if depth == 0 { 4 } else { 9 }) {
        0..4 => {
            path(out, dice);
            comparison(out, dice);
        }
        4 => {
            out.push_str("NOT (");
            expression(out, dice, depth - 1);
            out.push(')');
        }
        5 => {
            path(out, dice);
            out.push('(');
            expression(out, dice, depth - 1);
            out.push(')');
        }
        6 => {
            path(out, dice);
            out.push_str(".?(");
            expression(out, dice, depth - 1);
            out.push(')');
            comparison(out, dice);
        }
        _ => {
            out.push('(');
            expression(out, dice, depth - 1);
            out.push_str(dice.pick(&[" AND ", " OR ", " and ", " or "]));
            expression(out, dice, depth - 1);
            out.push(')');
        }
    }
}

fn path(out: &mut String, dice: &mut Dice) {
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
    for at in 0..=dice.size(20) {
        if at > 0 {
            out.push('.');
        }
        out.push_str(dice.pick(STEPS));
    }
}

fn comparison(out: &mut String, dice: &mut Dice) {
    match dice.below(9) {
        0..3 => {
            out.push_str(dice.pick(&[" = ", "=", " /*-- index */ = ", " /*-- noindex */ = "]));
            scalar(out, dice);
        }
        3 => {
            out.push_str(dice.pick(&[" < ", " > ", " <= ", " >= "]));
            scalar(out, dice);
        }
        4 => out.push_str(" = *"),
        5 => {
            out.push_str(" IS ");
            out.push_str(dice.pick(&["ARRAY", "NUMERIC", "OBJECT", "STRING", "BOOLEAN", "NULL"]));
        }
        6 => {
            out.push_str(" IN (");
            scalars(out, dice);
            out.push(')');
        }
        _ => {
            out.push_str(dice.pick(&[" @> ", " <@ ", " && ", " = "]));
            out.push('[');
            scalars(out, dice);
            out.push(']');
        }
    }
}

fn scalars(out: &mut String, dice: &mut Dice) {
    for at in 0..=dice.size(80) {
        if at > 0 {
            out.push_str(", ");
        }
        scalar(out, dice);
    }
}

fn scalar(out: &mut String, dice: &mut Dice) {
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
    out.push_str(dice.pick(SCALARS));
}

/// A JSON document of small depth, with whole numbers.
pub fn document(dice: &mut Dice) -> String {
    let mut out = String::new();
    value(&mut out, dice, 3);
    out
}

fn value(out: &mut String, dice: &mut Dice, depth: usize) {
    match dice.below(if depth == 0 { 4 } else { 7 }) {
        0 => out.push_str(dice.pick(&["null", "true", "false"])),
        1 => out.push_str(dice.pick(&["0", "1", "2", "-1", "10", "9223372036854775807"])),
        2 => out.push_str(dice.pick(&["\"a\"", "\"\"", "\"VIP\"", "\"74950237547\"", "\"x\""])),
        3 => out.push_str(&quoted(&text(dice))),
        4 => list(out, ('{', '}'), dice, |out, dice| {
            out.push_str(dice.pick(&["\"a\":", "\"x\":", "\"y\":", "\"group_id\":", "\"group_name\":"]));
            value(out, dice, depth - 1);
        }),
        _ => list(out, ('[', ']'), dice, |out, dice| value(out, dice, depth - 1)),
    }
}

fn list(out: &mut String, brackets: (char, char), dice: &mut Dice, item: impl Fn(&mut String, &mut Dice)) {
    out.push(brackets.0);
    for at in 0..dice.size(8) {
        if at > 0 {
            out.push(',');
        }
        item(out, dice);
    }
    out.push(brackets.1);
}

/// A text as JSON.
pub fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

/// The members of the parameters of a question about contacts, without brackets around and without a token.
pub fn question(dice: &mut Dice) -> String {
    let mut members = Vec::new();
    if !dice.chance(6) {
        let mut out = String::from("\"filter\":");
        filter(&mut out, dice, 5);
        members.push(out);
    }
    if dice.chance(2) {
        let mut out = String::from("\"sort\":");
        list(&mut out, ('[', ']'), dice, |out, dice| {
            let order = dice.pick(&[
                "",
                "",
                ",\"order\":\"asc\"",
                ",\"order\":\"asc\"",
                ",\"order\":\"desc\"",
                ",\"order\":\"desc\"",
                ",\"order\":\"up\"",
            ]);
            out.push_str(&format!("{{\"field\":\"{}\"{order}}}", sortable(dice)));
        });
        members.push(out);
    }
    if dice.chance(2) {
        let mut out = String::from("\"fields\":");
        list(&mut out, ('[', ']'), dice, |out, dice| out.push_str(&format!("\"{}\"", member(dice))));
        members.push(out);
    }
    for name in ["limit", "offset"] {
        if dice.chance(2) {
            let odd = ["10001", "100000", "-1", "0.5", "99999999999999999999"];
            let good = ["0", "1", "7", "10.0", "\"10\"", "1e1", "10000", "null"];
            let number = if dice.chance(15) { dice.pick(&odd) } else { dice.pick(&good) };
            members.push(format!("\"{name}\":{number}"));
        }
    }
    members.join(",")
}

fn sortable(dice: &mut Dice) -> &'static str {
    if dice.chance(40) { dice.pick(FIELDS) } else { dice.pick(&["last_name", "first_name", "full_name"]) }
}

fn member(dice: &mut Dice) -> &'static str {
    if dice.chance(40) { "nothing" } else { dice.pick(&FIELDS[..FIELDS.len() - 2]) }
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

fn filter(out: &mut String, dice: &mut Dice, depth: usize) {
    if depth == 0 || dice.chance(2) {
        return simple(out, dice);
    }
    out.push_str("{\"filters\":");
    list(out, ('[', ']'), dice, |out, dice| filter(out, dice, depth - 1));
    out.push_str(dice.pick(&[",\"condition\":\"and\"}", ",\"condition\":\"or\"}", ",\"condition\":\"or\"}"]));
}

fn simple(out: &mut String, dice: &mut Dice) {
    let (field, operator) = fitting(dice);
    out.push_str(&format!("{{\"field\":\"{field}\",\"operator\":\"{operator}\""));
    if !dice.chance(12) {
        out.push_str(",\"value\":");
        operand(out, field, operator, dice);
    }
    out.push('}');
}

/// A field with an operator that mostly suits it.
fn fitting(dice: &mut Dice) -> (&'static str, &'static str) {
    if dice.chance(25) {
        return (dice.pick(FIELDS), dice.pick(OPERATORS));
    }
    let texts = ["=", "!=", "like", "ilike", "not_like", "not_ilike", "regexp", "regexp", "in", "not_in", "is_null"];
    let lists = ["jsquery", "jsquery", "regexp", "=", "in", "overlap", "not_overlap", "ilike", "is_not_null"];
    match dice.below(4) {
        0 => (
            dice.pick(&["id", "organization_id", "personal_manager_id"]),
            dice.pick(&["=", "!=", "<", ">", "<=", ">=", "in", "not_in"]),
        ),
        1 => (dice.pick(&["phone_numbers", "emails"]), dice.pick(&lists)),
        2 => ("groups", dice.pick(&["=", "!=", "in", "not_in", "jsquery", "jsquery", "is_null"])),
        _ => (dice.pick(&["last_name", "first_name", "full_name", "organization_name"]), dice.pick(&texts)),
    }
}

fn operand(out: &mut String, field: &str, operator: &str, dice: &mut Dice) {
    let atom = if field == "groups" || field.ends_with("id") { number } else { atom };
    let text = match operator {
        _ if dice.chance(40) => document(dice),
        "regexp" => quoted(&regexp(dice)),
        "like" | "ilike" | "not_like" | "not_ilike" => quoted(&like(dice)),
        "jsquery" => quoted(&jsquery(dice)),
        "in" | "not_in" | "overlap" | "not_overlap" => return list(out, ('[', ']'), dice, atom),
        _ => return atom(out, dice),
    };
    out.push_str(&text);
}

fn number(out: &mut String, dice: &mut Dice) {
    if dice.chance(30) {
        return atom(out, dice);
    }
    out.push_str(dice.pick(&["1", "2", "300", "\"3\"", "4.0", "-5", "1e3", "9223372036854775808"]));
}

fn atom(out: &mut String, dice: &mut Dice) {
    match dice.below(4) {
        0 => out.push_str(&quoted(&text(dice))),
        1 => out.push_str(dice.pick(&[
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
        2 => out.push_str(&dice.below(400).to_string()),
        _ => out.push_str(dice.pick(&["\"Иванов\"", "\"VIP\"", "\"\"", "true", "\"2024-01-01\""])),
    }
}

/// Methods that ask, the most often used one most often.
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

/// A whole call; `token` is one that the server knows.
pub fn call(dice: &mut Dice, token: &str) -> String {
    let id = dice.pick(&[
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
    // A login costs a hash.
    let method = if dice.chance(200) { "login.user" } else { dice.pick(METHODS) };
    let version = dice.pick(&["\"2.0\"", "\"2.0\"", "\"2.0\"", "\"2.0\"", "\"1.0\"", "2.0", "null"]);
    let user = dice.pick(&["", "", "", ",\"user_id\":2", ",\"user_id\":null", ",\"user_id\":\"2\"", ",\"user_id\":99"]);
    let question = if dice.chance(2) { format!(",{}", question(dice)) } else { String::new() };
    let question = if question == "," { String::new() } else { question };
    // A change visits the disk.
    let (method, question) = if dice.chance(8) { crate::changes::change(dice) } else { (method, question) };
    let params = format!("{{\"access_token\":\"{token}\"{user}{question}}}");
    let mut members = [
        format!("\"jsonrpc\":{version}"),
        format!("\"id\":{id}"),
        format!("\"method\":\"{method}\""),
        format!("\"params\":{params}"),
    ];
    let (one, other) = (dice.below(4), dice.below(4));
    members.swap(one, other);
    let least = usize::from(dice.chance(30));
    format!("{{{}}}", members[least..].join(","))
}
