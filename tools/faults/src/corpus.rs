//! Expensive queries: known worst cases for pattern matchers, planners and sorters, up to every bound.

/// A query and its name in the report.
pub struct Query {
    pub name: String,
    /// Members of `params`, each with a comma before it.
    pub members: String,
}

/// Largest pattern, in characters.
const PATTERN_CHARS_MAX: usize = 1_000;
/// Most simple filters in a tree.
const FILTERS_MAX: usize = 1_000;
/// Most values in a list.
const VALUES_MAX: usize = 10_000;
/// Largest depth of a tree.
const DEPTH_MAX: usize = 16;

const ONE: &str = r#","limit":10,"filter":"#;

/// Patterns of exponential time in a backtracking matcher, or exponential size as an automaton.
const REGEXPS: [&str; 44] = [
    "(a+)+$",
    "(a|a)*b$",
    "(a|aa)+$",
    "(x+x+)+y",
    "(.*)*x$",
    "(.+)+$",
    "((a*)*)*b",
    "(([a-z])+.)+[A-Z]([a-z])+$",
    "^(([[:alpha:]]+[[:space:]]?)*)*!$",
    r"(\w+\s?)*!$",
    r"(\w|\W)+\d$",
    r"(.*)(.*)(.*)(.*)(.*)x$",
    r"(.*)\1$",
    r"(.+)\1",
    r"(.+)+\1x",
    r"^(.*)(.*)(.*)(.*)\1\2\3\4$",
    r"(.*?)(.*?)(.*?)(.*?)(.*?)\1\2\3\4\5$",
    r"(a*)*\1b",
    r"(.)(.)(.)(.)\4\3\2\1",
    r"((.)\2)+x",
    r"(?i)(.*)\1\1",
    r"(?:(.)(.*))*\1\2\1",
    r"\y(\w+)\y.*\y\1\y",
    r"(?=.*a)(?=.*b)(?=.*c)(?=.*d).*z",
    r"(?=(.+)+$)(?=(.+)+x)",
    r"(?!(a+)+$)(?!(.*)*b)",
    r"^(?!.*a.*b.*c.*d)",
    r"(?<=a.*)b",
    r"(?<!(a+)+)b(?=(c+)+)",
    r"((?=.*x)(?=.*y))*",
    r"(?:(?=.*(.+).*)(?!.*x))+",
    "((a{0,255}){0,255}){0,255}$",
    "(.{0,255}){0,255}x",
    "(((.{1,9}){1,9}){1,9}){1,9}x",
    "[[:alpha:]]{0,255}[[:alpha:]]{0,255}[[:alpha:]]{0,255}[[:digit:]]",
    "(.{255}){255}",
    "(a?){255}a{255}",
    r"(\w{0,50}\s){0,50}x",
    "(?i)([а-яё]+[a-z]*)+!",
    "(|||||||||||||)*x",
    "(^|$|a)*b",
    r"(\m|\M|\y|\Y)*x",
    "***:(?xi) ( a + ) + $",
    r"[^\u0001-\U0010FFFE]|[[=a=]]+[[.hyphen.]]",
];

/// A pattern made by repeating a part up to the bound.
struct Repeated {
    before: &'static str,
    bit: &'static str,
    behind: &'static str,
    /// Repeated at the end as often as the part.
    closing: &'static str,
}

const fn repeating(before: &'static str, bit: &'static str, behind: &'static str) -> Repeated {
    Repeated { before, bit, behind, closing: "" }
}

const fn nesting(bit: &'static str, behind: &'static str) -> Repeated {
    Repeated { before: "", bit, behind, closing: ")" }
}

const REPEATED_REGEXPS: [Repeated; 15] = [
    repeating("", "a?", "$"),
    repeating("", ".*", "x"),
    repeating("", r"\w*", r"\d"),
    repeating("", "(a*)", "b"),
    repeating("", "(.?)", r"\1$"),
    repeating("(?:", "ab|", "x)"),
    repeating("(?i:", "жщ|", "x)*!"),
    repeating("[", "аяёa-z", "]+!"),
    repeating("", "(?=.*a)", "z"),
    repeating("", "(?!.*x)", "."),
    repeating("", "(?<=.)", "x"),
    repeating("", ".{0,9}", "x"),
    repeating("", r"\y.", "x"),
    nesting("(", "a"),
    nesting("(?:a|b|", "c"),
];

/// Bits of `like` patterns, repeated up to the bound.
const LIKES: [&str; 10] = ["%", "_", "%_", "_%", "%a", "%a%", "%ан_", "%e_", r"\%", "%ж%е%о"];

/// Queries of jsquery.
const JSQUERIES: [&str; 14] = [
    "* = 1",
    "*.*.*.*.* = 1",
    "%.%.%.#.#.*.* = 1",
    "*:($ = 1)",
    "*:(*:(*:(*:($ = 1))))",
    "#:(*(*(*(*($ > 1)))))",
    "*.@# > 0 AND *.@# < 0",
    "NOT (*.group_id = 1 OR #.* = 2 OR %.% = 3)",
    "*(* IN (1, 2, 3) AND * IN (4, 5, 6) OR * && [1, 2])",
    r#"* @> [[[[[{"a": [[[{"b": 1}]]]}]]]]]"#,
    r#"# <@ ["1", "2", "3"] OR NOT * IS ARRAY"#,
    "#.group_id = * AND #.group_name = * AND NOT #.x = *",
    "$ = [] OR $.$.$.$.$.# = 1",
    "#10000000 = 1 OR #0.#0.#0 = 1",
];

const REPEATED_QUERIES: [Repeated; 9] = [
    repeating("", "*.", "* = 1"),
    repeating("", "%.", "# = 1"),
    repeating("", "NOT ", "* = 1"),
    repeating("", "* = 1 OR ", "$ = 2"),
    repeating("*.* IN (", "1,", "2)"),
    repeating("* && [", "[],", "1]"),
    nesting("*(", "$ = 1"),
    nesting("(", "* = 1"),
    nesting("*:(", "$ = 1"),
];

/// All of them.
pub fn corpus() -> Vec<Query> {
    let mut all = Vec::new();
    let mut patterns: Vec<String> = REGEXPS.iter().map(|pattern| (*pattern).to_owned()).collect();
    patterns.extend(REPEATED_REGEXPS.iter().map(repeated));
    for pattern in &patterns {
        for field in ["full_name", "emails"] {
            all.push(alone(field, "regexp", pattern));
        }
    }
    for like in LIKES {
        let pattern = repeated(&repeating("", like, ""));
        all.push(alone("full_name", "like", &pattern));
        all.push(alone("emails", "not_ilike", &pattern));
    }
    let queries = JSQUERIES.iter().map(|query| (*query).to_owned()).chain(REPEATED_QUERIES.iter().map(repeated));
    for query in queries {
        all.push(alone("groups", "jsquery", &query));
        all.push(alone("phone_numbers", "jsquery", &query));
    }
    all.extend(many());
    all.extend(lists());
    all.extend(sorts());
    all
}

/// As long as the bound allows.
fn repeated(Repeated { before, bit, behind, closing }: &Repeated) -> String {
    let count = |text: &str| text.chars().count();
    let times = (PATTERN_CHARS_MAX - count(before) - count(behind)) / (count(bit) + count(closing));
    format!("{before}{}{behind}{}", bit.repeat(times), closing.repeat(times))
}

fn simple(field: &str, operator: &str, value: &str) -> String {
    let value = value.replace('\\', r"\\").replace('"', r#"\""#);
    format!(r#"{{"field":"{field}","operator":"{operator}","value":"{value}"}}"#)
}

fn alone(field: &str, operator: &str, value: &str) -> Query {
    Query {
        name: format!("{field} {operator} {}", shown(value)),
        members: format!("{ONE}{}", simple(field, operator, value)),
    }
}

/// The beginning of a long text.
fn shown(text: &str) -> String {
    const CHARS: usize = 36;
    let count = text.chars().count();
    if count <= CHARS {
        return text.to_owned();
    }
    format!("{}… ({count} characters)", text.chars().take(CHARS).collect::<String>())
}

fn tree(filters: &[String], condition: &str) -> String {
    format!(r#"{{"filters":[{}],"condition":"{condition}"}}"#, filters.join(","))
}

/// A thousand filters of a kind, and trees as deep as they may be.
fn many() -> Vec<Query> {
    /// Field, operator, and a value with the filter's number in it.
    type Kind = (&'static str, &'static str, fn(usize) -> String);
    const KINDS: [Kind; 8] = [
        ("full_name", "regexp", |at| format!("(x{at}+)+$")),
        ("full_name", "regexp", |at| format!(r"(.)\1{at}")),
        ("full_name", "regexp", |at| format!("(?=.*a{at})(?!.*b)")),
        ("emails", "regexp", |at| format!("[a-z]+{at}@")),
        ("full_name", "like", |at| format!("%а%{at}%е%")),
        ("emails", "ilike", |at| format!("%A%{at}%E%")),
        ("groups", "jsquery", |at| format!("*.* = {at} OR *:(%.# = {at})")),
        ("organization_name", "regexp", |at| format!("(.+)+{at}\\1")),
    ];
    let mut all = Vec::new();
    for (field, operator, value) in KINDS {
        for (condition, word) in [("and", "not one of them"), ("or", "all of them")] {
            let filters: Vec<String> = (0..FILTERS_MAX).map(|at| simple(field, operator, &value(at))).collect();
            let name = format!("{FILTERS_MAX} × {field} {operator} {}, {condition}: {word} decides", value(7));
            all.push(Query { name, members: format!("{ONE}{}", tree(&filters, condition)) });
        }
    }
    for operator in ["regexp", "like"] {
        let leaf = |at: usize| simple("full_name", operator, &format!("%x{at}(a|b)*z%"));
        let mut deep = tree(&(0..50).map(leaf).collect::<Vec<_>>(), "or");
        for level in 2..DEPTH_MAX {
            let mut filters: Vec<String> = (0..50).map(|at| leaf(level * 50 + at)).collect();
            filters.push(deep);
            deep = tree(&filters, if level % 2 == 0 { "and" } else { "or" });
        }
        all.push(Query { name: format!("{DEPTH_MAX} levels of {operator}"), members: format!("{ONE}{deep}") });
    }
    all
}

/// Lists as long as they may be, alone and several.
fn lists() -> Vec<Query> {
    let quoted = |value: &dyn Fn(usize) -> String| -> String {
        (0..VALUES_MAX).map(|at| format!(r#""{}""#, value(at))).collect::<Vec<_>>().join(",")
    };
    let texts = quoted(&|at| format!("Имя {at}"));
    let phones = quoted(&|at| format!("7916{at:07}"));
    let ids = (1..=VALUES_MAX).map(|at| (at * 9).to_string()).collect::<Vec<_>>().join(",");
    let list = |field: &str, operator: &str, values: &str| {
        format!(r#"{{"field":"{field}","operator":"{operator}","value":[{values}]}}"#)
    };
    let mut all = Vec::new();
    for (field, values) in
        [("id", &ids), ("groups", &ids), ("full_name", &texts), ("emails", &texts), ("phone_numbers", &phones)]
    {
        for operator in ["in", "not_in"] {
            let filters = vec![list(field, operator, values); 4];
            for (times, filter) in [(1, filters[0].clone()), (4, tree(&filters, "or"))] {
                let name = format!("{times} × {field} {operator} {VALUES_MAX} values");
                all.push(Query { name, members: format!("{ONE}{filter}") });
            }
        }
    }
    for operator in ["overlap", "not_overlap"] {
        let name = format!("phone_numbers {operator} {VALUES_MAX} values");
        all.push(Query { name, members: format!("{ONE}{}", list("phone_numbers", operator, &phones)) });
    }
    all
}

/// Sorted pages far into the book.
fn sorts() -> Vec<Query> {
    let key = |field: &str, order: &str| format!(r#"{{"field":"{field}","order":"{order}"}}"#);
    let keys = ["first_name", "last_name", "full_name"];
    let mut all = Vec::new();
    for (offset, limit) in [(0, 10), (90_000, 10), (90_000, 10_000), (100_000, 10_000)] {
        for many in [1, 3, 8] {
            let sort: Vec<String> =
                (0..many).map(|at| key(keys[at % 3], if at % 2 == 0 { "desc" } else { "asc" })).collect();
            let sort = sort.join(",");
            for filter in ["", r#","filter":{"field":"full_name","operator":"regexp","value":"(.)\\1|(.*)*x|."}"#] {
                let beside = if filter.is_empty() { "" } else { " of what a pattern finds" };
                let name = format!("sort by {many} keys, offset {offset}, limit {limit}{beside}");
                let members = format!(r#","limit":{limit},"offset":{offset},"sort":[{sort}]{filter}"#);
                all.push(Query { name, members });
            }
        }
    }
    all
}
